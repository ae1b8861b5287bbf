/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/crypto.h"

#include <string.h>

#include "rt/message.h"
#include "rt/time.h"
#include "rt/watchdog.h"

enum { PARTS = 3, RETRY_NS = 2000000, SILENCE_NS = 10000000 };

/* A request: what protocol.h says of each operation. */
struct request {
    unsigned operation;
    uint32_t key, algorithm;
    uint64_t count;
    struct crypto_bytes part[PARTS];
    const struct crypto_attributes *attributes;
    struct crypto_room *room; /* for what the service leaves in the window; NULL: nothing */
};

static uint8_t *window(const struct crypto *crypto)
{
    return (uint8_t *)(uintptr_t)crypto->setup.window;
}

/* False: that is more than the window has. */
static bool put_parts(const struct crypto *crypto, const struct crypto_bytes *part, unsigned parts)
{
    size_t size = 0;

    for (unsigned i = 0; i < parts; i++) {
        if (part[i].size > crypto->setup.window_size - size)
            return false;
        if (part[i].size != 0)
            memcpy(window(crypto) + size, part[i].bytes, part[i].size);
        size += part[i].size;
    }
    return true;
}

/* Asks a service that may be on its way until `deadline`; CRYPTO_ERROR_COMMUNICATION_FAILURE: there is none. */
static int find_service(struct crypto *crypto, uint64_t deadline)
{
    for (;;) {
        struct quoll_message message = {.word = {CRYPTO_INFO}};

        watchdog_kick(); /* who waits for a service that is gone must not be taken for dead itself */
        if (quoll_call(crypto->setup.portal, &message) == QUOLL_OK) {
            crypto->generation = (uint32_t)message.word[1];
            return (int)message.word[0];
        }
        if (time_ticks() >= deadline)
            return CRYPTO_ERROR_COMMUNICATION_FAILURE;
        time_sleep_until(time_ticks() + time_ns_to_ticks(RETRY_NS));
    }
}

/* After another copy of the service came: whether the request still means what it did. */
static bool means_the_same(const uint64_t *word)
{
    unsigned operation = (unsigned)word[0];

    return word[1] <= CRYPTO_KEY_MAX && operation != CRYPTO_HASH_UPDATE && operation != CRYPTO_HASH_FINISH;
}

/* The words of a request become those of the reply, which status 0 answers. */
static int send(struct crypto *crypto, uint64_t *word, const struct crypto_bytes *part, unsigned parts)
{
    uint64_t began = time_ticks();
    uint64_t deadline = began + time_ns_to_ticks(CRYPTO_PATIENCE_NS);

    for (;;) {
        struct quoll_message message = {0};
        int status = CRYPTO_RESTARTED;

        if (!put_parts(crypto, part, parts))
            return CRYPTO_ERROR_INVALID_ARGUMENT;
        memcpy(message.word, word, sizeof(message.word));
        message.word[0] = (uint32_t)word[0] | (uint64_t)crypto->generation << 32;
        if (quoll_call(crypto->setup.portal, &message) == QUOLL_OK)
            status = (int)message.word[0];
        if (status != CRYPTO_RESTARTED) {
            memcpy(word, message.word, sizeof(message.word));
            if (time_ticks() - began >= time_ns_to_ticks(SILENCE_NS))
                watchdog_kick(); /* nor who has one signature after the other to wait for */
            return status;
        }
        if (time_ticks() >= deadline)
            return CRYPTO_ERROR_COMMUNICATION_FAILURE;
        status = find_service(crypto, deadline);
        if (status != CRYPTO_SUCCESS)
            return status;
        if (!means_the_same(word))
            return word[1] != 0 ? CRYPTO_ERROR_INVALID_HANDLE : CRYPTO_ERROR_BAD_STATE;
    }
}

/* What a whole key went through. Volatile: nobody reads it after. */
static void clear(const struct crypto *crypto)
{
    volatile uint8_t *bytes = window(crypto);

    for (size_t i = 0; i < crypto->setup.window_size && i < CRYPTO_DATA_MAX; i++)
        bytes[i] = 0;
}

