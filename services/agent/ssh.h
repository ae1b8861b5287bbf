/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ssh-agent protocol (draft-miller-ssh-agent) with keys of the crypto service: identities are listed (3.5) and sign
 * (3.6), as ecdsa-sha2-nistp256 (RFC 5656); everything else is SSH_AGENT_FAILURE. The agent has never seen a private
 * key, so that no message can make it tell one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

enum {
    SSH_IDENTITIES_MAX = 4, /* keys 1 to 4 of the agent's own */
    SSH_BLOB_BYTES = 104,   /* a public key: two names and a point */
    SSH_MESSAGE_MAX = CRYPTO_DATA_MAX + 512,
    SSH_ANSWER_MAX = 1024,
};

struct ssh_identity {
    uint32_t key;
    uint8_t blob[SSH_BLOB_BYTES];
    char comment[48];
};

struct ssh {
    struct crypto *crypto;
    unsigned count;
    struct ssh_identity identities[SSH_IDENTITIES_MAX];
};

/*
 * Finds the agent's keys, and makes the first if there is none; comments are `comment` and the key's number. Answers a
 * status of the crypto service; there may be identities even if it is not CRYPTO_SUCCESS.
 */
int ssh_start(struct ssh *ssh, struct crypto *crypto, const char *comment);

/* Answers a message, both without their length. What is written is between 1 and SSH_ANSWER_MAX bytes. */
size_t ssh_answer(const struct ssh *ssh, const uint8_t *message, size_t size, uint8_t answer[SSH_ANSWER_MAX]);
