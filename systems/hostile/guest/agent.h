/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What this guest says to the agent (services/agent): ssh's protocol on the first port, frames of ours on the second.
 * Each writes a message and answers how long it is.
 */
#pragma once

#include <stdint.h>

enum { AGENT_MESSAGE_MAX = 512, AGENT_SSH = 4000, AGENT_PSA = 4001 };

/* Right ones: which keys are there; a signature by the one that the answer to that showed. */
uint32_t agent_list(uint8_t *message);
uint32_t agent_sign(uint8_t *message);

/* An answer of the agent's came, with `length` bytes. */
void agent_hear(const volatile uint8_t *answer, uint32_t length);

/* Lengths from nothing to 4 GiB before messages that are shorter, longer, or begun; requests with anything in them. */
uint32_t agent_nonsense(uint8_t *message);
uint32_t agent_anything(uint8_t *message);
