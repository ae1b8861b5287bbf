/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Decoding of aborts, injected exceptions, system registers, firmware calls.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "vmm/sysreg.h"

#define ESR(class, iss) ((uint64_t)(class) << 26 | ESR_IL | (iss))
#define SYSREG(op0, op1, crn, crm, op2, rt, read) \
    ESR(0x18, (op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | (read))

enum { EL1H = 5, DAIF = 0x3c0, VBAR = 0x10000 };

static struct quoll_vcpu_state *guest(void)
{
    return vm.vcpu[0].state;
}

static void at(uint64_t pc, uint64_t pstate)
{
    guest()->pc = pc;
    guest()->pstate = pstate;
    fake.vcpu_register[QUOLL_VCPU_VBAR_EL1] = VBAR;
    fake.vcpu_register[QUOLL_VCPU_SCTLR_EL1] = 0x30d00800;
}

static void assert_taken(uint64_t vector, uint64_t pc, uint64_t pstate, uint64_t esr)
{
    assert_true(guest()->pc == VBAR + vector);
    assert_true((guest()->pstate & 0x3ff) == (EL1H | DAIF));
    assert_true(fake.vcpu_register[QUOLL_VCPU_ELR_EL1] == pc);
    assert_true(fake.vcpu_register[QUOLL_VCPU_SPSR_EL1] == pstate);
    assert_int_equal(fake.vcpu_register[QUOLL_VCPU_ESR_EL1], esr);
}

static void extension(void **state)
{
    static const struct {
        struct access access;
        uint64_t value, result;
    } cases[] = {
        {{1, 0, false, false, false}, 0xfff, 0xff},
        {{1, 0, false, true, false}, 0x80, 0xffffff80},
        {{1, 0, false, true, true}, 0x80, 0xffffffffffffff80},
        {{2, 0, false, true, true}, 0x7fff, 0x7fff},
        {{4, 0, false, true, true}, 0x80000000, 0xffffffff80000000},
        {{4, 0, false, false, true}, 0xffffffff80000000, 0x80000000},
        {{8, 0, false, false, true}, UINT64_MAX, UINT64_MAX},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(abort_extend(&cases[i].access, cases[i].value) == cases[i].result);
}

static void decoding(void **state)
{
    struct access access = {0};

    (void)state;
    assert_true(abort_decode(ESR(0x24, 1 << 24 | 3 << 22 | 1 << 21 | 31 << 16 | 1 << 15 | 1 << 6), &access));
    assert_int_equal(access.size, 8);
    assert_int_equal(access.target, 31);
    assert_true(access.sign_extend && access.wide && access.write);
    assert_false(abort_decode(ESR(0x24, 7), &access));
    assert_false(abort_decode(ESR(0x24, 1 << 24 | 1 << 7), &access));
}

static void zero_register(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    memset(guest()->x, 0x55, sizeof(guest()->x));
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 31 << 16), BOARD_GICD, 0);
    for (unsigned i = 0; i < 31; i++)
        assert_true(guest()->x[i] == 0x5555555555555555);
    assert_int_equal(guest()->pc, 0x1004);
    fake_store(BOARD_PL011 + 0x38, 4, 0x10);
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 31 << 16 | 1 << 6), BOARD_PL011 + 0x38, 0);
    assert_int_equal(vm.pl011.mask, 0);
}

static void hole(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    (void)fake_load(0x20000000, 4);
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x10));
    assert_non_null(strstr(fake.output, "0x20000000"));
    fake.output_length = 0;
    at(0x1000, EL1H);
    (void)fake_load(0x20000008, 4);
    assert_int_equal(fake.output_length, 0);
}

static void far_when_it_is_known(void **state)
{
    const uint64_t known = 0xffff800012345678;

    (void)state;
    fake.fault = known;
    at(0x1000, EL1H);
    (void)fake_load(0x20000000, 4);
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x10));
    assert_true(fake.vcpu_register[QUOLL_VCPU_FAR_EL1] == known);
    fake.fault = 0; /* an address like any other */
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 7), BOARD_PL011, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x10));
    assert_true(fake.vcpu_register[QUOLL_VCPU_FAR_EL1] == 0);
    fake.fault = known;
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x24, 1 << 10 | 0x10), 0, 0); /* FnV */
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x410));
    assert_true(fake.vcpu_register[QUOLL_VCPU_FAR_EL1] == 0);
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x24, 1 << 7 | 0x15), 0, 0); /* on a table walk */
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x14));
    assert_true(fake.vcpu_register[QUOLL_VCPU_FAR_EL1] == known);
}

