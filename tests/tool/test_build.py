# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# What the tool writes: headers, image, plan; read back here with struct, from abi/boot_info.h and abi/plan.h.
import collections
import os
import re
import struct
import subprocess

import pytest

from conftest import ROOT

PAGE = 4096
Component = collections.namedtuple("Component", "name flags core priority replenishments budget_time budget_period "
                                   "watchdog pool_size capability_count restart_flag entry stack_base stack_size "
                                   "code_offset code_size "
                                   "first_segment segment_count first_symbol symbol_count domain thread pool budget "
                                   "notification reserved")
COMPONENT = "<32sIIIIQQQQIIQQQQQIIII6I"
Segment = collections.namedtuple("Segment", "offset file_size memory_size address attributes")
Object = collections.namedtuple("Object", "kind owner name core a b c")
Capability = collections.namedtuple("Capability", "component index object rights label")
Mapping = collections.namedtuple("Mapping", "component object address attributes")
Symbol = collections.namedtuple("Symbol", "address size name")
POOL, DOMAIN, THREAD, BUDGET, PORTAL, NOTIFICATION, INTERRUPT, MEMORY, DEVICE, MODULE = range(1, 11)
NONE = SYSTEM = 0xFFFFFFFF
READ, WRITE, DMA, SIGNAL, WAIT, CALL, CONTROL, BIND, ALL = 1, 2, 8, 16, 32, 64, 1024, 2048, 0x3FFF


class Image:
    def __init__(self, data):
        self.data = data
        self.info = data.index(b"QOLLBOOT")
        word = lambda offset: struct.unpack_from("<Q", data, self.info + offset)[0]
        magic, self.version, self.size, self.image_size = struct.unpack_from("<8sIIQ", data, self.info)
        self.ram = [struct.unpack_from("<QQ", data, self.info + 56 + 16 * i) for i in range(8)]
        self.devices = [struct.unpack_from("<QQ", data, self.info + 184 + 16 * i) for i in range(32)]
        at = self.info + 184 + 16 * 32
        (self.uart, self.gicd, self.gicr, self.gicr_size, self.gic_version, self.hypervisor_timer, self.virtual_timer,
         self.maintenance, self.cores, self.tables) = struct.unpack_from("<4Q6I", data, at)
        at += 4 * 8 + 6 * 4 + 16 * 8
        (self.root_pool, self.root_capabilities, self.root_entry, self.root_stack_top, self.root_priority,
         self.root_segments) = struct.unpack_from("<4Q2I", data, at)
        at += 40
        self.segments = [struct.unpack_from("<4Q", data, at + 32 * i) for i in range(8)]
        self.plan_offset, self.plan_size, self.plan_address = struct.unpack_from("<3Q", data, at + 32 * 8)
        assert at + 32 * 8 + 24 - self.info == self.size
        self.plan = Plan(data[self.plan_offset:self.plan_offset + self.plan_size])


class Plan:
    def __init__(self, data):
        self.data = data
        self.magic, self.version, self.size, system = struct.unpack_from("<8sII32s", data)
        self.system = system.rstrip(b"\0").decode()
        tables = [struct.unpack_from("<II", data, 48 + 8 * i) for i in range(7)]
        self.tables = tables
        self.components = self.read(tables[0], COMPONENT, Component)
        self.segments = self.read(tables[1], "<5Q", Segment)
        self.objects = self.read(tables[2], "<4I3Q", Object)
        self.capabilities = self.read(tables[3], "<4IQ", Capability)
        self.mappings = self.read(tables[4], "<2I2Q", Mapping)
        self.symbols = self.read(tables[5], "<Q2I", Symbol)

    def read(self, table, layout, kind):
        size = struct.calcsize(layout)
        return [kind(*struct.unpack_from(layout, self.data, table[0] + i * size)) for i in range(table[1])]

    def string(self, offset):
        start = self.tables[6][0] + offset
        return self.data[start:self.data.index(b"\0", start)].decode()

    def component(self, name):
        return next(i for i, c in enumerate(self.components) if c.name.rstrip(b"\0").decode() == name)

    def object(self, name):
        return next(i for i, o in enumerate(self.objects) if self.string(o.name) == name)

    def capability(self, component, index):
        return next(c for c in self.capabilities if (c.component, c.index) == (self.component(component), index))


