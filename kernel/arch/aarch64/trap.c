/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions from below. What hardware says about one (ESR_EL2, FAR_EL2) is read before anything else is done.
 * References are to the Arm ARM (DDI 0487).
 */
#include "trap.h"
#include "abi/boot_info.h"
#include "arch.h"
#include "fp.h"
#include "gic.h"
#include "interrupt.h"
#include "schedule.h"
#include "switch.h"
#include "sysreg.h"
#include "thread.h"
#include "timer.h"
#include "trace.h"
#include "vcpu.h"

extern const struct boot_info boot_info;

static void tell_imprecise(struct thread *thread, uint64_t syndrome)
{
    if (thread->vcpu == NULL)
        thread_fault(thread, QUOLL_FAULT_IMPRECISE, 0, syndrome);
    else
        vcpu_exit(thread, QUOLL_EXIT_IMPRECISE, syndrome, 0, 0, 0);
}

static inline uint64_t acknowledge(const struct core *core)
{
    uint64_t line = gic_acknowledge();

    if (line < GIC_SPURIOUS) {
        trace_interrupt(core, (uint32_t)line);
    }
    return line;
}

/* The kernel's timer, its priority dropped. */
static void deliver_timer(struct core *core)
{
    core->arch.overtaken = false;
    arch_timer_set(UINT64_MAX); /* the line goes down; the timer is armed anew when it is known for what */
    arch_interrupt_complete(boot_info.hypervisor_timer);
    timer_expire(core, arch_counter());
}

static void deliver_interrupt(struct core *core, uint64_t taken)
{
    uint32_t line = (uint32_t)taken;

    if (line >= GIC_SPURIOUS)
        return;
    gic_drop(line);
    isb();
    if (line == boot_info.hypervisor_timer) {
        deliver_timer(core);
    } else if (line == boot_info.virtual_timer) {
        vcpu_arch_timer_interrupt(core);
    } else if (line == boot_info.maintenance) {
        arch_interrupt_complete(line);
        if (core->arch.resident != NULL)
            vcpu_maintenance(core->arch.resident);
    } else if (line < 16) {
        arch_interrupt_complete(line); /* an SGI: other cores do not run yet */
    } else {
        interrupt_deliver(core, line);
    }
}

/*
 * Nobody can run. WFI (D1.6.2) ends when an interrupt is pending, though it is masked here. Answers who runs at once
 * (preempt.h), if anybody. Out of line, so that leaving costs no registers for it.
 */
static __attribute__((noinline)) struct thread *idle(struct core *core)
{
    struct vcpu *resident = core->arch.resident;
    uint64_t line = 0;

    trace_leave(core, NULL);
    dsb();
    __asm__ volatile("wfi" ::: "memory");
    trace_enter(core, QUOLL_TRACE_ENTRY_INTERRUPT);
    line = acknowledge(core);
    if (line == boot_info.virtual_timer && resident != NULL && arch_vcpu_timer_asserted(resident) &&
        vcpu_timer_wakes(core, resident, arch_counter_entered())) {
        gic_drop(line);
        return core->current;
    }
    deliver_interrupt(core, line);
    return NULL;
}

/* The thread runs next, unless it first has to be told of what it did: null. */
static inline __attribute__((always_inline)) struct arch_frame *leave_with(struct core *core, struct thread *thread)
{
    bool preempted = core->reschedule; /* the next interrupt, which is near, chooses again */
    struct arch_frame *frame = switch_to(core, thread);

    if (!thread->imprecise) {
        if (core->reschedule && !preempted) /* the timer of the vCPU that was put aside is now the first to expire */
            return NULL;
        trace_leave(core, thread);
        return frame;
    }
    thread->imprecise = false;
    tell_imprecise(thread, thread->arch.imprecise_syndrome);
    return NULL;
}

/*
 * A line that waited until now: who runs at once, if anybody; else it has only been acknowledged. What is due by now
 * comes after that, and is not put off a second time.
 */
static __attribute__((noinline)) struct thread *overtake(struct core *core, uint64_t line)
{
    struct thread *woken = interrupt_overtake(core, (uint32_t)line);

    if (woken == NULL)
        return NULL;
    gic_drop(line);
    if (!core->arch.overtaken)
        core->arch.overtaken = timer_overtaken(core);
    return woken;
}

struct arch_frame *trap_leave(struct core *core)
{
    for (;;) {
        struct thread *thread = schedule_leave(core);
        struct arch_frame *frame = NULL;

        if (thread == NULL)
            thread = idle(core);
        if (thread == NULL)
            continue;
        /* Before the long way from one guest to another. */
        if (thread->vcpu != NULL && core->arch.resident != thread->vcpu && arch_interrupt_waiting()) {
            uint64_t line = acknowledge(core);

            thread = overtake(core, line);
            if (thread == NULL) {
                deliver_interrupt(core, line);
                core->reschedule = true;
                continue;
            }
        }
        frame = leave_with(core, thread);
        if (frame != NULL)
            return frame;
    }
}

/* Leave the kernel for core->current, which was woken at once. */
static struct arch_frame *leave_woken(struct core *core)
{
    struct arch_frame *frame = leave_with(core, core->current);

    return frame != NULL ? frame : trap_leave(core);
}

/* An interrupt that was acknowledged: the thread that it makes run at once, if one; then the kernel is about to be
 * left. */
