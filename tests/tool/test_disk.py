# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Disks that a component shares: mistakes, constants, who has what mapped, and what the report says of it.
import re

import pytest

from cases_disk import BAD, OVERLAP
from conftest import HERE
from test_bad import break_base
from test_build import Image, constants

RIGHT_DMA = 1 << 3  # abi/rights.def


@pytest.fixture(scope="session")
def disk():
    return (HERE / "disk.yaml").read_text()


@pytest.mark.parametrize("name,old,new,message,at", BAD, ids=[b[0].replace(" ", "-") for b in BAD])
def test_mistake(tool, disk, files, name, old, new, message, at):
    for program in ("block", "notes", "reader", "sleeper"):
        (tool.folder / f"{program}.elf").write_bytes((files / "client.elf").read_bytes())
    text, line, column = break_base(disk, old, new, at)
    result = tool.build(text)
    assert result.stderr.decode().splitlines()[0] == f"system.yaml:{line}:{column}: {message}"
    assert result.returncode == 1


def build(tool, files, text):
    for program in ("block", "notes", "reader", "sleeper"):
        (tool.folder / f"{program}.elf").write_bytes((files / "client.elf").read_bytes())
    assert tool.build(text).stderr == b""
    tool.run("headers", "system.yaml", "-o", "include")
    return Image((tool.folder / "image").read_bytes()).plan


def shares(tool):
    """The service's line for each client: its arguments."""
    text = constants(tool, "block")["COMPONENT_DISKS(X)"].replace("\\\n", "")
    return {re.search(r'"(\w+)"', one)[1]: [a.strip() for a in one.split(", ")]
            for one in re.findall(r"X\((.*?)\)(?= *X\(|$)", text.strip(), re.S)}


def mapped(plan, name):
    number = plan.object(name)
    return sorted(m.component for m in plan.mappings if m.object == number)


def test_constants(tool, files, disk):
    build(tool, files, disk)
    block, notes, linux = (constants(tool, name) for name in ("block", "notes", "linux"))
    assert block["COMPONENT_DISK_COUNT"] == "3"
    assert block["CAP_DISK_DMA"] == "CAP_BLOCK_DMA" and block["DISK_DEVICE_ADDRESS"] == "VIRTIO0_ADDRESS"
    assert block["FLAG_VIRTIO0_BIT"] == "1"  # behind the doorbell of the one queue
    assert notes["DISK_WINDOW_SIZE"] == "UINT64_C(0x10000)" and "FLAG_DISK" in notes
    assert "X(DISK, 1, 1, CAP_DISK_PORTAL, CAP_DISK_DOORBELL, FLAG_DISK, DISK_WINDOW_ADDRESS" in linux["VM_DEVICES(X)"]
    share = shares(tool)
    assert share["linux"][4] == "UINT64_C(0x40000000)"
    assert share["linux"][6] == "UINT64_C(0x20000)"  # SPI 17: the transport behind the console's
    assert share["notes"][-5:] == ['"notes"', "UINT64_C(0)", "UINT64_C(0)", "0", "0"]
    assert share["reader"][-5:] == ['""', "UINT64_C(65536)", "UINT64_C(8192)", "1", "0"]
    assert share["linux"][-1] == block["CAP_LINUX_DISK_RAM"]


def test_who_maps_what(tool, files, disk):
    plan = build(tool, files, disk)
    assert mapped(plan, "notes.disk-window") == [0, 1]
    assert mapped(plan, "linux.ram") == [0, 4]
    assert mapped(plan, "block-dma") == [0]
    plan = build(tool, files, disk.replace("trusted: true", "trusted: false"))
    assert mapped(plan, "linux.ram") == [4]
    assert mapped(plan, "linux.disk-window") == [0, 4]


def test_reach(tool, files, disk):
    """The device reaches the RAM of a guest that trusts its driver; the capability for it is good for nothing else."""
    plan = build(tool, files, disk)
    ram = plan.object("linux.ram")
    reach = [c for c in plan.capabilities if c.object == ram and c.component == 0]
    assert [c.rights for c in reach] == [RIGHT_DMA]
    assert not [c for c in plan.capabilities if c.object == ram and c.component != 0 and c.rights & RIGHT_DMA]
    plan = build(tool, files, disk.replace("trusted: true", "trusted: false"))
    assert [c for c in plan.capabilities if c.object == plan.object("linux.ram") and c.component == 0] == []
    assert shares(tool)["linux"][-1] == "0"


