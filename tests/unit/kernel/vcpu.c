/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Virtual CPUs: exits and their replies, the match table, virtual interrupts through four list registers, WFI.
 */
#include "machine.h"

#include "vcpu.h"

enum { PERIOD = 1000000, TIME = 50000, DOORBELL = 0x0a000050, EXIT_LABEL = 900 };
enum { WORD = 4, STORE = 1 << 9, REGISTER_5 = 5 << 4 }; /* syndromes of the fake architecture */

static unsigned pool, vm, state_memory, exit_portal, vcpu_index, interrupts;
static struct program vmm;
static struct thread *guest;

static int start(void **state)
{
    machine_start(state);
    pool = make_pool(UINT64_C(2) << 20);
    vmm = make_program(pool, 40, TIME, PERIOD);
    vm = make_domain(pool, QUOLL_DOMAIN_VM);
    state_memory = make_memory(PAGE_SIZE);
    exit_portal = make_portal(pool, &vmm, EXIT_LABEL);
    vcpu_index = fresh();
    EXPECT(pool_create_vcpu, pool, vcpu_index, vm, state_memory, exit_portal, 0, 10);
    guest = container_of(root_object(vcpu_index), struct thread, object);
    unsigned budget = make_budget(pool, TIME, PERIOD, 8);
    EXPECT(thread_set_budget, vcpu_index, budget);
    interrupts = make_notification(pool);
    EXPECT(thread_bind_virtual_interrupts, vcpu_index, interrupts, 32);
    start_program(&vmm);
    EXPECT(thread_start, vcpu_index, 0, 0, 0);
    root_rest();
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_ptr_equal(core->current, guest);
    return 0;
}

/* The guest's data abort. */
static void trap(uint64_t syndrome, uint64_t address, uint64_t value)
{
    vcpu_exit(guest, QUOLL_EXIT_ABORT, syndrome, address, value, 0);
    leave();
}

static uint64_t pending_flags(unsigned notification)
{
    return container_of(root_object(notification), struct notification, object)->pending;
}

static void create_refuses(void **state)
{
    unsigned index = 0;
    unsigned device_less = 0;

    (void)state;
    root_run();
    index = fresh();
    REFUSE(SLOT_TAKEN, pool_create_vcpu, pool, pool, vm, state_memory, exit_portal, 0, 10);
    REFUSE(BAD_ARGUMENT, pool_create_vcpu, pool, index, vmm.domain, state_memory, exit_portal, 0, 10);
    REFUSE(BAD_ARGUMENT, pool_create_vcpu, pool, index, vm, BOOT_CAP_DEVICE, exit_portal, 0, 10);
    REFUSE(BAD_ARGUMENT, pool_create_vcpu, pool, index, vm, state_memory, exit_portal, 1, 10);
    REFUSE(BAD_ARGUMENT, pool_create_vcpu, pool, index, vm, state_memory, exit_portal, UINT64_MAX, 10);
    REFUSE(BAD_ARGUMENT, pool_create_vcpu, pool, index, vm, state_memory, exit_portal, 0, QUOLL_PRIORITY_COUNT);
    device_less = make_memory(2 * PAGE_SIZE);
    EXPECT(pool_create_memory, pool, fresh(), device_less, 0, PAGE_SIZE);
    REFUSE(BUSY, pool_create_vcpu, pool, index, vm, device_less, exit_portal, 0, 10);
    REFUSE(BUSY, pool_create_memory, pool, fresh(), state_memory, 0, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_portal, pool, index, vcpu_index, 0);
    REFUSE(BAD_TYPE, thread_read_vcpu, vmm.thread_index, 0);
    REFUSE(BAD_TYPE, thread_write_vcpu, vmm.thread_index, 0, 0);
    REFUSE(BAD_TYPE, thread_set_virtual_interrupt, vmm.thread_index, 32, 0, 0);
    REFUSE(BAD_TYPE, thread_get_virtual_interrupt, vmm.thread_index, 32);
    REFUSE(BAD_TYPE, thread_bind_virtual_interrupts, vmm.thread_index, interrupts, 32);
    REFUSE(BAD_TYPE, thread_match_constant, vmm.thread_index, DOORBELL, 4, 1);
    REFUSE(BAD_TYPE, thread_match_ignore, vmm.thread_index, DOORBELL, 4);
    REFUSE(BAD_TYPE, thread_match_notify, vmm.thread_index, DOORBELL, 4, interrupts, 1);
    REFUSE(BAD_TYPE, thread_match_remove, vmm.thread_index, DOORBELL);
    REFUSE(BAD_ARGUMENT, notification_bind, note, vcpu_index);
}

