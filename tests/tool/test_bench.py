# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# The report of `make bench` with the rows that bench/ declares; its parts are tested in tests/unit/bench.
import json
import pathlib
import re
import subprocess
import xml.etree.ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = re.findall(r"^KIND\((\w+),", (ROOT / "bench/rows.def").read_text(), re.M)


def declared(kind):
    """Name and unit of each row of a kind."""
    return re.findall(r'^(?:ROW|RELATIVE)\((\w+), "([^"]+)"', (ROOT / f"bench/{kind}/rows.def").read_text(), re.M)


def report(*arguments):
    result = subprocess.run([ROOT / "build/bench-report", *map(str, arguments)], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode in (0, 1, 2), result
    return result


@pytest.fixture
def runs(tmp_path):
    """A console for each kind, with all rows that it declares."""
    files = []
    for kind in KINDS:
        files.append(tmp_path / f"{kind}.rows")
        files[-1].write_text("".join(f"row {name} {unit} 1 2 3\n" for name, unit in declared(kind)))
    return files


def kinds():
    return [word for kind in KINDS for word in ("-k", kind)]


def test_every_form(runs, tmp_path):
    expected = tmp_path / "expected"
    expected.mkdir()
    assert report(*kinds(), "-e", expected, "-a", *runs).returncode == 0
    forms = ["-j", tmp_path / "bench.json", "-s", tmp_path / "bench.svg", "-c", tmp_path / "counts"]
    result = report(*kinds(), "-e", expected, *forms, *runs)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = json.loads((tmp_path / "bench.json").read_text())
    names = [name for kind in KINDS for name, _ in declared(kind)]
    assert [row["name"] for row in rows] == names
    for row in rows:
        assert {"name", "unit", "quoll", "peer", "peer_name", "ratio", "how"} <= row.keys()
        assert row["quoll"] == (3 if row["name"].endswith("_max") else 2)
        assert row["how"]
        assert row["peer"] is None or row["peer_name"] and row["ratio"] == pytest.approx(row["quoll"] / row["peer"])
    xml.etree.ElementTree.parse(tmp_path / "bench.svg")
    assert (tmp_path / "counts").read_text() == f"{len(names)} 0\n"


def test_worse_than_recorded(runs, tmp_path):
    (tmp_path / "kernel").write_text("".join(f"{name} 2\n" for name, _ in declared("kernel")))
    assert report("-k", "kernel", "-e", tmp_path, runs[0]).returncode == 0
    name, unit = declared("kernel")[3]
    runs[0].write_text(runs[0].read_text().replace(f"row {name} {unit} 1 2 3", f"row {name} {unit} 1 3 3"))
    result = report("-k", "kernel", "-e", tmp_path, runs[0])
    assert result.returncode == 1
    assert f"WORSE: {name} is 3, recorded is 2" in result.stdout


def test_missing_and_undeclared(runs):
    name, _ = declared("kernel")[0]
    runs[0].write_text(runs[0].read_text().replace(f"row {name} ", "row nobody_knows "))
    result = report("-k", "kernel", runs[0])
    assert result.returncode == 1
    assert f"MISSING: {name} is declared in bench/kernel/rows.def" in result.stdout
    assert "nobody declares the row nobody_knows; do so in bench/kernel/rows.def" in result.stderr


@pytest.mark.parametrize("arguments", [["-k", "no-such-kind"], ["-x"], ["-a"]])
def test_wrong_use(arguments):
    assert report(*arguments).returncode == 2


def test_unreadable(tmp_path):
    result = report("-k", "kernel", tmp_path / "kernel.rows")
    assert result.returncode == 1
    assert "kernel.rows: No such file" in result.stderr


def test_expected_is_in_order():
    """What is recorded can be read, and every row of it is declared."""
    result = report(*kinds(), "-e", ROOT / "bench/expected")
    assert "bench/expected" not in result.stderr, result.stderr
