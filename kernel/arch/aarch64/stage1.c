/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * EL2 stage 1: all RAM read-write and never executable, the kernel's text executable, its constants read-only, and the
 * devices that the kernel itself drives. Built once, while the MMU is off, from tables that the image brings, and never
 * changed: no user mapping is in it. Addresses are 39 bits wide, so level 1 is the root and one of its entries maps
 * 1 GiB. References are to the Arm ARM (DDI 0487), D8.3 for descriptors.
 */
#include "stage1.h"
#include "abi/boot_info.h"
#include "sysreg.h"
#include "types.h"

enum { ENTRIES = 512, LEVEL_ROOT = 1, LEVEL_PAGE = 3 };

#define DESCRIPTOR_BLOCK UINT64_C(1)
#define DESCRIPTOR_TABLE UINT64_C(3)
#define DESCRIPTOR_PAGE  UINT64_C(3)
#define DESCRIPTOR_MASK  UINT64_C(3)
#define ADDRESS_MASK     UINT64_C(0x0000fffffffff000)

/* Attributes of D8.3.2: AttrIndx 0 is normal memory, 1 Device-nGnRE (STAGE1_MAIR); AP[1] is res1 at EL2. */
#define ATTRIBUTE_DEVICE (UINT64_C(1) << 2)
#define ATTRIBUTE_COMMON (BIT(6) | UINT64_C(3) << 8 | BIT(10)) /* inner shareable, accessed */
#define ATTRIBUTE_READ   BIT(7)                                /* AP[2]: read-only */
#define ATTRIBUTE_XN     BIT(54)

static const uint64_t attributes_text = ATTRIBUTE_COMMON | ATTRIBUTE_READ;
static const uint64_t attributes_constant = ATTRIBUTE_COMMON | ATTRIBUTE_READ | ATTRIBUTE_XN;
static const uint64_t attributes_data = ATTRIBUTE_COMMON | ATTRIBUTE_XN;
static const uint64_t attributes_device = ATTRIBUTE_COMMON | ATTRIBUTE_DEVICE | ATTRIBUTE_XN;

static unsigned tables_used = 1; /* the root is the first one */
static const char *problem;

/* kernel.ld */
extern const char image_start[], rodata_start[], data_start[];
extern const struct boot_info boot_info;
extern uint64_t stage1_tables[][ENTRIES];

static unsigned level_shift(unsigned level)
{
    return 12 + 9 * (LEVEL_PAGE - level);
}

/* The table that `entry` of `level` leads to; made when there is none, from the block when it was one. */
static uint64_t *table_below(uint64_t *entry, unsigned level)
{
    if ((*entry & DESCRIPTOR_MASK) == DESCRIPTOR_TABLE)
        return paddr_pointer(paddr(*entry & ADDRESS_MASK));
    if (tables_used >= boot_info.table_count) {
        problem = "boot_info brings fewer translation tables than it needs";
        return NULL;
    }

    uint64_t *table = stage1_tables[tables_used++];
    uint64_t kind = level + 1 == LEVEL_PAGE ? DESCRIPTOR_PAGE : DESCRIPTOR_BLOCK;

    if ((*entry & DESCRIPTOR_MASK) == DESCRIPTOR_BLOCK)
        for (uint64_t i = 0; i < ENTRIES; i++)
            table[i] = ((*entry & ~DESCRIPTOR_MASK) + (i << level_shift(level + 1))) | kind;
    *entry = pointer_paddr(table).value | DESCRIPTOR_TABLE;
    return table;
}

/* The table of `level` that describes `address`. */
static uint64_t *table_of(uint64_t address, unsigned level)
{
    uint64_t *table = stage1_tables[0];

    for (unsigned at = LEVEL_ROOT; at < level && table != NULL; at++)
        table = table_below(&table[(address >> level_shift(at)) % ENTRIES], at);
    return table;
}

/* The highest level one of whose entries maps from `base` on no more than `size`. */
static unsigned level_for(uint64_t base, uint64_t size)
{
    unsigned level = LEVEL_ROOT;

    while (!is_aligned(base, UINT64_C(1) << level_shift(level)) || size < UINT64_C(1) << level_shift(level))
        level++;
    return level;
}

/* Map whole pages, replacing what was there; bounded by 1022 pages, 1022 blocks of 2 MiB and 512 of 1 GiB. */
static void map(uint64_t base, uint64_t size, uint64_t attributes)
{
    if (!range_fits(base, size, UINT64_C(1) << 39) || !is_aligned(base | size, PAGE_SIZE)) {
        problem = "boot_info has a range beyond 512 GiB or not on a 4 KiB boundary";
        return;
    }
    while (size > 0) {
        unsigned level = level_for(base, size);
        uint64_t step = UINT64_C(1) << level_shift(level);
        uint64_t kind = level == LEVEL_PAGE ? DESCRIPTOR_PAGE : DESCRIPTOR_BLOCK;
        uint64_t *table = table_of(base, level);
        uint64_t index = (base >> level_shift(level)) % ENTRIES;

        if (table == NULL)
            return;
        /* All that follows in the same table and is not better mapped by an entry above it. */
        do {
            table[index++] = base | attributes | kind;
            base += step;
            size -= step;
        } while (size >= step && index < ENTRIES);
    }
}

static void map_between(const char *from, const char *to, uint64_t attributes)
{
    map((uintptr_t)from, (uintptr_t)to - (uintptr_t)from, attributes);
}

uint64_t stage1_build(void)
{
    if (boot_info.magic != BOOT_INFO_MAGIC || boot_info.version != BOOT_INFO_VERSION ||
        boot_info.size != sizeof(boot_info))
        return 0;

    for (unsigned i = 0; i < BOOT_RAM_MAX; i++)
        map(boot_info.ram[i].base, boot_info.ram[i].size, attributes_data);
    map_between(image_start, rodata_start, attributes_text);
    map_between(rodata_start, data_start, attributes_constant);
    if (boot_info.uart != 0)
        map(boot_info.uart, PAGE_SIZE, attributes_device);
    map(boot_info.gic_distributor, UINT64_C(0x10000), attributes_device);
    map(boot_info.gic_redistributor, boot_info.gic_redistributor_size, attributes_device);

    /*
     * TCR_EL2, D19.2: T0SZ 25, 4 KiB granule, walks inner shareable and write-back, PS as ID_AA64MMFR0_EL1.PARange
     * (D19.2) has it, but no more than 48 bits; bits 31 and 23 are res1.
     */
    uint64_t range = SYSREG_READ(id_aa64mmfr0_el1) & 0xf;

    return BIT(31) | BIT(23) | (range > 5 ? 5 : range) << 16 | UINT64_C(3) << 12 | UINT64_C(1) << 10 |
           UINT64_C(1) << 8 | 25;
}

const char *stage1_problem(void)
{
    return problem;
}