static void exits_are_calls(void **state)
{
    (void)state;
    guest->arch.frame->pc = 0x40001000;
    guest->arch.frame->x[5] = 77;
    trap(WORD | STORE | REGISTER_5, 0x09000000, 77);
    assert_current(vmm);
    assert_int_equal(QUOLL_X8_LABEL(result(vmm.thread, 8)), EXIT_LABEL);
    assert_int_equal(result(vmm.thread, 0), QUOLL_EXIT_ABORT);
    assert_int_equal(result(vmm.thread, 1), WORD | STORE | REGISTER_5);
    assert_int_equal(result(vmm.thread, 2), 0x09000000);
    assert_int_equal(result(vmm.thread, 3), 77);
    assert_int_equal(result(vmm.thread, 4), 0x40001000);
    for (unsigned i = 5; i < 8; i++)
        assert_int_equal(result(vmm.thread, i), 0);
    assert_ptr_equal(core->payer, guest);
    /* The VMM sees the guest's registers in its page, and changes them. */
    struct quoll_vcpu_state *page = paddr_pointer(container_of(root_object(state_memory), struct memory, object)->base);
    assert_int_equal(page->pc, 0x40001000);
    assert_int_equal(page->x[5], 77);
    page->x[5] = 78;
    page->pc += 4;
    (void)invoke(QUOLL_CALL_self_reply_wait, 0, (const uint64_t[8]){0, 1, 2, 3});
    assert_ptr_equal(core->current, guest);
    assert_int_equal(guest->arch.frame->x[5], 78);
    assert_int_equal(guest->arch.frame->x[0], 0); /* no word of the reply shows in a register */
    assert_int_equal(guest->arch.frame->pc, 0x40001004);
}

static void reply_stops_and_injects(void **state)
{
    uint64_t on = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING;

    (void)state;
    trap(WORD, 0x08000000, 0);
    (void)invoke(QUOLL_CALL_self_reply_wait, 0,
                 (const uint64_t[8]){QUOLL_REPLY_STOP | QUOLL_REPLY_INTERRUPT, 40, on, on});
    assert_null(core->current);
    root_run();
    EXPECT(thread_status, vcpu_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_SUSPENDED);
    EXPECT(thread_get_virtual_interrupt, vcpu_index, 40);
    assert_int_equal(result(core->current, 0), on);
    EXPECT(thread_read_vcpu, vcpu_index, QUOLL_VCPU_SCTLR_EL1);
    EXPECT(thread_write_vcpu, vcpu_index, QUOLL_VCPU_SCTLR_EL1, 0x30d00800);
    EXPECT(thread_read_vcpu, vcpu_index, QUOLL_VCPU_SCTLR_EL1);
    assert_int_equal(result(core->current, 0), 0x30d00800);
    REFUSE(BAD_ARGUMENT, thread_read_vcpu, vcpu_index, QUOLL_VCPU_REGISTER_COUNT);
    REFUSE(BAD_ARGUMENT, thread_write_vcpu, vcpu_index, UINT64_MAX, 0);
    EXPECT(thread_resume, vcpu_index);
    REFUSE(BUSY, thread_read_vcpu, vcpu_index, 0);
    REFUSE(BUSY, thread_write_vcpu, vcpu_index, 0, 0);
    root_rest();
    assert_ptr_equal(core->current, guest);
}

static void vmm_goes_away(void **state)
{
    unsigned supervisor = 0;

    (void)state;
    root_run();
    supervisor = make_notification(BOOT_CAP_POOL);
    EXPECT(thread_set_supervisor, vcpu_index, supervisor, 1, 5);
    root_rest();
    trap(WORD, 0x08000000, 0);
    assert_current(vmm);
    root_run();
    EXPECT(any_destroy, vmm.thread_index);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
    root_run();
    EXPECT(notification_take_fault, supervisor);
    assert_int_equal(result(core->current, 0), 5);
    assert_int_equal(result(core->current, 1), QUOLL_FAULT_VCPU);
}

static void state_page_goes_away(void **state)
{
    (void)state;
    root_run();
    EXPECT(any_destroy, state_memory);
    assert_true(guest->faulted);
    assert_null(guest->vcpu->page);
    REFUSE(BAD_STATE, thread_start, vcpu_index, 0, 0, 0);
    EXPECT(any_destroy, vcpu_index);
}

