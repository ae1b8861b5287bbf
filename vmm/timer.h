/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The VMM's one deadline: the earliest that any device has asked for, or when the next sign of life is due. When it
 * comes, every device looks for itself.
 */
#pragma once

#include <stdint.h>

/* Look again in, or at, so many ns of monotonic time. A deadline that is armed and earlier stays. */
void timer_after(uint64_t ns);
void timer_at_ns(uint64_t ns);

/* From here on there are signs of life, if the description says that somebody waits for them. */
void timer_start(void);
