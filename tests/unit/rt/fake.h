/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A kernel of one component. Calls on the console's portal reach a serial that can be dead, full or slow; reply_wait
 * answers what the test put into a script, and leaves the loop at its end.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rt/message.h"
#include "rt/trap.h"

/* What one wait returns, and what root's component gave it. */
struct step {
    uint64_t x8;
    uint64_t words[8];
    struct quoll_trap given;
};

struct fake {
    uint64_t now; /* ticks */
    uint64_t frequency;
    uint64_t flags;          /* pending at the next notification_wait */
    enum quoll_error serial; /* what calls to serial answer */
    int dead_calls;          /* so many of them fail, then serial is well again; -1: for ever */
    bool refuses;            /* serial answers CONSOLE_FAILED */
    uint64_t room;           /* bytes serial takes of a write */
    char output[4096];
    size_t output_length;
    const char *input;     /* what CONSOLE_READ still has to give */
    unsigned calls;        /* to serial */
    uint64_t root_request; /* word 0 of the last call to root */
    enum quoll_error root_answer;
    uint64_t signals;       /* at COMPONENT_CAP_WATCHDOG */
    struct quoll_trap last; /* the last trap, as it was made */
    struct step *script;
    unsigned steps, step;
    jmp_buf end; /* of the script */
};

extern struct fake fake;

int fake_setup(void **state);

int test_messages(void);
int test_time(void);
int test_console(void);
int test_loop(void);
int test_memory(void);
