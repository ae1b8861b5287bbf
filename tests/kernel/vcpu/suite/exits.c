/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an exit says, and what the VMM's answer does.
 */
#include "vmm.h"

static void hypervisor_call(void)
{
    struct exit exit = {0};

    guest_make(0);
    for (unsigned i = 0; i < 31; i++)
        guest_state(0)->x[i] = 0x100 + i;
    guest_begin_at(0, guest_exit);
    exit = guest_next();
    EXPECT_EQUAL(exit.kind, QUOLL_KIND_MESSAGE);
    EXPECT_EQUAL(exit.reason, QUOLL_EXIT_HVC);
    EXPECT_EQUAL(exit.syndrome >> 26, 0x16);
    EXPECT_EQUAL(exit.address, 0);
    EXPECT_EQUAL(exit.value, 0);
    EXPECT_EQUAL(exit.fault, 0);
    EXPECT_EQUAL(exit.pc, guest_address(guest_exit) + 4); /* behind it */
    EXPECT_EQUAL(guest_state(0)->pc, exit.pc);
    for (unsigned i = 0; i < 31; i++)
        EXPECT_EQUAL(guest_state(0)->x[i], 0x100 + i);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_CALLING);
    guest_state(0)->x[17] = 5;
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[17], 5);
}

static void trapped_instructions(void)
{
    struct exit exit = {0};

    guest_make(0);
    guest_state(0)->x[1] = 0x1234;
    guest_begin_at(0, guest_smc);
    EXPECT_EQUAL(EXPECT_EXIT(SMC).pc, guest_address(guest_smc)); /* trapped, so it is still to come */
    EXPECT_EQUAL(guest_expect_exit(QUOLL_EXIT_UNKNOWN, __LINE__).pc, guest_address(guest_smc) + 8);
    guest_state(0)->pc -= 4;                                                     /* hvc #5 was over already */
    EXPECT_EQUAL(EXPECT_EXIT(SYSTEM_REGISTER).pc, guest_address(guest_smc) + 8); /* ID register */
    EXPECT_EQUAL(EXPECT_EXIT(SYSTEM_REGISTER).value, 0x1234);                    /* PMUSERENR_EL0 */
    exit = EXPECT_EXIT(SYSTEM_REGISTER);                                         /* CNTP_CTL_EL0 */
    EXPECT_EQUAL(exit.pc, guest_address(guest_smc) + 20);
    EXPECT_EQUAL(exit.address | exit.value | exit.fault, 0);
    EXPECT_DONE(0);
}

struct access {
    bool write;
    unsigned size, reg, offset;
};

static void accesses(void)
{
    static const struct access expected[] = {
        {true, 4, 2, 0},  {true, 1, 2, 4},  {true, 2, 2, 6},   {true, 8, 2, 8},  {true, 8, 31, 16},
        {false, 4, 3, 0}, {false, 1, 4, 0}, {false, 1, 5, 0},  {false, 1, 6, 0}, {false, 2, 7, 0},
        {false, 4, 8, 0}, {false, 8, 9, 0}, {false, 4, 31, 0},
    };
    const uint64_t value = UINT64_C(0x8877665544332211);
    struct exit exit = {0};

    guest_make(0);
    guest_state(0)->x[1] = GUEST_DEVICE;
    guest_state(0)->x[2] = value;
    guest_begin_at(0, guest_access);
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct access *access = &expected[i];
        uint64_t stored = access->reg == 31   ? 0
                          : access->size == 8 ? value
                                              : value & ((UINT64_C(1) << 8 * access->size) - 1);

        exit = EXPECT_EXIT(ABORT);
        EXPECT_EQUAL(exit.address, GUEST_DEVICE + access->offset);
        EXPECT_EQUAL(exit.fault, exit.address); /* stage 1 is off */
        EXPECT_EQUAL(exit.syndrome >> 24 & 1, 1);
        EXPECT_EQUAL(exit.syndrome >> 6 & 1, access->write);
        EXPECT_EQUAL(exit.syndrome >> 22 & 3, __builtin_ctz(access->size));
        EXPECT_EQUAL(exit.syndrome >> 16 & 31, access->reg);
        EXPECT_EQUAL(exit.value, access->write ? stored : 0);
        EXPECT_EQUAL(exit.pc, guest_address(guest_access) + 4 * i);
    }
    exit = EXPECT_EXIT(ABORT); /* ldp */
    EXPECT_EQUAL(exit.syndrome >> 24 & 1, 0);
    EXPECT_EQUAL(exit.address, GUEST_DEVICE);
    EXPECT_EQUAL(exit.fault, GUEST_DEVICE);
    EXPECT_DONE(0);
}

