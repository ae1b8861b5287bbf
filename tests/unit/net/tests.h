/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Each runs the tests of its file and answers how many failed. */
int test_frame(void);
int test_switch(void);
int test_queues(void);
int test_client(void);
int test_device(void);

/* A number below the limit, the same in every run. */
uint32_t pick(uint32_t limit);

/* RFC 1071 as it says it: over 16-bit words in network order, `sum` and a last odd byte included; folded, not inverted.
 * Written anew, for the service's own could be wrong both ways. */
uint32_t plain_sum(const uint8_t *bytes, uint32_t length, uint32_t sum);

/*
 * Writes a TCP segment over IPv4 or IPv6 with `payload` bytes behind its headers, its checksum left to be finished,
 * and answers its length; *headers: bytes before the payload. `options`: words of TCP options, at most 10.
 */
uint32_t make_tcp(uint8_t *frame, bool six, uint32_t options, uint32_t payload, uint32_t *headers);

/* Whether the TCP checksum of the frame and, of IPv4, the header's are right. */
bool tcp_is_right(const uint8_t *frame, uint32_t length, bool six);
