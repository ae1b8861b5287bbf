/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "random.h"

#include <mbedtls/ctr_drbg.h>
#include <psa/crypto.h>

static const uint8_t PERSONALISATION[] = "Quoll crypto";

static mbedtls_ctr_drbg_context generator;
static random_source entropy;
static bool seeded = false;

static int take_entropy(void *context, unsigned char *bytes, size_t size)
{
    (void)context;
    return entropy(bytes, size) ? 0 : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}

static bool seed(void)
{
    mbedtls_ctr_drbg_free(&generator);
    mbedtls_ctr_drbg_init(&generator);
    seeded = mbedtls_ctr_drbg_seed(&generator, take_entropy, NULL, PERSONALISATION, sizeof(PERSONALISATION) - 1) == 0;
    return seeded;
}

bool random_start(random_source source)
{
    entropy = source;
    return seed();
}

bool random_ready(void)
{
    return seeded;
}

bool random_bytes(uint8_t *bytes, size_t size)
{
    if (!seeded && !seed())
        return false;
    for (size_t done = 0; done < size;) {
        size_t part = size - done < MBEDTLS_CTR_DRBG_MAX_REQUEST ? size - done : MBEDTLS_CTR_DRBG_MAX_REQUEST;

        /* It could not be seeded anew: the next request tries it again. */
        seeded = mbedtls_ctr_drbg_random(&generator, bytes + done, part) == 0;
        if (!seeded)
            return false;
        done += part;
    }
    return true;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (!random_bytes(output, output_size))
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}