@pytest.fixture
def image(tool, base):
    result = tool.build(base)
    assert (result.returncode, result.stderr) == (0, b"")
    return Image((tool.folder / "image").read_bytes())


def constants(tool, component):
    text = (tool.folder / "include" / component / "component.h").read_text()
    return dict(re.findall(r"#define (\w+(?:\(X\))?) ((?:.*\\\n)*.*)", text))


@pytest.fixture
def headers(tool, base):
    result = tool.run("headers", tool.write(base), "-o", "include")
    assert (result.returncode, result.stderr) == (0, b"")
    return lambda component: constants(tool, component)


def test_layout(image):
    """kernel | boot_info | tables | root | plan: everything on pages, sizes right, the arm64 header patched."""
    assert image.version == 2 and image.info == 0x7000  # what the kernel's header counts, not what its file holds
    assert image.image_size == len(image.data) == struct.unpack_from("<Q", image.data, 16)[0]
    assert image.plan_offset % PAGE == 0 and image.plan_size % PAGE == 0
    assert image.plan_offset + image.plan_size == image.image_size
    # root, one for devices' GiB and one for RAM's, one each for the GIC's, the UART's and the kernel's 2 MiB
    assert image.tables == 6 and not any(image.data[image.info + PAGE:image.info + 7 * PAGE])
    offset = image.info + 7 * PAGE
    for segment in image.segments[:image.root_segments]:
        assert segment[0] == offset and segment[1] % PAGE == 0 and segment[2] % PAGE == 0
        assert segment[3] & 6 != 6
        offset += segment[1]
    assert offset == image.plan_offset
    assert image.plan_address % (2 << 20) == image.plan_offset % (2 << 20)


def test_root(image, files):
    text, data, stack = image.segments[:image.root_segments]
    assert text[3] == READ | 4 and data[3] == READ | WRITE and stack[3] == READ | WRITE
    assert text[2] == 0x400000 and text[2] <= image.root_entry < text[2] + text[1]
    assert data[1] == 3 * PAGE  # 4 bytes of data, 12000 of bss
    assert not any(image.data[data[0] + 8:data[0] + data[1]])
    assert image.root_stack_top == stack[2] + stack[1] and stack[1] == 32 << 10
    assert image.root_pool == 4 << 20 and image.root_priority == 50


def test_board(image):
    assert image.ram[0] == (0x40000000, 0x40000000) and image.ram[1] == (0, 0)
    assert image.devices[:3] == [(0x9000000, PAGE), (0xA000000, PAGE), (0, 0)]
    assert (image.uart, image.gicd, image.gicr, image.gicr_size) == (0x9000000, 0x8000000, 0x80A0000, 0xF60000)
    assert (image.hypervisor_timer, image.virtual_timer, image.maintenance) == (26, 27, 25)
    assert (image.gic_version, image.cores) == (3, 1)


def test_board_is_what_qemu_says(tool, tmp_path):
    """boards/qemu-virt.dts against the machine's own device tree."""
    blob = tmp_path / "virt.dtb"
    subprocess.run(["qemu-system-aarch64", "-machine", f"virt,virtualization=on,gic-version=3,dumpdtb={blob}", "-cpu",
                    "cortex-a53", "-m", "1024", "-display", "none", "-nic", "none"], check=True, capture_output=True)
    ours = tmp_path / "ours.dtb"
    subprocess.run(["dtc", "-q", "-o", ours, ROOT / "boards/qemu-virt.dts"], check=True)

    def get(tree, node, name):
        result = subprocess.run(["fdtget", "-t", "x", tree, node, name], capture_output=True)
        return [int(word, 16) for word in result.stdout.split()]

    nodes = ["/memory@40000000", "/timer", "/intc@8000000", "/pl011@9000000", "/pl031@9010000", "/pl061@9030000"]
    nodes += [f"/virtio_mmio@{0xA000000 + 0x200 * i:x}" for i in range(32)]
    for node in nodes:
        for name in ("reg", "interrupts"):
            assert get(ours, node, name) == get(blob, node, name), (node, name)
        assert get(blob, node, "reg") or get(blob, node, "interrupts")


