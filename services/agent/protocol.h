/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a guest says on the agent's second port: a frame is a size (32 bits, of what follows it), eight words and data,
 * all little-endian; the answer is one too. The words are those of services/crypto/protocol.h, w0 without a generation,
 * and the data its parts behind each other; of the answer, the words of the reply and what it would leave in the
 * window.
 *
 * A guest's keys are persistent and its own: their numbers are 1 to AGENT_KEY_MAX, and the agent keeps those of each
 * CID apart. Not for guests: CRYPTO_RESET, volatile keys, hashing in parts (CRYPTO_ERROR_NOT_SUPPORTED). Nonsense in a
 * frame ends the connection. On the first port the ssh-agent protocol is spoken (ssh.h).
 */
#pragma once

#include "services/crypto/protocol.h"

enum {
    AGENT_WORDS_BYTES = 64,
    AGENT_DATA_MAX = CRYPTO_DATA_MAX - 256, /* of a frame's data: an answer may be a little longer than its request */
    AGENT_FRAME_MAX = AGENT_WORDS_BYTES + CRYPTO_DATA_MAX,
    AGENT_KEY_MAX = 0xffff,
    AGENT_CID_MAX = 0x3ffe, /* of a guest that has keys */
};

/* Guests' ports, from the first that the description gives the agent: both are always there. */
enum agent_port { AGENT_PORT_SSH = 0, AGENT_PORT_PSA = 1, AGENT_PORTS = 2 };

/* Where systems of ours put it: first of `ports` in the description of an agent. */
enum { AGENT_PORT_FIRST = 4000 };
