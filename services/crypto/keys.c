/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keys.h"

#include <assert.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "its.h"
#include "random.h"

#define SAME(ours, theirs) static_assert((ours) == (theirs), "protocol.h says what the PSA Crypto API says")
SAME(CRYPTO_ALG_SHA_256, PSA_ALG_SHA_256);
SAME(CRYPTO_ALG_CTR, PSA_ALG_CTR);
SAME(CRYPTO_ALG_GCM, PSA_ALG_GCM);
SAME(CRYPTO_ALG_ECDSA_SHA_256, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
SAME(CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256, PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256));
SAME(CRYPTO_TYPE_RAW_DATA, PSA_KEY_TYPE_RAW_DATA);
SAME(CRYPTO_TYPE_AES, PSA_KEY_TYPE_AES);
SAME(CRYPTO_TYPE_P256_KEY_PAIR, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
SAME(CRYPTO_TYPE_P256_PUBLIC_KEY, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
SAME(CRYPTO_USAGE_EXPORT, PSA_KEY_USAGE_EXPORT);
SAME(CRYPTO_USAGE_ENCRYPT, PSA_KEY_USAGE_ENCRYPT);
SAME(CRYPTO_USAGE_DECRYPT, PSA_KEY_USAGE_DECRYPT);
SAME(CRYPTO_USAGE_SIGN_MESSAGE, PSA_KEY_USAGE_SIGN_MESSAGE);
SAME(CRYPTO_USAGE_VERIFY_MESSAGE, PSA_KEY_USAGE_VERIFY_MESSAGE);
SAME(CRYPTO_USAGE_SIGN_HASH, PSA_KEY_USAGE_SIGN_HASH);
SAME(CRYPTO_USAGE_VERIFY_HASH, PSA_KEY_USAGE_VERIFY_HASH);
SAME(CRYPTO_VOLATILE, PSA_KEY_LIFETIME_VOLATILE);
SAME(CRYPTO_PERSISTENT, PSA_KEY_LIFETIME_PERSISTENT);
SAME(CRYPTO_KEY_MIN, PSA_KEY_ID_USER_MIN);
SAME(CRYPTO_KEY_MAX, PSA_KEY_ID_USER_MAX);
SAME(CRYPTO_ERROR_GENERIC, PSA_ERROR_GENERIC_ERROR);
SAME(CRYPTO_ERROR_NOT_PERMITTED, PSA_ERROR_NOT_PERMITTED);
SAME(CRYPTO_ERROR_NOT_SUPPORTED, PSA_ERROR_NOT_SUPPORTED);
SAME(CRYPTO_ERROR_INVALID_ARGUMENT, PSA_ERROR_INVALID_ARGUMENT);
SAME(CRYPTO_ERROR_INVALID_HANDLE, PSA_ERROR_INVALID_HANDLE);
SAME(CRYPTO_ERROR_BAD_STATE, PSA_ERROR_BAD_STATE);
SAME(CRYPTO_ERROR_BUFFER_TOO_SMALL, PSA_ERROR_BUFFER_TOO_SMALL);
SAME(CRYPTO_ERROR_ALREADY_EXISTS, PSA_ERROR_ALREADY_EXISTS);
SAME(CRYPTO_ERROR_DOES_NOT_EXIST, PSA_ERROR_DOES_NOT_EXIST);
SAME(CRYPTO_ERROR_INSUFFICIENT_MEMORY, PSA_ERROR_INSUFFICIENT_MEMORY);
SAME(CRYPTO_ERROR_INSUFFICIENT_STORAGE, PSA_ERROR_INSUFFICIENT_STORAGE);
SAME(CRYPTO_ERROR_COMMUNICATION_FAILURE, PSA_ERROR_COMMUNICATION_FAILURE);
SAME(CRYPTO_ERROR_STORAGE_FAILURE, PSA_ERROR_STORAGE_FAILURE);
SAME(CRYPTO_ERROR_INSUFFICIENT_ENTROPY, PSA_ERROR_INSUFFICIENT_ENTROPY);
SAME(CRYPTO_ERROR_INVALID_SIGNATURE, PSA_ERROR_INVALID_SIGNATURE);
SAME(CRYPTO_ERROR_CORRUPTION_DETECTED, PSA_ERROR_CORRUPTION_DETECTED);
SAME(CRYPTO_ERROR_DATA_CORRUPT, PSA_ERROR_DATA_CORRUPT);
SAME(CRYPTO_ERROR_DATA_INVALID, PSA_ERROR_DATA_INVALID);
static_assert(KEYS_CLIENTS_MAX * KEYS_VOLATILE_MAX > MBEDTLS_PSA_KEY_SLOT_COUNT,
              "shares are bounded by keys_start too");

enum { PARTS = 3, KEYS_SPARE_SLOTS = 8 };

/* A request, checked: everything in it is private. */
struct call {
    struct keys *keys;
    struct keys_client *client;
    const uint64_t *word;
    uint64_t *reply;
    mbedtls_svc_key_id_t key;
    psa_algorithm_t algorithm;
    const uint8_t *part[PARTS];
    size_t size[PARTS];
    uint8_t *answer;
    size_t room; /* for the answer: what window and private copy have */
    size_t answered;
};

static bool started = false;
static unsigned share = KEYS_VOLATILE_MAX; /* volatile keys of each client */

static psa_status_t info(struct call *call)
{
    call->reply[1] = call->keys->generation;
    call->reply[2] =
        (call->keys->store->open ? CRYPTO_FEATURE_PERSISTENT : 0U) | (random_ready() ? CRYPTO_FEATURE_RANDOM : 0U);
    call->reply[3] = CRYPTO_DATA_MAX;
    return PSA_SUCCESS;
}

static psa_status_t reset(struct call *call)
{
    struct keys_client *client = call->client;

    for (unsigned i = 0; i < KEYS_VOLATILE_MAX; i++) {
        if (client->volatile_keys[i] != 0)
            (void)psa_destroy_key(mbedtls_svc_key_id_make(client->number, client->volatile_keys[i]));
        client->volatile_keys[i] = 0;
    }
    return psa_hash_abort(&client->hash);
}

/* Where a volatile key of the client is, or with 0 where one more has room; NULL: nowhere. */
static psa_key_id_t *volatile_key(struct keys_client *client, psa_key_id_t key)
{
    for (unsigned i = 0; i < share; i++)
        if (client->volatile_keys[i] == key)
            return &client->volatile_keys[i];
    return NULL;
}

/* The attributes that a new key is to have. */
static psa_status_t read_attributes(const struct call *call, psa_key_attributes_t *attributes)
{
    uint32_t lifetime = (uint32_t)(call->word[6] >> 32);
    psa_key_id_t id = (psa_key_id_t)call->word[1];

    if (call->word[7] >> 32 > UINT16_MAX || (call->word[7] & UINT32_MAX) > UINT16_MAX)
        return PSA_ERROR_INVALID_ARGUMENT;
    if (lifetime != PSA_KEY_LIFETIME_VOLATILE && lifetime != PSA_KEY_LIFETIME_PERSISTENT)
        return PSA_ERROR_NOT_SUPPORTED;
    if (lifetime == PSA_KEY_LIFETIME_VOLATILE ? id != 0 : id < CRYPTO_KEY_MIN || id > CRYPTO_KEY_MAX)
        return PSA_ERROR_INVALID_ARGUMENT;
    if (lifetime == PSA_KEY_LIFETIME_VOLATILE && volatile_key(call->client, 0) == NULL)
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    if (lifetime == PSA_KEY_LIFETIME_PERSISTENT)
        psa_set_key_id(attributes, call->key);
    else
        mbedtls_set_key_owner_id(attributes, call->client->number);
    psa_set_key_lifetime(attributes, lifetime);
    psa_set_key_usage_flags(attributes, (psa_key_usage_t)call->word[6]);
    psa_set_key_algorithm(attributes, call->algorithm);
    psa_set_key_type(attributes, (psa_key_type_t)call->word[7]);
    psa_set_key_bits(attributes, (size_t)(call->word[7] >> 32));
    return PSA_SUCCESS;
}

static psa_status_t made(struct call *call, psa_status_t status, mbedtls_svc_key_id_t key)
{
    if (status == PSA_SUCCESS && (call->word[6] >> 32) == PSA_KEY_LIFETIME_VOLATILE)
        *volatile_key(call->client, 0) = MBEDTLS_SVC_KEY_ID_GET_KEY_ID(key);
    call->reply[1] = MBEDTLS_SVC_KEY_ID_GET_KEY_ID(key);
    return status == PSA_ERROR_DATA_INVALID ? its_last_change() : status;
}

static psa_status_t generate_key(struct call *call)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key = MBEDTLS_SVC_KEY_ID_INIT;
    psa_status_t status = read_attributes(call, &attributes);

    if (status == PSA_SUCCESS)
        status = psa_generate_key(&attributes, &key);
    return made(call, status, key);
}

static psa_status_t import_key(struct call *call)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key = MBEDTLS_SVC_KEY_ID_INIT;
    psa_status_t status = read_attributes(call, &attributes);

    if (status == PSA_SUCCESS)
        status = psa_import_key(&attributes, call->part[0], call->size[0], &key);
    return made(call, status, key);
}

