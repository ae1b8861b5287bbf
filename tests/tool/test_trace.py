# SPDX-FileCopyrightText: The Quoll authors
# SPDX-License-Identifier: Apache-2.0
#
# `quoll trace`: a console's log as services/trace prints it, good and bad, and what becomes of it.
import json
import re
import xml.etree.ElementTree

import pytest

from conftest import ROOT

EVENTS = {name: int(number) for number, name in
          re.findall(r"^TRACE\((\d+), (\w+),", (ROOT / "abi/trace.def").read_text(), re.M)}
CALLS = {f"{object}_{name}": int(number, 16) for number, object, name in
         re.findall(r"^CALL\((0x\w+), (\w+), (\w+),", (ROOT / "abi/calls.def").read_text(), re.M)}
ROOT_THREAD, IDLE = 1 << 24, 0
SERIAL, MONITOR, ECHO, CLIENT, PRODUCER, CONSUMER, LINUX = (2 << 24 | n for n in range(7))
VCPU = 3 << 24 | 6
FREQUENCY = 62500000


def line(kind, *fields):
    text = f"#t{kind} " + " ".join(f if isinstance(f, str) else f"{f & (1 << 64) - 1:x}" for f in fields)
    return f"{text} *{sum(text.encode()) & 0xff:02x}"


class Log:
    """Records one after the other, 10 ticks (160 ns) apart."""

    def __init__(self, system="base", unit=0):
        self.lines = ["quoll: kernel at 0x0000000040200000", line("v", 1, FREQUENCY, unit, 0, system)]
        self.number, self.time = 100, 1000

    def add(self, event, thread, detail=0, a=0, b=0, core=0):
        self.lines.append("[trace] " + line("r", core, self.number, self.time, EVENTS[event], detail, thread, a, b))
        self.number += 1
        self.time += 10
        return self

    def kernel(self, thread, since=25):
        return self.add("KERNEL", thread, 1, self.time - since, since)

    def text(self):
        return "\r\n".join([*self.lines, line("s", 0, 50, 1234, 2000, EVENTS["CALL"] << 16 | CALLS["domain_map"]),
                            line("e", self.number - 100), ""])


def sequence():
    """The client calls echo, which answers; the client wakes nobody; an interrupt wakes serial; a budget ends."""
    log = Log()
    log.kernel(CLIENT).add("SWITCH", CLIENT, 0, CLIENT, IDLE)
    log.add("CALL", CLIENT, CALLS["portal_call"], 16).add("DELIVER", ECHO, 0, CLIENT, 0x10001)
    log.add("SWITCH", ECHO, 0, CLIENT, CLIENT).kernel(CLIENT)
    log.add("CALL", ECHO, CALLS["self_reply_wait"]).add("REPLY", ECHO, 0, CLIENT).kernel(ECHO)
    log.add("SWITCH", CLIENT, 0, CLIENT, ECHO)
    log.add("INTERRUPT", CLIENT, 33).add("NOTIFY", SERIAL, 1, 1 << 62).add("CHARGE", CLIENT, 0, 625, 3125)
    log.kernel(CLIENT).add("SWITCH", SERIAL, 0, SERIAL, CLIENT)
    log.add("CALL", SERIAL, CALLS["domain_map"], 16).add("ANSWER", SERIAL, CALLS["domain_map"], 4).kernel(SERIAL)
    log.add("EXHAUST", SERIAL, 0, 100000).add("SWITCH", VCPU, 0, VCPU, SERIAL)
    log.add("EXIT", VCPU, 1, 0x93, 0x9000000).add("DELIVER", LINUX, 1, VCPU, 7).kernel(VCPU)
    log.add("SWITCH", LINUX, 0, VCPU, VCPU).add("REPLY", LINUX, 1, VCPU).kernel(LINUX)
    log.add("SWITCH", VCPU, 0, VCPU, LINUX).add("WFI", VCPU).kernel(VCPU).add("SWITCH", IDLE, 0, IDLE, VCPU)
    log.add("REFILL", SERIAL, 0, 6250).add("NOTIFY", VCPU, 2, 1, 48).kernel(IDLE)
    log.add("SWITCH", CONSUMER, 0, CONSUMER).add("FAULT", CONSUMER, 2, 0xdead, 0x400010).kernel(CONSUMER)
    return log


@pytest.fixture
def trace(tool, base):
    """Runs the tool on a log; answers the result and the events."""

    def run(log, *options):
        (tool.folder / "console.log").write_bytes(log if isinstance(log, bytes) else log.encode())
        tool.write(base)
        result = tool.run("trace", "system.yaml", "console.log", "-o", "trace.json", "--svg", "trace.svg", *options)
        path = tool.folder / "trace.json"
        events = json.loads(path.read_text())["traceEvents"] if result.returncode == 0 else None
        return result, events

    return run


