/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests that turn their caches on and off (docs/design/coherence.md).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thread;

/*
 * A trapped MSR or SYS of a guest, by its ISS: true when it wrote one of the registers that HCR_EL2.TVM traps or was
 * cache maintenance by set and way, and was carried out here, or was begun and the guest will make it again. False:
 * somebody else's, or a read.
 */
bool guest_cache_write(struct thread *thread, uint64_t syndrome);

/* The guest starts anew. While its writes of these registers are watched, vcpu->arch.hcr has TVM. */
void guest_cache_reset(struct thread *thread);
