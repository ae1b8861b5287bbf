/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * GICv3, one Security state or Non-secure view of two; everything is group 1. EOImode is 1: taking an interrupt drops
 * its priority, deactivating it is a write of its own, so a line stays quiet until whoever handles it says so.
 * References are to IHI 0069.
 */
#include "gic.h"
#include "abi/boot_info.h"
#include "arch.h"
#include "check.h"
#include "interrupt.h"
#include "sysreg.h"

/* Distributor, 12.9; the SGI frame of a redistributor, 12.11, has the registers of lines 0..31 at the same offsets */
enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IGROUPR = 0x0080,
    GICD_ISENABLER = 0x0100,
    GICD_ICENABLER = 0x0180,
    GICD_ICPENDR = 0x0280,
    GICD_ICACTIVER = 0x0380,
    GICD_IPRIORITYR = 0x0400,
    GICD_ICFGR = 0x0c00,
    GICD_IROUTER = 0x6000,
    CTLR_ENABLE_GROUP1 = 1 << 1,
    CTLR_ARE = 1 << 4,
    PRIORITY = 0xa0,
    PRIORITY_FIRST = 0x80,
};
#define CTLR_RWP BIT(31)

/* Redistributor, 12.10: two frames of 64 KiB, four with virtual LPIs */
enum {
    GICR_CTLR = 0x0000,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    FRAME = 0x10000,
    TYPER_VLPIS = 1 << 1,
    TYPER_LAST = 1 << 4,
    WAKER_PROCESSOR_SLEEP = 1 << 1,
    WAKER_CHILDREN_ASLEEP = 1 << 2,
    GICR_CTLR_RWP = 1 << 3,
    POLL_LIMIT = 1000000,
};

static uint64_t distributor;
static uint32_t line_limit; /* INTIDs below exist */
static uint32_t own_lines[3];

static volatile uint32_t *reg(uint64_t frame, uint64_t offset)
{
    return paddr_pointer(paddr(frame + offset));
}

static volatile uint64_t *reg64(uint64_t frame, uint64_t offset)
{
    return paddr_pointer(paddr(frame + offset));
}

/* The frame with the registers of a line: of this core's redistributor, or the distributor. */
static uint64_t frame_of(uint32_t line)
{
    return line < 32 ? arch_core()->arch.redistributor + FRAME : distributor;
}

/* Wait until writes that disable or configure have taken effect; bounded, for a GIC that hangs is not our guest's. */
static void wait_for_writes(uint32_t line)
{
    volatile uint32_t *control =
        line < 32 ? reg(arch_core()->arch.redistributor, GICR_CTLR) : reg(distributor, GICD_CTLR);
    uint32_t pending = line < 32 ? GICR_CTLR_RWP : (uint32_t)CTLR_RWP;

    for (unsigned i = 0; i < POLL_LIMIT && (*control & pending) != 0; i++)
        continue;
}

/* One bit of a line in a register bank that has one bit a line. */
static void write_bit(uint32_t line, uint64_t bank)
{
    *reg(frame_of(line), bank + line / 32 * 4) = UINT32_C(1) << line % 32;
}

/* 32 lines quiet: disabled, inactive, group 1, one priority. */
static void reset_lines(uint32_t first)
{
    uint64_t frame = frame_of(first);
    uint64_t bank = first / 32 * 4;

    *reg(frame, GICD_ICENABLER + bank) = UINT32_MAX;
    *reg(frame, GICD_ICPENDR + bank) = UINT32_MAX;
    *reg(frame, GICD_ICACTIVER + bank) = UINT32_MAX;
    *reg(frame, GICD_IGROUPR + bank) = UINT32_MAX;
    for (uint32_t i = 0; i < 32; i += 4)
        *reg(frame, GICD_IPRIORITYR + first + i) = UINT32_C(0x01010101) * PRIORITY;
}

/* MPIDR_EL1 (Arm ARM D19.2) as GICD_IROUTER has it: Aff3 in 39:32, Aff2..Aff0 in 23:0 */
static uint64_t affinity(void)
{
    return SYSREG_READ(mpidr_el1) & UINT64_C(0xff00ffffff);
}

static void distributor_init(void)
{
    *reg(distributor, GICD_CTLR) = 0;
    wait_for_writes(32);
    line_limit = ((*reg(distributor, GICD_TYPER) & 0x1f) + 1) * 32; /* ITLinesNumber, 12.9 */
    if (line_limit > LINE_MAX)
        line_limit = LINE_MAX;
    *reg(distributor, GICD_CTLR) = CTLR_ARE;
    wait_for_writes(32);
    for (uint32_t line = 32; line < line_limit; line += 32)
        reset_lines(line);
    for (uint32_t line = 32; line < line_limit; line++)
        *reg64(distributor, GICD_IROUTER + UINT64_C(8) * line) = affinity();
    *reg(distributor, GICD_CTLR) = CTLR_ARE | CTLR_ENABLE_GROUP1;
    wait_for_writes(32);
}

