/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the fake architecture keeps inside the core's structures: registers as the ABI has them, and nothing that runs.
 */
#pragma once

#include "abi/vcpu.h"
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
struct vcpu;

struct arch_frame {
    uint64_t x[31];
    uint64_t pc;
    uint64_t pstate;
};
static_assert(sizeof(struct arch_frame) == sizeof(struct quoll_vcpu_state), "a vCPU's frame is its state page");

struct arch_thread {
    struct arch_frame *frame; /* `registers`, or the state page of a vCPU */
    struct arch_frame registers;
    uint64_t sp, tpidr;
};

/* A list register as the guest's interrupt controller would hold it. */
struct host_list_register {
    uint32_t interrupt;
    uint8_t priority;
    bool pending, active, group1, hardware, report;
};

enum { HOST_LIST_REGISTERS = 4 }; /* as many as a Cortex-A53 has */

struct arch_vcpu {
    uint64_t reg[QUOLL_VCPU_REGISTER_COUNT];
    struct host_list_register list_register[HOST_LIST_REGISTERS];
    bool underflow;
    bool timer_held;
    bool timer_asserted; /* set by the test */
};

struct arch_core {
    uint64_t unused;
};
