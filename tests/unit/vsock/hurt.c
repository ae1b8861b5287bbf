/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What one client could do to others: take their time, their place, their connections, or bytes out of their streams.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "traffic.h"

static uint64_t now;

static int begin(void **state)
{
    now = 1;
    return set_up(state);
}

static void pass_time(uint64_t ticks)
{
    (void)exchange_patience(&exchange, now);
    now += ticks;
    (void)exchange_patience(&exchange, now);
}

/* All that it has room for, at once. */
static void take_all(unsigned number)
{
    station_relent(number);
    stations[number].withholds = true;
    service_run();
}

static void hear_out(unsigned number)
{
    while (station_receive(number, &came, payload))
        ;
}

/* "abc" of `from` was refused: "def", which was sent behind it, is not heard before that is. */
static void expect_no_hole(unsigned number, uint64_t from)
{
    bool reset = false;

    for (unsigned i = 0; i < 10; i++, service_run())
        while (station_receive(number, &came, payload)) {
            if (came.source_cid != from)
                continue;
            reset = reset || came.operation == VIRTIO_VSOCK_RESET;
            if (came.operation == VIRTIO_VSOCK_DATA && memcmp(payload, "def", 3) == 0)
                assert_true(reset);
        }
}

static void no_byte_behind_a_refused_one(void **state)
{
    const struct virtio_vsock_header nobody = {.source_cid = 3, .destination_cid = 9, .type = 1, .operation = 1};

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned i = 0; i < 3; i++)
        send(STATION_GUEST, nobody, NULL); /* the answers wait for it */
    service_run();
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    pass_time(STATION_PATIENCE / 2);
    station_relent_once(STATION_GUEST);
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_RESET);
    station_relent_once(STATION_GUEST);
    now += STATION_PATIENCE * 3 / 5;
    (void)exchange_patience(&exchange, now);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    station_relent(STATION_GUEST);
    service_run();
    expect_no_hole(STATION_GUEST, VIRTIO_VSOCK_CID_HOST);
}

/* Nor when there is no room for the RESET. */
static void no_byte_behind_a_refused_one_of_many(void **state)
{
    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
    send(STATION_HIDDEN, packet(STATION_HIDDEN, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    pass_time(STATION_PATIENCE - 1);
    station_relent_once(STATION_SERVER);
    service_run();
    now += STATION_PATIENCE / 2;
    (void)exchange_patience(&exchange, now);
    for (unsigned i = 0; i < 20; i++) {
        flood(STATION_HIDDEN, STATION_SERVER, VIRTIO_VSOCK_DATA);
        (void)exchange_patience(&exchange, now);
        service_run();
        hear_out(STATION_HIDDEN);
    }
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    (void)exchange_patience(&exchange, now);
    service_run();
    station_relent(STATION_SERVER);
    service_run();
    expect_no_hole(STATION_SERVER, 3);
}

/* A receiver that takes a ring full of them every 100 ms has done what it could. */
static void a_flood_of_headers_uses_up_nobodys_patience(void **state)
{
    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    for (unsigned i = 0; i < 60; i++) {
        flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
        send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
        service_run();
        pass_time(STATION_PATIENCE / 20);
        take_all(STATION_SERVER);
        hear_out(STATION_SERVER);
        (void)exchange_patience(&exchange, now);
        expect_nothing(STATION_GUEST);
    }
}

static void who_takes_many_pieces_may_take_its_time(void **state)
{
    const struct virtio_vsock_header one = packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 900);

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned round = 0; round < 200; round++) {
        while (station_send(STATION_SERVER, &one, payload))
            ;
        service_run();
        pass_time(STATION_PATIENCE * 9 / 200);
        service_run();
        take_all(STATION_GUEST);
        for (unsigned i = 0; i < STATION_RING; i++)
            expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
        expect_nothing(STATION_SERVER);
    }
}

