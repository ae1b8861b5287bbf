/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A vCPU's registers: the shared page, which may hold anything, and those that stay in the CPU.
 */
#include "vmm.h"

/* Modes and bits of SPSR_EL2 that a guest may not have: the guest finds itself at EL1h. */
static void hostile_pstate(void)
{
    static const uint64_t values[] = {
        0x3c9,
        0x3c8,
        0x3cd,
        0x3cc,
        0x3c1,
        0x3c2,
        0x3c6,
        0x3c7,
        0x3ca,
        0x3cf, /* EL2, EL3, and none at all */
        0x3d1,
        0x3d2,
        0x3d3,
        0x3d6,
        0x3d7,
        0x3da,
        0x3db,
        0x3df, /* AArch32 with privileges */
        EL1H_MASKED | 1 << 20,
        EL1H_MASKED | 1 << 21,
        EL1H_MASKED | 3 << 20, /* IL, SS */
        UINT64_C(0xffffffffff3fffe0),
        UINT64_MAX,
    };

    guest_make(0);
    guest_begin_at(0, guest_level);
    EXPECT_DONE(0);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        uint64_t mode = values[i] & 0x1f;

        guest_set(0, guest_level, mode == 0 ? values[i] | 5 : values[i]);
        EXPECT_DONE(0);
        EXPECT_EQUAL(guest_state(0)->x[0], 1 << 2);
        EXPECT_EQUAL(guest_state(0)->x[1], 1);
        EXPECT_EQUAL(guest_state(0)->pstate & 0x3000ff, 0xc5);
    }
    guest_set(0, guest_level, EL1T_MASKED);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[1], 0);
}

static void user_mode(void)
{
    guest_make(0);
    guest_set(0, guest_exit, EL0T_MASKED); /* hvc is undefined there: the guest's own vector gets it */
    guest_start(0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->pstate & 0x1f, 5);
    EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_ELR_EL1).word[0], guest_address(guest_exit));
    EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_SPSR_EL1).word[0] & 0x1f, 0);
}

/* AArch32 EL0 of a guest, little- and big-endian. */
static void aarch32(void)
{
    static const struct {
        uint64_t pstate;
        uint32_t loaded;
    } cases[] = {{AARCH32_USER | 0x1c0, 0x11223344}, {AARCH32_USER | 0x3c0, 0x44332211}};

    guest_make(0);
    guest_log(0)[0] = 0x11223344;
    for (unsigned i = 0; i < 2; i++) {
        guest_state(0)->x[1] = GUEST_BASE + GUEST_LOG_OFFSET;
        guest_set(0, guest_aarch32, cases[i].pstate);
        if (i == 0)
            guest_start(0);
        EXPECT_DONE(0);
        EXPECT_EQUAL((uint32_t)guest_state(0)->x[0], cases[i].loaded);
        EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_SPSR_EL1).word[0] & 0x1f, AARCH32_USER);
    }
}

/* Every register keeps what is written, but for what it may not hold; before the first run and in an exit. */
static void write_and_read(bool exited)
{
    const uint64_t pattern = UINT64_C(0x0000123456789ab0);

    for (unsigned reg = 0; reg < QUOLL_VCPU_REGISTER_COUNT; reg++) {
        uint64_t before = quoll_thread_read_vcpu(GUEST_THREAD, reg).word[0];
        uint64_t value = pattern + reg * 0x100;
        uint64_t got = 0;
        bool whole = true;

        EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, reg, value));
        got = quoll_thread_read_vcpu(GUEST_THREAD, reg).word[0];
        EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, reg, before));
        switch (reg) {
        case QUOLL_VCPU_VMPIDR_EL2:
            EXPECT_EQUAL(got, (value & UINT64_C(0xff00ffffff)) | UINT64_C(1) << 31);
            whole = false;
            break;
        case QUOLL_VCPU_MDSCR_EL1:
        case QUOLL_VCPU_CNTKCTL_EL1:
        case QUOLL_VCPU_CSSELR_EL1:
        case QUOLL_VCPU_CNTV_CTL_EL0:
            EXPECT_EQUAL(got & ~value, 0);
            whole = false;
            break;
        default: /* what the CPU does not implement of a register reads as zero */
            whole = !exited || reg == QUOLL_VCPU_SP_EL1 || reg == QUOLL_VCPU_ELR_EL1 || reg == QUOLL_VCPU_TPIDR_EL0 ||
                    reg == QUOLL_VCPU_TPIDRRO_EL0 || reg == QUOLL_VCPU_SP_EL0 || reg == QUOLL_VCPU_TPIDR_EL1 ||
                    reg == QUOLL_VCPU_FAR_EL1 || reg == QUOLL_VCPU_CNTV_CVAL_EL0 || reg == QUOLL_VCPU_MAIR_EL1;
            break;
        }
        if (whole)
            EXPECT_EQUAL(got, value);
        EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, reg).word[0], before);
    }
}

