# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# docs/reference/description.md says every key, option and constant that there is.
import re

from conftest import ROOT

TEXT = (ROOT / "docs/reference/description.md").read_text()
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "tools/quoll").glob("*.c")))


def test_every_key():
    tables = re.findall(r"_KEYS\[\] = \{([^}]*)\}", SOURCES)
    keys = {key for table in tables for key in re.findall(r'"([^"]+)"', table)}
    assert len(keys) > 40
    assert [key for key in sorted(keys - {"name"}) if f"`{key}`" not in TEXT] == []


def test_every_option():
    options = set(re.findall(r'"(--[a-z-]+)"', SOURCES)) - {"--help"}
    assert [option for option in sorted(options) if option not in TEXT] == []


def test_every_constant():
    names = set(re.findall(r'"((?:COMPONENT|VM|VCPU|CAP|FLAG|SYSTEM)_[A-Z_]+)(?:\(X\))?"', SOURCES))
    assert len(names) > 30
    assert [name for name in sorted(names) if name not in TEXT and name.replace("COMPONENT_CAP", "") not in TEXT] == []


def test_the_example(tool, files):
    """The description at the top of the page is good."""
    text = TEXT[TEXT.index("```yaml\n") + 8:]
    (tool.folder / "hello.elf").write_bytes((files / "serial.elf").read_bytes())
    assert tool.build(text[:text.index("```")]).stderr == b""


def test_every_event():
    """docs/reference/trace.md has a section for each event of the trace."""
    manual = (ROOT / "docs/reference/trace.md").read_text()
    events = re.findall(r"^TRACE\(\d+, (\w+),", (ROOT / "abi/trace.def").read_text(), re.M)
    assert len(events) == 16
    assert [event for event in events if f"\n### {event}\n" not in manual] == []
