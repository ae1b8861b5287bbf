/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store.h"

#include <assert.h>
#include <string.h>

#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

enum { VERSION = 1, NONCE = 12, TAG = 16 };

static const uint8_t MAGIC[8] = {'Q', 'u', 'o', 'l', 'l', 'K', 'e', 'y'};
static const char LABEL[] = "Quoll sealing key 1";

struct sealed {
    char owner[STORE_OWNER_MAX + 1];
    uint32_t key;
    uint32_t flags;
    uint32_t length;
    uint8_t data[STORE_DATA_MAX];
};

struct record {
    uint8_t magic[sizeof(MAGIC)];
    uint32_t version;
    uint32_t slot;
    uint64_t sequence;
    uint8_t nonce[NONCE];
    uint8_t tag[TAG];
    struct sealed sealed; /* as ciphertext */
};
static_assert(sizeof(struct record) == STORE_SECTOR, "a record is one sector, which a disk writes whole or not at all");
static_assert(offsetof(struct record, nonce) == 24 && offsetof(struct record, sealed) == 52, "the format in store.h");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian");

static uint64_t sector_of(unsigned slot)
{
    return (uint64_t)slot * STORE_SLOT_SECTORS;
}

/* *sealed is to be forgotten by the caller. */
static bool unseal(struct store *store, const struct record *record, unsigned slot, struct sealed *sealed)
{
    if (memcmp(record->magic, MAGIC, sizeof(MAGIC)) != 0 || record->version != VERSION || record->slot != slot)
        return false;
    if (mbedtls_gcm_auth_decrypt(&store->gcm, sizeof(*sealed), record->nonce, NONCE, (const uint8_t *)record,
                                 offsetof(struct record, nonce), record->tag, TAG, (const uint8_t *)&record->sealed,
                                 (uint8_t *)sealed) != 0)
        return false;
    return sealed->length <= STORE_DATA_MAX && sealed->owner[STORE_OWNER_MAX] == '\0';
}

static bool seal(struct store *store, struct record *record, const struct sealed *sealed)
{
    if (!store->disk.random(store->disk.context, record->nonce, NONCE))
        return false;
    return mbedtls_gcm_crypt_and_tag(&store->gcm, MBEDTLS_GCM_ENCRYPT, sizeof(*sealed), record->nonce, NONCE,
                                     (const uint8_t *)record, offsetof(struct record, nonce), (const uint8_t *)sealed,
                                     (uint8_t *)&record->sealed, TAG, record->tag) == 0;
}

static bool write_flushed(struct store *store, unsigned slot, const void *sector)
{
    return store->disk.write(store->disk.context, sector_of(slot), sector) && store->disk.flush(store->disk.context);
}

/* What a slot holds after this is known, or it is left alone. */
static bool erase(struct store *store, unsigned slot)
{
    static const uint8_t zeros[STORE_SECTOR];
    bool done = write_flushed(store, slot, zeros);

    store->slots[slot].state = done ? STORE_FREE : STORE_LOST;
    return done;
}

static bool is_of(const struct store_slot *slot, const char *owner, uint32_t key)
{
    return slot->state == STORE_RECORD && slot->key == key && strcmp(slot->owner, owner) == 0;
}

/* Answers store->count when there is none. */
static unsigned find(const struct store *store, const char *owner, uint32_t key)
{
    unsigned i = 0;

    while (i < store->count && !is_of(&store->slots[i], owner, key))
        i++;
    return i;
}

static unsigned find_state(const struct store *store, enum store_state state)
{
    unsigned i = 0;

    while (i < store->count && store->slots[i].state != state)
        i++;
    return i;
}

static void read_slot(struct store *store, unsigned number)
{
    struct store_slot *slot = &store->slots[number];
    struct record record = {0};
    struct sealed sealed = {0};

    if (!store->disk.read(store->disk.context, sector_of(number), (uint8_t *)&record)) {
        slot->state = STORE_LOST;
        store->lost++;
    } else if (unseal(store, &record, number, &sealed)) {
        slot->state = STORE_RECORD;
        memcpy(slot->owner, sealed.owner, sizeof(slot->owner));
        slot->key = sealed.key;
        slot->length = sealed.length;
        slot->sequence = record.sequence;
        if (record.sequence > store->sequence)
            store->sequence = record.sequence;
    } else if (memcmp(record.magic, MAGIC, sizeof(MAGIC)) == 0) {
        slot->state = STORE_DAMAGED;
        store->damaged++;
    }
    mbedtls_platform_zeroize(&sealed, sizeof(sealed));
}

/* A replacement that was cut left two records of one key: the older goes. At most count * count / 2 comparisons. */
static void drop_replaced(struct store *store)
{
    for (unsigned i = 0; i < store->count; i++)
        for (unsigned j = i + 1; j < store->count; j++)
            if (store->slots[i].state == STORE_RECORD &&
                is_of(&store->slots[j], store->slots[i].owner, store->slots[i].key))
                (void)erase(store, store->slots[i].sequence < store->slots[j].sequence ? i : j);
}

