/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for entropy: draws random bytes, which must not be those of the draw before. A call that the service's death
 * cuts short is made again.
 */
#include <string.h>

#include "component.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/entropy/protocol.h"
#include "systems/restart/progress.h"

enum { PAUSE_NS = 500000 };

static uint64_t before[7];

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)DRAWER_PROGRESS_ADDRESS;

void component_deadline(void)
{
    struct quoll_message message = {.word = {ENTROPY_GET, ENTROPY_BYTES_MAX}};
    uint64_t later = 0;

    if (!progress_works(progress, &later)) {
        if (later != 0)
            component_wait_until(later);
        return;
    }
    component_wait_until(progress_next(progress, PAUSE_NS));
    if (quoll_call(CAP_ENTROPY_ENTROPY, &message) != QUOLL_OK)
        return;
    if (message.word[0] == 0 && memcmp(before, &message.word[1], sizeof(before)) != 0)
        progress_add(&progress->bytes, sizeof(before));
    else
        progress_add(&progress->lost, sizeof(before));
    memcpy(before, &message.word[1], sizeof(before));
    progress_add(&progress->operations, 1);
}

void component_start(void)
{
    component_wait_until(time_ticks());
}
