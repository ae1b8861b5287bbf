/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Instructions made at run time; an exception of theirs is counted and the next one executed.
 */
#pragma once

#include <stdint.h>

/* Executes one instruction with x0..x15 from there; it may change x0..x18 and SIMD registers. Answers x0. */
uint64_t execute(uint32_t instruction, const uint64_t registers[16]);

/* The same with x0 and x1 alone. */
uint64_t execute_with(uint32_t instruction, uint64_t x0, uint64_t x1);

/* Jumps there; the first exception leads back. */
void execute_jump(uint64_t address);

/* Enters EL0 there, with what `registers` says; the first exception leads back. */
void execute_at_el0(uint64_t address, const uint64_t registers[16]);

/* Any load, store or cache instruction that has its address in x1. */
uint32_t any_access(uint64_t draw);
