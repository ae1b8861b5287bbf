/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/crypto under libFuzzer: the first byte of an input says what the rest is, an enum input.
 */
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

#include "tests/unit/crypto/service.h"

enum input { REQUESTS, DISK, RECORD, INPUTS };

enum { REQUESTS_MAX = 12, SECRET_KEY = 1, SECRET_BYTES = 32 };

/* What must not come out: of the client's own key, and of the other's. */
static const uint8_t secrets[SERVICE_CLIENTS][SECRET_BYTES + 1] = {"the first client's secret, 32 by",
                                                                   "the other client's secret, 32 by"};

static void check(bool good)
{
    if (!good)
        abort();
}

static bool in_window(unsigned client, const uint8_t *secret)
{
    return memmem(service.windows[client], SERVICE_WINDOW, secret, SECRET_BYTES) != NULL;
}

/* Each client has a key that it may use and not export; nothing of it stays in its window. */
static void import_secrets(void)
{
    for (unsigned i = 0; i < SERVICE_CLIENTS; i++) {
        uint64_t usage = CRYPTO_USAGE_ENCRYPT | CRYPTO_USAGE_DECRYPT | (uint64_t)CRYPTO_PERSISTENT << 32;

        check(ask(i, CRYPTO_IMPORT_KEY, (uint64_t[]){SECRET_KEY, CRYPTO_ALG_GCM, usage, CRYPTO_TYPE_AES},
                  (struct part){secrets[i], SECRET_BYTES}, NO_PART, NO_PART) == CRYPTO_SUCCESS);
        memset(service.windows[i], 0, SERVICE_WINDOW);
    }
}

/* The service with its clients' secrets on its disk, which is written once: to seal them costs more than most inputs.
 */
static void start_with_secrets(void)
{
    static struct fake_disk written;
    static bool done = false;

    if (!done) {
        service_start();
        import_secrets();
        service_stop();
        written = service.disk;
    }
    done = true;
    service.no_entropy = false;
    service.disk = written;
    service_restart();
    check(service.store.records == SERVICE_CLIENTS);
}

static const uint8_t *take(const uint8_t **input, size_t *size, size_t wanted)
{
    static uint8_t zeros[64];
    const uint8_t *taken = *input;

    if (*size < wanted) {
        *size = 0;
        return zeros;
    }
    *input += wanted;
    *size -= wanted;
    return taken;
}

/* Words that are nearly right, of 16 bytes. */
static void make_words(const uint8_t *byte, uint64_t *word)
{
    static const uint32_t algorithms[] = {
        CRYPTO_ALG_NONE,          CRYPTO_ALG_SHA_256, CRYPTO_ALG_CTR, CRYPTO_ALG_GCM,
        CRYPTO_ALG_ECDSA_SHA_256, 0x0600060f,         0x05500100,     CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256};
    static const uint32_t types[] = {CRYPTO_TYPE_RAW_DATA, CRYPTO_TYPE_AES, CRYPTO_TYPE_P256_KEY_PAIR,
                                     CRYPTO_TYPE_P256_PUBLIC_KEY};

    word[0] = byte[0] % (CRYPTO_RANDOM + 1U);
    word[1] = byte[1] % 8U;
    if (word[1] > 3)
        word[1] += PSA_KEY_ID_VENDOR_MAX - MBEDTLS_PSA_KEY_SLOT_COUNT + 1 - 4; /* a volatile one */
    word[2] = algorithms[byte[2] % 8];
    for (unsigned i = 0; i < 3; i++)
        word[3 + i] = byte[3 + 2 * i] | (uint64_t)(byte[4 + 2 * i] & 0x0f) << 8;
    if (word[0] == CRYPTO_GENERATE_KEY || word[0] == CRYPTO_IMPORT_KEY) {
        word[6] = (byte[9] | (uint64_t)byte[10] << 8) | (uint64_t)(byte[11] & 1) << 32;
        word[7] = types[byte[12] % 4] | (uint64_t)(byte[13] | (byte[14] & 3) << 8) << 32;
    }
}

/* True: the window had a secret before, which the input knows, then. */
static bool request(const uint8_t **input, size_t *size)
{
    uint64_t word[8] = {0};
    bool raw = (*take(input, size, 1) & 1) != 0;

    if (raw)
        memcpy(word, take(input, size, sizeof(word)), sizeof(word));
    else
        make_words(take(input, size, 16), word);
    word[0] = (uint32_t)word[0] | (uint64_t)service.keys.generation << 32;
    memcpy(service.windows[FIRST], *input, *size < SERVICE_WINDOW ? *size : SERVICE_WINDOW);
    /* What an input knows anyway, it can put there. */
    bool knows = in_window(FIRST, secrets[FIRST]) || in_window(FIRST, secrets[SECOND]);
    memset(reply, 0, sizeof(reply));
    keys_answer(&service.keys, &service.clients[FIRST], word, reply);
    check((int64_t)reply[0] <= 0);
    check(knows || !(in_window(FIRST, secrets[FIRST]) || in_window(FIRST, secrets[SECOND])));
    return knows;
}

static void make_requests(const uint8_t *input, size_t size)
{
    bool knows = false;

    start_with_secrets();
    for (unsigned i = 0; i < REQUESTS_MAX && size != 0; i++)
        knows = request(&input, &size) || knows;
    /* Whatever was asked, its own does not come out (a key that it has put in the place may), and the other's is there.
     */
    (void)ask_key(FIRST, CRYPTO_EXPORT_KEY, SECRET_KEY, 0, NO_PART, NO_PART);
    check(knows || !in_window(FIRST, secrets[FIRST]));
    check(ask_key(SECOND, CRYPTO_GET_ATTRIBUTES, SECRET_KEY, 0, NO_PART, NO_PART) == CRYPTO_SUCCESS);
}

/* Whoever has the disk has changed it: the first byte says which record, the rest what it becomes. */
static void change_disk(const uint8_t *input, size_t size)
{
    unsigned slot = 0;

    start_with_secrets();
    if (size == 0)
        return;
    slot = input[0] % (DISK_SECTORS / STORE_SLOT_SECTORS);
    for (size_t i = 1; i < size && i <= STORE_SECTOR; i++)
        service.disk.sectors[slot * STORE_SLOT_SECTORS][i - 1] ^= input[i];
    service_restart();
    check(service.store.records <= SERVICE_CLIENTS);
    for (unsigned i = 0; i < SERVICE_CLIENTS; i++)
        (void)ask_key(i, CRYPTO_GET_ATTRIBUTES, SECRET_KEY, 0, NO_PART, NO_PART);
}

/* Whoever has the secret may say that anything is a key. */
static void seal_anything(const uint8_t *input, size_t size)
{
    service_start();
    if (store_set(&service.store, "first", SECRET_KEY, input, size) != STORE_DONE)
        return;
    for (unsigned operation = CRYPTO_EXPORT_KEY; operation <= CRYPTO_AEAD_DECRYPT; operation++)
        (void)ask_key(FIRST, operation, SECRET_KEY, operation >= CRYPTO_SIGN_HASH ? CRYPTO_ALG_ECDSA_SHA_256 : 0,
                      NO_PART, NO_PART);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0)
        return 0;
    memset(service.windows, 0, sizeof(service.windows));
    switch (input[0] % INPUTS) {
    case REQUESTS:
        make_requests(input + 1, size - 1);
        break;
    case DISK:
        change_disk(input + 1, size - 1);
        break;
    default:
        seal_anything(input + 1, size - 1);
        break;
    }
    service_stop();
    return 0;
}