static psa_status_t export_key(struct call *call)
{
    return psa_export_key(call->key, call->answer, call->room, &call->answered);
}

static psa_status_t export_public_key(struct call *call)
{
    return psa_export_public_key(call->key, call->answer, call->room, &call->answered);
}

static psa_status_t destroy_key(struct call *call)
{
    psa_key_id_t *entry = volatile_key(call->client, (psa_key_id_t)call->word[1]);
    psa_status_t status = psa_destroy_key(call->key);

    if (status == PSA_ERROR_DATA_INVALID)
        status = its_last_change();
    /* The core does not even begin with a record that it cannot read. */
    if (status == PSA_ERROR_DATA_INVALID)
        status = its_remove(call->client, (uint32_t)call->word[1]);
    if (entry != NULL && status == PSA_SUCCESS)
        *entry = 0;
    return status;
}

static psa_status_t get_attributes(struct call *call)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(call->key, &attributes);

    if (status != PSA_SUCCESS)
        return status;
    call->reply[1] = call->word[1];
    call->reply[2] = psa_get_key_algorithm(&attributes);
    call->reply[6] = psa_get_key_usage_flags(&attributes) | (uint64_t)psa_get_key_lifetime(&attributes) << 32;
    call->reply[7] = psa_get_key_type(&attributes) | (uint64_t)psa_get_key_bits(&attributes) << 32;
    psa_reset_key_attributes(&attributes);
    return PSA_SUCCESS;
}

