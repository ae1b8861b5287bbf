/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "specification.h"

#include <stddef.h>

/* Object column of calls.def. */
enum {
#define OBJECT(number, name, NAME) TYPE_##name = (number),
#include "abi/objects.def"
#undef OBJECT
    TYPE_any = ANY,
    TYPE_self = SELF,
};

/* clang-format off */
#define VALUE(name) {0, 0, #name}
#define CAP(name, TYPE, RIGHT) {QUOLL_TYPE_##TYPE, QUOLL_RIGHT_##RIGHT, #name}
#define NOTHING {0, 0, NULL}
#define CALL(number, object, name, RIGHT, ...) \
    {(number), #object "_" #name, TYPE_##object, QUOLL_RIGHT_##RIGHT, {__VA_ARGS__}},
const struct specification specifications[] = {
#include "abi/calls.def"
};
#undef CALL
#undef NOTHING
#undef CAP
#undef VALUE
/* clang-format on */

const unsigned specification_count = sizeof(specifications) / sizeof(specifications[0]);
