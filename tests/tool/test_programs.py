# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# What can be wrong with the files that a description names: programs, kernels, boards.
import struct
import subprocess

import pytest

from conftest import ROOT, arm64_image, compile_program

PHDR, PHDR_SIZE = 64, 56


def u16(offset, value):
    return lambda data: struct.pack_into("<H", data, offset, value)


def u32(offset, value):
    return lambda data: struct.pack_into("<I", data, offset, value)


def u64(offset, value):
    return lambda data: struct.pack_into("<Q", data, offset, value)


def truncate(size):
    return lambda data: data.__delitem__(slice(size, None))


# What is done to a good program, and what the tool says; FILE stands for its name.
BAD = [
    ("empty", truncate(0), "the program FILE is not an ELF file; name a linked AArch64 program"),
    ("text", lambda d: d.__setitem__(slice(0, 4), b"#!/b"), "the program FILE is not an ELF file; name a linked AArch64 program"),
    ("32 bits", lambda d: d.__setitem__(4, 1), "the program FILE is not for 64-bit little-endian Arm; build it with aarch64-linux-gnu-gcc"),
    ("big-endian", lambda d: d.__setitem__(5, 2), "the program FILE is not for 64-bit little-endian Arm; build it with aarch64-linux-gnu-gcc"),
    ("x86", u16(18, 62), "the program FILE is not for 64-bit little-endian Arm; build it with aarch64-linux-gnu-gcc"),
    ("object file", u16(16, 1), "the program FILE is not a static executable; link it with -static -no-pie"),
    ("pie", u16(16, 3), "the program FILE is not a static executable; link it with -static -no-pie"),
    ("headers outside", u64(32, 1 << 40), "the program headers of FILE are not in the file; link it again"),
    ("header size", u16(54, 8), "the program headers of FILE are not in the file; link it again"),
    ("no headers", u16(56, 0), "the program FILE has nothing to load; link it again"),
    ("dynamic", u32(PHDR, 2), "the program FILE is linked dynamically; link it with -static -no-pie"),
    ("interpreter", u32(PHDR, 3), "the program FILE is linked dynamically; link it with -static -no-pie"),
    ("writable and executable", u32(PHDR + 4, 7), "the segment of FILE at 0x400000 is writable and executable; link text and data into segments of their own (no -N, no --omagic)"),
    ("segment outside the file", u64(PHDR + 8, 1 << 40), "a segment of FILE is not in the file; link it again"),
    ("segment longer than its memory", u64(PHDR + 40, 1), "a segment of FILE is not in the file; link it again"),
    ("segment too high", u64(PHDR + 16, 1 << 32), "the segment of FILE at 0x100000000 is outside 0x1000..0x10000000, where programs lie; link it at 0x400000"),
    ("segment at zero", u64(PHDR + 16, 0), "the segment of FILE at 0x0 is outside 0x1000..0x10000000, where programs lie; link it at 0x400000"),
    ("segment too large", u64(PHDR + 40, 1 << 63), "the segment of FILE at 0x400000 is outside 0x1000..0x10000000, where programs lie; link it at 0x400000"),
    ("overlap", u64(PHDR + PHDR_SIZE + 16, 0x400800), "two segments of FILE share the page at 0x400000; link it with -z max-page-size=4096 and segments on pages of their own"),
    ("entry outside", u64(24, 0x500000), "the entry of FILE, 0x500000, is not in its code; link it with an entry symbol `_start`"),
]


@pytest.mark.parametrize("name,change,message", BAD, ids=[b[0].replace(" ", "-") for b in BAD])
def test_program(tool, base, files, name, change, message):
    data = bytearray((files / "echo.elf").read_bytes())
    change(data)
    (tool.folder / "bad.elf").write_bytes(data)
    result = tool.build(base.replace("program: echo-server", "program: ./bad.elf"))
    line = base[: base.index("program: echo-server")].count("\n") + 1
    assert result.stderr.decode() == f"system.yaml:{line}:14: {message}\n".replace("FILE", "bad.elf")
    assert result.returncode == 1


