# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Networks, sockets, entropy and keys that components share out: mistakes, constants, who reaches whom, who has what
# mapped.
import re

import pytest

from cases_shares import BAD
from conftest import HERE
from test_bad import break_base
from test_build import Image, constants

PROGRAMS = ("net", "vsock", "entropy", "keys", "agent", "other", "sleeper", "guest")
WIRE = 1 << 63


@pytest.fixture(scope="session")
def shares():
    return (HERE / "shares.yaml").read_text()


def programs(tool, files):
    for program in PROGRAMS:
        (tool.folder / f"{program}.elf").write_bytes((files / "client.elf").read_bytes())


@pytest.mark.parametrize("name,old,new,message,at", BAD, ids=[b[0].replace(" ", "-") for b in BAD])
def test_mistake(tool, shares, files, name, old, new, message, at):
    programs(tool, files)
    text, line, column = break_base(shares, old, new, at)
    result = tool.build(text)
    assert result.stderr.decode().splitlines()[0] == f"system.yaml:{line}:{column}: {message}"
    assert result.returncode == 1


def build(tool, files, text):
    programs(tool, files)
    assert tool.build(text).stderr == b""
    tool.run("headers", "system.yaml", "-o", "include")
    return Image((tool.folder / "image").read_bytes()).plan


def served(tool, service, name):
    """The service's line for each client: its arguments, numbers as numbers."""
    text = constants(tool, service)[f"{name}(X)"].replace("\\\n", "")
    number = re.compile(r"(?:UINT64_C\()?(0x[0-9a-f]+|[0-9]+)\)?$")
    lines = {}
    for one in re.findall(r"X\((.*?)\)(?= *X\(|$)", text.strip(), re.S):
        arguments = [a.strip() for a in one.split(", ")]
        lines[arguments[1].strip('"')] = [int(m[1], 0) if (m := number.match(a)) else a for a in arguments]
    return lines


def test_network(tool, files, shares):
    build(tool, files, shares)
    ports = served(tool, "net", "COMPONENT_NETS")
    assert list(ports) == ["agent", "other", "linux", "guest"]
    assert [p[9:11] for p in ports.values()] == [[0x52540000000A, 7], [0x525100000006, 0], [0x525100000008, 0],
                                                 [0x52540000000B, 0]]
    # linux reaches guest and the wire alone, guest linux alone: the others, of whom nothing is said, reach each other.
    assert [p[11] for p in ports.values()] == [WIRE | 0b0010, WIRE | 0b0001, WIRE | 0b1000, 0b0100]
    assert constants(tool, "net")["NET_HAS_DEVICE"] == "1" and constants(tool, "net")["FLAG_VIRTIO8_BIT"] == "2"
    assert constants(tool, "agent")["NET_MAC"] == "UINT64_C(0x52540000000a)"
    build(tool, files, shares.replace("    devices: [virtio8]\n", ""))
    assert constants(tool, "net")["NET_HAS_DEVICE"] == "0"


def test_sockets(tool, files, shares):
    build(tool, files, shares)
    peers = served(tool, "vsock", "COMPONENT_VSOCKS")
    assert {name: p[9:] for name, p in peers.items()} == {
        "agent": [2, 4000, 2, 0b0100], "other": [2, 22, 1, 0b1100], "linux": [3, 0, 0, 0b1011], "guest": [4, 0, 0, 0b0110]}
    agent = constants(tool, "agent")
    assert agent["VSOCK_PORT_FIRST"] == "4000" and agent["VSOCK_PORT_COUNT"] == "2"


def test_served_to_components_alone(tool, files, shares):
    """A service that only components call has its constants too, and the same is asked of it."""
    without = re.sub(r"      virtio-rng: .*\n", "", shares)
    build(tool, files, without)
    entropy = constants(tool, "entropy")
    assert entropy["COMPONENT_ENTROPY_COUNT"] == "0" and entropy["ENTROPY_HAS_DEVICE"] == "1"
    broken = without.replace("    devices: [virtio16]\n", "")
    portal = broken[: broken.index("      entropy: {longest")].count("\n") + 1
    result = tool.build(broken)
    assert result.stderr.decode().startswith(f"system.yaml:{portal}:7: `entropy` shares entropy but drives no device")


def test_doorbells(tool, files, shares):
    plan = build(tool, files, shares)
    doorbells = {c.index: c.label for c in plan.capabilities if c.object == plan.object("vsock.notification")}
    assert doorbells[int(constants(tool, "agent")["CAP_VSOCK_DOORBELL"])] == 0b111


def test_who_maps_what(tool, files, shares):
    plan = build(tool, files, shares)
    names = ["net", "vsock", "entropy", "keys", "agent", "other", "sleeper", "linux", "guest"]

    def mapped(name):
        number = plan.object(name)
        return sorted(names[m.component] for m in plan.mappings if m.object == number)

    assert mapped("linux.ram") == ["entropy", "linux", "net"]
    assert mapped("guest.ram") == ["guest", "vsock"]
    assert mapped("linux.vsock-window") == ["linux", "vsock"]
    assert mapped("agent.crypto-window") == ["agent", "keys"]
    assert mapped("guest.entropy-window") == ["entropy", "guest"]
    keys = constants(tool, "keys")
    assert keys["COMPONENT_CRYPTO_COUNT"] == "1" and len(served(tool, "keys", "COMPONENT_CRYPTOS")["agent"]) == 4


def test_report(tool, files, shares):
    build(tool, files, shares)
    text = tool.run("report", "system.yaml", "--kernel", tool.files / "quoll.bin").stdout.decode()
    assert "linux virtio-net by net, reaching wire guest: direct" in text
    assert "guest virtio-net by net, reaching linux: copied" in text
    assert "agent vsock by vsock, reaching linux: native" in text
    assert "guest virtio-rng by entropy: copied" in text
    assert "agent crypto by keys: native" in text


def test_base_of_keys(tool, files, shares):
    """What could get at keys, in lines that the test says: a file that several have counts once."""
    build(tool, files, shares)

    def report(*options):
        return tool.run("report", "system.yaml", "--kernel", tool.files / "quoll.bin", *options).stdout.decode()

    assert "Keys of `keys`: lines of code were not counted" in report()
    everybody = "kernel root keys net vsock entropy agent other sleeper linux guest".split()
    (tool.files / "lines.txt").write_text("".join(f"{name} own/{name}.c 10\n{name} abi/shared.h 5\n"
                                                  for name in everybody) +
                                          "keys build/packages/source/mbedtls/library/aes.c 100\n"
                                          "net build/packages/source/mbedtls/library/aes.c 90\n")
    text = report("--source", tool.files)
    assert "    keys                115, of them 100 of Mbed TLS\n" in text
    assert "    kernel               15\n" in text
    assert "    together            135\n" in text  # three times 10, 5 once, 100
    assert "    net                 105, of them 90 of Mbed TLS, by its device: the board has no SMMU\n" in text
    assert "    with drivers        155\n" in text  # net's and entropy's own
    assert "  use keys as their policies say, and see none: agent\n" in text
    assert "  outside: vsock, agent, other, sleeper, linux, guest\n" in text
    (tool.files / "lines.txt").write_text("kernel a.c 1\nkeys b.c 1\n")
    assert "    together         unknown: not everything was counted\n" in report("--source", tool.files)
