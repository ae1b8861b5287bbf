/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers for assembly files. Compiled to assembly only; the build turns each marked line into a definition in
 * offsets.h.
 */
#include "abi/boot_info.h"
#include "abi/calls.h"
#include "abi/message.h"
#include "budget.h"
#include "core.h"
#include "domain.h"
#include "notification.h"
#include "panic.h"
#include "portal.h"
#include "sysreg.h"
#include "thread.h"
#include "trap.h"
#include "vcpu.h"

#define DEFINE(name, value) __asm__ volatile(".ascii \"-> " #name " %0\"" ::"i"(value))

#define VCPU_REGISTER_AT(name) offsetof(struct vcpu, arch.reg[QUOLL_VCPU_##name])

void offsets_of_core(void);
void offsets_of_thread(void);
void offsets_of_guest(void);

/* The core, capabilities and the objects that they name. */
void offsets_of_core(void)
{
    DEFINE(CORE_CURRENT, offsetof(struct core, current));
    DEFINE(CORE_PAYER, offsetof(struct core, payer)); /* and payer_since */
    static_assert(offsetof(struct core, payer_since) == offsetof(struct core, payer) + 8, "a pair");
    DEFINE(CORE_BAR, offsetof(struct core, bar)); /* and reschedule */
    DEFINE(CORE_TIMERS, offsetof(struct core, timers.first));
    DEFINE(NODE_KEY, offsetof(struct ordered_node, key));
    static_assert(offsetof(struct timer, node) == 0, "a timer's node is its address");
    DEFINE(PRIORITY_HIGHEST, PRIORITY_COUNT - 1);
    static_assert(offsetof(struct refill, amount) == 8 && offsetof(struct refill, at) == 0, "read as a pair");
    DEFINE(BUDGET_NOW, offsetof(struct budget, now));
    static_assert(offsetof(struct budget, used_until) == offsetof(struct budget, used_since) + 8, "a pair");
    DEFINE(BUDGET_USED, offsetof(struct budget, used_since));
    DEFINE(CORE_FRAME, offsetof(struct core, arch.frame));
    static_assert(offsetof(struct core, arch.loaded) == offsetof(struct core, arch.frame) + 8, "stored as a pair");
    DEFINE(CORE_FP_OWNER, offsetof(struct core, arch.fp_owner));
    DEFINE(CORE_CALLABLE, offsetof(struct core, arch.callable));
    DEFINE(CORE_CALLABLE_SHIFTED, offsetof(struct core, arch.callable_shifted));
    static_assert(offsetof(struct thread, wait) == offsetof(struct thread, state) + 7 && WAIT_SAME_DEADLINE == 1 << 7,
                  "the top bit of the condition");
    DEFINE(THREAD_WAIT, offsetof(struct thread, wait));
    DEFINE(WAIT_SAME_DEADLINE, WAIT_SAME_DEADLINE);
    DEFINE(THREAD_DEADLINE, offsetof(struct thread, deadline.node));
    static_assert(sizeof(((struct ordered_node *)NULL)->balance) == 4, "read as a word");
    DEFINE(NODE_BALANCE, offsetof(struct ordered_node, balance));
    static_assert(offsetof(struct core, arch.answerable_exit) == offsetof(struct core, arch.answerable) + 8, "a pair");
    static_assert(((QUOLL_FLAG_DEADLINE | QUOLL_FLAG_NO_REPLY) & 0xffff) == 0, "flags stand above the number");
    DEFINE(FLAG_DEADLINE, QUOLL_FLAG_DEADLINE);
    DEFINE(FLAG_NO_REPLY, QUOLL_FLAG_NO_REPLY);
    DEFINE(CORE_RESCHEDULE, offsetof(struct core, reschedule));
    DEFINE(CORE_ANSWERABLE, offsetof(struct core, arch.answerable));
    DEFINE(CORE_ANSWERABLE_EXIT, offsetof(struct core, arch.answerable_exit));
    DEFINE(CORE_ZERO, offsetof(struct core, arch.zero));
    DEFINE(CORE_IMPRECISE, offsetof(struct core, arch.imprecise));
    DEFINE(CORE_IMPRECISE_SYNDROME, offsetof(struct core, arch.imprecise_syndrome));
    static_assert(offsetof(struct object, type) % 4 == 0, "read as one word with what follows");
    DEFINE(OBJECT_TYPE, offsetof(struct object, type));
    DEFINE(OBJECT_DYING_BIT, 8 * (offsetof(struct object, dying) - offsetof(struct object, type)));
    DEFINE(TYPE_PORTAL, QUOLL_TYPE_PORTAL); /* as that word of a portal that is alive */
    static_assert(sizeof(struct slot) == 40 && offsetof(struct slot, object) == 0, "fast.S computes the address");
    DEFINE(SLOT_LABEL, offsetof(struct slot, label));
    DEFINE(SLOT_RIGHTS, offsetof(struct slot, rights));
    DEFINE(RIGHT_CALL_BIT, __builtin_ctz(QUOLL_RIGHT_CALL));
    DEFINE(RIGHT_SIGNAL_BIT, __builtin_ctz(QUOLL_RIGHT_SIGNAL));
    DEFINE(TYPE_NOTIFICATION, QUOLL_TYPE_NOTIFICATION);
    DEFINE(NUMBER_SIGNAL, QUOLL_CALL_notification_signal);
    DEFINE(KIND_NOTIFICATION, QUOLL_KIND_NOTIFICATION);
    DEFINE(NUMBER_CALL, QUOLL_CALL_portal_call);
    DEFINE(NUMBER_REPLY_WAIT, QUOLL_CALL_self_reply_wait);
    DEFINE(ERROR_BAD_CALL, QUOLL_BAD_CALL);
    DEFINE(PORTAL_SERVER, offsetof(struct portal, server.object));
    static_assert(offsetof(struct notification, waiter) == offsetof(struct notification, bound) + 8, "a pair");
    DEFINE(NOTIFICATION_BOUND, offsetof(struct notification, bound));
    DEFINE(NOTIFICATION_WAITER, offsetof(struct notification, waiter));
    DEFINE(NOTIFICATION_PENDING, offsetof(struct notification, pending));
}

