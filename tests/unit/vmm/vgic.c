/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Distributor and redistributor as the guest sees them, and what the kernel hears of it.
 */
#include "fake.h"

#define GICD(offset) (BOARD_GICD + (uint64_t)(offset))
#define GICR(offset) (BOARD_GICR + (uint64_t)(offset))
#define SGI(offset)  (BOARD_GICR + 0x10000 + (uint64_t)(offset))

enum {
    CTLR = 0,
    TYPER = 4,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ICFGR = 0xc00,
    IROUTER = 0x6000,
    PIDR2 = 0xffe8
};

enum { SPI = 33, SPI_WORD = 4, SPI_BIT = 1 << 1 };

static void enable(void)
{
    fake_store(GICD(CTLR), 4, 2);
    fake_store(GICD(IGROUPR + SPI_WORD), 4, SPI_BIT);
    fake_store(GICD(ISENABLER + SPI_WORD), 4, SPI_BIT);
}

static void identification(void **state)
{
    (void)state;
    assert_int_equal(fake_load(GICD(TYPER), 4) & 0x1f, QUOLL_VIRQ_COUNT / 32 - 1);
    assert_int_equal(fake_load(GICD(PIDR2), 4) >> 4 & 15, 3);
    assert_int_equal(fake_load(GICR(PIDR2), 4) >> 4 & 15, 3);
    assert_int_equal(fake_load(GICD(CTLR), 4), 0x50);
    assert_int_equal(fake_load(GICD(8), 4) & 0xfff, 0x43b);
}

static void redistributor_type(void **state)
{
    (void)state;
    assert_int_equal(fake_load(GICR(8), 8), 0x10);
    assert_int_equal(fake_load(GICR(8), 4), 0x10);
    assert_int_equal(fake_load(GICR(12), 4), 0);
    assert_int_equal(fake_load(GICR(8), 1), 0x10);
}

static void waker(void **state)
{
    (void)state;
    assert_int_equal(fake_load(GICR(0x14), 4), 6);
    fake_store(GICR(0x14), 4, 0);
    assert_int_equal(fake_load(GICR(0x14), 4), 0);
}

static void enable_needs_group(void **state)
{
    (void)state;
    fake_store(GICD(IGROUPR + SPI_WORD), 4, SPI_BIT);
    fake_store(GICD(ISENABLER + SPI_WORD), 4, SPI_BIT);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_ENABLED, 0);
    fake_store(GICD(CTLR), 4, 2);
    assert_int_equal(fake.interrupt[SPI] & (QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1),
                     QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1);
    fake_store(GICD(CTLR), 4, 1);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_ENABLED, 0);
    assert_int_equal(fake_load(GICD(ISENABLER + SPI_WORD), 4), SPI_BIT);
}

static void one_change_needs_no_call(void **state)
{
    (void)state;
    fake_store(GICD(CTLR), 4, 2);
    fake_store(GICD(IGROUPR + SPI_WORD), 4, SPI_BIT);
    fake.calls = 0;
    fake_store(GICD(ISENABLER + SPI_WORD), 4, SPI_BIT);
    assert_int_equal(fake.calls, 0);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
}

static void clear_enable(void **state)
{
    (void)state;
    enable();
    fake_store(GICD(ICENABLER + SPI_WORD), 4, ~UINT32_C(0));
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_ENABLED, 0);
    assert_int_equal(fake_load(GICD(ICENABLER + SPI_WORD), 4), 0);
}

static void many_at_once(void **state)
{
    (void)state;
    fake_store(GICD(CTLR), 4, 2);
    fake_store(GICD(IGROUPR + 8), 4, ~UINT32_C(0));
    fake_store(GICD(ISENABLER + 8), 8, UINT64_MAX);
    for (unsigned i = 64; i < 128; i++)
        assert_int_equal(fake.interrupt[i] & QUOLL_VIRQ_ENABLED, i < 96 ? QUOLL_VIRQ_ENABLED : 0);
    assert_true(fake_load(GICD(ISENABLER + 8), 8) == UINT64_MAX);
}