def test_program_of_the_host(tool, base):
    (tool.folder / "bad.elf").write_bytes(tool.path.read_bytes())
    result = tool.build(base.replace("program: echo-server", "program: ./bad.elf"))
    assert b"is not for 64-bit little-endian Arm" in result.stderr and result.returncode == 1


def test_program_with_writable_text(tool, base):
    compile_program(tool.folder, "omagic", "-Wl,-N")
    result = tool.build(base.replace("program: echo-server", "program: ./omagic.elf"))
    assert b"is writable and executable" in result.stderr and result.returncode == 1


def test_program_without_symbols(tool, base, files):
    data = bytearray((files / "echo.elf").read_bytes())
    struct.pack_into("<QHH", data, 40, 0, 0, 0)
    (tool.folder / "stripped.elf").write_bytes(data)
    assert tool.build(base.replace("program: echo-server", "program: ./stripped.elf")).returncode == 0


def test_program_that_is_missing(tool, base, files):
    result = tool.build(base.replace("  client:\n", "  clint:\n"))
    line = base[: base.index("  client:\n")].count("\n") + 1
    assert result.stderr.decode() == (f"system.yaml:{line}:3: the program clint.elf is in none of the folders {tool.files}, {ROOT}, .; "
                                      "build it, or write `program: FILE.elf`\n")


def test_no_folders_to_search(tool, base, files):
    """What is missing then is the option, and not right words in the description."""
    (tool.folder / "boards").symlink_to(ROOT / "boards")
    result = tool.run("report", tool.write(base), search=False)
    lines = result.stderr.decode().splitlines()
    assert "system.yaml:73:13: the kernel `kernel.img` is in none of the folders .; say by `--search FOLDER` where it is" in lines
    assert all("--search FOLDER" in line for line in lines)


@pytest.mark.parametrize("name,content,message", [
    ("empty", b"", "the kernel `guest.img` is empty; name a file with something in it"),
    ("gzip", b"\x1f\x8b" + bytes(100), "the kernel `guest.img` is not an arm64 Image (it is gzip-compressed, unpack it); name an uncompressed arm64 Image"),
    ("efi", b"MZ" + bytes(100), "the kernel `guest.img` is not an arm64 Image (it is an EFI program for another machine); name an uncompressed arm64 Image"),
    ("big-endian", arm64_image(1 << 12, 1 << 12, flags=0xb), "the kernel `guest.img` is big-endian; name a little-endian one"),
    ("short", b"x", "the kernel `guest.img` is not an arm64 Image (its bytes 56..59 are not \"ARM\\x64\"); name an uncompressed arm64 Image"),
])
def test_guest_kernel(tool, base, name, content, message):
    (tool.folder / "guest.img").write_bytes(content)
    result = tool.build(base.replace("kernel: kernel.img", "kernel: guest.img"))
    line = base[: base.index("kernel: kernel.img")].count("\n") + 1
    assert result.stderr.decode() == f"system.yaml:{line}:13: {message}\n"


def test_guest_kernel_with_much_bss(tool, base):
    (tool.folder / "guest.img").write_bytes(arm64_image(1 << 20, 62 << 20))
    result = tool.build(base.replace("kernel: kernel.img", "kernel: guest.img"))
    assert b"`memory` is 64MiB, but kernel and initrd of `linux` need 67589KiB; write more" in result.stderr
    (tool.folder / "guest.img").write_bytes(arm64_image(1 << 20, 2**64 - 1))
    assert b"`memory` is 64MiB, but" in tool.build(base.replace("kernel: kernel.img", "kernel: guest.img")).stderr


@pytest.mark.parametrize("offset", [60 << 20, 1 << 40, 2**64 - (1 << 20), 2**64 - 1])
def test_guest_kernel_far_from_the_start(tool, base, offset):
    (tool.folder / "guest.img").write_bytes(arm64_image(1 << 20, 1 << 20, offset=offset))
    assert b"`memory` is 64MiB, but" in tool.build(base.replace("kernel: kernel.img", "kernel: guest.img")).stderr