static void registers(void)
{
    guest_make_parts(0);
    guest_make_vcpu(0);
    EXPECT_ERROR(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_REGISTER_COUNT), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_read_vcpu(GUEST_THREAD, UINT64_MAX), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_REGISTER_COUNT, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_read_vcpu(BOOT_CAP_THREAD, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_write_vcpu(BOOT_CAP_THREAD, 0, 0), BAD_TYPE);
    write_and_read(false);
    guest_begin_at(0, guest_exit);
    EXPECT_ERROR(quoll_thread_read_vcpu(GUEST_THREAD, 0), BUSY); /* it may run, though nobody pays */
    EXPECT_ERROR(quoll_thread_write_vcpu(GUEST_THREAD, 0, 0), BUSY);
    guest_pay(0);
    EXPECT_DONE(0);
    write_and_read(true);
    EXPECT_DONE(0);
}

/* VMPIDR and the counter's offset are what the VMM says, MIDR what the core is. */
static void identity(void)
{
    uint64_t ticks = 0;

    guest_make(0);
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_VMPIDR_EL2, 0x0102));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTVOFF_EL2, test_ticks()));
    guest_begin_at(0, guest_identity);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[0], 0x80000102);
    EXPECT_EQUAL(guest_state(0)->x[1] >> 24, 0x41);
    EXPECT(guest_state(0)->x[2] < 2000 * TICKS_MS);
    ticks = test_ticks();
    EXPECT(guest_state(0)->x[3] < ticks && guest_state(0)->x[3] + 2000 * TICKS_MS > ticks);
}

/* Floating point registers of guest and VMM, each used while the other's are in the CPU. */
static void float_is_shared(void)
{
    guest_make(0);
    guest_state(0)->x[0] = 0x4000;
    guest_begin_at(0, guest_float);
    __asm__ volatile("dup v0.2d, %0\n\tdup v31.2d, %0" : : "r"(UINT64_C(77)) : "v0", "v31");
    for (unsigned round = 0; round < 3; round++) {
        EXPECT_DONE(0);
        __asm__ volatile("dup v0.2d, %0\n\tdup v15.2d, %0\n\tdup v31.2d, %0\n\tmsr fpcr, xzr"
                         :
                         : "r"(UINT64_C(99))
                         : "v0", "v15", "v31");
        EXPECT_DONE(0);
        EXPECT_EQUAL(guest_state(0)->x[0], 0);
        EXPECT_EQUAL(guest_state(0)->x[3], 3 << 22);
        guest_state(0)->x[0] = 0x5000 + round;
    }
}

static void float_of_the_vmm_stays(void)
{
    register uint64_t low __asm__("x0") = 0;
    uint64_t fpcr = 0;

    guest_make(0);
    guest_begin_at(0, guest_float);
    EXPECT_DONE(0); /* the guest has used it */
    __asm__ volatile("dup v8.2d, %0" : : "r"(UINT64_C(0x1234)) : "v8");
    EXPECT_DONE(0); /* d8 is callee-saved, so nothing between here and there touches it in vain */
    EXPECT_DONE(0);
    __asm__ volatile("mov %0, v8.d[0]\n\tmrs %1, fpcr" : "=r"(low), "=r"(fpcr) : : "v8");
    EXPECT_EQUAL(low, 0x1234);
    EXPECT_EQUAL(fpcr, 0);
}

/*
 * A guest that leaves endianness, alignment check, traps of counters, of floating point and of cache maintenance, and a
 * single step behind: nothing of it reaches the VMM, and all of it is there when the guest goes on.
 */
static void mess_is_the_guests_own(void)
{
    static volatile uint8_t bytes[16] __attribute__((aligned(8))) = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static volatile double number = 1.5;
    uint64_t tpidr = 0;
    uint64_t tpidrro = 0;
    uint64_t native_tpidr = 0;

    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(native_tpidr));
    guest_make(0);
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_MDSCR_EL1, UINT64_MAX));
    EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_MDSCR_EL1).word[0], 0xb001);
    guest_begin_at(0, guest_mess);
    EXPECT_DONE(0);
    EXPECT_EQUAL(*(volatile uint32_t *)bytes, 0x04030201);
    EXPECT_EQUAL(*(volatile uint32_t *)(bytes + 1), 0x05040302); /* not aligned */
    number = number * 2;
    EXPECT(number == 3.0 || number == 6.0 || number > 6.0);
    EXPECT(test_ticks() != 0);
    __asm__ volatile("dc cvau, %0\n\tic ivau, %0\n\tmrs %1, ctr_el0" : : "r"(bytes), "r"(tpidr) : "memory");
    __asm__ volatile("mrs %0, tpidr_el0\n\tmrs %1, tpidrro_el0" : "=r"(tpidr), "=r"(tpidrro));
    EXPECT_EQUAL(tpidr, native_tpidr);
    EXPECT_EQUAL(tpidrro, 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[0], UINT64_MAX);
    EXPECT_EQUAL(guest_state(0)->x[1], UINT64_MAX);
    EXPECT_EQUAL(guest_state(0)->x[2], UINT64_MAX);
    EXPECT_EQUAL(guest_state(0)->x[3], 0);
    EXPECT_EQUAL(guest_state(0)->x[4], 0);
    EXPECT_EQUAL(guest_state(0)->x[5], 0);
}

