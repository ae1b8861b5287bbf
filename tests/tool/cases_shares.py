# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# As cases.py, of shares.yaml.
from cases import case

MAC = '"52:54:00:00:00:0a"'

BAD = [
    case("unknown net key", "vlan: 7", "@lan: 7", "a net has no key `lan`; did you mean `vlan`? (keys: service, mac, vlan, reaches, window)"),
    case("unknown guest net key", "{service: net, trusted: true, reaches", "{service: net, trusted: true, @reach: x, reaches", "a virtio-net has no key `reach`; did you mean `reaches`? (keys: service, trusted, mac, vlan, reaches)"),
    case("unknown vsock key", "count: 2}, reaches: [linux]}", "count: 2}, @cid: 5}", "a vsock has no key `cid` (keys: service, ports, reaches, window)"),
    case("unknown guest vsock key", "cid: 4}", "cid: 4, @ports: {first: 1}}", "a virtio-vsock has no key `ports` (keys: service, trusted, cid, reaches)"),
    case("unknown rng key", "virtio-rng: {service: entropy, trusted: true", "virtio-rng: {service: entropy, @trust: true", "a virtio-rng has no key `trust`; did you mean `trusted`? (keys: service, trusted)"),
    case("unknown crypto key", "crypto: {service: keys, window", "crypto: {service: keys, @windows", "a crypto has no key `windows`; did you mean `window`? (keys: service, window)"),
    case("short address", MAC, '@"52:54:00:00:0a"', '`52:54:00:00:0a` is no MAC address; write six octets, for example "52:54:00:00:00:01"'),
    case("long address", MAC, '@"52:54:00:00:00:0a0"', '`52:54:00:00:00:0a0` is no MAC address; write six octets, for example "52:54:00:00:00:01"'),
    case("address of words", MAC, '@wire', '`wire` is no MAC address; write six octets, for example "52:54:00:00:00:01"'),
    case("address of a group", MAC, '@"53:54:00:00:00:0a"', "`53:54:00:00:00:0a` is not the address of one station; write one whose first octet is even"),
    case("address of nobody", MAC, '@"00:00:00:00:00:00"', "`00:00:00:00:00:00` is not the address of one station; write one whose first octet is even"),
    case("address twice", '"52:54:00:00:00:0b"', "@" + MAC, "`agent` (line 44) has this address too; write another"),
    case("large vlan", "vlan: 7", "vlan: @4095", "`vlan` is 4095, too much; write 4094 or less"),
    case("small vlan", "vlan: 7", "vlan: @0", "`vlan` is 0, too little; write 1 or more"),
    case("small window", "vlan: 7, window: 64KiB", "window: @16KiB", "`window` is 16KiB, too little; write 32KiB or more"),
    case("small crypto window", "window: 8KiB", "window: @4KiB", "`window` is 4KiB, too little; write 8KiB or more"),
    case("reaches that is a word", "reaches: [wire, guest]", "reaches: @guest", "`reaches` must be a list; write [guest]"),
    case("unknown peer", "reaches: [wire, guest]", "reaches: [wire, @gest]", "there is no component `gest`; did you mean `guest`?"),
    case("peer without a share", "reaches: [wire, guest]", "reaches: [wire, @sleeper]", "`sleeper` has no share of `net`'s network; name one that has"),
    case("wire of sockets", "reaches: [linux]}\n    crypto", "reaches: [@wire]}\n    crypto", "there is no component `wire`"),
    case("no cid", "trusted: false, cid: 3", "trusted: false", "the virtio-vsock lacks `cid`; write for example `cid: 3`", at="virtio-vsock: {service: vsock, trusted"),
    case("reserved cid", "cid: 3", "cid: @2", "`cid` is 2, too little; write 3 or more"),
    case("cid twice", "cid: 4", "cid: @3", "`linux` (line 71) has this CID too; write another"),
    case("no first port", "{first: 22}", "{count: 1}", "`ports` lacks `first`; write for example `first: 4000`", at="ports: {count: 1}"),
    case("unknown ports key", "{first: 22}", "{first: 22, @last: 23}", "`ports` has no key `last` (keys: first, count)"),
    case("no port", "{first: 22}", "{first: @0}", "`first` is 0, too little; write 1 or more"),
    case("many ports", "count: 2", "count: @65", "`count` is 65, too much; write 64 or less"),
    case("ports twice", "{first: 22}", "@{first: 4001}", "`agent` (line 45) listens to some of these ports too; write others"),
    case("no such service", "virtio-net: {service: net, trusted: true", "virtio-net: {service: @nets, trusted: true", "there is no component `nets`; did you mean `net`?"),
    case("service of something else", "virtio-net: {service: net, trusted: true", "virtio-net: {service: @vsock, trusted: true", "`vsock` serves no portal `net`, so it shares no network with `linux`; name a component that does"),
    case("no sockets there", "virtio-vsock: {service: vsock, cid: 4", "virtio-vsock: {service: @net, cid: 4", "`net` serves no portal `vsock`, so it shares no sockets with `guest`; name a component that does"),
    case("secret that is not hexadecimal", "      crypto: {longest: 5ms}", "      crypto: {longest: 5ms}\n    arguments: @secret=0123456789ABCDEF", "the secret of `keys` has `A`, and may have 0-9 and a-f alone; write 64 of these, for example what `openssl rand -hex 32` prints"),
    case("short secret", "      crypto: {longest: 5ms}", "      crypto: {longest: 5ms}\n    arguments: @secret=0123", "the secret of `keys` has 4 digits; write 64, for example what `openssl rand -hex 32` prints"),
    case("no keys there", "crypto: {service: keys", "crypto: {service: @net", "`net` serves no portal `crypto`, so it shares no keys with `agent`; name a component that does"),
    case("passive service", "budget: {time: 1ms, period: 10ms}\n    serves:\n      vsock", "passive: true\n    serves:\n      vsock", "`vsock` is passive and would not hear of requests; give it a `budget`", at="vsock, ports: {first: 4000"),
    case("entropy without a device", "    devices: [virtio16]\n", "", "`entropy` shares entropy but drives no device with an interrupt; write for example `devices: [virtio0]` there", at="entropy, trusted: true"),
    case("entropy without memory", "  entropy-dma:\n    size: 64KiB\n    dma: true", "  entropy-dma:\n    size: 64KiB", "`entropy` shares entropy but has no memory for its device; write `entropy-dma: {size: 64KiB, dma: true, users: {entropy: read-write}}` under `memory`", at="entropy, trusted: true"),
    case("network without memory", "    size: 1MiB\n    dma: true", "    size: 1MiB", "`net` shares a network but has no memory for its device; write `net-dma: {size: 1MiB, dma: true, users: {net: read-write}}` under `memory`", at="net, mac:"),
]