static psa_status_t sign_hash(struct call *call)
{
    return psa_sign_hash(call->key, call->algorithm, call->part[0], call->size[0], call->answer, call->room,
                         &call->answered);
}

static psa_status_t verify_hash(struct call *call)
{
    return psa_verify_hash(call->key, call->algorithm, call->part[0], call->size[0], call->part[1], call->size[1]);
}

static psa_status_t sign_message(struct call *call)
{
    return psa_sign_message(call->key, call->algorithm, call->part[0], call->size[0], call->answer, call->room,
                            &call->answered);
}

static psa_status_t verify_message(struct call *call)
{
    return psa_verify_message(call->key, call->algorithm, call->part[0], call->size[0], call->part[1], call->size[1]);
}

static psa_status_t encrypt(struct call *call)
{
    return psa_cipher_encrypt(call->key, call->algorithm, call->part[0], call->size[0], call->answer, call->room,
                              &call->answered);
}

static psa_status_t decrypt(struct call *call)
{
    return psa_cipher_decrypt(call->key, call->algorithm, call->part[0], call->size[0], call->answer, call->room,
                              &call->answered);
}

static psa_status_t aead_encrypt(struct call *call)
{
    return psa_aead_encrypt(call->key, call->algorithm, call->part[1], call->size[1], call->part[2], call->size[2],
                            call->part[0], call->size[0], call->answer, call->room, &call->answered);
}

