/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams and a byte of a stream there and back, and a stream in one direction, between two stations. A Linux with
 * both interfaces is both: the second one has a process, and a network namespace, of its own (station.c).
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services.h"

enum { PART = 64 * 1024, KIB = 1024 };

static char part[PART];

static struct sockaddr_in peer_address(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(NETWORK_PORT)};

    must(inet_pton(AF_INET, NETWORK_PEER, &address.sin_addr) == 1, NETWORK_PEER);
    return address;
}

static uint64_t udp_round_trip(unsigned count)
{
    static int udp = -1;
    char datagram[NETWORK_DATAGRAM] = {0};

    if (udp < 0) {
        struct sockaddr_in address = peer_address();

        udp = socket(AF_INET, SOCK_DGRAM, 0);
        must(udp >= 0 && connect(udp, (struct sockaddr *)&address, sizeof(address)) == 0, "a datagram socket");
    }
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(send(udp, datagram, sizeof(datagram), 0) == sizeof(datagram) &&
                 recv(udp, datagram, sizeof(datagram), 0) == sizeof(datagram),
             "a datagram there and back");
    return ticks() - start - loop_ticks(count);
}

static int connected(void)
{
    static int tcp = -1;
    struct sockaddr_in address = peer_address();

    if (tcp >= 0)
        return tcp;
    tcp = socket(AF_INET, SOCK_STREAM, 0);
    must(tcp >= 0 && connect(tcp, (struct sockaddr *)&address, sizeof(address)) == 0, "connecting to the peer");
    must(setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) == 0, "TCP_NODELAY");
    return tcp;
}

/* An order of no bytes is answered as soon as it has come. */
static void order(uint32_t bytes)
{
    char answer = 0;
    int tcp = connected();

    must(send(tcp, &bytes, sizeof(bytes), 0) == sizeof(bytes), "an order to the peer");
    for (uint32_t sent = 0; sent < bytes;) {
        ssize_t done = send(tcp, part, bytes - sent < PART ? bytes - sent : PART, 0);
        must(done > 0, "sending a stream");
        sent += (uint32_t)done;
    }
    must(recv(tcp, &answer, 1, 0) == 1, "the peer's answer");
}

static uint64_t tcp_round_trip(unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++)
        order(0);
    return ticks() - start - loop_ticks(count);
}

/* Until the peer has said that it has all of them. */
static uint64_t stream_kib(unsigned count)
{
    uint64_t start = ticks();

    order(count * KIB);
    return ticks() - start;
}

static void receive(int tcp, void *bytes, size_t size)
{
    must(recv(tcp, bytes, size, MSG_WAITALL) == (ssize_t)size, "receiving a stream");
}

static void serve_datagrams(int udp)
{
    char datagram[NETWORK_DATAGRAM] = {0};

    for (;;) {
        struct sockaddr_in from = {0};
        socklen_t length = sizeof(from);

        must(recvfrom(udp, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &length) == sizeof(datagram) &&
                 sendto(udp, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, length) == sizeof(datagram),
             "sending a datagram back");
    }
}

void network_serve(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(NETWORK_PORT)};
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(udp, (struct sockaddr *)&any, sizeof(any)) == 0, "the peer's datagram socket");
    must(bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 1) == 0, "the peer's listener");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0)
        serve_datagrams(udp);
    network_ready();
    int tcp = accept(listener, NULL, NULL);
    must(tcp >= 0 && setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) == 0, "accept");
    for (;;) {
        uint32_t bytes = 0;

        receive(tcp, &bytes, sizeof(bytes));
        for (; bytes > PART; bytes -= PART)
            receive(tcp, part, PART);
        if (bytes > 0)
            receive(tcp, part, bytes);
        must(send(tcp, "", 1, 0) == 1, "answering");
    }
}

const struct measurement network_measurements[] = {
    {"net_udp_round_trip", udp_round_trip, 200, 5},
    {"net_tcp_round_trip", tcp_round_trip, 200, 5},
    {"net_stream_kib", stream_kib, 2048, 5},
    MEASUREMENT_END,
};
