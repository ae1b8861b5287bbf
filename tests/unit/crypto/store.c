/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sealed store: what it keeps, and that a cut at any write leaves what was before or what was to be.
 */
#include "services/crypto/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "disk.h"
#include "tests.h"

static const uint8_t SECRET[STORE_SECRET_BYTES] = "a secret of thirty-two bytes, ok";

static struct fake_disk disk;
static struct store store;

static void open_store(void)
{
    struct store_disk device = fake_disk_of(&disk);

    assert_true(store_open(&store, &device, SECRET));
}

static int fresh(void **state)
{
    (void)state;
    fake_disk_init(&disk);
    open_store();
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    store_close(&store);
    return 0;
}

/* What an owner has under a key; "" when there is none. */
static const char *stored(const char *owner, uint32_t key)
{
    static char text[STORE_DATA_MAX + 1];
    size_t length = 0;
    size_t size = 0;

    if (store_get(&store, owner, key, text, &length) != STORE_DONE)
        return "";
    assert_int_equal(store_size(&store, owner, key, &size), STORE_DONE);
    assert_int_equal(size, length);
    text[length] = '\0';
    return text;
}

static enum store_result set(const char *owner, uint32_t key, const char *text)
{
    return store_set(&store, owner, key, text, strlen(text));
}

static void keeps_what_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(set("agent", 1, "one"), STORE_DONE);
    assert_int_equal(set("agent", 2, "two"), STORE_DONE);
    assert_int_equal(set("other", 1, "another's"), STORE_DONE);
    assert_int_equal(set("agent", 2, "two again"), STORE_DONE);
    assert_int_equal(store_remove(&store, "agent", 1), STORE_DONE);
    for (int opened = 0; opened < 2; opened++) {
        assert_string_equal(stored("agent", 1), "");
        assert_string_equal(stored("agent", 2), "two again");
        assert_string_equal(stored("other", 1), "another's");
        assert_string_equal(stored("othe", 1), "");
        assert_int_equal(store_count(&store, "agent"), 1);
        assert_int_equal(store.records, 2);
        open_store();
    }
    assert_int_equal(store_remove(&store, "agent", 1), STORE_NONE);
    assert_int_equal(store_size(&store, "agent", 1, &(size_t){0}), STORE_NONE);
}

static bool on_disk(const char *text)
{
    return memmem(disk.sectors, sizeof(disk.sectors), text, strlen(text)) != NULL;
}

static void seals_it(void **state)
{
    uint8_t first[STORE_SECTOR];

    (void)state;
    assert_int_equal(set("agent", 0x11223344, "the private part"), STORE_DONE);
    assert_true(on_disk("QuollKey"));
    assert_false(on_disk("private") || on_disk("agent") || on_disk("\x44\x33\x22\x11"));
    /* The same again looks different. */
    memcpy(first, disk.sectors[0], sizeof(first));
    assert_int_equal(store_remove(&store, "agent", 0x11223344), STORE_DONE);
    assert_false(on_disk("QuollKey"));
    assert_int_equal(set("agent", 0x11223344, "the private part"), STORE_DONE);
    assert_memory_not_equal(first + 52, disk.sectors[0] + 52, STORE_SECTOR - 52);
}