static psa_status_t aead_decrypt(struct call *call)
{
    return psa_aead_decrypt(call->key, call->algorithm, call->part[1], call->size[1], call->part[2], call->size[2],
                            call->part[0], call->size[0], call->answer, call->room, &call->answered);
}

static psa_status_t hash(struct call *call)
{
    return psa_hash_compute(call->algorithm, call->part[0], call->size[0], call->answer, call->room, &call->answered);
}

static psa_status_t hash_setup(struct call *call)
{
    (void)psa_hash_abort(&call->client->hash);
    return psa_hash_setup(&call->client->hash, call->algorithm);
}

static psa_status_t hash_update(struct call *call)
{
    return psa_hash_update(&call->client->hash, call->part[0], call->size[0]);
}

static psa_status_t hash_finish(struct call *call)
{
    return psa_hash_finish(&call->client->hash, call->answer, call->room, &call->answered);
}

static psa_status_t generate_random(struct call *call)
{
    if (call->word[3] > call->room)
        return PSA_ERROR_BUFFER_TOO_SMALL;
    call->answered = (size_t)call->word[3];
    return psa_generate_random(call->answer, call->answered);
}

enum uses { KEY = 1 << 0, ALGORITHM = 1 << 1, ATTRIBUTES = 1 << 2, COUNT = 1 << 3 };

static const struct operation {
    psa_status_t (*run)(struct call *call);
    unsigned uses;
    unsigned parts;
} operations[] = {
    [CRYPTO_INFO] = {info, 0, 0},
    [CRYPTO_RESET] = {reset, 0, 0},
    [CRYPTO_GENERATE_KEY] = {generate_key, KEY | ALGORITHM | ATTRIBUTES, 0},
    [CRYPTO_IMPORT_KEY] = {import_key, KEY | ALGORITHM | ATTRIBUTES, 1},
    [CRYPTO_EXPORT_KEY] = {export_key, KEY, 0},
    [CRYPTO_EXPORT_PUBLIC_KEY] = {export_public_key, KEY, 0},
    [CRYPTO_DESTROY_KEY] = {destroy_key, KEY, 0},
    [CRYPTO_GET_ATTRIBUTES] = {get_attributes, KEY, 0},
    [CRYPTO_SIGN_HASH] = {sign_hash, KEY | ALGORITHM, 1},
    [CRYPTO_VERIFY_HASH] = {verify_hash, KEY | ALGORITHM, 2},
    [CRYPTO_SIGN_MESSAGE] = {sign_message, KEY | ALGORITHM, 1},
    [CRYPTO_VERIFY_MESSAGE] = {verify_message, KEY | ALGORITHM, 2},
    [CRYPTO_ENCRYPT] = {encrypt, KEY | ALGORITHM, 1},
    [CRYPTO_DECRYPT] = {decrypt, KEY | ALGORITHM, 1},
    [CRYPTO_AEAD_ENCRYPT] = {aead_encrypt, KEY | ALGORITHM, 3},
    [CRYPTO_AEAD_DECRYPT] = {aead_decrypt, KEY | ALGORITHM, 3},
    [CRYPTO_HASH] = {hash, ALGORITHM, 1},
    [CRYPTO_HASH_SETUP] = {hash_setup, ALGORITHM, 0},
    [CRYPTO_HASH_UPDATE] = {hash_update, 0, 1},
    [CRYPTO_HASH_FINISH] = {hash_finish, 0, 0},
    [CRYPTO_RANDOM] = {generate_random, COUNT, 0},
};

