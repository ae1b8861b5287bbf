/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests' PSA requests: each guest's keys are its own, the agent's are nobody's, and what is not for guests is refused.
 */
#include "services/agent/psa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "portal.h"
#include "tests.h"

enum { LINUX = 3, OTHER = 4, SIGN = CRYPTO_USAGE_SIGN_MESSAGE | CRYPTO_USAGE_VERIFY_MESSAGE };

static uint8_t answer[AGENT_FRAME_MAX];
static uint64_t words[8]; /* of the answer */
static size_t answer_size;

/* The status, or 1: the connection ends. */
static int64_t ask_agent(uint64_t cid, const uint64_t word[8], const void *data, size_t size)
{
    /* Of the heap and exact, so that a byte beyond it is noticed. */
    uint8_t *frame = malloc(AGENT_WORDS_BYTES + size);

    assert_non_null(frame);
    memcpy(frame, word, AGENT_WORDS_BYTES);
    if (size != 0)
        memcpy(frame + AGENT_WORDS_BYTES, data, size);
    answer_size = psa_answer(&behind.crypto, cid, frame, AGENT_WORDS_BYTES + size, answer);
    free(frame);
    if (answer_size == 0)
        return 1;
    memcpy(words, answer, sizeof(words));
    return (int64_t)words[0];
}

static int64_t generate_for(uint64_t cid, uint64_t key, uint64_t lifetime)
{
    return ask_agent(cid,
                     (uint64_t[8]){CRYPTO_GENERATE_KEY, key, CRYPTO_ALG_ECDSA_SHA_256, 0, 0, 0, SIGN | lifetime << 32,
                                   CRYPTO_TYPE_P256_KEY_PAIR | UINT64_C(256) << 32},
                     NULL, 0);
}

static int64_t about(uint64_t cid, uint64_t operation, uint64_t key)
{
    return ask_agent(cid, (uint64_t[8]){operation, key}, NULL, 0);
}

