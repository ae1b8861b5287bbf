/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Algorithms and types of keys that the PSA core has (MBEDTLS_PSA_CRYPTO_CONFIG_FILE).
 */
#pragma once

#define PSA_WANT_ALG_ECDSA               1
#define PSA_WANT_ALG_DETERMINISTIC_ECDSA 1
#define PSA_WANT_ALG_SHA_256             1
#define PSA_WANT_ALG_GCM                 1
#define PSA_WANT_ALG_CTR                 1

#define PSA_WANT_ECC_SECP_R1_256 1

#define PSA_WANT_KEY_TYPE_AES            1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR   1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
