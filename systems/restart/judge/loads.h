/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Those who work with what is killed: native components, each with a page of progress, and guests, whose consoles are
 * served here (guests/restart/work says what they print). Anything typed ends a guest's work, with "done": of
 * one after the other, in the order of COMPONENT_GUESTS.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "rt/message.h"

enum load {
#define LOAD(name, constant) LOAD_##name,
#include "victims.def"
#undef LOAD
    LOAD_NATIVE_COUNT,
    LOAD_BEFORE_GUESTS = LOAD_NATIVE_COUNT - 1,
#define GUEST_LOAD(guest, name, may_fail_for) LOAD_##name,
#include "victims.def"
#undef GUEST_LOAD
    LOAD_COUNT,
};

/* Grows with each operation that was answered. */
uint64_t load_operations(enum load load);

/* `victim` is about to be killed: if that is a guest's VMM, nothing of the guest is touched until it is back. */
void load_killed(const char *victim);

bool loads_all_work(void);

/* Whether native ones are to leave more time to somebody. */
void loads_slow(bool slow);

/* The last operation has been asked for; whether all were answered. */
void loads_stop(void);
bool loads_ended(void);

uint64_t loads_bytes(void);
/* Adds to what the judge itself found lost, and answers all of it. */
uint64_t loads_lost(uint64_t more);
/* A line a load. */
void loads_print(void);

/* The component's events, as far as they are the guests'. */
void loads_answer(uint64_t label, struct quoll_message *message);
void loads_move(void);
void loads_peer_died(void);
