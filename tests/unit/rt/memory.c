/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * memcpy, memmove and memset of the runtime beside the host's: all small sizes, places and overlaps.
 */
#include <string.h>

#include "fake.h"

/* Under names of their own: the host's are those that the rest of this program uses. */
#define memcpy  rt_memcpy
#define memmove rt_memmove
#define memset  rt_memset
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "lib/rt/memory.c"
#undef memcpy
#undef memmove
#undef memset

enum { ROOM = 256, SIZES = 100, PLACES = 17 };

static uint8_t ours[ROOM], theirs[ROOM];

static void fill(void)
{
    for (unsigned i = 0; i < ROOM; i++)
        ours[i] = theirs[i] = (uint8_t)(i * 7 + 1);
}

static void copies(void **state)
{
    uint8_t from[ROOM];

    (void)state;
    for (unsigned i = 0; i < ROOM; i++)
        from[i] = (uint8_t)(i * 13 + 5);
    for (unsigned size = 0; size < SIZES; size++)
        for (unsigned place = 0; place < PLACES; place++) {
            fill();
            assert_ptr_equal(rt_memcpy(ours + place, from + PLACES - place, size), ours + place);
            memcpy(theirs + place, from + PLACES - place, size);
            assert_memory_equal(ours, theirs, ROOM);
        }
}

static void moves(void **state)
{
    (void)state;
    for (unsigned size = 0; size < SIZES; size++)
        for (unsigned from = 0; from < 2 * PLACES; from++)
            for (unsigned to = 0; to < 2 * PLACES; to++) {
                fill();
                assert_ptr_equal(rt_memmove(ours + to, ours + from, size), ours + to);
                memmove(theirs + to, theirs + from, size);
                assert_memory_equal(ours, theirs, ROOM);
            }
}

static void sets(void **state)
{
    (void)state;
    for (unsigned size = 0; size < SIZES; size++)
        for (unsigned place = 0; place < PLACES; place++) {
            fill();
            assert_ptr_equal(rt_memset(ours + place, (int)(size + 0x180), size), ours + place);
            memset(theirs + place, (int)(size + 0x180), size);
            assert_memory_equal(ours, theirs, ROOM);
        }
}

int test_memory(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),
        cmocka_unit_test(moves),
        cmocka_unit_test(sets),
    };

    return cmocka_run_group_tests_name("rt: memory", tests, NULL, NULL);
}