def test_components(image):
    plan = image.plan
    assert plan.magic == b"QOLLPLAN" and plan.version == 2 and plan.system == "base"
    assert plan.size == len(plan.data)
    assert [c.name.rstrip(b"\0").decode() for c in plan.components] == [
        "serial", "monitor", "echo", "client", "producer", "consumer", "linux"]
    serial, echo, client = plan.components[0], plan.components[2], plan.components[3]
    assert (serial.budget_time, serial.budget_period, serial.replenishments) == (10**6, 10**7, 4)
    assert (serial.priority, serial.core, serial.watchdog) == (200, 0, 2 * 10**9)
    assert serial.pool_size == 256 << 10 and serial.stack_size == 8 << 10 and serial.restart_flag == 63
    assert (serial.flags, echo.flags, client.flags) == (1, 3, 5)
    assert echo.budget == echo.notification == NONE
    for number, component in enumerate(plan.components):
        for kind, which in ((POOL, component.pool), (DOMAIN, component.domain), (THREAD, component.thread)):
            assert (plan.objects[which].kind, plan.objects[which].owner) == (kind, number)


def test_segments(image):
    for component in image.plan.components:
        segments = image.plan.segments[component.first_segment:component.first_segment + component.segment_count]
        assert len(segments) == 2
        for segment in segments:
            assert segment.address % PAGE == 0 and segment.memory_size % PAGE == 0
            assert segment.file_size <= segment.memory_size
            assert segment.offset + segment.file_size <= len(image.plan.data)
        # what cannot be written is whole, and all of the component's code; its rest is zero
        assert segments[0].file_size == segments[0].memory_size == component.code_size
        assert segments[0].offset == component.code_offset and component.code_offset % PAGE == 0
        assert not component.code_offset <= segments[1].offset < component.code_offset + component.code_size
        assert segments[1].memory_size == 3 * PAGE and segments[1].file_size == 4
        assert image.plan.data[segments[1].offset] == 3
        symbols = image.plan.symbols[component.first_symbol:component.first_symbol + component.symbol_count]
        assert [image.plan.string(s.name) for s in sorted(symbols)] == [image.plan.string(s.name) for s in symbols]
        assert {"_start", "work"} <= {image.plan.string(s.name) for s in symbols}


def test_capabilities(image, headers):
    """What the headers name is what the plan gives, with the right object, rights and label."""
    plan, serial, consumer = image.plan, headers("serial"), headers("consumer")

    def check(component, index, name, rights, label):
        capability = plan.capability(component, int(index))
        assert plan.string(plan.objects[capability.object].name) == name
        assert (capability.rights, capability.label) == (rights, label)

    check("client", headers("client")["CAP_ECHO_ECHO"], "echo.echo", CALL, 1)
    check("client", headers("client")["CAP_ECHO_OTHER"], "echo.other", CALL, 1 << 16 | 1)
    check("client", 7, "serial.console", CALL, 3)
    check("client", 6, "root", CALL, 3)
    check("monitor", 6, "root", CALL, 1 << 32 | 1)
    check("linux", 7, "serial.console", CALL, 1)
    check("producer", headers("producer")["CAP_CONSUMER_DATA"], "consumer.notification", SIGNAL, 1)
    check("producer", headers("producer")["CAP_RING"], "ring", READ | WRITE, 0)
    check("consumer", consumer["CAP_RING"], "ring", READ, 0)
    check("consumer", consumer["CAP_VIRTIO0"], "virtio0", READ | WRITE | DMA, 0)
    check("consumer", consumer["CAP_VIRTIO1"], "virtio0", READ | WRITE, 0)  # the same page
    check("serial", serial["CAP_UART0_INTERRUPT"], "uart0.interrupt", CONTROL, 0)
    check("serial", serial["CAP_LINUX_VIRTUAL_INTERRUPTS"], "linux.virtual-interrupts", SIGNAL, 1 << 16)
    check("serial", serial["CAP_MONITOR_INPUT"], "monitor.notification", SIGNAL, 1 << 62)
    vm = headers("linux")
    check("linux", vm["CAP_VCPU_BUDGET"], "linux.vcpu-budget", READ | BIND, 0)
    check("linux", vm["VM_CONSOLE_NOTIFICATION"], "serial.notification", SIGNAL, 3)
    check("linux", vm["CAP_EXIT"], "linux.exits", CALL, 0xFFFF)
    check("linux", vm["CAP_VM_RAM"], "linux.ram", READ | WRITE | 4, 0)
    for index in (1, 2, 3):
        assert plan.capability("linux", index).rights == ALL
    assert len({(c.component, c.index) for c in plan.capabilities}) == len(plan.capabilities)
    for capability in plan.capabilities:
        assert capability.index < plan.components[capability.component].capability_count


