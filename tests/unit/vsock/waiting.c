/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who waits for whom: senders for receivers that take little or nothing, and for how long; and who comes first.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "traffic.h"

static void control_packets_wait_and_nobody_else_does(void **state)
{
    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned i = 0; i < 10; i++) {
        struct virtio_vsock_header one = packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_CREDIT_UPDATE, 0);

        one.consumed = i;
        send(STATION_SERVER, one, NULL);
    }
    send(STATION_SERVER, packet(STATION_SERVER, STATION_OTHER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_OTHER, VIRTIO_VSOCK_DATA);
    station_relent(STATION_GUEST);
    service_run();
    for (unsigned i = 0; i < 10; i++) {
        expect(STATION_GUEST, VIRTIO_VSOCK_CREDIT_UPDATE);
        assert_int_equal(came.consumed, i);
    }
    expect_nothing(STATION_GUEST);
}

/* Who makes answers and takes none is not listened to when they fill what is there for them to wait in. */
static void who_takes_no_answers_gets_no_more(void **state)
{
    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned i = 0; i < 2 * STATION_ENTRIES; i++) {
        struct virtio_vsock_header one = packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0);

        one.destination_port = 9; /* nobody's */
        (void)station_send(STATION_GUEST, &one, NULL);
        service_run();
    }
    assert_in_range(journal_waiting(exchange.journal, STATION_GUEST), STATION_ENTRIES * 3 / 4, STATION_ENTRIES);
    assert_int_equal(exchange.waiters, 0);
    station_relent(STATION_GUEST);
    service_run();
    while (station_receive(STATION_GUEST, &came, payload))
        service_run();
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0), NULL);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_REQUEST);
}

static void data_waits_for_its_receiver_only(void **state)
{
    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    send(STATION_OTHER, packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    assert_int_equal(came.source_cid, 4);
    assert_int_equal(exchange_patience(&exchange, 5), 5 + STATION_PATIENCE);
    assert_int_equal(exchange_patience(&exchange, 6), 5 + STATION_PATIENCE);
    station_relent(STATION_GUEST);
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    assert_memory_equal(payload, "abc", 3);
    assert_int_equal(exchange_patience(&exchange, 7), EXCHANGE_NEVER);
}

static void patience_ends_and_connections_with_it(void **state)
{
    uint32_t id = 1;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    send(STATION_SERVER, packet(STATION_SERVER, STATION_OTHER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    (void)exchange_patience(&exchange, 1);
    service_run();
    expect_nothing(STATION_OTHER);
    assert_int_equal(exchange_patience(&exchange, 1 + STATION_PATIENCE), 1 + STATION_PATIENCE);
    service_run();
    expect(STATION_OTHER, VIRTIO_VSOCK_DATA);
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    assert_int_equal(came.source_cid, 3);
    /* Nothing comes, though there is room, until the guest has taken note. */
    station_relent(STATION_GUEST);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "ghi");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    expect_nothing(STATION_GUEST);
    assert_true(station_event(STATION_GUEST, &id, false));
    assert_int_equal(id, VIRTIO_VSOCK_TRANSPORT_RESET);
    service_run();
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "jkl");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    station_note_event(STATION_GUEST);
    service_run();
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "mno");
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    assert_memory_equal(payload, "mno", 3);
    assert_false(station_event(STATION_GUEST, &id, true));
}

/* A buffer now and then, for a piece of a packet, or for an answer to what it sends itself, buys little time. */
static void patience_is_with_a_packet(void **state)
{
    const struct virtio_vsock_header nobody = {.source_cid = 3, .destination_cid = 9, .type = 1, .operation = 1};
    const bool pieces = *(const bool *)*state;
    bool told = false;
    uint64_t now = 1;

    (void)set_up(NULL);
    fill_up(STATION_GUEST, STATION_SERVER);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 900), payload);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_OTHER, VIRTIO_VSOCK_DATA, 3), "def");
    for (unsigned i = 0; i < 4; i++, now += STATION_PATIENCE / 4) {
        if (!pieces)
            send(STATION_GUEST, nobody, NULL);
        service_run();
        (void)exchange_patience(&exchange, now);
        expect_nothing(STATION_OTHER);
        station_relent_once(STATION_GUEST);
        service_run();
        expect(STATION_GUEST, pieces || i % 2 != 0 ? VIRTIO_VSOCK_DATA : VIRTIO_VSOCK_RESET);
    }
    now += 4 * STATION_PATIENCE / 100;
    (void)exchange_patience(&exchange, now);
    service_run();
    expect(STATION_OTHER, VIRTIO_VSOCK_DATA);
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    assert_int_equal(came.source_cid, 3);
    /* The other end hears of it, and has lost nothing else. */
    station_relent(STATION_GUEST);
    service_run();
    while (station_receive(STATION_GUEST, &came, payload))
        told = told || (came.operation == VIRTIO_VSOCK_RESET && came.source_port == 4000);
    assert_true(told);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    assert_int_equal(exchange_patience(&exchange, now), EXCHANGE_NEVER);
}

