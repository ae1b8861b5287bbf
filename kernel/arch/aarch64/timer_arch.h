/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The core's timer, besides what arch.h has of it.
 */
#pragma once

/* Once per core: no offset for the virtual counter, and an interrupt within a second whatever happens. */
void timer_init(void);
