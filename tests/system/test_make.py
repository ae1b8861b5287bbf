# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
"""What make does for a person: run on a terminal and without one, debug, lists, and messages for what is not there."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# This make is started by another, whose jobs and goals it must not take for its own.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}


def make(*arguments, **environment):
    return subprocess.run(["make", *arguments], cwd=ROOT, env={**ENVIRONMENT, **environment}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=600)


def test_run_on_a_terminal():
    with pexpect.spawn("make", ["run", "SYSTEM=minimal"], cwd=str(ROOT), env=ENVIRONMENT, timeout=300) as console:
        console.expect_exact("Ctrl-A x")
        console.expect_exact("idle time passes at once")
        console.expect_exact("hello from hello")
        console.send("\x03")  # Ctrl-C belongs to the machine
        assert console.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=2) == 1
        console.send("\x01x")
        console.expect(pexpect.EOF)
        console.close()
        assert console.exitstatus == 0


def test_run_without_a_terminal_plays_the_scenario():
    result = make("run", "SYSTEM=minimal")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "hello from hello" in result.stdout
    assert "systems/minimal/scenario: ok" in result.stdout


def test_debug_knows_every_program(tmp_path):
    commands = tmp_path / "gdb"
    commands.write_text("info line panic\ntbreak component_start\ncontinue\nbacktrace\n")
    former = ROOT / "build/systems/minimal/former.elf"  # of a component that was in the description once
    former.write_text("")
    try:
        result = make("debug", "SYSTEM=minimal", GDB_COMMANDS=str(commands), GDB_PORT="12347")
    finally:
        former.unlink()
    assert result.returncode == 0, result.stdout + result.stderr
    assert "panic.c" in result.stdout
    assert "component_start" in result.stdout
    assert "runtime_main" in result.stdout
    loaded = re.findall(r"add-symbol-file .*/(\w+)\.elf", (ROOT / "build/systems/minimal/debug.gdb").read_text())
    programs = subprocess.run(["build/quoll", "programs", "systems/minimal/system.yaml"], cwd=ROOT, capture_output=True, text=True)
    assert loaded == [line.split()[0] for line in programs.stdout.splitlines()]


def test_list_and_help():
    listed = make("list").stdout
    for folder in ROOT.glob("systems/*/system.yaml"):
        assert folder.parent.name in listed
    assert "make run" in make("help").stdout


def test_licences_name_what_is_linked_in():
    listed = make("licences").stdout
    for name in ["picolibc-aarch64-linux-gnu", "libfdt-dev", "libyaml-dev", "linux-image-arm64", "busybox-static"]:
        assert name in listed


def test_component_out_of_tree(tmp_path):
    installed = make("install", f"PREFIX={tmp_path}/quoll")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    shutil.copytree(ROOT / "examples/thermometer", tmp_path / "thermometer")
    with pexpect.spawn("make", [f"QUOLL={tmp_path}/quoll", "run"], cwd=str(tmp_path / "thermometer"), env=ENVIRONMENT,
                       timeout=120) as console:
        console.expect_exact("Ctrl-A x")
        console.expect_exact("idle time passes as on your clock")
        console.expect("sensor 0: .* degrees")
    with pexpect.spawn("make", [f"QUOLL={tmp_path}/quoll", "TIME=board", "run"], cwd=str(tmp_path / "thermometer"), env=ENVIRONMENT,
                       timeout=120) as console:
        console.expect_exact("idle time passes at once")
        for _ in range(100):
            console.expect("sensor 0: .* degrees")


def test_every_service_out_of_tree(tmp_path):
    installed = make("install", f"PREFIX={tmp_path}/quoll")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "tests/system/out-of-tree", mine)
    (mine / "guest").mkdir()
    for file in "vmlinuz", "initramfs.cpio.gz":
        shutil.copy(ROOT / "build/guests/gateway" / file, mine / "guest")
    with pexpect.spawn("make", [f"QUOLL={tmp_path}/quoll", "TIME=board", "run"], cwd=str(mine), env=ENVIRONMENT,
                       timeout=200, encoding="utf-8") as console:
        console.expect(r"(?m)^(\[client\] )?all work|\*\*\*")
        assert "all work" in console.match.group(0), console.before
        console.expect_exact("Booting Linux on physical CPU")
    report = subprocess.run(["make", f"QUOLL={tmp_path}/quoll", "report"], cwd=mine, env=ENVIRONMENT, capture_output=True, text=True)
    assert (report.returncode, report.stderr) == (0, "") and "guest RAM" in report.stdout


def test_a_program_out_of_tree_that_is_misspelt(tmp_path):
    installed = make("install", f"PREFIX={tmp_path}/quoll")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "tests/system/out-of-tree", mine)
    description = (mine / "system.yaml").read_text()
    (mine / "system.yaml").write_text(description.replace("\n  block:", "\n  blokc:").replace("service: block", "service: blokc")
                                      .replace("{block: ", "{blokc: "))
    (mine / "disk").write_text("# size of the disk: 8MiB\n# contents of data: guest/dsk\nlabel: gpt\nsize=1MiB, name=data\n")

    def said(target):
        result = subprocess.run(["make", f"QUOLL={tmp_path}/quoll", target], cwd=mine, env=ENVIRONMENT, capture_output=True, text=True)
        assert result.returncode != 0
        return result.stderr

    assert "system.yaml:24:3: the program `blokc` has no C file in the folder blokc, and Quoll has no service of that name; " in said("image")
    (mine / "system.yaml").write_text(description.replace("  block:\n", "  block:\n    prioriti: 3\n"))
    assert said("image").count("system.yaml:25:5: a component has no key `prioriti`") == 1
    assert "disk: disk:2: there is no ./guest/dsk" in said("build/disk.img")


def test_a_network_that_is_none_is_the_only_complaint():
    result = make("run", "SYSTEM=network", NET="foo")
    assert result.returncode != 0
    assert result.stderr.splitlines()[0] == "NET is 'foo', and can be 'user' or nothing"
    assert "scenario" not in result.stdout + result.stderr


def test_boot_arguments_are_taken_as_they_are():
    arguments = """one="a b" two='c' three=$(d)$e\\f#g"""
    result = make("run", "SYSTEM=network", "NET=foo", f"BOOTARGS={arguments}")  # NET, so that it ends with the image
    assert "NET is 'foo'" in result.stderr, result.stderr
    assert arguments.encode() + b"\0" in (ROOT / "build/systems/network/image.own").read_bytes()


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = make("run", "SYSTEM=network", NET="user", SSH_PORT=str(port))
    assert result.returncode != 0
    message = result.stderr.splitlines()[0]
    assert message.startswith(f"port {port} of this host's loopback") and f"process {os.getpid()}, " in message
    assert message.endswith(f"make run NET=user SSH_PORT={port + 1}")


