# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# The tool in both builds, a folder with everything that base.yaml names, and how to run one with the other.
import os
import pathlib
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
TOOLS = {"plain": ROOT / "build/quoll", "sanitised": ROOT / "build/quoll-san"}
COMPONENTS = ["root", "serial", "monitor", "echo", "client", "producer", "consumer", "linux"]

PROGRAM = """
int data = 3;
int zeroes[3000];
static int helper(int x) { return x * data; }
__attribute__((noinline)) int work(int x) { return helper(x) + zeroes[x]; }
void _start(void) { for (;;) zeroes[1] = work(2); }
"""

SCRIPT = """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }
SECTIONS {
    . = 0x400000;
    .text : { *(.text .text.*) *(.rodata .rodata.*) } :text
    . = ALIGN(4096);
    .data : { *(.data .data.*) } :data
    .bss : { *(.bss .bss.*) *(COMMON) } :data
    /DISCARD/ : { *(.note*) *(.comment) *(.eh_frame*) }
}
"""


def arm64_image(size, image_size=0, offset=0, flags=0xA):
    """Bytes with the boot header of an arm64 kernel."""
    data = bytearray(os.urandom(16) * (size // 16))
    struct.pack_into("<QQQ", data, 8, offset, image_size, flags)
    data[56:60] = b"ARM\x64"
    return bytes(data)


def compile_program(folder, name, *flags):
    source, script, output = folder / f"{name}.c", folder / f"{name}.ld", folder / f"{name}.elf"
    source.write_text(PROGRAM)
    script.write_text(SCRIPT)
    subprocess.run(["aarch64-linux-gnu-gcc", "-O1", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none",
                    "-Wl,-z,max-page-size=4096", *(flags or ["-T", str(script)]), "-o", output, source],
                   check=True, capture_output=True)
    return output


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A search folder with programs, guest files and a kernel."""
    folder = tmp_path_factory.mktemp("files")
    program = compile_program(folder, "root").read_bytes()
    for name in COMPONENTS:
        (folder / f"{name}.elf").write_bytes(program)
    (folder / "kernel.img").write_bytes(arm64_image(3 << 20))
    (folder / "initrd.img").write_bytes(b"initrd" * 1000)
    (folder / "quoll.bin").write_bytes(arm64_image(20 << 10, 0x7000))
    return folder


class Tool:
    """Runs the tool as a user would, in a folder of the test's own."""

    def __init__(self, path, folder, files):
        self.path, self.folder, self.files = path, folder, files

    def run(self, command, description, *options, search=True):
        where = ["--search", self.files, "--search", ROOT] if search else []
        result = subprocess.run([self.path, command, description, *options, *where], cwd=self.folder,
                                capture_output=True, timeout=60)
        # A sanitiser's report ends with 1 as a mistake does; its text tells them apart.
        assert b"Sanitizer" not in result.stderr and b"runtime error" not in result.stderr, result.stderr.decode()
        assert result.returncode in (0, 1, 2), (result.returncode, result.stderr)
        return result

    def write(self, text, name="system.yaml"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def build(self, text, *options):
        return self.run("build", self.write(text), "-o", "image", "--kernel", self.files / "quoll.bin", *options)


@pytest.fixture(params=TOOLS)
def tool(request, tmp_path, files):
    path = TOOLS[request.param]
    assert path.exists(), f"{path} is not built; run `make test-tool`"
    return Tool(path, tmp_path, files)


@pytest.fixture(scope="session")
def base():
    return (HERE / "base.yaml").read_text()
