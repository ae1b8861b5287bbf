# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Whatever the bytes, the tool ends with 0, 1 or 2 and says why: truncated and mutated descriptions, boards, programs.
# The sanitised build runs them; conftest.Tool checks that no sanitiser complained and that no signal ended it.
import random
import resource
import subprocess

import pytest

from conftest import ROOT, TOOLS, Tool

WORDS = [b"{", b"}", b"[", b"]", b":", b"- ", b"&a ", b"*a", b"!!x ", b"'", b'"', b"#", b"\n", b"\t", b"  ", b"|", b">",
         b"%", b"@", b"`", b"?", b"---\n", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"99999999999999999999", b"-1", b"0",
         b"GiB", b"echo.echo", b"true", b"~", b"<<", b"\x7f", b"x" * 300]


@pytest.fixture
def sanitised(tmp_path, files):
    return Tool(TOOLS["sanitised"], tmp_path, files)


def mutate(data, chance):
    """One to four changes of bytes, words or lines."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        what = chance.randrange(6)
        if what == 0 and data:
            data[min(place, len(data) - 1)] = chance.randrange(256)
        elif what == 1:
            data[place:place] = chance.choice(WORDS)
        elif what == 2:
            del data[place:place + chance.randint(1, 40)]
        elif what == 3:
            end = min(len(data), place + chance.randint(1, 80))
            data[place:place] = data[chance.randrange(end + 1):end]
        elif what == 4:
            lines = bytes(data).split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            data = bytearray(b"\n".join(lines))
        else:
            lines = bytes(data).split(b"\n")
            del lines[chance.randrange(len(lines))]
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def explained(result):
    """A failure has a line that begins as it should."""
    if result.returncode == 1:
        assert result.stderr.startswith((b"system.yaml:", b"--set:")), result.stderr
    if result.returncode == 2:
        assert b"quoll: " in result.stderr, result.stderr


def test_truncated_descriptions(sanitised, base):
    data = base.encode()
    for size in range(0, len(data), 13):
        explained(sanitised.run("headers", sanitised.write(data[:size]), "-o", "include"))


@pytest.mark.parametrize("seed", range(4))
def test_mutated_descriptions(sanitised, base, seed):
    chance = random.Random(seed)
    for i in range(100):
        command = ("headers", "build", "report")[i % 3]
        sanitised.write(mutate(base.encode(), chance))
        explained(sanitised.run(command, "system.yaml", "-o", "out" + command, "--kernel", sanitised.files / "quoll.bin"))


def test_random_bytes(sanitised):
    chance = random.Random(5)
    for _ in range(60):
        explained(sanitised.run("headers", sanitised.write(chance.randbytes(chance.randrange(400))), "-o", "include"))


def test_deep_and_wide(sanitised):
    for text in ("[" * 100000, "{" * 50000, "a: " * 1000, "- " * 50000, "x" * 1000000, "a:\n" * 5,
                 "".join("k%d: 1\n" % i for i in range(2000)), "&a [" + "*a, " * 100 + "]",
                 "system: " + "s" * 100000 + "\nboard: " + "b" * 5000):
        explained(sanitised.run("headers", sanitised.write(text), "-o", "include"))
    assert sanitised.run("headers", sanitised.write(b"#" * ((1 << 20) + 1)), "-o", "x").returncode == 2


def test_programs(sanitised, base, files):
    chance = random.Random(6)
    good = (files / "echo.elf").read_bytes()
    text = base.replace("program: echo-server", "program: ./bad.elf")
    for i in range(120):
        data = bytearray(good)
        if i % 4 == 0:
            del data[chance.randrange(len(data)):]
        else:
            # headers: of the file, of the segments, or of the sections at the end
            start, end = ((0, 64), (64, 64 + 4 * 56), (len(good) - 64 * 8, len(good)))[i % 3]
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(start, end)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        (sanitised.folder / "bad.elf").write_bytes(data)
        explained(sanitised.build(text))


def test_boards(sanitised, base):
    chance = random.Random(7)
    good = subprocess.run(["dtc", "-q", ROOT / "boards/qemu-virt.dts"], check=True, capture_output=True).stdout
    text = base.replace("board: qemu-virt", "board: board.dtb")
    for i in range(120):
        data = bytearray(good)
        if i % 4 == 0:
            del data[chance.randrange(len(data)):]
        else:
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(i % 2 * 56, len(data))] = chance.randrange(256)
        (sanitised.folder / "board.dtb").write_bytes(data)
        explained(sanitised.build(text))


def test_guest_kernels(sanitised, base, files):
    chance = random.Random(8)
    good = (files / "kernel.img").read_bytes()
    lies = (0, 1, 1 << 20, (1 << 63) - 1, 1 << 63, 2**64 - (4 << 20), 2**64 - 1)
    for i in range(60):
        data = bytearray(good)
        if i % 3 == 0:
            del data[chance.randrange(min(len(data), 128)):]
        elif i % 3 == 1:
            place = 8 * chance.randint(1, 3)
            data[place:place + 8] = chance.choice(lies).to_bytes(8, "little")
        else:
            data[chance.randrange(64)] ^= 1 << chance.randrange(8)
        (sanitised.folder / "guest.img").write_bytes(data)
        explained(sanitised.build(base.replace("kernel: kernel.img", "kernel: guest.img")))


def test_kernels(sanitised, base, files):
    for data in (b"", b"ARM\x64" * 100, bytes(56) + b"ARM\x64" + bytes(4), bytes(16) + b"\xff" * 40 + b"ARM\x64" + bytes(9)):
        (sanitised.folder / "kernel.bin").write_bytes(data)
        result = sanitised.run("build", sanitised.write(base), "-o", "image", "--kernel", "kernel.bin")
        assert result.returncode in (0, 2)


def test_little_memory(base, tmp_path, files):
    """When memory runs out the tool says so and ends; the plain build, since ASan wants terabytes of addresses."""
    tool = Tool(TOOLS["plain"], tmp_path, files)
    subprocess.run(["dtc", "-q", "-o", tmp_path / "virt.dtb", ROOT / "boards/qemu-virt.dts"], check=True)
    tool.write(base)
    ends, said_so = set(), False
    for limit in range(4 << 20, 40 << 20, 2 << 20):
        result = subprocess.run([tool.path, "build", "system.yaml", "-o", "image", "--kernel", files / "quoll.bin",
                                 "--search", files, "--board", tmp_path / "virt.dtb"], cwd=tmp_path,
                                capture_output=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        if b"error while loading shared libraries" in result.stderr or result.returncode in (127, -11) and not result.stderr:
            continue  # not even started
        assert result.returncode in (0, 1, 2), (limit, result)
        ends.add(result.returncode)
        said_so = said_so or result.stderr == b"quoll: out of memory\n"
    assert said_so and 0 in ends
