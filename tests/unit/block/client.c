/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/block beside a service that goes and perhaps comes back. The service is quoll_trap below: it answers requests
 * when somebody waits for it, and time passes with every wait.
 */
#include "block/block.h"
#include "service/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/trap.h"
#include "services/block/protocol.h"
#include "tests.h"
#include "virtio/queue.h"

enum { PORTAL = 20, DOORBELL = 30, FLAG = 1 << 4, WINDOW = 32 * 1024, SECTORS = 100 };

static _Alignas(4096) uint8_t memory[WINDOW];
static const struct virtio_window window = {0, WINDOW, memory};
static const struct block_setup setup = {(uintptr_t)memory, WINDOW, PORTAL, DOORBELL, FLAG, 0};
static struct block block;
static struct virtio_queue queue;
static uint64_t now, returns_at, kept;
static bool there;

uint64_t time_ticks(void)
{
    return now;
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return ns;
}

void component_keep_flags(uint64_t flags)
{
    kept |= flags;
}

static uint64_t answer_call(uint64_t *word)
{
    const struct virtio_queue_setup rings = {(uint32_t)word[2], word[3], word[4], word[5], word[6]};

    switch (word[0]) {
    case BLOCK_INFO:
        word[1] = SECTORS;
        word[2] = word[3] = 0;
        return 0;
    case VIRTIO_SERVICE_DETACH:
        virtio_queue_detach(&queue);
        return 0;
    case VIRTIO_SERVICE_ATTACH:
        assert_int_equal(virtio_queue_attach(&queue, &window, &rings), VIRTIO_OK);
        return 0;
    default:
        return queue.error == VIRTIO_OK ? VIRTIO_SERVICE_ATTACHED : VIRTIO_SERVICE_DETACHED;
    }
}

static void serve(void)
{
    struct virtio_segment segments[BLOCK_RING];
    struct virtio_chain chain = {0};

    while (there && virtio_queue_take(&queue, &chain, segments, BLOCK_RING) == VIRTIO_OK) {
        *segments[chain.readable + chain.writable - 1].base = VIRTIO_BLOCK_OK;
        virtio_queue_complete(&queue, chain.head, 1);
    }
}

/* Whoever waits is woken when the service comes or has something, or at the deadline. */
static void wait_for_flags(struct quoll_trap *trap)
{
    uint64_t deadline = trap->word[0];

    if (!there && returns_at <= deadline) {
        now = returns_at;
        there = true;
        virtio_queue_detach(&queue);
        trap->word[0] = COMPONENT_FLAG_RESTARTED;
        trap->x8 = QUOLL_OK;
    } else if (there && virtio_queue_works(&queue)) {
        serve();
        trap->word[0] = FLAG;
        trap->x8 = QUOLL_OK;
    } else {
        assert_int_not_equal(deadline, QUOLL_FOREVER);
        now = deadline;
        trap->x8 = QUOLL_TIMEOUT;
    }
}

void quoll_trap(struct quoll_trap *trap)
{
    switch (trap->x9 & 0xffff) {
    case QUOLL_CALL_portal_call:
        if (there)
            trap->word[0] = answer_call(trap->word);
        trap->x8 = there ? QUOLL_OK : QUOLL_PEER_DEAD;
        break;
    case QUOLL_CALL_notification_wait:
        wait_for_flags(trap);
        break;
    default:
        trap->x8 = QUOLL_OK;
        break;
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    virtio_queue_detach(&queue);
    now = 1000;
    returns_at = QUOLL_FOREVER - 1;
    there = true;
    assert_int_equal(block_open(&block, &setup), BLOCK_DONE);
    assert_int_equal(block.sectors, SECTORS);
    return 0;
}

static void goes(uint64_t for_ns)
{
    there = false;
    returns_at = now + for_ns;
    block_restarted(&block);
}

static uint8_t sector[VIRTIO_BLOCK_SECTOR];

static void waits_for_who_comes_back(void **state)
{
    (void)state;
    assert_int_equal(block_write(&block, 0, sector, sizeof(sector)), BLOCK_DONE);
    for (unsigned i = 0; i < 5; i++) {
        goes(SERVICE_PATIENCE_NS - 1);
        assert_int_equal(block_write(&block, 0, sector, sizeof(sector)), BLOCK_DONE);
    }
}

static void gives_up_who_does_not(void **state)
{
    uint64_t begin = 0;

    (void)state;
    goes(2 * SERVICE_PATIENCE_NS);
    begin = now;
    block_restarted(&block); /* it has died once more, which gives it no more time */
    assert_int_equal(block_read(&block, 0, sector, sizeof(sector)), BLOCK_STOPPED);
    assert_int_equal(now, begin + SERVICE_PATIENCE_NS);
    assert_int_equal(block_read(&block, 0, sector, sizeof(sector)), BLOCK_STOPPED);
    assert_int_equal(now, begin + SERVICE_PATIENCE_NS);
    there = true;
    virtio_queue_detach(&queue);
    block_restarted(&block);
    assert_int_equal(block_read(&block, 0, sector, sizeof(sector)), BLOCK_DONE);
}

int test_client(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(waits_for_who_comes_back, set_up),
        cmocka_unit_test_setup(gives_up_who_does_not, set_up),
    };

    return cmocka_run_group_tests_name("block client", tests, NULL, NULL);
}
