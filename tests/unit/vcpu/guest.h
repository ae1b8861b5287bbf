/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A vCPU on the fake machine, and what a guest does to its list registers.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host.h"
#include "thread.h"
#include "vcpu.h"

extern struct thread guest_thread;
extern struct vcpu guest;

enum { GUEST_NOTHING = 1023 }; /* what an acknowledgement without anything pending reads */

/* A fresh machine, a fresh vCPU with nothing enabled. */
void guest_reset(void);

/* All fields of an interrupt at once; `state` without the priority. */
void guest_configure(unsigned interrupt, unsigned state, unsigned priority);
void guest_change(unsigned interrupt, unsigned state, unsigned mask);
uint64_t guest_state(unsigned interrupt);

/* The list register that holds the interrupt, or null. */
struct host_list_register *guest_listed(unsigned interrupt);

/* Acknowledge the most urgent pending interrupt that may preempt what is active. */
unsigned guest_acknowledge(void);
/* Deactivate it, with what hardware does then: HW=1, reports, the maintenance interrupt. */
void guest_deactivate(unsigned interrupt);

int run_virtual_interrupt_tests(void);
int run_random_tests(void);
int run_match_tests(void);