def test_guest_firmware(tool, base):
    text = base.replace("    kernel: kernel.img\n    initrd: initrd.img\n", "    firmware: rom.bin\n")
    (tool.folder / "rom.bin").write_bytes(b"any")
    assert tool.build(text).stderr == b""
    with open(tool.folder / "rom.bin", "wb") as rom:
        rom.truncate((64 << 20) + 1)
    assert b"the firmware `rom.bin` is larger than the 64MiB of ROM that a guest has" in tool.build(text).stderr


BOARD = """/dts-v1/;
/ {
    #address-cells = <2>; #size-cells = <2>;
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
    cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; reg = <0>; }; };
    timer { compatible = "arm,armv8-timer"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; };
    gic { compatible = "arm,gic-v3"; reg = <0 0x08000000 0 0x10000>, <0 0x080a0000 0 0xf60000>; interrupts = <1 9 4>; };
    uart: uart { compatible = "arm,pl011"; reg = <0 0x09000000 0 0x1000>; interrupts = <0 1 4>; };
    aliases { uart0 = &uart; };
};
"""
SMALL = """system: small
board: ./board.dts
components:
  serial:
    priority: 1
    budget: {time: 1ms, period: 10ms}
    devices: [uart0]
"""


def test_board_of_its_own(tool):
    tool.write(BOARD, "board.dts")
    assert tool.build(SMALL).stderr == b""
    assert tool.run("board", "system.yaml").stdout.decode().split("\n")[3:5] == ["memory 1024", "cores 1"]


@pytest.mark.parametrize("old,new,message", [
    ('device_type = "memory";', "", "has no memory node; write one"),
    ('device_type = "cpu";', "", "has no cpu nodes; write them"),
    ("arm,gic-v3", "arm,gic-400", "has no node `arm,gic-v3` with two ranges and an interrupt; write one"),
    (", <0 0x080a0000 0 0xf60000>", "", "has no node `arm,gic-v3` with two ranges and an interrupt; write one"),
    ("<1 9 4>", "<1 9>", "has no node `arm,gic-v3` with two ranges and an interrupt; write one"),
    (", <1 10 4>", "", "has no node `arm,armv8-timer` with four interrupts; write one"),
    ("0x40000000 0 0x40000000>", "0x40000000 0 0x40000000>, <0 0x7fff0000 0 0x20000>", "two memory nodes of board.dts overlap at 0x7fff0000; correct their `reg`"),
    ("0x40000000 0 0x40000000>", "0x40000800 0 0x40000000>", "the RAM of board.dts at 0x40000800 is not made of whole pages of 4KiB; correct its `reg`"),
    ("<0 0x09000000 0 0x1000>", "<0 0x49000000 0 0x1000>", "the device `uart0` of board.dts lies in RAM at 0x49000000; correct its `reg`"),
    ("<1 13 4>", "<1 13 4", "dtc does not accept the board"),
])
def test_bad_board(tool, old, new, message):
    assert BOARD.count(old) == 1
    tool.write(BOARD.replace(old, new), "board.dts")
    result = tool.build(SMALL)
    assert result.returncode == 1
    assert "system.yaml:2:8: " in result.stderr.decode() and message in result.stderr.decode()


def test_board_that_is_no_tree(tool):
    tool.write("hello", "board.dtb")
    result = tool.build(SMALL.replace("board.dts", "board.dtb"))
    assert b"system.yaml:2:8: the board board.dtb is not a device tree blob" in result.stderr


def test_two_devices_with_one_interrupt(tool):
    text = BOARD.replace("    aliases {", "    other: other { reg = <0 0x09010000 0 0x1000>; interrupts = <0 1 4>; };\n"
                         "    aliases { other0 = &other;")
    tool.write(text, "board.dts")
    result = tool.build(SMALL.replace("[uart0]", "[uart0, other0]"))
    assert result.stderr.decode() == ("system.yaml:7:22: `other0` has the same interrupt 33 as `uart0` of `serial` "
                                      "(line 7); use one of the two\n")


CPU = 'cpu@0 { device_type = "cpu"; reg = <0>; };'
TWO_CORES = BOARD.replace(CPU, CPU + ' cpu@1 { device_type = "cpu"; reg = <1>; };')