def names(events, phase, category):
    return [event["name"] for event in events if event["ph"] == phase and event.get("cat") == category]


def test_names(trace):
    result, events = trace(sequence().text())
    assert result.stderr == b""
    rows = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert set(rows.values()) == {"idle", "interrupts", "serial", "echo", "client", "consumer", "linux",
                                  "linux (vCPU)"}
    assert [event["args"]["name"] for event in events if event["name"] == "process_name"] == ["core 0"]
    assert "call echo.echo" in names(events, "X", "kernel") and "reply, wait" in names(events, "X", "kernel")
    assert names(events, "i", "interrupt") == ["uart0.interrupt"]
    assert names(events, "i", "notification") == ["console input", "virtual interrupt 48"]
    assert names(events, "i", "exit") == ["data abort"] and names(events, "i", "fault") == ["fault: write"]
    assert names(events, "i", "budget") == ["budget has run out", "budget's time has come back"]
    assert names(events, "b", "calls") == ["client: echo.echo", "linux (vCPU): exit: data abort"]
    maps = next(event for event in events if event["name"] == "domain_map uart0")
    assert maps["args"]["note"] == "25 ticks with interrupts off, answer: NO_RIGHT"
    running = [(rows[event["tid"]], event.get("args", {}).get("note")) for event in events
               if event["ph"] == "X" and event["cat"] == "run"]
    assert ("echo", "on the time of client") in running and ("client", None) in running


def test_times(trace):
    """Microseconds since the first record; spans of a thread lie within one another or apart, links go both ways."""
    _, events = trace(sequence().text())
    times = [event["ts"] + event.get("dur", 0) for event in events if "ts" in event]
    assert min(times) == 0 and max(times) == pytest.approx((sequence().number - 101) * 0.16)
    for row in {event["tid"] for event in events if "tid" in event}:
        for kind in ("run", "kernel"):
            end = -1
            for event in sorted((e for e in events if e["ph"] == "X" and e["tid"] == row and e["cat"] == kind),
                                key=lambda e: e["ts"]):
                assert event["ts"] >= end - 0.001
                end = event["ts"] + event["dur"]
    starts = [event["id"] for event in events if event["ph"] == "s"]
    assert starts and starts == [event["id"] for event in events if event["ph"] == "f"]
    budget = next(event for event in events if event["ph"] == "C")
    assert (budget["name"], budget["args"]) == ("budget of client", {"us": 50.0})


def test_summary(trace):
    result, _ = trace(sequence().text())
    assert result.stdout.decode().splitlines()[1] == \
        "core 0: interrupts were off for 19744 ns at most, in the call domain_map, of 50 visits of the kernel"
    log = Log(unit=1).kernel(CLIENT).kernel(CLIENT)
    result, _ = trace(log.text())
    assert b"core 0: interrupts were off for 1234 instructions at most" in result.stdout
    cause = lambda event, detail: line("s", 0, 1, 1, 1, EVENTS[event] << 16 | detail)
    for event, detail, text in [("INTERRUPT", 26, "the interrupt timer"), ("INTERRUPT", 27, "the interrupt virtual timer"),
                                ("INTERRUPT", 25, "the interrupt list register maintenance"),
                                ("INTERRUPT", 99, "the interrupt interrupt 99"), ("EXIT", 4, "the exit for hvc"),
                                ("FAULT", 1, "the fault read"), ("KERNEL", 1, "an exception of another kind"),
                                ("CALL", 0xff, "the call call 255")]:
        result, _ = trace(log.text() + cause(event, detail) + "\n")
        assert f"in {text}, of" in result.stdout.decode()


def test_lost_records(trace):
    """What is missing is counted and drawn, and nobody is said to run meanwhile."""
    log = sequence()
    log.number += 7
    log.time += 1000
    log.kernel(CLIENT).add("SWITCH", CLIENT, 0, CLIENT).kernel(CLIENT)
    result, events = trace(log.text())
    assert b"7 missing between them" in result.stdout
    lost = [event for event in events if event.get("cat") == "lost"]
    assert [event["name"] for event in lost] == ["7 records are missing"]
    for event in events:
        if event["ph"] == "X" and event["cat"] == "run":
            assert event["ts"] + event["dur"] <= lost[0]["ts"] + 0.001 or \
                event["ts"] >= lost[0]["ts"] + lost[0]["dur"] - 1