/* Threads and their frames. */
void offsets_of_thread(void)
{
    DEFINE(THREAD_CONDITION, offsetof(struct thread, state));
    DEFINE(STATE_READY, THREAD_READY);
    DEFINE(STATE_NOTIFICATION, THREAD_NOTIFICATION);
    DEFINE(STATE_WAITING, THREAD_WAITING);
    DEFINE(STATE_CALLING, THREAD_CALLING);
    DEFINE(CHAIN_LIMIT, CHAIN_MAX);
    DEFINE(THREAD_CAPABILITIES, offsetof(struct thread, capabilities));
    DEFINE(THREAD_BUDGET, offsetof(struct thread, budget));
    static_assert(offsetof(struct thread, fault_pending) == offsetof(struct thread, place) + 1, "read as a pair");
    DEFINE(THREAD_PLACE, offsetof(struct thread, place));
    static_assert(PLACE_RUNNING == 1, "stored as true, too");
    DEFINE(PLACE_IS_RUNNING, PLACE_RUNNING);
    DEFINE(THREAD_PRIORITY, offsetof(struct thread, priority));
    DEFINE(THREAD_NOTIFIED, offsetof(struct thread, notified_last));
    DEFINE(THREAD_AWAITED, offsetof(struct thread, awaited));
    static_assert(offsetof(struct thread, notified_last) == offsetof(struct thread, orphan) + 1, "stored as a pair");
    DEFINE(THREAD_ORPHAN, offsetof(struct thread, orphan));
    static_assert(offsetof(struct thread, passive) == offsetof(struct thread, depth) + 1, "read as a pair");
    DEFINE(THREAD_DEPTH, offsetof(struct thread, depth));
    DEFINE(THREAD_CALLEE, offsetof(struct thread, callee)); /* and called */
    static_assert(offsetof(struct thread, receive_index) == offsetof(struct thread, send_index) + 8, "a pair");
    DEFINE(THREAD_SEND, offsetof(struct thread, send_index)); /* and rights, and receive_index */
    DEFINE(THREAD_RECEIVE, offsetof(struct thread, receive_index));
    static_assert(offsetof(struct thread, callers.root) == offsetof(struct thread, serving) + 8, "read as a pair");
    DEFINE(THREAD_SERVING, offsetof(struct thread, serving));
    DEFINE(THREAD_CALLERS, offsetof(struct thread, callers.first));
    DEFINE(THREAD_BOUND, offsetof(struct thread, bound.object));
    DEFINE(THREAD_FRAME, offsetof(struct thread, arch.registers));
    DEFINE(THREAD_FP, offsetof(struct thread, arch.fp));
    DEFINE(THREAD_SP, offsetof(struct thread, arch.sp)); /* and tpidr */
    DEFINE(THREAD_VTTBR, offsetof(struct thread, arch.vttbr));
    DEFINE(CONDITION_KIND_SHIFT, 8 * (offsetof(struct thread, call_kind) - offsetof(struct thread, state)));
    DEFINE(KIND_PAGE, CALL_PAGE);
    DEFINE(THREAD_DOMAIN, offsetof(struct thread, domain));
    DEFINE(DOMAIN_PAGER, offsetof(struct domain, pager));
    static_assert(offsetof(struct domain, pager_size) == offsetof(struct domain, pager_base) + 8, "read as a pair");
    DEFINE(DOMAIN_PAGER_RANGE, offsetof(struct domain, pager_base));
    DEFINE(FAULT_READ, QUOLL_FAULT_READ);
    static_assert(QUOLL_FAULT_WRITE == QUOLL_FAULT_READ + 1, "fast.S adds the syndrome's bit");
    DEFINE(SYNDROME_WRITE_BIT, __builtin_ctzll(SYNDROME_WRITE));
}

