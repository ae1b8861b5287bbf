/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ssh-agent protocol: what is listed and signed, and that everything else is refused.
 */
#include "services/agent/ssh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "portal.h"
#include "rt/time.h"
#include "services/agent/wire.h"
#include "tests.h"

enum { FAILURE = 5, REQUEST_IDENTITIES = 11, IDENTITIES = 12, SIGN_REQUEST = 13, SIGNED = 14 };

static uint8_t answer[SSH_ANSWER_MAX];

static size_t ask_agent(const uint8_t *message, size_t size)
{
    /* Of the heap and exact, so that a byte beyond it is noticed. */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    size_t answered_size = 0;

    assert_non_null(copy);
    memcpy(copy, message, size);
    answered_size = ssh_answer(&behind.ssh, copy, size, answer);
    free(copy);
    return answered_size;
}

/* A message that asks for a signature of `data`. */
static struct wire_writer sign_request(uint8_t *bytes, size_t room, const char *data, uint32_t flags)
{
    struct wire_writer writer = {.bytes = bytes, .room = room};

    wire_write_byte(&writer, SIGN_REQUEST);
    wire_write_string(&writer, behind.ssh.identities[0].blob, SSH_BLOB_BYTES);
    wire_write_text(&writer, data);
    wire_write_uint32(&writer, flags);
    assert_false(writer.failed);
    return writer;
}

