/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* A sign of life, for a component whose description says `watchdog:`. Cheap: one call to root. */
void watchdog_kick(void);
