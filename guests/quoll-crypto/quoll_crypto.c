/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "quoll_crypto.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

enum { WORDS = 8, RETRY_NS = 50000000 };

static const uint8_t MAGIC[QUOLL_CRYPTO_MAGIC_BYTES] = {'Q', 'u', 'o', 'l', 'l', 'S', 'e', '1'};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian");

/* A request and what came of it. */
struct exchange {
    uint64_t word[WORDS];
    const void *part[3];
    size_t size[3];
    uint8_t answer[CRYPTO_DATA_MAX];
    size_t length; /* of the answer */
};

void quoll_crypto_init(struct quoll_crypto *crypto, unsigned cid, unsigned port, const char *path)
{
    *crypto = (struct quoll_crypto){.cid = cid, .port = port, .path = path, .socket = -1};
}

void quoll_crypto_close(struct quoll_crypto *crypto)
{
    if (crypto->socket >= 0)
        (void)close(crypto->socket);
    crypto->socket = -1;
}

static bool connect_to(struct quoll_crypto *crypto)
{
    const struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_cid = crypto->cid, .svm_port = crypto->port};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const struct sockaddr *address = crypto->path == NULL ? (const void *)&vm : (const void *)&local;
    socklen_t size = crypto->path == NULL ? sizeof(vm) : sizeof(local);

    if (crypto->socket >= 0)
        return true;
    if (crypto->path != NULL &&
        snprintf(local.sun_path, sizeof(local.sun_path), "%s", crypto->path) >= (int)sizeof(local.sun_path))
        return false;
    crypto->socket = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (crypto->socket >= 0 && connect(crypto->socket, address, size) == 0)
        return true;
    quoll_crypto_close(crypto);
    return false;
}

static bool put(int socket, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size != 0) {
        ssize_t went = send(socket, at, size, MSG_NOSIGNAL);

        if (went < 0 && errno == EINTR)
            continue;
        if (went <= 0)
            return false;
        at += went;
        size -= (size_t)went;
    }
    return true;
}

static bool get(int socket, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    while (size != 0) {
        ssize_t came = recv(socket, at, size, 0);

        if (came < 0 && errno == EINTR)
            continue;
        if (came <= 0)
            return false;
        at += came;
        size -= (size_t)came;
    }
    return true;
}

/* One attempt. What the agent answers is checked: it may be as wrong as anybody. */
static bool attempt(struct quoll_crypto *crypto, struct exchange *exchange)
{
    uint32_t size = AGENT_WORDS_BYTES;

    if (!connect_to(crypto))
        return false;
    for (unsigned i = 0; i < 3; i++)
        size += (uint32_t)exchange->size[i];
    if (!put(crypto->socket, &size, sizeof(size)) || !put(crypto->socket, exchange->word, AGENT_WORDS_BYTES))
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (!put(crypto->socket, exchange->part[i], exchange->size[i]))
            return false;
    if (!get(crypto->socket, &size, sizeof(size)) || size < AGENT_WORDS_BYTES || size > AGENT_FRAME_MAX)
        return false;
    exchange->length = size - AGENT_WORDS_BYTES;
    return get(crypto->socket, exchange->word, AGENT_WORDS_BYTES) &&
           get(crypto->socket, exchange->answer, exchange->length);
}

static int call(struct quoll_crypto *crypto, struct exchange *exchange)
{
    uint64_t word[WORDS];
    struct timespec begin = {0};
    struct timespec now = {0};
    size_t size = 0;

    for (unsigned i = 0; i < 3; i++) {
        if (exchange->size[i] > AGENT_DATA_MAX - size)
            return CRYPTO_ERROR_INVALID_ARGUMENT;
        size += exchange->size[i];
        if (exchange->size[i] != 0)
            exchange->word[3 + i] = exchange->size[i];
    }
    memcpy(word, exchange->word, sizeof(word));
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    while (!attempt(crypto, exchange)) {
        quoll_crypto_close(crypto);
        memcpy(exchange->word, word, sizeof(word));
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begin.tv_sec >= QUOLL_CRYPTO_PATIENCE)
            return CRYPTO_ERROR_COMMUNICATION_FAILURE;
        (void)nanosleep(&(struct timespec){.tv_nsec = RETRY_NS}, NULL);
    }
    return (int)(int64_t)exchange->word[0];
}

/* The answer, which must be `size` bytes. */
static int call_for(struct quoll_crypto *crypto, struct exchange *exchange, void *bytes, size_t size)
{
    int status = call(crypto, exchange);

    if (status == CRYPTO_SUCCESS && exchange->length != size)
        return CRYPTO_ERROR_COMMUNICATION_FAILURE;
    if (status == CRYPTO_SUCCESS)
        memcpy(bytes, exchange->answer, size);
    return status;
}

int quoll_crypto_generate(struct quoll_crypto *crypto, uint32_t key, enum quoll_crypto_kind kind)
{
    struct exchange exchange = {.word = {CRYPTO_GENERATE_KEY, key}};
    uint64_t usage = kind == QUOLL_CRYPTO_SIGN ? CRYPTO_USAGE_SIGN_MESSAGE | CRYPTO_USAGE_VERIFY_MESSAGE
                                               : CRYPTO_USAGE_ENCRYPT | CRYPTO_USAGE_DECRYPT;

    exchange.word[2] = kind == QUOLL_CRYPTO_SIGN ? CRYPTO_ALG_ECDSA_SHA_256 : CRYPTO_ALG_GCM;
    exchange.word[6] = usage | (uint64_t)CRYPTO_PERSISTENT << 32;
    exchange.word[7] = (kind == QUOLL_CRYPTO_SIGN ? CRYPTO_TYPE_P256_KEY_PAIR : CRYPTO_TYPE_AES) | UINT64_C(256) << 32;
    return call(crypto, &exchange);
}

