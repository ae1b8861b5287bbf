/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component with keys: makes them once, and then, once for each Enter on its console, signs and verifies, seals and
 * opens, and says what that took. A copy after it, and the next start of the board, find the same keys.
 */
#include <stdio.h>
#include <string.h>

#include "component.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"

enum { SIGNING_KEY = 1, SEALING_KEY = 2, TEXT_BYTES = 4096 };

static struct crypto crypto;
static uint8_t text[TEXT_BYTES];

static const struct crypto_attributes signing = {
    .id = SIGNING_KEY,
    .lifetime = CRYPTO_PERSISTENT,
    .usage = CRYPTO_USAGE_SIGN_MESSAGE | CRYPTO_USAGE_VERIFY_MESSAGE,
    .algorithm = CRYPTO_ALG_ECDSA_SHA_256,
    .type = CRYPTO_TYPE_P256_KEY_PAIR,
    .bits = 256,
};

static const struct crypto_attributes sealing = {
    .id = SEALING_KEY,
    .lifetime = CRYPTO_PERSISTENT,
    .usage = CRYPTO_USAGE_ENCRYPT | CRYPTO_USAGE_DECRYPT,
    .algorithm = CRYPTO_ALG_GCM,
    .type = CRYPTO_TYPE_AES,
    .bits = 256,
};

/* Prints what a step took, in time of the board: with QEMU's -icount shift=0 a nanosecond is an instruction. */
static bool step(const char *what, uint64_t begin, int status)
{
    uint64_t ns = time_ticks_to_ns(time_ticks() - begin);

    if (status == CRYPTO_SUCCESS)
        printf("%s: %lu us\n", what, (unsigned long)(ns / 1000));
    else
        printf("%s: status %d\n", what, status);
    return status == CRYPTO_SUCCESS;
}

/* True: it was there, or has been made now. */
static bool ensure(const struct crypto_attributes *attributes, const char *what)
{
    struct crypto_attributes found = {0};
    uint64_t begin = time_ticks();
    uint32_t key = 0;

    if (crypto_get_key_attributes(&crypto, attributes->id, &found) == CRYPTO_SUCCESS) {
        printf("%s key %u is there\n", what, attributes->id);
        return true;
    }
    printf("%s key %u: generated now\n", what, attributes->id);
    return step("generate", begin, crypto_generate_key(&crypto, attributes, &key));
}

static bool sign_and_verify(void)
{
    uint8_t bytes[CRYPTO_SIGNATURE_BYTES];
    struct crypto_room signature = {bytes, sizeof(bytes), 0};
    const struct crypto_bytes message = {text, sizeof(text)};
    uint64_t begin = time_ticks();

    if (!step("sign", begin, crypto_sign_message(&crypto, SIGNING_KEY, CRYPTO_ALG_ECDSA_SHA_256, message, &signature)))
        return false;
    begin = time_ticks();
    if (!step("verify", begin,
              crypto_verify_message(&crypto, SIGNING_KEY, CRYPTO_ALG_ECDSA_SHA_256, message,
                                    (struct crypto_bytes){bytes, signature.length})))
        return false;
    bytes[0] ^= 1;
    return crypto_verify_message(&crypto, SIGNING_KEY, CRYPTO_ALG_ECDSA_SHA_256, message,
                                 (struct crypto_bytes){bytes, signature.length}) == CRYPTO_ERROR_INVALID_SIGNATURE;
}

static bool seal_and_open(void)
{
    static uint8_t sealed[TEXT_BYTES + CRYPTO_TAG_BYTES];
    static uint8_t opened[TEXT_BYTES];
    uint8_t nonce_bytes[CRYPTO_NONCE_BYTES];
    struct crypto_room room = {nonce_bytes, sizeof(nonce_bytes), 0};
    const struct crypto_bytes nonce = {nonce_bytes, sizeof(nonce_bytes)};
    uint64_t begin = time_ticks();

    if (!step("random", begin, crypto_generate_random(&crypto, &room)))
        return false;
    room = (struct crypto_room){sealed, sizeof(sealed), 0};
    begin = time_ticks();
    if (!step("seal 4096 bytes", begin,
              crypto_aead_encrypt(&crypto, SEALING_KEY, CRYPTO_ALG_GCM, nonce, (struct crypto_bytes){0},
                                  (struct crypto_bytes){text, sizeof(text)}, &room)))
        return false;
    struct crypto_bytes ciphertext = {sealed, room.length};
    room = (struct crypto_room){opened, sizeof(opened), 0};
    begin = time_ticks();
    return step("open 4096 bytes", begin,
                crypto_aead_decrypt(&crypto, SEALING_KEY, CRYPTO_ALG_GCM, nonce, (struct crypto_bytes){0}, ciphertext,
                                    &room)) &&
           room.length == sizeof(text) && memcmp(text, opened, sizeof(text)) == 0;
}

static bool keep_secrets(void)
{
    uint8_t bytes[128];
    struct crypto_room room = {bytes, sizeof(bytes), 0};
    uint64_t begin = time_ticks();

    if (!step("public part", begin, crypto_export_public_key(&crypto, SIGNING_KEY, &room)))
        return false;
    printf("public key %02x%02x%02x%02x, %u bytes\n", bytes[1], bytes[2], bytes[3], bytes[4], (unsigned)room.length);
    return crypto_export_key(&crypto, SIGNING_KEY, &room) == CRYPTO_ERROR_NOT_PERMITTED &&
           crypto_export_key(&crypto, SEALING_KEY, &room) == CRYPTO_ERROR_NOT_PERMITTED;
}

static void use_keys(void)
{
    bool good = ensure(&signing, "signing") && ensure(&sealing, "sealing") && sign_and_verify() && seal_and_open() &&
                keep_secrets();

    printf(good ? "all as it should be\n" : "something is WRONG\n");
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX];

    while ((flags & COMPONENT_FLAG_INPUT) != 0 && console_line(line))
        use_keys();
}

void component_start(void)
{
    int status = crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP);

    for (unsigned i = 0; i < TEXT_BYTES; i++)
        text[i] = (uint8_t)(i * 7);
    if (status != CRYPTO_SUCCESS)
        printf("no keys: status %d\n", status);
    else
        use_keys();
}
