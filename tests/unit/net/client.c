/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/net against the real switch, which is made again now and then, and against a service that lies in the window. The
 * kernel between the two is quoll_trap below.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/calls.h"
#include "abi/plan.h"
#include "net/net.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/trap.h"
#include "service/ask.h"
#include "services/net/switch.h"

enum { CLIENTS = 2, WINDOW = 64 * 1024, PORTAL = 20, DOORBELL = 30, FLAG = 1 << 4, OTHER = 1 << 9 };

#define MAC(i) (UINT64_C(0x525400000010) + (i))

static _Alignas(4096) uint8_t windows[CLIENTS][WINDOW];
static struct net_port clients[CLIENTS];
static struct port ports[CLIENTS];
static struct net_switch net;
static bool reachable;
static unsigned doorbells;
static uint64_t kept, deadline, others, now;
static uint8_t frame[NET_FRAME_MAX + 1];
static uint32_t length;

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

static uint64_t run_switch(void)
{
    while (switch_step(&net) != 0)
        ;
    return (port_step(&ports[1]) & PORT_SIGNAL) != 0 ? FLAG : 0;
}

void quoll_trap(struct quoll_trap *trap)
{
    uint64_t words[8] = {0};
    unsigned number = trap->x9 & 0xffff;

    if (number == QUOLL_CALL_portal_call && reachable) {
        port_answer(&net, &ports[trap->x8 - PORTAL], trap->word, words);
        memcpy(trap->word, words, sizeof(words));
        trap->x8 = QUOLL_OK;
    } else if (number == QUOLL_CALL_notification_signal) {
        assert_in_range(trap->x8, DOORBELL, DOORBELL + CLIENTS - 1);
        assert_true(trap->word[0] == 1 || trap->word[0] == 2);
        doorbells++;
        trap->x8 = QUOLL_OK;
    } else if (number == QUOLL_CALL_notification_wait) {
        assert_int_equal(trap->x8, COMPONENT_CAP_NOTIFICATION);
        deadline = trap->word[0];
        /* The flag of a restart comes before the switch does anything. */
        trap->word[0] = (others & COMPONENT_FLAG_RESTARTED) != 0 ? others : run_switch() | others;
        trap->x8 = trap->word[0] != 0 ? QUOLL_OK : QUOLL_TIMEOUT;
        if (trap->x8 == QUOLL_TIMEOUT && deadline != QUOLL_FOREVER)
            now = deadline;
        others = 0;
    } else {
        trap->x8 = QUOLL_PEER_DEAD;
    }
}

static void begin_service(void)
{
    memset(ports, 0, sizeof(ports));
    memset(&net, 0, sizeof(net));
    net.ports = ports;
    net.port_count = CLIENTS;
    for (unsigned i = 0; i < CLIENTS; i++) {
        ports[i] =
            (struct port){.window = {0, WINDOW, windows[i]}, .mac = MAC(i), .reaches = ~UINT64_C(0), .name = "client"};
        port_detach(&ports[i]);
    }
}

static enum net_result open_client(unsigned i)
{
    const struct net_setup setup = {(uintptr_t)windows[i], WINDOW, PORTAL + i, DOORBELL + i, FLAG};

    return net_open(&clients[i], &setup);
}

static int setup(void **state)
{
    (void)state;
    reachable = true;
    kept = others = now = 0;
    begin_service();
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(open_client(i), NET_DONE);
    doorbells = 0;
    return 0;
}

static void make(uint32_t bytes, uint8_t fill)
{
    memset(frame, fill, sizeof(frame));
    memcpy(frame, clients[1].mac, 6);
    memcpy(frame + 6, clients[0].mac, 6);
    memset(frame + 12, 0x08, 2);
    length = bytes;
}

static void frames_of_every_length(void **state)
{
    static uint8_t got[NET_FRAME_MAX];
    uint32_t received = 0;

    (void)state;
    assert_memory_equal(clients[0].mac, "\x52\x54\x00\x00\x00\x10", 6);
    assert_false(clients[0].wire);
    for (uint32_t bytes = NET_HEADER; bytes <= NET_FRAME_MAX; bytes++) {
        make(bytes, (uint8_t)bytes);
        assert_int_equal(net_send(&clients[0], frame, bytes), NET_DONE);
        (void)run_switch();
        assert_int_equal(net_receive(&clients[1], got, sizeof(got), &received), NET_DONE);
        assert_int_equal(received, bytes);
        assert_memory_equal(got, frame, bytes);
        assert_int_equal(net_receive(&clients[1], got, sizeof(got), &received), NET_NOTHING);
    }
    assert_int_equal(net_send(&clients[0], frame, NET_HEADER - 1), NET_BAD_FRAME);
    assert_int_equal(net_send(&clients[0], frame, NET_FRAME_MAX + 1), NET_BAD_FRAME);
    /* One that does not fit is gone, the next one comes. */
    for (unsigned i = 0; i < 2; i++) {
        make(100 - i, 0);
        assert_int_equal(net_send(&clients[0], frame, length), NET_DONE);
    }
    (void)run_switch();
    assert_int_equal(net_receive(&clients[1], got, 99, &received), NET_BAD_FRAME);
    assert_int_equal(net_receive(&clients[1], got, 99, &received), NET_DONE);
    assert_int_equal(received, 99);
}