static void vectors(void **state)
{
    static const struct {
        uint64_t pstate, vector;
        uint32_t class;
    } cases[] = {{0x0, 0x400, 0x24}, {0x4, 0x0, 0x25}, {0x5, 0x200, 0x25}, {0x10, 0x600, 0x24}};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        at(0x1000, cases[i].pstate);
        (void)fake_load(0x20000000, 4);
        assert_taken(cases[i].vector, 0x1000, cases[i].pstate, ESR(cases[i].class, 0x10));
    }
}

static void device_without_syndrome(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 7), BOARD_PL011, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x10));
    assert_non_null(strstr(fake.output, "pc 0x1000"));
    at(0x1000, EL1H); /* cache maintenance passes */
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 1 << 8 | 1 << 6 | 7), BOARD_PL011, 0);
    assert_int_equal(guest()->pc, 0x1004);
    at(0x1000, EL1H); /* a table walk does not */
    (void)fake_exit(QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 1 << 7 | 7), BOARD_PL011, 0);
    assert_int_equal(guest()->pc, VBAR + 0x200);
}

static void unaligned(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    (void)fake_load(BOARD_GICD + 2, 4);
    assert_taken(0x200, 0x1000, EL1H, ESR(0x25, 0x10));
}

static void executes_nothing(void **state)
{
    (void)state;
    at(0x1000, 0);
    (void)fake_exit(QUOLL_EXIT_INSTRUCTION_ABORT, ESR(0x20, 6), 0x1000, 0);
    assert_taken(0x400, 0x1000, 0, ESR(0x20, 0x10));
}

static void memory_answers_with_an_error(void **state)
{
    (void)state;
    at(0x1000, 0);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x24, 0x10), 0, 0);
    assert_taken(0x400, 0x1000, 0, ESR(0x24, 0x10));
    at(0x1000, 0);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x20, 0x10), 0, 0);
    assert_taken(0x400, 0x1000, 0, ESR(0x20, 0x10));
}

static void device_access_in_aarch32(void **state)
{
    (void)state;
    at(0x1000, 0x10);
    (void)fake_load(BOARD_PL011, 4);
    assert_taken(0x600, 0x1000, 0x10, ESR(0x24, 0x10));
}

static void undefined(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x03, 0), 0, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0, 0));
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_SMC, ESR(0x17, 0), 0, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0, 0));
    at(0x1004, EL1H);
    (void)fake_exit(QUOLL_EXIT_UNKNOWN, ESR(0x16, 5), 0, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0, 0));
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 11, 0, 0, 3, 1), 0, 0);
    assert_taken(0x200, 0x1000, EL1H, ESR(0, 0));
}

static void system_registers(void **state)
{
    static const struct {
        uint64_t esr, hardware, result;
    } cases[] = {
        {SYSREG(3, 0, 0, 4, 0, 3, 1), 0x1100000011112222, 0x1100000001110022}, /* ID_AA64PFR0_EL1 */
        {SYSREG(3, 0, 0, 5, 0, 3, 1), 0x10305106, 0x10305006},                 /* ID_AA64DFR0_EL1 */
        {SYSREG(3, 0, 0, 6, 0, 3, 1), 0x11120, 0x11120},                       /* ID_AA64ISAR0_EL1 */
        {SYSREG(3, 0, 0, 7, 5, 3, 1), 0, 0},                                   /* reserved */
        {SYSREG(3, 0, 1, 0, 1, 3, 1), 5, 0},                                   /* ACTLR_EL1 */
        {SYSREG(3, 3, 9, 12, 0, 3, 1), 5, 0},                                  /* PMCR_EL0 */
        {SYSREG(3, 3, 14, 15, 7, 3, 1), 5, 0},                                 /* PMCCFILTR_EL0 */
        {SYSREG(3, 0, 9, 14, 1, 3, 1), 5, 0},                                  /* PMINTENSET_EL1 */
        {SYSREG(2, 0, 1, 1, 4, 3, 1), 5, 8},                                   /* OSLSR_EL1 */
        {SYSREG(2, 0, 0, 0, 5, 3, 1), 5, 0},                                   /* DBGBCR0_EL1 */
        {SYSREG(3, 3, 14, 2, 1, 3, 1), 5, 0},                                  /* CNTP_CTL_EL0 */
        {SYSREG(3, 3, 14, 0, 1, 3, 1), 5, 5000000000 / 16},                    /* CNTPCT_EL0 */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        at(0x1000, EL1H);
        guest()->x[3] = 0x77;
        (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, cases[i].esr, 0, cases[i].hardware);
        assert_true(guest()->x[3] == cases[i].result);
        assert_int_equal(guest()->pc, 0x1004);
    }
}

static void single_step_is_the_guests_own(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(2, 0, 0, 2, 2, 3, 0), 0, UINT64_MAX);
    assert_int_equal(fake.vcpu_register[QUOLL_VCPU_MDSCR_EL1], 0x3001);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(2, 0, 0, 2, 2, 3, 1), 0, 0);
    assert_int_equal(guest()->x[3], 0x3001);
}

