/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "suite.h"

enum { N = TEST_FREE, COPY };

static void notification_create(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_EQUAL(test_type(N), QUOLL_TYPE_NOTIFICATION);
    EXPECT_OK(quoll_notification_signal(N, 0x5));
    EXPECT_EQUAL(quoll_notification_wait(N, 0).word[0], 0x5);
    EXPECT_ERROR(quoll_notification_wait(N, 0), TIMEOUT);
}

void test_notification(void)
{
    static const struct test tests[] = {
        TEST(notification_create),
    };

    TEST_RUN(tests);
}
