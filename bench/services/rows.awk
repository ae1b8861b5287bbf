# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Puts the rows of all machines, read by bench/linux/console.awk, together, and those of a byte; `compare` must have taken
# as much time as instructions.

# A figure, what the peers have of it, and its peer's name.
function row(name, unit, divisor, machine, key, peer_name) {
    printf "row %s %s %s %s %s\n", name, unit, figure(least[machine, key], divisor), figure(median[machine, key], divisor),
        figure(most[machine, key], divisor)
    if (peer_name != "" && ("native", key) in median)
        printf "peer %s %s %s\n", name, figure(median["native", key], divisor), peer_name
    if (peer_name != "" && ("xen", key) in median)
        printf "other %s %s Xen 4.17 dom0\n", name, figure(median["xen", key], divisor)
}

function figure(value, divisor) {
    return divisor == 1 ? value : sprintf("%.4f", value / divisor)
}

# PREFIX replaces the first word of the names.
function rows(machine, prefix, peer_name,    i, key, name) {
    for (i = 1; i <= count[machine]; i++) {
        key = names[machine, i]
        if (key == "linux_entry_to_init")
            continue
        name = substr(key, 7)
        if (prefix != "")
            sub(/^[a-z]+/, prefix, name)
        if (sub(/_kib$/, "_byte", name)) {
            row(name, "instructions", 1024, machine, key, peer_name)
            continue
        }
        row(name, "instructions", 1, machine, key, peer_name)
        if (sub(/_128k$/, "_byte", name))
            row(name, "instructions", 131072, machine, key, peer_name)
    }
}

# Reading both takes two thousand instructions, which are between the readings of time alone.
function compare(    file, line, word, apart, seen, i, name) {
    file = folder "/compare.console"
    while ((getline line < file) > 0)
        if (match(line, /executed [a-z0-9_]+ [0-9]+ in [0-9]+/)) {
            split(substr(line, RSTART), word, " ")
            apart = word[5] - word[3]
            seen[word[2]] = 1
            if (word[2] == "sleep" ? apart < 90000000 : apart < 0 || apart > 4000)
                printf "FAIL %s: %d instructions executed in a time of %d\n", word[2], word[3], word[5]
        }
    close(file)
    for (i = 1; i <= count["native"]; i++) {
        name = substr(names["native", i], 7)
        if (name != "entry_to_init" && !(name in seen))
            printf "FAIL %s: time and instructions were not compared\n", name
    }
    if (!("sleep" in seen))
        print "FAIL sleep: time and instructions were not compared"
}

BEGIN {
    split("native xen block block-copied network network-local sockets", machines, " ")
    for (i in machines)
        read_console(machines[i])
    rows("block", "", "native Linux")
    rows("block-copied", "block_copied", "native Linux")
    rows("network", "", "native Linux")
    rows("network-local", "net_local", "native Linux, over the wire")
    rows("sockets", "", "")
    compare()
}
