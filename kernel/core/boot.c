/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first objects: all that root can be given. Nothing here can fail but for a wrong boot image, which is a panic.
 */
#include "boot.h"

#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "interrupt.h"
#include "memory.h"
#include "pool.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"

enum { RAM_PIECES_MAX = 2 * BOOT_RAM_MAX };
#define CORE_PERIOD (UINT64_C(1) << 20) /* ticks of the budget that stands for a whole core; 17 ms at 62.5 MHz */

struct pieces {
    struct boot_range range[RAM_PIECES_MAX];
    unsigned count;
};

static void add_piece(struct pieces *pieces, uint64_t base, uint64_t end)
{
    base = (base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    end &= ~(PAGE_SIZE - 1);
    if (base < end)
        pieces->range[pieces->count++] = (struct boot_range){.base = base, .size = end - base};
}

/* RAM without the image: at most two pieces a bank. */
static void find_free_ram(const struct boot_info *info, uint64_t image, struct pieces *pieces)
{
    uint64_t image_end = image + info->image_size;

    for (unsigned i = 0; i < BOOT_RAM_MAX; i++) {
        uint64_t base = info->ram[i].base;
        uint64_t end = base + info->ram[i].size;

        if (info->ram[i].size == 0)
            continue;
        if (image_end <= base || end <= image) {
            add_piece(pieces, base, end);
            continue;
        }
        add_piece(pieces, base, image < end ? image : end);
        add_piece(pieces, image_end, end);
    }
}

/* Root's pool comes off the end of the largest piece. */
static struct pool *make_pool(struct pieces *pieces, uint64_t size)
{
    struct boot_range *largest = &pieces->range[0];
    struct pool *pool = NULL;

    for (unsigned i = 1; i < pieces->count; i++)
        if (pieces->range[i].size > largest->size)
            largest = &pieces->range[i];
    CHECK(pieces->count > 0 && largest->size > size && size >= POOL_SIZE_MIN && is_aligned(size, PAGE_SIZE));
    largest->size -= size;
    pool = pool_init(paddr(largest->base + largest->size), size, NULL);
    pool->root = true;
    pool->object.permanent = true;
    return pool;
}

static void give(struct domain *domain, unsigned index, struct object *object, uint64_t label)
{
    struct slot *slot = domain_slot(domain, index);

    CHECK(slot != NULL && slot->object == NULL);
    object->permanent = true;
    slot_set_first(slot, object, label);
}

static struct memory *make_memory(struct pool *pool, uint64_t base, uint64_t size, enum quoll_memory_kind kind)
{
    struct memory *memory = pool_allocate_object(pool, sizeof(*memory), QUOLL_TYPE_MEMORY);

    CHECK(memory != NULL && is_aligned(base | size, PAGE_SIZE));
    memory_init(memory, paddr(base), size, kind);
    memory->fresh = kind == QUOLL_MEMORY_RAM;
    return memory;
}

static void map_image(struct domain *domain, struct pool *pool, struct memory *memory, uint64_t address,
                      uint64_t attributes)
{
    const struct mapping_range range = {address, 0, memory->size, attributes};
    int answer = mapping_make(domain, memory, pool, &range);

    CHECK(answer == QUOLL_OK);
}

static void give_memory(const struct boot_info *info, uint64_t image, struct domain *domain, struct pool *pool)
{
    struct memory *plan = make_memory(pool, image + info->plan_offset, info->plan_size, QUOLL_MEMORY_IMAGE);

    for (unsigned i = 0; i < info->root_segment_count && i < BOOT_SEGMENT_MAX; i++) {
        const struct boot_segment *segment = &info->root_segment[i];
        struct memory *memory = make_memory(pool, image + segment->offset, segment->size, QUOLL_MEMORY_IMAGE);

        map_image(domain, pool, memory, segment->address, segment->attributes);
    }
    map_image(domain, pool, plan, info->plan_address, QUOLL_MAP_READ);
    give(domain, BOOT_CAP_PLAN, &plan->object, 0);
    domain_slot(domain, BOOT_CAP_PLAN)->rights &= (uint16_t)~QUOLL_RIGHT_WRITE;
}

/* Root's thread, running on all the time of the boot core. */
static void start_root(const struct boot_info *info, struct core *core, struct domain *domain, struct pool *pool,
                       unsigned ram_count, unsigned device_count)
{
    struct thread *thread = thread_create(pool, domain, core, (uint8_t)info->root_priority, QUOLL_PRIORITY_COUNT - 1);
    struct budget *budget = budget_create(pool, core, CORE_PERIOD, CORE_PERIOD, QUOLL_REPLENISHMENTS_MAX);
    const uint64_t arguments[] = {ram_count, device_count, info->plan_address, info->plan_size, 1};

    CHECK(thread != NULL && budget != NULL && info->root_priority < QUOLL_PRIORITY_COUNT);
    core->root_budget = budget;
    give(domain, BOOT_CAP_THREAD, &thread->object, 0);
    give(domain, BOOT_CAP_BUDGET + core->number, &budget->object, 0);
    slot_derive(&thread->budget_reference, domain_slot(domain, BOOT_CAP_BUDGET + core->number), 0, 0);
    thread->budget = budget;
    thread->passive = false;
    budget->owner = thread;
    arch_thread_start(thread, info->root_entry, info->root_stack_top, 0);
    for (unsigned i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
        *thread_word(thread, i) = arguments[i];
    thread_wake(thread);
}

void kernel_boot(const struct boot_info *info, uint64_t image)
{
    struct core *core = arch_core();
    struct pieces pieces = {0};
    struct pool *pool = NULL;
    struct domain *domain = NULL;
    struct interrupt *interrupts = NULL;
    unsigned device_count = 0;

    schedule_init(core, 0);
    core->payer_since = arch_counter();
    find_free_ram(info, image, &pieces);
    pool = make_pool(&pieces, info->root_pool_size);
    domain = domain_create(pool, QUOLL_DOMAIN_NATIVE, (uint32_t)info->root_capabilities);
    CHECK(domain != NULL && info->root_capabilities >= BOOT_CAP_FREE &&
          info->root_capabilities <= QUOLL_CAPABILITIES_MAX);
    CHECK(space_init(&domain->space, pool) == QUOLL_OK);
    give(domain, BOOT_CAP_DOMAIN, &domain->object, 0);
    give(domain, BOOT_CAP_POOL, &pool->object, 0);
    interrupts = interrupt_create(pool, LINE_MAX);
    CHECK(interrupts != NULL);
    give(domain, BOOT_CAP_INTERRUPTS, &interrupts->object, 0);
    for (unsigned i = 0; i < pieces.count; i++)
        give(domain, BOOT_CAP_RAM + i,
             &make_memory(pool, pieces.range[i].base, pieces.range[i].size, QUOLL_MEMORY_RAM)->object, 0);
    for (unsigned i = 0; i < BOOT_DEVICE_MAX && info->device[i].size != 0; i++, device_count++)
        give(domain, BOOT_CAP_DEVICE + i,
             &make_memory(pool, info->device[i].base, info->device[i].size, QUOLL_MEMORY_DEVICE)->object, 0);
    give_memory(info, image, domain, pool);
    start_root(info, core, domain, pool, pieces.count, device_count);
    trace_boot(core, domain, pool);
}