/* A write of ICC_SGI1R_EL1; its exit is counted once, and passed, whoever answers it. */
static void write_sgi1r(uint64_t value)
{
    uint64_t count = vm.vcpu[0].exit_count[QUOLL_EXIT_SYSTEM_REGISTER];

    at(0x1000, EL1H);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 12, 11, 5, 3, 0), 0, value);
    assert_int_equal(guest()->pc, 0x1004);
    assert_int_equal(vm.vcpu[0].exit_count[QUOLL_EXIT_SYSTEM_REGISTER], count + 1);
}

static void software_interrupt(void **state)
{
    static const uint64_t for_nobody[] = {
        0, 2, 1 << 16 | 1, UINT64_C(1) << 32 | 1, UINT64_C(1) << 40 | 1, UINT64_C(1) << 44 | 1, UINT64_C(1) << 48 | 1,
    };

    (void)state;
    fake.calls = 0;
    fake.short_ways = 0;
    write_sgi1r(5 << 24 | 1); /* of group 0 yet */
    vm.vgic.private[0][5].flags |= VGIC_GROUP1;
    for (unsigned i = 0; i < sizeof(for_nobody) / sizeof(for_nobody[0]); i++)
        write_sgi1r(5 << 24 | for_nobody[i]);
    assert_not_pending(5);
    assert_int_equal(fake.short_ways, 0);
    write_sgi1r(5 << 24 | 1);
    assert_pending(5);
    assert_int_equal(fake.short_ways, fake_short_way);
    fake.interrupt[5] = 0;
    write_sgi1r(5 << 24 | 3); /* and for one that is not there */
    assert_pending(5);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 12, 11, 6, 3, 0), 0, 6 << 24 | 1);
    assert_not_pending(6);
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 12, 11, 7, 3, 0), 0, 6 << 24 | 1);
    assert_pending(6); /* group 0, by ICC_SGI0R_EL1 */
    assert_int_equal(fake.calls, 0);
}

static uint64_t firmware(uint32_t function, uint64_t x1, uint64_t x2)
{
    guest()->x[0] = function;
    guest()->x[1] = x1;
    guest()->x[2] = x2;
    (void)fake_exit(QUOLL_EXIT_HVC, ESR(0x16, 0), 0, 0);
    return guest()->x[0];
}

static void psci(void **state)
{
    static const struct {
        uint32_t function;
        uint64_t x1, x2;
        int64_t result;
    } cases[] = {
        {0x84000000, 0, 0, 0x10001},
        {0x80000000, 0, 0, 0x10001},
        {0x84000001, 1 << 16, 0, 0},
        {0xc4000001, 0, 0, 0},
        {0xc4000001, UINT64_C(1) << 32, 0, 0}, /* its register is 32 bits */
        {0xc4000001, 1 << 17, 0, -2},
        {0xc4000001, 1 << 26, 0, -2},
        {0x84000003, 0, 0x40000000, -4},
        {0xc4000003, 0, 0x40000000, -4},
        {0xc4000003, 1, 0x40000000, -2},
        {0xc4000003, UINT64_C(1) << 40, 0, -2},
        {0xc4000004, 0, 0, 0},
        {0xc4000004, 3, 0, -2},
        {0xc4000004, 0, 4, -2},
        {0x84000006, 0, 0, 2},
        {0x84000005, 0, 0, -1},
        {0x84000012, 0x80000000, 0, -2},
        {0x8400000a, 0x84000009, 0, 0},
        {0x8400000a, 0x84000005, 0, -1},
        {0x8400000a, 0x80000000, 0, 0},
        {0x80000001, 0x80000001, 0, 0},
        {0x80000001, 0x80008000, 0, -1},
        {0x80008000, 0, 0, -1},
        {0x84000050, 0, 0, -1},
        {0, 0, 0, -1},
        {0xffffffff, 0, 0, -1},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(firmware(cases[i].function, cases[i].x1, cases[i].x2) == (uint64_t)cases[i].result);
        assert_int_equal(vm.fate, VM_RUNS);
    }
}

static void suspend_waits(void **state)
{
    (void)state;
    guest()->x[0] = 0xc4000001;
    guest()->x[1] = 0;
    assert_int_equal(fake_exit(QUOLL_EXIT_HVC, ESR(0x16, 0), 0, 0).word[0], QUOLL_REPLY_WAIT);
    assert_int_equal(guest()->x[0], 0);
    assert_int_equal(fake_exit(QUOLL_EXIT_HVC, ESR(0x16, 0), 0, 0).word[0], 0); /* PSCI_SUCCESS is no function */
}