def test_two_cores(tool, files):
    """Budgets count a core, and a call must not cross."""
    tool.write(TWO_CORES, "board.dts")
    text = """system: cores
board: ./board.dts
components:
  echo: {priority: 5, passive: true, core: 1, serves: {echo: {longest: 1us}}}
  client: {priority: 4, budget: {time: 9ms, period: 10ms}, core: 1, calls: [echo.echo]}
  serial: {priority: 3, budget: {time: 9ms, period: 10ms}}
"""
    assert tool.build(text).stderr == b""
    result = tool.build(text.replace("core: 1, calls", "core: 0, calls").replace("time: 9ms", "time: 1ms"))
    assert result.stderr.decode() == ("system.yaml:5:77: `client` runs on core 0 and `echo` on core 1, but a call stays "
                                      "on its core; put them on one\n")


def test_late_is_said_once_a_core(tool):
    tool.write(TWO_CORES, "board.dts")
    result = tool.build("""system: cores
board: ./board.dts
components:
  echo: {priority: 5, budget: {time: 1ms, period: 3ms}, core: 1}
  client: {priority: 4, budget: {time: 1300us, period: 2ms}, core: 1}
  producer: {priority: 3, budget: {time: 7ms, period: 10ms}}
  consumer: {priority: 3, budget: {time: 2ms, period: 8ms}}
  monitor: {priority: 2, budget: {time: 100us, period: 5ms}}
""")
    remedy = "write a longer period, a higher priority, or less time for those before it"
    assert result.stderr.decode() == (
        "system.yaml:7:27: warning: `consumer` may not get its 2ms in every 8ms: `producer` takes up to 7ms (and 2 after "
        f"it, see `quoll report`); {remedy}\n"
        f"system.yaml:5:25: warning: `client` may not get its 1300us in every 2ms: `echo` takes up to 1ms; {remedy}\n")
    assert result.returncode == 0 and (tool.folder / "image").exists()


def test_many_components(tool):
    entry = "  c{}: {{priority: 1, budget: {{time: 1us, period: 10ms}}}}\n"
    text = "system: many\nboard: qemu-virt\ncomponents:\n"
    result = tool.run("headers", tool.write(text + "".join(entry.format(i) for i in range(60))), "-o", "include")
    assert (result.returncode, result.stderr) == (0, b"")
    result = tool.run("headers", tool.write(text + "".join(entry.format(i) for i in range(61))), "-o", "include")
    assert result.stderr == b"system.yaml:64:3: more than 60 components and VMs; remove some\n"


def test_many_flags(tool):
    text = ("system: many\nboard: qemu-virt\ncomponents:\n  c:\n    priority: 1\n"
            "    budget: {time: 1ms, period: 10ms}\n    receives: [%s]\n")
    assert tool.build(text % ", ".join(f"f{i}" for i in range(60))).returncode == 1  # no c.elf, nothing else
    result = tool.build(text % ", ".join(f"f{i:02}" for i in range(61)))
    assert result.stderr.decode() == (f"system.yaml:7:{16 + 60 * 5}: `c` receives more than 60 flags, interrupts and "
                                      "doorbells included; remove some\n")


def test_many_portals(tool):
    portals = ", ".join(f"p{i}: {{longest: 1us}}" for i in range(17))
    result = tool.build("system: many\nboard: qemu-virt\ncomponents:\n"
                        f"  c: {{priority: 1, passive: true, serves: {{{portals}}}}}\n")
    assert result.stderr == b"system.yaml:4:35: `c` serves 17 portals; serve at most 16\n"


