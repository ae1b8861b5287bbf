/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long senders wait for a receiver (exchange_patience). The time that somebody waits for one comes out of what
 * there is for it, EXCHANGE_PATIENCE_NS at first. A buffer that it receives into gives a hundredth of that back, a
 * small one less, and a time in which nobody waits a sixteenth of itself. When nothing is left, who waits is refused.
 *
 * So a sender waits for 2 s once, and from then on for 20 ms a buffer on average, times those in the line; and a guest
 * that runs for a part of each period and then takes what has come never gets there.
 */
#pragma once

#include "exchange.h"

/* The endpoint receives into a buffer of so many bytes. */
void patience_gain(struct exchange *exchange, unsigned number, uint64_t bytes);
