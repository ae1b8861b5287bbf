/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * abi/calls.def as a table for tests.
 */
#pragma once

#include "abi/calls.h"

enum { ANY = 0x40, SELF = 0x41, ARGUMENTS = 6 };

struct argument_specification {
    unsigned type; /* enum quoll_object_type; 0: a value, or nothing when there is no name */
    unsigned right;
    const char *name;
};

struct specification {
    unsigned number;
    const char *name;
    unsigned object; /* enum quoll_object_type, ANY or SELF */
    unsigned right;
    struct argument_specification argument[ARGUMENTS];
};

extern const struct specification specifications[];
extern const unsigned specification_count;
