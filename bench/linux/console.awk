# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What a Linux that is measured printed; also bench/services' way to it.

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
        } else if (match(line, /[0-9]+ (ticks after reset|characters$)/)) {
            split(substr(line, RSTART), word, " ")
            number[machine, word[2]] = word[1]
        }
    }
    close(file)
}