@pytest.mark.parametrize("arguments, message", [
    (["run", "SYSTEM=native", "KERNEL=Image"], "KERNEL= (--guest-kernel) has no VM to change"),
    (["run", "SYSTEM=network", "NET=user", "SSH_PORT=ssh"], "SSH_PORT is 'ssh', and can be a port from 1 to 65535"),
    (["run", "SYSTEM=nowhere"], "there is no systems/nowhere/system.yaml; there are: attacks demo "),
    (["run", "SYSTEM=minimal", "TIME=foo"], "TIME is 'foo', and can be 'board' or 'wall'"),
    (["run", "SYSTEM=minimal", "NET=user"], "NET is 'user', but systems/minimal has no wire"),
    (["run", "_".join(["SYS", "TEM"]) + "=demo"], "nothing here knows a variable 'SYS" + "_TEM'; `make help` lists"),
    (["models", "TEST=xyzzy"], "no test 'xyzzy'; there are: call "),
    (["check", "TEST=xyzzy"], "no check 'xyzzy'; there are: calls-documented "),
    (["bench", "KINDS=xyzzy"], "KINDS is 'xyzzy', and can be of kernel "),
    (["all", "BUILD=fast"], "BUILD is 'release' or 'debug', not 'fast'"),
])
def test_mistakes_are_said(arguments, message):
    result = make(*arguments)
    assert result.returncode != 0
    assert message in result.stderr


MISSPELT = """system: misspelt
board: qemu-virt
components:
  serail:
    priority: 200
    budget: {time: 1ms, period: 10ms}
vms:
  linux:
    priority: 40
    budget: {time: 1ms, period: 10ms}
    vcpu: {priority: 20, budget: {time: 1ms, period: 10ms}}
    memory: 64MiB
    kernel: debian/vmlinux.gz
"""


def test_names_of_a_description_that_are_misspelt():
    """Each is said with its line. Of a guest's file the tool does that (tests/tool), if make leaves it to it."""
    system = "build/tests/misspelt"
    (ROOT / system).mkdir(parents=True, exist_ok=True)
    (ROOT / system / "system.yaml").write_text(MISSPELT)
    (ROOT / system / "disk").write_text("# size of the disk: 8MiB\n# contents of linux: gateway/rot.ext4\nlabel: gpt\nsize=1MiB, name=linux\n")
    wanted = f"SYSTEM_DIRS={system}"
    try:
        result = make(wanted, f"build/{system}/headers.stamp")
        assert result.returncode != 0 and f"{system}/system.yaml:4:3: the program `serail` has no C file in {system}/serail, " in result.stderr
        result = make(wanted, f"build/{system}/disk.img")
        assert result.returncode != 0
        assert f"disk: {system}/disk:2: there is no build/guests/gateway/rot.ext4; name a file that is there" in result.stderr
        (ROOT / system / "system.yaml").write_text(MISSPELT.replace("serail", "serial"))
        result = make("-n", wanted, f"build/{system}/image")
        assert result.returncode == 0, result.stderr
    finally:
        shutil.rmtree(ROOT / system)
        shutil.rmtree(ROOT / "build" / system, ignore_errors=True)


def test_a_name_that_nothing_has():
    """Said before anything is built. The name must be in no test's name or parameters: -k would find this one and begin anew."""
    for suite, one in ("tool", "test_make"), ("kernel", "vcpu"), ("system", "gateway"):
        result = make(f"test-{suite}", "TEST=qqq")
        assert result.returncode != 0 and result.stdout == ""
        assert "no test 'qqq'; there are: " in result.stderr and one in result.stderr