/* How many buffers for events there are costs one look, whatever they are made of. */
static void events_are_counted_and_not_read(void **state)
{
    struct virtio_driver *events = &stations[STATION_GUEST].driver[VIRTIO_VSOCK_EVENT];

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    events->descriptors[1].flags = VIRTIO_DESCRIPTOR_WRITE | VIRTIO_DESCRIPTOR_NEXT;
    events->descriptors[1].next = 1;
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    (void)exchange_patience(&exchange, 0);
    (void)exchange_patience(&exchange, STATION_PATIENCE);
    service_run();
    service_run();
    assert_int_equal(exchange_error(&exchange, STATION_GUEST), VIRTIO_OK);
}

static void a_full_journal_makes_wait_and_then_lose(void **state)
{
    unsigned sent = 0;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    while (sent < STATION_ENTRIES / 2 + 1) {
        send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
        service_run();
        sent++;
    }
    assert_int_equal(exchange_patience(&exchange, 0), STATION_PATIENCE);
    (void)exchange_patience(&exchange, STATION_PATIENCE);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    station_relent(STATION_GUEST);
    service_run();
    expect_nothing(STATION_GUEST);
}

/* Packets that are taken just in time wear the patience out together; it comes back while nobody waits. */
static void patience_does_not_begin_anew_with_a_packet(void **state)
{
    uint64_t now = 1;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned i = 0; i < 2; i++, now += 16 * STATION_PATIENCE) {
        send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
        service_run();
        (void)exchange_patience(&exchange, now);
        now += STATION_PATIENCE * 9 / 10;
        (void)exchange_patience(&exchange, now);
        station_relent_once(STATION_GUEST);
        service_run();
        expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
        (void)exchange_patience(&exchange, now);
    }
    now -= 16 * STATION_PATIENCE;
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    assert_int_equal(exchange_patience(&exchange, now), now + STATION_PATIENCE / 10 + STATION_PATIENCE / 100);
    now += STATION_PATIENCE / 10 + STATION_PATIENCE / 100;
    (void)exchange_patience(&exchange, now);
    station_relent(STATION_GUEST);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    expect(STATION_GUEST, VIRTIO_VSOCK_RESET);
}

/* Time counts once: what somebody has waited is not idle time as well. */
static void waiting_does_not_count_as_idling(void **state)
{
    uint64_t now = 1;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    (void)exchange_patience(&exchange, now);
    now += STATION_PATIENCE * 8 / 10;
    station_relent(STATION_GUEST);
    stations[STATION_GUEST].withholds = true;
    service_run();
    (void)exchange_patience(&exchange, now);
    for (unsigned i = 1; i < STATION_RING; i++)
        send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
    service_run();
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    /* 15 buffers have given back 10 each. */
    assert_int_equal(exchange_patience(&exchange, now), now + STATION_PATIENCE * 2 / 10 + 150);
}

/* A guest that runs for a moment of each period takes all that has come, and is given time for ever. */
static void who_takes_much_at_a_time_may_take_its_time(void **state)
{
    uint64_t now = 1;

    (void)state;
    fill_up(STATION_GUEST, STATION_SERVER);
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < STATION_RING; i++)
            send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
        service_run();
        (void)exchange_patience(&exchange, now);
        now += STATION_PATIENCE * 15 / 100;
        (void)exchange_patience(&exchange, now);
        station_relent(STATION_GUEST);
        stations[STATION_GUEST].withholds = true;
        service_run();
        for (unsigned i = 0; i < STATION_RING; i++)
            expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
        expect_nothing(STATION_SERVER);
    }
}

