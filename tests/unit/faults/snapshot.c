/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "faults/snapshot.h"

#include <string.h>

#include "kernel/machine.h"
#include "vcpu.h"

enum { PARTS_MAX = 4096, BYTES_MAX = 1 << 22, ENTRIES = 512, CALL_REGISTERS = 19 };
#define CONTENT_MAX (UINT64_C(1) << 20) /* larger memory is the boot RAM, which nobody owns yet */

struct part {
    const char *what;
    const void *at;
    size_t size, offset;
};

struct shot {
    struct part part[PARTS_MAX];
    unsigned count;
    size_t used;
    unsigned char bytes[BYTES_MAX];
};

static struct shot shots[2];
static struct shot *shot;
static struct thread *caller;

/* Where the copy lies, so that fields can be blanked there. */
static void *keep(const char *what, const void *at, size_t size)
{
    unsigned char *copy = shot->bytes + shot->used;

    assert_true(shot->count < PARTS_MAX && shot->used + size <= BYTES_MAX);
    shot->part[shot->count++] = (struct part){what, at, size, shot->used};
    memcpy(copy, at, size);
    shot->used += (size + 15) & ~(size_t)15;
    return copy;
}

static void keep_thread(const struct thread *thread)
{
    struct thread *copy = keep("thread", thread, sizeof(*thread));

    if (thread == caller) {
        memset(copy->arch.registers.x, 0, CALL_REGISTERS * sizeof(uint64_t));
        copy->arch.registers.pc = 0;
    }
    if (thread->vcpu != NULL)
        keep("vcpu", thread->vcpu, sizeof(*thread->vcpu));
}

static void blank_search(struct memory *copy)
{
    copy->zeroed = copy->zeroing_offset = copy->zeroing_size = 0;
    copy->search_base = copy->search_size = copy->search_at = copy->searched = 0;
}

static void keep_memory(const struct memory *memory)
{
    blank_search(keep("memory", memory, sizeof(*memory)));
    if (memory->kind == QUOLL_MEMORY_RAM && memory->size <= CONTENT_MAX && memory_is_leaf(memory))
        keep("contents", paddr_pointer(memory->base), memory->size);
}

/* What is mapped where, whether or not there are tables for more. Answers how many tables there are below the root. */
static uint64_t keep_space(const struct space *space)
{
    uint64_t tables = 0;

    for (unsigned i = 0; i < ENTRIES; i++) {
        const uint64_t *level2 = NULL;

        if (space->root[i] == 0)
            continue;
        tables++;
        level2 = paddr_pointer(arch_descriptor_address(space->root[i]));
        for (unsigned j = 0; j < ENTRIES; j++) {
            const uint64_t *level3 = NULL;

            if (level2[j] == 0)
                continue;
            if (!arch_descriptor_is_table(level2[j], 2)) {
                keep("block", &level2[j], sizeof(level2[j]));
                continue;
            }
            tables++;
            level3 = paddr_pointer(arch_descriptor_address(level2[j]));
            for (unsigned k = 0; k < ENTRIES; k++)
                if (level3[k] != 0)
                    keep("page", &level3[k], sizeof(level3[k]));
        }
    }
    return tables;
}

/* Tables stay with their domain when a mapping goes (docs/decisions/0006): their bytes do not count as used. */
static uint64_t keep_domain(const struct domain *domain)
{
    keep("domain", domain, sizeof(*domain));
    keep("capabilities", domain->capabilities, domain->capability_count * sizeof(struct slot));
    return domain->space.pool == domain->object.pool ? keep_space(&domain->space) * PAGE_SIZE : 0;
}

static void keep_pool(struct pool *pool)
{
    struct pool *copy = keep("pool", pool, sizeof(*pool));
    uint64_t tables = 0;
    uint64_t prepared = pool->prepared != NULL
                            ? UINT64_C(1) << pool->order[((uintptr_t)pool->prepared - pool->base) >> POOL_ORDER_MIN]
                            : 0;

    for (struct list *node = pool->objects.next; node != &pool->objects; node = node->next) {
        struct object *object = container_of(node, struct object, in_pool);

        switch ((enum quoll_object_type)object->type) {
        case QUOLL_TYPE_POOL:
            keep_pool(container_of(object, struct pool, object));
            break;
        case QUOLL_TYPE_DOMAIN:
            tables += keep_domain(container_of(object, struct domain, object));
            break;
        case QUOLL_TYPE_THREAD:
            keep_thread(container_of(object, struct thread, object));
            break;
        case QUOLL_TYPE_BUDGET:
            keep("budget", object, sizeof(struct budget));
            break;
        case QUOLL_TYPE_PORTAL:
            keep("portal", object, sizeof(struct portal));
            break;
        case QUOLL_TYPE_NOTIFICATION:
            keep("notification", object, sizeof(struct notification));
            break;
        case QUOLL_TYPE_INTERRUPT:
            keep("interrupt", object, sizeof(struct interrupt));
            break;
        case QUOLL_TYPE_MEMORY:
            keep_memory(container_of(object, struct memory, object));
            break;
        case QUOLL_TYPE_NONE:
            keep("mapping", object, sizeof(struct mapping));
            break;
        case QUOLL_TYPE_COUNT:
            break;
        }
    }
    memset(copy->free, 0, sizeof(copy->free));
    copy->orders = 0;
    copy->frontier = copy->prepared_cleared = 0;
    copy->prepared = NULL;
    copy->used -= tables + prepared;
    blank_search(&copy->donated);
}

void snapshot_take(unsigned which, struct thread *who)
{
    shot = &shots[which];
    shot->count = 0;
    shot->used = 0;
    memset(shot->bytes, 0, sizeof(shot->bytes));
    caller = who;
    keep_pool(root_pool());
    keep("core", core, sizeof(*core));
    keep("lines", interrupt_lines, sizeof(interrupt_lines));
    keep("line states", host.line, sizeof(host.line));
    keep("timer", &host.timer, sizeof(host.timer));
}

bool snapshot_same(void)
{
    for (unsigned i = 0; i < shots[0].count && i < shots[1].count; i++) {
        const struct part *a = &shots[0].part[i];
        const struct part *b = &shots[1].part[i];
        size_t offset = 0;

        if (a->at != b->at || a->size != b->size || strcmp(a->what, b->what) != 0) {
            print_error("part %u: %s at %p is now %s at %p\n", i, a->what, a->at, b->what, b->at);
            return false;
        }
        while (offset < a->size && shots[0].bytes[a->offset + offset] == shots[1].bytes[b->offset + offset])
            offset++;
        if (offset < a->size) {
            print_error("%s at %p: byte %zu of %zu has changed\n", a->what, a->at, offset, a->size);
            return false;
        }
    }
    return shots[0].count == shots[1].count;
}
