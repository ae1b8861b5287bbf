/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cache maintenance by address in the VMM's own view (docs/design/coherence.md). Both work line by line and may be
 * preempted anywhere.
 */
#pragma once

#include <stdint.h>

/* What is in the caches goes to memory and leaves them: for a guest whose caches are off. */
void coherence_clean_invalidate(uint64_t address, uint64_t size);

/* What was stored here can be executed. */
void coherence_code(uint64_t address, uint64_t size);