static void every_changed_bit_is_found(void **state)
{
    (void)state;
    assert_int_equal(set("agent", 1, "one"), STORE_DONE);
    for (unsigned bit = 0; bit < STORE_SECTOR * 8; bit++) {
        disk.sectors[0][bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_string_equal(stored("agent", 1), "");
        open_store();
        assert_string_equal(stored("agent", 1), "");
        assert_int_equal(store.damaged, bit < 64 ? 0 : 1);
        disk.sectors[0][bit / 8] ^= (uint8_t)(1U << bit % 8);
        open_store();
        assert_string_equal(stored("agent", 1), "one");
    }
}

static void a_record_belongs_to_its_slot_and_secret(void **state)
{
    struct store_disk device = fake_disk_of(&disk);
    uint8_t other[STORE_SECRET_BYTES] = {1};

    (void)state;
    assert_int_equal(set("agent", 1, "one"), STORE_DONE);
    memcpy(disk.sectors[3 * STORE_SLOT_SECTORS], disk.sectors[0], STORE_SECTOR);
    open_store();
    assert_int_equal(store.records, 1);
    assert_int_equal(store.damaged, 1);
    assert_true(store_open(&store, &device, other));
    assert_int_equal(store.records, 0);
    assert_int_equal(store.damaged, 2);
    /* Another secret's records are the last to be written over. */
    for (uint32_t key = 1; key <= 8; key++)
        assert_int_equal(set("agent", key, "new"), STORE_DONE);
    open_store();
    assert_string_equal(stored("agent", 1), "one");
}

static void says_when_it_is_full(void **state)
{
    static const char LONG[STORE_DATA_MAX + 1];
    uint32_t key = 0;

    (void)state;
    assert_int_equal(store.count, DISK_SECTORS / STORE_SLOT_SECTORS);
    while (set("agent", key, "x") == STORE_DONE)
        key++;
    assert_int_equal(key, store.count);
    assert_int_equal(set("agent", key, "x"), STORE_FULL);
    assert_int_equal(set("agent", 0, "replaced"), STORE_FULL);
    assert_int_equal(store_remove(&store, "agent", 3), STORE_DONE);
    assert_int_equal(store_set(&store, "agent", 3, LONG, STORE_DATA_MAX + 1), STORE_FULL);
    assert_int_equal(store_set(&store, "agent", 3, LONG, STORE_DATA_MAX), STORE_DONE);
    assert_int_equal(store_remove(&store, "agent", 3), STORE_DONE);
    assert_int_equal(set("a name of thirty-two characters!", 3, "x"), STORE_FULL);
    assert_int_equal(set("a name of thirty-one characters", 3, "x"), STORE_DONE);
    assert_string_equal(stored("a name of thirty-one characters", 3), "x");
}

static void a_disk_that_fails_is_said(void **state)
{
    struct store_disk none = fake_disk_of(&disk);

    (void)state;
    assert_int_equal(set("agent", 1, "one"), STORE_DONE);
    disk.read_fails = true;
    assert_string_equal(stored("agent", 1), "");
    open_store();
    assert_int_equal(store.lost, store.count);
    assert_int_equal(set("agent", 2, "two"), STORE_FULL);
    disk.read_fails = false;
    open_store();
    disk.fail_write = disk.writes;
    assert_int_equal(set("agent", 2, "two"), STORE_FAILED);
    assert_string_equal(stored("agent", 2), "");
    /* It failed, but it is there: it must not be when the store is opened again. */
    disk.fail_write = disk.writes;
    disk.fails_late = true;
    assert_int_equal(set("agent", 2, "two"), STORE_FAILED);
    disk.fails_late = false;
    open_store();
    assert_string_equal(stored("agent", 2), "");
    /* The old one could not be removed: the new one counts nevertheless, then and later. */
    disk.fail_write = disk.writes + 1;
    assert_int_equal(set("agent", 1, "another one"), STORE_DONE);
    assert_string_equal(stored("agent", 1), "another one");
    open_store();
    assert_string_equal(stored("agent", 1), "another one");
    disk.fail_write = disk.writes;
    assert_int_equal(store_remove(&store, "agent", 1), STORE_FAILED);
    disk.fail_write = DISK_NEVER;
    disk.no_random = true;
    assert_int_equal(set("agent", 2, "two"), STORE_FAILED);
    disk.no_random = false;
    none.sectors = STORE_SLOT_SECTORS - 1;
    assert_false(store_open(&store, &none, SECRET));
    assert_int_equal(set("agent", 2, "two"), STORE_NONE);
}

/* A sequence of operations, and what there is after each. */
enum { KEYS = 4 };
static const struct step {
    uint32_t key;
    const char *text; /* NULL: removed */
} steps[] = {
    {0, "a"}, {1, "b"},  {2, "c"},  {1, NULL}, {3, "d"}, {0, "A"},  {0, "AA"}, {2, NULL}, {1, "B"},
    {3, "D"}, {0, NULL}, {3, "DD"}, {1, "BB"}, {0, "e"}, {3, NULL}, {1, NULL}, {0, "E"},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static enum store_result do_step(unsigned step)
{
    return steps[step].text == NULL ? store_remove(&store, "agent", steps[step].key)
                                    : set("agent", steps[step].key, steps[step].text);
}

/* What is stored is what there is after `count` steps. */
static bool is_state_after(unsigned count)
{
    const char *expected[KEYS] = {"", "", "", ""};
    bool same = true;

    for (unsigned i = 0; i < count; i++)
        expected[steps[i].key] = steps[i].text == NULL ? "" : steps[i].text;
    for (uint32_t key = 0; key < KEYS; key++)
        same = same && strcmp(stored("agent", key), expected[key]) == 0;
    return same;
}

/* Runs all steps with the power going at a write; answers the step in which it went. */
static unsigned run_until_cut(int write, int torn)
{
    fake_disk_init(&disk);
    open_store();
    disk.cut_at = write;
    disk.torn = torn;
    for (unsigned step = 0; step < STEPS; step++) {
        (void)do_step(step);
        assert_int_equal(disk.unflushed, disk.off ? 1 : 0);
        if (disk.off)
            return step;
    }
    return STEPS;
}

/* Opens it with the power going once more, at every write that opening makes; then as it is. */
static void open_with_cuts(unsigned step)
{
    struct fake_disk before = disk;
    struct store_disk device = fake_disk_of(&disk);
    bool cut = true;

    for (int write = 0; cut; write++) {
        disk = before;
        fake_disk_on(&disk);
        disk.cut_at = write;
        disk.torn = 40;
        (void)store_open(&store, &device, SECRET);
        cut = disk.off;
        fake_disk_on(&disk);
        open_store();
        if (!is_state_after(step) && !is_state_after(step + 1))
            fail_msg("step %u: neither the old nor the new state", step);
    }
}

/* And whatever was left, the rest of the steps can be done. */
static void go_on(unsigned step)
{
    if (!is_state_after(step + 1))
        assert_int_equal(do_step(step), STORE_DONE);
    for (step++; step < STEPS; step++)
        assert_int_equal(do_step(step), STORE_DONE);
    assert_true(is_state_after(STEPS));
    open_store();
    assert_true(is_state_after(STEPS));
}

static void a_cut_at_any_write_leaves_the_old_or_the_new(void **state)
{
    static const int TORN[] = {0, 1, 8, 16, 24, 40, 52, 60, 256, STORE_SECTOR - 1, STORE_SECTOR};
    int writes = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(TORN) / sizeof(TORN[0]); i++) {
        unsigned step = 0;

        for (writes = 0; step < STEPS; writes++) {
            step = run_until_cut(writes, TORN[i]);
            fake_disk_on(&disk);
            if (step == STEPS)
                break;
            open_with_cuts(step);
            go_on(step);
        }
    }
    /* A write for a new record or a removed one, two for a replaced one: else less was cut than is thought. */
    assert_int_equal(writes, 23);
}

int test_store(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_it_was_given, fresh, close_store),
        cmocka_unit_test_setup_teardown(seals_it, fresh, close_store),
        cmocka_unit_test_setup_teardown(every_changed_bit_is_found, fresh, close_store),
        cmocka_unit_test_setup_teardown(a_record_belongs_to_its_slot_and_secret, fresh, close_store),
        cmocka_unit_test_setup_teardown(says_when_it_is_full, fresh, close_store),
        cmocka_unit_test_setup_teardown(a_disk_that_fails_is_said, fresh, close_store),
        cmocka_unit_test_setup_teardown(a_cut_at_any_write_leaves_the_old_or_the_new, fresh, close_store),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