def test_report(tool, files, disk):
    build(tool, files, disk)
    text = tool.run("report", "system.yaml", "--kernel", tool.files / "quoll.bin").stdout.decode()
    assert "linux virtio-blk by block, partition `linux`, read-write: direct" in text
    assert "notes disk by block, partition `notes`, read-write: native" in text
    assert "reader disk by block, 4MiB at 32MiB, read: native" in text
    assert "block has RIGHT_DMA and counts in every base" in text
    assert re.search(r"CAP_LINUX_DISK_RAM +memory +linux.ram +DMA +line \d+: disk of linux: the device reaches its RAM", text)
    build(tool, files, disk.replace("trusted: true", "trusted: false"))
    assert "read-write: copied" in tool.run("report", "system.yaml", "--kernel", tool.files / "quoll.bin").stdout.decode()


SFDISK = """# size of the disk: 64MiB
label: gpt
start=2048, size=8MiB, name=linux, uuid=51756F6C-6C00-4000-8000-000000000001
size=4MiB, name="notes", type=linux
"""


LINUX = "start=2048, size=8MiB"
NOTES, READER = OVERLAP.format("notes", 21), OVERLAP.format("reader", 27)  # whom the range of 32 to 36 MiB meets, or linux


@pytest.mark.parametrize("old,new,message,at", [
    ("label: gpt", "label: gpt", None, None),
    ("name=linux", "name=linus", "the disk (disk) has no partition `linux`; did you mean `linus`? (partitions: linus, notes; name one of these, or add it there)", "linux}\n\nmemory"),
    ('name="notes"', "label=notes", "the disk (disk) has no partition `notes` (partitions: linux; name one of these, or add it there)", "notes, access"),
    (LINUX, "size=31MiB", NOTES, "{offset: 32MiB"),  # notes lies behind it, in the range
    ('size=4MiB, name="notes"', 'start= 73727, size=8, name="notes"', NOTES, "{offset: 32MiB"),
    ('size=4MiB, name="notes"', 'start=73728, size=8, name="notes"', None, None),
    (LINUX, "size=30MiB", NOTES, "{offset: 32MiB"),
    (LINUX, "start=2048, size=27648KiB", None, None),  # notes ends where the range begins
    (LINUX, "start=34MiB, size=2047", READER, "linux}\n\nmemory"),
    (LINUX, "start=36MiB, size=8MiB", None, None),
    (LINUX, "start=31MiB, size=2048", None, None),
    (LINUX, "start=31MiB, size=2049", READER, "linux}\n\nmemory"),
    (LINUX, "start=2048, size=33001KiB", None, None),  # sfdisk rounds it
    ('size=4MiB, name="notes"', 'start=37MiB, size=27MiB, name="notes"', "the partition `notes` ends at 65536 KiB of a disk that has 65536 KiB, the last 17 not for partitions (disk); make it smaller there, or the disk larger", "notes, access"),
    ('size=4MiB, name="notes"', 'start=37MiB, size=26MiB, name="notes"', None, None),
    ('size=4MiB, name="notes"', 'start=75776, size=55263, name="notes"', None, None),
    ('size=4MiB, name="notes"', 'start=75776, size=55264, name="notes"', "the partition `notes` ends at 65520 KiB of a disk that has 65536 KiB, the last 17 not for partitions (disk); make it smaller there, or the disk larger", "notes, access"),
    ("64MiB", "35MiB", "the range ends at 36864 KiB of a disk that has 35840 KiB (disk); write a smaller one, or make the disk larger", "{offset: 32MiB"),
])
def test_the_disk_beside_the_description(tool, disk, files, old, new, message, at):
    for program in ("block", "notes", "reader", "sleeper"):
        (tool.folder / f"{program}.elf").write_bytes((files / "client.elf").read_bytes())
    (tool.folder / "disk").write_text(SFDISK.replace(old, new))
    result = tool.build(disk)
    if message is None:
        assert result.stderr == b"" and result.returncode == 0
        return
    before = disk[:disk.index(at)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert result.stderr.decode() == f"system.yaml:{line}:{column}: {message}\n"
    assert result.returncode == 1


def test_a_file_that_is_no_disk(tool, disk, files):
    for program in ("block", "notes", "reader", "sleeper"):
        (tool.folder / f"{program}.elf").write_bytes((files / "client.elf").read_bytes())
    (tool.folder / "disk").write_bytes(bytes(range(256)) * 20 + b"\nname=\nname=\"\n")
    result = tool.build(disk)
    assert "has no partition `notes`" in result.stderr.decode(errors="replace") and result.returncode == 1