static void private_interrupts_are_not_in_the_distributor(void **state)
{
    (void)state;
    fake_store(GICD(ISENABLER), 4, ~UINT32_C(0));
    assert_int_equal(fake_load(GICD(ISENABLER), 4), 0);
    fake_store(SGI(ISENABLER), 4, 1U << 27);
    assert_int_equal(fake_load(SGI(ISENABLER), 4), 1U << 27);
    assert_int_equal(fake_load(SGI(ISENABLER + 4), 4), 0);
}

static void pending_lives_in_the_kernel(void **state)
{
    (void)state;
    fake_store(GICD(ISPENDR + SPI_WORD), 4, SPI_BIT);
    assert_pending(SPI);
    fake.interrupt[35] |= QUOLL_VIRQ_PENDING;
    assert_int_equal(fake_load(GICD(ISPENDR + SPI_WORD), 4), SPI_BIT | 1 << 3);
    fake_store(GICD(ICPENDR + SPI_WORD), 4, SPI_BIT);
    assert_not_pending(SPI);
    assert_pending(35);
}

/* The latch of an edge, kept behind the level. */
static void software_makes_a_level_pending(void **state)
{
    (void)state;
    fake.calls = 0;
    fake_store(GICD(ISPENDR + SPI_WORD), 4, SPI_BIT);
    assert_int_equal(fake.calls, 1);
    assert_int_equal(fake.call[0].argument[1], QUOLL_VIRQ_PENDING);
    assert_int_equal(fake.call[0].argument[2], QUOLL_VIRQ_PENDING | QUOLL_VIRQ_LEVEL);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_LEVEL, QUOLL_VIRQ_LEVEL);
    assert_pending(SPI);
}

static void line_keeps_pending(void **state)
{
    (void)state;
    vgic_set_line(SPI, true);
    assert_pending(SPI);
    fake_store(GICD(ICPENDR + SPI_WORD), 4, SPI_BIT);
    assert_pending(SPI);
    vgic_set_line(SPI, false);
    assert_not_pending(SPI);
}

static void edge_is_latched(void **state)
{
    (void)state;
    fake_store(GICD(ICFGR + 8), 4, 2 << 2);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_LEVEL, 0);
    assert_int_equal(fake_load(GICD(ICFGR + 8), 4), 2 << 2);
    vgic_set_line(SPI, true);
    vgic_set_line(SPI, false);
    assert_pending(SPI);
    fake_store(GICD(ICPENDR + SPI_WORD), 4, SPI_BIT);
    assert_not_pending(SPI);
}

static void active(void **state)
{
    (void)state;
    fake_store(GICD(ISACTIVER + SPI_WORD), 4, SPI_BIT);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_ACTIVE, QUOLL_VIRQ_ACTIVE);
    assert_int_equal(fake_load(GICD(ICACTIVER + SPI_WORD), 4), SPI_BIT);
    fake_store(GICD(ICACTIVER + SPI_WORD), 4, ~UINT32_C(0));
    assert_int_equal(fake_load(GICD(ISACTIVER + SPI_WORD), 4), 0);
}

static void priority(void **state)
{
    (void)state;
    enable();
    fake_store(GICD(IPRIORITYR + SPI), 1, 0xa7);
    assert_int_equal(fake_load(GICD(IPRIORITYR + SPI), 1), 0xa0);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_PRIORITY, 0xa000);
    fake_store(GICD(IPRIORITYR + 32), 4, 0x30201008);
    assert_int_equal(fake_load(GICD(IPRIORITYR + 32), 4), 0x30201008);
    assert_int_equal(fake.interrupt[SPI] & QUOLL_VIRQ_PRIORITY, 0x1000);
    assert_int_equal(fake_load(GICD(IPRIORITYR + 0x3fc), 4), 0);
}

static void priority_goes_with_the_enable(void **state)
{
    (void)state;
    fake_store(GICD(CTLR), 4, 2);
    fake.calls = 0;
    fake_store(SGI(IPRIORITYR + 24), 4, 0x80808080);
    fake_store(SGI(IGROUPR), 4, 1U << 27);
    assert_int_equal(fake.calls, 0);
    assert_int_equal(fake.interrupt[27] & QUOLL_VIRQ_PRIORITY, 0);
    fake_store(SGI(ISENABLER), 4, 1U << 27);
    assert_int_equal(fake.interrupt[27] & QUOLL_VIRQ_PRIORITY, 0x8000);
}

