# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# Every description of cases.py: status 1, one line, at the right place, with the right words.
import pytest

from cases import BAD
from conftest import ROOT


def break_base(base, old, new, at):
    """base.yaml with one mistake, and the line and column where it is."""
    assert base.count(old) == 1, f"{old!r} stands {base.count(old)} times in base.yaml"
    text = base.replace(old, new.replace("@", "", 1) if at is None else new)
    if at is None:
        place = base.index(old) + new.index("@")
    else:
        place = text.index(at)
    before = text[:place]
    return text, before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1


def test_base_is_good(tool, base):
    result = tool.build(base)
    assert (result.returncode, result.stderr) == (0, b"")


def test_enough_cases():
    assert len(BAD) >= 60
    assert len({name for name, *_ in BAD}) == len(BAD)


@pytest.mark.parametrize("name,old,new,message,at", BAD, ids=[b[0].replace(" ", "-") for b in BAD])
def test_mistake(tool, base, name, old, new, message, at):
    text, line, column = break_base(base, old, new, at)
    result = tool.build(text)
    message = message.replace("FOLDERS", f"{tool.files}, {ROOT}, .")
    assert result.stderr.decode() == f"system.yaml:{line}:{column}: {message}\n"
    assert result.returncode == 1
    assert not (tool.folder / "image").exists()