/* A vCPU faults while its exit is served, and then the VMM faults, too: the record is of what came first. */
static void first_fault_is_kept(void **state)
{
    unsigned supervisor = 0;

    (void)state;
    root_run();
    supervisor = make_notification(pool);
    EXPECT(thread_set_supervisor, vcpu_index, supervisor, 1, 5);
    root_rest();
    trap(0, DOORBELL, 0);
    assert_current(vmm);
    guest->arch.registers.pc = 0x4000; /* what it has when its state page is gone */
    root_run();
    EXPECT(any_destroy, state_memory);
    root_rest();
    thread_fault(vmm.thread, QUOLL_FAULT_READ, 0x1000, 0);
    leave();
    root_run();
    EXPECT(notification_take_fault, supervisor);
    assert_int_equal(result(core->current, 1), QUOLL_FAULT_VCPU);
    assert_int_equal(result(core->current, 2), 0x4000);
    assert_int_equal(result(core->current, 4), 0);
    REFUSE(NOT_FOUND, notification_take_fault, supervisor);
}

static void match_table(void **state)
{
    unsigned service = 0;
    unsigned narrow = 0;

    (void)state;
    root_run();
    service = make_notification(pool);
    narrow = fresh();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, narrow, service, QUOLL_RIGHT_SIGNAL, 0xf0);
    EXPECT(thread_match_notify, vcpu_index, DOORBELL, 4, service, 2);
    EXPECT(thread_match_constant, vcpu_index, DOORBELL + 0x10, 4, 0xabcd);
    EXPECT(thread_match_ignore, vcpu_index, DOORBELL + 0x14, 4);
    EXPECT(thread_match_notify, vcpu_index, DOORBELL + 0x20, 8, narrow, 64);
    root_rest();

    /* A doorbell: the flag is raised and the guest goes on behind the store. */
    guest->arch.frame->pc = 0x1000;
    trap(WORD | STORE, DOORBELL, 1);
    assert_ptr_equal(core->current, guest);
    assert_int_equal(guest->arch.frame->pc, 0x1004);
    assert_int_equal(pending_flags(service), 2);
    trap(WORD | STORE, DOORBELL, UINT64_C(0xffffffff00000000)); /* only the access's bytes count */
    assert_int_equal(pending_flags(service), 3);
    trap(WORD | REGISTER_5, DOORBELL + 0x10, 0);
    assert_int_equal(guest->arch.frame->x[5], 0xabcd);
    trap(WORD | STORE, DOORBELL + 0x14, 5);
    assert_ptr_equal(core->current, guest);
    assert_int_equal(guest->arch.frame->pc, 0x1010);
    trap(8 | STORE, DOORBELL + 0x20, 5);
    assert_int_equal(pending_flags(service), 0x23);
    trap(8 | STORE, DOORBELL + 0x20, 1); /* a flag that its capability may not raise */
    assert_int_equal(pending_flags(service), 0x23);

    /* What the table does not know exactly goes to the VMM. */
    const struct {
        uint64_t syndrome, address, value;
    } exits[] = {
        {WORD | STORE, DOORBELL, 2},        {WORD, DOORBELL, 0},        {2 | STORE, DOORBELL, 0},
        {WORD | STORE, DOORBELL + 0x10, 0}, {WORD, DOORBELL + 0x14, 0}, {8 | STORE, DOORBELL + 0x20, 64},
        {WORD | STORE, DOORBELL + 4, 0},    {0, DOORBELL, 0},           {WORD | STORE, DOORBELL + 1, 0},
    };
    for (unsigned i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
        trap(exits[i].syndrome, exits[i].address, exits[i].value);
        assert_current(vmm);
        (void)invoke(QUOLL_CALL_self_reply_wait, 0, (const uint64_t[8]){0});
        assert_ptr_equal(core->current, guest);
        assert_int_equal(guest->arch.frame->pc, 0x1018);
    }

    root_run();
    EXPECT(thread_match_remove, vcpu_index, DOORBELL + 0x14);
    REFUSE(NOT_FOUND, thread_match_remove, vcpu_index, DOORBELL + 0x14);
    EXPECT(any_destroy, service);
    root_rest();
    trap(WORD | STORE, DOORBELL, 1);
    assert_current(vmm);
}

