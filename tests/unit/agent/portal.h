/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The crypto service (tests/unit/crypto/service.h) behind a portal call: the agent is its first client.
 */
#pragma once

#include <psa/crypto.h>

#include "services/agent/ssh.h"
#include "tests/unit/crypto/service.h"

struct behind {
    struct crypto crypto;
    struct ssh ssh;
    int dead_calls;    /* so many calls find nobody, */
    bool dies_in_call; /* the next one is carried out and not answered, and a copy comes: */
    unsigned calls;
    uint64_t call_takes;      /* ticks */
    uint64_t kicked, silence; /* ticks: its last sign of life, and the longest time between two */
};
extern struct behind behind;

/* Starts service and agent; fixtures for cmocka. */
int portal_start(void **state);
int portal_stop(void **state);
