/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a frame becomes on its way: segments that together are what was sent, each with checksums that are right; tags;
 * and every virtio-net header that does not fit what is behind it, refused.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/net/frame.h"

enum { ROUNDS = 3000, ROOM = NET_LARGE_MAX + 64, PARTS = 16 };

#define BIT(name) (UINT64_C(1) << VIRTIO_NET_F_##name)
#define SENDS_ALL (BIT(CSUM) | BIT(HOST_TSO4) | BIT(HOST_TSO6))
#define TAKES_ALL (BIT(GUEST_CSUM) | BIT(GUEST_TSO4) | BIT(GUEST_TSO6))

static uint8_t bytes[ROOM];
static uint8_t out[ROOM];
static struct frame frame;
static struct packet packet;
static struct virtio_segment parts[PARTS];

/* bytes[0, length) in parts that begin and end anywhere. */
static unsigned scatter(uint32_t length)
{
    unsigned count = 0;
    uint32_t at = 0;

    while (at < length) {
        uint32_t part = count == PARTS - 1 ? length - at : pick(length - at + 1);

        parts[count++] = (struct virtio_segment){bytes + at, part};
        at += part;
    }
    return count;
}

static enum frame_verdict open_frame(uint32_t length, const struct virtio_net_header *offload, uint64_t features)
{
    return frame_open(&frame, parts, scatter(length), 0, length, offload, features);
}

/* In pieces, as into a receiver's buffers. */
static uint32_t copy_out(void)
{
    uint32_t length = packet_length(&packet);

    memset(out, 0xee, sizeof(out));
    for (uint32_t at = 0; at < length;) {
        uint32_t part = 1 + pick(length - at);

        packet_copy(&packet, at, out + at, part);
        at += part;
    }
    return length;
}

static struct virtio_net_header large(bool six, uint32_t size)
{
    return (struct virtio_net_header){.flags = VIRTIO_NET_NEEDS_CSUM,
                                      .gso_type = six ? VIRTIO_NET_GSO_TCPV6 : VIRTIO_NET_GSO_TCPV4,
                                      .gso_size = (uint16_t)size,
                                      .checksum_start = six ? 54 : 34,
                                      .checksum_offset = 16};
}

static uint32_t number_at(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* One segment of what lies in `bytes`, as it came out. */
static void check_segment(uint32_t length, uint32_t headers, uint32_t done, unsigned number, bool last, bool six)
{
    uint32_t tcp = six ? 54 : 34;

    assert_true(length <= NET_FRAME_MAX);
    assert_true(tcp_is_right(out, length, six));
    assert_memory_equal(out + headers, bytes + headers + done, length - headers);
    assert_memory_equal(out, bytes, 14);
    assert_int_equal(number_at(out + tcp + 4), number_at(bytes + tcp + 4) + done);
    assert_int_equal(out[tcp + 13] & 9, last ? bytes[tcp + 13] & 9 : 0);
    assert_int_equal(out[tcp + 13] & 128, number == 0 ? bytes[tcp + 13] & 128 : 0);
    assert_int_equal(out[tcp + 13] & 0x76, bytes[tcp + 13] & 0x76);
    if (six) {
        assert_int_equal(out[18] << 8 | out[19], length - 54);
        return;
    }
    assert_int_equal(out[16] << 8 | out[17], length - 14);
    assert_int_equal(out[18] << 8 | out[19], (uint16_t)((bytes[18] << 8 | bytes[19]) + (int)number));
}

static void segments(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        bool six = pick(2) != 0;
        uint32_t headers = 0;
        uint32_t size = 500 + pick(860);
        uint32_t length = make_tcp(bytes, six, pick(11), 1 + pick(pick(2) != 0 ? 4000 : 60000), &headers);
        const struct virtio_net_header offload = large(six, size);
        uint32_t done = 0;

        assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
        unsigned count = frame_packets(&frame, 0);
        assert_int_equal(count, (length - headers + size - 1) / size);
        for (unsigned i = 0; i < count; i++) {
            frame_packet(&frame, 0, 0, i, &packet);
            uint32_t part = copy_out();
            check_segment(part, headers, done, i, i + 1 == count, six);
            assert_int_equal(packet.header.flags | packet.header.gso_type | packet.header.checksum_start, 0);
            done += part - headers;
        }
        assert_int_equal(headers + done, length);
    }
}