static void match_refuses(void **state)
{
    unsigned made = 0;
    enum quoll_error error = QUOLL_OK;

    (void)state;
    root_run();
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, DOORBELL, 3);
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, DOORBELL, 0);
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, DOORBELL, 16);
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, DOORBELL + 2, 4);
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, QUOLL_ADDRESS_LIMIT, 4);
    REFUSE(BAD_ARGUMENT, thread_match_ignore, vcpu_index, UINT64_MAX - 3, 4);
    REFUSE(BAD_ARGUMENT, thread_match_notify, vcpu_index, DOORBELL, 4, note, 0);
    REFUSE(BAD_ARGUMENT, thread_match_notify, vcpu_index, DOORBELL, 4, note, 65);
    EXPECT(thread_match_ignore, vcpu_index, DOORBELL, 4);
    REFUSE(OVERLAP, thread_match_ignore, vcpu_index, DOORBELL, 4);
    REFUSE(OVERLAP, thread_match_constant, vcpu_index, DOORBELL + 2, 2, 0);
    REFUSE(OVERLAP, thread_match_constant, vcpu_index, DOORBELL, 8, 0);
    while (error == QUOLL_OK) {
        error = (enum quoll_error)INVOKE(thread_match_ignore, vcpu_index, 0x100000 + made * 0x200, 4);
        made++;
    }
    assert_int_equal(error, QUOLL_NO_SPACE);
    assert_in_range(made, 17, QUOLL_MATCH_COUNT);
}

static const struct host_list_register *listed(uint32_t interrupt)
{
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        const struct host_list_register *held = &guest->vcpu->arch.list_register[i];
        if ((held->pending || held->active) && held->interrupt == interrupt)
            return held;
    }
    return NULL;
}

/* What the guest's interrupt controller does. */
static void acknowledge(uint32_t interrupt)
{
    struct host_list_register *held = (struct host_list_register *)(uintptr_t)listed(interrupt);

    assert_non_null(held);
    assert_true(held->pending);
    held->pending = false;
    held->active = true;
}

static void deactivate(uint32_t interrupt)
{
    struct host_list_register *held = (struct host_list_register *)(uintptr_t)listed(interrupt);

    assert_non_null(held);
    assert_true(held->active);
    held->active = false;
}

static void set_interrupt(uint64_t interrupt, uint64_t state, uint64_t mask)
{
    assert_int_equal(virtual_interrupt_set(guest->vcpu, interrupt, state, mask), QUOLL_OK);
}

static void enable(uint64_t interrupt, unsigned priority, uint64_t more)
{
    set_interrupt(interrupt, QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | more | (uint64_t)priority << 8,
                  QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PRIORITY);
}

static void raise_flags(uint64_t flags)
{
    notification_raise(container_of(root_object(interrupts), struct notification, object), flags);
}

static void flags_become_interrupts(void **state)
{
    (void)state;
    enable(32 + 16, 0xa0, 0);
    raise_flags(1 << 16);
    const struct host_list_register *held = listed(48);
    assert_non_null(held);
    assert_true(held->pending && held->group1 && !held->hardware);
    assert_int_equal(held->priority, 0xa0);
    acknowledge(48);
    /* A second one while the first is being handled: pending and active. */
    raise_flags(1 << 16);
    held = listed(48);
    assert_true(held->pending && held->active);
    assert_int_equal(pending_flags(interrupts), 0);
    /* One that is not enabled waits in its record. */
    raise_flags(1 << 3);
    assert_null(listed(35));
    enable(35, 0x80, 0);
    assert_true(listed(35)->pending);
}

/* More than there are list registers: the highest priorities stand in them, the others follow. */
static void overflow(void **state)
{
    static const unsigned expected[] = {44, 43, 42, 41, 40, 39, 38, 37, 36, 35};

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        enable(35 + i, 0xf0 - 8 * i, 0);
    for (unsigned i = 0; i < 10; i++)
        raise_flags(UINT64_C(8) << i);
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned n = i; n < i + HOST_LIST_REGISTERS && n < 10; n++)
            assert_non_null(listed(expected[n]));
        assert_int_equal(guest->vcpu->arch.underflow, i + HOST_LIST_REGISTERS < 10);
        acknowledge(expected[i]);
        deactivate(expected[i]);
        vcpu_maintenance(guest->vcpu);
    }
    assert_false(virtual_interrupt_pending(guest->vcpu));
}

/* All list registers active and one more pending: it waits, and the first end lets it in. */
static void all_active(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        enable(40 + i, 0x80, 0);
        raise_flags(UINT64_C(1) << (8 + i));
        acknowledge(40 + i);
    }
    enable(60, 0x10, 0);
    raise_flags(UINT64_C(1) << 28);
    assert_null(listed(60));
    assert_true(virtual_interrupt_pending(guest->vcpu));
    assert_true(guest->vcpu->arch.underflow);
    deactivate(42);
    vcpu_maintenance(guest->vcpu);
    assert_true(listed(60)->pending);
    assert_false(guest->vcpu->arch.underflow);
}

