/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a load tells the judge, in a page that both map: it writes everything but `go`, `stop` and `slow`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rt/time.h"

struct progress {
    uint64_t operations; /* answered by the service, rightly or not */
    uint64_t bytes;      /* that were found to be what was written or sent */
    uint64_t lost;       /* of them, that were not; and operations that failed */
    uint64_t go;         /* the judge's: everybody is there, begin */
    uint64_t stop;       /* the judge's: the last operation has been asked for */
    uint64_t slow;       /* the judge's: somebody is awaited who takes long; nobody else need hurry */
};

static inline void progress_add(uint64_t *field, uint64_t more)
{
    __atomic_store_n(field, __atomic_load_n(field, __ATOMIC_RELAXED) + more, __ATOMIC_RELEASE);
}

static inline uint64_t progress_get(const uint64_t *field)
{
    return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

/* Whether the load is to work now; if only not yet, `later` (ticks) is when to ask again, else 0. */
static inline bool progress_works(const struct progress *progress, uint64_t *later)
{
    bool begun = progress_get(&progress->go) != 0;

    *later = begun ? 0 : time_ticks() + time_ns_to_ticks(UINT64_C(10000000));
    return begun && progress_get(&progress->stop) == 0;
}

/* When the load's next operation is due (ticks), which has `pause_ns` between two of them. */
static inline uint64_t progress_next(const struct progress *progress, uint64_t pause_ns)
{
    return time_ticks() + time_ns_to_ticks(pause_ns * (progress_get(&progress->slow) != 0 ? 20 : 1));
}
