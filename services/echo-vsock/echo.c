/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sends back what comes to its first port. Counts and sums what comes to its second one until that ends, and answers
 * with sum and length as they stand at the end of a gzip file of it. A line `CID PORT` on its console connects there,
 * sends a pattern, and compares what comes back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "services/entropy/protocol.h"
#include "vsock/vsock.h"

enum { SOCKETS = 8, PART = 2048, PATTERN = 1024 * 1024, ROUNDS = 16 };

static struct vsock vsock;
static struct vsock_socket sockets[SOCKETS];

/* What becomes of a socket. */
static struct task {
    struct vsock_socket *socket;
    enum { ECHO, COUNT, VISIT } kind;
    uint8_t bytes[PART]; /* received and not sent yet */
    size_t length, sent;
    uint64_t count, wrong;
    uint32_t sum;
} tasks[SOCKETS];

static uint8_t pattern(uint64_t place)
{
    return (uint8_t)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static struct task *begin(struct vsock_socket *socket, int kind)
{
    for (unsigned i = 0; i < SOCKETS; i++)
        if (tasks[i].socket == NULL) {
            tasks[i].socket = socket;
            tasks[i].kind = kind;
            tasks[i].length = tasks[i].sent = 0;
            tasks[i].count = tasks[i].wrong = 0;
            tasks[i].sum = UINT32_MAX;
            return &tasks[i];
        }
    return NULL; /* there are as many as sockets */
}

static void end(struct task *task)
{
    vsock_close(&vsock, task->socket);
    task->socket = NULL;
}

/* True: something moved. */
static bool echo(struct task *task)
{
    size_t sent = vsock_send(&vsock, task->socket, task->bytes + task->sent, task->length - task->sent);

    task->sent += sent;
    if (task->sent < task->length && task->socket->state == VSOCK_CONNECTED)
        return sent != 0;
    task->length = vsock_receive(&vsock, task->socket, task->bytes, PART);
    task->sent = 0;
    if (task->length != 0)
        return true;
    if (vsock_at_end(task->socket))
        end(task);
    return false;
}

/* CRC-32, as gzip's. */
static uint32_t add_to_sum(uint32_t sum, uint8_t byte)
{
    sum ^= byte;
    for (unsigned bit = 0; bit < 8; bit++)
        sum = (sum >> 1) ^ ((sum & 1) != 0 ? UINT32_C(0xedb88320) : 0);
    return sum;
}

static bool count(struct task *task)
{
    uint32_t answer[2] = {0};
    size_t length = vsock_receive(&vsock, task->socket, task->bytes, PART);

    for (size_t i = 0; i < length; i++)
        task->sum = add_to_sum(task->sum, task->bytes[i]);
    task->count += length;
    if (length != 0)
        return true;
    if (!vsock_at_end(task->socket))
        return false;
    answer[0] = ~task->sum;
    answer[1] = (uint32_t)task->count;
    (void)vsock_send(&vsock, task->socket, answer, sizeof(answer));
    printf("%" PRIu64 " bytes came to port %" PRIu32 "\n", task->count, task->socket->port);
    end(task);
    return false;
}

/* Sends the pattern and compares what comes back; `length` counts what was sent. */
static bool visit(struct task *task)
{
    bool moved = false;
    size_t length = 0;

    if (task->socket->state == VSOCK_ENDED && task->count < PATTERN) {
        printf("the visit to %" PRIu64 ":%" PRIu32 " ended after %" PRIu64 " bytes\n", task->socket->peer_cid,
               task->socket->peer_port, task->count);
        end(task);
        return false;
    }
    if (task->length < PATTERN) {
        size_t part = PATTERN - task->length < PART ? PATTERN - task->length : PART;

        for (size_t i = 0; i < part; i++)
            task->bytes[i] = pattern(task->length + i);
        part = vsock_send(&vsock, task->socket, task->bytes, part);
        task->length += part;
        moved = part != 0;
    }
    length = vsock_receive(&vsock, task->socket, task->bytes, PART);
    for (size_t i = 0; i < length; i++)
        task->wrong += task->bytes[i] != pattern(task->count + i);
    task->count += length;
    if (task->count == PATTERN) {
        printf("%" PRIu64 ":%" PRIu32 " sent back %" PRIu64 " bytes, %" PRIu64 " of them wrong\n",
               task->socket->peer_cid, task->socket->peer_port, task->count, task->wrong);
        end(task);
        return false;
    }
    return moved || length != 0;
}

static bool step(struct task *task)
{
    switch (task->kind) {
    case ECHO:
        return echo(task);
    case COUNT:
        return count(task);
    default:
        return visit(task);
    }
}

static void accept_all(uint32_t port, int kind)
{
    struct vsock_socket *socket = vsock_accept(&vsock, port);

    while (socket != NULL) {
        (void)begin(socket, kind);
        socket = vsock_accept(&vsock, port);
    }
}

static void run(void)
{
    bool more = true;

    accept_all(VSOCK_PORT_FIRST, ECHO);
    accept_all(VSOCK_PORT_FIRST + 1, COUNT);
    for (unsigned i = 0; i < ROUNDS && more; i++) {
        more = false;
        for (unsigned t = 0; t < SOCKETS; t++)
            more = (tasks[t].socket != NULL && step(&tasks[t])) || more;
    }
    if (more)
        component_keep_flags(FLAG_VSOCK);
}

static void obey(const char *line)
{
    char *rest = NULL;
    uint64_t cid = strtoul(line, &rest, 10);
    uint32_t port = (uint32_t)strtoul(rest, NULL, 10);
    struct vsock_socket *socket = vsock_connect(&vsock, cid, port);

    if (socket != NULL)
        (void)begin(socket, VISIT);
    else if (vsock.absent)
        printf("there is no service\n");
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX];

    vsock_event(&vsock, flags);
    while ((flags & COMPONENT_FLAG_INPUT) != 0 && console_line(line))
        obey(line);
    run();
    component_wait_until(vsock.patience);
}

void component_deadline(void)
{
    vsock_event(&vsock, 0);
    run();
}

void component_start(void)
{
    struct quoll_message message = {.word = {ENTROPY_GET, ENTROPY_BYTES_MAX}};

    if (quoll_call(CAP_ENTROPY_ENTROPY, &message) != QUOLL_OK || message.word[0] != 0 || message.word[1] == 0)
        printf("no entropy: %" PRIx64 "\n", message.word[0]);
    if (vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, SOCKETS) != VSOCK_DONE ||
        vsock_listen(&vsock, VSOCK_PORT_FIRST) != VSOCK_DONE ||
        vsock_listen(&vsock, VSOCK_PORT_FIRST + 1) != VSOCK_DONE)
        printf("no sockets\n");
    else
        printf("CID %" PRIu64 " listens to ports %u and %u\n", vsock.cid, VSOCK_PORT_FIRST, VSOCK_PORT_FIRST + 1);
}
