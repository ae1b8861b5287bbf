/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "services/crypto/random.h"

struct service service;
uint64_t reply[8];

static bool entropy(uint8_t *bytes, size_t size)
{
    return !service.no_entropy && fake_random(bytes, size);
}

static bool nonce(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    return random_bytes(bytes, size);
}

void service_restart(void)
{
    static const uint8_t SECRET[STORE_SECRET_BYTES] = {42};
    struct store_disk disk = fake_disk_of(&service.disk);
    static const char *const names[SERVICE_CLIENTS] = {"first", "second"};

    disk.random = nonce;
    mbedtls_psa_crypto_free();
    fake_disk_on(&service.disk);
    (void)random_start(entropy);
    for (unsigned i = 0; i < SERVICE_CLIENTS; i++)
        service.clients[i] = (struct keys_client){
            .number = (int32_t)i + 1, .name = names[i], .window = service.windows[i], .window_size = SERVICE_WINDOW};
    service.keys.clients = service.clients;
    service.keys.client_count = SERVICE_CLIENTS;
    service.keys.store = &service.store;
    service.keys.generation++;
    if (!store_open(&service.store, &disk, SECRET) || !keys_start(&service.keys))
        abort();
}

void service_start(void)
{
    service.no_entropy = false;
    fake_disk_init(&service.disk);
    service_restart();
}

void service_stop(void)
{
    store_close(&service.store);
    mbedtls_psa_crypto_free();
}

/* Of keys and plaintext, in the service's own memory. */
static void nothing_stays(void)
{
    static const uint8_t zeros[CRYPTO_DATA_MAX];

    if (memcmp(service.keys.input, zeros, sizeof(zeros)) != 0 || memcmp(service.keys.output, zeros, sizeof(zeros)) != 0)
        abort();
}

int64_t ask(unsigned client, unsigned operation, const uint64_t words[4], struct part a, struct part b, struct part c)
{
    const uint64_t word[8] = {operation | (uint64_t)service.keys.generation << 32,
                              words[0],
                              words[1],
                              a.size,
                              b.size,
                              c.size,
                              words[2],
                              words[3]};
    uint8_t *window = service.windows[client];
    const struct part parts[] = {a, b, c};

    for (unsigned i = 0; i < 3; i++) {
        if (parts[i].size != 0)
            memmove(window, parts[i].bytes, parts[i].size);
        window += parts[i].size;
    }
    memset(reply, 0, sizeof(reply));
    keys_answer(&service.keys, &service.clients[client], word, reply);
    nothing_stays();
    return (int64_t)reply[0];
}

int64_t ask_key(unsigned client, unsigned operation, uint32_t key, uint32_t algorithm, struct part a, struct part b)
{
    return ask(client, operation, (uint64_t[]){key, algorithm, 0, 0}, a, b, NO_PART);
}

int64_t generate(unsigned client, uint32_t key, uint32_t algorithm, uint64_t usage, uint64_t type)
{
    uint64_t lifetime = key == 0 ? CRYPTO_VOLATILE : CRYPTO_PERSISTENT;

    return ask(client, CRYPTO_GENERATE_KEY,
               (uint64_t[]){key, algorithm, usage | lifetime << 32, type | UINT64_C(256) << 32}, NO_PART, NO_PART,
               NO_PART);
}

struct part answered(unsigned client)
{
    static uint8_t copy[SERVICE_WINDOW];

    memcpy(copy, service.windows[client], (size_t)reply[1]);
    return (struct part){copy, (size_t)reply[1]};
}
