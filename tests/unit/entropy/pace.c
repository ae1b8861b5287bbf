/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * However guests ask, what they cost in any period is bounded, and whoever waits gets more.
 */
#include "services/entropy/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests.h"

enum { PERIOD = 1000, SHARE = 100, WORK = 30, LENGTH = 200000 };

static uint8_t worked[LENGTH];

/* Pieces of work of up to WORK, asked for after pauses of up to `pause`. Answers how long they took together. */
static unsigned ask(unsigned pause)
{
    struct pace pace = {.share = SHARE, .period = PERIOD};
    unsigned sum = 0;
    uint64_t now = PERIOD;

    for (unsigned i = 0; i < LENGTH; i++)
        worked[i] = 0;
    while (now < LENGTH - WORK) {
        unsigned work = 1 + (unsigned)rand() % WORK;

        if (!pace_allows(&pace, now)) {
            assert_true(pace_next(&pace) > now && pace_next(&pace) <= now + PERIOD);
            now += 1 + (unsigned)rand() % (pause + 1);
            continue;
        }
        pace_spend(&pace, now, now + work);
        for (unsigned i = 0; i < work; i++)
            worked[now++] = 1;
        sum += work;
        now += (unsigned)rand() % (pause + 1);
    }
    return sum;
}

static void any_period_is_bounded(void **state)
{
    (void)state;
    srand(1);
    for (unsigned pause = 0; pause < 2 * PERIOD; pause = 2 * pause + 1) {
        unsigned sum = 0;

        (void)ask(pause);
        for (unsigned i = 0; i < LENGTH; i++) {
            sum += worked[i];
            sum -= i >= PERIOD ? worked[i - PERIOD] : 0;
            assert_true(sum <= 2 * (SHARE + WORK));
        }
    }
}

/* Who asks all the time gets the share each period; who asks seldom waits for nothing. */
static void the_share_is_given(void **state)
{
    struct pace pace = {.share = SHARE, .period = PERIOD};

    (void)state;
    srand(2);
    assert_in_range(ask(0), (LENGTH / PERIOD - 2) * SHARE, LENGTH / PERIOD * (SHARE + WORK));
    for (uint64_t now = 5 * PERIOD; now < 500 * PERIOD; now += PERIOD) {
        assert_true(pace_allows(&pace, now));
        pace_spend(&pace, now, now + 1);
        assert_true(pace_allows(&pace, now + PERIOD / 2));
        pace_spend(&pace, now + PERIOD / 2, now + PERIOD / 2 + SHARE);
        assert_false(pace_allows(&pace, now + PERIOD - 1));
        assert_int_equal(pace_next(&pace), now + PERIOD);
    }
}

int test_pace(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_period_is_bounded),
        cmocka_unit_test(the_share_is_given),
    };

    return cmocka_run_group_tests_name("entropy pace", tests, NULL, NULL);
}
