/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `hvc #1`: a guest's kernel that holds capabilities.
 */
#include "vmm.h"

enum { IN_GUEST = 5, PORTAL = SCRATCH, BELL, GUEST_LABEL = 0x100 };

static void set_call(uint64_t number, uint64_t capability, uint64_t argument)
{
    guest_state(0)->x[0] = argument;
    guest_state(0)->x[8] = capability;
    guest_state(0)->x[9] = number;
}

static void guest_signals(void)
{
    guest_make(0);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, BELL, QUOLL_RIGHT_SIGNAL, 0xf));
    set_call(QUOLL_CALL_notification_signal, IN_GUEST, 0x16);
    for (unsigned i = 10; i < 31; i++)
        guest_state(0)->x[i] = 0x1000 + i;
    guest_begin_at(0, guest_call);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_OK);
    for (unsigned i = 9; i < 19; i++)
        EXPECT_EQUAL(guest_state(0)->x[i], 0);
    for (unsigned i = 19; i < 31; i++)
        EXPECT_EQUAL(guest_state(0)->x[i], 0x1000 + i);
    EXPECT_EQUAL(quoll_notification_wait(BELL, 0).word[0], 0x6);
    set_call(QUOLL_CALL_notification_wait, IN_GUEST, 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_NO_RIGHT);
    set_call(0xff, IN_GUEST, 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_BAD_CALL);
    set_call(QUOLL_CALL_notification_signal, IN_GUEST + 1, 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_BAD_CAPABILITY);
}

static const uint64_t label = 0x77;

/* Wait for a message of that kind as a server that answers what `message` says. */
static void serve(struct quoll_message *message, bool reply, uint64_t expected)
{
    struct quoll_wait wait = {.no_reply = !reply, .deadline = guest_deadline(2000 * TICKS_MS)};

    EXPECT_EQUAL(quoll_reply_wait(message, &wait), QUOLL_KIND_MESSAGE);
    EXPECT_EQUAL(message->label, expected);
}

/* A guest calls a portal of a native server as any client does: it keeps what the ABI says, and sees the reply. */
static void guest_calls_a_portal(void)
{
    struct quoll_message message = {0};
    const struct quoll_wait over = {.deadline = 0};

    guest_make(0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, BOOT_CAP_THREAD, label));
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, PORTAL, QUOLL_RIGHT_CALL, 0));
    for (unsigned turn = 0; turn < 4; turn++) {
        volatile struct quoll_vcpu_state *state = guest_state(0);

        for (unsigned i = 0; i < 31; i++)
            state->x[i] = 0xa00 + 0x100 * turn + i;
        state->x[8] = IN_GUEST;
        state->x[9] = QUOLL_CALL_portal_call | (turn % 2 != 0 ? QUOLL_FLAG_RECEIVE : 0);
        state->x[11] = 0;
        if (turn == 0)
            guest_begin_at(0, guest_call);
        message = (struct quoll_message){.word = {0}};
        serve(&message, turn != 0, label);
        for (unsigned i = 0; i < 8; i++)
            EXPECT_EQUAL(message.word[i], 0xa00 + 0x100 * turn + i);
        EXPECT_EQUAL(state->pc, guest_address(guest_call) + 4);
        for (unsigned i = 0; i < 8; i++)
            message.word[i] = 0xd00 + i;
        serve(&message, true, GUEST_LABEL);
        EXPECT_EQUAL(message.word[0], QUOLL_EXIT_HVC);
        for (unsigned i = 0; i < 31; i++)
            EXPECT_EQUAL(state->x[i], i < 8 ? 0xd00 + i : i < 19 ? QUOLL_OK : 0xa00 + 0x100 * turn + i);
    }
    message.word[0] = QUOLL_REPLY_STOP;
    quoll_reply_wait(&message, &over);
}

/* What a guest's call is refused for, it is told at once. */
static void guest_calls_in_vain(void)
{
    static const uint64_t indices[] = {0, IN_GUEST, IN_GUEST + 1, IN_GUEST + 2, 32, IN_GUEST | UINT64_C(1) << 61};
    static const enum quoll_error errors[] = {QUOLL_BAD_CAPABILITY, QUOLL_NO_RIGHT,       QUOLL_BAD_TYPE,
                                              QUOLL_PEER_DEAD,      QUOLL_BAD_CAPABILITY, QUOLL_BAD_CAPABILITY};

    guest_make(0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, BOOT_CAP_THREAD, label));
    child_make(0, 1, 0, 0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, BELL, TEST_CHILD, label));
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, PORTAL, QUOLL_RIGHTS_ALL & ~QUOLL_RIGHT_CALL, 0));
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST + 1, TEST_CHILD, QUOLL_RIGHTS_ALL, 0));
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST + 2, BELL, QUOLL_RIGHTS_ALL, 0));
    for (unsigned n = 0; n < sizeof(errors) / sizeof(errors[0]); n++) {
        set_call(QUOLL_CALL_portal_call, indices[n], 0x1234);
        for (unsigned i = 10; i < 31; i++)
            guest_state(0)->x[i] = 0x1000 + i;
        if (n == 0)
            guest_begin_at(0, guest_call);
        EXPECT_DONE(0);
        EXPECT_EQUAL(guest_state(0)->x[0], 0x1234);
        EXPECT_EQUAL(guest_state(0)->x[8], errors[n]);
        for (unsigned i = 9; i < 31; i++)
            EXPECT_EQUAL(guest_state(0)->x[i], i < 19 ? 0 : 0x1000 + i);
    }
}

/* A guest cannot be a server, nor touch its own vCPU while it runs, nor end itself. */
static void guest_and_itself(void)
{
    guest_make(0);
    set_call(QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY, 0, 0);
    guest_begin_at(0, guest_call);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8] & 0xffffffff, QUOLL_BAD_CALL);
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, GUEST_THREAD, QUOLL_RIGHTS_ALL, 0));
    set_call(QUOLL_CALL_thread_read_vcpu, IN_GUEST, QUOLL_VCPU_SP_EL1);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_BUSY);
    set_call(QUOLL_CALL_any_destroy, IN_GUEST, 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_SELF);
    set_call(QUOLL_CALL_thread_set_virtual_interrupt, IN_GUEST, 3);
    guest_state(0)->x[1] = guest_state(0)->x[2] = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING;
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[8], QUOLL_OK);
    EXPECT_EQUAL(quoll_thread_get_virtual_interrupt(GUEST_THREAD, 3).word[0], QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING);
}

/* The guest destroys the memory of its own state page: it faults, and the kernel lives. */
static void guest_destroys_its_state(void)
{
    guest_make(0);
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, GUEST_STATE, QUOLL_RIGHTS_ALL, 0));
    set_call(QUOLL_CALL_any_destroy, IN_GUEST, 0);
    guest_begin_at(0, guest_call);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_VCPU);
}

GUEST_TEST(guest_signals)
GUEST_TEST(guest_calls_a_portal)
GUEST_TEST(guest_calls_in_vain)
GUEST_TEST(guest_and_itself)
GUEST_TEST(guest_destroys_its_state)

void test_calls(void)
{
    static const struct test tests[] = {
        RELEASED(guest_signals),    RELEASED(guest_calls_a_portal),     RELEASED(guest_calls_in_vain),
        RELEASED(guest_and_itself), RELEASED(guest_destroys_its_state),
    };

    TEST_RUN(tests);
}
