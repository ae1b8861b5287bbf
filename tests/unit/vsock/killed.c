/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The service as a process of its own, which is killed at any instruction, again and again, while three stations send
 * streams to each other: every byte and every control packet comes once and in order.
 */
#include "tests.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "stations.h"

enum { KILLS = 1500, LONGEST_NS = 40000 };

/* From SERVER to each guest and back: what was sent, and what has come. */
struct stream {
    unsigned from, to;
    uint64_t sent, came;             /* bytes */
    uint32_t notes_sent, notes_came; /* control packets, numbered */
};

static struct stream streams[] = {
    {STATION_GUEST, STATION_SERVER, 0, 0, 0, 0},
    {STATION_SERVER, STATION_GUEST, 0, 0, 0, 0},
    {STATION_OTHER, STATION_SERVER, 0, 0, 0, 0},
    {STATION_SERVER, STATION_HIDDEN, 0, 0, 0, 0},
};
enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

static uint32_t random_state = 1;

static uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static uint8_t byte_at(const struct stream *stream, uint64_t place)
{
    return (uint8_t)(((place + stream->from * 1000 + stream->to) * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void send_some(struct stream *stream)
{
    uint8_t bytes[STATION_SENDS - VIRTIO_VSOCK_HEADER];
    struct virtio_vsock_header header = packet(stream->from, stream->to, VIRTIO_VSOCK_CREDIT_UPDATE, 0);

    if (pick(3) == 0) {
        header.consumed = stream->notes_sent;
        stream->notes_sent += station_send(stream->from, &header, NULL);
        return;
    }
    header = packet(stream->from, stream->to, VIRTIO_VSOCK_DATA, 1 + pick(sizeof(bytes)));
    for (uint32_t i = 0; i < header.length; i++)
        bytes[i] = byte_at(stream, stream->sent + i);
    if (station_send(stream->from, &header, bytes))
        stream->sent += header.length;
}

static void take_some(unsigned number)
{
    struct virtio_vsock_header header = {0};
    uint8_t payload[STATION_RECEIVES];

    while (pick(8) != 0 && station_receive(number, &header, payload)) {
        struct stream *stream = streams;

        while (stream < streams + STREAMS &&
               (stream->to != number || packet(stream->from, stream->to, 0, 0).source_cid != header.source_cid))
            stream++;
        assert_true(stream < streams + STREAMS);
        if (header.operation == VIRTIO_VSOCK_CREDIT_UPDATE) {
            assert_int_equal(header.consumed, stream->notes_came);
            stream->notes_came++;
            continue;
        }
        assert_int_equal(header.operation, VIRTIO_VSOCK_DATA);
        for (uint32_t i = 0; i < header.length; i++)
            assert_int_equal(payload[i], byte_at(stream, stream->came + i));
        stream->came += header.length;
    }
}

/* A copy of the service runs for a while and is killed, one in four perhaps while it still begins. */
static void live_and_die(volatile bool *begun)
{
    struct timespec time = {.tv_nsec = pick(LONGEST_NS)};
    bool wait = pick(4) != 0;
    pid_t child = -1;

    *begun = false;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        service_begin();
        *begun = true;
        for (;;)
            service_run();
    }
    while (wait && !*begun)
        (void)sched_yield();
    (void)nanosleep(&time, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void killed_anywhere(void **state)
{
    volatile bool *begun = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t id = 0;

    (void)state;
    assert_true(begun != MAP_FAILED);
    stations_begin();
    service_begin();
    for (unsigned i = 0; i < STATIONS; i++)
        station_start(i);
    for (unsigned i = 0; i < KILLS; i++) {
        for (unsigned s = 0; s < 2 * STREAMS; s++)
            send_some(&streams[pick(STREAMS)]);
        live_and_die(begun);
        for (unsigned n = 0; n < STATIONS; n++)
            take_some(n);
    }
    service_begin();
    for (unsigned i = 0; i < 1000; i++) {
        service_run();
        for (unsigned n = 0; n < STATIONS; n++)
            take_some(n);
    }
    for (unsigned s = 0; s < STREAMS; s++) {
        assert_true(streams[s].sent > 10000 && streams[s].notes_sent > 100);
        assert_int_equal(streams[s].came, streams[s].sent);
        assert_int_equal(streams[s].notes_came, streams[s].notes_sent);
    }
    for (unsigned n = 0; n < STATIONS; n++)
        assert_false(station_event(n, &id, true));
}

int test_killed(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_anywhere)};

    return cmocka_run_group_tests_name("vsock killed", tests, NULL, NULL);
}
