/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "patience.h"

#include "endpoint.h"

static_assert(JOURNAL_CLIENTS <= 32, "a client is a bit of a word");

enum { BUFFERS = 100, IDLE = 16 }; /* of the whole, by a buffer; of the time in which nobody waits */

static void give_back(struct endpoint *endpoint, uint64_t time)
{
    endpoint->patience_used -= time < endpoint->patience_used ? time : endpoint->patience_used;
}

void patience_gain(struct exchange *exchange, unsigned number, uint64_t bytes)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    uint64_t whole = exchange->whole_buffer;

    if (endpoint->patience_used != 0)
        give_back(endpoint, exchange->patience / BUFFERS * (bytes < whole ? bytes : whole) / whole);
}

/* A bit an endpoint. */
static uint32_t who_is_waited_for(const struct exchange *exchange)
{
    uint32_t waited_for = 0;

    for (unsigned i = 0; i < exchange->count; i++)
        if (exchange->endpoint[i].waits_for != NOBODY)
            waited_for |= UINT32_C(1) << exchange->endpoint[i].waits_for;
    return waited_for;
}

/* What has passed since the last time counts as what was seen then. */
static void count_time(const struct exchange *exchange, struct endpoint *endpoint, uint64_t now)
{
    uint64_t passed = now - endpoint->counted_until;
    uint64_t left = exchange->patience - endpoint->patience_used;

    if (endpoint->waited_for) {
        endpoint->patience_used += passed < left ? passed : left;
        endpoint->counted_until = now;
    } else {
        give_back(endpoint, passed / IDLE);
        endpoint->counted_until = now - passed % IDLE;
    }
}

/* When the patience with this endpoint will have ended; `now`: it has. */
static uint64_t watch(struct exchange *exchange, unsigned number, bool waited_for, uint64_t now)
{
    struct endpoint *endpoint = &exchange->endpoint[number];

    count_time(exchange, endpoint, now);
    endpoint->waited_for = waited_for;
    if (!waited_for) {
        endpoint->waited_since = EXCHANGE_NEVER;
        if (endpoint->patience_used == 0)
            exchange->watched &= ~(UINT32_C(1) << number);
        return EXCHANGE_NEVER;
    }
    exchange->watched |= UINT32_C(1) << number;
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
    uint32_t waited_for = exchange->waiters == 0 ? 0 : who_is_waited_for(exchange);
    uint32_t looked_at = waited_for | exchange->watched;
    uint64_t next = EXCHANGE_NEVER;

    for (uint32_t left = looked_at; left != 0; left &= left - 1) {
        unsigned number = (unsigned)__builtin_ctz(left);
        uint64_t end = watch(exchange, number, (waited_for >> number & 1) != 0, now);

        next = end < next ? end : next;
    }
    for (unsigned i = 0; looked_at != 0 && i < exchange->count; i++) {
        struct endpoint *from = &exchange->endpoint[i];

        from->late =
            from->waits_for != NOBODY && exchange->endpoint[from->waits_for].patience_used >= exchange->patience;
    }
    return next;
}