static void writes_what_rfc_4251_says(void **state)
{
    uint8_t bytes[64];
    struct wire_writer writer = {.bytes = bytes, .room = sizeof(bytes)};

    (void)state;
    wire_write_mpint(&writer, (const uint8_t *)"\0\0", 2);
    assert_int_equal(writer.size, 4);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    writer.size = 0;
    wire_write_mpint(&writer, (const uint8_t *)"\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 8);
    assert_int_equal(writer.size, 12);
    assert_memory_equal(bytes, "\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 12);
    writer.size = 0;
    wire_write_mpint(&writer, (const uint8_t *)"\0\0\x80", 3);
    assert_int_equal(writer.size, 6);
    assert_memory_equal(bytes, "\0\0\0\x02\x00\x80", 6);
    writer.room = 9;
    wire_write_uint32(&writer, 1);
    assert_true(writer.failed);
    assert_int_equal(writer.size, 6);
}

static void lists_its_keys(void **state)
{
    struct wire_reader reader = {.at = answer};
    struct wire_reader blob = {0};
    struct wire_string string = {0};

    (void)state;
    assert_int_equal(behind.ssh.count, 1);
    reader.left = ask_agent((const uint8_t[]){REQUEST_IDENTITIES}, 1);
    assert_int_equal(wire_read_byte(&reader), IDENTITIES);
    assert_int_equal(wire_read_uint32(&reader), 1);
    string = wire_read_string(&reader);
    blob = (struct wire_reader){.at = string.bytes, .left = string.size};
    string = wire_read_string(&reader);
    assert_memory_equal(string.bytes, "test-1", string.size);
    assert_true(wire_read_all(&reader));
    string = wire_read_string(&blob);
    assert_memory_equal(string.bytes, "ecdsa-sha2-nistp256", string.size);
    string = wire_read_string(&blob);
    assert_memory_equal(string.bytes, "nistp256", string.size);
    string = wire_read_string(&blob);
    assert_int_equal(string.size, CRYPTO_PUBLIC_KEY_BYTES);
    assert_int_equal(string.bytes[0], 4);
    assert_true(wire_read_all(&blob));
}

/* 32 bytes of an mpint. */
static void read_mpint(struct wire_reader *reader, uint8_t *bytes)
{
    struct wire_string string = wire_read_string(reader);

    assert_true(string.size == 0 || (string.bytes[0] & 0x80) == 0);
    if (string.size > 1 && string.bytes[0] == 0) {
        assert_true((string.bytes[1] & 0x80) != 0);
        string.bytes++;
        string.size--;
    }
    assert_true(string.size <= 32);
    memset(bytes, 0, 32);
    memcpy(bytes + 32 - string.size, string.bytes, string.size);
}

static void check_signature(size_t size, const char *data)
{
    struct wire_reader reader = {.at = answer, .left = size};
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct wire_string string = {0};
    const struct part point = {behind.ssh.identities[0].blob + SSH_BLOB_BYTES - CRYPTO_PUBLIC_KEY_BYTES,
                               CRYPTO_PUBLIC_KEY_BYTES};

    assert_int_equal(wire_read_byte(&reader), SIGNED);
    string = wire_read_string(&reader);
    assert_true(wire_read_all(&reader));
    reader = (struct wire_reader){.at = string.bytes, .left = string.size};
    string = wire_read_string(&reader);
    assert_memory_equal(string.bytes, "ecdsa-sha2-nistp256", string.size);
    string = wire_read_string(&reader);
    assert_true(wire_read_all(&reader));
    reader = (struct wire_reader){.at = string.bytes, .left = string.size};
    read_mpint(&reader, signature);
    read_mpint(&reader, signature + 32);
    assert_true(wire_read_all(&reader));

    assert_int_equal(
        ask(SECOND, CRYPTO_IMPORT_KEY,
            (uint64_t[]){0, CRYPTO_ALG_ECDSA_SHA_256, CRYPTO_USAGE_VERIFY_MESSAGE, CRYPTO_TYPE_P256_PUBLIC_KEY}, point,
            NO_PART, NO_PART),
        CRYPTO_SUCCESS);
    uint32_t key = (uint32_t)reply[1];
    assert_int_equal(ask_key(SECOND, CRYPTO_VERIFY_MESSAGE, key, CRYPTO_ALG_ECDSA_SHA_256,
                             (struct part){data, strlen(data)}, (struct part){signature, sizeof(signature)}),
                     CRYPTO_SUCCESS);
    assert_int_equal(ask_key(SECOND, CRYPTO_DESTROY_KEY, key, 0, NO_PART, NO_PART), CRYPTO_SUCCESS);
}

static void signs(void **state)
{
    uint8_t message[512];

    (void)state;
    /* Often enough that r and s have a high bit, or a zero in front. */
    for (unsigned i = 0; i < 40; i++) {
        char data[32];

        (void)snprintf(data, sizeof(data), "challenge %u", i);
        check_signature(ask_agent(message, sign_request(message, sizeof(message), data, 0).size), data);
    }
}

static void survives_the_service(void **state)
{
    uint8_t message[512];
    size_t size = sign_request(message, sizeof(message), "before", 0).size;

    (void)state;
    service_restart();
    check_signature(ask_agent(message, size), "before");
    behind.dead_calls = 3;
    check_signature(ask_agent(message, size), "before");
    behind.dies_in_call = true;
    check_signature(ask_agent(message, size), "before");
    /* Nobody comes: refused, not waited for without end, and whoever waits gives signs of life meanwhile. */
    behind.dead_calls = 1000000;
    behind.kicked = time_ticks();
    behind.silence = 0;
    assert_int_equal(ask_agent(message, size), 1);
    assert_int_equal(answer[0], FAILURE);
    assert_in_range(behind.silence, 1, time_ns_to_ticks(CRYPTO_PATIENCE_NS / 100));
    assert_in_range(time_ticks() - behind.kicked, 0, time_ns_to_ticks(CRYPTO_PATIENCE_NS / 100));
    behind.dead_calls = 0;
    check_signature(ask_agent(message, size), "before");
}

/* One signature after the other on a small budget: none of them is silence together with the next. */
static void signs_slowly(void **state)
{
    uint8_t message[512];
    size_t size = sign_request(message, sizeof(message), "slowly", 0).size;

    (void)state;
    behind.call_takes = time_ns_to_ticks(UINT64_C(160000000));
    behind.kicked = time_ticks();
    behind.silence = 0;
    for (unsigned i = 0; i < 8; i++)
        check_signature(ask_agent(message, size), "slowly");
    assert_in_range(behind.silence, behind.call_takes, 2 * behind.call_takes);
    assert_in_range(time_ticks() - behind.kicked, 0, behind.call_takes);
}

static void keeps_its_key(void **state)
{
    uint8_t blob[SSH_BLOB_BYTES];

    (void)state;
    memcpy(blob, behind.ssh.identities[0].blob, sizeof(blob));
    service_restart();
    assert_int_equal(ssh_start(&behind.ssh, &behind.crypto, "test"), CRYPTO_SUCCESS);
    assert_int_equal(behind.ssh.count, 1);
    assert_memory_equal(blob, behind.ssh.identities[0].blob, sizeof(blob));
}

static void assert_refused(const uint8_t *message, size_t size)
{
    assert_int_equal(ask_agent(message, size), 1);
    assert_int_equal(answer[0], FAILURE);
}

static void refuses_everything_else(void **state)
{
    uint8_t message[512];
    size_t size = sign_request(message, sizeof(message), "data", 0).size;
    unsigned calls = 0;

    (void)state;
    for (unsigned number = 0; number < 256; number++) {
        message[0] = (uint8_t)number;
        calls = behind.calls;
        if (number != SIGN_REQUEST)
            assert_refused(message, size);
        if (number != SIGN_REQUEST)
            assert_int_equal(behind.calls, calls);
    }
    message[0] = SIGN_REQUEST;
    for (size_t part = 0; part < size; part++)
        assert_refused(message, part);
    message[size] = 0;
    assert_refused(message, size + 1);
    for (size_t i = 1; i < 5 + SSH_BLOB_BYTES + 4; i++) {
        message[i] ^= 0x81;
        assert_refused(message, size);
        message[i] ^= 0x81;
    }
    assert_refused(message, sign_request(message, sizeof(message), "data", 2).size);
    assert_refused((const uint8_t[]){REQUEST_IDENTITIES, 0}, 2);
}

int test_ssh(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_rfc_4251_says),
        cmocka_unit_test_setup_teardown(lists_its_keys, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(signs, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(survives_the_service, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(signs_slowly, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(keeps_its_key, portal_start, portal_stop),
        cmocka_unit_test_setup_teardown(refuses_everything_else, portal_start, portal_stop),
    };

    return cmocka_run_group_tests_name("ssh", tests, NULL, NULL);
}
