/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "patience.h"

#include "endpoint.h"

enum { PACKETS = 100, IDLE = 16 }; /* of the whole, by a packet; of the time in which nobody waits */

static void give_back(struct endpoint *endpoint, uint64_t time)
{
    endpoint->patience_used -= time < endpoint->patience_used ? time : endpoint->patience_used;
}

void patience_gain(struct exchange *exchange, unsigned number)
{
    give_back(&exchange->endpoint[number], exchange->patience / PACKETS);
}

static bool is_waited_for(const struct exchange *exchange, unsigned number)
{
    for (unsigned i = 0; i < exchange->count; i++)
        if (exchange->endpoint[i].waits_for == (int)number)
            return true;
    return false;
}

/* What has passed since the last time counts as what was seen then. */
static void count_time(const struct exchange *exchange, struct endpoint *endpoint, uint64_t now)
{
    uint64_t passed = now - endpoint->counted_until;
    uint64_t left = exchange->patience - endpoint->patience_used;

    if (endpoint->waited_for) {
        endpoint->patience_used += passed < left ? passed : left;
    } else {
        give_back(endpoint, passed / IDLE);
        endpoint->counted_until = now - passed % IDLE;
    }
}

/* When the patience with this endpoint will have ended; `now`: it has. */
static uint64_t watch(struct exchange *exchange, unsigned number, uint64_t now)
{
    struct endpoint *endpoint = &exchange->endpoint[number];

    count_time(exchange, endpoint, now);
    endpoint->waited_for = is_waited_for(exchange, number);
    if (!endpoint->waited_for) {
        endpoint->waited_since = EXCHANGE_NEVER;
        return EXCHANGE_NEVER;
    }
    endpoint->counted_until = now;
    if (endpoint->waited_since == EXCHANGE_NEVER)
        endpoint->waited_since = now;
    if (now - endpoint->waited_since >= exchange->patience) {
        endpoint_lose(exchange, number);
        endpoint->waited_since = EXCHANGE_NEVER;
    }
    return now + exchange->patience - endpoint->patience_used;
}

uint64_t exchange_patience(struct exchange *exchange, uint64_t now)
{
    uint64_t next = EXCHANGE_NEVER;

    for (unsigned i = 0; i < exchange->count; i++) {
        uint64_t end = watch(exchange, i, now);

        next = end < next ? end : next;
    }
    for (unsigned i = 0; i < exchange->count; i++) {
        struct endpoint *from = &exchange->endpoint[i];

        from->late =
            from->waits_for != NOBODY && exchange->endpoint[from->waits_for].patience_used >= exchange->patience;
    }
    return next;
}
