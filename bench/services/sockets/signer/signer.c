/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signs with a key of its own by calls to the crypto service, when nobody else has anything to do any more, and prints
 * what that takes: the counter ticks every 16 instructions, a signature is millions.
 */
#include <stdio.h>

#include "component.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/time.h"

enum { SAMPLES = 9, SIGNATURES = 4, WHEN_S = 40 };

static struct crypto crypto;

static const struct crypto_attributes signing = {
    .lifetime = CRYPTO_VOLATILE,
    .usage = CRYPTO_USAGE_SIGN_MESSAGE,
    .algorithm = CRYPTO_ALG_ECDSA_SHA_256,
    .type = CRYPTO_TYPE_P256_KEY_PAIR,
    .bits = 256,
};

/* Nanoseconds, which are instructions, of one signature. */
static uint64_t sample(uint32_t key)
{
    static const char text[32] = "what is to be signed";
    uint8_t bytes[CRYPTO_SIGNATURE_BYTES];
    uint64_t begin = time_ticks();

    for (unsigned i = 0; i < SIGNATURES; i++) {
        struct crypto_room signature = {bytes, sizeof(bytes), 0};

        if (crypto_sign_message(&crypto, key, CRYPTO_ALG_ECDSA_SHA_256, (struct crypto_bytes){text, sizeof(text)},
                                &signature) != CRYPTO_SUCCESS)
            printf("FAIL no signature\n");
    }
    return time_ticks_to_ns(time_ticks() - begin) / SIGNATURES;
}

void component_deadline(void)
{
    uint64_t sorted[SAMPLES] = {0};
    uint32_t key = 0;

    if (crypto_generate_key(&crypto, &signing, &key) != CRYPTO_SUCCESS)
        printf("FAIL no key\n");
    (void)sample(key);
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t value = sample(key);
        unsigned at = i;

        for (; at > 0 && sorted[at - 1] > value; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = value;
    }
    printf("row linux_psa_sign_portal instructions %lu %lu %lu\n", (unsigned long)sorted[0],
           (unsigned long)sorted[SAMPLES / 2], (unsigned long)sorted[SAMPLES - 1]);
    printf("signer: end\n");
}

void component_start(void)
{
    if (crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP) != CRYPTO_SUCCESS)
        printf("FAIL no crypto service\n");
    component_wait_until(time_ns_to_ticks(UINT64_C(1000000000) * WHEN_S));
}