static void full(void **state)
{
    unsigned sent = 0;

    (void)state;
    make(60, 0);
    while (net_send(&clients[0], frame, length) == NET_DONE)
        sent++;
    assert_int_equal(sent, clients[0].buffers);
    assert_int_equal(sent, (WINDOW - 8192) / 2048 / 2);
    assert_int_equal(net_send(&clients[0], frame, length), NET_FULL);
    assert_int_equal(doorbells, 1); /* one for all: the switch had not looked yet */
    assert_int_not_equal(switch_step(&net), 0);
    assert_int_equal(net_send(&clients[0], frame, length), NET_DONE);
}

static void waits(void **state)
{
    uint32_t received = 0;

    (void)state;
    assert_int_equal(net_receive_until(&clients[1], frame, sizeof(frame), &received, 77), NET_NOTHING);
    assert_int_equal(deadline, 77);
    make(60, 0);
    assert_int_equal(net_send(&clients[0], frame, length), NET_DONE);
    others = OTHER;
    assert_int_equal(net_receive_until(&clients[1], frame, sizeof(frame), &received, 77), NET_DONE);
    assert_int_equal(received, 60);
    assert_int_equal(kept, OTHER);
}

static void service_made_again(void **state)
{
    uint32_t received = 0;

    (void)state;
    for (unsigned round = 0; round < 1000; round++) {
        make(60 + round, (uint8_t)round);
        assert_int_equal(net_send(&clients[0], frame, length), NET_DONE);
        begin_service();
        net_restarted(&clients[0]);
        others = COMPONENT_FLAG_RESTARTED;
        kept = 0;
        assert_int_equal(net_receive_until(&clients[1], frame, sizeof(frame), &received, 77), NET_DONE);
        assert_int_equal(kept, COMPONENT_FLAG_RESTARTED);
        assert_int_equal(received, length);
        assert_int_equal(frame[59], (uint8_t)round);
    }
}

static void nobody_there(void **state)
{
    (void)state;
    reachable = false;
    net_restarted(&clients[0]);
    assert_int_equal(open_client(0), NET_NOTHING);
    reachable = true;
    struct net_setup small = {(uintptr_t)windows[0], 8192 + 4095, PORTAL, DOORBELL, FLAG};
    assert_int_equal(net_open(&clients[0], &small), NET_NOTHING);
    small.window_size++;
    assert_int_equal(net_open(&clients[0], &small), NET_DONE);
    assert_int_equal(clients[0].buffers, 1);
}

/* One that stays away longer than a restart takes is said to, whoever waits; until it is there again. */
static void left_stopped(void **state)
{
    uint32_t received = 0;

    (void)state;
    make(60, 0);
    reachable = false;
    others = COMPONENT_FLAG_RESTARTED;
    assert_int_equal(net_receive_until(&clients[1], frame, sizeof(frame), &received, QUOLL_FOREVER), NET_GONE);
    assert_int_equal(now, SERVICE_PATIENCE_NS);
    assert_int_equal(net_receive(&clients[1], frame, sizeof(frame), &received), NET_GONE);
    net_restarted(&clients[0]);
    while (net_send(&clients[0], frame, length) == NET_DONE)
        ;
    assert_int_equal(net_send(&clients[0], frame, length), NET_FULL);
    now += SERVICE_PATIENCE_NS / 2;
    net_restarted(&clients[0]);
    assert_int_equal(net_send(&clients[0], frame, length), NET_FULL);
    now += SERVICE_PATIENCE_NS / 2;
    assert_int_equal(net_send(&clients[0], frame, length), NET_GONE);
    reachable = true;
    begin_service();
    for (unsigned i = 0; i < CLIENTS; i++)
        net_restarted(&clients[i]);
    assert_int_equal(net_send(&clients[0], frame, length), NET_FULL);
    (void)run_switch();
    assert_int_equal(net_send(&clients[0], frame, length), NET_DONE);
    assert_int_equal(net_receive(&clients[1], frame, sizeof(frame), &received), NET_DONE);
}

/* A service that returns what it does not have, or more than there was: the queue stops, nothing else happens. */
static void lies(void **state)
{
    static const struct {
        uint32_t id, length;
    } lie[] = {{NET_RING, 100}, {UINT32_MAX, 100}, {60, 100}, {0, 2049}, {0, UINT32_MAX}, {0, 11}, {0, 0}};
    uint32_t received = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
        struct virtio_used *used = clients[1].driver[VIRTIO_NET_RECEIVE].used;

        used->ring[used->index % NET_RING] = (struct virtio_used_element){lie[i].id, lie[i].length};
        used->index++;
        assert_int_equal(net_receive(&clients[1], frame, sizeof(frame), &received), NET_STOPPED);
        assert_int_equal(received, 0);
        assert_int_equal(net_send(&clients[1], frame, 60), NET_STOPPED);
        assert_int_equal(open_client(1), NET_DONE);
    }
    /* It says itself that it has stopped a queue. */
    virtio_queue_stop(&ports[1].queue[VIRTIO_NET_TRANSMIT], VIRTIO_BAD_REQUEST);
    net_restarted(&clients[1]);
    assert_int_equal(net_send(&clients[1], frame, 60), NET_STOPPED);
}

int test_client(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(frames_of_every_length, setup),
        cmocka_unit_test_setup(full, setup),
        cmocka_unit_test_setup(waits, setup),
        cmocka_unit_test_setup(service_made_again, setup),
        cmocka_unit_test_setup(nobody_there, setup),
        cmocka_unit_test_setup(left_stopped, setup),
        cmocka_unit_test_setup(lies, setup),
    };

    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