/* Those that wait for a list register only because they are active, as a VMM may say, do not end WFI. */
static void only_active_ones_wait(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * HOST_LIST_REGISTERS; i++)
        set_interrupt(40 + i, QUOLL_VIRQ_ACTIVE, QUOLL_VIRQ_ACTIVE);
    assert_non_null(guest->vcpu->waiting.first);
    assert_false(virtual_interrupt_pending(guest->vcpu));
    enable(80, 0x80, 0);
    set_interrupt(80, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    assert_true(virtual_interrupt_pending(guest->vcpu));
    set_interrupt(80, 0, QUOLL_VIRQ_PENDING);
    assert_false(virtual_interrupt_pending(guest->vcpu));
}

/* Many flags at once: those that find no list register follow one by one, and all arrive. */
static void many_flags(void **state)
{
    const uint64_t flags = UINT64_C(0xffff) << 8;

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        enable(40 + i, 0xf0 - 8 * i, 0);
    raise_flags(flags);
    assert_int_not_equal(guest->vcpu->raised, 0);
    assert_int_equal(guest->vcpu->raised & ~flags, 0);
    leave();
    for (unsigned rounds = 0; guest->vcpu->raised != 0; rounds++) {
        uint64_t left = guest->vcpu->raised;

        assert_true(rounds < 16);
        advance(512);
        assert_int_equal(guest->vcpu->raised, left); /* whoever runs meanwhile gets somewhere */
        advance(512);
        assert_int_not_equal(guest->vcpu->raised, left);
    }
    for (unsigned i = 0; i < 16; i++) {
        uint64_t now = 0;

        (void)virtual_interrupt_get(guest->vcpu, 40 + i, &now);
        assert_true((now & QUOLL_VIRQ_PENDING) != 0);
    }
}

