/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys that no program of this Linux can read, for programs of this Linux: by AF_VSOCK to the agent (services/agent),
 * which asks the crypto service. A key is a number from 1 to 65535 that this guest alone knows, is persistent, and is
 * made for one thing, signing or sealing; its secret part is never here.
 *
 * Every call answers 0 (CRYPTO_SUCCESS) or an enum crypto_status, which quoll_crypto_text puts in words. It may wait:
 * for an agent that is made again QUOLL_CRYPTO_PATIENCE seconds, and then it is asked again;
 * CRYPTO_ERROR_COMMUNICATION_FAILURE: there is none. A key that was being generated meanwhile may answer
 * CRYPTO_ERROR_ALREADY_EXISTS. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "services/agent/protocol.h"

enum { QUOLL_CRYPTO_PATIENCE = 10, QUOLL_CRYPTO_CID = 2, QUOLL_CRYPTO_PORT = AGENT_PORT_FIRST + AGENT_PORT_PSA };

struct quoll_crypto {
    unsigned cid, port;
    const char *path; /* a Unix socket instead, or NULL */
    int socket;       /* -1: none */
};

/* Sealed data: magic (8), nonce (12), ciphertext, tag (16). AES-256-GCM; the magic is authenticated too. */
enum {
    QUOLL_CRYPTO_MAGIC_BYTES = 8,
    QUOLL_CRYPTO_SEAL_BYTES = QUOLL_CRYPTO_MAGIC_BYTES + CRYPTO_NONCE_BYTES + CRYPTO_TAG_BYTES,
    /* What can be sealed or signed at once. */
    QUOLL_CRYPTO_DATA_MAX = AGENT_DATA_MAX - 128,
};

enum quoll_crypto_kind { QUOLL_CRYPTO_SIGN, QUOLL_CRYPTO_SEAL };

/* Nothing is connected yet; the first call does. `path` may be NULL. */
void quoll_crypto_init(struct quoll_crypto *crypto, unsigned cid, unsigned port, const char *path);
void quoll_crypto_close(struct quoll_crypto *crypto);

int quoll_crypto_generate(struct quoll_crypto *crypto, uint32_t key, enum quoll_crypto_kind kind);
int quoll_crypto_destroy(struct quoll_crypto *crypto, uint32_t key);

/* Of a signing key: 04, X, Y of a point on P-256. */
int quoll_crypto_public(struct quoll_crypto *crypto, uint32_t key, uint8_t point[CRYPTO_PUBLIC_KEY_BYTES]);

/* ECDSA of SHA-256 of the message, at most QUOLL_CRYPTO_DATA_MAX bytes: r, s. */
int quoll_crypto_sign(struct quoll_crypto *crypto, uint32_t key, const void *message, size_t size,
                      uint8_t signature[CRYPTO_SIGNATURE_BYTES]);
int quoll_crypto_verify(struct quoll_crypto *crypto, uint32_t key, const void *message, size_t size,
                        const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);

/* `sealed` has room for size + QUOLL_CRYPTO_SEAL_BYTES, `data` for what is sealed less that. *length: of the result. */
int quoll_crypto_seal(struct quoll_crypto *crypto, uint32_t key, const void *data, size_t size, uint8_t *sealed,
                      size_t *length);
int quoll_crypto_unseal(struct quoll_crypto *crypto, uint32_t key, const void *sealed, size_t size, uint8_t *data,
                        size_t *length);

/* At most QUOLL_CRYPTO_DATA_MAX bytes. */
int quoll_crypto_random(struct quoll_crypto *crypto, void *bytes, size_t size);

const char *quoll_crypto_text(int status);