/* Which exits the short way answers, and what it leaves to the long one. */
static void short_way(void **state)
{
    static const struct {
        uint64_t reason, esr, address, pstate;
        bool taken;
    } cases[] = {
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), BOARD_PL011 + 0x30, EL1H, true},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 0 << 22 | 7), BOARD_PL011 + 0x31, EL1H, true},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 3 << 22 | 7), BOARD_GICR + 8, 0, true},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 1 << 6 | 7), BOARD_GICR + 0x10080, EL1H, true},
        {QUOLL_EXIT_ABORT, ESR(0x24, 2 << 22 | 7), BOARD_PL011 + 0x30, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 1 << 21 | 7), BOARD_PL011 + 0x30, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 1 << 22 | 1 << 21 | 7), BOARD_PL011 + 0x30, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 1 << 7 | 7), BOARD_PL011 + 0x30, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 1 << 22 | 1 << 7 | 7), BOARD_PL011 + 0x30, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), BOARD_PL011 + 0x32, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 1 << 22 | 7), BOARD_PL011 + 0x31, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), BOARD_PL011 + 0x30, 0x10, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), BOARD_PL011 + 0x1000, EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), BOARD_PL011 + (UINT64_C(1) << 38), EL1H, false},
        {QUOLL_EXIT_ABORT, ESR(0x24, 1 << 24 | 2 << 22 | 7), UINT64_MAX - 3, EL1H, false},
        {QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 1, 0, 1, 3, 1), 0, EL1H, true},
        {QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 0, 4, 0, 3, 1), 0, EL1H, false},
        {QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 12, 11, 5, 3, 1), 0, EL1H, false},
        {QUOLL_EXIT_SYSTEM_REGISTER, 0, 0, EL1H, false},
        {QUOLL_EXIT_HVC, ESR(0x16, 0), 0, EL1H, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        at(0x1000, cases[i].pstate);
        fake.short_ways = 0;
        (void)fake_exit(cases[i].reason, cases[i].esr, cases[i].address, 0);
        assert_int_equal(fake.short_ways, fake_short_way && cases[i].taken);
    }
}

/* Every register of the table is found, by reading and by writing, and none besides. */
static void register_table(void **state)
{
    unsigned found = 0;

    (void)state;
    for (uint64_t iss = 0; iss < 1 << 22; iss++)
        found += (iss & 0x3e0) == 0 && sysreg_find(sysreg_access, ESR(0x18, iss)) != NULL;
    assert_int_equal(found, 12);
    assert_null(sysreg_find(sysreg_access, 0));
}

static void zero_register_of_a_system_register(void **state)
{
    (void)state;
    at(0x1000, EL1H);
    memset(guest()->x, 0x55, sizeof(guest()->x));
    (void)fake_exit(QUOLL_EXIT_SYSTEM_REGISTER, SYSREG(3, 0, 1, 0, 1, 31, 1), 0, 0);
    for (unsigned i = 0; i < 31; i++)
        assert_true(guest()->x[i] == 0x5555555555555555);
    assert_int_equal(guest()->pc, 0x1004);
}

static void foreign_message(void **state)
{
    struct quoll_message message = {.word = {QUOLL_EXIT_HVC, 1, 2, 3, 4, 5, 6, 7}};

    (void)state;
    component_message(FAKE_EXIT_LABEL + 1, &message);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(message.word[i], 0);
    assert_int_equal(vm.vcpu[0].exit_count[QUOLL_EXIT_HVC], 0);
}

int run_exit_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(extension, fake_setup),
        cmocka_unit_test_setup(decoding, fake_setup),
        cmocka_unit_test_setup(zero_register, fake_setup),
        cmocka_unit_test_setup(hole, fake_setup),
        cmocka_unit_test_setup(far_when_it_is_known, fake_setup),
        cmocka_unit_test_setup(vectors, fake_setup),
        cmocka_unit_test_setup(device_without_syndrome, fake_setup),
        cmocka_unit_test_setup(unaligned, fake_setup),
        cmocka_unit_test_setup(executes_nothing, fake_setup),
        cmocka_unit_test_setup(memory_answers_with_an_error, fake_setup),
        cmocka_unit_test_setup(device_access_in_aarch32, fake_setup),
        cmocka_unit_test_setup(undefined, fake_setup),
        cmocka_unit_test_setup(system_registers, fake_setup),
        cmocka_unit_test_setup(single_step_is_the_guests_own, fake_setup),
        cmocka_unit_test_setup(software_interrupt, fake_setup),
        cmocka_unit_test_setup(psci, fake_setup),
        cmocka_unit_test_setup(suspend_waits, fake_setup),
        cmocka_unit_test_setup(short_way, fake_setup),
        cmocka_unit_test_setup(register_table, fake_setup),
        cmocka_unit_test_setup(zero_register_of_a_system_register, fake_setup),
        cmocka_unit_test_setup(foreign_message, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
