/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The measurements, a file a path.
 */
#pragma once

#include "sample.h"

void bench_null(void);
void bench_ipc(void);
void bench_notify(void);
void bench_interrupt(void);
void bench_fault(void);