/* Room for a byte each, of which every other is for a friend's packet. */
static void small_buffers_buy_no_time(void **state)
{
    const struct virtio_vsock_header one = packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_DATA, 1);
    struct virtio_descriptor *descriptors = (void *)stations[STATION_SERVER].memory;
    bool refused = false;

    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 900), payload);
    service_run();
    while (!refused) {
        (void)station_send(STATION_OTHER, &one, "x");
        service_run();
        pass_time(STATION_PATIENCE / 100);
        station_relent_once(STATION_SERVER);
        for (unsigned i = 0; i < STATION_RING; i++)
            descriptors[i].length = VIRTIO_VSOCK_HEADER + 1;
        service_run();
        hear_out(STATION_SERVER);
        refused = station_receive(STATION_GUEST, &came, payload);
        assert_true(now < 2 * STATION_PATIENCE);
    }
}

/* A driver that answers each packet, and takes none while a ring full of answers cannot go, as it may. */
static unsigned answers;

static void run_driver(unsigned number)
{
    const struct virtio_vsock_header answer = packet(number, STATION_OTHER, VIRTIO_VSOCK_RESET, 0);
    bool moved = true;

    while (moved) {
        moved = false;
        for (; answers > 0 && station_send(number, &answer, NULL); answers--)
            moved = true;
        if (answers < STATION_RING && station_receive(number, &came, payload)) {
            answers++;
            moved = true;
        }
    }
    service_run();
    hear_out(STATION_OTHER);
    hear_out(STATION_GUEST);
}

static void nobody_is_stopped_for_ever(void **state)
{
    const struct virtio_vsock_header own = packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3);

    (void)state;
    answers = 0;
    for (unsigned i = 0; i < 400; i++) {
        flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_REQUEST);
        (void)station_send(STATION_SERVER, &own, "abc");
        run_driver(STATION_SERVER);
    }
    (void)station_call(STATION_OTHER, VSOCK_DETACH); /* and so nobody waits */
    for (unsigned i = 0; i < 100; i++) {
        pass_time(STATION_PATIENCE);
        service_run();
        run_driver(STATION_SERVER);
    }
    assert_int_equal(answers, 0);
}

static void headers_have_their_share_beside_a_flood(void **state)
{
    unsigned count[5] = {0}; /* by the sender's CID */
    unsigned next = VIRTIO_VSOCK_CREDIT_UPDATE;

    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    for (unsigned i = 0; i < 400; i++) {
        for (;;) {
            struct virtio_vsock_header one =
                packet(STATION_GUEST, STATION_SERVER, next, next == VIRTIO_VSOCK_DATA ? 3 : 0);

            if (!station_send(STATION_GUEST, &one, "abc"))
                break;
            next ^= VIRTIO_VSOCK_CREDIT_UPDATE ^ VIRTIO_VSOCK_DATA;
        }
        flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
        station_relent_once(STATION_SERVER);
        service_run();
        assert_true(station_receive(STATION_SERVER, &came, payload));
        count[came.source_cid]++;
    }
    assert_in_range(count[3], 190, 210);
}

/* What a client has sent already goes as soon as it has taken note of its loss. */
static void who_has_taken_note_is_heard(void **state)
{
    uint32_t id = 1;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    pass_time(STATION_PATIENCE);
    service_run();
    assert_true(station_event(STATION_GUEST, &id, true));
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0), NULL);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    expect(STATION_SERVER, VIRTIO_VSOCK_REQUEST);
}

