/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "abi/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/trap.h"

_Alignas(4096) uint8_t windows[ENDS][ENDS_WINDOW];
_Alignas(8) uint8_t journal[JOURNAL_HEADERS + ENDS * ENDS_ENTRIES * sizeof(struct virtio_vsock_header)];
struct endpoint endpoints[ENDS];
struct exchange switchboard = {.endpoint = endpoints, .patience = 1000, .whole_buffer = EXCHANGE_WHOLE_BUFFER};
struct vsock vsock[ENDS];
struct vsock_socket sockets[ENDS][SOCKETS_MAX];
uint64_t kept, now;
bool reachable;
unsigned socket_counts;

void component_keep_flags(uint64_t flags)
{
    kept |= flags;
}

uint64_t time_ticks(void)
{
    return now;
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return ns;
}

void quoll_trap(struct quoll_trap *trap)
{
    uint64_t words[8] = {0};
    unsigned number = trap->x9 & 0xffff;

    if (number == QUOLL_CALL_portal_call && reachable) {
        exchange_answer(&switchboard, (int)(trap->x8 - ENDS_PORTAL), trap->word, words);
        memcpy(trap->word, words, sizeof(words));
        trap->x8 = QUOLL_OK;
    } else if (number == QUOLL_CALL_notification_signal) {
        assert_in_range(trap->x8, ENDS_DOORBELL, ENDS_DOORBELL + switchboard.count - 1);
        assert_true(trap->word[0] != 0 && trap->word[0] < 8);
        trap->x8 = QUOLL_OK;
    } else {
        trap->x8 = QUOLL_PEER_DEAD;
    }
}

void ends_begin_service(void)
{
    switchboard.journal = journal_open(journal, sizeof(journal), switchboard.count);
    exchange_begin(&switchboard);
}

void ends_run(uint64_t flags)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < switchboard.count; i++)
            moved = exchange_turn(&switchboard, i) || moved;
        for (unsigned i = 0; i < switchboard.count; i++)
            vsock_event(&vsock[i], FLAG | flags);
        flags = 0;
    }
}

enum vsock_result ends_open(unsigned number)
{
    const struct vsock_setup setup = {(uintptr_t)windows[number], ENDS_WINDOW, ENDS_PORTAL + number,
                                      ENDS_DOORBELL + number, FLAG};

    return vsock_open(&vsock[number], &setup, sockets[number], socket_counts);
}

void ends_begin(unsigned count)
{
    memset(journal, 0, sizeof(journal));
    switchboard.count = count;
    socket_counts = SOCKETS;
    reachable = true;
    kept = 0;
    now = 0;
    for (unsigned i = 0; i < count; i++)
        endpoints[i] = (struct endpoint){.name = "client",
                                         .cid = VIRTIO_VSOCK_CID_HOST,
                                         .first_port = 100 * (i + 1),
                                         .port_count = 2,
                                         .reaches = UINT64_MAX,
                                         .window = {0, ENDS_WINDOW, windows[i]}};
    ends_begin_service();
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(ends_open(i), VSOCK_DONE);
}
