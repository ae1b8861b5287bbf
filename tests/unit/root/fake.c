/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "rt/time.h"
#include "rt/trap.h"
#include "services/root/window.h"

struct fake fake;
uint64_t fake_stack[2048];

enum { SLOTS = 1024 };

/* What a slot of root's holds: the pool (a slot number) that the object came from; 0: empty. */
static uint32_t made_from[SLOTS];
static char window[64 * 1024];

uint64_t time_ticks(void)
{
    return fake.now;
}

uint64_t time_ns(void)
{
    return fake.now;
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return ns;
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
    return ticks;
}

enum quoll_error window_open(uint32_t memory, uint64_t offset, uint64_t size, uint64_t attributes, void **view)
{
    (void)offset;
    fake.calls++;
    if (fake.calls - 1 == fake.fail_at)
        return fake.fail_with;
    assert_true(memory < SLOTS && made_from[memory]);
    assert_true(size <= sizeof(window));
    *view = attributes & QUOLL_MAP_WRITE ? (void *)window : (void *)fake_stack;
    return QUOLL_OK;
}

enum quoll_error window_close(void *view)
{
    assert_non_null(view);
    return QUOLL_OK;
}

static enum quoll_error make(struct quoll_trap *trap)
{
    uint64_t slot = trap->word[0];

    if (slot == code_capability(SERVER) && trap->word[1] == BOOT_CAP_PLAN)
        fake.code_made = trap->word[3];

    if (slot >= SLOTS)
        return QUOLL_BAD_CAPABILITY;
    if (made_from[slot])
        return QUOLL_SLOT_TAKEN;
    made_from[slot] = (uint32_t)trap->x8;
    fake.slots++;
    return QUOLL_OK;
}

/* A pool's end is the end of everything made from it. */
static enum quoll_error destroy(uint64_t pool)
{
    if (pool >= SLOTS || !made_from[pool])
        return QUOLL_BAD_CAPABILITY;
    fake.told_before = fake.raised[SERVER];
    fake.priority_then = fake.priority;
    for (unsigned i = 0; i < SLOTS; i++) {
        if (made_from[i] == pool) {
            made_from[i] = 0;
            fake.slots--;
        }
    }
    made_from[pool] = 0;
    fake.slots--;
    return QUOLL_OK;
}

static enum quoll_error signal(uint64_t capability, uint64_t flags)
{
    if (capability == object_capability(O_SERVER_NOTIFICATION))
        fake.raised[SERVER] |= flags;
    else if (capability == object_capability(O_CLIENT_NOTIFICATION))
        fake.raised[CLIENT] |= flags;
    else
        return QUOLL_BAD_CAPABILITY;
    return made_from[capability] ? QUOLL_OK : QUOLL_BAD_CAPABILITY;
}

static enum quoll_error take_fault(struct quoll_trap *trap)
{
    if (fake.faults == 0)
        return QUOLL_NOT_FOUND;
    fake.faults--;
    trap->word[0] = fake.fault.component;
    trap->word[1] = fake.fault.reason;
    trap->word[2] = fake.fault.pc;
    trap->word[3] = fake.fault.address;
    trap->word[4] = fake.fault.syndrome;
    return QUOLL_OK;
}

static enum quoll_error set_priority(uint64_t priority)
{
    fake.priority = priority;
    if (priority < fake.lowest)
        fake.lowest = priority;
    return QUOLL_OK;
}