def test_many_capabilities(tool):
    """One who calls everything that 59 others serve, and inspects all."""
    portals = ", ".join(f"p{i}: {{longest: 1us}}" for i in range(14))
    text = "system: many\nboard: qemu-virt\ncomponents:\n"
    text += "".join(f"  c{i:02}: {{priority: 1, passive: true, serves: {{{portals}}}}}\n" for i in range(59))
    calls = ", ".join(f"c{i:02}.p{j}" for i in range(59) for j in range(14))
    text += f"  all: {{priority: 1, budget: {{time: 1ms, period: 1s}}, inspects: all, calls: [{calls}]}}\n"
    result = tool.run("headers", tool.write(text), "-o", "include")
    assert result.stderr.decode() == (
        "system.yaml:1:1: the description makes 1010 kernel objects; root keeps 750, use fewer components, portals or "
        "regions\n")
    # 750 objects are not enough for 1024 capabilities in one list, but flags are: many signals to few
    flags = ", ".join(f"f{i}" for i in range(60))
    text = "system: many\nboard: qemu-virt\ncomponents:\n"
    text += "".join(f"  c{i:02}: {{priority: 1, budget: {{time: 1us, period: 1s}}, receives: [{flags}]}}\n"
                    for i in range(17))
    signals = ", ".join(f"c{i:02}.f{j}" for i in range(17) for j in range(60))
    text += f"  all: {{priority: 1, budget: {{time: 1ms, period: 1s}}, signals: [{signals}]}}\n"
    result = tool.run("headers", tool.write(text), "-o", "include")
    assert result.stderr == (b"system.yaml:21:3: `all` would hold 1036 capabilities; a component has room for 1024, split "
                             b"it\n")


def test_large_address_space(tool):
    text = ("system: large\nboard: qemu-virt\ncomponents:\n  c: {priority: 1, budget: {time: 1us, period: 1s}}\nmemory:\n"
            + "".join(f"  r{i}: {{size: 64GiB, users: {{c: read}}}}\n" for i in range(8)))
    result = tool.run("headers", tool.write(text), "-o", "include")
    assert result.stderr == b"system.yaml:4:3: `c` maps more than an address space of 512GiB holds; map less\n"


def test_many_devices(tool):
    nodes = "".join(f"    d{i}: d{i} {{ reg = <0 {0x0A000000 + 0x1000 * i:#x} 0 0x1000>; }};\n" for i in range(33))
    aliases = " ".join(f"d{i} = &d{i};" for i in range(33))
    tool.write(BOARD.replace("    aliases {", nodes + "    aliases { " + aliases), "board.dts")
    devices = ", ".join(f"d{i:02}".replace("d0", "d") for i in range(33))
    result = tool.build(SMALL.replace("[uart0]", f"[{devices}]"))
    assert result.stderr.startswith(b"system.yaml:7:") and b"more than 32 devices are in use; remove some" in result.stderr


def segments(count):
    """A program of `count` segments of a page each."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 183, 1, 0x400000, 64, 0, 0, 64, 56, count, 0, 0, 0)
    return header + b"".join(struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000 + 0x1000 * i, 0, 16, 16, 4096)
                             for i in range(count))


def test_many_segments(tool, base, files):
    text = base.replace("program: echo-server", "program: ./bad.elf")
    (tool.folder / "bad.elf").write_bytes(segments(16))
    assert tool.build(text).stderr == b""
    (tool.folder / "bad.elf").write_bytes(segments(17))
    assert b"the program bad.elf has more than 16 segments; link it with fewer" in tool.build(text).stderr
    text = base.replace("  program: root\n", "  program: ./bad.elf\n")
    (tool.folder / "bad.elf").write_bytes(segments(7))
    assert tool.build(text).stderr == b""
    (tool.folder / "bad.elf").write_bytes(segments(8))
    assert b"system.yaml:8:1: root's program bad.elf has more than 7 segments; link it with fewer" in tool.build(text).stderr


def test_large_module(tool, base):
    with open(tool.folder / "big.img", "wb") as big:
        big.truncate((512 << 20) + 1)
    result = tool.build(base.replace("initrd: initrd.img", "initrd: big.img"))
    assert b"the initrd `big.img` is larger than 512MiB; name a smaller file" in result.stderr and result.returncode == 1


def test_console(tool):
    text = """system: console
board: qemu-virt
components:
  hello: {priority: 5, budget: {time: 1ms, period: 10ms}, console: true}
