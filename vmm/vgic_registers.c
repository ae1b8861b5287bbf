/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The register maps of distributor and redistributor, Arm IHI 0069 12.8 to 12.11. The second frame of a redistributor
 * and the distributor share the layout of the registers that hold a few bits for each interrupt: SGIs and PPIs are
 * interrupts 0..31 of the former, SPIs the rest of the latter.
 */
#include "vgic.h"

#include "abi/calls.h"
#include "vgic_state.h"
#include "vm.h"

enum {
    GIC_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GIC_IIDR_D = 0x0008,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_TYPER_HIGH = 0x000c,
    GICR_WAKER = 0x0014,
    GIC_IGROUPR = 0x0080,
    GIC_ISENABLER = 0x0100,
    GIC_ICENABLER = 0x0180,
    GIC_ISPENDR = 0x0200,
    GIC_ICPENDR = 0x0280,
    GIC_ISACTIVER = 0x0300,
    GIC_ICACTIVER = 0x0380,
    GIC_IPRIORITYR = 0x0400,
    GIC_IPRIORITYR_END = 0x0800,
    GIC_ICFGR = 0x0c00,
    GIC_ICFGR_END = 0x0d00,
    GICD_IROUTER = 0x6000,
    GICD_IROUTER_END = 0x8000,
    GIC_PIDR2 = 0xffe8,
    GICR_FRAME = 0x10000, /* size of each of the two frames */
};

enum {
    /* five bits of priority, as the virtual CPU interface has them */
    PRIORITY_MASK = 0xf8,
    /* product, variant, revision, implementer: Arm, as the identification registers say as well */
    IIDR = 0x0000043b,
    PIDR2_GICV3 = 0x3b,
    /* No1N, A3V, IDbits = 16, ITLinesNumber */
    TYPER = 1 << 25 | 1 << 24 | 15 << 19 | (VGIC_INTERRUPTS / 32 - 1),
    TYPER_LAST = 1 << 4,
    WAKER_PROCESSOR_SLEEP = 1 << 1,
    WAKER_CHILDREN_ASLEEP = 1 << 2,
};

/* Interrupt numbers first..limit-1 of a frame have registers; those of the others are reserved. */
struct range {
    uint32_t first;
    uint32_t limit;
};

static const struct range shared_range = {VGIC_PRIVATE, VGIC_INTERRUPTS};
static const struct range private_range = {0, VGIC_PRIVATE};

static bool in_range(const struct range *range, uint32_t number)
{
    return number >= range->first && number < range->limit;
}

static bool read_bit(struct vcpu *vcpu, uint32_t bank, uint32_t number)
{
    switch (bank) {
    case GIC_IGROUPR:
        return (vgic_interrupt(vcpu, number)->flags & VGIC_GROUP1) != 0;
    case GIC_ISENABLER:
    case GIC_ICENABLER:
        return (vgic_interrupt(vcpu, number)->flags & VGIC_ENABLED) != 0;
    case GIC_ISPENDR:
    case GIC_ICPENDR:
        return (vgic_kernel_state(vcpu, number) & QUOLL_VIRQ_PENDING) != 0;
    case GIC_ISACTIVER:
    case GIC_ICACTIVER:
        return (vgic_kernel_state(vcpu, number) & QUOLL_VIRQ_ACTIVE) != 0;
    default:
        return false;
    }
}

/* Changes configuration flags; the kernel hears of it if its own record changes. */
static void change_flags(struct vcpu *vcpu, uint32_t number, uint8_t set, uint8_t clear)
{
    struct vgic_interrupt *interrupt = vgic_interrupt(vcpu, number);
    bool before = vgic_delivered(interrupt);
    uint8_t flags = (uint8_t)((interrupt->flags | set) & ~clear);

    if (flags == interrupt->flags)
        return;
    interrupt->flags = flags;
    if (before || vgic_delivered(interrupt))
        vgic_tell_configuration(vcpu, number);
}

/* A zero written to ICPENDR of a level-triggered interrupt leaves it pending while its line is up. */
static void clear_pending(struct vcpu *vcpu, uint32_t number)
{
    uint8_t flags = vgic_interrupt(vcpu, number)->flags;

    if ((flags & VGIC_EDGE) != 0 || (flags & VGIC_LINE) == 0)
        vgic_tell(vgic_target(vcpu, number), number, 0, QUOLL_VIRQ_PENDING);
}

/*
 * A level-triggered interrupt that software makes pending stays so until it is acknowledged, whatever its line does.
 * The kernel knows that as the latch of an edge, which it keeps when the interrupt turns level-triggered again.
 */
