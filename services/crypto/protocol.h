/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `crypto`: the single-part functions of the PSA Crypto API 1.1, a request each. The
 * capability's label says which client it is, and its name in the description is the owner of its keys.
 *
 *   w0  operation | generation << 32       reply: w0  psa_status_t, sign-extended, or CRYPTO_RESTARTED
 *   w1  key, 0: none                              w1  key, or bytes in the window, or what the operation says
 *   w2  algorithm
 *   w3  bytes of part 0
 *   w4  bytes of part 1
 *   w5  bytes of part 2
 *   w6  usage flags | lifetime << 32
 *   w7  type | bits << 32
 *
 * The parts stand behind each other at the beginning of the window that client and service share, with nothing between
 * them; the service reads each byte once. What it answers stands at the window's beginning, in their place. Integers
 * that an operation does not use are zero. The values of status, algorithms, types, flags and lifetimes are PSA's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum crypto_operation {
    /*                                 key  algorithm  parts                       attributes     answer            */
    CRYPTO_INFO = 1,              /*   -    -          -                           -              w1 generation, w2 enum
                                   *   crypto_feature, w3 CRYPTO_DATA_MAX; the one request without a generation      */
    CRYPTO_RESET = 2,             /*   -    -          -                           -              volatile keys of the
                                   *   client and its hash operation are gone: what a client says when it starts     */
    CRYPTO_GENERATE_KEY = 3,      /*   id   permitted  -                           all            w1 key            */
    CRYPTO_IMPORT_KEY = 4,        /*   id   permitted  the key                     all            w1 key            */
    CRYPTO_EXPORT_KEY = 5,        /*   key  -          -                           -              the key           */
    CRYPTO_EXPORT_PUBLIC_KEY = 6, /*   key  -          -                           -              04 X Y            */
    CRYPTO_DESTROY_KEY = 7,       /*   key  -          -                           -              -                 */
    CRYPTO_GET_ATTRIBUTES = 8,    /*   key  -          -                           -              as in a request   */
    CRYPTO_SIGN_HASH = 9,         /*   key  alg        hash                        -              r s               */
    CRYPTO_VERIFY_HASH = 10,      /*   key  alg        hash, signature             -              -                 */
    CRYPTO_SIGN_MESSAGE = 11,     /*   key  alg        message                     -              r s               */
    CRYPTO_VERIFY_MESSAGE = 12,   /*   key  alg        message, signature          -              -                 */
    CRYPTO_ENCRYPT = 13,          /*   key  alg        plaintext                   -              IV, ciphertext    */
    CRYPTO_DECRYPT = 14,          /*   key  alg        IV and ciphertext           -              plaintext         */
    CRYPTO_AEAD_ENCRYPT = 15,     /*   key  alg        plaintext, nonce, additional -             ciphertext, tag   */
    CRYPTO_AEAD_DECRYPT = 16,     /*   key  alg        ciphertext and tag, nonce, additional -    plaintext         */
    CRYPTO_HASH = 17,             /*   -    alg        message                     -              hash              */
    CRYPTO_HASH_SETUP = 18,       /*   -    alg        -                           -              -                 */
    CRYPTO_HASH_UPDATE = 19,      /*   -    -          more                        -              -                 */
    CRYPTO_HASH_FINISH = 20,      /*   -    -          -                           -              hash              */
    CRYPTO_RANDOM = 21,           /*   -    -          -                           w3: bytes      random bytes      */
};

/* Whether the answer of an operation that succeeded is w1 bytes in the window. */
static inline bool crypto_answers_data(unsigned operation)
{
    switch (operation) {
    case CRYPTO_EXPORT_KEY:
    case CRYPTO_EXPORT_PUBLIC_KEY:
    case CRYPTO_SIGN_HASH:
    case CRYPTO_SIGN_MESSAGE:
    case CRYPTO_ENCRYPT:
    case CRYPTO_DECRYPT:
    case CRYPTO_AEAD_ENCRYPT:
    case CRYPTO_AEAD_DECRYPT:
    case CRYPTO_HASH:
    case CRYPTO_HASH_FINISH:
    case CRYPTO_RANDOM:
        return true;
    default:
        return false;
    }
}

/*
 * In place of a status: the generation is another copy's. Its volatile keys and hash operations are gone; persistent
 * keys are there. The client asks CRYPTO_INFO and says again what is still meant.
 */
#define CRYPTO_RESTARTED 1