/* The memory of the state page goes while the guest is in an exit, or has never run. */
static void state_page_goes(void)
{
    struct quoll_result fault = {0};

    guest_make(0);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, SCRATCH, GUEST_STATE, 0, TEST_PAGE), BUSY);
    EXPECT_OK(quoll_any_destroy(GUEST_STATE));
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_FAULTED);
    fault = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(fault.word[0], 0x100);
    EXPECT_EQUAL(fault.word[1], QUOLL_FAULT_VCPU);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS); /* the answer reaches nobody who runs */
    EXPECT_ERROR(quoll_thread_start(GUEST_THREAD, 0, 0, 0), BAD_STATE);
}

/* The portal goes: the next exit is a fault. */
static void exit_portal_goes(void)
{
    guest_make(0);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    guest_answer(0, 0, 0, 0);
    EXPECT_DONE(0);
    EXPECT_OK(quoll_any_destroy(GUEST_PORTAL));
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_VCPU);
}

/* In the middle of an exit the VMM destroys what pays for it, then the guest: it goes on with its own time. */
static void vmm_ends_its_guest(void)
{
    guest_make(0);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    EXPECT_OK(quoll_any_destroy(GUEST_BUDGET));
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(GUEST_THREAD));
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
}

/* Copies of copies of a capability from index `first` on; answers the last, of which there can be no copy. */
static uint32_t deepest(uint32_t source, uint32_t first)
{
    uint32_t last = source;

    for (uint32_t i = first; test_copy(i, last, QUOLL_RIGHTS_ALL, 0) == QUOLL_OK; i++)
        last = i;
    return last;
}

static void copies_are_too_deep(void)
{
    enum { BELL = SCRATCH, NEW, COPIES, CHAIN = 256 };
    uint32_t state = 0;
    uint32_t portal = 0;
    uint32_t bell = 0;

    guest_make(0);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    state = deepest(GUEST_STATE, COPIES);
    portal = deepest(GUEST_PORTAL, COPIES + CHAIN);
    bell = deepest(BELL, COPIES + 2 * CHAIN);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, NEW, GUEST_DOMAIN, state, GUEST_PORTAL, 0, 1), TOO_DEEP);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, NEW, GUEST_DOMAIN, GUEST_STATE, portal, 0, 1), TOO_DEEP);
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, bell, 32), TOO_DEEP);
    EXPECT_ERROR(quoll_thread_match_notify(GUEST_THREAD, GUEST_DEVICE, 4, bell, 1), TOO_DEEP);
}

/* Stage 1 tables of a vCPU: identity in its second GiB, and one page of the third. ASID 0 for all. */
static uint64_t make_tables(unsigned which, uint64_t page)
{
    const uint64_t tables = 0x20000 + which * 0x3000; /* offset in RAM: levels 1, 2, 3 */
    volatile uint64_t *level = (volatile uint64_t *)((uintptr_t)guest_log(0) - GUEST_LOG_OFFSET + tables);
    const uint64_t normal = 1 << 10 | 3 << 8; /* AF, inner shareable, attribute 0 */

    level[1] = GUEST_BASE | normal | 1;
    level[2] = (GUEST_BASE + tables + 0x1000) | 3;
    level[512] = (GUEST_BASE + tables + 0x2000) | 3;
    level[1024] = (GUEST_BASE + page) | normal | 1 << 11 | 3; /* nG */
    return GUEST_BASE + tables;
}

static void look_through(uint32_t thread, uint64_t table)
{
    /* T0SZ 25, walks inner shareable and write-back, EPD1, IPS 40 bits */
    const uint64_t tcr = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | UINT64_C(2) << 32;

    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_MAIR_EL1, 0xff));
    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_TCR_EL1, tcr));
    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_TTBR0_EL1, table));
    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_SCTLR_EL1, 0x30d00800 | 1 << 12 | 1 << 2 | 1));
}