static void triggers_of_sgis_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(fake_load(SGI(ICFGR), 4), 0xaaaaaaaa);
    fake_store(SGI(ICFGR), 4, 0);
    assert_int_equal(fake_load(SGI(ICFGR), 4), 0xaaaaaaaa);
    fake_store(SGI(ICFGR + 4), 4, 2 << 22);
    assert_int_equal(fake_load(SGI(ICFGR + 4), 4), 2 << 22);
}

static void route(void **state)
{
    (void)state;
    fake_store(GICD(IROUTER + 8 * SPI), 8, UINT64_MAX);
    assert_true(fake_load(GICD(IROUTER + 8 * SPI), 8) == 0xff80ffffff);
    fake_store(GICD(IROUTER + 8 * SPI + 4), 4, 0);
    assert_true(fake_load(GICD(IROUTER + 8 * SPI), 8) == 0x80ffffff);
    fake_store(GICD(IROUTER + 8 * 31), 8, 1);
    assert_int_equal(fake_load(GICD(IROUTER + 8 * 31), 8), 0);
    fake_store(GICD(IROUTER + 8 * SPI), 1, 0);
    assert_true(fake_load(GICD(IROUTER + 8 * SPI), 8) == 0x80ffffff);
}

static void sgi(void **state)
{
    (void)state;
    vgic_send_sgi(&vm.vcpu[0], 3 << 24 | 1, true);
    assert_not_pending(3);
    fake_store(SGI(IGROUPR), 4, 1 << 3);
    vgic_send_sgi(&vm.vcpu[0], 3 << 24 | 1, false);
    assert_not_pending(3);
    vgic_send_sgi(&vm.vcpu[0], 3 << 24 | 2, true);
    vgic_send_sgi(&vm.vcpu[0], 3 << 24 | 1 << 16 | 1, true);
    vgic_send_sgi(&vm.vcpu[0], UINT64_C(1) << 40 | 3 << 24 | 1, true);
    assert_not_pending(3);
    vgic_send_sgi(&vm.vcpu[0], 3 << 24 | 1, true);
    assert_pending(3);
}

/* Nothing that a guest reads or writes anywhere in the frames does harm. */
static void every_offset(void **state)
{
    static const uint32_t sizes[] = {1, 2, 4, 8};

    (void)state;
    for (unsigned s = 0; s < 4; s++)
        for (uint64_t address = BOARD_GICD; address < BOARD_GICR + BOARD_GICR_SIZE; address += sizes[s] * 3 / 2 + 1) {
            uint64_t at = address & ~(uint64_t)(sizes[s] - 1);

            if (at >= BOARD_GICD + BOARD_GICD_SIZE && at < BOARD_GICR)
                continue;
            fake.calls = 0;
            fake_store(at, sizes[s], 0xa5a5a5a5a5a5a5a5);
            (void)fake_load(at, sizes[s]);
        }
    assert_false(fake.exited);
}

int run_vgic_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(identification, fake_setup),
        cmocka_unit_test_setup(redistributor_type, fake_setup),
        cmocka_unit_test_setup(waker, fake_setup),
        cmocka_unit_test_setup(enable_needs_group, fake_setup),
        cmocka_unit_test_setup(one_change_needs_no_call, fake_setup),
        cmocka_unit_test_setup(clear_enable, fake_setup),
        cmocka_unit_test_setup(many_at_once, fake_setup),
        cmocka_unit_test_setup(private_interrupts_are_not_in_the_distributor, fake_setup),
        cmocka_unit_test_setup(pending_lives_in_the_kernel, fake_setup),
        cmocka_unit_test_setup(software_makes_a_level_pending, fake_setup),
        cmocka_unit_test_setup(line_keeps_pending, fake_setup),
        cmocka_unit_test_setup(edge_is_latched, fake_setup),
        cmocka_unit_test_setup(active, fake_setup),
        cmocka_unit_test_setup(priority, fake_setup),
        cmocka_unit_test_setup(priority_goes_with_the_enable, fake_setup),
        cmocka_unit_test_setup(triggers_of_sgis_are_fixed, fake_setup),
        cmocka_unit_test_setup(route, fake_setup),
        cmocka_unit_test_setup(sgi, fake_setup),
        cmocka_unit_test_setup(every_offset, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
