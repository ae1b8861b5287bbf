/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/watchdog.h"

#include "abi/plan.h"
#include "rt/message.h"
#include "services/root/protocol.h"

void watchdog_kick(void)
{
    struct quoll_message message = {.word = {ROOT_KICK}};

    (void)quoll_call(COMPONENT_CAP_ROOT, &message);
}
