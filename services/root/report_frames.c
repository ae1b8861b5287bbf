/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of a report that needs no kernel.
 */
#include <stdio.h>

#include "report.h"
#include "root.h"

const char *report_reason(uint64_t reason)
{
    static const char *const reasons[] = {
        [QUOLL_FAULT_READ] = "read from an address that it may not read",
        [QUOLL_FAULT_WRITE] = "write to an address that it may not write",
        [QUOLL_FAULT_EXECUTE] = "jump to an address that it may not execute",
        [QUOLL_FAULT_ALIGNMENT] = "misaligned access",
        [QUOLL_FAULT_INSTRUCTION] = "undefined or privileged instruction",
        [QUOLL_FAULT_BREAKPOINT] = "breakpoint (abort, assert, brk)",
        [QUOLL_FAULT_CALL] = "svc that is no call",
        [QUOLL_FAULT_IMPRECISE] = "hardware error (SError)",
        [QUOLL_FAULT_PAGER] = "the pager of its memory is gone",
        [QUOLL_FAULT_VCPU] = "an exit of its vCPU could not be delivered",
    };

    if (reason >= sizeof(reasons) / sizeof(reasons[0]) || !reasons[reason])
        return "fault of an unknown kind";
    return reasons[reason];
}

void report_place(uint32_t component, uint64_t pc, char *text, size_t size)
{
    uint64_t offset = 0;
    const char *name = plan_symbol(&root.plan, component, pc, &offset);

    if (name)
        snprintf(text, size, "%s+0x%lx", name, (unsigned long)offset);
    else
        snprintf(text, size, "?");
}

bool report_is_leaf(uint32_t component, uint64_t pc, uint64_t lr, uint64_t innermost)
{
    uint64_t offset = 0;
    const char *here = plan_symbol(&root.plan, component, pc, &offset);
    const char *caller = plan_symbol(&root.plan, component, lr - 4, &offset);

    return caller && caller != here && lr != innermost;
}

unsigned report_frames(const uint64_t *stack, uint64_t base, uint64_t size, uint64_t frame,
                       uint64_t address[REPORT_FRAMES_MAX])
{
    unsigned count = 0;

    while (count < REPORT_FRAMES_MAX) {
        uint64_t offset = frame - base;

        if (frame < base || frame % 16 != 0 || size < 16 || offset > size - 16)
            break;
        uint64_t next = stack[offset / 8];

        address[count++] = stack[offset / 8 + 1];
        if (next <= frame)
            break;
        frame = next;
    }
    /* The outermost record is crt0's, which nothing called. */
    if (count && address[count - 1] == 0)
        count--;
    return count;
}
