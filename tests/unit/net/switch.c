/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who gets a frame and who does not: addresses, groups, VLANs, reach, stations on the wire.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests.h"

static void one_or_all(void **state)
{
    (void)state;
    assert_sent(0, mac_of(2), 1 << 2, 0);
    write_frame(got + PAYLOAD, mac_of(2), mac_of(0), PAYLOAD, 'x');
    put_plain(0, mac_of(2), mac_of(0), 'x');
    run();
    assert_int_equal(get_frame(2), PAYLOAD);
    assert_memory_equal(got, got + PAYLOAD, PAYLOAD);
    assert_int_equal(got_header.buffers, 1);
    assert_sent(1, ALL, 13, 1);
    assert_sent(1, GROUP_ADDRESS, 13, 1);
    assert_int_equal(sent_out.length, PAYLOAD);
    from_wire(ALL, ON_WIRE, 0, 15);
    from_wire(mac_of(3), ON_WIRE, 0, 8);
    /* Nothing comes back to whoever sent it, and what is for the bridge goes nowhere. */
    assert_sent(1, mac_of(1), 0, 0);
    for (unsigned i = 0; i < 16; i++)
        assert_sent(1, UINT64_C(0x0180c2000000) + i, 0, 0);
    assert_sent(1, UINT64_C(0x0180c2000010), 13, 1);
}

static void only_its_own_address(void **state)
{
    const uint64_t others[] = {mac_of(1), ON_WIRE, ALL, 0, mac_of(0) + (UINT64_C(1) << 40)};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        put_plain(0, mac_of(2), others[i], 'x');
        run();
        assert_got(0);
        put_plain(0, ALL, others[i], 'x');
        run();
        assert_got(0);
    }
    assert_out(0);
    assert_int_equal(ports[0].refused, 10);
    assert_int_equal(ports[0].sent, 10);
    /* From outside, ours are not believed, nor a group as a source. */
    from_wire(mac_of(2), mac_of(1), 0, 0);
    from_wire(mac_of(2), GROUP_ADDRESS, 0, 0);
    from_wire(mac_of(2), 0, 0, 0);
    from_wire(mac_of(2), ON_WIRE, 0, 4);
}

static void no_tags_from_clients(void **state)
{
    static const uint8_t types[][2] = {{0x81, 0x00}, {0x88, 0xa8}};
    const struct virtio_net_header header = {0};
    uint8_t frame[PAYLOAD];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        write_frame(frame, mac_of(1), mac_of(0), PAYLOAD, 0);
        memcpy(frame + 12, types[i], 2);
        put_frame(0, &header, frame, PAYLOAD);
        run();
        assert_got(0);
    }
    assert_int_equal(ports[0].refused, 2);
}

static void vlans(void **state)
{
    (void)state;
    ports[0].vlan = ports[1].vlan = 10;
    ports[2].vlan = 20;
    assert_sent(0, ALL, 2, 1);
    assert_int_equal(sent_out.length, PAYLOAD + 4);
    assert_memory_equal(sent_out.bytes + 12, "\x81\x00\x00\x0a\x88\xb5", 6);
    assert_sent(3, ALL, 0, 1);
    assert_int_equal(sent_out.length, PAYLOAD);
    /* To an address of another VLAN: nobody has shown it in this one. */
    assert_sent(0, mac_of(2), 2, 1);
    from_wire(ALL, ON_WIRE, 10, 3);
    from_wire(ALL, ON_WIRE, 20, 4);
    from_wire(ALL, ON_WIRE, 0, 8);
    from_wire(ALL, ON_WIRE, 30, 0);
    from_wire(mac_of(0), ON_WIRE, 10, 1);
    from_wire(mac_of(0), ON_WIRE, 20, 4);
    from_wire(ALL, ON_WIRE, 4095, 0);
    /* A tag in a tag is nobody's here. */
    const struct virtio_net_header header = {0};
    uint8_t twice[PAYLOAD];
    write_frame(twice, ALL, ON_WIRE, PAYLOAD, 0);
    memcpy(twice + 12, "\x81\x00\x00\x0a\x81\x00\x00\x14", 8);
    switch_receive(&net, &header, twice, PAYLOAD);
    assert_got(0);
    /* A station is known in the VLAN that it was seen in alone. */
    assert_sent(0, ON_WIRE + 1, 2, 1);
    from_wire(ALL, ON_WIRE + 1, 20, 4);
    assert_sent(0, ON_WIRE + 1, 2, 1);
    from_wire(ALL, ON_WIRE + 1, 10, 3);
    assert_sent(0, ON_WIRE + 1, 0, 1);
}

