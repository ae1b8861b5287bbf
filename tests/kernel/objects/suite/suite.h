/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tests of each object, one file an object.
 */
#pragma once

#include "tests/kernel/harness/harness.h"

void test_calls_table(void);
void test_notification(void);
void test_portal(void);
void test_portal_flight(void);
void test_portal_time(void);
void test_thread(void);
void test_fault(void);
void test_budget(void);
void test_interrupt(void);
void test_domain(void);
void test_pool(void);
void test_capability(void);
void test_memory(void);
void test_ways_call(void);
void test_ways_reply(void);
void test_ways_signal(void);
void test_ways_wait(void);
void test_ways_page(void);
void test_ways_domains(void);

/* registers.S: every SIMD register holds value + its number, twice; which bits of them differ from that. */
void simd_fill(uint64_t value);
uint64_t simd_wrong(uint64_t value);
/* Bits that are set in any of them. */
uint64_t simd_any(void);
