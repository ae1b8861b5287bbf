/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests: sides whose domain is a VM and whose program runs at EL1. Their exits go to the side VMM.
 */
#pragma once

#include "abi/vcpu.h"
#include "sample.h"

enum { VMM = CROWD_FIRST - 1, GUEST_PRIORITY = 80 };

extern const char guest_vectors[], guest_call[], guest_load[], guest_store[], guest_acknowledge[], guest_ring[],
    guest_alarm[], guest_timer_busy[], guest_timer_wait[], guest_counters[], guest_spin[];

/* Side VMM: answers every exit, the instruction being over. */
void guest_make_vmm(void);
/* Side n with a vCPU, not started; after guest_make_vmm. The VMM of more than one guest must get no exits. */
void guest_make(unsigned n, uint8_t priority);
volatile struct quoll_vcpu_state *guest_state(unsigned n);
/* The interrupt is enabled, and raised by flag 0 of the guest's bell. */
void guest_make_bell(unsigned n, unsigned interrupt);
void guest_enable(unsigned n, unsigned interrupt);
void guest_start(unsigned n, const char *program);
/* The PL031's page in a domain, at RTC_ADDRESS. */
void map_rtc(uint32_t domain);
