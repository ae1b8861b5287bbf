/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls a server and does nothing else.
 */
#include "component.h"

#include "bench/worst/measured.h"
#include "rt/component.h"

void component_start(void)
{
    for (;;) {
        struct quoll_message message = {0};

        measured->flooded += quoll_call(CAP_ECHO_SERVER_ECHO, &message) == QUOLL_OK;
    }
}
