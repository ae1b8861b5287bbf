/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the dispatcher refuses, for every line of abi/calls.def: an object or capability argument that is not there,
 * of another type, or without the right. None of these calls gets as far as its own code.
 */
#include "suite.h"

enum { OBJECT_self = 0, ARGUMENTS_MAX = 6, OBJECT_any = 0x40 };
enum {
#define OBJECT(number, name, NAME) OBJECT_##name = (number),
#include "abi/objects.def"
#undef OBJECT
};

/* Index WHOLE + type: an object of that type, every right. LACKING: a copy without some. */
enum { WHOLE = TEST_FREE, LACKING = WHOLE + QUOLL_TYPE_COUNT, EMPTY };

struct argument {
    uint8_t type; /* of a CAP; QUOLL_TYPE_NONE: a VALUE */
    uint16_t right;
};

struct entry {
    unsigned number;
    unsigned object;
    uint16_t right;
    const char *name;
    struct argument argument[ARGUMENTS_MAX];
};

/* clang-format off */
#define VALUE(name) {QUOLL_TYPE_NONE, 0}
#define CAP(name, TYPE, RIGHT) {QUOLL_TYPE_##TYPE, QUOLL_RIGHT_##RIGHT}
#define NOTHING VALUE(none)
#define CALL(number, object, name, RIGHT, ...) \
    {(number), OBJECT_##object, QUOLL_RIGHT_##RIGHT, #object "_" #name, {__VA_ARGS__}},
static const struct entry entries[] = {
#include "abi/calls.def"
};
#undef CALL
#undef NOTHING
#undef CAP
#undef VALUE
/* clang-format on */

enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

static void make_objects(void)
{
    EXPECT_EQUAL(test_copy(WHOLE + QUOLL_TYPE_POOL, TEST_POOL, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, WHOLE + QUOLL_TYPE_DOMAIN, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, WHOLE + QUOLL_TYPE_THREAD, WHOLE + QUOLL_TYPE_DOMAIN, 0, 1));
    EXPECT_OK(
        quoll_pool_create_budget(TEST_POOL, WHOLE + QUOLL_TYPE_BUDGET, BOOT_CAP_BUDGET, TICKS_MS, 10 * TICKS_MS, 4));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, WHOLE + QUOLL_TYPE_PORTAL, WHOLE + QUOLL_TYPE_THREAD, 1));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, WHOLE + QUOLL_TYPE_NOTIFICATION));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, WHOLE + QUOLL_TYPE_INTERRUPT, BOOT_CAP_INTERRUPTS, 40));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, WHOLE + QUOLL_TYPE_MEMORY, test_ram, test_ram_offset, TEST_PAGE));
}

/* The table's line makes a failure's own. */
static void expect(const struct entry *entry, uint64_t object, const uint64_t argument[ARGUMENTS_MAX],
                   enum quoll_error expected, const char *why)
{
    struct quoll_result result = quoll_call_words(entry->number, object, argument[0], argument[1], argument[2],
                                                  argument[3], argument[4], argument[5]);

    if (result.error == expected)
        return;
    test_print("     %s: %s\n", entry->name, why);
    EXPECT_EQUAL(result.error, expected);
}

static const uint64_t not_there[] = {QUOLL_CAPABILITY_NONE, EMPTY, QUOLL_CAPABILITIES_MAX,
                                     (UINT64_C(1) << 32) | (WHOLE + QUOLL_TYPE_POOL), UINT64_MAX};
enum { NOT_THERE = sizeof(not_there) / sizeof(not_there[0]) };

/* Arguments that pass the dispatcher. */
static void good_arguments(const struct entry *entry, uint64_t argument[ARGUMENTS_MAX])
{
    for (unsigned i = 0; i < ARGUMENTS_MAX; i++)
        argument[i] = entry->argument[i].type != QUOLL_TYPE_NONE ? WHOLE + entry->argument[i].type : 0;
}

static void calls_object_missing(void)
{
    uint64_t argument[ARGUMENTS_MAX] = {0};

    make_objects();
    for (unsigned i = 0; i < ENTRIES; i++) {
        good_arguments(&entries[i], argument);
        for (unsigned j = 0; j < NOT_THERE && entries[i].object != OBJECT_self; j++)
            expect(&entries[i], not_there[j], argument, QUOLL_BAD_CAPABILITY, "object that is not there");
    }
}

