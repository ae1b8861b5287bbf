# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Puts the rows of all machines, read by console.awk, together: what the guest printed are the rows, the bare board's are the peers.

# Fills exits[REASON]; only what comes from a guest: its kernel's, and interrupts of its programs.
function read_exits(machine,    file, line, word) {
    file = folder "/" machine ".exits"
    while ((getline line < file) > 0) {
        counted[machine] = 1
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

# A path of its own: the recorded peer is another one.
function console_row(    name) {
    name = "linux_console_char"
    printf "row guest_console_char instructions %s %s %s\n", least["guest", name], median["guest", name], most["guest", name]
    printf "other guest_console_char %s native Linux\n", median["native", name]
    if (("xen", name) in median)
        printf "other guest_console_char %s Xen 4.17 dom0\n", median["xen", name]
}

# Rows that are compared with a peer's, and the mean of those that the mean is made of.
function compare(    i, name, ratio, sum, of) {
    for (i = 1; i <= count["guest"]; i++) {
        name = names["guest", i]
        if (name == "linux_console_char") {
            console_row()
            continue
        }
        printf "row %s instructions %s %s %s\n", name, least["guest", name], median["guest", name], most["guest", name]
        if (("native", name) in median) {
            printf "peer %s %s native Linux\n", name, median["native", name]
            ratio = median["guest", name] / median["native", name]
            if (name !~ /^linux_(hackbench|tick|entry_to_init)$/) {
                sum += log(ratio)
                of++
            }
        }
        if (("xen", name) in median)
            printf "other %s %s Xen 4.17 dom0\n", name, median["xen", name]
        if (("native-rt", name) in median)
            printf "other %s %s native PREEMPT_RT\n", name, median["native-rt", name]
        if (("native-a57", name) in median)
            printf "other %s %s native Linux, A57 mitigated\n", name, median["native-a57", name]
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

# How often a steady guest is left: ten seconds of nothing, ten of computing, characters of a console.
function count_exits(    reason, i, n) {
    for (i = 6; i <= 9; i++)
        for (reason in reasons) {
            n = exits[machines[i], reason] - (i > 6 ? exits["exits-boot", reason] : 0)
            if (n > 0)
                printf "exits %s %d %s\n", substr(machines[i], 7), n, reason
        }
    if (counted["exits-idle"])
        row("linux_exits_idle", "exits/s", exits_of("exits-idle") / 10)
    if (counted["exits-busy"])
        row("linux_exits_busy", "exits/s", exits_of("exits-busy") / 10)
    if (number["exits-console", "characters"] > 0)
        row("guest_console_char_exits", "exits",
            sprintf("%.3f", exits_of("exits-console") / number["exits-console", "characters"]))
}

# What two programs of a Linux on the bare board pay for what two of our components pay `ipc_round_trip` for.
function as_ipc(    line, word) {
    while ((getline line < kernel) > 0)
        if (match(line, /row ipc_round_trip instructions .*/)) {
            split(substr(line, RSTART), word, " ")
            for (what in of_ipc) {
                printf "row linux_%s_as_ipc instructions %s %s %s\n", what, word[4], word[5], word[6]
                printf "peer linux_%s_as_ipc %s native Linux\n", what, median["native", of_ipc[what]]
                if (("native-a57", of_ipc[what]) in median)
                    printf "other linux_%s_as_ipc %s native Linux, A57 mitigated\n", what, median["native-a57", of_ipc[what]]
            }
        }
}

BEGIN {
    of_ipc["pipe"] = "linux_pipe"
    of_ipc["unix"] = "linux_unix"
    of_ipc["context_switch"] = "linux_context_switch_2"
    split("interrupt wfi fp hvc system-register data-abort instruction-abort class-3 class-0 class-c class-17", list, " ")
    for (i in list)
        reasons[list[i]]
    split("guest native xen native-rt guest-rt exits-boot exits-idle exits-busy exits-console native-a57", machines, " ")
    for (i in machines) {
        read_console(machines[i])
        read_exits(machines[i])
    }
    compare()
    cyclictest()
    as_ipc()
    if (("exits-boot", "ticks") in number)
        row("linux_start_up", "instructions", number["exits-boot", "ticks"] * 16)
    count_exits()
}
