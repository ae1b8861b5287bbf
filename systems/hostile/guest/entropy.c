/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The entropy device's driver: whatever it asks for, others must get theirs.
 */
#include "guest.h"

enum { QUEUE = 0, LARGE = 4096 };

static struct device device = {.registers = GUEST_ENTROPY, .queues = 1};

/* All buffers that the ring holds, once more when they are back. */
static void ask(uint64_t bytes)
{
    if (!device_works(&device))
        device_begin(&device);
    if (waiting(&device, QUEUE) != 0)
        return;
    for (unsigned i = 0; i < RING; i++)
        offer_buffer(&device, QUEUE, i, GUEST_AREA + i * (uint64_t)LARGE, bytes, VIRTIO_DESCRIPTOR_WRITE);
    ring_bell(&device, QUEUE);
}

/* What a neighbour that only has much to do costs. */
static void is_busy(void)
{
    ask(LARGE);
}

static void asks_for_a_byte(void)
{
    ask(1);
}

/* The device is reset with as much out as goes. */
static void resets(void)
{
    device_reset(&device);
    ask(LARGE);
}

static void rings_the_bell(void)
{
    if (!device_works(&device))
        device_begin(&device);
    ring_bell(&device, QUEUE);
}

static void fill(volatile uint8_t *head)
{
    (void)head;
}

static void lies(void)
{
    lie(&device, QUEUE, (struct honest){0, 0, one_in(16) ? 0 : VIRTIO_DESCRIPTOR_WRITE}, fill);
}

static const struct attack attacks[] = {
    {"entropy is busy", is_busy}, {"entropy is asked for a byte each", asks_for_a_byte},
    {"entropy resets", resets},   {"entropy rings the bell", rings_the_bell},
    {"entropy lies", lies},
};
const struct target entropy = {&device, attacks, sizeof(attacks) / sizeof(attacks[0])};
