/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys that this component may use and never sees (`crypto:` in its description): the functions of the PSA Crypto API
 * 1.1 of the same names, by calls to the crypto service. Each names the section of that specification.
 *
 *   static struct crypto crypto;
 *   status = crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP);
 *   status = crypto_sign_message(&crypto, 1, CRYPTO_ALG_ECDSA_SHA_256, (struct crypto_bytes){text, size}, &signature);
 *
 * Every call answers CRYPTO_SUCCESS or an enum crypto_status (services/crypto/protocol.h, where algorithms, types,
 * flags and the longest request, CRYPTO_DATA_MAX, are too), and may be made by this component's one thread alone. A
 * call takes up to the portal's `longest` on the caller's budget. A service that is made again is waited for, for
 * CRYPTO_PATIENCE_NS at most, and asked again: then volatile keys and a hash operation are gone, `generation` is
 * another, and a key that was being generated or imported when the service died may be there
 * (CRYPTO_ERROR_ALREADY_EXISTS). CRYPTO_ERROR_COMMUNICATION_FAILURE: there is no service. A call that waits for one
 * gives its component's watchdog signs of life.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "services/crypto/protocol.h"

/* What component.h says of the keys. */
#define CRYPTO_SETUP                                                 \
    {                                                                \
        CRYPTO_WINDOW_ADDRESS, CRYPTO_WINDOW_SIZE, CAP_CRYPTO_PORTAL \
    }

#define CRYPTO_PATIENCE_NS UINT64_C(5000000000)

struct crypto_setup {
    uint64_t window;
    uint64_t window_size;
    uint32_t portal;
};

struct crypto {
    struct crypto_setup setup;
    uint32_t generation; /* of the service; 0: never heard of it */
};

/* Attributes of a key (9). What a key may be used for is fixed when it is made. */
struct crypto_attributes {
    uint32_t id;        /* of a persistent key, CRYPTO_KEY_MIN to CRYPTO_KEY_MAX; 0 of a volatile one to be made */
    uint32_t lifetime;  /* enum crypto_lifetime */
    uint32_t usage;     /* enum crypto_usage */
    uint32_t algorithm; /* the one that it may be used with, CRYPTO_ALG_ */
    uint32_t type;      /* CRYPTO_TYPE_ */
    uint32_t bits;      /* of an imported key, 0 to have it measured */
};

/* Bytes to read. */
struct crypto_bytes {
    const void *bytes;
    size_t size;
};

/* Room for an answer: `length` is how much of it was filled, 0 on an error. */
struct crypto_room {
    void *bytes;
    size_t size;
    size_t length;
};

/* Finds the service; volatile keys of a copy of this component before it are destroyed. */
int crypto_open(struct crypto *crypto, const struct crypto_setup *setup);

/* 9.6: makes a key. *key names it in the calls below. */
int crypto_generate_key(struct crypto *crypto, const struct crypto_attributes *attributes, uint32_t *key);
int crypto_import_key(struct crypto *crypto, const struct crypto_attributes *attributes, struct crypto_bytes data,
                      uint32_t *key);
int crypto_destroy_key(struct crypto *crypto, uint32_t key);
int crypto_get_key_attributes(struct crypto *crypto, uint32_t key, struct crypto_attributes *attributes);

/* 9.6: the whole of it, if its usage flags have EXPORT; and the public part, always: 04, X, Y of P-256. */
int crypto_export_key(struct crypto *crypto, uint32_t key, struct crypto_room *data);
int crypto_export_public_key(struct crypto *crypto, uint32_t key, struct crypto_room *data);

/* 10.7: signatures are r and s, 32 bytes each, of P-256. CRYPTO_ERROR_INVALID_SIGNATURE. */
int crypto_sign_message(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes message,
                        struct crypto_room *signature);
int crypto_verify_message(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes message,
                          struct crypto_bytes signature);
int crypto_sign_hash(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes hash,
                     struct crypto_room *signature);
int crypto_verify_hash(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes hash,
                       struct crypto_bytes signature);

/* 10.4: the ciphertext has the IV, which is random, before it. */
int crypto_cipher_encrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes plaintext,
                          struct crypto_room *ciphertext);
int crypto_cipher_decrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes ciphertext,
                          struct crypto_room *plaintext);

/* 10.5: the ciphertext has the tag behind it. A nonce must never be used twice. CRYPTO_ERROR_INVALID_SIGNATURE. */
int crypto_aead_encrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes nonce,
                        struct crypto_bytes additional, struct crypto_bytes plaintext, struct crypto_room *ciphertext);
int crypto_aead_decrypt(struct crypto *crypto, uint32_t key, uint32_t algorithm, struct crypto_bytes nonce,
                        struct crypto_bytes additional, struct crypto_bytes ciphertext, struct crypto_room *plaintext);

/* 10.2: of all at once, or of as much as one likes by one operation at a time, which each setup begins afresh. */
int crypto_hash_compute(struct crypto *crypto, uint32_t algorithm, struct crypto_bytes message,
                        struct crypto_room *hash);
int crypto_hash_setup(struct crypto *crypto, uint32_t algorithm);
int crypto_hash_update(struct crypto *crypto, struct crypto_bytes more);
int crypto_hash_finish(struct crypto *crypto, struct crypto_room *hash);

/* 10.10: fills `size` bytes of random->bytes. */
int crypto_generate_random(struct crypto *crypto, struct crypto_room *random);

/*
 * The same as words, for who passes on what others ask for (services/agent): those of a request as protocol.h has them,
 * without the generation, and then those of the reply; its parts in one piece. room->length: of the data in the answer.
 */
int crypto_request(struct crypto *crypto, uint64_t word[8], struct crypto_bytes data, struct crypto_room *room);
