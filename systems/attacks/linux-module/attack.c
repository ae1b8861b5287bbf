// SPDX-FileCopyrightText: The Quoll authors
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux as root: what its kernel can do to the hypervisor. insmod attack.ko what=NAME seed=N length=MS attacks for so
 * long; `operations` says how much was done. Nothing here raises an exception that would end Linux itself, but `trash`.
 */
#include <asm/barrier.h>
#include <asm/sysreg.h>
#include <linux/arm-smccc.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#define GICD    0x08000000
#define GICR    0x080a0000
#define CONSOLE 0x0a000000

#define RAM       0x40000000
#define RAM_PAGES (0x8000000 / PAGE_SIZE) /* system.yaml */
#define TRASH     0x6873617254736968ULL   /* judge/damage.c looks for it */

static char *what = "hvc";
static ulong seed = 1;
static uint length = 1000;
static ulong operations;
module_param(what, charp, 0444);
module_param(seed, ulong, 0444);
module_param(length, uint, 0444);
module_param(operations, ulong, 0444);

static u64 any(void)
{
    static u64 state;

    if (!state)
        state = seed * 0x9e3779b97f4a7c15ULL | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* SMCCC functions, but not those that switch off, reset or suspend. */
static void attack_hvc(void)
{
    static const u32 bases[] = {0x80000000, 0x80008000, 0x84000050, 0x86000000, 0xc6000000, 0xc4000100};
    struct arm_smccc_res result;
    u64 draw = any();

    arm_smccc_1_1_hvc(bases[draw % ARRAY_SIZE(bases)] + (draw >> 32 & 15), any(), any(), any(), any(), any(), any(),
                      any(), &result);
    asm volatile("mov x9, %0\n\tmov x8, %1\n\thvc #1"
                 :
                 : "r"(draw >> 40 & 0xfffff), "r"(draw & 0xff)
                 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                   "x16", "x17", "x18", "memory");
}

static void __iomem *gicd, *gicr;

/* Pending and active bits, priorities, configuration of what Linux does not use. */
static void attack_gic(void)
{
    u64 draw = any();

    if (!gicd) {
        gicd = ioremap(GICD, 0x10000);
        gicr = ioremap(GICR, 0x20000);
    }
    if (!gicd || !gicr)
        return;
    switch (draw % 4) {
    case 0:
        readl(gicd + (draw >> 8 & 0xfffc));
        break;
    case 1:
        readl(gicr + (draw >> 8 & 0x1fffc));
        break;
    case 2: /* SPIs 96 and up: nobody's */
        writel(draw >> 32, gicd + 0x100 + (draw >> 8 & 7) * 0x80 + 0xc + (draw >> 16 & 12));
        break;
    default:
        writel(draw >> 32, gicd + 0x460 + (draw >> 8 & 0x7c));
        break;
    }
}

/* Interrupts of nobody's that stay active hold this guest's list registers, and its own do not come any more. */
static void calm_gic(void)
{
    unsigned int i;

    for (i = 0xc; gicd && i < 0x20; i += 4) {
        writel(~0U, gicd + 0x180 + i);
        writel(~0U, gicd + 0x280 + i);
        writel(~0U, gicd + 0x380 + i);
    }
}

static void attack_setway(void)
{
    u64 way = any() & 0xffffffff;

    asm volatile("dc cisw, %0\n\tdc csw, %0" : : "r"(way) : "memory");
    asm volatile("dsb sy\n\tic iallu\n\tdsb sy\n\tisb" : : : "memory");
}

/* A queue that is rung without anything in it, with numbers that are no queue's. */
static void attack_doorbell(void)
{
    static void __iomem *console;
    u64 draw = any();

    if (!console)
        console = ioremap(CONSOLE, 0x200);
    if (console)
        writel(draw % 4 == 0 ? draw >> 32 : draw & 1, console + 0x50);
}

static void attack_registers(void)
{
    u64 now = read_sysreg(cntvct_el0), kept = read_sysreg(cntv_cval_el0);

    write_sysreg(now + (any() & 0xfff), cntv_cval_el0);
    isb();
    write_sysreg(any() & 0x7fffffffffffffff, cntv_cval_el0);
    isb();
    write_sysreg(kept, cntv_cval_el0);
    (void)read_sysreg_s(SYS_MIDR_EL1);
    (void)read_sysreg_s(SYS_ID_AA64PFR0_EL1);
}

/*
 * Pages anywhere in its memory, code and page tables included, through a mapping of our own: the kernel's one is
 * read-only where its code is. Linux does not survive this, and is not meant to; the judge counts the pages.
 */
static void attack_trash(void)
{
    struct page *pages[64];
    unsigned long i;
    u64 *all;

    for (i = 0; i < ARRAY_SIZE(pages); i++)
        pages[i] = pfn_to_page(PHYS_PFN(RAM) + any() % RAM_PAGES);
    all = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL);
    if (!all)
        return;
    local_irq_disable();
    for (i = 0; i < sizeof(pages) / sizeof(pages[0]) * PAGE_SIZE / 8; i++)
        all[i] = i % (PAGE_SIZE / 8) == 0 ? TRASH : any();
    local_irq_enable();
    vunmap(all);
}

static const struct {
    const char *name;
    void (*run)(void);
} attacks[] = {
    {"hvc", attack_hvc},
    {"gic", attack_gic},
    {"setway", attack_setway},
    {"doorbell", attack_doorbell},
    {"registers", attack_registers},
    {"trash", attack_trash},
};

static int __init attack_init(void)
{
    ktime_t end = ktime_add_ms(ktime_get(), length);
    unsigned int i, n;

    for (i = 0; i < ARRAY_SIZE(attacks); i++)
        if (!strcmp(attacks[i].name, what))
            break;
    if (i == ARRAY_SIZE(attacks))
        return -EINVAL;
    while (ktime_before(ktime_get(), end)) {
        for (n = 0; n < 64; n++)
            attacks[i].run();
        operations += n;
        cond_resched();
    }
    calm_gic();
    return 0;
}

static void __exit attack_exit(void)
{
}

module_init(attack_init);
module_exit(attack_exit);
MODULE_LICENSE("GPL v2");
MODULE_DESCRIPTION("attacks the hypervisor below");
