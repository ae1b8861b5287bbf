/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for crypto: seals a text with a key that the service keeps, opens it again, and compares. The key was made once:
 * each copy of the service has to find it on its disk.
 */
#include <string.h>

#include "component.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/restart/progress.h"

enum { KEY = 1, TEXT = 256, PAUSE_NS = 1000000 };

static const struct crypto_attributes sealing = {
    .id = KEY,
    .lifetime = CRYPTO_PERSISTENT,
    .usage = CRYPTO_USAGE_ENCRYPT | CRYPTO_USAGE_DECRYPT,
    .algorithm = CRYPTO_ALG_GCM,
    .type = CRYPTO_TYPE_AES,
    .bits = 256,
};
static struct crypto crypto;
static uint64_t steps;
static uint8_t text[TEXT], sealed[TEXT + CRYPTO_TAG_BYTES], opened[TEXT];

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)SEALER_PROGRESS_ADDRESS;

/* Sealed before a death and opened after it, or both by one copy. */
static bool seal_and_open(void)
{
    uint8_t number[CRYPTO_NONCE_BYTES] = {0};
    struct crypto_bytes nonce = {number, sizeof(number)};
    struct crypto_room room = {sealed, sizeof(sealed), 0};

    memcpy(number, &steps, sizeof(steps)); /* never twice: the key is of this run */
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = (uint8_t)(steps + i);
    if (crypto_aead_encrypt(&crypto, KEY, CRYPTO_ALG_GCM, nonce, (struct crypto_bytes){0},
                            (struct crypto_bytes){text, TEXT}, &room) != CRYPTO_SUCCESS)
        return false;
    struct crypto_bytes ciphertext = {sealed, room.length};

    room = (struct crypto_room){opened, sizeof(opened), 0};
    return crypto_aead_decrypt(&crypto, KEY, CRYPTO_ALG_GCM, nonce, (struct crypto_bytes){0}, ciphertext, &room) ==
               CRYPTO_SUCCESS &&
           room.length == TEXT && memcmp(text, opened, TEXT) == 0;
}

void component_deadline(void)
{
    uint64_t later = 0;

    if (!progress_works(progress, &later)) {
        if (later != 0)
            component_wait_until(later);
        return;
    }
    progress_add(seal_and_open() ? &progress->bytes : &progress->lost, TEXT);
    progress_add(&progress->operations, 1);
    steps++;
    component_wait_until(progress_next(progress, PAUSE_NS));
}

void component_start(void)
{
    uint32_t key = 0;

    /* Of a run before, whose disk was kept. */
    if (crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP) == CRYPTO_SUCCESS)
        (void)crypto_destroy_key(&crypto, KEY);
    if (crypto_generate_key(&crypto, &sealing, &key) != CRYPTO_SUCCESS)
        progress_add(&progress->lost, 1);
    component_wait_until(time_ticks());
}