/* A receiver that finishes checksums itself gets segments that say so; what it then finishes is right. */
static void segments_to_be_finished(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        bool six = pick(2) != 0;
        uint32_t headers = 0;
        uint32_t length = make_tcp(bytes, six, 3, 1 + pick(9000), &headers);
        const struct virtio_net_header offload = large(six, 1000);

        assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
        for (unsigned i = 0; i < frame_packets(&frame, BIT(GUEST_CSUM)); i++) {
            frame_packet(&frame, BIT(GUEST_CSUM), 0, i, &packet);
            uint32_t part = copy_out();
            uint32_t start = packet.header.checksum_start;
            assert_int_equal(packet.header.flags, VIRTIO_NET_NEEDS_CSUM);
            assert_int_equal(packet.header.gso_type, VIRTIO_NET_GSO_NONE);
            uint32_t sum = ~plain_sum(out + start, part - start, 0);
            out[start + 16] = (uint8_t)(sum >> 8);
            out[start + 17] = (uint8_t)sum;
            assert_true(tcp_is_right(out, part, six));
        }
    }
}

static void passed_on_whole(void **state)
{
    (void)state;
    for (unsigned six = 0; six < 2; six++) {
        uint32_t headers = 0;
        uint32_t length = make_tcp(bytes, six != 0, 3, 60000, &headers);
        const struct virtio_net_header offload = large(six != 0, 1400);

        assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
        assert_int_equal(frame_packets(&frame, TAKES_ALL), 1);
        frame_packet(&frame, TAKES_ALL, 0, 0, &packet);
        assert_int_equal(copy_out(), length);
        assert_memory_equal(out, bytes, length);
        assert_int_equal(packet.header.gso_type, offload.gso_type);
        assert_int_equal(packet.header.gso_size, 1400);
        assert_int_equal(packet.header.header_length, headers);
        assert_int_equal(packet.header.checksum_start, offload.checksum_start);
        /* The other kind does not help, nor does it without checksums. */
        assert_true(frame_packets(&frame, TAKES_ALL & ~(six != 0 ? BIT(GUEST_TSO6) : BIT(GUEST_TSO4))) > 1);
        assert_true(frame_packets(&frame, TAKES_ALL & ~BIT(GUEST_CSUM)) > 1);
    }
}

/* Anything with a sum in it, wherever it begins, also where head and payload meet inside a word. */
static void checksums(void **state)
{
    const struct virtio_net_header none = {0};

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t length = 60 + pick(NET_FRAME_MAX - 59);
        uint32_t most = length < FRAME_HEAD ? length : FRAME_HEAD;
        uint32_t start = 14 + pick(most - 16 - 14);
        uint32_t field = pick(most - start - 1);
        struct virtio_net_header offload = {
            .flags = VIRTIO_NET_NEEDS_CSUM, .checksum_start = (uint16_t)start, .checksum_offset = (uint16_t)field};

        for (uint32_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(round <= 1 ? 0 : pick(256));
        /* A sum that would be zero, which says that there is none. */
        if (round == 1)
            memset(bytes + start + field, 0xff, 2);
        bytes[12] = 8;
        bytes[13] = 0;
        assert_int_equal(open_frame(length, &offload, BIT(CSUM)), FRAME_GOOD);
        frame_packet(&frame, 0, 0, 0, &packet);
        assert_int_equal(copy_out(), length);
        uint32_t sum = ~plain_sum(bytes + start, length - start, 0) & 0xffff;
        assert_int_equal(out[start + field] << 8 | out[start + field + 1], sum == 0 ? 0xffff : sum);
        memcpy(out + start + field, bytes + start + field, 2);
        assert_memory_equal(out, bytes, length);
        assert_memory_equal(&packet.header, &none, sizeof(none));
        frame_packet(&frame, BIT(GUEST_CSUM), 0, 0, &packet);
        (void)copy_out();
        assert_memory_equal(out, bytes, length);
        assert_int_equal(packet.header.checksum_start, start);
        assert_int_equal(packet.header.flags, VIRTIO_NET_NEEDS_CSUM);
    }
}