static void reach(void **state)
{
    (void)state;
    /* 0 and 1 reach each other, 1 and 2 too, 3 only the wire, which 0 does not. */
    ports[0].reaches = 2;
    ports[1].reaches = 5 | NET_REACHES_WIRE;
    ports[2].reaches = 2 | NET_REACHES_WIRE;
    ports[3].reaches = NET_REACHES_WIRE;
    assert_sent(0, ALL, 2, 0);
    assert_sent(0, mac_of(2), 0, 0);
    assert_sent(0, mac_of(1), 2, 0);
    assert_sent(0, ON_WIRE, 2, 0);
    assert_sent(1, ALL, 5, 1);
    assert_sent(3, ALL, 0, 1);
    assert_sent(3, mac_of(1), 0, 0);
    from_wire(ALL, ON_WIRE, 0, 14);
    from_wire(mac_of(0), ON_WIRE, 0, 0);
    net.wire = NULL;
    assert_sent(1, ALL, 5, 0);
}

static void learns_and_forgets(void **state)
{
    (void)state;
    assert_sent(0, ON_WIRE, 14, 1);
    from_wire(mac_of(0), ON_WIRE, 0, 1);
    assert_sent(0, ON_WIRE, 0, 1);
    /* What is for a station on the wire does not come in from there, but for the first frame to it. */
    from_wire(ON_WIRE, ON_WIRE + 1, 0, 0);
    from_wire(ON_WIRE + 2, ON_WIRE + 1, 0, 15);
    net.now = NET_AGE_SECONDS;
    assert_sent(0, ON_WIRE, 0, 1);
    net.now++;
    assert_sent(0, ON_WIRE, 14, 1);
    from_wire(mac_of(0), ON_WIRE, 0, 1);
    assert_sent(0, ON_WIRE, 0, 1);
    /* Whoever floods the table with stations puts out those that have been silent for longest, and nobody's frame is
     * lost: it is flooded again. */
    for (unsigned i = 0; i < 20 * NET_STATIONS; i++) {
        net.now++;
        if (i >= 4)
            assert_sent(0, ON_WIRE + 0x100 + i % 4, 0, 1);
        from_wire(mac_of(0), ON_WIRE + 0x100 + i % 4, 0, 1);
        net.now++;
        from_wire(mac_of(0), ON_WIRE + 0x1000 + i, 0, 1);
    }
    unsigned known = 0;
    for (unsigned i = 0; i < NET_STATIONS; i++)
        known += net.stations[i].mac != 0;
    assert_int_equal(known, NET_STATIONS);
    assert_sent(0, ON_WIRE, 14, 1);
    assert_sent(0, ON_WIRE + 0x1000 + 20 * NET_STATIONS - 1, 0, 1);
    assert_sent(1, mac_of(0), 1, 0);
}

int test_switch(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_or_all, setup),
        cmocka_unit_test_setup(only_its_own_address, setup),
        cmocka_unit_test_setup(no_tags_from_clients, setup),
        cmocka_unit_test_setup(vlans, setup),
        cmocka_unit_test_setup(reach, setup),
        cmocka_unit_test_setup(learns_and_forgets, setup),
    };

    return cmocka_run_group_tests_name("switch", tests, NULL, NULL);
}
