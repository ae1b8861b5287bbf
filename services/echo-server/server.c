/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server in its smallest form. It keeps a count and nothing else, so it can be made again at any time.
 */
#include <stdint.h>

#include "rt/component.h"

static uint64_t answered = 0;

void component_start(void)
{
}

void component_message(uint64_t label, struct quoll_message *message)
{
    (void)label;
    message->word[0] = ++answered;
}
