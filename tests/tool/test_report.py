# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# The report's numbers, computed here a second way, and what it says of who reaches what.
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import HERE, ROOT


def report(tool, base, *options):
    result = tool.run("report", tool.write(base), "--kernel", tool.files / "quoll.bin", "--source", ROOT, *options)
    text = result.stdout.decode()
    # The budgets of base.yaml share a core: a line when one is late, and silence otherwise.
    assert result.stderr.count(b"\n") == ("schedulable: NO" in text)
    assert result.returncode == 0
    return text


def rows(text):
    """Priority, time, period, blocking, response (None: too late) of every budget, in microseconds."""
    number = {"ns": 0.001, "us": 1, "ms": 1000, "s": 1000000}

    def time(word):
        value, unit = re.fullmatch(r"([\d.]+)([a-z]+)", word).groups()
        return float(value) * number[unit]

    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"  (\S+(?: \(vCPU\))?) +(\d+) +(\S+) +(\S+) +[\d.]+% +(\S+) +(> period|\S+)  (yes|NO)", line)
        if match:
            name, priority, budget, period, blocking, response, good = match.groups()
            assert (good == "yes") == (response != "> period")
            found[name] = (int(priority), time(budget), time(period), time(blocking),
                           time(response) if good == "yes" else None)
    return found


def response_time(name, tasks):
    """The textbook's iteration."""
    priority, budget, period, blocking, _ = tasks[name]
    response = budget + blocking
    while response <= period:
        following = budget + blocking + sum(
            math.ceil(round(response / p, 9)) * b
            for other, (q, b, p, _, _) in tasks.items() if other != name and q >= priority)
        if following == response:
            return response
        response = following
    return None


@pytest.mark.parametrize("change", [("", ""), ("{time: 4ms, period: 10ms}", "{time: 6ms, period: 10ms}"),
                                    ("{time: 1ms, period: 10ms, replenishments: 4}", "{time: 3ms, period: 7ms}")])
def test_response_times(tool, base, change):
    tasks = rows(report(tool, base.replace(*change)))
    assert set(tasks) == {"serial", "monitor", "client", "producer", "consumer", "linux", "linux (vCPU)"}
    for name, task in tasks.items():
        expected = response_time(name, tasks)
        assert (task[4] is None) == (expected is None)
        assert expected is None or abs(task[4] - expected) < 0.2


def test_schedulable(tool, base):
    assert "schedulable: yes" in report(tool, base)
    # 98.6 % of the core, but periods that do not divide one another
    text = base.replace("{time: 4ms, period: 10ms}", "{time: 10900us, period: 15ms}")
    late = report(tool, text)
    assert "schedulable: NO" in late and "> period  NO" in late


STEPPER = "    budget: {time: 1ms, period: 50ms}\n    console: true\n    calls"


