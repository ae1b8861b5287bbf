/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the service computes, beside what others published: FIPS 180-2, RFC 6979 A.2.5, and the AES-256-GCM test case 16
 * of McGrew and Viega's specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service.h"
#include "tests.h"

static int start(void **state)
{
    (void)state;
    service_start();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    service_stop();
    return 0;
}

/* At most 128 bytes of hexadecimal digits. */
static struct part hex(const char *digits)
{
    static uint8_t buffers[8][128];
    static unsigned next = 0;
    uint8_t *bytes = buffers[next++ % 8];
    size_t size = strlen(digits) / 2;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)strtoul((const char[]){digits[2 * i], digits[2 * i + 1], '\0'}, NULL, 16);
    return (struct part){bytes, size};
}

static void assert_answered(const char *digits)
{
    struct part expected = hex(digits);

    assert_int_equal((int64_t)reply[0], CRYPTO_SUCCESS);
    assert_int_equal(reply[1], expected.size);
    assert_memory_equal(service.windows[FIRST], expected.bytes, expected.size);
}

static uint32_t import(uint32_t algorithm, uint64_t usage, uint64_t type, const char *digits)
{
    assert_int_equal(
        ask(FIRST, CRYPTO_IMPORT_KEY, (uint64_t[]){0, algorithm, usage, type}, hex(digits), NO_PART, NO_PART),
        CRYPTO_SUCCESS);
    return (uint32_t)reply[1];
}

static void sha_256(void **state)
{
    (void)state;
    (void)ask_key(FIRST, CRYPTO_HASH, 0, CRYPTO_ALG_SHA_256, TEXT("abc"), NO_PART);
    assert_answered("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void deterministic_ecdsa(void **state)
{
    uint32_t key = import(CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256, CRYPTO_USAGE_SIGN_MESSAGE, CRYPTO_TYPE_P256_KEY_PAIR,
                          "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");

    (void)state;
    (void)ask_key(FIRST, CRYPTO_EXPORT_PUBLIC_KEY, key, 0, NO_PART, NO_PART);
    assert_answered("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    (void)ask_key(FIRST, CRYPTO_SIGN_MESSAGE, key, CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256, TEXT("sample"), NO_PART);
    assert_answered("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    (void)ask_key(FIRST, CRYPTO_SIGN_MESSAGE, key, CRYPTO_ALG_DETERMINISTIC_ECDSA_SHA_256, TEXT("test"), NO_PART);
    assert_answered("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083");
}

static void aes_256_gcm(void **state)
{
    uint32_t key = import(CRYPTO_ALG_GCM, CRYPTO_USAGE_ENCRYPT, CRYPTO_TYPE_AES,
                          "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");

    (void)state;
    (void)ask(FIRST, CRYPTO_AEAD_ENCRYPT, (uint64_t[]){key, CRYPTO_ALG_GCM, 0, 0},
              hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
              hex("cafebabefacedbaddecaf888"), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
    assert_answered("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                    "76fc6ece0f4e1768cddf8853bb2d551b");
}

int test_vectors(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sha_256, start, stop),
        cmocka_unit_test_setup_teardown(deterministic_ecdsa, start, stop),
        cmocka_unit_test_setup_teardown(aes_256_gcm, start, stop),
    };

    return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
