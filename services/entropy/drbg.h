/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes from few true ones: CTR_DRBG of NIST SP 800-90A with AES-256, from Mbed TLS. What the board gives only
 * ever seeds it, so that nobody sees the source and a source of less entropy than bytes does no harm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ctr_drbg.h>

/*
 * A seed: 48 bytes are the strength of the generator and its nonce, 64 go in, for a source of less than 8 bits a byte;
 * the rest is only compared with that of the next seed. And how many requests are answered from one seed before the
 * next is wanted, and before none is answered any more.
 */
enum {
    DRBG_SEED_USED = 64,
    DRBG_SEED = 80,
    DRBG_SEED_SOON = 4096,
    DRBG_SEED_NOW = 65536,
    DRBG_REQUEST_MAX = 256,
};

struct drbg {
    mbedtls_ctr_drbg_context context;
    bool seeded;
    unsigned answered; /* since the last seed */
    const uint8_t *seed;
    size_t seed_left;
    uint8_t last[DRBG_SEED - DRBG_SEED_USED]; /* of the seed before, the bytes that did not go in */
};

/* The first call, once. */
void drbg_init(struct drbg *drbg);

/*
 * Takes DRBG_SEED bytes. False: they are all the same, or end as the last ones did, so that the source does not work
 * (the continuous test of SP 800-90B, 4.4, in its simplest form), or the generator failed; nothing has changed then.
 */
bool drbg_seed(struct drbg *drbg, const uint8_t *seed);

/* Whether it would be good to have a new seed. */
bool drbg_wants_seed(const struct drbg *drbg);

/* At most DRBG_REQUEST_MAX bytes. False: there was no seed, or none since too long; the bytes are zero then. */
bool drbg_get(struct drbg *drbg, void *bytes, size_t length);
