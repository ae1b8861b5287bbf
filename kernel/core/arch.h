/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every architecture supplies to kernel/core. arch_types.h and arch_inline.h of the chosen arch/ folder are on
 * the include path; arch_types.h defines struct arch_frame, arch_thread, arch_vcpu, arch_core.
 */
#pragma once

#include "abi/calls.h"
#include "arch_inline.h" /* arch_core(), arch_counter(), arch_interrupt_waiting(), stage-2 descriptors, barriers */
#include "core.h"
#include "types.h"

struct thread;
struct domain;
struct vcpu;
struct vcpu_access;
struct list_register;

/* --- in arch_inline.h, inline:
 * struct core *arch_core(void);               the core this runs on
 * uint64_t arch_counter(void);                CNTPCT
 * uint64_t arch_counter_entered(void);        the same, or some ticks ago, but since the kernel was entered
 * bool arch_fault(void);                      shall this check or allocation fail? Only the fake machine ever says so
 * bool arch_interrupt_waiting(void);          an interrupt is pending behind the mask: preemption points ask this
 * uint64_t arch_index_nospec(uint64_t index, uint64_t limit);  0 when index >= limit, also under speculation
 * uint64_t arch_descriptor_table(paddr_t table);
 * uint64_t arch_descriptor_page(paddr_t page, uint64_t attributes, bool device);   attributes: QUOLL_MAP_*
 * uint64_t arch_descriptor_block(paddr_t block, uint64_t attributes, bool device);
 * bool arch_descriptor_is_table(uint64_t descriptor, unsigned level);
 * paddr_t arch_descriptor_address(uint64_t descriptor);
 * void arch_barrier_table(void);              table writes are seen by the walker before what follows (DSB ISHST)
 * unsigned arch_vmid_count(void);             VMIDs usable; 0 is never given to a domain
 */

/* Threads. A frame's x[0..7] are the words of a message. What is initialised was zeroed. */
void arch_thread_init(struct thread *thread);
void arch_thread_start(struct thread *thread, uint64_t pc, uint64_t stack, uint64_t argument);
void arch_thread_restart_call(struct thread *thread);                       /* pc back to the svc or hvc */
uint64_t arch_thread_register(const struct thread *thread, unsigned index); /* enum quoll_register_index */
void arch_thread_forget(struct thread *thread); /* its FP state or vCPU registers may be in the CPU: drop them */

/* Time and interrupts. Lines are INTIDs. */
void arch_timer_set(uint64_t deadline); /* this core's timer interrupt at that count; UINT64_MAX: a far one */
/* inline: arch_timer_set_near(deadline)     the same, in effect when the kernel is left; at most 2^33 ticks away */
bool arch_interrupt_valid(uint64_t line); /* exists and is not one of the kernel's own */
void arch_interrupt_enable(uint32_t line, enum quoll_trigger trigger);
void arch_interrupt_disable(uint32_t line);
void arch_interrupt_complete(uint32_t line); /* deactivate: it may be taken again */

/* Address spaces: TLB maintenance under a VMID, after the entries were cleared and arch_barrier_table() was called. */
void arch_tlb_flush_pages(unsigned vmid, ipa_t first, uint64_t size, uint64_t stride); /* at most 64 strides */
void arch_tlb_flush_space(unsigned vmid);

/* Zeroes for the kernel alone, in multiples of 64 bytes. */
void arch_clear(void *block, uint64_t size);
/* Memory: zero a range (page multiples), so that the zeroes are what an uncached reader would see too. */
void arch_memory_zero(paddr_t base, uint64_t size);
/* Clean and invalidate to the point of coherency. */
void arch_cache_clean_invalidate(paddr_t base, uint64_t size);

/* Virtual CPUs (arch/aarch64/vcpu_arch.c). All work whether the vCPU's registers are in the CPU or saved. */
void arch_vcpu_init(struct vcpu *vcpu);
bool arch_vcpu_read(struct vcpu *vcpu, unsigned reg, uint64_t *value); /* enum quoll_vcpu_register; false: unknown */
bool arch_vcpu_write(struct vcpu *vcpu, unsigned reg, uint64_t value);
bool arch_vcpu_resident(const struct vcpu *vcpu);
void arch_vcpu_frame(struct vcpu *vcpu); /* vcpu->page changed: use it, or when it is null a frame of our own */
/* The vCPU's thread is about to start anew: its interrupt controller's CPU interface is as after reset. */
void arch_vcpu_reset(struct vcpu *vcpu);
/* What a data abort's syndrome says of the access; false when it says too little. */
bool arch_vcpu_access(const struct vcpu *vcpu, uint64_t syndrome, struct vcpu_access *access);
/* Finish the trapped access: a load gets `value`, truncated and extended as the instruction asks; pc moves on. */
void arch_vcpu_complete(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t value);
/* The virtual timer's output: enabled, not masked, deadline reached. */
bool arch_vcpu_timer_asserted(struct vcpu *vcpu);
/* The timer's line at the interrupt controller: held (active, cannot be taken) or free to be taken again. */
void arch_vcpu_timer_hold(struct vcpu *vcpu, bool hold);
/* --- in arch_vcpu_inline.h:
 * unsigned arch_list_register_count(void);                                         at most LIST_REGISTER_MAX
 * struct list_register arch_list_register_read(struct vcpu *vcpu, unsigned index); `pending` and `active` are right
 * void arch_list_register_write(struct vcpu *vcpu, unsigned index, struct list_register value);  all zero: empty
 * bool arch_list_register_again(struct vcpu *vcpu, unsigned index);
 *     pending once more, if it is neither pending nor active; false: nothing has changed
 * bool arch_vcpu_resumes(const struct vcpu *vcpu);   it can go on with what the CPU holds of it, but for crossing
 */
/* A maintenance interrupt when nothing listed is pending or all but one are done. */
void arch_list_register_underflow(struct vcpu *vcpu, bool enable);

/* The board */
/* Root itself faulted: say so and stop. */
_Noreturn void arch_panic_thread(struct thread *thread, enum quoll_fault_reason reason, uint64_t address,
                                 uint64_t syndrome);
void arch_power(enum quoll_power_action action);
void arch_console_write(const char *text, size_t length); /* boot and panic messages */

/* --- what the core offers to the architecture:
 * call_dispatch(thread)                       calls.h
 * thread_fault(...), domain_memory_fault(...) thread.h, domain.h
 * vcpu_exit(...), vcpu_wait_for_interrupt(...), vcpu_timer_fired, vcpu_maintenance   vcpu.h
 * interrupt_deliver(core, line)               interrupt.h
 * timer_expire(core, now)                     timer.h
 * schedule_leave(core)                        schedule.h: after any of these, before the exception return: returns
 *                                             the thread to run (also in core->current), or null to idle
 * kernel_boot(info, image_start)              boot.h: once, after the architecture is up; makes root
 */