static void set_pending(struct vcpu *vcpu, uint32_t number)
{
    struct vcpu *target = vgic_target(vcpu, number);
    uint8_t flags = vgic_interrupt(vcpu, number)->flags;
    uint32_t line = (flags & VGIC_LINE) != 0 ? QUOLL_VIRQ_PENDING : 0;

    if ((flags & VGIC_EDGE) != 0) {
        vgic_tell(target, number, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
        return;
    }
    vgic_tell(target, number, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING | QUOLL_VIRQ_LEVEL);
    vgic_tell(target, number, QUOLL_VIRQ_LEVEL | line, QUOLL_VIRQ_LEVEL | line);
}

static void write_bit(struct vcpu *vcpu, uint32_t bank, uint32_t number, bool value)
{
    struct vcpu *target = vgic_target(vcpu, number);

    if (bank == GIC_IGROUPR) {
        change_flags(vcpu, number, value ? VGIC_GROUP1 : 0, value ? 0 : VGIC_GROUP1);
        return;
    }
    if (!value)
        return;
    switch (bank) {
    case GIC_ISENABLER:
        change_flags(vcpu, number, VGIC_ENABLED, 0);
        break;
    case GIC_ICENABLER:
        change_flags(vcpu, number, 0, VGIC_ENABLED);
        break;
    case GIC_ISPENDR:
        set_pending(vcpu, number);
        break;
    case GIC_ICPENDR:
        clear_pending(vcpu, number);
        break;
    case GIC_ISACTIVER:
        vgic_tell(target, number, QUOLL_VIRQ_ACTIVE, QUOLL_VIRQ_ACTIVE);
        break;
    case GIC_ICACTIVER:
        vgic_tell(target, number, 0, QUOLL_VIRQ_ACTIVE);
        break;
    default:
        break;
    }
}

static uint8_t read_priority(struct vcpu *vcpu, uint32_t number)
{
    return vgic_interrupt(vcpu, number)->priority;
}

static void write_priority(struct vcpu *vcpu, uint32_t number, uint8_t value)
{
    struct vgic_interrupt *interrupt = vgic_interrupt(vcpu, number);
    uint8_t priority = value & PRIORITY_MASK;

    if (priority == interrupt->priority)
        return;
    interrupt->priority = priority;
    if (vgic_delivered(interrupt))
        vgic_tell_configuration(vcpu, number);
}

static void write_trigger(struct vcpu *vcpu, uint32_t number, bool edge)
{
    struct vgic_interrupt *interrupt = vgic_interrupt(vcpu, number);
    bool before = (interrupt->flags & VGIC_EDGE) != 0;

    if (number < 16 || edge == before)
        return;
    interrupt->flags ^= VGIC_EDGE;
    vgic_tell(vgic_target(vcpu, number), number, edge ? 0 : QUOLL_VIRQ_LEVEL, QUOLL_VIRQ_LEVEL);
}

/* Bits, bytes and two-bit fields for each interrupt. `size` bytes at `offset`; all loops run at most 64 times. */
static uint64_t read_interrupts(struct vcpu *vcpu, const struct range *range, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    if (offset >= GIC_IGROUPR && offset < GIC_IPRIORITYR) {
        uint32_t bank = offset & ~0x7fU;
        uint32_t first = (offset & 0x7f) * 8;

        for (uint32_t i = 0; i < size * 8; i++)
            if (in_range(range, first + i) && read_bit(vcpu, bank, first + i))
                value |= UINT64_C(1) << i;
    } else if (offset >= GIC_IPRIORITYR && offset < GIC_IPRIORITYR_END) {
        uint32_t first = offset - GIC_IPRIORITYR;

        for (uint32_t i = 0; i < size; i++)
            if (in_range(range, first + i))
                value |= (uint64_t)read_priority(vcpu, first + i) << (8 * i);
    } else if (offset >= GIC_ICFGR && offset < GIC_ICFGR_END) {
        uint32_t first = (offset - GIC_ICFGR) * 4;

        for (uint32_t i = 0; i < size * 4; i++)
            if (in_range(range, first + i) && (vgic_interrupt(vcpu, first + i)->flags & VGIC_EDGE) != 0)
                value |= UINT64_C(2) << (2 * i);
    }
    return value;
}

static void write_interrupts(struct vcpu *vcpu, const struct range *range, uint32_t offset, uint32_t size,
                             uint64_t value)
{
    if (offset >= GIC_IGROUPR && offset < GIC_IPRIORITYR) {
        uint32_t bank = offset & ~0x7fU;
        uint32_t first = (offset & 0x7f) * 8;

        for (uint32_t i = 0; i < size * 8; i++)
            if (in_range(range, first + i))
                write_bit(vcpu, bank, first + i, (value >> i & 1) != 0);
    } else if (offset >= GIC_IPRIORITYR && offset < GIC_IPRIORITYR_END) {
        uint32_t first = offset - GIC_IPRIORITYR;

        for (uint32_t i = 0; i < size; i++)
            if (in_range(range, first + i))
                write_priority(vcpu, first + i, (uint8_t)(value >> (8 * i)));
    } else if (offset >= GIC_ICFGR && offset < GIC_ICFGR_END) {
        uint32_t first = (offset - GIC_ICFGR) * 4;

        for (uint32_t i = 0; i < size * 4; i++)
            if (in_range(range, first + i))
                write_trigger(vcpu, first + i, (value >> (2 * i) & 2) != 0);
    }
}

/* The part of a 64-bit register that an access of 4 or 8 bytes sees. */
static uint64_t part_of(uint64_t value, uint32_t offset, uint32_t size)
{
    return size == 8 ? value : (uint32_t)(value >> (8 * (offset & 4)));
}

uint64_t vgic_distributor_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        uint32_t number = (offset - GICD_IROUTER) / 8;

        return size >= 4 && in_range(&shared_range, number)
                   ? part_of(vm.vgic.route[number - VGIC_PRIVATE], offset, size)
                   : 0;
    }
    switch (offset) {
    case GICD_TYPER:
        return TYPER;
    case GIC_CTLR:
        return vm.vgic.control | GICD_CTLR_ARE | GICD_CTLR_DS;
    case GIC_IIDR_D:
        return IIDR;
    case GIC_PIDR2:
        return PIDR2_GICV3;
    default:
        return read_interrupts(vcpu, &shared_range, offset, size);
    }
}

