/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The boot core, from the MMU on to the first thread (docs/design/boot.md).
 */
#include "abi/boot_info.h"
#include "arch.h"
#include "boot.h"
#include "check.h"
#include "console.h"
#include "gic.h"
#include "memory_nodes.h"
#include "stacks.h"
#include "stage1.h"
#include "switch.h"
#include "sysreg.h"
#include "timer_arch.h"
#include "trap.h"

extern const struct boot_info boot_info;
extern const char image_start[];

/* boot.S. Answers the frame of the first thread. */
struct arch_frame *start_kernel(uint64_t device_tree);

static void say_hello(void)
{
    console_string("quoll: kernel at ");
    console_hex((uintptr_t)image_start);
    console_string(", system \"");
    console_string(boot_info.system);
    console_string("\"\n");
}

struct arch_frame *start_kernel(uint64_t device_tree)
{
    struct core *core = &cores[0];

    stacks_paint();
    SYSREG_WRITE(tpidr_el2, (uintptr_t)core); /* D19.2 */
    console_init(boot_info.uart);
    if (stage1_problem() != NULL)
        panic(__FILE__, __LINE__, stage1_problem());
    say_hello();
    memory_nodes_check(device_tree, &boot_info);
    switch_init(core);
    gic_init(core, &boot_info);
    timer_init();
    kernel_boot(&boot_info, (uintptr_t)image_start);
    stacks_report("boot");
    stacks_paint();
    return trap_leave(core);
}
