/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads and virtual CPUs of the fake architecture: registers that tests read and write in the place of programs.
 */
#include <string.h>

#include "arch.h"
#include "arch_vcpu_inline.h"
#include "check.h"
#include "thread.h"
#include "vcpu.h"

void arch_thread_init(struct thread *thread)
{
    thread->arch.frame = &thread->arch.registers;
}

void arch_thread_start(struct thread *thread, uint64_t pc, uint64_t stack, uint64_t argument)
{
    memset(&thread->arch.registers, 0, sizeof(thread->arch.registers));
    thread->arch.frame->pc = pc;
    thread->arch.frame->x[0] = argument;
    thread->arch.sp = stack;
    thread->arch.tpidr = 0;
}

void arch_thread_restart_call(struct thread *thread)
{
    thread->arch.frame->pc -= 4;
}

uint64_t arch_thread_register(const struct thread *thread, unsigned index)
{
    switch (index) {
    case QUOLL_REGISTER_SP:
        return thread->arch.sp;
    case QUOLL_REGISTER_PC:
        return thread->arch.frame->pc;
    case QUOLL_REGISTER_PSTATE:
        return thread->arch.frame->pstate;
    case QUOLL_REGISTER_TPIDR:
        return thread->arch.tpidr;
    default:
        return thread->arch.frame->x[index];
    }
}

void arch_thread_forget(struct thread *thread)
{
    (void)thread;
}

void arch_vcpu_init(struct vcpu *vcpu)
{
    vcpu->arch = (struct arch_vcpu){0};
}

bool arch_vcpu_read(struct vcpu *vcpu, unsigned reg, uint64_t *value)
{
    *value = vcpu->arch.reg[reg];
    return true;
}

bool arch_vcpu_write(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
    vcpu->arch.reg[reg] = value;
    return true;
}

bool arch_vcpu_resident(const struct vcpu *vcpu)
{
    (void)vcpu;
    return false;
}

void arch_vcpu_frame(struct vcpu *vcpu)
{
    struct arch_thread *arch = &vcpu->thread->arch;

    arch->frame = vcpu->page != NULL ? (struct arch_frame *)(void *)vcpu->page : &arch->registers;
}

void arch_vcpu_reset(struct vcpu *vcpu)
{
    (void)vcpu;
}

/*
 * A syndrome of the fake architecture says the access in plain fields: size in bits 0..3, register in 4..8, write 9,
 * sign 10, wide 11; zero says too little.
 */
bool arch_vcpu_access(const struct vcpu *vcpu, uint64_t syndrome, struct vcpu_access *access)
{
    (void)vcpu;
    *access = (struct vcpu_access){
        .size = syndrome & 15,
        .reg = syndrome >> 4 & 31,
        .write = (syndrome >> 9 & 1) != 0,
        .sign = (syndrome >> 10 & 1) != 0,
        .wide = (syndrome >> 11 & 1) != 0,
        .length = 4,
    };
    return access->size == 1 || access->size == 2 || access->size == 4 || access->size == 8;
}

void arch_vcpu_complete(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t value)
{
    struct arch_frame *frame = vcpu->thread->arch.frame;

    if (!access->write && access->reg < 31)
        frame->x[access->reg] = access->size < 8 ? value & ((UINT64_C(1) << (8 * access->size)) - 1) : value;
    frame->pc += access->length;
}

bool arch_vcpu_timer_asserted(struct vcpu *vcpu)
{
    return vcpu->arch.timer_asserted;
}

void arch_vcpu_timer_hold(struct vcpu *vcpu, bool hold)
{
    vcpu->arch.timer_held = hold;
}

unsigned arch_list_register_count(void)
{
    return HOST_LIST_REGISTERS;
}

struct list_register arch_list_register_read(struct vcpu *vcpu, unsigned index)
{
    CHECK(index < HOST_LIST_REGISTERS);
    const struct host_list_register *held = &vcpu->arch.list_register[index];

    return (struct list_register){.interrupt = held->interrupt, .pending = held->pending, .active = held->active};
}

void arch_list_register_write(struct vcpu *vcpu, unsigned index, struct list_register value)
{
    CHECK(index < HOST_LIST_REGISTERS);
    vcpu->arch.list_register[index] = (struct host_list_register){
        .interrupt = value.interrupt,
        .priority = value.priority,
        .pending = value.pending,
        .active = value.active,
        .group1 = value.group1,
        .hardware = value.hardware,
        .report = value.report,
    };
}

bool arch_list_register_again(struct vcpu *vcpu, unsigned index)
{
    CHECK(index < HOST_LIST_REGISTERS);
    struct host_list_register *held = &vcpu->arch.list_register[index];

    if (held->pending || held->active)
        return false;
    held->pending = true;
    return true;
}

void arch_list_register_underflow(struct vcpu *vcpu, bool enable)
{
    vcpu->arch.underflow = enable;
}