def test_overlapping_windows(trace):
    """`go` and `last` may print a record twice."""
    once = trace(sequence().text())[1]
    twice = trace(sequence().text() + sequence().text())[1]
    assert once == twice


def test_cores(trace):
    log = Log()
    for core in (0, 1):
        log.number = 5
        log.add("SWITCH", CLIENT if core else ECHO, 0, CLIENT, core=core).add("KERNEL", ECHO, core=core)
    _, events = trace(log.text())
    assert {event["pid"] for event in events} == {0, 1}


def test_unknown_threads_and_objects(trace):
    log = Log().kernel(4 << 24).add("SWITCH", 2 << 24 | 77, 0, ROOT_THREAD).kernel(2 << 24 | 77)
    log.add("SWITCH", ROOT_THREAD, 0, ROOT_THREAD)
    for index in (1, 5, 9, 24, 40, 72, 73, 74, 999):
        log.add("CALL", ROOT_THREAD, CALLS["any_destroy"], index).kernel(ROOT_THREAD)
    log.add("NOTIFY", ROOT_THREAD, 0, 1 << 63 | 1 << 62 | 1 << 61 | 1 << 60 | 1)
    log.add("NOTIFY", IDLE, 0, 2).add("NOTIFY", MONITOR, 1, 1 << 63 | 1 << 61 | 1 << 33).add("NOTIFY", CONSUMER, 1, 1)
    log.add("ANSWER", ROOT_THREAD, 0x28, -1).add("CALL", CLIENT, 0xee, 99).kernel(CLIENT)
    log.add("QUEUE", CLIENT, 0, ECHO).add("EXIT", VCPU, 99).add("FAULT", CLIENT, 99).add("BOOT", IDLE)
    result, events = trace(log.text())
    assert result.returncode == 0
    kernel = names(events, "X", "kernel")
    for name in ("root.domain", "plan", "budget of core 1", "RAM 0", "device 0", "root.watchdog", "root", "capability 999"):
        assert f"any_destroy {name}" in kernel
    notes = names(events, "i", "notification")
    assert notes == ["watchdog of serial, flag 60, overrun, work, fault", "flag 1",
                     "flag 33, root's log has grown, peer made again", "data"]
    assert "call 238 capability 99" in kernel
    assert "client: call (not answered yet)" in names(events, "b", "calls")


def test_picture(trace, tool):
    trace(sequence().text())
    text = (tool.folder / "trace.svg").read_text()
    picture = xml.etree.ElementTree.fromstring(text)
    words = " ".join(picture.itertext())
    for word in ("system base", "client", "echo.echo", "uart0.interrupt", "console input", "data abort", "linux (vCPU)",
                 "budget has run out", "waits for an interrupt"):
        assert word in words
    assert "prefers-color-scheme:dark" in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_part_of_the_picture(trace, tool):
    assert trace(sequence().text(), "--from", "0ns", "--to", "1us")[0].returncode == 0
    words = " ".join(xml.etree.ElementTree.parse(tool.folder / "trace.svg").getroot().itertext())
    assert "echo.echo" in words and "data abort" not in words
    result, _ = trace(sequence().text(), "--from", "5s")
    assert (result.returncode, result.stderr) == \
        (1, b"--from:1:1: nothing lies between 5s and its end; the trace ends at 5600ns\n")
    result, _ = trace(sequence().text(), "--to", "0ns")
    assert b"--to:1:1: nothing lies between 0ns and 0ns" in result.stderr
    result, _ = trace(sequence().text(), "--from", "soon")
    assert (result.returncode, result.stderr) == \
        (1, b"--from:1:1: `--from` is `soon`, which is not a number; write for example 1ms\n")


REMEDY = "the console lost or mixed bytes; ask the component for the trace again"
GOOD = line("r", 0, 100, 1000, EVENTS["KERNEL"], 1, CLIENT, 0, 0)