void store_close(struct store *store)
{
    mbedtls_gcm_free(&store->gcm);
    *store = (struct store){0};
}

bool store_open(struct store *store, const struct store_disk *disk, const uint8_t secret[STORE_SECRET_BYTES])
{
    uint8_t input[sizeof(LABEL) - 1 + STORE_SECRET_BYTES];
    uint8_t key[32] = {0};
    uint64_t slots = disk->sectors / STORE_SLOT_SECTORS;
    bool good = slots != 0;

    store_close(store);
    *store = (struct store){.disk = *disk, .count = slots < STORE_SLOTS_MAX ? (unsigned)slots : STORE_SLOTS_MAX};
    mbedtls_gcm_init(&store->gcm);
    memcpy(input, LABEL, sizeof(LABEL) - 1);
    memcpy(input + sizeof(LABEL) - 1, secret, STORE_SECRET_BYTES);
    good = good && mbedtls_sha256_ret(input, sizeof(input), key, 0) == 0 &&
           mbedtls_gcm_setkey(&store->gcm, MBEDTLS_CIPHER_ID_AES, key, 256) == 0;
    mbedtls_platform_zeroize(input, sizeof(input));
    mbedtls_platform_zeroize(key, sizeof(key));
    if (!good)
        return false;
    for (unsigned i = 0; i < store->count; i++)
        read_slot(store, i);
    drop_replaced(store);
    for (unsigned i = 0; i < store->count; i++)
        store->records += store->slots[i].state == STORE_RECORD;
    store->open = true;
    return true;
}

/* Writes a record into a slot that has none. */
static enum store_result write_record(struct store *store, unsigned number, const struct sealed *sealed)
{
    struct record record = {.version = VERSION, .slot = number, .sequence = store->sequence + 1};

    memcpy(record.magic, MAGIC, sizeof(MAGIC));
    if (!seal(store, &record, sealed))
        return STORE_FAILED;
    store->sequence++;
    if (!write_flushed(store, number, &record)) {
        /* Perhaps it is there: it is to be gone, or this slot is not touched until the next start. */
        (void)erase(store, number);
        return STORE_FAILED;
    }
    store->slots[number] = (struct store_slot){
        .state = STORE_RECORD, .key = sealed->key, .length = sealed->length, .sequence = record.sequence};
    memcpy(store->slots[number].owner, sealed->owner, sizeof(sealed->owner));
    return STORE_DONE;
}

enum store_result store_set(struct store *store, const char *owner, uint32_t key, const void *data, size_t length)
{
    struct sealed sealed = {.key = key, .length = (uint32_t)length};
    unsigned old = find(store, owner, key);
    unsigned fresh = find_state(store, STORE_FREE);
    enum store_result result = STORE_NONE;

    if (!store->open)
        return STORE_NONE;
    if (fresh == store->count)
        fresh = find_state(store, STORE_DAMAGED);
    if (fresh == store->count || length > STORE_DATA_MAX || strlen(owner) > STORE_OWNER_MAX)
        return STORE_FULL;
    memcpy(sealed.owner, owner, strlen(owner));
    memcpy(sealed.data, data, length);
    result = write_record(store, fresh, &sealed);
    mbedtls_platform_zeroize(&sealed, sizeof(sealed));
    if (result != STORE_DONE)
        return result;
    /* If this fails, the sequence numbers say which counts. */
    if (old != store->count)
        (void)erase(store, old);
    else
        store->records++;
    return STORE_DONE;
}

enum store_result store_get(struct store *store, const char *owner, uint32_t key, void *data, size_t *length)
{
    unsigned number = find(store, owner, key);
    struct record record = {0};
    struct sealed sealed = {0};
    enum store_result result = STORE_FAILED;

    if (number == store->count)
        return STORE_NONE;
    /* What is on the disk now need not be what was there when the store was opened. */
    if (store->disk.read(store->disk.context, sector_of(number), (uint8_t *)&record) &&
        unseal(store, &record, number, &sealed) && sealed.key == key && strcmp(sealed.owner, owner) == 0 &&
        record.sequence == store->slots[number].sequence) {
        memcpy(data, sealed.data, sealed.length);
        *length = sealed.length;
        result = STORE_DONE;
    }
    mbedtls_platform_zeroize(&sealed, sizeof(sealed));
    return result;
}

enum store_result store_size(const struct store *store, const char *owner, uint32_t key, size_t *length)
{
    unsigned number = find(store, owner, key);

    if (number == store->count)
        return STORE_NONE;
    *length = store->slots[number].length;
    return STORE_DONE;
}

enum store_result store_remove(struct store *store, const char *owner, uint32_t key)
{
    unsigned number = find(store, owner, key);

    if (number == store->count)
        return STORE_NONE;
    store->records--;
    return erase(store, number) ? STORE_DONE : STORE_FAILED;
}

unsigned store_count(const struct store *store, const char *owner)
{
    unsigned count = 0;

    for (unsigned i = 0; i < store->count; i++)
        count += store->slots[i].state == STORE_RECORD && strcmp(store->slots[i].owner, owner) == 0;
    return count;
}