/* Those who have a connection with it and nothing to say wait for no answer for ever. */
static void peers_of_the_lost_are_told(void **state)
{
    (void)state;
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0), NULL);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_REQUEST);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_RESPONSE, 0), NULL);
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_RESPONSE);
    fill_up(STATION_SERVER, STATION_HIDDEN);
    send(STATION_HIDDEN, packet(STATION_HIDDEN, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    pass_time(STATION_PATIENCE);
    service_run();
    expect(STATION_HIDDEN, VIRTIO_VSOCK_RESET);
    expect(STATION_GUEST, VIRTIO_VSOCK_RESET);
}

/* The smallest journal there is has room for one packet of each client. */
static void the_smallest_journal_does(void **state)
{
    (void)state;
    exchange.journal->entries = 1;
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    fill_up(STATION_SERVER, STATION_GUEST);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    station_relent(STATION_SERVER);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
}

/* A step of a station: it sends, takes, gives buffers back, or lets time pass. */
static void do_anything(void)
{
    unsigned from = (unsigned)rand() % STATIONS;
    struct virtio_vsock_header one = packet(from, (unsigned)rand() % STATIONS, 1 + (unsigned)rand() % 7, 0);
    bool withholds = stations[from].withholds;

    one.operation = rand() % 2 == 0 ? VIRTIO_VSOCK_DATA : one.operation;
    one.length = one.operation == VIRTIO_VSOCK_DATA ? 1 + (uint32_t)rand() % 500 : 0;
    one.destination_cid = rand() % 6 == 0 ? 9 : one.destination_cid;
    switch (rand() % 6) {
    case 0:
    case 1:
        for (int i = rand() % 16; i >= 0; i--)
            (void)station_send(from, &one, payload);
        break;
    case 2:
        for (int i = rand() % 16; i >= 0; i--)
            (void)station_receive(from, &came, payload);
        break;
    case 3:
        if (stations[from].withheld != 0)
            station_relent_once(from);
        break;
    case 4:
        station_relent(from);
        stations[from].withholds = withholds;
        break;
    default:
        now += (uint64_t)rand() % (STATION_PATIENCE / 4);
        break;
    }
}

/* A turn of everybody. */
static bool run_once(void)
{
    bool moved = false;

    for (unsigned i = 0; i < STATIONS; i++)
        moved = exchange_turn(&exchange, i) || moved;
    return moved;
}

/* As vsock.c does it; when it has nothing more to do, one more turn has not either. */
static void run_to_the_end(void)
{
    bool more = true;
    unsigned waiters = 0;

    for (unsigned i = 0; more; i++) {
        assert_true(i < 10000);
        more = run_once();
        more = exchange_patience(&exchange, now) <= now || more;
    }
    for (unsigned i = 0; i < STATIONS; i++)
        waiters += exchange.endpoint[i].waits_for != -1;
    assert_int_equal(waiters, exchange.waiters);
    assert_false(run_once());
}

static void nothing_is_left_lying(void **state)
{
    uint32_t id = 0;

    srand(1);
    for (unsigned run = 0; run < 300; run++) {
        (void)begin(state);
        for (unsigned i = 0; i < STATIONS; i++)
            stations[i].withholds = rand() % 2 == 0;
        for (unsigned step = 0; step < 150; step++) {
            do_anything();
            run_to_the_end();
            for (unsigned i = 0; i < STATIONS && rand() % 4 == 0; i++)
                (void)station_event(i, &id, true);
        }
    }
}

int test_hurt(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_byte_behind_a_refused_one, begin),
        cmocka_unit_test_setup(no_byte_behind_a_refused_one_of_many, begin),
        cmocka_unit_test_setup(a_flood_of_headers_uses_up_nobodys_patience, begin),
        cmocka_unit_test_setup(who_takes_many_pieces_may_take_its_time, begin),
        cmocka_unit_test_setup(small_buffers_buy_no_time, begin),
        cmocka_unit_test_setup(nobody_is_stopped_for_ever, begin),
        cmocka_unit_test_setup(headers_have_their_share_beside_a_flood, begin),
        cmocka_unit_test_setup(who_has_taken_note_is_heard, begin),
        cmocka_unit_test_setup(peers_of_the_lost_are_told, begin),
        cmocka_unit_test_setup(the_smallest_journal_does, begin),
        cmocka_unit_test(nothing_is_left_lying),
    };

    return cmocka_run_group_tests_name("vsock hurt", tests, NULL, NULL);
}
