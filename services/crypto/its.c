/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The storage of the PSA core (PSA Secure Storage API 1.0): the number of a client in a uid becomes its name, which is
 * what a record on the disk says, so that another description gives nobody another's keys.
 */
#include "its.h"

#include <string.h>

#include <mbedtls/platform_util.h>
#include <psa/internal_trusted_storage.h>

static struct keys *keys;
static psa_status_t last_change = PSA_SUCCESS;

void its_start(struct keys *of)
{
    keys = of;
}

static const struct keys_client *owner(psa_storage_uid_t uid)
{
    for (unsigned i = 0; i < keys->client_count; i++)
        if ((uint32_t)keys->clients[i].number == uid >> 32)
            return &keys->clients[i];
    return NULL;
}

static psa_status_t status_of(enum store_result result)
{
    switch (result) {
    case STORE_DONE:
        return PSA_SUCCESS;
    case STORE_NONE:
        return PSA_ERROR_DOES_NOT_EXIST;
    case STORE_FULL:
        return PSA_ERROR_INSUFFICIENT_STORAGE;
    default:
        return PSA_ERROR_STORAGE_FAILURE;
    }
}

static psa_status_t set(psa_storage_uid_t uid, size_t data_length, const void *p_data)
{
    const struct keys_client *client = owner(uid);

    if (client == NULL)
        return PSA_ERROR_NOT_SUPPORTED;
    if (!keys->store->open)
        return PSA_ERROR_STORAGE_FAILURE;
    if (store_count(keys->store, client->name) >= keys->store->count / keys->client_count)
        return PSA_ERROR_INSUFFICIENT_STORAGE;
    return status_of(store_set(keys->store, client->name, (uint32_t)uid, p_data, data_length));
}

psa_status_t psa_its_set(psa_storage_uid_t uid, size_t data_length, const void *p_data,
                         psa_storage_create_flags_t create_flags)
{
    last_change = create_flags == PSA_STORAGE_FLAG_NONE ? set(uid, data_length, p_data) : PSA_ERROR_NOT_SUPPORTED;
    return last_change;
}

void its_begin(void)
{
    last_change = PSA_ERROR_DATA_INVALID;
}

psa_status_t its_last_change(void)
{
    return last_change;
}

psa_status_t psa_its_get(psa_storage_uid_t uid, size_t data_offset, size_t data_length, void *p_data,
                         size_t *p_data_length)
{
    const struct keys_client *client = owner(uid);
    uint8_t data[STORE_DATA_MAX];
    size_t size = 0;
    psa_status_t status = PSA_ERROR_DOES_NOT_EXIST;

    if (client != NULL)
        status = status_of(store_get(keys->store, client->name, (uint32_t)uid, data, &size));
    if (status == PSA_SUCCESS && data_offset > size)
        status = PSA_ERROR_INVALID_ARGUMENT;
    if (status == PSA_SUCCESS) {
        *p_data_length = size - data_offset < data_length ? size - data_offset : data_length;
        memcpy(p_data, data + data_offset, *p_data_length);
    }
    mbedtls_platform_zeroize(data, sizeof(data));
    return status;
}

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info)
{
    const struct keys_client *client = owner(uid);
    size_t size = 0;
    psa_status_t status = PSA_ERROR_DOES_NOT_EXIST;

    if (client != NULL)
        status = status_of(store_size(keys->store, client->name, (uint32_t)uid, &size));
    if (status == PSA_SUCCESS)
        *p_info = (struct psa_storage_info_t){.capacity = size, .size = size};
    return status;
}

psa_status_t psa_its_remove(psa_storage_uid_t uid)
{
    const struct keys_client *client = owner(uid);

    last_change = PSA_ERROR_DOES_NOT_EXIST;
    if (client != NULL)
        last_change = status_of(store_remove(keys->store, client->name, (uint32_t)uid));
    return last_change;
}

psa_status_t its_remove(const struct keys_client *client, uint32_t key)
{
    return psa_its_remove((psa_storage_uid_t)(uint32_t)client->number << 32 | key);
}