static int exchange(struct crypto *crypto, uint64_t *word, const struct crypto_bytes *part, unsigned parts,
                    struct crypto_room *room)
{
    const unsigned operation = (unsigned)word[0];
    const bool secret = operation == CRYPTO_IMPORT_KEY || operation == CRYPTO_EXPORT_KEY;
    int status = CRYPTO_SUCCESS;

    if (room != NULL)
        room->length = 0;
    status = send(crypto, word, part, parts);
    if (status == CRYPTO_SUCCESS && room != NULL && (word[1] > room->size || word[1] > crypto->setup.window_size))
        status = CRYPTO_ERROR_BUFFER_TOO_SMALL;
    if (status == CRYPTO_SUCCESS && room != NULL) {
        room->length = (size_t)word[1];
        memcpy(room->bytes, window(crypto), room->length);
    }
    if (secret)
        clear(crypto);
    return status;
}

int crypto_request(struct crypto *crypto, uint64_t word[8], struct crypto_bytes data, struct crypto_room *room)
{
    bool answers = crypto_answers_data((unsigned)word[0]);

    room->length = 0;
    return exchange(crypto, word, &data, 1, answers ? room : NULL);
}

/* word: the reply's */
static int ask_for(struct crypto *crypto, const struct request *request, uint64_t *word)
{
    word[0] = request->operation;
    word[1] = request->key;
    word[2] = request->algorithm;
    for (unsigned i = 0; i < PARTS; i++)
        word[3 + i] = request->part[i].size;
    if (request->count != 0)
        word[3] = request->count;
    if (request->attributes != NULL) {
        word[6] = request->attributes->usage | (uint64_t)request->attributes->lifetime << 32;
        word[7] = request->attributes->type | (uint64_t)request->attributes->bits << 32;
    }
    return exchange(crypto, word, request->part, PARTS, request->room);
}

static int ask(struct crypto *crypto, const struct request *request)
{
    uint64_t word[8] = {0};

    return ask_for(crypto, request, word);
}

int crypto_open(struct crypto *crypto, const struct crypto_setup *setup)
{
    int status = CRYPTO_SUCCESS;

    *crypto = (struct crypto){.setup = *setup};
    status = find_service(crypto, time_ticks() + time_ns_to_ticks(CRYPTO_PATIENCE_NS));
    return status == CRYPTO_SUCCESS ? ask(crypto, &(struct request){.operation = CRYPTO_RESET}) : status;
}

static int make_key(struct crypto *crypto, const struct request *request, uint32_t *key)
{
    uint64_t word[8] = {0};
    int status = ask_for(crypto, request, word);

    *key = status == CRYPTO_SUCCESS ? (uint32_t)word[1] : 0;
    return status;
}

int crypto_generate_key(struct crypto *crypto, const struct crypto_attributes *attributes, uint32_t *key)
{
    return make_key(crypto,
                    &(struct request){.operation = CRYPTO_GENERATE_KEY,
                                      .key = attributes->id,
                                      .algorithm = attributes->algorithm,
                                      .attributes = attributes},
                    key);
}

int crypto_import_key(struct crypto *crypto, const struct crypto_attributes *attributes, struct crypto_bytes data,
                      uint32_t *key)
{
    return make_key(crypto,
                    &(struct request){.operation = CRYPTO_IMPORT_KEY,
                                      .key = attributes->id,
                                      .algorithm = attributes->algorithm,
                                      .part = {data},
                                      .attributes = attributes},
                    key);
}

int crypto_destroy_key(struct crypto *crypto, uint32_t key)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_DESTROY_KEY, .key = key});
}

int crypto_get_key_attributes(struct crypto *crypto, uint32_t key, struct crypto_attributes *attributes)
{
    uint64_t word[8] = {0};
    int status = ask_for(crypto, &(struct request){.operation = CRYPTO_GET_ATTRIBUTES, .key = key}, word);

    *attributes = (struct crypto_attributes){0};
    if (status == CRYPTO_SUCCESS)
        *attributes = (struct crypto_attributes){
            .id = (uint32_t)word[1],
            .lifetime = (uint32_t)(word[6] >> 32),
            .usage = (uint32_t)word[6],
            .algorithm = (uint32_t)word[2],
            .type = (uint32_t)word[7],
            .bits = (uint32_t)(word[7] >> 32),
        };
    return status;
}

