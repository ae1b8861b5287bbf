# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# As cases.py, of disk.yaml.
from cases import case

NOTES = "disk: {service: block, partition: notes, access: read-write, window: 64KiB}"
RANGE = "range: {offset: 32MiB, size: 4MiB}"
OVERLAP = "`{}` (line {}) has this part of the disk too, and one of the two writes; name another part, or write `access: read` for both"

BAD = [
    case("unknown disk key", "window: 64KiB", "@windows: 64KiB", "a disk has no key `windows`; did you mean `window`? (keys: service, partition, range, access, window)"),
    case("unknown guest disk key", "trusted: true, partition", "@trust: true, partition", "a virtio-blk has no key `trust`; did you mean `trusted`? (keys: service, trusted, partition, range, access)"),
    case("unknown range key", "{offset: 32MiB, size", "{@start: 32MiB, size", "a range has no key `start` (keys: offset, size)"),
    case("disk that is a word", NOTES, "disk: @notes", "`disk` must be a mapping; write `name: value` lines, indented, below it"),
    case("no disk service", "service: block, partition: notes", "partition: notes", "the disk lacks `service`; write for example `service: block`", at="disk: {partition"),
    case("no guest disk service", "service: block, trusted", "trusted", "the virtio-blk lacks `service`; write for example `service: block`", at="virtio-blk:"),
    case("no part of the disk", "service: block, partition: notes, access", "service: block, access", "the disk lacks `partition`; write for example `partition: data`, or `range: {offset: 1MiB, size: 8MiB}`", at="disk: {service: block, access"),
    case("two parts of the disk", "partition: notes, access", "partition: notes, @range: {offset: 1MiB, size: 1MiB}, access", "the disk has both `partition` and `range`; remove one"),
    case("no range size", RANGE, "@range: {offset: 32MiB}", "the range lacks `size`; write for example `size: 8MiB`"),
    case("no range offset", RANGE, "@range: {size: 32MiB}", "the range lacks `offset`; write for example `offset: 1MiB`"),
    case("odd range", "size: 4MiB}", "size: @5000KiB1}", "`size` has the unit `KiB1`, which is not one of KiB, MiB, GiB; write for example 64KiB"),
    case("long partition name", "partition: notes", "partition: @abcdefghijklmnopqrstuvwxyzabcdefghijk", "a partition's name has at most 36 characters, this one has 37; write a shorter one"),
    case("quoted partition name", "partition: notes", "partition: @'a\"b'", "a partition's name has no quotation mark and no backslash; write another"),
    case("unknown access", "access: read-write", "access: @write", "`access` is `write`; write one of read, read-write"),
    case("small window", "window: 64KiB", "window: @16KiB", "`window` is 16KiB, too little; write 32KiB or more"),
    case("no such service", "service: block, partition: notes", "service: @blok, partition: notes", "there is no component `blok`; did you mean `block`?"),
    case("service without disk", "service: block, partition: notes", "service: @sleeper, partition: notes", "`sleeper` serves no portal `block`, so it shares no disk with `notes`; name a component that does"),
    case("its own disk", "    devices: [virtio0]", "    devices: [virtio0]\n    disk: {service: @block, partition: x}", "`block` serves no portal `block` to itself, so it shares no disk with `block`; name a component that does"),
    case("passive service", "    budget: {time: 1ms, period: 10ms}\n    devices: [virtio0]", "    passive: true", "`block` is passive and would not hear of requests; give it a `budget`", at="block, partition: notes"),
    case("passive client", "    passive: true\n", "    passive: @true\n    disk: {service: block, partition: x}\n", "`sleeper` is passive and would not hear of its disk; give it a `budget` instead"),
    case("two writers of a partition", "partition: linux", "partition: @notes", OVERLAP.format("notes", 21)),
    case("a reader beside a writer", RANGE + ", access", "partition: @notes, access", OVERLAP.format("notes", 21)),
    case("ranges that overlap", "partition: notes", "range: {offset: 35MiB, size: 4MiB}", OVERLAP.format("notes", 21), at="{offset: 32MiB"),
    case("service without device", "    devices: [virtio0]\n", "", "`block` shares a disk but drives no device with an interrupt; write for example `devices: [virtio0]` there", at="block, partition: notes"),
    case("service without memory", "    dma: true\n", "", "`block` shares a disk but has no memory for its device; write `block-dma: {size: 1MiB, dma: true, users: {block: read-write}}` under `memory`", at="block, partition: notes"),
    case("too little memory for the device", "size: 1MiB\n    dma", "size: 256KiB\n    dma", "`block` shares a disk but has no memory for its device; write `block-dma: {size: 1MiB, dma: true, users: {block: read-write}}` under `memory`", at="block, partition: notes"),
    case("flag of the disk's name", "    disk: {service: block, partition: notes", "    receives: [disk]\n    disk: {service: @block, partition: notes", "`disk` and `disk` would both be the constant FLAG_DISK of `notes`; rename one"),
]
