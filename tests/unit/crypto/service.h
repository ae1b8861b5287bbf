/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The whole service but for its component: two clients with a window each, on a disk in memory.
 */
#pragma once

#include <psa/crypto.h>

#include "disk.h"
#include "services/crypto/keys.h"

enum { SERVICE_WINDOW = 4096, FIRST = 0, SECOND = 1, SERVICE_CLIENTS = 2 };

struct service {
    struct fake_disk disk;
    struct store store;
    struct keys keys;
    struct keys_client clients[SERVICE_CLIENTS];
    uint8_t windows[SERVICE_CLIENTS][SERVICE_WINDOW];
    bool no_entropy;
};
extern struct service service;

/* Starts it with a disk of zeros; service_restart with what the disk holds, as after a loss of power or a crash. */
void service_start(void);
void service_restart(void);
void service_stop(void);

struct part {
    const void *bytes;
    size_t size;
};
#define TEXT(text) ((struct part){(text), sizeof(text) - 1})
#define NO_PART    ((struct part){NULL, 0})

/* A request as a client makes it, w1, w2, w6 and w7 first. reply[0] is also the answer. */
int64_t ask(unsigned client, unsigned operation, const uint64_t words[4], struct part a, struct part b, struct part c);
extern uint64_t reply[8];

/* The same with a key and an algorithm alone, and what most tests want a key to be. */
int64_t ask_key(unsigned client, unsigned operation, uint32_t key, uint32_t algorithm, struct part a, struct part b);
int64_t generate(unsigned client, uint32_t key, uint32_t algorithm, uint64_t usage, uint64_t type);

/* What stands in the client's window now. */
struct part answered(unsigned client);
