/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: the board's entropy device seeds the generator, which answers calls and fills guests' buffers.
 */
#include <mbedtls/platform_util.h>
#include <stdio.h>

#include "abi/plan.h"
#include "component.h"
#include "device.h"
#include "pace.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "service/clients.h"
#include "service/device.h"
#include "tap.h"

enum { ROUNDS = 4, GUESTS_SHARE = 4 };

static const unsigned client_count = COMPONENT_ENTROPY_COUNT; /* guests; 0 where only components call */

static const struct service_client clients[COMPONENT_ENTROPY_COUNT + 1] = {COMPONENT_ENTROPYS(SERVICE_CLIENT)};
static struct service_complaints complaints[COMPONENT_ENTROPY_COUNT + 1];

#define TAP(number, text, address, size, base, signal, signal_mask, tell, tell_mask) \
    {.name = (text), .window = {(base), (size), (uint8_t *)(address)}},
/* NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the generated header */
static struct tap taps[COMPONENT_ENTROPY_COUNT + 1] = {COMPONENT_ENTROPYS(TAP)};

static unsigned next; /* guest */

/* A quarter of our budget each period: two of these, what came late, and guests' doorbells leave some for seeds. */
static struct pace pace;

static struct drbg drbg;
static struct device device;
static bool works;

/* A device that breaks the ring's rules, or gives the same twice, is not asked again by this copy. */
static void take_seed(void)
{
    enum virtio_error error = VIRTIO_EMPTY;

    if (!works)
        return;
    error = device_take(&device);
    if (error == VIRTIO_EMPTY)
        return;
    works = error == VIRTIO_OK && drbg_seed(&drbg, device.seed);
    mbedtls_platform_zeroize(device.seed, sizeof(device.seed));
    if (!works)
        printf("the board's entropy cannot be used: %s\n",
               error != VIRTIO_OK ? virtio_error_text(error) : "it repeats itself");
}

/* A turn of a guest. True: there may be more. */
static bool fill(unsigned i)
{
    unsigned news = tap_turn(&drbg, &taps[i]);

    if ((news & TAP_SIGNAL) != 0)
        service_client_signal(&clients[i]);
    if ((news & TAP_BROKEN) != 0)
        service_client_stopped(&clients[i], &complaints[i], taps[i].name, virtio_error_text(taps[i].queue.error));
    return (news & TAP_MOVED) != 0;
}

/*
 * Rounds of guests' turns, as far as their share of our time goes; who comes next is first the next time. Answers when
 * there may be more to do.
 */
static uint64_t serve_guests(void)
{
    unsigned idle = 0;

    for (unsigned turns = 0; turns < ROUNDS * client_count && idle < client_count; turns++) {
        uint64_t begin = time_ticks();

        if (!pace_allows(&pace, begin))
            return pace_next(&pace);
        idle = fill(next) ? 0 : idle + 1;
        next = next + 1 < client_count ? next + 1 : 0;
        pace_spend(&pace, begin, time_ticks());
    }
    return idle < client_count ? time_ticks() : QUOLL_FOREVER;
}

static void run(void)
{
    uint64_t again = 0;

    take_seed();
    again = serve_guests();
    if (works && drbg_wants_seed(&drbg))
        device_ask(&device);
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, time_ticks(), again);
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};
    uint64_t now = time_ticks();
    int number = service_client_find(clients, client_count, label);

    tap_answer(&drbg, number < 0 ? NULL : &taps[number], message->word, reply.word);
    *message = reply;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, now); /* the rest on our own time */
}

static void detach(unsigned number)
{
    tap_detach(&taps[number]);
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        service_clients_let_go(clients, client_count, detach);
    if ((flags & FLAG_ENTROPY_DEVICE) != 0)
        virtio_mmio_clear(&device.mmio);
    run();
    if ((flags & FLAG_ENTROPY_DEVICE) != 0)
        (void)quoll_interrupt_acknowledge(CAP_ENTROPY_DEVICE_INTERRUPT);
}

void component_deadline(void)
{
    run();
}

/* Before there are clients: whoever asks first is to get something. */
static void wait_for_seed(void)
{
    const uint64_t patience = time_ticks() + time_ns_to_ticks(SERVICE_DEVICE_PATIENCE_NS);

    device_ask(&device);
    for (;;) {
        bool late = time_ticks() >= patience;

        take_seed();
        if (!works || drbg.seeded || late)
            break;
        service_device_wait(&device.mmio, CAP_ENTROPY_DEVICE_INTERRUPT, FLAG_ENTROPY_DEVICE, COMPONENT_WATCHDOG_NS,
                            patience);
    }
}

void component_start(void)
{
    const char *complaint = NULL;

    drbg_init(&drbg);
    pace.share = time_ns_to_ticks(COMPONENT_BUDGET_NS / GUESTS_SHARE);
    pace.period = time_ns_to_ticks(COMPONENT_PERIOD_NS);
    for (unsigned i = 0; i < client_count; i++)
        tap_detach(&taps[i]);
    device.mmio.registers = ENTROPY_DEVICE_ADDRESS;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
    device.memory = (uint8_t *)ENTROPY_DMA_ADDRESS;
    device.physical = quoll_memory_address(CAP_ENTROPY_DMA).word[0];
    (void)quoll_interrupt_acknowledge(CAP_ENTROPY_DEVICE_INTERRUPT);
    complaint = device_start(&device);
    works = complaint == NULL;
    if (works)
        wait_for_seed();
    if (drbg.seeded)
        printf("seeded by the board, %u guests\n", client_count);
    else
        printf("nobody gets entropy: %s\n", complaint != NULL ? complaint
                                            : works           ? "the board's device gives none"
                                                              : "the board has none");
    service_clients_tell(clients, client_count);
    run();
}