static void calls_object_type(void)
{
    uint64_t argument[ARGUMENTS_MAX] = {0};

    make_objects();
    for (unsigned i = 0; i < ENTRIES; i++) {
        good_arguments(&entries[i], argument);
        for (unsigned type = 1; type < QUOLL_TYPE_COUNT; type++)
            if (entries[i].object != OBJECT_self && entries[i].object != OBJECT_any && entries[i].object != type)
                expect(&entries[i], WHOLE + type, argument, QUOLL_BAD_TYPE, "object of another type");
    }
}

static void calls_object_right(void)
{
    uint64_t argument[ARGUMENTS_MAX] = {0};

    make_objects();
    for (unsigned i = 0; i < ENTRIES; i++) {
        for (unsigned type = 1; type < QUOLL_TYPE_COUNT; type++) {
            if (entries[i].right == 0 || (entries[i].object != OBJECT_any && entries[i].object != type))
                continue;
            good_arguments(&entries[i], argument);
            EXPECT_EQUAL(test_copy(LACKING, WHOLE + type, QUOLL_RIGHTS_ALL & ~(uint32_t)entries[i].right, 0), QUOLL_OK);
            expect(&entries[i], LACKING, argument, QUOLL_NO_RIGHT, "object without the right");
            EXPECT_EQUAL(test_delete(LACKING), QUOLL_OK);
        }
    }
}

/* Every capability argument in turn, the others as they should be. */
static void each_argument(void (*check)(const struct entry *, unsigned, uint64_t *))
{
    uint64_t argument[ARGUMENTS_MAX] = {0};

    make_objects();
    for (unsigned i = 0; i < ENTRIES; i++) {
        for (unsigned j = 0; j < ARGUMENTS_MAX; j++) {
            good_arguments(&entries[i], argument);
            if (entries[i].argument[j].type != QUOLL_TYPE_NONE)
                check(&entries[i], j, argument);
        }
    }
}

static void check_argument_missing(const struct entry *entry, unsigned index, uint64_t *argument)
{
    for (unsigned i = 0; i < NOT_THERE; i++) {
        argument[index] = not_there[i];
        expect(entry, WHOLE + entry->object, argument, QUOLL_BAD_CAPABILITY, "argument that is not there");
    }
}

static void check_argument_type(const struct entry *entry, unsigned index, uint64_t *argument)
{
    for (unsigned type = 1; type < QUOLL_TYPE_COUNT; type++) {
        argument[index] = WHOLE + type;
        if (type != entry->argument[index].type)
            expect(entry, WHOLE + entry->object, argument, QUOLL_BAD_TYPE, "argument of another type");
    }
}

static void check_argument_right(const struct entry *entry, unsigned index, uint64_t *argument)
{
    uint32_t rights = QUOLL_RIGHTS_ALL & ~(uint32_t)entry->argument[index].right;

    if (entry->argument[index].right == 0)
        return;
    EXPECT_EQUAL(test_copy(LACKING, (uint32_t)argument[index], rights, 0), QUOLL_OK);
    argument[index] = LACKING;
    expect(entry, WHOLE + entry->object, argument, QUOLL_NO_RIGHT, "argument without the right");
    EXPECT_EQUAL(test_delete(LACKING), QUOLL_OK);
}

static void calls_argument_missing(void)
{
    each_argument(check_argument_missing);
}

static void calls_argument_type(void)
{
    each_argument(check_argument_type);
}

static void calls_argument_right(void)
{
    each_argument(check_argument_right);
}

static bool is_call(unsigned number)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if (entries[i].number == number)
            return true;
    return false;
}

/* Numbers without a call, whatever x8 names. */
static void calls_unknown_number(void)
{
    for (unsigned number = 0; number < 2 * QUOLL_CALL_LIMIT; number++)
        if (!is_call(number))
            EXPECT_ERROR(quoll_call_words(number, TEST_POOL, 0, 0, 0, 0, 0, 0), BAD_CALL);
    EXPECT_ERROR(quoll_call_words(0xffff, TEST_POOL, 0, 0, 0, 0, 0, 0), BAD_CALL);
    EXPECT_ERROR(quoll_call_words(0xffff0000, TEST_POOL, 0, 0, 0, 0, 0, 0), BAD_CALL);
}

void test_calls_table(void)
{
    static const struct test tests[] = {
        TEST(calls_object_missing),   TEST(calls_object_type),   TEST(calls_object_right),
        TEST(calls_argument_missing), TEST(calls_argument_type), TEST(calls_argument_right),
        TEST(calls_unknown_number),
    };

    TEST_RUN(tests);
}
