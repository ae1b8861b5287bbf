/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the core of the PSA Crypto API asks of its storage (PSA Secure Storage API 1.0, 5.2). Whoever links the core
 * with persistent keys has these four functions; here uid is the owner of a key << 32 | the key's number.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "psa/error.h"

typedef uint64_t psa_storage_uid_t;
typedef uint32_t psa_storage_create_flags_t;

#define PSA_STORAGE_FLAG_NONE       0U
#define PSA_STORAGE_FLAG_WRITE_ONCE 1U /* psa_its_set and psa_its_remove fail afterwards */

struct psa_storage_info_t {
    size_t capacity; /* bytes that it may grow to */
    size_t size;     /* bytes that it has */
    psa_storage_create_flags_t flags;
};

/* Stores or replaces; PSA_SUCCESS: it is there after a loss of power. Otherwise nothing has changed, or all of it has.
 */
psa_status_t psa_its_set(psa_storage_uid_t uid, size_t data_length, const void *p_data,
                         psa_storage_create_flags_t create_flags);

/* At most data_length bytes from offset on; *p_data_length is how many. PSA_ERROR_DOES_NOT_EXIST, _INVALID_ARGUMENT. */
psa_status_t psa_its_get(psa_storage_uid_t uid, size_t data_offset, size_t data_length, void *p_data,
                         size_t *p_data_length);

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info);

/* PSA_SUCCESS: it is gone after a loss of power. */
psa_status_t psa_its_remove(psa_storage_uid_t uid);
