# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# One mistake each: a name, what of base.yaml is replaced, by what, the message. `@` in the replacement is where the
# tool must point and is not part of the text; where the mistake is that something is missing, `at` is the text that the
# tool must point at.


def case(name, old, new, message, at=None):
    return (name, old, new, message, at)


SERIAL_BUDGET = "budget: {time: 1ms, period: 10ms, replenishments: 4}"

BAD = [
    # YAML itself
    case("tab", "  pool: 4MiB", "@\tpool: 4MiB", "YAML syntax: a tab, which indents nothing; write spaces"),
    case("tab for indentation", "    priority: 200", "@\tpriority: 200", "YAML syntax: a tab, which indents nothing; write spaces"),
    case("unclosed bracket", "calls: [echo.echo, echo.other]\n    start: false", "calls: [echo.echo, echo.other\n    start@: false", "YAML syntax: did not find expected ',' or ']' while parsing a flow sequence; check indentation (spaces only), colons and quotes"),
    case("anchor", "priority: 200", "priority: @&top 200", "anchors (`&top`) are not used in descriptions; write the value itself"),
    case("alias", "priority: 200", "priority: @*top", "aliases (`*top`) are not used in descriptions; write the value itself"),
    case("tag", "priority: 200", "priority: @!!int 200", "tags (`tag:yaml.org,2002:int`) are not used in descriptions; write the value alone"),
    case("second document", "memory:\n  ring", "@---\nmemory:\n  ring", "a second document starts here; a description is one document, remove the `---`"),
    case("key that is a list", "restart: true", "@[restart]: true", "a key must be one word; write `name: value`"),
    case("too deep", "restart: true", "restart: [[[[[[[[[[[[[@[1]]]]]]]]]]]]]]", "nested more than 16 deep; a description needs 6 levels at most"),
    case("control character", "bootargs: console=hvc0 quiet", 'bootargs: @"console\\u0007"', "control character or line break in a value; write it in one line of plain text"),
    case("line break in a value", "bootargs: console=hvc0 quiet", "bootargs: @|\n      one\n      two", "control character or line break in a value; write it in one line of plain text"),
    case("duplicate key", "restart: true", "restart: true\n    @restart: true", "`restart` stands here twice, first in line 22; remove one"),
    case("duplicate component", "  echo:\n", "  @monitor:\n", "`monitor` stands here twice, first in line 27; remove one"),

    # keys
    case("unknown top key", "memory:\n  ring", "@memroy:\n  ring", "a description has no key `memroy`; did you mean `memory`? (keys: system, board, root, components, vms, memory)"),
    case("unknown component key", "priority: 200", "priority: 200\n    @prio: 200", "a component has no key `prio` (keys: program, priority, core, budget, passive, stack, pool, restart, watchdog, start, console, devices, receives, signals, serves, calls, inspects, manages, trace, builds, arguments, disk, net, vsock, crypto)"),
    case("misspelt component key", "watchdog: 2s", "@watchdgo: 2s", "a component has no key `watchdgo`; did you mean `watchdog`? (keys: program, priority, core, budget, passive, stack, pool, restart, watchdog, start, console, devices, receives, signals, serves, calls, inspects, manages, trace, builds, arguments, disk, net, vsock, crypto)"),
    case("unknown budget key", "replenishments: 4", "@refills: 4", "a budget has no key `refills` (keys: time, period, replenishments, overrun)"),
    case("unknown root key", "  pool: 4MiB", "  @pol: 4MiB", "`root` has no key `pol`; did you mean `pool`? (keys: program, priority, pool, stack)"),
    case("unknown portal key", "console: {longest: 50us}", "console: {longest: 50us, @shortest: 1us}", "a portal has no key `shortest` (keys: longest)"),
    case("unknown region key", "    dma: false", "    @dam: false", "a memory region has no key `dam`; did you mean `dma`? (keys: size, alignment, dma, uncached, users)"),
    case("unknown VM key", "    kernel: kernel.img", "    kernel: kernel.img\n    @ram: 64MiB", "a VM has no key `ram` (keys: program, priority, core, budget, stack, pool, restart, watchdog, start, vcpu, memory, kernel, initrd, firmware, bootargs, clock, devices)"),
    case("unknown vcpu key", "      priority: 20\n", "      priority: 20\n      @cores: 1\n", "a vcpu has no key `cores` (keys: priority, budget)"),
    case("unknown VM device", "      virtio-console: {", "      @virtio-consol: {", "`devices` of a VM has no key `virtio-consol`; did you mean `virtio-console`? (keys: virtio-console, virtio-blk, virtio-net, virtio-vsock, virtio-rng)"),
    case("unknown console key", "trusted: true}", "@trust: true}", "a virtio-console has no key `trust`; did you mean `trusted`? (keys: service, trusted)"),
    case("unknown device key", "dma: true}, virtio1", "@irq: true}, virtio1", "a device has no key `irq` (keys: name, dma)"),
    case("no system", "system: base\n", "", "the description lacks `system`; write for example `system: demo`", at="board:"),
    case("no board", "board: qemu-virt\n\nroot:", "root:", "the description lacks `board`; write for example `board: qemu-virt`", at="system:"),
    case("no priority", "  monitor:\n    priority: 60\n", "  @monitor:\n", "`monitor` lacks `priority`; write for example `priority: 100`"),
    case("no budget", "  client:\n    priority: 100\n    budget: {time: 1ms, period: 50ms}\n", "  @client:\n    priority: 100\n", "`client` lacks `budget`; write for example `budget: {time: 1ms, period: 10ms}`, or `passive: true` for a server that runs on its callers' budgets"),
    case("no budget time", "budget: {time: 1ms, period: 20ms}", "@budget: {period: 20ms}", "the budget lacks `time`; write for example `time: 1ms`"),
    case("no budget period", "budget: {time: 1ms, period: 20ms}", "@budget: {time: 1ms}", "the budget lacks `period`; write for example `period: 10ms`"),
    case("no longest request", "other: {longest: 30us}", "@other: {}", "the portal `other` lacks `longest`; write for example `longest: 20us`"),
    case("no region size", "  ring:\n    size: 64KiB\n", "  @ring:\n", "the memory `ring` lacks `size`; write for example `size: 64KiB`"),
    case("no region users", "    users:\n      producer: read-write\n      consumer: read\n", "", "the memory `ring` lacks `users`; write for example `users: {producer: read-write, consumer: read}`", at="ring:"),
    case("no VM budget", "  linux:\n    priority: 40\n    budget: {time: 500us, period: 10ms}\n", "  @linux:\n    priority: 40\n", "the VM `linux` lacks `budget`; write for example `budget: {time: 500us, period: 10ms}`"),
    case("no vcpu", "    vcpu:\n      priority: 20\n      budget: {time: 4ms, period: 10ms}\n", "", "the VM `linux` lacks `vcpu`; write for example `vcpu: {priority: 20, budget: {time: 8ms, period: 10ms}}`", at="linux:"),
    case("no vcpu budget", "    vcpu:\n      priority: 20\n      budget: {time: 4ms, period: 10ms}\n", "    @vcpu:\n      priority: 20\n", "the vcpu lacks `budget`; write for example `budget: {time: 8ms, period: 10ms}`"),
    case("no VM memory", "    memory: 64MiB\n", "", "the VM `linux` lacks `memory`; write for example `memory: 256MiB`", at="linux:"),
    case("no console service", "{service: serial, trusted: true}", "{trusted: true}", "the virtio-console lacks `service`; write for example `service: serial`", at="virtio-console:"),
    case("no device name", "{name: virtio0, dma: true}", "@{dma: true}", "the device lacks `name`; write for example `name: uart0`"),

    # types and values
    case("list instead of value", "priority: 200", "priority: @[200]", "`priority` takes a single value; write a number"),
    case("no value", "priority: 200", "priority:@", "`priority` has no value; write a number"),
    case("value instead of mapping", SERIAL_BUDGET, "budget: @1ms", "`budget` must be a mapping; write `name: value` lines, indented, below it"),
    case("value instead of list", "devices: [uart0]", "devices: @uart0", "`devices` must be a list; write [uart0]"),
    case("nothing instead of list", "devices: [uart0]", "devices:@", "`devices` must be a list; write [one, two]"),
    case("component that is a value", "  client:\n    priority: 100\n    budget: {time: 1ms, period: 50ms}\n    console: true\n    calls: [echo.echo, echo.other]\n    start: false\n    builds: 8\n    arguments: some text\n", "  client: @yes\n", "the component `client` must be a mapping; write `name: value` lines, indented, below it"),
    case("not a bool", "restart: true", "restart: @yes", "`restart` is `yes`; write one of false, true"),
    case("not a number", "priority: 200", "priority: @high", "`priority` is `high`, which is not a number; write one from 1 to 250"),
    case("time that is no number", "watchdog: 2s", "watchdog: @soon", "`watchdog` is `soon`, which is not a number; write for example 1ms"),
    case("negative", "priority: 200", "priority: @-1", "`priority` is `-1`, which is not a number; write one from 1 to 250"),
    case("priority of root", "priority: 200", "priority: @251", "`priority` is 251, too much; write 250 or less"),
    case("priority zero", "priority: 200", "priority: @0", "`priority` is 0, too little; write 1 or more"),
    case("huge number", "priority: 200", "priority: @99999999999999999999999", "`priority` is 99999999999999999999999, too much; write 250 or less"),
    case("no unit", "stack: 8KiB", "stack: @8192", "`stack` is `8192`, without a unit; write for example 64KiB (units: KiB, MiB, GiB)"),
    case("bad unit", "stack: 8KiB", "stack: @8KB", "`stack` has the unit `KB`, which is not one of KiB, MiB, GiB; write for example 64KiB"),
    case("fraction of a time", "{time: 1ms, period: 20ms}", "{time: @9.9ms, period: 20ms}", "`time` is `9.9ms`, which is not a whole number; write 9900us (units: ns, us, ms, s)"),
    case("fraction of a nanosecond", "{time: 1ms, period: 20ms}", "{time: @1.5ns, period: 20ms}", "`time` is `1.5ns`, which is not a whole number; write for example 1ms (units: ns, us, ms, s)"),
    case("fraction too fine", "{time: 1ms, period: 20ms}", "{time: @0.00000000001s, period: 20ms}", "`time` is `0.00000000001s`, which is not a whole number; write for example 1ms (units: ns, us, ms, s)"),
    case("fraction too large", "{time: 1ms, period: 20ms}", "{time: @18446744073709551615.5s, period: 20ms}", "`time` is `18446744073709551615.5s`, which is not a whole number; write for example 1ms (units: ns, us, ms, s)"),
    case("fraction without a unit", "{time: 1ms, period: 20ms}", "{time: @0.5, period: 20ms}", "`time` is `0.5`, which is not a whole number; write for example 1ms (units: ns, us, ms, s)"),
    case("fraction of a size", "stack: 8KiB", "stack: @1.5MiB", "`stack` is `1.5MiB`, which is not a whole number; write 1536KiB (units: KiB, MiB, GiB)"),
    case("fraction of bytes", "stack: 8KiB", "stack: @0.3MiB", "`stack` is `0.3MiB`, which is not a whole number; write for example 64KiB (units: KiB, MiB, GiB)"),
    case("bad time unit", "watchdog: 2s", "watchdog: @2min", "`watchdog` has the unit `min`, which is not one of ns, us, ms, s; write for example 1ms"),
    case("time without unit", "{time: 1ms, period: 20ms}", "{time: @1, period: 20ms}", "`time` is `1`, without a unit; write for example 1ms (units: ns, us, ms, s)"),
    case("huge size", "stack: 8KiB", "stack: @99999999999999999999KiB", "`stack` is `99999999999999999999KiB`, larger than any machine; write for example 64KiB"),
    case("size that overflows", "stack: 8KiB", "stack: @18446744073709551615GiB", "`stack` is `18446744073709551615GiB`, larger than any machine; write for example 64KiB"),
    case("large stack", "stack: 8KiB", "stack: @17MiB", "`stack` is 17MiB, too much; write 16MiB or less"),
    case("unaligned stack", "stack: 8KiB", "stack: @9KiB", "`stack` is 9KiB, not a multiple of 4KiB; write for example 12KiB"),
    case("small pool", "pool: 256KiB", "pool: @16KiB", "`pool` is 16KiB, too little; write 20KiB or more"),
    case("unaligned guest memory", "memory: 64MiB", "memory: @65MiB", "`memory` is 65MiB, not a multiple of 2MiB; write for example 66MiB"),
    case("unaligned root pool", "  pool: 4MiB", "  pool: @66KiB", "`pool` is 66KiB, not a multiple of 4KiB; write for example 68KiB"),
    case("odd alignment", "alignment: 64KiB", "alignment: @12KiB", "`alignment` is 12KiB, not a power of two; write for example 64KiB"),
    case("unaligned region", "    size: 64KiB", "    size: @63KiB", "`size` is 63KiB, not a multiple of 4KiB; write for example 64KiB"),
    case("replenishments", "replenishments: 4", "replenishments: @17", "`replenishments` is 17, too much; write 16 or less"),
    case("overrun", "replenishments: 4", "overrun: @stop", "`overrun` is `stop`; write one of throttle, report, restart"),
    case("vcpu restarted for its budget", "      budget: {time: 4ms, period: 10ms}", "      budget: {time: 4ms, period: 10ms, overrun: @restart}", "a guest uses up its vcpu's budget whenever it is busy, so it cannot be restarted for that; write `overrun: throttle` or `report`"),
    case("budget above period", "{time: 1ms, period: 20ms}", "{time: @30ms, period: 20ms}", "the budget's time 30ms is longer than its period 20ms; write a time of at most 20ms"),
    case("short watchdog", "watchdog: 2s", "watchdog: @1us", "`watchdog` is 1us, too little; write 1ms or more"),
    case("long period", "{time: 1ms, period: 20ms}", "{time: 1ms, period: @61s}", "`period` is 61s, too much; write 60s or less"),
    case("access", "consumer: read\n", "consumer: @write\n", "`consumer` is `write`; write one of read, read-write, carve"),
    case("builds nothing", "builds: 8", "builds: @0", "`builds` is 0, too little; write 1 or more"),
    case("long arguments", "arguments: some text", "arguments: @" + 4096 * "a", "`arguments` is 4096 characters long; write at most 4095"),
    case("carved and mapped", "monitor: carve", "@monitor: carve, echo: read", "`monitor` carves the memory `arena`, so nobody else can have it mapped; make it the only user"),
    case("inspects one", "inspects: all", "inspects: @serial", "`inspects` is `serial`; write one of all"),
    case("clock", "clock: 1767225600", "clock: @2026-01-01", "`clock` is `2026-01-01`, which is not a number; write one from 0 to 4294967295"),
    case("word in a list", "calls: [echo.echo, echo.other]", "calls: [@[echo.echo], echo.other]", "each of `calls` is one word; write [one, two]"),

    # names
    case("bad name", "  client:\n", "  @Client:\n", "`Client` is not a name; write lower-case letters, digits and hyphens, beginning with a letter"),
    case("name with underscore", "receives: [space]", "receives: [@my_space]", "`my_space` is not a name; write lower-case letters, digits and hyphens, beginning with a letter"),
    case("long name", "  client:\n", "  @client-with-a-name-of-forty-characters-o:\n", "the name `client-with-a-name-of-forty-characters-o` is too long; write at most 31 characters"),
    case("long system name", "system: base", "system: @system-with-a-name-of-forty-characters-o", "the name `system-with-a-name-of-forty-characters-o` is too long; write at most 31 characters"),
    case("component root", "  client:\n", "  @root:\n", "`root` is the name of the first program itself; choose another name"),
    case("VM named as a component", "  linux:\n", "  @client:\n", "`client` is the name of a component in line 43 already; choose another name"),
    case("constants collide", "  ring:\n", "  virtio0:\n", "`memory: virtio0: users: consumer` and `devices: virtio0` would both be the constant CAP_VIRTIO0 of `consumer`; rename one", at="consumer: read"),

    # who is who
    case("unknown board", "board: qemu-virt", "board: @qemu-vitr", "the board `qemu-vitr` (boards/qemu-vitr.dts) is in none of the folders FOLDERS; write for example `board: qemu-virt`"),
    case("core that is not there", "core: 0", "core: @1", "the board qemu-virt has no core 1; write a core from 0 to 0"),
    case("unknown device", "devices: [uart0]", "devices: [@uart1]", "the board qemu-virt has no device `uart1`; its devices: uart0, rtc0, gpio0, " + ", ".join(f"virtio{i}" for i in range(32)) + "; did you mean `uart0`?"),
    case("device claimed twice", "virtio1]", "@uart0]", "the device `uart0` belongs to `serial` already (line 23); a device has one driver, remove one"),
    case("same page", "devices: [uart0]", "devices: [uart0, virtio2]", "`virtio0` shares a page of registers with `virtio2` of `serial` (line 23); give both to one component", at="virtio0, dma"),
    case("device twice in a list", "devices: [uart0]", "devices: [uart0, @uart0]", "`uart0` stands here twice; remove one"),
    case("unknown peer", "calls: [echo.echo, echo.other]", "calls: [@ecco.echo, echo.other]", "there is no component `ecco`; did you mean `echo`?"),
    case("call without portal", "calls: [echo.echo, echo.other]", "calls: [@echo, echo.other]", "`echo` does not say which of a peer is meant; write server.portal"),
    case("portal nobody serves", "calls: [echo.echo, echo.other]", "calls: [@echo.echoo, echo.other]", "`echo` serves no portal `echoo`; it serves: echo, other; did you mean `echo`?"),
    case("call to a client", "calls: [echo.echo, echo.other]", "calls: [@monitor.echo]", "`monitor` serves no portal `echo`; it serves: nothing (write `serves:` there)"),
    case("call twice", "calls: [echo.echo, echo.other]", "calls: [echo.echo, @echo.echo]", "`echo.echo` stands here twice; remove one"),
    case("call of itself", "receives: [space]", "receives: [space]\n    serves: {x: {longest: 1us}}\n    calls: [@producer.x]", "`producer` calls itself, which can never be answered; remove it"),
    case("unknown signal peer", "signals: [consumer.data]", "signals: [@consumr.data]", "there is no component `consumr`; did you mean `consumer`?"),
    case("unknown flag", "signals: [consumer.data]", "signals: [@consumer.date]", "`consumer` receives no flag `date`; it receives: data, virtio0, virtio1; did you mean `data`?"),
    case("signal to the deaf", "signals: [consumer.data]", "signals: [@client.data]", "`client` receives no flag `data`; it receives: nothing (write `receives:` there)"),
    case("unknown user", "      producer: read-write", "      @produce: read-write", "there is no component `produce`; did you mean `producer`?"),
    case("unknown service", "service: serial", "service: @seriel", "there is no component `seriel`; did you mean `serial`?"),
    case("service without console", "service: serial", "service: @echo", "`echo` serves no portal `console`, so it is no service for a virtio-console; name `serial`"),
    case("second console", "receives: [space]", "receives: [space]\n    serves: {@console: {longest: 1us}}", "`serial` serves a portal `console` already; a system has one console, rename this portal"),
    case("console of the console", "watchdog: 2s", "watchdog: 2s\n    console: @true", "`serial` serves the console and cannot be its own client; remove `console: true`"),

    # passive components
    case("passive with budget", "    passive: true\n", "    passive: true\n    @budget: {time: 1ms, period: 10ms}\n", "`echo` is passive, it runs on its callers' budgets; remove `budget` or `passive`"),
    case("passive with watchdog", "    passive: true\n", "    passive: true\n    watchdog: @1s\n", "`echo` is passive and cannot kick a watchdog on its own; remove `watchdog` or give it a `budget`"),
    case("passive with flags", "    passive: true\n", "    passive: @true\n    receives: [x]\n", "`echo` is passive but receives flags, which nobody would pay for; give it a `budget` instead"),
    case("passive without portal", "    passive: true\n    serves:\n      echo: {longest: 20us}\n      other: {longest: 30us}\n\n  client:\n    priority: 100\n    budget: {time: 1ms, period: 50ms}\n    console: true\n    calls: [echo.echo, echo.other]\n", "    passive: @true\n\n  client:\n    priority: 100\n    budget: {time: 1ms, period: 50ms}\n    console: true\n", "`echo` is passive but serves nothing, it would never run; write `serves:`"),

    case("passive with an interrupt", "    passive: true\n", "    passive: @true\n    devices: [rtc0]\n", "`echo` is passive but takes the interrupt of `rtc0`; give it a `budget` instead of `passive`"),
    case("passive service", "    " + SERIAL_BUDGET + "\n    watchdog: 2s\n    stack: 8KiB\n    pool: 256KiB\n    restart: true\n    devices: [uart0]\n", "    passive: true\n", "`serial` is passive and would not hear the guest's doorbell; give it a `budget`", at="serial, trusted"),

    # time
    case("more than a core", "      budget: {time: 4ms, period: 10ms}", "      @budget: {time: 9ms, period: 10ms}", "with `linux` the budgets of core 0 reach 115.9 % of it; write smaller times or longer periods, 99 % is all there is: root works in the rest"),
    case("nothing left for root", "      budget: {time: 4ms, period: 10ms}", "      @budget: {time: 7350us, period: 10ms}", "with `linux` the budgets of core 0 reach 99.4 % of it; write smaller times or longer periods, 99 % is all there is: root works in the rest"),
    case("longest above the caller's period", "other: {longest: 30us}", "other: {longest: @60ms}", "the longest request of `echo.other` takes 60ms, more than the period 50ms of its caller `client`; shorten it"),
    case("cycle of calls", "    passive: true\n    serves:\n      echo: {longest: 20us}\n      other: {longest: 30us}\n\n  client:\n", "    passive: true\n    calls: [@client.back]\n    serves:\n      echo: {longest: 20us}\n      other: {longest: 30us}\n\n  client:\n    serves: {back: {longest: 1us}}\n", "a cycle of calls, which ends in a deadlock: echo -> client -> echo; let one side `signals` the other instead"),

    # guests
    case("no kernel", "    kernel: kernel.img\n    initrd: initrd.img\n", "", "the VM `linux` lacks `kernel`; write for example `kernel: debian/vmlinuz`, or `firmware: FILE`", at="linux:"),
    case("kernel and firmware", "    kernel: kernel.img\n", "    kernel: kernel.img\n    firmware: @kernel.img\n", "the VM `linux` has both `kernel` and `firmware`; remove one: firmware loads its kernel itself"),
    case("initrd of firmware", "    kernel: kernel.img\n    initrd: initrd.img\n", "    firmware: kernel.img\n    initrd: @initrd.img\n", "the VM `linux` has an `initrd` but no `kernel` that it is for; write `kernel: FILE`"),
    case("kernel that is not there", "kernel: kernel.img", "kernel: @kernle.img", "the kernel `kernle.img` is in none of the folders FOLDERS; name a file that is there, or build it"),
    case("kernel that is no Image", "kernel: kernel.img", "kernel: @initrd.img", "the kernel `initrd.img` is not an arm64 Image (its bytes 56..59 are not \"ARM\\x64\"); name an uncompressed arm64 Image"),
    case("ELF kernel", "kernel: kernel.img", "kernel: @root.elf", "the kernel `root.elf` is not an arm64 Image (it is an ELF file, name the Image made of it); name an uncompressed arm64 Image"),
    case("guest too small", "memory: 64MiB", "memory: @4MiB", "`memory` is 4MiB, but kernel and initrd of `linux` need 7173KiB; write more"),
    case("not enough RAM for the guest", "memory: 64MiB", "memory: @2GiB", "not enough RAM: the system needs 2108236KiB (guests 2097152KiB, memory 72KiB, the rest 11012KiB), the board qemu-virt has 1048576KiB; write a smaller size here"),
    case("not enough RAM for memory", "    size: 64KiB\n    alignment: 64KiB", "    size: 4GiB\n    alignment: 64KiB", "not enough RAM: the system needs 4270860KiB (guests 65536KiB, memory 4194312KiB, the rest 11012KiB), the board qemu-virt has 1048576KiB; write a smaller size here", at="ring:"),
    case("long bootargs", "bootargs: console=hvc0 quiet", "bootargs: @" + "x" * 2048, "`bootargs` is 2048 characters long; write at most 2047"),

    case("VM on another's core", "  linux:\n", "  linux:\n    core: @3\n", "the board qemu-virt has no core 3; write a core from 0 to 0"),

    # programs
    case("program that is not there", "program: echo-server", "program: @no-such.elf", "the program `no-such.elf` is in none of the folders FOLDERS; name a file that is there, or build it"),
]