static enum quoll_error answer(struct quoll_trap *trap)
{
    switch (trap->x9) {
    case QUOLL_CALL_any_destroy:
        return destroy(trap->x8);
    case QUOLL_CALL_domain_copy:
        if (trap->x8 == BOOT_CAP_DOMAIN) {
            if (trap->word[1] == BOOT_CAP_TRACE && fake.without_trace)
                return QUOLL_BAD_CAPABILITY;
            assert_true(trap->word[1] == ROOT_CAP_NOTIFICATION ||
                        (trap->word[1] == BOOT_CAP_TRACE && trap->word[2] == QUOLL_RIGHT_READ));
            trap->x8 = BOOT_CAP_POOL;
            return make(trap);
        }
        assert_true(made_from[trap->word[1]]);
        fake.mints++;
        return QUOLL_OK;
    case QUOLL_CALL_memory_status:
        trap->word[0] = FAKE_TRACE_SIZE;
        return QUOLL_OK;
    case QUOLL_CALL_domain_map:
        if (trap->word[0] == object_capability(O_TRACE))
            fake.trace_mapped = trap->word[4];
        if (trap->word[0] == code_capability(SERVER) && trap->word[3] == fake.code_mapped) {
            assert_false(trap->word[5] & QUOLL_MAP_WRITE);
            fake.code_mapped += trap->word[4];
        }
        return QUOLL_OK;
    case QUOLL_CALL_domain_unmap:
        fake.unmaps++;
        return QUOLL_OK;
    case QUOLL_CALL_pool_power:
        fake.powered_off = true;
        return QUOLL_BAD_STATE;
    case QUOLL_CALL_domain_delete:
        fake.deletes++;
        return QUOLL_OK;
    case QUOLL_CALL_notification_wait:
        fake.pauses++;
        return QUOLL_TIMEOUT;
    case QUOLL_CALL_thread_status:
        if (fake.busy > 0 && trap->x8 == object_capability(O_SERVER_THREAD)) {
            fake.busy--;
            trap->word[0] = QUOLL_THREAD_READY;
            return QUOLL_OK;
        }
        trap->word[0] = QUOLL_THREAD_WFI;
        trap->word[1] = 20;
        trap->word[3] = 5000;
        return fake.shown_status;
    case QUOLL_CALL_budget_status:
        trap->word[4] = fake.overruns;
        return QUOLL_OK;
    case QUOLL_CALL_thread_start:
        fake.starts++;
        fake.started_at = trap->word[0];
        return QUOLL_OK;
    case QUOLL_CALL_thread_suspend:
        fake.suspends++;
        return QUOLL_OK;
    case QUOLL_CALL_thread_read_registers:
        memcpy(trap->word, &fake.registers[trap->word[0]],
               8 * (QUOLL_REGISTER_COUNT - trap->word[0] < 8 ? QUOLL_REGISTER_COUNT - trap->word[0] : 8));
        return QUOLL_OK;
    case QUOLL_CALL_thread_set_priority:
        return set_priority(trap->word[0]);
    case QUOLL_CALL_notification_signal:
        return signal(trap->x8, trap->word[0]);
    case QUOLL_CALL_notification_take_fault:
        return take_fault(trap);
    default:
        return trap->x9 >= QUOLL_CALL_pool_create_pool && trap->x9 <= QUOLL_CALL_pool_create_memory ? make(trap)
                                                                                                    : QUOLL_OK;
    }
}

void quoll_trap(struct quoll_trap *trap)
{
    int number = fake.calls++;

    trap->x8 = (uint64_t)(number == fake.fail_at ? fake.fail_with : answer(trap));
}

const char *fake_log(void)
{
    static char text[LOG_SIZE + 1];
    uint64_t start = 0;

    text[log_read(0, text, LOG_SIZE, &start)] = '\0';
    return text;
}

int fake_setup(void **state)
{
    uint64_t size = 0;
    struct plan_header *plan = fake_plan(&size);

    fake = (struct fake){.fail_at = -1, .priority = 255, .lowest = 255, .now = 1000};
    memset(made_from, 0, sizeof(made_from));
    memset(&root, 0, sizeof(root));
    root.priority = 255;
    root.ram_count = 1;
    root.ram_base[0] = 0x40000000;
    assert_true(allocator_add(&root.ram, 0, 0x40000000, FAKE_RAM));
    root.device_count = 1;
    root.device_base[0] = 0x9000000;
    root.device_size[0] = 0x10000;
    assert_null(plan_view_open(&root.plan, plan, size));
    *state = plan;
    return 0;
}

int fake_teardown(void **state)
{
    free(*state);
    return 0;
}
