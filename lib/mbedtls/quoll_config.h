/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What of Mbed TLS 2.28 is built, for components and for the host's tests alike (MBEDTLS_CONFIG_FILE): the core of the
 * PSA Crypto API with what quoll_psa_config.h wants of it, and the parts below it that others use by themselves (AES,
 * SHA-256, CTR_DRBG). No file system, no threads, no clock, no entropy of its own, nothing of TLS or X.509.
 */
#pragma once

/* The PSA core. Every key has an owner: the client of the service, which no message of a client can name. */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "mbedtls/quoll_psa_config.h"
#define MBEDTLS_PSA_CRYPTO_KEY_ID_ENCODES_OWNER

/* Its storage is psa_its_* of whoever links it (psa/internal_trusted_storage.h), its random bytes and seeds too. */
#define MBEDTLS_PSA_CRYPTO_STORAGE_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

/* Keys in RAM at once: volatile ones, and persistent ones that are in use. */
#define MBEDTLS_PSA_KEY_SLOT_COUNT 48

/* What the above stands on. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_CIPHER_C
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
#define MBEDTLS_SHA256_C

/* AES: tables in read-only memory rather than RAM, and the small half of them. */
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES

/* P-256: the reduction of this prime, multiples in tables of 16 and 32 points (6 gains nothing, 4 costs a
 * verification). */
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_WINDOW_SIZE       5
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_MPI_MAX_SIZE          64

#include "mbedtls/config_psa.h"

#include "mbedtls/check_config.h"