enum crypto_feature {
    CRYPTO_FEATURE_PERSISTENT = 1 << 0, /* there is a disk and a sealing secret: persistent keys */
    CRYPTO_FEATURE_RANDOM = 1 << 1,     /* there is entropy; without it nothing random is made and no key is sealed */
};

/* Bytes of one request's parts and of its answer, however large the window: `longest` holds for so many. */
enum { CRYPTO_DATA_MAX = 16384 };

/* Numbers that a client may give to persistent keys. */
enum { CRYPTO_KEY_MIN = 1, CRYPTO_KEY_MAX = 0x3fffffff };

/* PSA Crypto API 1.1: status (3.2), */
enum crypto_status {
    CRYPTO_SUCCESS = 0,
    CRYPTO_ERROR_GENERIC = -132,
    CRYPTO_ERROR_NOT_PERMITTED = -133,
    CRYPTO_ERROR_NOT_SUPPORTED = -134,
    CRYPTO_ERROR_INVALID_ARGUMENT = -135,
    CRYPTO_ERROR_INVALID_HANDLE = -136, /* no such key of this client's */
    CRYPTO_ERROR_BAD_STATE = -137,
    CRYPTO_ERROR_BUFFER_TOO_SMALL = -138,
    CRYPTO_ERROR_ALREADY_EXISTS = -139,
    CRYPTO_ERROR_DOES_NOT_EXIST = -140,
    CRYPTO_ERROR_INSUFFICIENT_MEMORY = -141,  /* also: the client has its share of volatile keys */
    CRYPTO_ERROR_INSUFFICIENT_STORAGE = -142, /* also: the client has its share of persistent keys */
    CRYPTO_ERROR_COMMUNICATION_FAILURE = -145,
    CRYPTO_ERROR_STORAGE_FAILURE = -146,
    CRYPTO_ERROR_INSUFFICIENT_ENTROPY = -148,
    CRYPTO_ERROR_INVALID_SIGNATURE = -149,
    CRYPTO_ERROR_CORRUPTION_DETECTED = -151,
    CRYPTO_ERROR_DATA_CORRUPT = -152,
    CRYPTO_ERROR_DATA_INVALID = -153, /* the record is no key; it can be destroyed */
};

/* algorithms (10), types of keys (9.2), */
#define CRYPTO_ALG_NONE                        UINT32_C(0)
#define CRYPTO_ALG_SHA_256                     UINT32_C(0x02000009)
#define CRYPTO_ALG_CTR                         UINT32_C(0x04c01000)
#define CRYPTO_ALG_GCM                         UINT32_C(0x05500200)
#define CRYPTO_ALG_ECDSA_SHA_256               UINT32_C(0x06000609)
#define CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256 UINT32_C(0x06000709)

#define CRYPTO_TYPE_RAW_DATA        UINT32_C(0x1001)
#define CRYPTO_TYPE_AES             UINT32_C(0x2400) /* 128, 192 or 256 bits */
#define CRYPTO_TYPE_P256_KEY_PAIR   UINT32_C(0x7112) /* 256 bits */
#define CRYPTO_TYPE_P256_PUBLIC_KEY UINT32_C(0x4112) /* 256 bits */

/* usage flags (9.5), lifetimes (9.3). */
enum crypto_usage {
    CRYPTO_USAGE_EXPORT = 0x0001, /* without it, a secret never leaves; public parts always may */
    CRYPTO_USAGE_ENCRYPT = 0x0100,
    CRYPTO_USAGE_DECRYPT = 0x0200,
    CRYPTO_USAGE_SIGN_MESSAGE = 0x0400,
    CRYPTO_USAGE_VERIFY_MESSAGE = 0x0800,
    CRYPTO_USAGE_SIGN_HASH = 0x1000,
    CRYPTO_USAGE_VERIFY_HASH = 0x2000,
};
enum crypto_lifetime { CRYPTO_VOLATILE = 0, CRYPTO_PERSISTENT = 1 };

/* Bytes of what goes with P-256, SHA-256 and AES. */
enum {
    CRYPTO_HASH_BYTES = 32,
    CRYPTO_SIGNATURE_BYTES = 64,
    CRYPTO_PUBLIC_KEY_BYTES = 65,
    CRYPTO_NONCE_BYTES = 12,
    CRYPTO_TAG_BYTES = 16,
    CRYPTO_IV_BYTES = 16,
};