static void nothing_to_execute(void)
{
    struct exit exit = {0};

    guest_make(0);
    guest_state(0)->x[1] = UINT64_C(0x10000000);
    guest_begin_at(0, guest_execute);
    exit = guest_next();
    EXPECT_EQUAL(exit.reason, QUOLL_EXIT_INSTRUCTION_ABORT);
    EXPECT_EQUAL(exit.address, 0x10000000);
    EXPECT_EQUAL(exit.fault, 0x10000000);
    EXPECT_EQUAL(exit.pc, 0x10000000);
    guest_set(0, guest_exit, EL1H_MASKED);
    EXPECT_DONE(0);
}

/* Loads of every width against a match table: truncated, extended, and pc moves on. */
static void match_constant(void)
{
    guest_make(0);
    EXPECT_OK(quoll_thread_match_constant(GUEST_THREAD, GUEST_DEVICE, 1, 0xfff0));
    guest_state(0)->x[1] = GUEST_DEVICE;
    for (unsigned i = 3; i <= 9; i++)
        guest_state(0)->x[i] = UINT64_MAX;
    guest_begin_at(0, guest_access);
    for (unsigned i = 0; i < 5; i++)
        EXPECT_EQUAL(EXPECT_EXIT(ABORT).syndrome >> 6 & 1, 1);
    EXPECT_EXIT(ABORT); /* ldr w3: another size */
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).pc, guest_address(guest_access) + 9 * 4);
    EXPECT_EQUAL(guest_state(0)->x[4], 0xf0);
    EXPECT_EQUAL(guest_state(0)->x[5], (uint64_t)-16);
    EXPECT_EQUAL(guest_state(0)->x[6], (uint32_t)-16);
    EXPECT_OK(quoll_thread_match_remove(GUEST_THREAD, GUEST_DEVICE));
    EXPECT_OK(quoll_thread_match_constant(GUEST_THREAD, GUEST_DEVICE, 4, UINT64_C(0x180000001)));
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).pc, guest_address(guest_access) + 11 * 4); /* ldr x9 */
    EXPECT_EQUAL(guest_state(0)->x[8], UINT64_C(0xffffffff80000001));
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).pc, guest_address(guest_access) + 13 * 4); /* ldp, which it does not know */
    EXPECT_DONE(0);
}

static void match_notify(void)
{
    const uint32_t bell = SCRATCH;
    const uint32_t narrow = SCRATCH + 1;

    guest_make(0);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, bell));
    EXPECT_EQUAL(test_copy(narrow, bell, QUOLL_RIGHT_SIGNAL, 1 << 2), QUOLL_OK);
    EXPECT_OK(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 4, narrow, 4));
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 4, narrow, 4), OVERLAP);
    guest_state(0)->x[1] = GUEST_DEVICE;
    guest_state(0)->x[2] = 2;
    guest_begin_at(0, guest_store_load);
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).syndrome >> 6 & 1, 0); /* the store was answered, the load was not */
    EXPECT_EQUAL(quoll_notification_wait(bell, 0).word[0], 1 << 2);
    EXPECT_DONE(0);
    guest_state(0)->x[2] = 1; /* a flag that the capability does not have */
    EXPECT_EXIT(ABORT);
    EXPECT_ERROR(quoll_notification_wait(bell, 0), TIMEOUT);
    EXPECT_DONE(0);
    guest_state(0)->x[2] = 4; /* a value that is not valid */
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).value, 4);
    EXPECT_EXIT(ABORT);
    EXPECT_DONE(0);
    EXPECT_OK(quoll_any_destroy(bell));
    guest_state(0)->x[2] = 2;
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).value, 2); /* nobody to notify: the VMM's */
    EXPECT_EXIT(ABORT);
    EXPECT_DONE(0);
}

