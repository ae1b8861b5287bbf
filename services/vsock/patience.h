/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long senders wait for a receiver (exchange_patience). The time that somebody waits for one comes out of what
 * there is for it, EXCHANGE_PATIENCE_NS at first. A packet with payload that it takes whole gives a hundredth of that
 * back, and a time in which nobody waits a sixteenth of itself. When nothing is left, who waits is refused.
 *
 * So a sender waits for 2 s once, and from then on for 20 ms a packet on average, whatever the receiver does; and a
 * guest that runs for a part of each period and then takes what has come never gets there.
 */
#pragma once

#include "exchange.h"

/* The endpoint has taken a packet with payload, whole. */
void patience_gain(struct exchange *exchange, unsigned number);
