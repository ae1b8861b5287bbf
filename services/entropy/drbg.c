/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "drbg.h"

#include <limits.h>
#include <string.h>

/* Mbed TLS asks for what it seeds with. */
static int give_seed(void *context, unsigned char *bytes, size_t length)
{
    struct drbg *drbg = context;

    if (length > drbg->seed_left)
        return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
    memcpy(bytes, drbg->seed, length);
    drbg->seed += length;
    drbg->seed_left -= length;
    return 0;
}

void drbg_init(struct drbg *drbg)
{
    *drbg = (struct drbg){0};
    mbedtls_ctr_drbg_init(&drbg->context);
}

static bool plausible(const struct drbg *drbg, const uint8_t *seed)
{
    return memcmp(seed, seed + 1, DRBG_SEED - 1) != 0 &&
           memcmp(seed + DRBG_SEED_USED, drbg->last, sizeof(drbg->last)) != 0;
}

bool drbg_seed(struct drbg *drbg, const uint8_t *seed)
{
    int error = 0;

    if (!plausible(drbg, seed))
        return false;
    drbg->seed = seed;
    drbg->seed_left = DRBG_SEED_USED;
    if (drbg->seeded) {
        error = mbedtls_ctr_drbg_reseed(&drbg->context, NULL, 0);
    } else {
        mbedtls_ctr_drbg_set_entropy_len(&drbg->context, DRBG_SEED_USED);
        error = mbedtls_ctr_drbg_seed(&drbg->context, give_seed, drbg, NULL, 0);
        /* When it needs a seed is decided here. */
        mbedtls_ctr_drbg_set_reseed_interval(&drbg->context, INT_MAX);
    }
    drbg->seed_left = 0;
    if (error != 0)
        return false;
    memcpy(drbg->last, seed + DRBG_SEED_USED, sizeof(drbg->last));
    drbg->seeded = true;
    drbg->answered = 0;
    return true;
}

bool drbg_wants_seed(const struct drbg *drbg)
{
    return !drbg->seeded || drbg->answered >= DRBG_SEED_SOON;
}

bool drbg_get(struct drbg *drbg, void *bytes, size_t length)
{
    bool good = drbg->seeded && drbg->answered < DRBG_SEED_NOW && length <= DRBG_REQUEST_MAX &&
                mbedtls_ctr_drbg_random(&drbg->context, bytes, length) == 0;

    if (good)
        drbg->answered++;
    else
        memset(bytes, 0, length);
    return good;
}
