/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Harm that the judge does itself, to see that each of its checks can fail. What no attack has brought about in this
 * kernel is brought about here, and passes if the judge finds that, and nothing else.
 */
#pragma once

#include <stdbool.h>

#include "systems/attacks/orders.h"

/* Stops somebody, or asks Linux what it is not used to. */
void provoke_prepare(enum attack_number attack);

/* It has come so far that what the judge sees from now on is what came of it. */
bool provoke_prepared(void);

/* Does what is over in a moment. */
void provoke_now(enum attack_number attack);

/* Makes it good again. */
void provoke_end(enum attack_number attack);

/* All is well again, as far as it can be seen. */
bool provoke_is_over(void);