/* Whether the words are such a request; no word that it does not use says anything. */
static bool words_fit(const struct operation *operation, const uint64_t *word)
{
    if (word[1] > UINT32_MAX || ((operation->uses & KEY) == 0 && word[1] != 0))
        return false;
    if (word[2] > UINT32_MAX || ((operation->uses & ALGORITHM) == 0 && word[2] != 0))
        return false;
    if ((operation->uses & ATTRIBUTES) == 0 && (word[6] != 0 || word[7] != 0))
        return false;
    for (unsigned i = 0; i < PARTS; i++)
        if (i >= operation->parts && word[3 + i] != 0 && !(i == 0 && (operation->uses & COUNT) != 0))
            return false;
    return true;
}

/* Copies the parts, once. False: they are not all in the window, or too much. */
static bool take_parts(struct call *call, unsigned parts)
{
    uint64_t size = 0;

    for (unsigned i = 0; i < parts; i++) {
        if (call->word[3 + i] > call->room - size)
            return false;
        call->part[i] = call->keys->input + size;
        call->size[i] = (size_t)call->word[3 + i];
        size += call->word[3 + i];
    }
    memcpy(call->keys->input, call->client->window, size);
    return true;
}

static psa_status_t run(struct call *call, const struct operation *operation)
{
    psa_status_t status = PSA_SUCCESS;

    its_begin();
    status = operation->run(call);
    if (status == PSA_SUCCESS && call->answered != 0) {
        memcpy(call->client->window, call->answer, call->answered);
        call->reply[1] = call->answered;
    }
    /* Neither keys nor plaintext stay behind, whatever happened. */
    mbedtls_platform_zeroize(call->answer, call->room);
    mbedtls_platform_zeroize(call->keys->input, call->size[0] + call->size[1] + call->size[2]);
    return status;
}

static int64_t answer(struct keys *keys, struct keys_client *client, const uint64_t *word, uint64_t *reply)
{
    uint64_t number = word[0] & UINT32_MAX;
    struct call call = {.keys = keys, .client = client, .word = word, .reply = reply, .answer = keys->output};

    if (client == NULL)
        return PSA_ERROR_NOT_PERMITTED;
    if (!started)
        return PSA_ERROR_BAD_STATE;
    if (number >= sizeof(operations) / sizeof(operations[0]) || operations[number].run == NULL)
        return PSA_ERROR_NOT_SUPPORTED;
    if (number != CRYPTO_INFO && word[0] >> 32 != keys->generation)
        return CRYPTO_RESTARTED;
    call.room = client->window_size < CRYPTO_DATA_MAX ? client->window_size : CRYPTO_DATA_MAX;
    if (!words_fit(&operations[number], word))
        return PSA_ERROR_INVALID_ARGUMENT;
    if ((operations[number].uses & (KEY | ATTRIBUTES)) == KEY && word[1] == 0)
        return PSA_ERROR_INVALID_HANDLE;
    if (!take_parts(&call, operations[number].parts))
        return PSA_ERROR_INVALID_ARGUMENT;
    call.key = mbedtls_svc_key_id_make(client->number, (psa_key_id_t)word[1]);
    call.algorithm = (psa_algorithm_t)word[2];
    return run(&call, &operations[number]);
}

void keys_answer(struct keys *keys, struct keys_client *client, const uint64_t *word, uint64_t *reply)
{
    reply[0] = (uint64_t)answer(keys, client, word, reply);
}

bool keys_start(struct keys *keys)
{
    unsigned slots = MBEDTLS_PSA_KEY_SLOT_COUNT - KEYS_SPARE_SLOTS;

    its_start(keys);
    if (keys->client_count > KEYS_CLIENTS_MAX)
        return false;
    if (keys->client_count * KEYS_VOLATILE_MAX > slots)
        share = slots / keys->client_count;
    started = psa_crypto_init() == PSA_SUCCESS;
    return started;
}
