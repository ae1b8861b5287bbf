/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose keys psa_its_* stores; keys_start says it.
 */
#pragma once

#include "keys.h"

void its_start(struct keys *of);

/* A request begins: nothing was changed yet. */
void its_begin(void);

/*
 * What the last psa_its_set or psa_its_remove of the request answered, which the core of 2.28 makes DATA_INVALID of
 * whatever it was. DATA_INVALID: there was none.
 */
psa_status_t its_last_change(void);

/* Removes a record that the core cannot read. As psa_its_remove. */
psa_status_t its_remove(const struct keys_client *client, uint32_t key);
