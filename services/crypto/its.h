/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose keys psa_its_* stores; keys_start says it.
 */
#pragma once

#include "keys.h"

void its_start(struct keys *of);

/* What the last psa_its_set or psa_its_remove answered, which the core of 2.28 makes DATA_INVALID of whatever it was.
 */
psa_status_t its_last_change(void);
