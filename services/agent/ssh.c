/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ssh.h"

#include <stdio.h>
#include <string.h>

#include "wire.h"

/* Message numbers, draft-miller-ssh-agent 5.1. */
enum {
    SSH_AGENT_FAILURE = 5,
    SSH_AGENTC_REQUEST_IDENTITIES = 11,
    SSH_AGENT_IDENTITIES_ANSWER = 12,
    SSH_AGENTC_SIGN_REQUEST = 13,
    SSH_AGENT_SIGN_RESPONSE = 14,
};

static const char ALGORITHM[] = "ecdsa-sha2-nistp256";
static const char CURVE[] = "nistp256";

static const struct crypto_attributes new_key = {
    .id = 1,
    .lifetime = CRYPTO_PERSISTENT,
    .usage = CRYPTO_USAGE_SIGN_MESSAGE,
    .algorithm = CRYPTO_ALG_ECDSA_SHA_256,
    .type = CRYPTO_TYPE_P256_KEY_PAIR,
    .bits = 256,
};

/* RFC 5656, 3.1: what `ssh-add -L` prints in base64, and what a signature is asked for with. */
static int read_identity(struct ssh *ssh, uint32_t key, const char *comment)
{
    struct ssh_identity *identity = &ssh->identities[ssh->count];
    struct wire_writer writer = {.bytes = identity->blob, .room = sizeof(identity->blob)};
    uint8_t point[CRYPTO_PUBLIC_KEY_BYTES];
    struct crypto_room room = {point, sizeof(point), 0};
    int status = crypto_export_public_key(ssh->crypto, key, &room);

    if (status != CRYPTO_SUCCESS || room.length != sizeof(point))
        return status;
    wire_write_text(&writer, ALGORITHM);
    wire_write_text(&writer, CURVE);
    wire_write_string(&writer, point, sizeof(point));
    identity->key = key;
    (void)snprintf(identity->comment, sizeof(identity->comment), "%.31s-%u", comment, (unsigned)key);
    ssh->count++;
    return status;
}

int ssh_start(struct ssh *ssh, struct crypto *crypto, const char *comment)
{
    struct crypto_attributes attributes = {0};
    uint32_t made = 0;
    int status = crypto_get_key_attributes(crypto, new_key.id, &attributes);

    *ssh = (struct ssh){.crypto = crypto};
    if (status == CRYPTO_ERROR_INVALID_HANDLE)
        status = crypto_generate_key(crypto, &new_key, &made);
    /* The service died after it had made the key. */
    if (status == CRYPTO_ERROR_ALREADY_EXISTS)
        status = CRYPTO_SUCCESS;
    for (uint32_t key = 1; key <= SSH_IDENTITIES_MAX; key++)
        if (crypto_get_key_attributes(crypto, key, &attributes) == CRYPTO_SUCCESS &&
            attributes.type == CRYPTO_TYPE_P256_KEY_PAIR && status == CRYPTO_SUCCESS)
            status = read_identity(ssh, key, comment);
    return status;
}

static void list(const struct ssh *ssh, struct wire_reader *message, struct wire_writer *answer)
{
    answer->failed = !wire_read_all(message);
    wire_write_byte(answer, SSH_AGENT_IDENTITIES_ANSWER);
    wire_write_uint32(answer, ssh->count);
    for (unsigned i = 0; i < ssh->count; i++) {
        wire_write_string(answer, ssh->identities[i].blob, SSH_BLOB_BYTES);
        wire_write_text(answer, ssh->identities[i].comment);
    }
}

static const struct ssh_identity *find(const struct ssh *ssh, struct wire_string blob)
{
    for (unsigned i = 0; i < ssh->count; i++)
        if (blob.size == SSH_BLOB_BYTES && memcmp(ssh->identities[i].blob, blob.bytes, SSH_BLOB_BYTES) == 0)
            return &ssh->identities[i];
    return NULL;
}

/* RFC 5656, 3.1.2: the name, and r and s in a string of their own. */
static void write_signature(struct wire_writer *answer, const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    size_t outer = 0;
    size_t inner = 0;

    wire_write_byte(answer, SSH_AGENT_SIGN_RESPONSE);
    outer = wire_begin_string(answer);
    wire_write_text(answer, ALGORITHM);
    inner = wire_begin_string(answer);
    wire_write_mpint(answer, signature, CRYPTO_SIGNATURE_BYTES / 2);
    wire_write_mpint(answer, signature + CRYPTO_SIGNATURE_BYTES / 2, CRYPTO_SIGNATURE_BYTES / 2);
    wire_end_string(answer, inner);
    wire_end_string(answer, outer);
}

/* The flags ask for RSA's other hashes: nothing that this key could do. */
static void sign(const struct ssh *ssh, struct wire_reader *message, struct wire_writer *answer)
{
    struct wire_string blob = wire_read_string(message);
    struct wire_string data = wire_read_string(message);
    uint32_t flags = wire_read_uint32(message);
    const struct ssh_identity *identity = find(ssh, blob);
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct crypto_room room = {signature, sizeof(signature), 0};

    answer->failed = !wire_read_all(message) || identity == NULL || flags != 0;
    if (answer->failed)
        return;
    answer->failed = crypto_sign_message(ssh->crypto, identity->key, CRYPTO_ALG_ECDSA_SHA_256,
                                         (struct crypto_bytes){data.bytes, data.size}, &room) != CRYPTO_SUCCESS ||
                     room.length != sizeof(signature);
    write_signature(answer, signature);
}

size_t ssh_answer(const struct ssh *ssh, const uint8_t *message, size_t size, uint8_t answer[SSH_ANSWER_MAX])
{
    struct wire_reader reader = {.at = message, .left = size};
    struct wire_writer writer = {.bytes = answer, .room = SSH_ANSWER_MAX};

    switch (wire_read_byte(&reader)) {
    case SSH_AGENTC_REQUEST_IDENTITIES:
        list(ssh, &reader, &writer);
        break;
    case SSH_AGENTC_SIGN_REQUEST:
        sign(ssh, &reader, &writer);
        break;
    default:
        writer.failed = true;
        break;
    }
    if (writer.failed) {
        writer = (struct wire_writer){.bytes = answer, .room = SSH_ANSWER_MAX};
        wire_write_byte(&writer, SSH_AGENT_FAILURE);
    }
    return writer.size;
}
