# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Components out of tree: what `make install` leaves is all they need, wherever they lie.
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/system.yaml"))
QEMU = ["qemu-system-aarch64", "-machine", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a53", "-m", "1024", "-display",
        "none", "-nic", "none", "-icount", "shift=0,sleep=off", "-monitor", "none", "-chardev", "stdio,id=console,signal=off",
        "-serial", "chardev:console"]


def make(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    result = subprocess.run(["make", "-C", folder, *arguments], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    make(ROOT, "install", f"PREFIX={folder}")
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example, installed, tmp_path):
    folder = tmp_path / example
    shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("build"))
    make(folder, f"QUOLL={installed}")
    assert str(ROOT).encode() not in (folder / "build/image").read_bytes()
    result = subprocess.run([ROOT / "build/scenario", folder / "scenario", "--", *QEMU, "-kernel", folder / "build/image"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_nothing_installed_is_said(tmp_path):
    shutil.copytree(ROOT / "examples" / EXAMPLES[0], tmp_path / "example")
    result = subprocess.run(["make", "-C", tmp_path / "example", "QUOLL=/nowhere"], capture_output=True, text=True)
    assert result.returncode != 0
    assert "there is no Quoll in /nowhere" in result.stderr
