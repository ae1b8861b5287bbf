/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The generator: what it gives depends on every seed, nothing comes before the first or too long after the last, and a
 * source that does not work is not believed. A guest's queue and the portal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/ctr_drbg.h>

#include "services/entropy/tap.h"
#include "tests.h"
#include "virtio/driver.h"

enum { MEMORY = 0x8000, RING = 16, BUFFER = 0x1000 };

static struct drbg drbg;
static uint8_t seed[DRBG_SEED];
static _Alignas(16) uint8_t memory[MEMORY];
static struct virtio_driver driver;
static struct virtio_driver_slot slots[RING];
static struct tap tap;

static void make_seed(unsigned number)
{
    for (unsigned i = 0; i < DRBG_SEED; i++)
        seed[i] = (uint8_t)(i * 3 + number);
}

static uint64_t ask(struct tap *who, uint64_t operation, uint64_t argument, uint64_t *reply)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&driver);
    uint64_t word[8] = {operation,       argument,   rings.size,    rings.descriptors,
                        rings.available, rings.used, rings.features};

    memset(reply, 0, 8 * sizeof(*reply));
    tap_answer(&drbg, who, word, reply);
    return reply[0];
}

static int set_up(void **state)
{
    const struct virtio_driver_setup setup = {
        .memory = memory, .size = RING, .features = UINT64_C(1) << VIRTIO_F_EVENT_IDX, .slots = slots};
    uint64_t reply[8];

    (void)state;
    mbedtls_ctr_drbg_free(&drbg.context);
    drbg_init(&drbg);
    memset(memory, 0, sizeof(memory));
    tap = (struct tap){.name = "guest", .window = {0, MEMORY, memory}};
    tap_detach(&tap);
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_OK);
    assert_int_equal(ask(&tap, ENTROPY_ATTACH, 0, reply), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mbedtls_ctr_drbg_free(&drbg.context);
    return 0;
}

static void offer(uint32_t length, bool writable)
{
    const struct virtio_buffer buffer = {BUFFER, length};
    uint16_t head = 0;

    assert_int_equal(virtio_driver_add(&driver, &buffer, !writable, writable, &head), VIRTIO_OK);
}

static void nothing_comes_without_a_seed(void **state)
{
    uint64_t reply[8];
    uint8_t bytes[16];
    uint16_t head = 0;
    uint32_t written = 0;

    (void)state;
    assert_true(drbg_wants_seed(&drbg));
    assert_false(drbg_get(&drbg, bytes, sizeof(bytes)));
    assert_int_equal(ask(NULL, ENTROPY_GET, 8, reply), ENTROPY_FAILED | ENTROPY_NOT_SEEDED);
    assert_int_equal(reply[1], 0);
    offer(64, true);
    assert_int_equal(tap_turn(&drbg, &tap) & TAP_MOVED, 0);
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_EMPTY);
    /* What waited gets it later. */
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_int_equal(tap_turn(&drbg, &tap) & TAP_MOVED, TAP_MOVED);
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_OK);
    assert_int_equal(written, 64);
}

/* The same seeds give the same, another one later gives something else. */
static void every_seed_matters(void **state)
{
    uint8_t first[32], again[32], other[32];

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, first, sizeof(first)));
    make_seed(1);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, first, sizeof(first)));

    (void)set_up(NULL);
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, again, sizeof(again)));
    make_seed(1);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, again, sizeof(again)));
    assert_memory_equal(first, again, sizeof(first));

    (void)set_up(NULL);
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, other, sizeof(other)));
    assert_memory_not_equal(first, other, sizeof(first));
    seed[DRBG_SEED_USED - 1] ^= 1;
    seed[DRBG_SEED - 1] ^= 1;
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, other, sizeof(other)));
    assert_memory_not_equal(first, other, sizeof(first));
}

static void a_source_that_repeats_itself_is_not_believed(void **state)
{
    (void)state;
    memset(seed, 0, sizeof(seed));
    assert_false(drbg_seed(&drbg, seed));
    memset(seed, 0x5a, sizeof(seed));
    assert_false(drbg_seed(&drbg, seed));
    assert_false(drbg.seeded);
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_false(drbg_seed(&drbg, seed));
    make_seed(1);
    assert_true(drbg_seed(&drbg, seed));
}

static void a_seed_ends(void **state)
{
    uint8_t byte = 0;

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    for (unsigned i = 0; i < DRBG_SEED_NOW; i++) {
        assert_int_equal(drbg_wants_seed(&drbg), i >= DRBG_SEED_SOON);
        assert_true(drbg_get(&drbg, &byte, 1));
    }
    assert_false(drbg_get(&drbg, &byte, 1));
    make_seed(1);
    assert_true(drbg_seed(&drbg, seed));
    assert_true(drbg_get(&drbg, &byte, 1));
}

