# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Where the private key of the gateway's guest is, and where it is not: the guest logs in with it, then all that the guest
# can see of its memory is searched from inside, as root, and all memory of the board from outside, which is what its VMM
# sees and more. The key itself is known because this test opens its sealed record on the disk with the boot image's secret.
import base64
import mmap
import os
import pathlib
import re
import secrets
import shutil
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/systems/gateway"
HALF = 16


def description():
    return (ROOT / "systems/gateway/system.yaml").read_text()


class Board:
    """The gateway with a disk of its own that stays, and its RAM in a file."""

    def __init__(self, folder):
        for name in ("image", "disk.img"):
            shutil.copy(BUILT / name, folder / name)
        self.disk = folder / "disk.img"
        self.ram = folder / "ram"
        environment = {**os.environ, "QEMU_OPTIONS": f"-object memory-backend-file,id=ram,size=1G,mem-path={self.ram},share=on "
                       "-machine memory-backend=ram"}
        self.console = pexpect.spawn(str(ROOT / "tools/run/qemu"), ["interactive", "systems/gateway", str(folder / "image")],
                                     cwd=str(ROOT), env=environment, timeout=200, encoding="utf-8", codec_errors="replace",
                                     dimensions=(24, 1000))
        self.console.logfile_read = open(folder / "console", "w", encoding="utf-8")

    def type(self, text, answer):
        self.console.send(text + "\r")
        self.console.expect(answer)
        return self.console.match.group(0)

    def key(self):
        start, size = partition(self.disk, "keys")
        secret = re.search(r"secret=([0-9a-f]{64})", description())[1]
        result = subprocess.run([ROOT / "build/tests/unseal", self.disk, str(start), str(size), secret, "agent", "1"],
                                capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return [bytes.fromhex(line) for line in result.stdout.split()]

    def places(self, *patterns):
        """How often each of these is in the board's RAM."""
        with open(self.ram, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as ram:
            return [len(re.findall(re.escape(pattern), ram)) for pattern in patterns]

    def close(self):
        self.console.close(force=True)


def partition(disk, name):
    table = subprocess.run(["/sbin/sfdisk", "--dump", disk], capture_output=True, text=True, check=True).stdout
    found = re.search(rf'start= *(\d+), size= *(\d+).*name="{name}"', table)
    return int(found[1]), int(found[2])


def search_inside(board, *wanted):
    """In how many places the guest's root finds each of these, of which it is told half of a sum."""
    arguments = []
    for one in wanted:
        mask = secrets.token_bytes(len(one))
        arguments += [bytes(a ^ b for a, b in zip(one, mask)).hex(), mask.hex()]
    line = board.type("search-memory " + " ".join(arguments), r"\nfound:([ 0-9]+) in (\d+) MiB")
    *found, size = (int(n) for n in re.findall(r"\d+", line))
    assert len(found) == len(wanted) and size > 150, "the guest has 192 MiB"
    return found


def parts(private):
    """Half of a key is worth finding too; bignums are stored the other way round."""
    return [private[:HALF], private[HALF:], private[:HALF][::-1], private[HALF:][::-1]]


@pytest.fixture
def board(tmp_path):
    board = Board(tmp_path)
    yield board
    board.close()


def test_the_key_is_with_crypto_and_nowhere_else(board):
    board.console.expect("lease of 10.0.2.15")
    board.type("\r", "guest# ")
    public = base64.b64decode(board.type("cd; ssh-add -L", r"\necdsa-sha2-nistp256 (\S+) ").split()[1])[-65:]
    board.type("until [ -e .ssh/signers ]; do sleep 1; done; ssh -n 127.0.0.1 'echo logged-$((1 + 1))'",
               r"\nlogged-2")
    private, point = board.key()
    assert point == public, "the key on the disk is the one that has logged in"

    # As root in the guest: what the whole guest knows is there, what nobody gave it is not.
    places = search_inside(board, public[1:33], *parts(private))
    assert places[0] > 0 and places[1:] == [0, 0, 0, 0]

    # All memory of the board: crypto has just used the key, and is found with it.
    places = board.places(public[1:33], *parts(private))
    assert places[0] > 0 and max(places[1:]) > 0

    # When crypto is made again, nobody has it until it is used: so none of those places was another's.
    board.type("\x1d6", "this is 6 monitor")
    board.type("restart crypto", r"crypto\] 1 keys in 256 places")
    places = board.places(public[1:33], *parts(private))
    assert places[0] > 0 and places[1:] == [0, 0, 0, 0]

    # And it is used again.
    board.type("\x1d2", "this is 2 linux")
    board.type("ssh -n 127.0.0.1 'echo again-$((1 + 1))'", r"\nagain-2")
    assert max(board.places(*parts(private))) > 0
