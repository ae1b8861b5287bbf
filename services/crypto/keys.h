/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests of clients (protocol.h) to the core of the PSA Crypto API, which enforces policies and owners: the number
 * of the client is part of every key's identity there, and of no message. Here are the shares of each client, the
 * bounds of each request, and the one copy of what it says; and below the core its storage, psa_its_*, on store.h.
 *
 *   portal -> keys_answer -> psa_* -> psa_its_* -> store
 *
 * No kernel call is made here: tests/unit/crypto and the fuzzer run it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psa/crypto.h>

#include "protocol.h"
#include "store.h"

enum { KEYS_VOLATILE_MAX = 8, KEYS_CLIENTS_MAX = 16 };

struct keys_client {
    int32_t number;   /* the label of its calls, from 1 on */
    const char *name; /* the owner of its persistent keys: at most STORE_OWNER_MAX characters */
    uint8_t *window;
    uint64_t window_size;
    psa_key_id_t volatile_keys[KEYS_VOLATILE_MAX]; /* 0: none */
    psa_hash_operation_t hash;
};

struct keys {
    struct keys_client *clients;
    unsigned client_count;
    struct store *store;            /* may not be open */
    uint32_t generation;            /* not 0 */
    uint8_t input[CRYPTO_DATA_MAX]; /* the parts of the request being answered */
    uint8_t output[CRYPTO_DATA_MAX];
};

/* Once. `keys` stays. False: the core did not start, and every request is answered BAD_STATE. */
bool keys_start(struct keys *keys);

/* `client` is NULL for a label that nobody has. `reply` is 8 words, zero when it comes in. Any words at all. */
void keys_answer(struct keys *keys, struct keys_client *client, const uint64_t *word, uint64_t *reply);
