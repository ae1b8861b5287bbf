# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Puts the rows of all machines together: what the guest printed are the rows, the bare board's are the peers.

# Fills median[NAME], least[NAME], most[NAME] from a console; the names are kept in order.
function read_console(machine,    file, line, word) {
    file = folder "/" machine ".console"
    while ((getline line < file) > 0) {
        gsub(/\r/, "", line)
        if (match(line, /row linux_[a-z0-9_]+ instructions [0-9.]+ [0-9.]+ [0-9.]+$/)) {
            split(substr(line, RSTART), word, " ")
            if (!((machine, word[2]) in median))
                names[machine, ++count[machine]] = word[2]
            least[machine, word[2]] = word[4]
            median[machine, word[2]] = word[5]
            most[machine, word[2]] = word[6]
        } else if (match(line, /[0-9]+ ticks after reset/)) {
            split(substr(line, RSTART), word, " ")
            started[machine] = word[1]
        }
    }
    close(file)
}

# Fills exits[REASON]; only what comes from a guest: its kernel's, and interrupts of its programs.
function read_exits(machine,    file, line, word) {
    file = folder "/" machine ".exits"
    while ((getline line < file) > 0) {
        split(line, word, " ")
        if (word[2] == "EL1" || word[3] == "interrupt")
            exits[machine, word[3]] += word[1]
    }
    close(file)
}

function exits_of(machine,    reason, sum) {
    sum = 0
    for (reason in reasons)
        sum += exits[machine, reason] - exits["exits-boot", reason]
    return sum
}

function row(name, unit, value) {
    printf "row %s %s %s %s %s\n", name, unit, value, value, value
}

# Rows that are compared with a peer's, and the mean of those that the mean is made of.
function compare(    i, name, ratio, sum, of) {
    for (i = 1; i <= count["guest"]; i++) {
        name = names["guest", i]
        printf "row %s instructions %s %s %s\n", name, least["guest", name], median["guest", name], most["guest", name]
        if (("native", name) in median) {
            printf "peer %s %s native Linux\n", name, median["native", name]
            ratio = median["guest", name] / median["native", name]
            if (name !~ /^linux_(hackbench|tick|entry_to_init|console_char)$/) {
                sum += log(ratio)
                of++
            }
        }
        if (("xen", name) in median)
            printf "other %s %s Xen 4.17 dom0\n", name, median["xen", name]
        if (("native-rt", name) in median)
            printf "other %s %s native PREEMPT_RT\n", name, median["native-rt", name]
    }
    if (of > 0) {
        row("linux_geomean", "ratio", sprintf("%.5f", exp(sum / of)))
        printf "peer linux_geomean 1 native Linux\n"
    }
}

# The longest is what counts; the least and the mean stand beside it.
function cyclictest(    i, name) {
    for (i = 1; i <= count["guest-rt"]; i++) {
        name = names["guest-rt", i]
        if (name !~ /^linux_cyclictest/)
            continue
        printf "row %s instructions %s %s %s\n", name, least["guest-rt", name], median["guest-rt", name], most["guest-rt", name]
        if (("native-rt", name) in median)
            printf "peer %s %s native PREEMPT_RT\n", name, most["native-rt", name]
    }
}

BEGIN {
    split("interrupt wfi fp hvc system-register data-abort instruction-abort class-3 class-0 class-c class-17", list, " ")
    for (i in list)
        reasons[list[i]]
    split("guest native xen native-rt guest-rt exits-boot exits-idle exits-busy exits-console", machines, " ")
    for (i in machines) {
        read_console(machines[i])
        read_exits(machines[i])
    }
    compare()
    cyclictest()
    if ("exits-boot" in started)
        row("linux_start_up", "instructions", started["exits-boot"] * 16)
    # ten seconds each
    row("linux_exits_idle", "exits/s", exits_of("exits-idle") / 10)
    row("linux_exits_busy", "exits/s", exits_of("exits-busy") / 10)
    for (i in reasons)
        for (j = 6; j <= 9; j++)
            if (exits[machines[j], i] - exits["exits-boot", i] * (j > 6) > 0)
                printf "exits %s %s %d\n", substr(machines[j], 7), i, exits[machines[j], i] - exits["exits-boot", i] * (j > 6)
}
