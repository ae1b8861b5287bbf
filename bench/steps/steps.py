#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Reads the emulator's log of every instruction, takes one round of each measured path out of it, and writes a table of
# its steps. A step is a function (the innermost inlined one), or in assembly a macro or what stands below a label.
#   steps.py ranges KIND         what the emulator is to log: -dfilter
#   steps.py tables KIND FOLDER  reads the log from standard input until each path was found
import os
import re
import struct
import subprocess
import sys

CROSS = "aarch64-linux-gnu-"
KERNEL = "build/counters/kernel/quoll.elf"
CODE_ADDRESS = 0x10000  # bench/kernel/suite/side.h
SVC = 0xD4000021
WFI = 0xD503207F
COUNTER = 0xD53B9D00  # mrs Xn, pmccntr_el0
ROUND = 20  # which round is shown
LONGEST = 5000
ZEROING = ("memory_zero_step", "arch_memory_zero", "memset")  # long, and in no path


class Program:
    """An ELF file: symbols, words, and the step that an address belongs to."""

    def __init__(self, name):
        self.name = name
        self.symbols, self.sizes = {}, {}
        for line in subprocess.check_output([CROSS + "nm", "-S", name], text=True).splitlines():
            fields = line.split()
            if len(fields) in (3, 4):
                self.symbols[fields[-1]] = int(fields[0], 16)
                self.sizes[fields[-1]] = int(fields[1], 16) if len(fields) == 4 else 0
        with open(name, "rb") as file:
            self.data = file.read()
        begin, size, number = *struct.unpack_from("<Q", self.data, 32), *struct.unpack_from("<HH", self.data, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.data, begin + i * size) for i in range(number)]

    def holds(self, address):
        return any(s[0] == 1 and s[1] & 1 and s[3] <= address < s[3] + s[5] for s in self.segments)

    def words(self, symbol, count):
        address = self.symbols[symbol]
        for kind, _, offset, virtual, _, length, _, _ in self.segments:
            if kind == 1 and virtual <= address < virtual + length:
                return struct.unpack_from("<%dI" % count, self.data, offset + address - virtual)
        raise KeyError(symbol)

    def lines(self, addresses):
        """Function, file and line of each, innermost first."""
        if not addresses:
            return {}
        out = subprocess.check_output([CROSS + "addr2line", "-f", "-e", self.name] + [hex(a) for a in addresses],
                                      text=True).splitlines()
        return {a: (out[2 * i], *out[2 * i + 1].split(" ")[0].rsplit(":", 1)) for i, a in enumerate(addresses)}


class Sources:
    """The lines of assembly files, and which names in them are macros."""

    def __init__(self):
        self.read, self.macros = {}, set()

    def of(self, name):
        if name not in self.read:
            with open(name) as file:
                self.read[name] = file.read().splitlines()
            for line in self.read[name]:
                macro = re.match(r"\s*\.macro\s+(\w+)", line)
                header = re.match(r'#include "(.*)"', line)
                if macro:
                    self.macros.add(macro.group(1))
                if header and os.path.exists(os.path.join(os.path.dirname(name), header.group(1))):
                    self.of(os.path.join(os.path.dirname(name), header.group(1)))
        return self.read[name]

    def step(self, name, number):
        lines = self.of(name)
        if not 0 < number <= len(lines):
            return os.path.basename(name)
        token = re.match(r"\s*(?:\w+:)?\s*([\w.]*)", lines[number - 1]).group(1)
        if token in self.macros:
            return token
        for line in reversed(lines[:number]):
            label = re.match(r"([A-Za-z_]\w*):", line)
            if label:
                return label.group(1)
        return os.path.basename(name)


class Path:
    """
    From the pc `start`, which is not executed yet when it `faults`, to `end`. It must come `through` a pc; `before` may
    refuse what ran just before.
    """

    def __init__(self, name, start, end, through=None, before=None, faults=False):
        self.name, self.start, self.end, self.through, self.before = name, start, end, through, before
        self.faults = faults
        self.window, self.seen, self.found = None, 0, None

    def look(self, pc, previous):
        if self.found:
            return
        if self.window is not None:
            if pc == self.end:
                if self.through is None or self.through in self.window:
                    self.seen += 1
                    if self.seen == ROUND:
                        self.found = self.window
                self.window = None
            elif len(self.window) < LONGEST:
                self.window.append(pc)
            else:
                self.window = None
        if pc == self.start and (self.before is None or self.before(previous)):
            self.window = [] if self.faults else [pc]


def is_counter(_, word):
    return word & ~31 == COUNTER


def is_svc(before, word):
    return is_counter(0, before) and word == SVC


def is_load(before, word):  # ldr Xn or Wn, [Xm]
    return is_counter(0, before) and word & 0xBFFFFC00 == 0xB9400000


def is_read(before, word):  # mrs Xn, actlr_el1
    return is_counter(0, before) and word & ~31 == 0xD5381020


def is_sgi(before, word):  # msr icc_sgi1r_el1, Xn
    return is_counter(0, before) and word & ~31 == 0xD518CBA0


def is_store(before, word):  # str Wn, [Xm]
    return is_counter(0, before) and word & 0xFFFFFC00 == 0xB9000000


