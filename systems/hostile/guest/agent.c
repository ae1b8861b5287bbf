/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent.h"

#include "guest.h"
#include "services/agent/ssh.h"

enum {
    LIST = 11, /* draft-miller-ssh-agent: SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENT_IDENTITIES_ANSWER, and */
    LISTED = 12,
    SIGN = 13, /* SSH_AGENTC_SIGN_REQUEST */
    TEXT = 32,
    BLOB_AT = 13, /* in the answer: behind two lengths, a byte and a count */
};

/* The agent's key, as an answer has shown it. */
static uint8_t blob[SSH_BLOB_BYTES];
static bool known;

static uint8_t *put32(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++)
        *to++ = (uint8_t)(value >> (24 - 8 * i));
    return to;
}

static uint8_t *put_little(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

static uint8_t *put_anything(uint8_t *to, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *to++ = (uint8_t)(any() >> 32);
    return to;
}

uint32_t agent_list(uint8_t *message)
{
    uint8_t *to = put32(message, 1);

    *to++ = LIST;
    return (uint32_t)(to - message);
}

uint32_t agent_sign(uint8_t *message)
{
    uint8_t *to = put32(message, 1 + 4 + SSH_BLOB_BYTES + 4 + TEXT + 4);

    if (!known)
        return agent_list(message);
    *to++ = SIGN;
    to = put32(to, SSH_BLOB_BYTES);
    for (unsigned i = 0; i < SSH_BLOB_BYTES; i++)
        *to++ = blob[i];
    to = put_anything(put32(to, TEXT), TEXT);
    to = put32(to, 0);
    return (uint32_t)(to - message);
}

void agent_hear(const volatile uint8_t *answer, uint32_t length)
{
    if (length < BLOB_AT + SSH_BLOB_BYTES || answer[4] != LISTED)
        return;
    for (unsigned i = 0; i < SSH_BLOB_BYTES; i++)
        blob[i] = answer[BLOB_AT + i];
    known = true;
}

uint32_t agent_nonsense(uint8_t *message)
{
    static const uint32_t lengths[] = {0, 1, 5, 100, SSH_MESSAGE_MAX, SSH_MESSAGE_MAX + 1, 1U << 31, UINT32_MAX};
    uint8_t *to = put32(message, lengths[any() % 8]);

    *to++ = (uint8_t)(any() % 32);
    to = put32(to, lengths[any() % 8]);
    to = put_anything(to, any() % 256);
    return (uint32_t)(to - message);
}

uint32_t agent_anything(uint8_t *message)
{
    static const uint32_t algorithms[] = {CRYPTO_ALG_NONE, CRYPTO_ALG_SHA_256,       CRYPTO_ALG_CTR,
                                          CRYPTO_ALG_GCM,  CRYPTO_ALG_ECDSA_SHA_256, UINT32_MAX};
    static const uint32_t types[] = {CRYPTO_TYPE_RAW_DATA, CRYPTO_TYPE_AES, CRYPTO_TYPE_P256_KEY_PAIR,
                                     CRYPTO_TYPE_P256_PUBLIC_KEY};
    const unsigned part[] = {(unsigned)(any() % 100), (unsigned)(any() % 100), (unsigned)(any() % 32)};
    uint64_t draw = any();
    unsigned operation = (unsigned)(draw % 22);
    uint64_t data = part[1] + part[2] + (operation == CRYPTO_RANDOM ? 0 : part[0]);
    uint8_t *to = put_little(message, (draw >> 5 & 31) == 0 ? any_length() : 64 + data, 4);

    to = put_little(to, operation, 8);
    to = put_little(to, (draw >> 10 & 7) == 0 ? any() : draw >> 13 & 3, 8);
    to = put_little(to, algorithms[(draw >> 15) % 6], 8);
    for (unsigned i = 0; i < 3; i++)
        to = put_little(to, (draw >> (18 + i) & 31) == 0 ? any() : part[i], 8);
    to = put_little(to, any() % 0x4000 | (uint64_t)CRYPTO_PERSISTENT << 32, 8);
    to = put_little(to, types[(draw >> 23) % 4] | UINT64_C(256) << 32, 8);
    to = put_anything(to, (unsigned)data);
    return (uint32_t)(to - message);
}