/* Virtual CPUs, and what assembly knows of hardware. */
void offsets_of_guest(void)
{
    DEFINE(CONDITION_IS_VCPU_SHIFT, 8 * (offsetof(struct thread, is_vcpu) - offsetof(struct thread, state)));
    DEFINE(THREAD_VCPU, offsetof(struct thread, vcpu));
    static_assert(offsetof(struct thread, arch.vttbr) == offsetof(struct thread, arch.frame) + 8, "read as a pair");
    DEFINE(THREAD_FRAME_POINTER, offsetof(struct thread, arch.frame));
    DEFINE(CORE_EXIT, offsetof(struct core, arch.exit));
    DEFINE(CORE_NATIVE, offsetof(struct core, arch.hcr_native));
    static_assert(offsetof(struct core, arch.frame) == offsetof(struct core, arch.guest) + 8, "read as a pair");
    DEFINE(CORE_GUEST, offsetof(struct core, arch.guest));
    DEFINE(CORE_RESIDENT, offsetof(struct core, arch.resident));
    DEFINE(CORE_GUEST_MODES, offsetof(struct core, arch.guest_modes));
    static_assert(offsetof(struct slot, label) == 8, "read as a pair with the object");
    DEFINE(VCPU_EXIT, offsetof(struct vcpu, exit));
    DEFINE(VCPU_SCTLR, VCPU_REGISTER_AT(SCTLR_EL1)); /* and CPACR_EL1 */
    DEFINE(VCPU_TPIDR, VCPU_REGISTER_AT(TPIDR_EL0)); /* and TPIDRRO_EL0 */
    DEFINE(VCPU_SP, VCPU_REGISTER_AT(SP_EL0));       /* and CNTKCTL_EL1 */
    DEFINE(VCPU_MDSCR, VCPU_REGISTER_AT(MDSCR_EL1));
    DEFINE(VCPU_HCR, offsetof(struct vcpu, arch.hcr));
    DEFINE(VCPU_TIMER_LISTED, offsetof(struct vcpu, timer_listed));
    DEFINE(VCPU_WAITING, offsetof(struct vcpu, waiting.first));
    DEFINE(VCPU_LIST_REGISTER, offsetof(struct vcpu, arch.ich_lr));
    DEFINE(VCPU_TIMER_OFFERED, offsetof(struct vcpu, interrupts[VIRTUAL_TIMER_INTERRUPT].offered));
    DEFINE(VCPU_TIMER_ACTIVE, offsetof(struct vcpu, interrupts[VIRTUAL_TIMER_INTERRUPT].active));
    DEFINE(TIMER_INTERRUPT, VIRTUAL_TIMER_INTERRUPT);
    DEFINE(VCPU_TIMER_LINE, offsetof(struct vcpu, interrupts[VIRTUAL_TIMER_INTERRUPT].line));
    DEFINE(VCPU_MATCH_REACH, offsetof(struct vcpu, match.reach));
    DEFINE(VCPU_MATCH_KEY, offsetof(struct vcpu, match.key));
    DEFINE(VCPU_MATCH_ENTRY, offsetof(struct vcpu, match.entry));
    static_assert(offsetof(struct slot, label) == offsetof(struct slot, object) + 8, "read as a pair");
    DEFINE(ENTRY_BELL, offsetof(struct match_entry, notification)); /* and its label */
    DEFINE(ENTRY_VALUE, offsetof(struct match_entry, value));
    DEFINE(VCPU_MATCH_VALUE, offsetof(struct vcpu, match.entry[0].value));
    DEFINE(VCPU_MATCH_ACTION, offsetof(struct vcpu, match.entry[0].action));
    DEFINE(MATCH_COUNT, QUOLL_MATCH_COUNT);
    DEFINE(MATCH_MULTIPLIER, MATCH_HASH);
    DEFINE(MATCH_SHIFT, MATCH_HASH_SHIFT);
    DEFINE(MATCH_SIZE, MATCH_KEY_SIZE);
    DEFINE(MATCH_WRITE, MATCH_KEY_WRITE);
    DEFINE(ACTION_IGNORE, MATCH_IGNORE);
    DEFINE(EXIT_ABORT, QUOLL_EXIT_ABORT);
    DEFINE(EXIT_SYSTEM_REGISTER, QUOLL_EXIT_SYSTEM_REGISTER);
    static_assert(QUOLL_REPLY_INTERRUPT == 1, "fast_guest.S tests bit 0");
    DEFINE(REPLY_INTERRUPT, QUOLL_REPLY_INTERRUPT);
    DEFINE(HCR_TVM_BIT, __builtin_ctzll(HCR_TVM));
    DEFINE(CLASS_SYSTEM, CLASS_SYSTEM);
    DEFINE(CNTHCTL_GUEST, CNTHCTL_GUEST);
    DEFINE(CNTHCTL_NATIVE, CNTHCTL_NATIVE);
    DEFINE(PSTATE_GUEST, 0xffffffff & ~(SPSR_SS | SPSR_IL));
    DEFINE(SPSR_M, SPSR_M_MASK);
    DEFINE(MODE_EL1H, SPSR_EL1H);
    DEFINE(CLASS_HVC64, CLASS_HVC64);
    DEFINE(CLASS_DATA_ABORT, CLASS_DATA_ABORT);
    DEFINE(CLASS_FP, CLASS_FP);
    DEFINE(CORE_CPTR, offsetof(struct core, arch.cptr_closed)); /* and cptr_open */
    DEFINE(FRAME_PC, offsetof(struct arch_frame, pc));
    DEFINE(FRAME_PSTATE, offsetof(struct arch_frame, pstate));
    DEFINE(PANIC_FRAME_SP, offsetof(struct panic_frame, sp));
    DEFINE(PANIC_FRAME_PC, offsetof(struct panic_frame, pc));
    DEFINE(BOOT_INFO_TABLES, offsetof(struct boot_info, table_count));
    /* MAIR_EL2: attribute 0 normal write-back, 1 Device-nGnRE */
    DEFINE(STAGE1_MAIR, 0x04ff);
    /* SCTLR_EL2: M, C, SA, I, WXN */
    DEFINE(STAGE1_SCTLR, 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19);
}