/* A guest that asks as fast as it runs leaves components their half of a seed, and gets more with the next one. */
static void guests_cannot_use_a_seed_up(void **state)
{
    uint64_t reply[8];
    uint8_t byte = 0;

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    for (unsigned i = 0; i < DRBG_SEED_NOW / 2; i++)
        assert_true(drbg_get(&drbg, &byte, 1));
    offer(1, true);
    assert_int_equal(tap_turn(&drbg, &tap) & TAP_MOVED, 0);
    assert_int_equal(ask(&tap, ENTROPY_GET, 1, reply), 0);
    make_seed(1);
    assert_true(drbg_seed(&drbg, seed));
    assert_int_equal(tap_turn(&drbg, &tap) & TAP_MOVED, TAP_MOVED);
}

static void buffers_get_what_they_hold(void **state)
{
    static const struct {
        uint32_t offered, given;
    } sizes[] = {{1, 1}, {64, 64}, {DRBG_REQUEST_MAX, DRBG_REQUEST_MAX}, {4096, DRBG_REQUEST_MAX}};
    uint16_t head = 0;
    uint32_t written = 0;

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(memory + BUFFER, 0, 4096);
        offer(sizes[i].offered, true);
        assert_int_equal(tap_turn(&drbg, &tap) & TAP_MOVED, TAP_MOVED);
        assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_OK);
        assert_int_equal(written, sizes[i].given);
        assert_int_equal(memory[BUFFER + written], 0);
        assert_true(written < 16 || memory[BUFFER + written - 1] + memory[BUFFER + written - 2] != 0);
    }
    assert_int_equal(tap_turn(&drbg, &tap), 0);
}

static void nothing_to_write_to_stops_the_queue(void **state)
{
    uint64_t reply[8];

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    offer(64, false);
    assert_int_equal(tap_turn(&drbg, &tap) & (TAP_MOVED | TAP_BROKEN), TAP_BROKEN);
    assert_int_equal(tap_turn(&drbg, &tap), 0);
    assert_int_equal(ask(&tap, ENTROPY_QUEUES, 0, reply), VIRTIO_SERVICE_BROKEN);
    assert_int_equal(ask(&tap, ENTROPY_DETACH, 0, reply), 0);
    assert_int_equal(ask(&tap, ENTROPY_QUEUES, 0, reply), VIRTIO_SERVICE_DETACHED);
}

static void requests(void **state)
{
    uint64_t reply[8];

    (void)state;
    make_seed(0);
    assert_true(drbg_seed(&drbg, seed));
    assert_int_equal(ask(NULL, ENTROPY_GET, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_SIZE);
    assert_int_equal(ask(NULL, ENTROPY_GET, ENTROPY_BYTES_MAX + 1, reply), ENTROPY_FAILED | ENTROPY_BAD_SIZE);
    assert_int_equal(ask(NULL, ENTROPY_GET, 9, reply), 0);
    assert_int_not_equal(reply[1], 0);
    assert_int_equal(reply[2] >> 8, 0);
    assert_int_equal(ask(&tap, ENTROPY_GET, ENTROPY_BYTES_MAX, reply), 0);
    for (unsigned i = 1; i < 8; i++)
        assert_int_not_equal(reply[i], 0);
    assert_int_equal(ask(NULL, ENTROPY_QUEUES, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_CLIENT);
    assert_int_equal(ask(&tap, 2, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_OPERATION);
    assert_int_equal(ask(&tap, 7, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_OPERATION);
    assert_int_equal(ask(&tap, ENTROPY_ATTACH, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_QUEUE);
    assert_int_equal(ask(&tap, ENTROPY_DETACH, 0, reply), 0);
    assert_int_equal(ask(&tap, ENTROPY_ATTACH, 1, reply), ENTROPY_FAILED | ENTROPY_BAD_QUEUE);
    tap.window.size = 16;
    assert_int_equal(ask(&tap, ENTROPY_ATTACH, 0, reply), ENTROPY_FAILED | ENTROPY_BAD_RING);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_comes_without_a_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_seed_matters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_that_repeats_itself_is_not_believed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_seed_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(guests_cannot_use_a_seed_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffers_get_what_they_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_to_write_to_stops_the_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests, set_up, tear_down),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("entropy", tests, NULL, NULL) + test_device() + test_pace();
}