@pytest.mark.parametrize("old,new,at,message", [
    # 2 * serial's, 1 of each of three, monitor's, and twice 0.5 of the VMM's: 7 ms, where 4.1 are left
    ("{time: 4ms, period: 10ms}", "{time: 10900us, period: 15ms}", "budget: {time: 10900us",
     "`linux (vCPU)` may not get its 10900us in every 15ms: `serial` takes up to 2ms, `client` 1ms, 4 more 4ms"),
    (STEPPER, STEPPER.replace("50ms", "1ms").replace("1ms", "100us", 1), "budget: {time: 100us, period: 1ms}",
     "`client` may not get its 100us in every 1ms: `serial` takes up to 1ms, requests of less urgent callers 50us"),
    ("time: 1ms, period: 20ms", "time: 950us, period: 1ms", None, None),  # more than the core: no warning beside a mistake
    ("longest: 50us", "longest: 9100us", "budget: {time: 1ms, period: 10ms, replenishments",
     "`serial` may not get its 1ms in every 10ms: requests of less urgent callers take up to 9100us"),
], ids=["many-before-it", "fast", "mistake", "blocked"])
def test_late_is_said(tool, base, old, new, at, message):
    """A budget that is not there in time does not pass in silence; it is no mistake."""
    assert base.count(old) == 1
    text = base.replace(old, new)
    for command in "build", "report":
        result = tool.run(command, tool.write(text), "--kernel", tool.files / "quoll.bin", "-o", command)
        if message is None:
            assert result.returncode == 1 and b"warning" not in result.stderr
            continue
        before = text[:text.index(at)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        assert result.stderr.decode() == (f"system.yaml:{line}:{column}: warning: {message}; write a longer period, a "
                                          "higher priority, or less time for those before it\n")
        assert result.returncode == 0 and (tool.folder / command).exists()


def test_blocking(tool, base):
    """Callers of the console wait for one request of a less urgent caller; nested calls add up."""
    tasks = rows(report(tool, base))
    assert tasks["client"][3] == 50  # monitor and linux, less urgent, may hold serial
    assert tasks["monitor"][3] == 50  # linux may
    assert tasks["linux (vCPU)"][3] == 0
    assert tasks["serial"][3] == 50
    text = base.replace("other: {longest: 30us}", "other: {longest: 30us}\n    console: true")
    assert "echo.other 30us, with nested calls 80us" in report(tool, text)


def test_memory(tool, base):
    text = report(tool, base)
    sizes = [int(size) for size in re.findall(r"^ +(\d+)KiB  (?:boot image|root's pool|programs|stacks|pools|memory|"
                                              r"guest|left)", text, re.M)]
    assert len(sizes) == 8 and abs(sum(sizes) - (1 << 20)) <= 8
    assert "       65536KiB  guest RAM" in text and "0x0010200000    65536KiB rw-  linux.ram" in text


def test_capabilities(tool, base):
    """Every capability with its name, object, rights, line and reason."""
    text = report(tool, base)
    line = base[:base.index("calls: [echo.echo")].count("\n") + 1
    assert re.search(rf"^ +16 CAP_ECHO_ECHO +portal +echo\.echo +CALL +line {line}: calls: echo\.echo$", text, re.M)
    assert re.search(r"^ +16 CAP_UART0 +device +uart0 +READ WRITE +line \d+: devices: uart0$", text, re.M)
    assert "client -> echo.other, label 0x10001" in text


def test_trusted_computing_bases(tool, base):
    """The kernel, root, whoever maps or holds it, and every holder of RIGHT_DMA."""
    text = report(tool, base)

    def reaches(name):
        return re.search(rf"^  \w+ +{re.escape(name)} +(kernel, .*)$", text, re.M)[1]

    assert reaches("uart0") == "kernel, root, serial, consumer"  # consumer has DMA
    assert reaches("linux.ram") == "kernel, root, serial, consumer, linux"
    assert "consumer has RIGHT_DMA and counts in every base" in text
    assert "linux virtio-console by serial: direct" in text
    safe = report(tool, base.replace(", dma: true", "").replace("trusted: true", "trusted: false"))
    assert re.search(r"^  memory +linux\.ram +kernel, root, linux$", safe, re.M)
    assert "linux virtio-console by serial: copied" in safe


def test_line_counts(tool, base):
    lines = sum(1 for pattern in ("*.c", "*.h", "*.S") for file in (ROOT / "services/serial").glob(pattern)
                for line in file.read_text().splitlines() if line.strip())
    assert f"\n  serial {lines}\n" in report(tool, base)


def test_report_file_and_picture(tool, base):
    report(tool, base, "-o", "report.txt", "--svg", "report.svg")
    assert (tool.folder / "report.txt").read_text().startswith("The system `base` on the board qemu-virt\n")
    picture = xml.etree.ElementTree.parse(tool.folder / "report.svg").getroot()
    words = " ".join(picture.itertext())
    for word in ("serial", "echo", "linux", "direct", "ring", "uart0", "data"):
        assert word in words


def test_picture_without_graphviz(tool, base, tmp_path):
    """A machine without `dot` is told which package is missing."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "dtc").symlink_to(shutil.which("dtc"))
    tool.write(base)
    result = subprocess.run([tool.path, "report", "system.yaml", "-o", "r.txt", "--svg", "r.svg", "--kernel",
                             tool.files / "quoll.bin", "--search", tool.files, "--search", ROOT],
                            cwd=tool.folder, env={"PATH": str(tools)}, capture_output=True)
    assert result.returncode == 2
    assert result.stderr == b"quoll: the program dot is missing; install the package graphviz\n"
    (tools / "dot").write_text("#!/bin/sh\nexit 3\n")
    (tools / "dot").chmod(0o755)
    (tools / "sh").symlink_to("/bin/sh")
    result = subprocess.run([tool.path, "report", "system.yaml", "-o", "r.txt", "--svg", "r.svg", "--kernel",
                             tool.files / "quoll.bin", "--search", tool.files, "--search", ROOT],
                            cwd=tool.folder, env={"PATH": str(tools)}, capture_output=True)
    assert (result.returncode, result.stderr) == (2, b"quoll: dot failed with status 3\n")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([tool.path, "report", "system.yaml", "--kernel", tool.files / "quoll.bin", "--search",
                                 tool.files, "--search", ROOT], cwd=tool.folder, stdout=full, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (2, b"quoll: standard output: cannot be written\n")
    (tools / "dtc").unlink()
    result = subprocess.run([tool.path, "programs", "system.yaml", "--search", ROOT], cwd=tool.folder,
                            env={"PATH": str(tools)}, capture_output=True)
    assert result.stderr == b"quoll: dtc is missing; install the package device-tree-compiler\n"


def test_guests_that_can_use_a_budget_up(tool, base):
    """Only of who serves a guest, and only with `overrun: restart`."""
    for service, warned in (("serial", True), ("monitor", False)):
        for overrun, restarts in (("restart", True), ("report", False), ("throttle", False)):
            start = base.index(f"\n  {service}:")
            at = base.index("budget: {", start)
            end = base.index("}", at)
            text = report(tool, base[:end] + f", overrun: {overrun}" + base[end:])
            lines = [line for line in text.splitlines() if line.startswith("warning: ")]
            assert len(lines) == (1 if warned and restarts else 0)
            for line in lines:
                number = base[:at].count("\n") + 1
                assert re.match(rf"warning: \S+:{number}: serial can .* by linux, a guest", line)


def test_guests_of_a_share_can_as_well(tool):
    text = (HERE / "shares.yaml").read_text()
    for program in ("net", "vsock", "entropy", "keys", "agent", "other", "sleeper", "guest"):
        (tool.folder / f"{program}.elf").write_bytes((tool.files / "client.elf").read_bytes())
    at = text.index("  entropy:\n    program")
    end = text.index("}", text.index("budget: {", at))
    lines = [line.split() for line in report(tool, text[:end] + ", overrun: restart" + text[end:]).splitlines()
             if line.startswith("warning: ")]
    assert [(line[2], line[line.index("by") + 1]) for line in lines] == [("entropy", "linux,"), ("entropy", "guest,")]
