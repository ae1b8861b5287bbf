/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint32_t random_state = 1;

uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

uint32_t plain_sum(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
    for (uint32_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void put(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* Of addresses, length of TCP and its number. */
static uint32_t pseudo(const uint8_t *ip, bool six, uint32_t tcp_bytes)
{
    return plain_sum(ip + (six ? 8 : 12), six ? 32 : 8, tcp_bytes + 6);
}

uint32_t make_tcp(uint8_t *frame, bool six, uint32_t options, uint32_t payload, uint32_t *headers)
{
    uint32_t ip_bytes = six ? 40 : 20;
    uint32_t tcp_bytes = 20 + 4 * options;
    uint8_t *ip = frame + 14;
    uint8_t *tcp = ip + ip_bytes;

    *headers = 14 + ip_bytes + tcp_bytes;
    for (uint32_t i = 0; i < *headers + payload; i++)
        frame[i] = (uint8_t)pick(256);
    put(frame + 12, six ? 0x86dd : 0x0800);
    ip[0] = six ? 0x60 : 0x45;
    if (six) {
        put(ip + 4, (tcp_bytes + payload) & 0xffff);
        ip[6] = 6;
    } else {
        put(ip + 2, (ip_bytes + tcp_bytes + payload) & 0xffff);
        put(ip + 6, 0x4000);
        ip[9] = 6;
        put(ip + 10, 0);
        put(ip + 10, ~plain_sum(ip, 20, 0));
    }
    tcp[12] = (uint8_t)(tcp_bytes / 4 << 4);
    put(tcp + 16, pseudo(ip, six, tcp_bytes + payload));
    return *headers + payload;
}

bool tcp_is_right(const uint8_t *frame, uint32_t length, bool six)
{
    const uint8_t *ip = frame + 14;
    uint32_t ip_bytes = six ? 40 : 20;
    uint32_t tcp_bytes = length - 14 - ip_bytes;

    if (!six && plain_sum(ip, 20, 0) != 0xffff)
        return false;
    return plain_sum(ip + ip_bytes, tcp_bytes, pseudo(ip, six, tcp_bytes)) == 0xffff;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return test_frame() + test_switch() + test_queues() + test_client() + test_device() == 0 ? 0 : 1;
}