@pytest.mark.parametrize("text,message", [
    ("hello\n", "0:0: there is no trace in it; boot an image of a kernel built with TRACE=1, and type `go` to the "
     "component that has `trace: true`"),
    ("", "0:0: there is no trace in it; boot an image of a kernel built with TRACE=1, and type `go` to the component "
     "that has `trace: true`"),
    (GOOD[:-4] + "\n", f"3:1: the trace's line does not end with its sum, such as ` *5e`; {REMEDY}"),
    ("[x] #tr 0 *\n", f"3:5: the trace's line does not end with its sum, such as ` *5e`; {REMEDY}"),
    (GOOD[:-2] + "zz\n", f"3:1: the trace's line says that its sum is `zz`, but it is `{GOOD[-2:]}`; {REMEDY}"),
    (GOOD.replace("3e8", "3e9") + "\n", f"3:1: the trace's line says that its sum is `{GOOD[-2:]}`, but it is "
     f"`{int(GOOD[-2:], 16) + 1 & 255:02x}`; {REMEDY}"),
    (line("r", 0, "zero", 1, 1, 1, 1, 1, 1) + "\n", f"3:1: `zero` in a line of the trace is no hexadecimal number; {REMEDY}"),
    (line("r", 0, "-1", 1, 1, 1, 1, 1, 1) + "\n", f"3:1: `-1` in a line of the trace is no hexadecimal number; {REMEDY}"),
    (line("r", 0, "1" * 17, 1, 1, 1, 1, 1, 1) + "\n",
     f"3:1: `{'1' * 17}` in a line of the trace is no hexadecimal number; {REMEDY}"),
    (line("r", *range(9)) + "\n", f"3:1: a line of the trace has more than 8 numbers; {REMEDY}"),
    (line("r", *range(7)) + "\n", f"3:1: a line `#tr` of the trace has 7 numbers instead of 8; {REMEDY}"),
    (line("q", 1) + "\n", "3:1: there is no line `#tq` in a trace; use the tool of the same version as the kernel"),
    (line("v", 2, 1, 0, 0, "base") + "\n", "3:1: the trace is of version 2, this tool knows 1; use the tool that built "
     "the image"),
    (line("v", 1, 1, 0, 0, "other") + "\n", "3:1: the trace is of the system `other`, the description is of `base`; "
     "give the description of `other`"),
    (line("v", 1, 0, 0, 0, "base") + "\n", f"3:1: the trace's clock makes no sense (0 Hz, unit 0); {REMEDY}"),
    (line("v", 1, 1, 9, 0, "base") + "\n", f"3:1: the trace's clock makes no sense (1 Hz, unit 9); {REMEDY}"),
    (line("r", 16, 1, 1, 1, 1, 1, 1, 1) + "\n", f"3:1: no kernel of this version makes the record: core 16, event 1; {REMEDY}"),
    (line("r", 0, 1, 1, 0, 1, 1, 1, 1) + "\n", f"3:1: no kernel of this version makes the record: core 0, event 0; {REMEDY}"),
    (line("r", 0, 1, 1, 200, 1, 1, 1, 1) + "\n", f"3:1: no kernel of this version makes the record: core 0, event 200; {REMEDY}"),
    (line("r", 0, 1, 1, 1, 1 << 16, 1, 1, 1) + "\n", f"3:1: no kernel of this version makes the record: core 0, event 1; {REMEDY}"),
    (line("r", 0, 1, 1, 1, 1, 1 << 32, 1, 1) + "\n", f"3:1: no kernel of this version makes the record: core 0, event 1; {REMEDY}"),
    (GOOD + "\n" + line("r", 0, 101, 999, 3, 1, CLIENT, 0, 0) + "\n", "4:1: the record is older than that of line 3, "
     "which comes before it: the log has more than one start of the board; give the part of one"),
    (GOOD + "\n" + line("r", 0, 100, 1001, 3, 1, CLIENT, 0, 0) + "\n", "4:1: the record is older than that of line 3, "
     "which comes before it: the log has more than one start of the board; give the part of one"),
])
def test_bad_log(trace, text, message):
    result, _ = trace("\n".join(Log().lines) + "\n" + text)
    assert (result.returncode, result.stderr.decode()) == (1, f"console.log:{message}\n")


def test_record_before_the_beginning(trace):
    result, _ = trace(GOOD + "\n")
    assert (result.returncode, result.stderr) == (1, b"console.log:1:1: a record before the line `#tv` that begins a "
                                                  b"trace; give the whole log of the console\n")


def test_hostile_log(trace):
    """Cut anywhere, or with a byte changed, a log is refused or understood; nothing crashes (sanitisers watch)."""
    text = sequence().text().encode()
    for at in range(0, len(text), 37):
        trace(text[:at])
        trace(text[:at] + b"\0#tr \xff" + text[at + 1:])


def test_use(tool, base):
    tool.write(base)
    result = tool.run("trace", "system.yaml")
    assert (result.returncode, result.stderr.splitlines()[-1]) == \
        (2, b"quoll: no log of a console; write it behind the description")
    result = tool.run("trace", "system.yaml", "a.log", "b.log")
    assert (result.returncode, result.stderr.splitlines()[-1]) == (2, b"quoll: a second log, b.log")
    result = tool.run("trace", "system.yaml", "missing.log")
    assert (result.returncode, result.stderr) == (2, b"quoll: missing.log: No such file or directory\n")
