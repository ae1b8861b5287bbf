/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's PL031 real time clock (Arm DDI 0224): seconds since 1970, and an alarm.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pl031 {
    uint32_t offset; /* RTCDR minus the seconds of monotonic time */
    uint32_t match, load, mask, raw;
    uint64_t due; /* second of monotonic time in which the counter matches; UINT64_MAX: no match is awaited */
    bool line;
};

/* The clock starts with the VMM and keeps its time over a reset of the guest. */
void pl031_init(struct pl031 *rtc, uint64_t epoch_seconds);
void pl031_reset(struct pl031 *rtc);
uint64_t pl031_read(struct pl031 *rtc, uint32_t offset);
void pl031_write(struct pl031 *rtc, uint32_t offset, uint64_t value);

/* Raises the alarm if it is due. Returns when to look again, in ns of monotonic time; UINT64_MAX: never. */
uint64_t pl031_poll(struct pl031 *rtc);