static void tags(void **state)
{
    struct virtio_net_header offload = {.flags = VIRTIO_NET_NEEDS_CSUM, .checksum_start = 34, .checksum_offset = 16};
    uint32_t headers = 0;
    uint16_t vlan = 9;

    (void)state;
    uint32_t length = make_tcp(bytes, false, 0, 1400, &headers);
    static uint8_t plain[NET_FRAME_MAX];
    memcpy(plain, bytes, length);
    assert_int_equal(open_frame(length, &offload, BIT(CSUM)), FRAME_GOOD);
    assert_false(frame_tagged(&frame));
    frame_packet(&frame, BIT(GUEST_CSUM), 0x123, 0, &packet);
    assert_int_equal(copy_out(), length + 4);
    assert_memory_equal(out, plain, 12);
    assert_memory_equal(out + 12, "\x81\x00\x01\x23", 4);
    assert_memory_equal(out + 16, plain + 12, length - 12);
    assert_int_equal(packet.header.checksum_start, 38);
    /* Back again, with a priority in the tag; and then as it was. */
    memcpy(bytes, out, length + 4);
    bytes[14] |= 0xe0;
    offload.checksum_start = 38;
    assert_int_equal(open_frame(length + 4, &offload, BIT(CSUM)), FRAME_GOOD);
    assert_true(frame_tagged(&frame));
    assert_true(frame_untag(&frame, &vlan));
    assert_int_equal(vlan, 0x123);
    assert_false(frame_tagged(&frame));
    frame_packet(&frame, BIT(GUEST_CSUM), 0, 0, &packet);
    assert_int_equal(copy_out(), length);
    assert_memory_equal(out, plain, length);
    assert_int_equal(packet.header.checksum_start, 34);
    frame_packet(&frame, 0, 0, 0, &packet);
    assert_true(tcp_is_right(out, copy_out(), false));
    /* A sum that begins inside of the tag, VLAN 4095, a tag in a tag, one that is cut off. */
    offload.checksum_start = 16;
    assert_int_equal(open_frame(length + 4, &offload, BIT(CSUM)), FRAME_GOOD);
    assert_false(frame_untag(&frame, &vlan));
    offload = (struct virtio_net_header){0};
    memcpy(bytes + 16, "\x88\xa8", 2);
    assert_int_equal(open_frame(length, &offload, 0), FRAME_GOOD);
    assert_true(frame_untag(&frame, &vlan));
    assert_true(frame_tagged(&frame));
    memcpy(bytes + 14, "\x0f\xff", 2);
    assert_int_equal(open_frame(length, &offload, 0), FRAME_GOOD);
    assert_false(frame_untag(&frame, &vlan));
    assert_int_equal(open_frame(17, &offload, 0), FRAME_GOOD);
    assert_false(frame_untag(&frame, &vlan));
}

static void lengths(void **state)
{
    const struct virtio_net_header none = {0};
    static const struct {
        uint32_t length;
        bool tagged;
        enum frame_verdict verdict;
    } cases[] = {{0, false, FRAME_BAD_LENGTH},   {13, false, FRAME_BAD_LENGTH},   {14, false, FRAME_GOOD},
                 {1514, false, FRAME_GOOD},      {1515, false, FRAME_BAD_LENGTH}, {1518, true, FRAME_GOOD},
                 {1519, true, FRAME_BAD_LENGTH}, {65550, false, FRAME_BAD_LENGTH}};

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes + 12, cases[i].tagged ? "\x81\x00" : "\x08\x00", 2);
        assert_int_equal(open_frame(cases[i].length, &none, SENDS_ALL), cases[i].verdict);
    }
}

