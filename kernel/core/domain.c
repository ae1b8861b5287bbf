/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "domain.h"

#include "arch.h"
#include "calls.h"
#include "memory.h"
#include "pool.h"
#include "portal.h"
#include "thread.h"

enum { EMPTY_BATCH = 8 }; /* capability list entries looked at in one step of destruction */

struct domain *domain_create(struct pool *pool, enum quoll_domain_kind kind, uint32_t capability_count)
{
    struct domain *domain = pool_allocate_object(pool, sizeof(*domain), QUOLL_TYPE_DOMAIN);

    if (domain == NULL)
        return NULL;
    domain->kind = kind;
    domain->capability_count = capability_count;
    list_init(&domain->threads);
    slot_reference_init(&domain->pager, SLOT_PAGER);
    domain->capabilities = pool_allocate(pool, capability_count * sizeof(struct slot));
    if (domain->capabilities == NULL)
        pool_free_object(&domain->object);
    return domain->capabilities != NULL ? domain : NULL;
}

struct slot *domain_slot(struct domain *domain, uint64_t index)
{
    if (index == QUOLL_CAPABILITY_NONE || index >= domain->capability_count)
        return NULL;
    return &domain->capabilities[arch_index_nospec(index, domain->capability_count)];
}

enum quoll_error domain_empty_slot(struct domain *domain, uint64_t index, struct slot **slot)
{
    *slot = domain_slot(domain, index);
    if (*slot == NULL)
        return QUOLL_BAD_CAPABILITY;
    return (*slot)->object == NULL && !arch_fault() ? QUOLL_OK : QUOLL_SLOT_TAKEN;
}

/* Remove some capabilities of the list with what was derived from them. */
static void empty_list_step(struct domain *domain)
{
    for (unsigned i = 0; i < EMPTY_BATCH && domain->emptied < domain->capability_count; i++) {
        struct slot *slot = &domain->capabilities[domain->emptied];

        if (slot_revoke_one(slot))
            return;
        slot_clear(slot);
        domain->emptied++;
    }
}

/* Nothing names the domain any more and its threads are gone. */
enum progress domain_destroy_step(struct domain *domain)
{
    struct ordered_node *mapping = domain->mappings.first;

    if (mapping != NULL) {
        mapping_withdraw_step(container_of(mapping, struct mapping, in_domain));
        return PROGRESS_MORE;
    }
    if (domain->emptied < domain->capability_count) {
        empty_list_step(domain);
        return PROGRESS_MORE;
    }
    if (space_destroy_step(&domain->space))
        return PROGRESS_MORE;
    slot_clear(&domain->pager);
    pool_free(domain->object.pool, domain->capabilities);
    pool_count_domain(domain->object.pool, -1);
    return PROGRESS_DONE;
}

int pool_call_create_domain(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    uint64_t kind = call->value[1];
    uint64_t count = call->value[2];
    uint64_t prepared = 0;
    struct domain *domain = NULL;
    struct slot *slot = NULL;
    int error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if ((kind != QUOLL_DOMAIN_NATIVE && kind != QUOLL_DOMAIN_VM) || count == 0 || count > QUOLL_CAPABILITIES_MAX)
        return QUOLL_BAD_ARGUMENT;
    prepared = count * sizeof(struct slot); /* or the root table, which is one page */
    prepared = prepared > PAGE_SIZE ? prepared : PAGE_SIZE;
    while (pool_prepare_step(pool, prepared) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    domain = domain_create(pool, (enum quoll_domain_kind)kind, (uint32_t)count);
    if (domain == NULL) {
        pool_unprepare(pool);
        return QUOLL_NO_MEMORY;
    }
    error = space_init(&domain->space, pool);
    if (error != QUOLL_OK) {
        pool_free(pool, domain->capabilities);
        pool_free_object(&domain->object);
        pool_unprepare(pool); /* there was no address-space number for it */
        return error;
    }
    pool_count_domain(pool, 1);
    slot_set_first(slot, &domain->object, 0);
    return QUOLL_OK;
}

int domain_call_page(struct call *call)
{
    struct domain *domain = container_of(call->object, struct domain, object);
    struct slot *portal = call->capability[0];
    uint64_t address = call->value[1];
    uint64_t size = call->value[2];
    enum quoll_error error = slot_check_derive(portal);

    if (domain->kind != QUOLL_DOMAIN_NATIVE || size == 0 || !is_aligned(address | size, PAGE_SIZE) ||
        !range_fits(address, size, QUOLL_ADDRESS_LIMIT))
        return QUOLL_BAD_ARGUMENT;
    if (error != QUOLL_OK)
        return error;
    slot_clear(&domain->pager);
    slot_derive(&domain->pager, portal, portal->rights, portal->label);
    domain->pager_base = ipa(address);
    domain->pager_size = size;
    return QUOLL_OK;
}

void domain_memory_fault(struct thread *thread, ipa_t address, enum quoll_fault_reason reason, uint64_t syndrome)
{
    struct domain *domain = thread->domain;
    const uint64_t words[8] = {reason, address.value, arch_thread_register(thread, QUOLL_REGISTER_PC), syndrome};
    int answer = QUOLL_OK;

    if (address.value - domain->pager_base.value >= domain->pager_size) {
        thread_fault(thread, reason, address.value, syndrome);
        return;
    }
    answer = portal_send(thread, &domain->pager, words, CALL_PAGE);
    /* ANSWER_RESTART: the thread makes the same access again. */
    if (answer > QUOLL_OK)
        thread_fault(thread, QUOLL_FAULT_PAGER, address.value, syndrome);
}
