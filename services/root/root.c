/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "root.h"

struct root root;

const char *error_text(enum quoll_error error)
{
    static const char *const texts[] = {
#define ERROR(number, name, text) [(number)] = (text),
#include "abi/errors.def"
#undef ERROR
    };

    if ((unsigned)error >= sizeof(texts) / sizeof(texts[0]) || !texts[error])
        return "unknown error";
    return texts[error];
}
