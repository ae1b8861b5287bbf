/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* A sign of life, for a component whose description says `watchdog:`. Never waits. */
void watchdog_kick(void);
