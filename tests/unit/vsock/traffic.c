/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct virtio_vsock_header came;
uint8_t payload[STATION_SENDS];

int set_up(void **state)
{
    (void)state;
    stations_begin();
    service_begin();
    for (unsigned i = 0; i < STATIONS; i++)
        station_start(i);
    return 0;
}

void send(unsigned from, struct virtio_vsock_header what, const void *bytes)
{
    assert_true(station_send(from, &what, bytes));
}

void expect(unsigned number, unsigned operation)
{
    assert_true(station_receive(number, &came, payload));
    assert_int_equal(came.operation, operation);
}

void expect_nothing(unsigned number)
{
    assert_false(station_receive(number, &came, payload));
}

void fill_up(unsigned number, unsigned from)
{
    stations[number].withholds = true;
    for (unsigned i = 0; i < STATION_RING; i++) {
        send(from, packet(from, number, VIRTIO_VSOCK_CREDIT_UPDATE, 0), NULL);
        service_run();
        expect(number, VIRTIO_VSOCK_CREDIT_UPDATE);
    }
}

void flood(unsigned from, unsigned to, unsigned operation)
{
    struct virtio_vsock_header one = packet(from, to, operation, operation == VIRTIO_VSOCK_DATA ? 3 : 0);

    while (station_send(from, &one, "abc"))
        service_run();
}