static void write_control(struct vcpu *vcpu, uint32_t value)
{
    uint32_t control = value & (GICD_CTLR_GROUP0 | GICD_CTLR_GROUP1);

    if (control == vm.vgic.control)
        return;
    vm.vgic.control = control;
    for (uint32_t number = 0; number < VGIC_INTERRUPTS; number++)
        if ((vgic_interrupt(vcpu, number)->flags & VGIC_ENABLED) != 0)
            vgic_tell_configuration(vcpu, number);
}

static void write_route(uint32_t offset, uint32_t size, uint64_t value)
{
    uint32_t number = (offset - GICD_IROUTER) / 8;
    uint32_t shift = 8 * (offset & 4);
    uint64_t mask = size == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << shift;
    uint64_t implemented = UINT64_C(0xff80ffffff); /* Aff3, IRM, Aff2..Aff0 */

    if (size >= 4 && in_range(&shared_range, number)) {
        uint64_t *route = &vm.vgic.route[number - VGIC_PRIVATE];

        *route = ((*route & ~mask) | (value << shift & mask)) & implemented;
    }
}

void vgic_distributor_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
        write_route(offset, size, value);
    else if (offset == GIC_CTLR)
        write_control(vcpu, (uint32_t)value);
    else
        write_interrupts(vcpu, &shared_range, offset, size, value);
}

static uint64_t redistributor_type(uint32_t index)
{
    return (uint64_t)index << 32 | (uint64_t)index << 8 | (index == VGIC_VCPUS - 1 ? TYPER_LAST : 0);
}

uint64_t vgic_redistributor_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    uint32_t index = offset / (2 * GICR_FRAME);
    uint32_t frame_offset = offset % (2 * GICR_FRAME);

    if (index >= VGIC_VCPUS)
        return 0;
    if (frame_offset >= GICR_FRAME && frame_offset != GICR_FRAME + GIC_PIDR2)
        return read_interrupts(&vm.vcpu[index], &private_range, frame_offset - GICR_FRAME, size);
    (void)vcpu;
    switch (frame_offset & (GICR_FRAME - 1)) {
    case GICR_IIDR:
        return IIDR;
    case GICR_TYPER:
    case GICR_TYPER_HIGH:
        return part_of(redistributor_type(index), frame_offset, size);
    case GICR_WAKER:
        return vm.vgic.asleep[index] ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    case GIC_PIDR2:
        return PIDR2_GICV3;
    default:
        return 0;
    }
}

void vgic_redistributor_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    uint32_t index = offset / (2 * GICR_FRAME);
    uint32_t frame_offset = offset % (2 * GICR_FRAME);

    (void)vcpu;
    if (index >= VGIC_VCPUS)
        return;
    if (frame_offset >= GICR_FRAME)
        write_interrupts(&vm.vcpu[index], &private_range, frame_offset - GICR_FRAME, size, value);
    else if (frame_offset == GICR_WAKER)
        vm.vgic.asleep[index] = (value & WAKER_PROCESSOR_SLEEP) != 0;
}