def test_interrupts(image, headers):
    plan = image.plan
    uart = plan.objects[plan.object("uart0.interrupt")]
    assert (uart.kind, uart.a, uart.b, uart.c) == (INTERRUPT, 33, 0, 1 << int(headers("serial")["FLAG_UART0_BIT"]))
    virtio = plan.objects[plan.object("virtio1.interrupt")]
    assert (virtio.a, virtio.b, virtio.c) == (49, 1, 1 << int(headers("consumer")["FLAG_VIRTIO1_BIT"]))
    assert headers("serial")["FLAG_UART0_BIT"] == "2"  # behind the doorbells
    assert headers("consumer")["FLAG_DATA_BIT"] == "0"


def address(value):
    return int(re.fullmatch(r"UINT64_C\((0x[0-9a-f]+)\)", value)[1], 16)


def test_mappings(image, headers):
    """No mapping of a component overlaps another, its stack or its program; large ones lie on 2 MiB."""
    plan = image.plan
    for number, component in enumerate(plan.components):
        ranges = [(component.stack_base - PAGE, component.stack_size + 2 * PAGE)]
        for segment in plan.segments[component.first_segment:component.first_segment + component.segment_count]:
            ranges.append((segment.address, segment.memory_size))
        for mapping in plan.mappings:
            if mapping.component == number:
                thing = plan.objects[mapping.object]
                size = thing.a if thing.kind == MEMORY else thing.b
                assert mapping.address % (2 << 20 if size >= 2 << 20 else PAGE) == 0
                ranges.append((mapping.address, size))
        ranges.sort()
        for (start, size), (following, _) in zip(ranges, ranges[1:]):
            assert start + size <= following
    vm = headers("linux")
    assert address(headers("consumer")["VIRTIO1_ADDRESS"]) % PAGE == 0x200
    mapped = {plan.string(plan.objects[m.object].name): m for m in plan.mappings if m.component == 6}
    assert mapped["linux.ram"].address == address(vm["VM_RAM_ADDRESS"])
    assert mapped["kernel.img"].address == address(vm["VM_KERNEL_ADDRESS"])
    assert mapped["kernel.img"].attributes == READ


def test_modules(image, files):
    plan = image.plan
    kernel = plan.objects[plan.object("kernel.img")]
    assert kernel.kind == MODULE and kernel.owner == SYSTEM
    assert (image.plan_offset + kernel.a) % (2 << 20) == 0 and kernel.a % PAGE == 0
    assert plan.data[kernel.a:kernel.a + kernel.b] == (files / "kernel.img").read_bytes()
    settings = plan.objects[plan.object("linux.settings")]
    magic, version, _, *sizes, bootargs = struct.unpack_from("<8sII4Q2048s", plan.data, settings.a)
    assert (magic, version) == (b"QL_VM_SG", 1)
    assert sizes == [3 << 20, 6000, 0, 1767225600]
    assert bootargs.rstrip(b"\0") == b"console=hvc0 quiet"


def test_one_kernel_for_two_guests(tool, base, files):
    start = base.index("  linux:\n")
    vm = base[start:base.index("memory:\n  ring")]
    first = vm.replace("4ms", "1ms")
    second = first.replace("  linux:", "  second:")
    (tool.folder / "second.elf").write_bytes((files / "linux.elf").read_bytes())
    assert tool.build(base.replace(vm, first + second)).stderr == b""
    plan = Image((tool.folder / "image").read_bytes()).plan
    assert len([o for o in plan.objects if plan.string(o.name) == "kernel.img"]) == 1


def test_overrides(tool, base, files):
    (tool.folder / "own.img").write_bytes((files / "kernel.img").read_bytes()[:1 << 20])
    result = tool.build(base, "--guest-kernel", "own.img", "--guest-bootargs", "quiet single=1", "--set",
                        "vms.linux.clock=7", "--set", "components.serial.watchdog=")
    assert result.stderr == b""
    plan = Image((tool.folder / "image").read_bytes()).plan
    settings = plan.objects[plan.object("linux.settings")]
    *sizes, bootargs = struct.unpack_from("<4Q2048s", plan.data, settings.a + 16)
    assert sizes == [1 << 20, 0, 0, 7] and bootargs.rstrip(b"\0") == b"quiet single=1"
    assert plan.components[0].watchdog == 0