def kernel_paths(kernel):
    root = Program("build/counters/bench/kernel/root.elf")

    def domain_address(label, offset):
        return root.symbols[label] - root.symbols["programs"] + CODE_ADDRESS + offset

    def side(label, wanted, nth=0):
        """Where an instruction that `wanted` accepts, with the one before, lies in a side's domain."""
        words = root.words(label, 60)
        return domain_address(label, [4 * i for i in range(1, 60) if wanted(words[i - 1], words[i])][nth])

    trap, alarm = side("program_call", is_svc), side("program_alarm", is_counter)
    access, pager = side("program_touch", is_load), side("program_pager", is_svc)
    load, vmm = side("guest_load", is_load), side("program_vmm", is_svc)
    wait, signal = side("program_call_then", is_svc), side("program_call_then", is_svc, 1)
    store, spin = side("guest_store", is_store), domain_address("guest_spin", 0)
    vector = domain_address("guest_vectors", 0x280)
    woken = next(kernel.symbols["idle"] + 4 * i + 4 for i, word in enumerate(kernel.words("idle", 40)) if word == WFI)
    return [
        Path("ipc_call", trap, trap + 4, kernel.symbols["fast_call"]),
        Path("ipc_reply_wait", trap, trap + 4, kernel.symbols["fast_reply_wait"]),
        Path("irq_to_user", kernel.symbols["vectors"] + 0x480, side("program_driver", is_svc) + 4,
             before=lambda pc: alarm <= pc <= alarm + 40),
        Path("fault_out", access, pager + 4, faults=True),
        Path("fault_back", pager, access + 4),
        Path("vmexit_out", load, vmm + 4, faults=True),
        Path("vmexit_back", vmm, load + 4),
        Path("doorbell", store, trap + 4, faults=True),
        Path("virq_signal", signal, signal + 4, kernel.symbols["signal_guest"]),
        Path("virq_wait", wait, vector),
        Path("guest_timer_wfi", woken, vector),
        Path("vcpu_switch", kernel.symbols["vectors"] + 0x480, vector, before=lambda pc: pc == spin),
    ]


def guest_paths(_):
    guest = Program("build/counters/bench/guest/guest.elf")

    def trapped(name, label, wanted, count=60, end=None):
        words = guest.words(label, count)
        start = guest.symbols[label] + next(4 * i for i in range(1, count) if wanted(words[i - 1], words[i]))
        return Path(name, start, start + 4 if end is None else end, faults=True)

    return [trapped("vmexit_round_trip", "measure_access", is_load),
            trapped("sysreg_trap", "measure_registers", is_read),
            trapped("guest_sgi", "sgi_rounds", is_sgi, 10, guest.symbols["vectors"] + 0x280)]


def ranges(kind, kernel):
    begin = kernel.symbols["vectors"] & ~0xFFF
    cuts = sorted((kernel.symbols[name], kernel.sizes[name]) for name in ZEROING if kernel.sizes.get(name))
    result = []
    for start, size in cuts:
        result.append("%#x+%#x" % (begin, start - begin))
        begin = start + size
    result.append("%#x+%#x" % (begin, kernel.symbols["rodata_start"] - begin))
    # The sides' programs; or the VMM and the guest, which the kernel's own addresses are behind.
    result.append("0x10000+0x4000" if kind == "kernel" else "0x400000+0x1000000,0x40000000+0x10000")
    return ",".join(result)


def write(path, programs, folder):
    sources, steps = Sources(), {}
    places = {}
    for program in programs:
        places.update(program.lines(sorted({pc for pc in path.found if program.holds(pc)})))
    for pc in path.found:
        function, file, line = places.get(pc, ("", "", "0"))
        file = os.path.normpath(file)
        if file.endswith(".S"):
            function = sources.step(file, int(line) if line.isdigit() else 0)
        key = (file, function) if function else ("", "the instruction in user code")
        steps[key] = steps.get(key, 0) + 1
    with open(os.path.join(folder, path.name + ".md"), "w") as out:
        out.write("| instructions | step | where |\n|---:|---|---|\n")
        for (file, step), count in steps.items():
            out.write("| %d | %s | %s |\n" % (count, "`%s`" % step if file else step, file))
        out.write("| **%d** | | |\n" % sum(steps.values()))


def main(action, kind, folder=""):
    kernel = Program(KERNEL)
    if action == "ranges":
        print(ranges(kind, kernel))
        return 0
    paths = kernel_paths(kernel) if kind == "kernel" else guest_paths(kernel)
    programs = [kernel] + ([Program("build/counters/bench/guest/measured.elf")] if kind == "guest" else [])
    previous, pending = 0, None
    for line in sys.stdin:
        if line.startswith("Stopped"):  # what was announced last did not run, an interrupt came before
            pending = None
        if not line.startswith("Trace"):
            continue
        if pending is not None:
            for path in paths:
                path.look(pending, previous)
            previous = pending
        pending = int(line.split("/", 2)[1], 16)
        if all(path.found for path in paths):
            break
    for path in paths:
        if not path.found:
            print("%s was not seen %d times" % (path.name, ROUND), file=sys.stderr)
            return 1
        write(path, programs, folder)
    return 0


sys.exit(main(*sys.argv[1:]))
