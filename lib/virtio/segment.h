/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a chain's segments as one sequence. The other side may change them at any moment: what is looked at is
 * copied out first, once.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "virtio/queue.h"

/* Where byte `offset` lies, and in *run how many follow in one piece, 0 (and NULL) behind the last. */
static inline uint8_t *virtio_segments_at(const struct virtio_segment *segments, unsigned count, uint64_t offset,
                                          uint64_t *run)
{
    for (unsigned i = 0; i < count; i++) {
        if (offset < segments[i].length) {
            *run = segments[i].length - offset;
            return segments[i].base + offset;
        }
        offset -= segments[i].length;
    }
    *run = 0;
    return NULL;
}

/* Copies `length` bytes at `offset` out of the segments, or as many as there are; answers how many. */
static inline uint64_t virtio_segments_read(const struct virtio_segment *segments, unsigned count, uint64_t offset,
                                            void *bytes, uint64_t length)
{
    uint64_t done = 0;

    while (done < length) {
        uint64_t run = 0;
        const uint8_t *at = virtio_segments_at(segments, count, offset + done, &run);

        if (run == 0)
            break;
        run = run < length - done ? run : length - done;
        memcpy((uint8_t *)bytes + done, at, run);
        done += run;
    }
    return done;
}

/* The same into them. */
static inline uint64_t virtio_segments_write(const struct virtio_segment *segments, unsigned count, uint64_t offset,
                                             const void *bytes, uint64_t length)
{
    uint64_t done = 0;

    while (done < length) {
        uint64_t run = 0;
        uint8_t *at = virtio_segments_at(segments, count, offset + done, &run);

        if (run == 0)
            break;
        run = run < length - done ? run : length - done;
        memcpy(at, (const uint8_t *)bytes + done, run);
        done += run;
    }
    return done;
}