static void match_ignore(void)
{
    guest_make(0);
    EXPECT_OK(quoll_thread_match_ignore(GUEST_THREAD, GUEST_DEVICE, 4));
    guest_state(0)->x[1] = GUEST_DEVICE;
    guest_begin_at(0, guest_store_load);
    EXPECT_EQUAL(EXPECT_EXIT(ABORT).syndrome >> 6 & 1, 0);
    EXPECT_DONE(0);
}

/* The match table's errors; TOO_DEEP and NO_SPACE are in tests/unit/vcpu as well. */
static void match_errors(void)
{
    uint64_t count = 0;

    guest_make(0);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SCRATCH));
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 4, SCRATCH, 65), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 4, SCRATCH, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE + 1, 4, SCRATCH, 1), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_constant(GUEST_THREAD, GUEST_DEVICE, 3, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_constant(GUEST_THREAD, QUOLL_ADDRESS_LIMIT, 4, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_ignore(GUEST_THREAD, GUEST_DEVICE, 16), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_match_remove(GUEST_THREAD, GUEST_DEVICE), NOT_FOUND);
    EXPECT_OK(quoll_thread_match_constant(GUEST_THREAD, GUEST_DEVICE, 8, 0));
    EXPECT_ERROR(quoll_thread_match_constant(GUEST_THREAD, GUEST_DEVICE + 4, 4, 0), OVERLAP);
    EXPECT_ERROR(quoll_thread_match_ignore(GUEST_THREAD, GUEST_DEVICE, 1), OVERLAP);
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 8, SCRATCH, 1), OVERLAP);
    while (count < 100 && quoll_thread_match_ignore(GUEST_THREAD, count * 8, 8).error == QUOLL_OK)
        count++;
    EXPECT_ERROR(quoll_thread_match_ignore(GUEST_THREAD, count * 8, 8), NO_SPACE);
    EXPECT_ERROR(quoll_thread_match_constant(GUEST_THREAD, count * 8, 8, 0), NO_SPACE);
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, count * 8, 8, SCRATCH, 1), NO_SPACE);
    EXPECT_ERROR(quoll_thread_match_notify(BOOT_CAP_THREAD, GUEST_DEVICE, 4, SCRATCH, 1), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_constant(BOOT_CAP_THREAD, GUEST_DEVICE, 4, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_ignore(BOOT_CAP_THREAD, GUEST_DEVICE, 4), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_remove(BOOT_CAP_THREAD, GUEST_DEVICE), BAD_TYPE);
}

/* REPLY_STOP: the guest does not go on before it is resumed or started. */
static void stop_and_go_on(void)
{
    guest_make(0);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    guest_answer(QUOLL_REPLY_STOP, 0, 0, 0);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_SUSPENDED);
    EXPECT_OK(quoll_thread_resume(GUEST_THREAD));
    EXPECT_DONE(0);
    guest_answer(QUOLL_REPLY_STOP, 0, 0, 0);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    guest_begin_at(0, guest_level);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[0], 1 << 2);
}

GUEST_TEST(hypervisor_call)
GUEST_TEST(trapped_instructions)
GUEST_TEST(accesses)
GUEST_TEST(nothing_to_execute)
GUEST_TEST(match_constant)
GUEST_TEST(match_notify)
GUEST_TEST(match_ignore)
GUEST_TEST(match_errors)
GUEST_TEST(stop_and_go_on)

void test_exits(void)
{
    static const struct test tests[] = {
        RELEASED(hypervisor_call),    RELEASED(trapped_instructions), RELEASED(accesses),
        RELEASED(nothing_to_execute), RELEASED(match_constant),       RELEASED(match_notify),
        RELEASED(match_ignore),       RELEASED(match_errors),         RELEASED(stop_and_go_on),
    };

    TEST_RUN(tests);
}