/* The redistributor whose GICR_TYPER (12.10) has this core's affinity; the list ends at Last or at `end`. */
static uint64_t find_redistributor(uint64_t at, uint64_t end)
{
    uint64_t mine = affinity();
    uint64_t wanted = (mine >> 8 & 0xff000000) | (mine & 0xffffff);

    while (at + 2 * (uint64_t)FRAME <= end) {
        uint64_t type = *reg64(at, GICR_TYPER);

        if (type >> 32 == wanted)
            return at;
        if ((type & TYPER_LAST) != 0)
            break;
        at += (type & TYPER_VLPIS) != 0 ? 4 * (uint64_t)FRAME : 2 * (uint64_t)FRAME;
    }
    panic(__FILE__, __LINE__, "no GIC redistributor of boot_info has this core's affinity");
}

static void redistributor_init(struct core *core)
{
    uint64_t base = core->arch.redistributor;

    *reg(base, GICR_WAKER) &= ~(uint32_t)WAKER_PROCESSOR_SLEEP; /* 12.10 */
    for (unsigned i = 0; i < POLL_LIMIT && (*reg(base, GICR_WAKER) & WAKER_CHILDREN_ASLEEP) != 0; i++)
        continue;
    reset_lines(0);
    *reg(base + FRAME, GICD_ICFGR + 4) = 0; /* PPIs are level-sensitive */
    wait_for_writes(0);
}

/* 12.2. Registers of group 1 are reached as ICC_*_EL1; HCR_EL2.IMO redirects them below EL2 only. */
static void interface_init(void)
{
    SYSREG_WRITE(S3_4_C12_C9_5, 0xf); /* ICC_SRE_EL2: SRE, DFB, DIB, Enable for EL1 */
    isb();
    SYSREG_WRITE(S3_0_C12_C12_5, 0x7); /* ICC_SRE_EL1 */
    isb();
    SYSREG_WRITE(S3_0_C4_C6_0, 0xff);     /* ICC_PMR_EL1: everything */
    SYSREG_WRITE(S3_0_C12_C12_3, 0);      /* ICC_BPR1_EL1 */
    SYSREG_WRITE(S3_0_C12_C12_4, BIT(1)); /* ICC_CTLR_EL1.EOImode */
    SYSREG_WRITE(S3_0_C12_C12_7, 1);      /* ICC_IGRPEN1_EL1 */
    isb();
}

/*
 * Taken before all others that wait: no storm on another line keeps the kernel's timer from ending a thread's time
 * (trap.c lets one line overtake it).
 */
static void take_first(uint32_t line)
{
    volatile uint8_t *priority = paddr_pointer(paddr(frame_of(line) + GICD_IPRIORITYR + line));

    *priority = PRIORITY_FIRST;
}

void gic_init(struct core *core, const struct boot_info *info)
{
    if (info->gic_version != 3)
        panic(__FILE__, __LINE__, "boot_info names an interrupt controller that this kernel does not know");
    distributor = info->gic_distributor;
    own_lines[0] = info->hypervisor_timer;
    own_lines[1] = info->virtual_timer;
    own_lines[2] = info->maintenance;
    interface_init();
    core->arch.redistributor =
        find_redistributor(info->gic_redistributor, info->gic_redistributor + info->gic_redistributor_size);
    distributor_init();
    redistributor_init(core);
    take_first(info->hypervisor_timer);
    for (unsigned i = 0; i < 3; i++)
        arch_interrupt_enable(own_lines[i], QUOLL_TRIGGER_LEVEL);
}

bool arch_interrupt_valid(uint64_t line)
{
    if (line < 16 || line >= line_limit)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (line == own_lines[i])
            return false;
    return true;
}

/* What an earlier owner of the line left, pending or active, goes with it. */
void arch_interrupt_enable(uint32_t line, enum quoll_trigger trigger)
{
    volatile uint32_t *configuration = reg(frame_of(line), GICD_ICFGR + line / 16 * UINT64_C(4)); /* 12.9 */
    uint32_t edge = UINT32_C(2) << line % 16 * 2;

    arch_interrupt_disable(line);
    *configuration = trigger == QUOLL_TRIGGER_EDGE ? *configuration | edge : *configuration & ~edge;
    write_bit(line, GICD_ICPENDR);
    write_bit(line, GICD_ICACTIVER);
    write_bit(line, GICD_ISENABLER);
}

void arch_interrupt_disable(uint32_t line)
{
    write_bit(line, GICD_ICENABLER);
    wait_for_writes(line);
}

void arch_interrupt_complete(uint32_t line)
{
    SYSREG_WRITE(S3_0_C12_C11_1, line); /* ICC_DIR_EL1 */
    isb();
}