static inline __attribute__((always_inline)) struct thread *preempt(struct core *core, uint64_t line)
{
    struct interrupt *interrupt = interrupt_lines[line % LINE_TABLE]; /* none for a line from LINE_MAX on */
    struct thread *woken = interrupt != NULL ? interrupt_preempt(core, interrupt) : NULL;

    if (woken != NULL)
        gic_drop(line);
    return woken;
}

enum { VISIT_LINES = 4 }; /* at most so many interrupts are taken before somebody runs */

/*
 * The general way, out of line so that the short one needs no stack. Where it has to be chosen who runs, a line whose
 * thread comes before all who could be does not wait for that, and what is pending by now is taken too, so that the
 * choice is made once; what is left comes right after the exception return, from where it has the short way. The
 * kernel's timer is the first to be taken of all that wait (gic.c), but a line behind it that makes somebody run at
 * once overtakes it: the timer comes after that, and waits for no second one.
 */
static __attribute__((noinline)) struct arch_frame *interrupt_general(struct core *core, uint64_t line)
{
    if (line == boot_info.hypervisor_timer) {
        uint64_t behind = GIC_SPURIOUS;
        bool woken = false;

        gic_drop(line);
        isb();
        if (!core->arch.overtaken && arch_interrupt_waiting()) {
            behind = acknowledge(core);
            woken = overtake(core, behind) != NULL;
        }
        if (!woken) {
            core->arch.overtaken = false;
            woken = timer_wakes(core, arch_counter());
        }
        if (woken) {
            isb(); /* the timer was set anew: its line is down before it can be taken again */
            arch_interrupt_complete((uint32_t)line);
            return leave_woken(core);
        }
        deliver_timer(core);
        line = behind;
    }
    for (unsigned i = 1;; i++) {
        if (core->reschedule && overtake(core, line) != NULL)
            return leave_woken(core);
        deliver_interrupt(core, line);
        if (i == VISIT_LINES || !core->reschedule || !arch_interrupt_waiting())
            return trap_leave(core);
        line = acknowledge(core);
    }
}

/* Leave the kernel after something that may have taken long. What is pending by now: as in interrupt_general. */
static struct arch_frame *leave(struct core *core)
{
    return arch_interrupt_waiting() && core->reschedule ? interrupt_general(core, acknowledge(core)) : trap_leave(core);
}

static void exit_guest(struct thread *thread, const uint64_t *words)
{
    if (words != NULL)
        vcpu_exit(thread, (enum quoll_exit_reason)words[0], words[1], words[2], words[3], words[5]);
}

struct arch_frame *trap_exit(struct core *core)
{
    exit_guest(core->current, core->arch.exit);
    return leave(core);
}

/* Leave the kernel for a native thread that preempted a guest (preempt.h). Null: fast_guest.S does the switch. */
static inline struct arch_frame *leave_guest(struct core *core, struct thread *loaded, struct thread *woken)
{
    if (!switch_is_plain(core, loaded, woken))
        return trap_leave(core);
    trace_leave(core, woken);
    return NULL;
}

struct arch_frame *trap_doorbell(struct core *core, const struct match_entry *entry, uint64_t value)
{
    struct thread *thread = core->current;

    if (match_store(entry, value)) {
        thread->arch.frame->pc += 4;
        if (core->current != thread)
            return leave_guest(core, thread, core->current);
    } else {
        exit_guest(thread, trap_guest(core, thread, SYSREG_READ(esr_el2), SYSREG_READ(far_el2))); /* D19.2 */
    }
    return trap_leave(core);
}

struct arch_frame *trap_synchronous(struct core *core)
{
    uint64_t syndrome = SYSREG_READ(esr_el2); /* D19.2 */
    uint64_t address = SYSREG_READ(far_el2);  /* D19.2 */
    struct thread *thread = core->current;

    trace_enter(core, QUOLL_TRACE_ENTRY_SYNCHRONOUS);
    if (syndrome_class(syndrome) == CLASS_FP)
        fp_take(core, thread);
    else if (thread->vcpu == NULL)
        trap_native(core, thread, syndrome, address);
    else
        exit_guest(thread, trap_guest(core, thread, syndrome, address));
    return leave(core);
}

struct arch_frame *trap_interrupt(struct core *core)
{
    struct thread *loaded = core->arch.loaded;
    uint64_t line = 0;
    struct thread *woken = NULL;

    trace_enter(core, QUOLL_TRACE_ENTRY_INTERRUPT);
    line = acknowledge(core);
    woken = preempt(core, line);
    if (woken == NULL)
        return interrupt_general(core, line);
    if (core->arch.guest != NULL || !switch_is_plain(core, loaded, woken))
        return trap_leave(core);
    trace_leave(core, woken);
    return switch_plain(core, loaded, woken);
}

struct arch_frame *trap_interrupt_taken(struct core *core, uint32_t line)
{
    struct thread *loaded = core->arch.loaded;
    struct thread *woken = NULL;

    trace_enter(core, QUOLL_TRACE_ENTRY_INTERRUPT);
    woken = preempt(core, line);
    return woken != NULL ? leave_guest(core, loaded, woken) : interrupt_general(core, line);
}

struct arch_frame *trap_serror(struct core *core)
{
    trace_enter(core, QUOLL_TRACE_ENTRY_SERROR);
    tell_imprecise(core->current, SYSREG_READ(esr_el2));
    return trap_leave(core);
}
