/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Feature registers by their number.
 */
#pragma once

#include <stdint.h>

/*
 * The hardware's value of the register of ID group 3 (op0 3, op1 0, CRn 0, CRm 1..7; Arm ARM D1.3.5) that a trapped
 * MRS with this ISS reads; 0 for any other register.
 */
uint64_t id_register(unsigned iss);