int quoll_crypto_destroy(struct quoll_crypto *crypto, uint32_t key)
{
    return call(crypto, &(struct exchange){.word = {CRYPTO_DESTROY_KEY, key}});
}

int quoll_crypto_public(struct quoll_crypto *crypto, uint32_t key, uint8_t point[CRYPTO_PUBLIC_KEY_BYTES])
{
    return call_for(crypto, &(struct exchange){.word = {CRYPTO_EXPORT_PUBLIC_KEY, key}}, point,
                    CRYPTO_PUBLIC_KEY_BYTES);
}

int quoll_crypto_sign(struct quoll_crypto *crypto, uint32_t key, const void *message, size_t size,
                      uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    return call_for(crypto,
                    &(struct exchange){.word = {CRYPTO_SIGN_MESSAGE, key, CRYPTO_ALG_ECDSA_SHA_256},
                                       .part = {message},
                                       .size = {size}},
                    signature, CRYPTO_SIGNATURE_BYTES);
}

int quoll_crypto_verify(struct quoll_crypto *crypto, uint32_t key, const void *message, size_t size,
                        const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    return call(crypto, &(struct exchange){.word = {CRYPTO_VERIFY_MESSAGE, key, CRYPTO_ALG_ECDSA_SHA_256},
                                           .part = {message, signature},
                                           .size = {size, CRYPTO_SIGNATURE_BYTES}});
}

int quoll_crypto_seal(struct quoll_crypto *crypto, uint32_t key, const void *data, size_t size, uint8_t *sealed,
                      size_t *length)
{
    uint8_t *nonce = sealed + sizeof(MAGIC);
    int status = quoll_crypto_random(crypto, nonce, CRYPTO_NONCE_BYTES);

    *length = 0;
    if (status != CRYPTO_SUCCESS)
        return status;
    memcpy(sealed, MAGIC, sizeof(MAGIC));
    status = call_for(crypto,
                      &(struct exchange){.word = {CRYPTO_AEAD_ENCRYPT, key, CRYPTO_ALG_GCM},
                                         .part = {data, nonce, MAGIC},
                                         .size = {size, CRYPTO_NONCE_BYTES, sizeof(MAGIC)}},
                      nonce + CRYPTO_NONCE_BYTES, size + CRYPTO_TAG_BYTES);
    if (status == CRYPTO_SUCCESS)
        *length = size + QUOLL_CRYPTO_SEAL_BYTES;
    return status;
}

int quoll_crypto_unseal(struct quoll_crypto *crypto, uint32_t key, const void *sealed, size_t size, uint8_t *data,
                        size_t *length)
{
    const uint8_t *nonce = (const uint8_t *)sealed + sizeof(MAGIC);
    size_t ciphertext = size - sizeof(MAGIC) - CRYPTO_NONCE_BYTES;
    int status = CRYPTO_ERROR_INVALID_ARGUMENT;

    *length = 0;
    if (size < QUOLL_CRYPTO_SEAL_BYTES || memcmp(sealed, MAGIC, sizeof(MAGIC)) != 0)
        return status;
    status = call_for(crypto,
                      &(struct exchange){.word = {CRYPTO_AEAD_DECRYPT, key, CRYPTO_ALG_GCM},
                                         .part = {nonce + CRYPTO_NONCE_BYTES, nonce, MAGIC},
                                         .size = {ciphertext, CRYPTO_NONCE_BYTES, sizeof(MAGIC)}},
                      data, ciphertext - CRYPTO_TAG_BYTES);
    if (status == CRYPTO_SUCCESS)
        *length = ciphertext - CRYPTO_TAG_BYTES;
    return status;
}

int quoll_crypto_random(struct quoll_crypto *crypto, void *bytes, size_t size)
{
    return call_for(crypto, &(struct exchange){.word = {CRYPTO_RANDOM, 0, 0, size}}, bytes, size);
}

const char *quoll_crypto_text(int status)
{
    switch (status) {
    case CRYPTO_SUCCESS:
        return "done";
    case CRYPTO_ERROR_NOT_PERMITTED:
        return "the key may not be used so, or this guest may have no keys";
    case CRYPTO_ERROR_NOT_SUPPORTED:
        return "not supported";
    case CRYPTO_ERROR_INVALID_ARGUMENT:
        return "not a number of a key (1 to 65535), not what was sealed, or too long";
    case CRYPTO_ERROR_INVALID_HANDLE:
        return "there is no such key";
    case CRYPTO_ERROR_ALREADY_EXISTS:
        return "there is such a key already";
    case CRYPTO_ERROR_INSUFFICIENT_STORAGE:
        return "there are too many keys";
    case CRYPTO_ERROR_STORAGE_FAILURE:
        return "keys cannot be stored";
    case CRYPTO_ERROR_INSUFFICIENT_ENTROPY:
        return "there is no entropy";
    case CRYPTO_ERROR_INVALID_SIGNATURE:
        return "the signature is wrong, or what was sealed has been changed";
    case CRYPTO_ERROR_COMMUNICATION_FAILURE:
        return "the agent does not answer";
    default:
        return "failed";
    }
}
