# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Counts, in what the emulator logs with `-d int`, the exceptions that came to EL2, by where they came from and why: lines
# `COUNT FROM REASON`. `EL1` is the guest's kernel; `EL0` its programs and our components, which the log does not tell
# apart; of those, only the guest's can take an interrupt while nothing but the guest runs.
BEGIN {
    name["1"] = "wfi"; name["7"] = "fp"; name["15"] = "svc"; name["16"] = "hvc"; name["18"] = "system-register"
    name["20"] = "instruction-abort"; name["24"] = "data-abort"
}
/^Taking exception/ { interrupt = $4 ~ /IRQ|FIQ/ }
/^\.\.\.from/ { from = $2 }
/^\.\.\.with ESR/ { split($3, syndrome, "/"); class = substr(syndrome[1], 3) }
/^\.\.\.to EL2/ { count[from " " (interrupt ? "interrupt" : class in name ? name[class] : "class-" class)]++ }
END { for (i in count) print count[i], i }
