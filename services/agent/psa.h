/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests' PSA requests (protocol.h): what a guest may not ask is refused here, its numbers of keys become the agent's,
 * and the rest is the crypto service's to judge.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "protocol.h"

/*
 * Answers what stands in a frame of the guest `cid`, `size` bytes behind its length; what is written to `answer`,
 * AGENT_FRAME_MAX bytes of room, is at least AGENT_WORDS_BYTES. 0: nonsense, which ends the connection.
 */
size_t psa_answer(struct crypto *crypto, uint64_t cid, const uint8_t *frame, size_t size, uint8_t *answer);