/* Each that wants buffers of the same receiver has its share of them, packets without payload together one. */
static void a_flood_costs_others_their_share_alone(void **state)
{
    unsigned count[5] = {0}; /* by the sender's CID */

    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    for (unsigned i = 0; i < 60; i++) {
        flood(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA);
        flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
        flood(STATION_HIDDEN, STATION_SERVER, VIRTIO_VSOCK_DATA);
        station_relent_once(STATION_SERVER);
        service_run();
        assert_true(station_receive(STATION_SERVER, &came, payload));
        count[came.source_cid]++;
    }
    assert_int_equal(count[2], 20);
    assert_int_equal(count[3], 20);
    assert_int_equal(count[4], 20);
}

/* Nor does it keep the receiver from sending. */
static void who_is_flooded_sends(void **state)
{
    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    for (unsigned i = 0; i < 20; i++) {
        flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
        send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
        service_run();
        expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    }
}

/* One sender fills half of what can wait, and the other half is for a packet of each that has none there. */
static void a_flood_leaves_others_a_place(void **state)
{
    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    flood(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
    assert_int_equal(journal_waiting(exchange.journal, STATION_SERVER), STATION_ENTRIES / 2);
    for (unsigned i = 0; i < 2; i++) {
        send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0), NULL);
        service_run();
        assert_int_equal(journal_waiting(exchange.journal, STATION_SERVER), STATION_ENTRIES / 2 + 1);
    }
}

/* What one sends arrives in that order, whoever else is there, and whether or not the service is made again. */
static void data_does_not_overtake_what_was_sent_before(void **state)
{
    const bool again = *(const bool *)*state;

    (void)set_up(NULL);
    fill_up(STATION_SERVER, STATION_HIDDEN);
    send(STATION_OTHER, packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
    service_run();
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0), NULL);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    if (again)
        service_begin();
    station_relent(STATION_SERVER);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
    expect(STATION_SERVER, VIRTIO_VSOCK_REQUEST);
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
}

/* Where a packet of its own once lay, in what waited for the receiver before that was made again, is another's now. */
static void who_stands_in_line_gets_its_turn(void **state)
{
    (void)state;
    fill_up(STATION_SERVER, STATION_HIDDEN);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_RESET, 0), NULL);
    service_run();
    station_relent(STATION_SERVER);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
    assert_int_equal(station_call(STATION_SERVER, VSOCK_DETACH), 0);
    station_start(STATION_SERVER);
    fill_up(STATION_SERVER, STATION_HIDDEN);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    send(STATION_OTHER, packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
    service_run();
    station_relent(STATION_SERVER);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    expect(STATION_SERVER, VIRTIO_VSOCK_CREDIT_UPDATE);
}

int test_waiting(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(control_packets_wait_and_nobody_else_does, set_up),
        cmocka_unit_test_setup(who_takes_no_answers_gets_no_more, set_up),
        cmocka_unit_test_setup(data_waits_for_its_receiver_only, set_up),
        cmocka_unit_test_setup(patience_ends_and_connections_with_it, set_up),
        cmocka_unit_test_prestate(patience_is_with_a_packet, &(bool){true}),
        cmocka_unit_test_prestate(patience_is_with_a_packet, &(bool){false}),
        cmocka_unit_test_setup(events_are_counted_and_not_read, set_up),
        cmocka_unit_test_setup(a_full_journal_makes_wait_and_then_lose, set_up),
        cmocka_unit_test_setup(patience_does_not_begin_anew_with_a_packet, set_up),
        cmocka_unit_test_setup(waiting_does_not_count_as_idling, set_up),
        cmocka_unit_test_setup(who_takes_much_at_a_time_may_take_its_time, set_up),
        cmocka_unit_test_setup(a_flood_costs_others_their_share_alone, set_up),
        cmocka_unit_test_setup(who_is_flooded_sends, set_up),
        cmocka_unit_test_setup(a_flood_leaves_others_a_place, set_up),
        cmocka_unit_test_prestate(data_does_not_overtake_what_was_sent_before, &(bool){true}),
        cmocka_unit_test_prestate(data_does_not_overtake_what_was_sent_before, &(bool){false}),
        cmocka_unit_test_setup(who_stands_in_line_gets_its_turn, set_up),
    };

    return cmocka_run_group_tests_name("vsock waiting", tests, NULL, NULL);
}