int crypto_export_key(struct crypto *crypto, uint32_t key, struct crypto_room *data)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_EXPORT_KEY, .key = key, .room = data});
}

int crypto_export_public_key(struct crypto *crypto, uint32_t key, struct crypto_room *data)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_EXPORT_PUBLIC_KEY, .key = key, .room = data});
}

/* An operation with a key, one part in and perhaps another, and perhaps something out. */
static int use(struct crypto *crypto, unsigned operation, uint32_t key, uint32_t algorithm, struct crypto_bytes a,
               struct crypto_bytes b, struct crypto_room *room)
{
    return ask(crypto, &(struct request){
                           .operation = operation, .key = key, .algorithm = algorithm, .part = {a, b}, .room = room});
}

int crypto_sign_message(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes message,
                        struct crypto_room *signature)
{
    return use(crypto, CRYPTO_SIGN_MESSAGE, key, algorithm, message, (struct crypto_bytes){0}, signature);
}

int crypto_verify_message(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes message,
                          struct crypto_bytes signature)
{
    return use(crypto, CRYPTO_VERIFY_MESSAGE, key, algorithm, message, signature, NULL);
}

int crypto_sign_hash(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes hash,
                     struct crypto_room *signature)
{
    return use(crypto, CRYPTO_SIGN_HASH, key, algorithm, hash, (struct crypto_bytes){0}, signature);
}

int crypto_verify_hash(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes hash,
                       struct crypto_bytes signature)
{
    return use(crypto, CRYPTO_VERIFY_HASH, key, algorithm, hash, signature, NULL);
}

int crypto_cipher_encrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes plaintext,
                          struct crypto_room *ciphertext)
{
    return use(crypto, CRYPTO_ENCRYPT, key, algorithm, plaintext, (struct crypto_bytes){0}, ciphertext);
}

int crypto_cipher_decrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes ciphertext,
                          struct crypto_room *plaintext)
{
    return use(crypto, CRYPTO_DECRYPT, key, algorithm, ciphertext, (struct crypto_bytes){0}, plaintext);
}

int crypto_aead_encrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes nonce,
                        struct crypto_bytes additional, struct crypto_bytes plaintext, struct crypto_room *ciphertext)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_AEAD_ENCRYPT,
                                         .key = key,
                                         .algorithm = algorithm,
                                         .part = {plaintext, nonce, additional},
                                         .room = ciphertext});
}

int crypto_aead_decrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes nonce,
                        struct crypto_bytes additional, struct crypto_bytes ciphertext, struct crypto_room *plaintext)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_AEAD_DECRYPT,
                                         .key = key,
                                         .algorithm = algorithm,
                                         .part = {ciphertext, nonce, additional},
                                         .room = plaintext});
}

int crypto_hash_compute(struct crypto *crypto, uint32_t algorithm, struct crypto_bytes message,
                        struct crypto_room *hash)
{
    return use(crypto, CRYPTO_HASH, 0, algorithm, message, (struct crypto_bytes){0}, hash);
}

int crypto_hash_setup(struct crypto *crypto, uint32_t algorithm)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_HASH_SETUP, .algorithm = algorithm});
}

int crypto_hash_update(struct crypto *crypto, struct crypto_bytes more)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_HASH_UPDATE, .part = {more}});
}

int crypto_hash_finish(struct crypto *crypto, struct crypto_room *hash)
{
    return ask(crypto, &(struct request){.operation = CRYPTO_HASH_FINISH, .room = hash});
}

int crypto_generate_random(struct crypto *crypto, struct crypto_room *random)
{
    uint64_t most = crypto->setup.window_size < CRYPTO_DATA_MAX ? crypto->setup.window_size : CRYPTO_DATA_MAX;
    int status = CRYPTO_SUCCESS;

    random->length = 0;
    while (random->length < random->size && status == CRYPTO_SUCCESS) {
        size_t left = random->size - random->length;
        struct crypto_room part = {(uint8_t *)random->bytes + random->length, left < most ? left : (size_t)most, 0};

        status = ask(crypto, &(struct request){.operation = CRYPTO_RANDOM, .count = part.size, .room = &part});
        if (status == CRYPTO_SUCCESS && part.length != part.size)
            status = CRYPTO_ERROR_COMMUNICATION_FAILURE;
        random->length += part.length;
    }
    return status;
}
