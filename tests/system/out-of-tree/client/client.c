/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Uses each service once, as soon as that lets it, and says so.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "block/block.h"
#include "component.h"
#include "crypto/crypto.h"
#include "net/net.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/entropy/protocol.h"
#include "vsock/vsock.h"

enum { PAUSE_NS = 1000000 };

static struct block disk;
static struct net_port net;
static struct vsock vsock;
static struct vsock_socket sockets[1];
static struct crypto crypto;

static bool block_works(void)
{
    static uint8_t bytes[512] = "what somebody of their own wrote";
    static uint8_t read[512];

    return block_open(&disk, &(struct block_setup)BLOCK_SETUP) == BLOCK_DONE &&
           block_write(&disk, 0, bytes, sizeof(bytes)) == BLOCK_DONE &&
           block_read(&disk, 0, read, sizeof(read)) == BLOCK_DONE && memcmp(bytes, read, sizeof(read)) == 0;
}

static bool net_works(void)
{
    return net_open(&net, &(struct net_setup)NET_SETUP) == NET_DONE;
}

static bool vsock_works(void)
{
    return vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, 1) == VSOCK_DONE;
}

static bool entropy_works(void)
{
    struct quoll_message message = {.word = {ENTROPY_GET, ENTROPY_BYTES_MAX}};

    return quoll_call(CAP_ENTROPY_ENTROPY, &message) == QUOLL_OK && message.word[0] == 0;
}

static bool crypto_works(void)
{
    uint8_t bytes[16];
    struct crypto_room random = {bytes, sizeof(bytes), 0};

    return crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP) == CRYPTO_SUCCESS &&
           crypto_generate_random(&crypto, &random) == CRYPTO_SUCCESS;
}

static struct {
    const char *name;
    bool (*works)(void);
    bool done;
} services[] = {
    {"block", block_works, false},     {"net", net_works, false},       {"vsock", vsock_works, false},
    {"entropy", entropy_works, false}, {"crypto", crypto_works, false},
};

void component_deadline(void)
{
    bool all = true;

    for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (!services[i].done && services[i].works()) {
            services[i].done = true;
            printf("%s works\n", services[i].name);
        }
        all = all && services[i].done;
    }
    if (all)
        printf("all work\n");
    else
        component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_start(void)
{
    component_deadline();
}

void component_message(uint64_t label, struct quoll_message *message)
{
    (void)label;
    (void)message;
}

void component_notification(uint64_t flags)
{
    (void)flags;
}
