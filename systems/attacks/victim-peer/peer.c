/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom the victim talks to: an answer to a call that can be checked, a flag for a flag. The attacker may call it too.
 */
#include "component.h"
#include "rt/component.h"
#include "systems/attacks/victim-peer/exchange.h"

void component_start(void)
{
}

void component_message(uint64_t label, struct quoll_message *message)
{
    (void)label;
    for (unsigned i = 0; i < 8; i++)
        message->word[i] = exchange_answer(message->word[i], i);
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_PING) != 0)
        (void)quoll_notification_signal(CAP_VICTIM_PONG, FLAG_VICTIM_PONG);
}