@pytest.mark.parametrize("options,message", [
    (["--set", "vms"], "--set:1:1: `vms` sets nothing; write `--set path.to.key=value`"),
    (["--set", "vms.windows.kernel=x"], "--set:1:1: `windows` is not a mapping of the description; write a path that is there"),
    (["--set", "system=a", "--set", "vms.linux.clock=x"], "--set:2:1: `clock` is `x`, which is not a number; write one from 0 to 4294967295"),
    (["--set", "vms.linux.bootargs=a\nb"], "--set:1:1: control character or line break in a value; write it in one line of plain text"),
    (["--set", "vms.linux.ram=1MiB"], "--set:1:1: a VM has no key `ram` (keys: program, priority, core, budget, stack, pool, restart, watchdog, start, vcpu, memory, kernel, initrd, firmware, bootargs, clock, devices)"),
    (["--board", "toaster"], "--board:1:1: the board `toaster` (boards/toaster.dts) is in none of the folders FOLDERS; write for example `board: qemu-virt`"),
])
def test_bad_overrides(tool, base, options, message):
    result = tool.build(base, *options)
    assert result.stderr.decode() == message.replace("FOLDERS", f"{tool.files}, {ROOT}, .") + "\n" and result.returncode == 1


def test_override_that_is_no_file(tool, base):
    result = tool.build(base, "--guest-kernel", "own")
    assert result.stderr.decode().startswith("KERNEL= (--guest-kernel):1:1: the kernel `own` is in none of the folders ")


def test_override_without_a_vm(tool):
    result = tool.build("system: s\nboard: qemu-virt\ncomponents: {}\n", "--guest-kernel", "x")
    assert result.stderr == (b"system.yaml:1:1: KERNEL= (--guest-kernel) has no VM to change; write one under `vms`, or "
                             b"choose a system that has one\n")


def test_headers_compile(tool, headers, files, tmp_path):
    """Each header alone, and the lists expanded as a server expands them."""
    for folder in (tool.folder / "include").iterdir():
        source = tmp_path / f"{folder.name}.c"
        source.write_text('#include "component.h"\nstruct { unsigned a; const char *b; unsigned c, d, e, f, g; }'
                          "\nconst inspects[] = {\n#ifdef COMPONENT_INSPECTS\n#define X(...) {__VA_ARGS__},\n"
                          "COMPONENT_INSPECTS(X)\n#undef X\n#endif\n{0}};\n"
                          "struct { unsigned a; const char *b; unsigned long c, d, e, f, g, h; }\nconst guests[] = {\n"
                          "#define X(...) {__VA_ARGS__},\n#ifdef COMPONENT_GUESTS\nCOMPONENT_GUESTS(X)\n#endif\n"
                          "#ifdef COMPONENT_CLIENTS\nCOMPONENT_CLIENTS(X)\n#endif\n{0}};\n"
                          "const char *name = COMPONENT_NAME SYSTEM_NAME;\n")
        subprocess.run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-I", folder,
                        "-c", source, "-o", tmp_path / "x.o"], check=True)


def test_server_header(headers):
    serial, echo = headers("serial"), headers("echo")
    assert (serial["COMPONENT_CLIENT_LINUX"], serial["COMPONENT_CLIENT_MONITOR"]) == ("1", "2")
    assert (serial["COMPONENT_CLIENT_COUNT"], serial["COMPONENT_GUEST_COUNT"]) == ("3", "1")
    assert (echo["PORTAL_ECHO"], echo["PORTAL_OTHER"], echo["COMPONENT_CLIENT_CLIENT"]) == ("0", "1", "1")
    assert '"monitor"' in serial["COMPONENT_CLIENTS(X)"]
    assert re.search(r'"linux", UINT64_C\(0x10200000\), UINT64_C\(0x4000000\), UINT64_C\(0x40000000\), 0, \d+, '
                     r'UINT64_C\(0x10000\)', serial["COMPONENT_GUESTS(X)"])
    assert headers("monitor")["COMPONENT_INSPECT_COUNT"] == "7"
    assert headers("root")["COMPONENT_COUNT"] == "7"


