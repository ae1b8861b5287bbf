/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "portal.h"

#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "rt/message.h"
#include "rt/time.h"

enum { PORTAL = 77 };

struct behind behind;
static uint64_t now;

uint64_t time_ticks(void)
{
    return now++;
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return ns / 16;
}

void time_sleep_until(uint64_t ticks)
{
    now = ticks;
}

void quoll_trap(struct quoll_trap *trap)
{
    uint64_t answer[8] = {0};

    if (trap->x9 == QUOLL_CALL_notification_signal && trap->x8 == COMPONENT_CAP_WATCHDOG) {
        if (now - behind.kicked > behind.silence)
            behind.silence = now - behind.kicked;
        behind.kicked = now;
        trap->x8 = QUOLL_OK;
        return;
    }
    if (trap->x9 != QUOLL_CALL_portal_call || trap->x8 != PORTAL)
        abort();
    behind.calls++;
    now += behind.call_takes;
    trap->x8 = QUOLL_PEER_DEAD;
    if (behind.dead_calls > 0) {
        behind.dead_calls--;
        return;
    }
    keys_answer(&service.keys, &service.clients[FIRST], trap->word, answer);
    if (behind.dies_in_call) {
        behind.dies_in_call = false;
        service_restart();
        return;
    }
    trap->x8 = QUOLL_OK;
    memcpy(trap->word, answer, sizeof(answer));
}

int portal_start(void **state)
{
    const struct crypto_setup setup = {(uint64_t)(uintptr_t)service.windows[FIRST], SERVICE_WINDOW, PORTAL};

    (void)state;
    behind = (struct behind){0};
    service_start();
    return crypto_open(&behind.crypto, &setup) != CRYPTO_SUCCESS ||
           ssh_start(&behind.ssh, &behind.crypto, "test") != CRYPTO_SUCCESS;
}

int portal_stop(void **state)
{
    (void)state;
    service_stop();
    return 0;
}
