/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins clients' requests (keys.h), the part of a disk that keeps sealed keys (store.h) and the entropy
 * service (random.h). Its description gives it `arguments: "secret=64 hexadecimal digits"`, `disk:` and
 * `calls: [entropy.entropy]`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "abi/plan.h"
#include "block/block.h"
#include "component.h"
#include "keys.h"
#include "random.h"
#include "rt/component.h"
#include "rt/heap.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "services/entropy/protocol.h"

RUNTIME_HEAP(96 * 1024);

/* NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the generated header */
#define CLIENT(label, text, address, size) \
    {.number = (int32_t)(label), .name = (text), .window = (uint8_t *)(address), .window_size = (size)},
static struct keys_client clients[] = {COMPONENT_CRYPTOS(CLIENT)};

static struct block disk;
static struct store store;
static struct keys keys = {.clients = clients, .client_count = COMPONENT_CRYPTO_COUNT, .store = &store};

static bool take_entropy(uint8_t *bytes, size_t size)
{
    bool good = true;

    while (size != 0 && good) {
        struct quoll_message message = {.word = {ENTROPY_GET}};
        size_t part = size < ENTROPY_BYTES_MAX ? size : ENTROPY_BYTES_MAX;

        message.word[1] = part;
        good = quoll_call(CAP_ENTROPY_ENTROPY, &message) == QUOLL_OK && message.word[0] == 0;
        memcpy(bytes, &message.word[1], part);
        mbedtls_platform_zeroize(&message, sizeof(message));
        bytes += part;
        size -= part;
    }
    return good;
}

static bool disk_read(void *context, uint64_t sector, uint8_t *bytes)
{
    return block_read(context, sector, bytes, STORE_SECTOR) == BLOCK_DONE;
}

static bool disk_write(void *context, uint64_t sector, const uint8_t *bytes)
{
    return block_write(context, sector, bytes, STORE_SECTOR) == BLOCK_DONE;
}

static bool disk_flush(void *context)
{
    return block_flush(context) == BLOCK_DONE;
}

static bool disk_random(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    return random_bytes(bytes, size);
}

/* "secret=" and 64 hexadecimal digits. */
static bool read_secret(const char *text, uint8_t secret[STORE_SECRET_BYTES])
{
    static const char PREFIX[] = "secret=";
    static const char DIGITS[] = "0123456789abcdef";

    if (strncmp(text, PREFIX, sizeof(PREFIX) - 1) != 0)
        return false;
    text += sizeof(PREFIX) - 1;
    if (strlen(text) != 2 * STORE_SECRET_BYTES || strspn(text, DIGITS) != 2 * STORE_SECRET_BYTES)
        return false;
    for (unsigned i = 0; i < STORE_SECRET_BYTES; i++)
        secret[i] = (uint8_t)((strchr(DIGITS, text[2 * i]) - DIGITS) << 4 | (strchr(DIGITS, text[2 * i + 1]) - DIGITS));
    return true;
}

static void open_store(void)
{
    uint8_t secret[STORE_SECRET_BYTES] = {0};
    struct store_disk device = {&disk, 0, disk_read, disk_write, disk_flush, disk_random};

    if (!read_secret(COMPONENT_ARGUMENTS, secret)) {
        printf("no persistent keys: `arguments` is not `secret=` and 64 digits 0-9a-f\n");
        return;
    }
    if (block_open(&disk, &(struct block_setup)BLOCK_SETUP) != BLOCK_DONE || disk.read_only) {
        printf("no persistent keys: no disk to write\n");
    } else {
        device.sectors = disk.sectors;
        if (store_open(&store, &device, secret))
            printf("%u keys in %u places, %u damaged, %u unreadable; sealed with the boot image's secret\n",
                   store.records, store.count, store.damaged, store.lost);
    }
    mbedtls_platform_zeroize(secret, sizeof(secret));
}

/* Different from that of every copy before, but for one time in 2^32. */
static uint32_t new_generation(void)
{
    uint32_t generation = 0;

    if (!random_bytes((uint8_t *)&generation, sizeof(generation)))
        generation = (uint32_t)time_ticks();
    return generation != 0 ? generation : 1;
}

static void alive(void)
{
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, time_ticks(), QUOLL_FOREVER);
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};
    struct keys_client *client = NULL;

    for (unsigned i = 0; i < COMPONENT_CRYPTO_COUNT; i++)
        if ((uint64_t)clients[i].number == label)
            client = &clients[i];
    keys_answer(&keys, client, message->word, reply.word);
    *message = reply;
    alive();
}

void component_notification(uint64_t flags)
{
    if ((flags & COMPONENT_FLAG_RESTARTED) != 0 && store.open)
        block_restarted(&disk);
    alive();
}

void component_deadline(void)
{
    alive();
}

void component_start(void)
{
    if (!random_start(take_entropy))
        printf("no entropy: nothing random until there is\n");
    open_store();
    keys.generation = new_generation();
    if (!keys_start(&keys))
        printf("the PSA core did not start\n");
    alive();
}
