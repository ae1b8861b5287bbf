/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Persistent keys on a block range, sealed. The range is slots of 4 KiB; a slot's first sector is a record or it is
 * not:
 *
 *   0    magic "QuollKey"
 *   8    version 1, slot (32 bits each)
 *   16   sequence number (64 bits)
 *   24   nonce (12 bytes)
 *   36   tag (16 bytes)
 *   52   sealed, 460 bytes: owner (32, NUL-padded), key (32 bits), flags (32 bits, 0), length (32 bits), data (416)
 *
 * Integers are little-endian. AES-256-GCM; what stands before the nonce is authenticated with it; the key is
 * SHA-256("Quoll sealing key 1" | secret). A sector whose tag is wrong holds no record.
 *
 *   a new record      written into a slot that holds none, flushed
 *   a removed one     its sector is zeroed, flushed
 *   a replaced one    the new one with a higher sequence number as above, then the old one is removed
 *
 * So after a loss of power at any write, torn or not, there is what was before or what was to be; of two records of one
 * key, which only a replacement that was cut leaves, the higher sequence number counts and the other is removed when
 * the store is opened. A slot is a whole 4 KiB so that a disk with such sectors touches no neighbour.
 *
 * Whoever can write the range may bring back what was there before: there is no protection against that.
 *
 * No kernel call is made here: tests/unit/crypto and the fuzzer run it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/gcm.h>

enum {
    STORE_SECTOR = 512,
    STORE_SLOT_SECTORS = 8,
    STORE_SLOTS_MAX = 256,
    STORE_OWNER_MAX = 31,
    STORE_DATA_MAX = 416,
    STORE_SECRET_BYTES = 32,
};

/* The range: one sector at a time; each answers false when that failed and nobody knows what is there now. */
struct store_disk {
    void *context;
    uint64_t sectors;
    bool (*read)(void *context, uint64_t sector, uint8_t *bytes);
    bool (*write)(void *context, uint64_t sector, const uint8_t *bytes);
    bool (*flush)(void *context);
    bool (*random)(void *context, uint8_t *bytes, size_t size); /* for nonces */
};

enum store_state {
    STORE_FREE,    /* nothing that looks like a record */
    STORE_DAMAGED, /* a record of another secret's, or a write that was cut: taken after the free ones */
    STORE_LOST,    /* unreadable, or not known: left alone until the store is opened again */
    STORE_RECORD,
};

struct store_slot {
    enum store_state state;
    char owner[STORE_OWNER_MAX + 1];
    uint32_t key;
    uint32_t length;
    uint64_t sequence;
};

struct store {
    struct store_disk disk;
    mbedtls_gcm_context gcm;
    bool open;
    unsigned count; /* slots */
    struct store_slot slots[STORE_SLOTS_MAX];
    uint64_t sequence; /* the highest that there is */
    unsigned records, damaged, lost;
};

enum store_result {
    STORE_DONE = 0,
    STORE_NONE,   /* no such record, or the store is not open */
    STORE_FULL,   /* no slot is free, or the data is too long */
    STORE_FAILED, /* the disk or the random numbers did not work: it is there or it is not */
};

/* Reads every slot. False: no memory, no room for a slot. The secret may be forgotten afterwards. *store: zeros at
 * first. */
bool store_open(struct store *store, const struct store_disk *disk, const uint8_t secret[STORE_SECRET_BYTES]);

void store_close(struct store *store);

/* `owner` is at most STORE_OWNER_MAX characters. */
enum store_result store_set(struct store *store, const char *owner, uint32_t key, const void *data, size_t length);
enum store_result store_get(struct store *store, const char *owner, uint32_t key, void *data, size_t *length);
enum store_result store_size(const struct store *store, const char *owner, uint32_t key, size_t *length);
enum store_result store_remove(struct store *store, const char *owner, uint32_t key);

/* How many records the owner has. */
unsigned store_count(const struct store *store, const char *owner);