"""
    result = tool.build(text)
    assert result.stderr == (b"system.yaml:4:68: `hello` wants the console but no component serves a portal `console`; add "
                             b"`serial`\n")
    cpu = 'cpu@0 { device_type = "cpu"; reg = <0>; };'
    tool.write(BOARD.replace(cpu, cpu + ' cpu@1 { device_type = "cpu"; reg = <1>; };'), "board.dts")
    text = text.replace("qemu-virt", "./board.dts")
    text += "  serial: {priority: 6, core: 1, budget: {time: 1ms, period: 10ms}, serves: {console: {longest: 1us}}}\n"
    result = tool.build(text)
    assert result.stderr == b"system.yaml:4:68: `hello` runs on core 0 and the console `serial` on core 1; put them on one\n"


def test_deep_calls(tool):
    """Nine servers behind one another are more than the kernel follows."""
    text = "system: deep\nboard: qemu-virt\ncomponents:\n"
    for i in range(10):
        text += f"  c{i}:\n    priority: 1\n    passive: true\n    serves: {{p: {{longest: 1us}}}}\n"
        text += f"    calls: [c{i + 1}.p]\n" if i < 9 else ""
    result = tool.build(text)
    assert result.stderr.decode() == ("system.yaml:8:13: the calls of `c0` lead through 9 servers; the kernel follows 8, "
                                      "shorten the chain\n")


def test_many_mistakes_end(tool):
    text = "system: many\nboard: qemu-virt\ncomponents:\n" + "".join(f"  c{i}: {{}}\n" for i in range(50))
    result = tool.build(text)
    assert result.returncode == 1
    assert result.stderr.count(b"\n") == 21 and result.stderr.endswith(b"quoll: 20 mistakes, stopping here\n")


@pytest.mark.parametrize("arguments,message", [
    ([], b"quoll: no command"),
    (["build"], b"quoll: no description"),
    (["bake", "system.yaml"], b"quoll: no command bake"),
    (["build", "system.yaml"], b"quoll: no output; write -o"),
    (["build", "system.yaml", "-o"], b"quoll: -o lacks a value, or is no option"),
    (["build", "system.yaml", "--colour", "x"], b"quoll: no option --colour"),
    (["build", "system.yaml", "other.yaml"], b"quoll: a second description, other.yaml"),
    (["headers", "system.yaml"], b"quoll: no output; write -o"),
    (["headers", "no.yaml", "-o", "x"], b"quoll: no.yaml: No such file or directory"),
    (["headers", ".", "-o", "x"], b"quoll: .: "),
    (["headers", "system.yaml", "-o", "file/x"], b"quoll: file/x: "),
    (["headers", "system.yaml", "-o", "file/x/y"], b"quoll: file/x: "),
    (["build", "system.yaml", "-o", "folder", "--kernel", "KERNEL"], b"quoll: folder: "),
    (["build", "system.yaml"] + ["--search", "x"] * 17, b"quoll: more than 16 folders"),
    (["build", "system.yaml"] + ["--set", "x=y"] * 65, b"quoll: more than 64 times --set"),
    (["build", "system.yaml", "-o", "no/folder/image", "--kernel", "KERNEL"], b"quoll: no/folder/image"),
    (["build", "system.yaml", "-o", "image", "--kernel", "none"], b"quoll: none: No such file"),
    (["build", "system.yaml", "-o", "image", "--kernel", "system.yaml"], b"quoll: system.yaml: not a kernel with the arm64 boot header"),
    (["build", "system.yaml", "-o", "image"], b"quoll: no kernel; write --kernel quoll.bin"),
])
def test_wrong_use(tool, base, files, arguments, message):
    tool.write(base)
    tool.write("", "file")
    (tool.folder / "folder").mkdir()
    arguments = [str(files / "quoll.bin") if a == "KERNEL" else a for a in arguments]
    options = ["--search", files, "--search", tool.path.parents[1]] if len(arguments) > 1 and arguments[-1] != "-o" else []
    result = subprocess.run([tool.path, *arguments, *options], cwd=tool.folder, capture_output=True)
    assert result.returncode == 2
    assert message in result.stderr.split(b"\n")[-2]