/* Two vCPUs of one VM on one core, the same ASID with different tables: neither sees what the other would. */
static void siblings(void)
{
    const uint64_t patterns[] = {UINT64_C(0x1111111111111111), UINT64_C(0x2222222222222222)};

    guest_make(0);
    guest_make_parts(1); /* of which only the state page and the portal are used */
    EXPECT_OK(quoll_pool_create_vcpu(TEST_POOL, guest_capability(1, GUEST_THREAD), GUEST_DOMAIN,
                                     guest_capability(1, GUEST_STATE), guest_capability(1, GUEST_PORTAL), 0,
                                     GUEST_PRIORITY));
    guest_pay(1);
    for (unsigned n = 0; n < 2; n++) {
        const uint64_t page = 0x30000 + n * TEST_PAGE;

        *(volatile uint64_t *)((uintptr_t)guest_log(0) - GUEST_LOG_OFFSET + page) = patterns[n];
        look_through(guest_capability(n, GUEST_THREAD), make_tables(n, page));
        guest_state(n)->x[0] = patterns[n];
        guest_state(n)->x[19] = 1000000;
        guest_state(n)->x[20] = UINT64_C(0x80000000);
    }
    guest_begin_at(0, guest_look);
    guest_begin_at(1, guest_look);
    for (unsigned i = 0; i < 2; i++) {
        struct exit exit = EXPECT_EXIT(HVC);

        EXPECT_EQUAL(guest_state(exit.label & 1)->x[1], 0);
        guest_answer(QUOLL_REPLY_STOP, 0, 0, 0);
    }
    EXPECT_EQUAL(guest_next_within(0).kind, QUOLL_KIND_STATUS);
}

static void create_errors(void)
{
    const uint32_t small = SCRATCH + 1;
    const uint32_t native = SCRATCH + 2;
    const uint32_t part = SCRATCH + 3;

    guest_make_parts(0);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, 0, GUEST_DOMAIN, GUEST_STATE, GUEST_PORTAL, 0, 1), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, GUEST_RAM, GUEST_DOMAIN, GUEST_STATE, GUEST_PORTAL, 0, 1),
                 SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, SCRATCH, GUEST_DOMAIN, GUEST_STATE, GUEST_PORTAL, 99, 1),
                 BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, SCRATCH, GUEST_DOMAIN, GUEST_STATE, GUEST_PORTAL, 0, 256),
                 BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, SCRATCH, GUEST_DOMAIN, BOOT_CAP_DEVICE, GUEST_PORTAL, 0, 1),
                 BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, native, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, SCRATCH, native, GUEST_STATE, GUEST_PORTAL, 0, 1), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, SCRATCH, GUEST_DOMAIN, test_ram, GUEST_PORTAL, 0, 1), BUSY);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, part, test_ram, test_ram_offset + (UINT64_C(8) << 20), 16384));
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, small, part, 0, 16384));
    EXPECT_ERROR(quoll_pool_create_vcpu(small, SCRATCH, GUEST_DOMAIN, GUEST_STATE, GUEST_PORTAL, 0, 1), NO_MEMORY);
    EXPECT_ERROR(
        quoll_pool_create_vcpu(TEST_POOL, SCRATCH, GUEST_DOMAIN, GUEST_RAM + GUEST_CAPABILITIES, GUEST_PORTAL, 0, 1),
        BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, SCRATCH, GUEST_DOMAIN, 0, 1), BAD_ARGUMENT);
    guest_make_vcpu(0);
    EXPECT_ERROR(quoll_pool_create_portal(TEST_POOL, SCRATCH, GUEST_THREAD, 1), BAD_ARGUMENT);
}

GUEST_TEST(hostile_pstate)
GUEST_TEST(user_mode)
GUEST_TEST(aarch32)
GUEST_TEST(registers)
GUEST_TEST(identity)
GUEST_TEST(float_is_shared)
GUEST_TEST(float_of_the_vmm_stays)
GUEST_TEST(mess_is_the_guests_own)
GUEST_TEST(state_page_goes)
GUEST_TEST(exit_portal_goes)
GUEST_TEST(siblings)
GUEST_TEST(copies_are_too_deep)
GUEST_TEST(create_errors)
GUEST_TEST(vmm_ends_its_guest)

void test_state(void)
{
    static const struct test tests[] = {
        RELEASED(hostile_pstate),
        RELEASED(user_mode),
        RELEASED(aarch32),
        RELEASED(registers),
        RELEASED(identity),
        RELEASED(float_is_shared),
        RELEASED(float_of_the_vmm_stays),
        RELEASED(mess_is_the_guests_own),
        RELEASED(state_page_goes),
        RELEASED(exit_portal_goes),
        RELEASED(siblings),
        RELEASED(copies_are_too_deep),
        RELEASED(create_errors),
        RELEASED(vmm_ends_its_guest),
    };

    TEST_RUN(tests);
}