static void level_lines(void **state)
{
    uint64_t now = 0;

    (void)state;
    enable(33, 0x80, QUOLL_VIRQ_LEVEL);
    set_interrupt(33, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    assert_true(listed(33)->pending && listed(33)->report);
    /* The line falls before the guest looked: withdrawn. */
    set_interrupt(33, 0, QUOLL_VIRQ_PENDING);
    assert_null(listed(33));
    set_interrupt(33, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    acknowledge(33);
    (void)virtual_interrupt_get(guest->vcpu, 33, &now);
    assert_true((now & QUOLL_VIRQ_ACTIVE) != 0 && (now & QUOLL_VIRQ_PENDING) != 0);
    /* Still up when the handler ends: it comes again; down: it does not. */
    deactivate(33);
    vcpu_maintenance(guest->vcpu);
    acknowledge(33);
    set_interrupt(33, 0, QUOLL_VIRQ_PENDING);
    deactivate(33);
    vcpu_maintenance(guest->vcpu);
    assert_null(listed(33));
    assert_false(virtual_interrupt_pending(guest->vcpu));
}

static void enabling_and_disabling(void **state)
{
    uint64_t now = 0;

    (void)state;
    enable(50, 0x80, 0);
    raise_flags(UINT64_C(1) << 18);
    set_interrupt(50, 0, QUOLL_VIRQ_ENABLED);
    assert_null(listed(50));
    (void)virtual_interrupt_get(guest->vcpu, 50, &now);
    assert_true((now & QUOLL_VIRQ_PENDING) != 0);
    set_interrupt(50, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    assert_true(listed(50)->pending);
    /* A change of priority reaches the list register. */
    set_interrupt(50, 0x20 << 8, QUOLL_VIRQ_PRIORITY);
    assert_int_equal(listed(50)->priority, 0x20);
    acknowledge(50);
    set_interrupt(50, 0, QUOLL_VIRQ_ENABLED);
    assert_true(listed(50)->active);
    set_interrupt(50, 0, QUOLL_VIRQ_ACTIVE);
    assert_null(listed(50));
    assert_int_equal(virtual_interrupt_set(guest->vcpu, QUOLL_VIRQ_COUNT, 0, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_set(guest->vcpu, 32, 1 << 16, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_set(guest->vcpu, 32, 0, 1 << 16), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_get(guest->vcpu, QUOLL_VIRQ_COUNT, &now), QUOLL_BAD_ARGUMENT);
}

static void wait_for_interrupt(void **state)
{
    (void)state;
    enable(40, 0x80, 0);
    vcpu_wait_for_interrupt(guest);
    leave();
    assert_null(core->current);
    assert_int_equal(guest->state, THREAD_WFI);
    raise_flags(1 << 9); /* one that is not enabled wakes nobody */
    leave();
    assert_null(core->current);
    raise_flags(1 << 8);
    leave();
    assert_ptr_equal(core->current, guest);
    /* Something is pending, masked or not: it returns at once. */
    vcpu_wait_for_interrupt(guest);
    leave();
    assert_ptr_equal(core->current, guest);
}

static void virtual_timer(void **state)
{
    struct vcpu *vcpu = guest->vcpu;

    (void)state;
    enable(27, 0x80, QUOLL_VIRQ_LEVEL);
    vcpu->arch.timer_asserted = true;
    vcpu_timer_fired(vcpu);
    assert_true(listed(27)->pending && listed(27)->hardware && !listed(27)->report);
    assert_true(virtual_interrupt_timer_held(vcpu));
    acknowledge(27);
    assert_true(virtual_interrupt_timer_held(vcpu));
    deactivate(27);
    assert_false(virtual_interrupt_timer_held(vcpu));
    vcpu_timer_fired(vcpu);
    /* The guest moved its timer before it looked. */
    vcpu->arch.timer_asserted = false;
    virtual_interrupt_timer_check(vcpu);
    assert_null(listed(27));
    assert_false(vcpu->arch.timer_held);
    /* Not resident: the kernel's timer stands for the hardware's, and ends WFI. */
    vcpu_wait_for_interrupt(guest);
    vcpu_timer_park(vcpu, host.counter + 500);
    leave();
    assert_null(core->current);
    advance(499);
    assert_null(core->current);
    vcpu->arch.timer_asserted = true;
    advance(1);
    assert_ptr_equal(core->current, guest);
    vcpu_timer_unpark(vcpu);
}

static void bind_refuses(void **state)
{
    unsigned other = 0;

    (void)state;
    root_run();
    other = make_notification(pool);
    REFUSE(BUSY, thread_bind_virtual_interrupts, vcpu_index, other, 32);
    REFUSE(BAD_ARGUMENT, thread_bind_virtual_interrupts, vcpu_index, other, 31);
    REFUSE(BAD_ARGUMENT, thread_bind_virtual_interrupts, vcpu_index, other, QUOLL_VIRQ_COUNT - 63);
    EXPECT(any_destroy, interrupts);
    EXPECT(notification_signal, other, 1);
    EXPECT(thread_set_virtual_interrupt, vcpu_index, 192, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    EXPECT(thread_bind_virtual_interrupts, vcpu_index, other, QUOLL_VIRQ_COUNT - 64);
    assert_non_null(listed(192));
    REFUSE(BAD_ARGUMENT, thread_set_virtual_interrupt, vcpu_index, QUOLL_VIRQ_COUNT, 0, 0);
    REFUSE(BAD_ARGUMENT, thread_get_virtual_interrupt, vcpu_index, UINT64_MAX);
    interrupts = other;
}

int test_vcpu(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(create_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(exits_are_calls, start, machine_stop),
        cmocka_unit_test_setup_teardown(reply_stops_and_injects, start, machine_stop),
        cmocka_unit_test_setup_teardown(vmm_goes_away, start, machine_stop),
        cmocka_unit_test_setup_teardown(state_page_goes_away, start, machine_stop),
        cmocka_unit_test_setup_teardown(first_fault_is_kept, start, machine_stop),
        cmocka_unit_test_setup_teardown(match_table, start, machine_stop),
        cmocka_unit_test_setup_teardown(match_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(flags_become_interrupts, start, machine_stop),
        cmocka_unit_test_setup_teardown(overflow, start, machine_stop),
        cmocka_unit_test_setup_teardown(all_active, start, machine_stop),
        cmocka_unit_test_setup_teardown(only_active_ones_wait, start, machine_stop),
        cmocka_unit_test_setup_teardown(many_flags, start, machine_stop),
        cmocka_unit_test_setup_teardown(level_lines, start, machine_stop),
        cmocka_unit_test_setup_teardown(enabling_and_disabling, start, machine_stop),
        cmocka_unit_test_setup_teardown(wait_for_interrupt, start, machine_stop),
        cmocka_unit_test_setup_teardown(virtual_timer, start, machine_stop),
        cmocka_unit_test_setup_teardown(bind_refuses, start, machine_stop),
    };
    return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