def test_component_that_builds(tool, headers, base):
    """Rights on its own objects, empty indices behind all others, text as data, memory to carve."""
    client = headers("client")
    assert client["CAP_FREE_COUNT"] == "8"
    assert client["COMPONENT_ARGUMENTS"].startswith("((const char *)UINT64_C(0x")
    assert "ARENA_ADDRESS" not in headers("monitor") and headers("monitor")["ARENA_SIZE"] == "UINT64_C(0x1000)"
    tool.build(base)
    first = (tool.folder / "image").read_bytes()
    plan = Image(first).plan
    assert b"some text\0" in first
    assert not [m for m in plan.mappings if m.object == plan.object("arena")]
    tool.build(base, "--set", "components.client.arguments=other words")
    assert len((tool.folder / "image").read_bytes()) == len(first)


def test_guest_console(tool, base):
    """A service of its own for a guest's virtio-console, beside the system's console."""
    text = base.replace("    passive: true\n    serves:\n      echo:", "    budget: {time: 1us, period: 10ms}\n    serves:\n"
                        "      guest-console: {longest: 1us}\n      echo:").replace("service: serial", "service: echo")
    assert tool.build(text).stderr == b""
    tool.run("headers", "system.yaml", "-o", "include")
    assert constants(tool, "echo")["COMPONENT_GUEST_COUNT"] == "1"
    assert "CAP_LINUX_INPUT" in constants(tool, "echo") and "CAP_CLIENT_INPUT" not in constants(tool, "echo")
    assert constants(tool, "serial")["COMPONENT_GUEST_COUNT"] == "0"


def test_untrusted_service(tool, base):
    """A service that is not trusted does not see the guest's RAM."""
    text = base.replace("trusted: true", "trusted: false")
    assert tool.build(text).stderr == b""
    plan = Image((tool.folder / "image").read_bytes()).plan
    ram = plan.object("linux.ram")
    assert [m.component for m in plan.mappings if m.object == ram] == [6]
    tool.run("headers", "system.yaml", "-o", "include")
    assert constants(tool, "linux")["VM_CONSOLE_TRUSTED"] == "0"
    assert 'X(COMPONENT_CLIENT_LINUX, "linux", UINT64_C(0x0),' in constants(tool, "serial")["COMPONENT_GUESTS(X)"]


def test_headers_need_no_guest_files(tool, base):
    text = base.replace("kernel.img", "not/built/yet").replace("initrd.img", "neither")
    assert tool.run("headers", tool.write(text), "-o", "include").stderr == b""


def test_unchanged_headers_keep_their_time(tool, headers, base):
    paths = sorted((tool.folder / "include").glob("*/component.h"))
    for path in paths:
        os.utime(path, (1000, 1000))
    tool.run("headers", tool.write(base.replace("priority: 100", "priority: 101")), "-o", "include")
    assert [p.parent.name for p in paths if p.stat().st_mtime != 1000] == ["client"]


def test_same_bytes(tool, base):
    tool.build(base)
    first = (tool.folder / "image").read_bytes()
    tool.build(base)
    assert (tool.folder / "image").read_bytes() == first


def test_lists(tool, base):
    tool.write(base)
    assert tool.run("programs", "system.yaml").stdout.decode().split("\n") == [
        "root root 8:1", "serial serial 15:3", "monitor monitor 27:3", "echo echo-server 36:14", "client client 43:3",
        "producer producer 52:3", "consumer consumer 58:3", "linux vmm 66:3", ""]
    assert tool.run("modules", "system.yaml").stdout == b"kernel.img\ninitrd.img\n"
    assert tool.run("board", "system.yaml").stdout.decode() == (
        "name qemu-virt\nmachine virt,virtualization=on,gic-version=3\ncpu cortex-a53\nmemory 1024\ncores 1\n")


@pytest.mark.parametrize("system", sorted(p.parent.name for p in ROOT.glob("systems/*/system.yaml")))
def test_systems(tool, system):
    """Every system of the tree has a good description; their images are built by make."""
    result = tool.run("headers", ROOT / "systems" / system / "system.yaml", "-o", "include")
    assert (result.returncode, result.stderr) == (0, b"")
