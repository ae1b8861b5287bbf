/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "psa.h"

#include <assert.h>
#include <string.h>

enum { WORDS = 8, CID_SHIFT = 16 };

static_assert(((uint64_t)AGENT_CID_MAX << CID_SHIFT | AGENT_KEY_MAX) <= CRYPTO_KEY_MAX,
              "every guest's numbers are numbers of persistent keys");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian");

/* Those that make a key say which lifetime. */
static bool makes_key(uint64_t operation)
{
    return operation == CRYPTO_GENERATE_KEY || operation == CRYPTO_IMPORT_KEY;
}

static int may_ask(const uint64_t *word, uint64_t cid)
{
    switch (word[0]) {
    case CRYPTO_RESET:
    case CRYPTO_HASH_SETUP:
    case CRYPTO_HASH_UPDATE:
    case CRYPTO_HASH_FINISH:
        return CRYPTO_ERROR_NOT_SUPPORTED;
    default:
        break;
    }
    if (word[0] > UINT32_MAX)
        return CRYPTO_ERROR_NOT_SUPPORTED;
    if (makes_key(word[0]) && word[6] >> 32 != CRYPTO_PERSISTENT)
        return CRYPTO_ERROR_NOT_SUPPORTED;
    if (word[1] > AGENT_KEY_MAX || (makes_key(word[0]) && word[1] == 0))
        return CRYPTO_ERROR_INVALID_ARGUMENT;
    if (word[1] != 0 && (cid <= 2 || cid > AGENT_CID_MAX))
        return CRYPTO_ERROR_NOT_PERMITTED;
    return CRYPTO_SUCCESS;
}

/* The service's number of a guest's key. 0 is none. */
static uint64_t number_of(uint64_t cid, uint64_t key)
{
    return key == 0 ? 0 : cid << CID_SHIFT | key;
}

/* A reply's w1 is a number of a key where no data follow and it is not about the service. */
static bool names_key(uint64_t operation)
{
    return makes_key(operation) || operation == CRYPTO_GET_ATTRIBUTES;
}

static int ask(struct crypto *crypto, uint64_t cid, uint64_t *word, struct crypto_bytes data, struct crypto_room *room)
{
    uint64_t operation = word[0];
    int status = may_ask(word, cid);

    if (status != CRYPTO_SUCCESS)
        return status;
    word[1] = number_of(cid, word[1]);
    status = crypto_request(crypto, word, data, room);
    if (status == CRYPTO_SUCCESS && names_key(operation))
        word[1] &= AGENT_KEY_MAX;
    return status;
}

/* Whether the data are the parts that the words speak of. */
static bool parts_fit(const uint64_t *word, size_t size)
{
    uint64_t parts = word[0] == CRYPTO_RANDOM ? 0 : word[3];

    /* Each at most what a frame has, so that the sum is right. */
    return word[3] <= AGENT_FRAME_MAX && word[4] <= AGENT_FRAME_MAX && word[5] <= AGENT_FRAME_MAX &&
           parts + word[4] + word[5] == size;
}

size_t psa_answer(struct crypto *crypto, uint64_t cid, const uint8_t *frame, size_t size, uint8_t *answer)
{
    uint64_t word[WORDS] = {0};
    struct crypto_room room = {answer + AGENT_WORDS_BYTES, CRYPTO_DATA_MAX, 0};
    int status = CRYPTO_SUCCESS;

    if (size < AGENT_WORDS_BYTES || size > AGENT_WORDS_BYTES + AGENT_DATA_MAX)
        return 0;
    memcpy(word, frame, sizeof(word));
    if (!parts_fit(word, size - AGENT_WORDS_BYTES))
        return 0;
    status = ask(crypto, cid, word, (struct crypto_bytes){frame + AGENT_WORDS_BYTES, size - AGENT_WORDS_BYTES}, &room);
    if (status != CRYPTO_SUCCESS)
        memset(word, 0, sizeof(word));
    word[0] = (uint64_t)(int64_t)status;
    memcpy(answer, word, sizeof(word));
    return AGENT_WORDS_BYTES + room.length;
}