static void signs_and_verifies(void **state)
{
    uint8_t message[64 + CRYPTO_SIGNATURE_BYTES] = "text";

    (void)state;
    assert_int_equal(generate_for(LINUX, 1, CRYPTO_PERSISTENT), CRYPTO_SUCCESS);
    assert_int_equal(words[1], 1);
    assert_int_equal(ask_agent(LINUX, (uint64_t[8]){CRYPTO_SIGN_MESSAGE, 1, CRYPTO_ALG_ECDSA_SHA_256, 4}, message, 4),
                     CRYPTO_SUCCESS);
    assert_int_equal(words[1], CRYPTO_SIGNATURE_BYTES);
    assert_int_equal(answer_size, AGENT_WORDS_BYTES + CRYPTO_SIGNATURE_BYTES);
    memcpy(message + 4, answer + AGENT_WORDS_BYTES, CRYPTO_SIGNATURE_BYTES);
    assert_int_equal(
        ask_agent(LINUX, (uint64_t[8]){CRYPTO_VERIFY_MESSAGE, 1, CRYPTO_ALG_ECDSA_SHA_256, 4, CRYPTO_SIGNATURE_BYTES},
                  message, 4 + CRYPTO_SIGNATURE_BYTES),
        CRYPTO_SUCCESS);
    assert_int_equal(answer_size, AGENT_WORDS_BYTES);
    message[0] = 'T';
    assert_int_equal(
        ask_agent(LINUX, (uint64_t[8]){CRYPTO_VERIFY_MESSAGE, 1, CRYPTO_ALG_ECDSA_SHA_256, 4, CRYPTO_SIGNATURE_BYTES},
                  message, 4 + CRYPTO_SIGNATURE_BYTES),
        CRYPTO_ERROR_INVALID_SIGNATURE);
    assert_int_equal(about(LINUX, CRYPTO_EXPORT_KEY, 1), CRYPTO_ERROR_NOT_PERMITTED);
    assert_int_equal(about(LINUX, CRYPTO_EXPORT_PUBLIC_KEY, 1), CRYPTO_SUCCESS);
    assert_int_equal(about(LINUX, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_SUCCESS);
    assert_int_equal(words[1], 1);
    assert_int_equal(ask_agent(LINUX, (uint64_t[8]){CRYPTO_RANDOM, 0, 0, 20}, NULL, 0), CRYPTO_SUCCESS);
    assert_int_equal(answer_size, AGENT_WORDS_BYTES + 20);
}

static void keeps_guests_apart(void **state)
{
    (void)state;
    assert_int_equal(generate_for(LINUX, 1, CRYPTO_PERSISTENT), CRYPTO_SUCCESS);
    assert_int_equal(about(OTHER, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_ERROR_INVALID_HANDLE);
    assert_int_equal(generate_for(OTHER, 1, CRYPTO_PERSISTENT), CRYPTO_SUCCESS);
    assert_int_equal(about(OTHER, CRYPTO_DESTROY_KEY, 1), CRYPTO_SUCCESS);
    assert_int_equal(about(LINUX, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_SUCCESS);
    /* No number reaches another's, nor the agent's own. */
    assert_int_equal(about(OTHER, CRYPTO_GET_ATTRIBUTES, LINUX << 16 | 1), CRYPTO_ERROR_INVALID_ARGUMENT);
    assert_int_equal(about(OTHER, CRYPTO_GET_ATTRIBUTES, (UINT64_C(0x100000000) - (1 << 16)) | 1),
                     CRYPTO_ERROR_INVALID_ARGUMENT);
    for (uint64_t cid = 0; cid <= 2; cid++)
        assert_int_equal(about(cid, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_ERROR_NOT_PERMITTED);
    assert_int_equal(about(AGENT_CID_MAX + 1, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_ERROR_NOT_PERMITTED);
    assert_int_equal(about(UINT64_C(1) << 32 | LINUX, CRYPTO_GET_ATTRIBUTES, 1), CRYPTO_ERROR_NOT_PERMITTED);
    assert_int_equal(generate_for(AGENT_CID_MAX, AGENT_KEY_MAX, CRYPTO_PERSISTENT), CRYPTO_SUCCESS);
    assert_int_equal(words[1], AGENT_KEY_MAX);
}

static void refuses_what_is_not_for_guests(void **state)
{
    (void)state;
    assert_int_equal(generate_for(LINUX, 0, CRYPTO_VOLATILE), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(generate_for(LINUX, 0, CRYPTO_PERSISTENT), CRYPTO_ERROR_INVALID_ARGUMENT);
    assert_int_equal(about(LINUX, CRYPTO_RESET, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, CRYPTO_HASH_SETUP, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, CRYPTO_HASH_UPDATE, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, CRYPTO_HASH_FINISH, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, UINT64_C(1) << 32 | CRYPTO_RESET, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, 0, 0), CRYPTO_ERROR_NOT_SUPPORTED);
    assert_int_equal(about(LINUX, CRYPTO_INFO, 0), CRYPTO_SUCCESS);
    /* A volatile key of the agent's own, were there one, is no guest's either. */
    assert_int_equal(about(LINUX, CRYPTO_GET_ATTRIBUTES, 0x7fffffff), CRYPTO_ERROR_INVALID_ARGUMENT);
}

static void frames_that_do_not_fit_end_it(void **state)
{
    uint8_t frame[AGENT_WORDS_BYTES + AGENT_DATA_MAX + 1] = {0};
    const uint64_t hash[8] = {CRYPTO_HASH, 0, CRYPTO_ALG_SHA_256, 3};

    (void)state;
    for (size_t size = 0; size < AGENT_WORDS_BYTES; size++)
        assert_int_equal(psa_answer(&behind.crypto, LINUX, frame, size, answer), 0);
    assert_int_equal(psa_answer(&behind.crypto, LINUX, frame, sizeof(frame), answer), 0);
    assert_int_equal(ask_agent(LINUX, hash, "abc", 3), CRYPTO_SUCCESS);
    assert_int_equal(ask_agent(LINUX, hash, "abc", 2), 1);
    assert_int_equal(ask_agent(LINUX, hash, "abcd", 4), 1);
    assert_int_equal(ask_agent(LINUX, (uint64_t[8]){CRYPTO_HASH, 0, CRYPTO_ALG_SHA_256, UINT64_MAX, 4}, "abc", 3), 1);
    /* What the window has no room for is the service's error. */
    assert_int_equal(ask_agent(LINUX, (uint64_t[8]){CRYPTO_HASH, 0, CRYPTO_ALG_SHA_256, SERVICE_WINDOW + 1}, frame,
                               SERVICE_WINDOW + 1),
                     CRYPTO_ERROR_INVALID_ARGUMENT);
}

int test_psa(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_and_verifies, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(keeps_guests_apart, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_for_guests, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(frames_that_do_not_fit_end_it, portal_start, portal_stop),
    };

    return cmocka_run_group_tests_name("psa", tests, NULL, NULL);
}
