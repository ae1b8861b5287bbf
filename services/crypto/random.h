/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The service's random numbers: CTR_DRBG (NIST SP 800-90A, AES-256), seeded and re-seeded from the entropy service. The
 * core of the PSA Crypto API takes its own from here (mbedtls_psa_external_get_random).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills all of `bytes` with full entropy, or answers false. */
typedef bool (*random_source)(uint8_t *bytes, size_t size);

/* False: there is no entropy now; each call of random_bytes asks for it again. */
bool random_start(random_source source);

/* False: no entropy, and nothing of `bytes` is to be used. Any size. */
bool random_bytes(uint8_t *bytes, size_t size);

/* Whether there was entropy when it was last asked for. */
bool random_ready(void);