/* A large frame with one thing wrong. */
static void offloads_refused(void **state)
{
    static const struct {
        bool six;
        uint64_t features;
        unsigned at; /* of the frame: a byte that is changed, */
        uint8_t value;
        struct virtio_net_header change; /* added to the header */
    } bad[] = {
        {false, BIT(CSUM) | BIT(HOST_TSO6), 0, 0, {0}},
        {true, BIT(CSUM) | BIT(HOST_TSO4), 0, 0, {0}},
        {false, BIT(HOST_TSO4), 0, 0, {0}},
        {false, SENDS_ALL, 12, 0x86, {0}}, /* another protocol */
        {true, SENDS_ALL, 12, 0x08, {0}},
        {false, SENDS_ALL, 14, 0x65, {0}}, /* another version */
        {true, SENDS_ALL, 14, 0x45, {0}},
        {false, SENDS_ALL, 14, 0x44, {0}}, /* an IP header that is too short, or longer than the sum says */
        {false, SENDS_ALL, 14, 0x44, {.checksum_start = (uint16_t)-4}},
        {false, SENDS_ALL, 14, 0x46, {0}},
        {false, SENDS_ALL, 23, 17, {0}}, /* not TCP */
        {true, SENDS_ALL, 20, 17, {0}},
        {false, SENDS_ALL, 46, 0x40, {0}},            /* a TCP header that is too short */
        {false, SENDS_ALL, 0, 0, {.flags = 1}},       /* no sum to finish */
        {false, SENDS_ALL, 0, 0, {.gso_type = 0x7f}}, /* with ECN, which nobody offers */
        {false, SENDS_ALL, 0, 0, {.gso_type = 2}},    /* UDP */
        {false, SENDS_ALL, 0, 0, {.gso_type = 3}},
        {false, SENDS_ALL, 0, 0, {.checksum_start = 1}},
        {false, SENDS_ALL, 0, 0, {.checksum_start = (uint16_t)-21}}, /* inside the addresses */
        {false, SENDS_ALL, 0, 0, {.checksum_start = 0x8000}},
        {false, SENDS_ALL, 0, 0, {.checksum_offset = 2}},
        {false, SENDS_ALL, 0, 0, {.checksum_offset = 0xff00}},
        {false, SENDS_ALL, 0, 0, {.gso_size = (uint16_t)-1000}}, /* none */
        {false, SENDS_ALL, 0, 0, {.gso_size = (uint16_t)-980}},  /* more than FRAME_SEGMENTS_MAX */
        {false, SENDS_ALL, 0, 0, {.gso_size = 461}},             /* longer than a frame may be */
    };
    uint32_t headers = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t length = make_tcp(bytes, bad[i].six, 0, 5000, &headers);
        struct virtio_net_header offload = large(bad[i].six, 1000);

        assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
        if (bad[i].at != 0)
            bytes[bad[i].at] = bad[i].value;
        offload.flags ^= bad[i].change.flags;
        offload.gso_type = (uint8_t)(offload.gso_type + bad[i].change.gso_type);
        offload.checksum_start = (uint16_t)(offload.checksum_start + bad[i].change.checksum_start);
        offload.checksum_offset = (uint16_t)(offload.checksum_offset + bad[i].change.checksum_offset);
        offload.gso_size = (uint16_t)(offload.gso_size + bad[i].change.gso_size);
        if (offload.checksum_start == 30) /* a TCP header follows wherever the IP header says that it ends */
            bytes[30 + 12] = 0x50;
        if (open_frame(length, &offload, bad[i].features) != FRAME_BAD_OFFLOAD)
            fail_msg("case %u is taken", i);
    }
    /* The longest that a segment may be, and most of them. */
    uint32_t length = make_tcp(bytes, false, 0, 60000, &headers);
    struct virtio_net_header offload = large(false, 1460);
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
    offload.gso_size = 60000 / FRAME_SEGMENTS_MAX + 1;
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
    offload.gso_size--;
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_BAD_OFFLOAD);
    length = make_tcp(bytes, false, 0, NET_LARGE_MAX - 54, &headers);
    offload.gso_size = 1400;
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
    length = make_tcp(bytes, false, 0, NET_LARGE_MAX - 54 + 1, &headers);
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_BAD_LENGTH);
    /* No payload, and a sum whose place is behind the frame or the head. */
    length = make_tcp(bytes, false, 0, 0, &headers);
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_BAD_OFFLOAD);
    offload = (struct virtio_net_header){.flags = 1, .checksum_start = 14, .checksum_offset = 39};
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_BAD_OFFLOAD);
    offload.checksum_offset--;
    assert_int_equal(open_frame(length, &offload, SENDS_ALL), FRAME_GOOD);
    assert_int_equal(open_frame(length, &offload, 0), FRAME_BAD_OFFLOAD);
    offload.checksum_offset = FRAME_HEAD - 14 - 1;
    assert_int_equal(open_frame(1000, &offload, SENDS_ALL), FRAME_BAD_OFFLOAD);
}

int test_frame(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments),
        cmocka_unit_test(segments_to_be_finished),
        cmocka_unit_test(passed_on_whole),
        cmocka_unit_test(checksums),
        cmocka_unit_test(tags),
        cmocka_unit_test(lengths),
        cmocka_unit_test(offloads_refused),
    };

    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
