# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
"""The scenario player against a shell in place of a machine: what passes, what fails, and what it says then."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

ECHO = "printf 'ready> '; while read line; do echo \"got $line\"; printf 'ready> '; done"


def play(tmp_path, text, shell=ECHO, **environment):
    (tmp_path / "scenario").write_text(text)
    return subprocess.run([ROOT / "build/scenario", "-l", tmp_path / "log", tmp_path / "scenario", "--", "sh", "-c", shell],
                          capture_output=True, text=True, timeout=30, env={**os.environ, **environment})


def test_steps_in_order(tmp_path):
    result = play(tmp_path, '# talk\nexpect "ready>"\nsend "one two\\n"\nexpect /got one [a-z]+$/ within 5s\nexpect "ready> "\n')
    assert result.returncode == 0, result.stdout
    assert "ok, 4 steps" in result.stdout
    assert "got one two" in (tmp_path / "log").read_text()


def test_search_begins_after_last_match(tmp_path):
    result = play(tmp_path, 'expect "b"\nexpect "a" within 1s\n', shell="echo a b; sleep 5")
    assert result.returncode == 1
    assert "scenario:2: FAIL: not within 1 s: expect \"a\"" in result.stdout


def test_line_begins_at_its_beginning(tmp_path):
    result = play(tmp_path, 'expect "a "\nexpect /^b/ within 1s\n', shell="echo a b; sleep 5")
    assert result.returncode == 1


def test_failure_prints_end_of_console(tmp_path):
    result = play(tmp_path, 'expect "never printed" within 1s\n', shell="seq 1000; sleep 5")
    assert result.returncode == 1
    assert "end of the console" in result.stdout and "\n999\n1000\n" in result.stdout
    assert "\n900\n" not in result.stdout


def test_never(tmp_path):
    result = play(tmp_path, 'never /^panic:/\nexpect "done"\n', shell="echo fine; echo panic: oh; sleep 1; echo done; sleep 5")
    assert result.returncode == 1
    assert "scenario:1: FAIL: came, and never should" in result.stdout


def test_never_counts_from_its_place(tmp_path):
    result = play(tmp_path, 'expect "one"\nnever "one"\nexpect "two"\n', shell="echo one; sleep 1; echo two; sleep 5")
    assert result.returncode == 0, result.stdout


def test_during_watches(tmp_path):
    assert play(tmp_path, 'never "x"\nduring 1s\n', shell="sleep 5").returncode == 0
    assert play(tmp_path, 'never "x"\nduring 3s\n', shell="sleep 1; echo x; sleep 5").returncode == 1


def test_machine_ends(tmp_path):
    assert play(tmp_path, 'expect "bye"\nexit within 5s\n', shell="echo bye").returncode == 0
    result = play(tmp_path, 'expect "more"\n', shell="echo bye; exit 3")
    assert result.returncode == 1
    assert "the machine ended (status 3)" in result.stdout


def test_exit_that_does_not_come(tmp_path):
    assert play(tmp_path, "exit within 1s\n", shell="sleep 5").returncode == 1


def test_escapes_and_returns_are_dropped(tmp_path):
    result = play(tmp_path, 'expect "red text"\nexpect /^next$/\n', shell="printf '\\033[31mred\\033[0m text\\r\\nnext\\r\\n'; sleep 5")
    assert result.returncode == 0, result.stdout


def test_output_of_escapes_alone(tmp_path):
    result = play(tmp_path, 'expect "x"\n', shell="printf '\\033[0m'; sleep 1; echo x; sleep 5")
    assert result.returncode == 0, result.stdout


def test_set_reaches_the_machine(tmp_path):
    result = play(tmp_path, 'set CPU cortex-a72\nexpect "cpu cortex-a72"\n', shell='echo cpu $CPU; sleep 5')
    assert result.returncode == 0, result.stdout


def test_patience(tmp_path):
    text = 'timeout 1s\nexpect "late"\n'
    assert play(tmp_path, text, shell="sleep 2; echo late; sleep 5").returncode == 1
    assert play(tmp_path, text, shell="sleep 2; echo late; sleep 5", QUOLL_PATIENCE="5").returncode == 0


@pytest.mark.parametrize("line, message", [
    ("hope", "expected one of"),
    ("expect word", "expected \"text\" or /regular expression/"),
    ('expect "word', "closing quote is missing"),
    ("expect /(/", "not a POSIX extended regular expression"),
    ('expect "word" within 10', "expected a time in seconds"),
    ('expect "word" soon', "goes on after its end"),
    ('expect ""', "an empty pattern"),
    ("set CPU", "expected: set NAME VALUE"),
    ("# nothing", "without a step"),
])
def test_mistakes_name_their_line(tmp_path, line, message):
    result = play(tmp_path, "# first line\n" + line + "\n")
    assert result.returncode == 2
    assert "scenario:2: " in result.stderr and message in result.stderr
