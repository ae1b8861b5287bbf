/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The region `measured`: everybody writes his own members, `reporter` reads them when nobody measures.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "bench/worst/measure.h"

struct measured_loop {
    struct measure jitter, response;
    uint64_t missed;
};

struct measured {
    struct measure latency; /* driver */
    uint64_t late;          /* moments that had passed before they could be set */
    struct measured_loop loop_10khz, loop_1khz;
    struct measure response; /* client */
    uint64_t unanswered;
    struct measure window; /* spinner: the time that it had in a window of a period, in units of SPINNER_UNIT */
    uint64_t flooded;      /* requests since the flooder began */
    uint64_t rebuilt;
};

enum { SPINNER_UNIT = 16 };

static_assert(sizeof(struct measured) <= 2 << 20, "the description gives the region this size");

#ifdef MEASURED_ADDRESS
static struct measured *const measured = (struct measured *)MEASURED_ADDRESS;
#endif
