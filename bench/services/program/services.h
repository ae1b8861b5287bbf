/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the measurements of devices share; the rest is bench/linux/program/bench.h.
 */
#ifndef BENCH_SERVICES_SERVICES_H
#define BENCH_SERVICES_SERVICES_H

#include "bench/linux/program/bench.h"

extern const struct measurement block_measurements[];
extern const struct measurement network_measurements[];
extern const struct measurement socket_measurements[];

/* Loads the modules that the initramfs has, once. */
void load_modules(void);

#define NETWORK_OWN  "10.0.0.1"
#define NETWORK_PEER "10.0.0.2"
enum { NETWORK_PORT = 4000, NETWORK_DATAGRAM = 64 };

/* Sets up this station, and the peer where this Linux has its interface too. */
void network_start(void);

/* This Linux is the peer, for ever; network_serve is what it does then, and says network_ready() when it can. */
_Noreturn void network_be_peer(void);
_Noreturn void network_serve(void);
void network_ready(void);

/* Runs each batch of a list once between two readings of the instructions executed and of time, and prints both. */
void compare_executed(const struct measurement *list);

#endif
