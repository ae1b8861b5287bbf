/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * PL011 and PL031.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"

#define UART(offset) (BOARD_PL011 + (uint64_t)(offset))
#define RTC(offset)  (BOARD_PL031 + (uint64_t)(offset))

enum { DR = 0, FR = 0x18, CR = 0x30, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
enum { RX = 1 << 4, TX = 1 << 5 };
enum { RTC_DR = 0, RTC_MR = 4, RTC_LR = 8, RTC_IMSC = 0x10, RTC_RIS = 0x14, RTC_MIS = 0x18, RTC_ICR = 0x1c };

static void print(const char *text)
{
    for (; *text != 0; text++)
        fake_store(UART(DR), 1, (uint8_t)*text);
}

static void uart_identification(void **state)
{
    uint64_t part = 0;
    uint64_t cell = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        part |= fake_load(UART(0xfe0 + 4 * i), 4) << (8 * i);
        cell |= fake_load(UART(0xff0 + 4 * i), 4) << (8 * i);
    }
    assert_int_equal(part & 0xfff, 0x011);
    assert_int_equal(part >> 12 & 0xff, 0x41);
    assert_int_equal(cell, 0xb105f00d);
}

static void output_goes_line_by_line(void **state)
{
    (void)state;
    print("hello");
    assert_int_equal(fake.output_length, 0);
    print("\r\n");
    assert_string_equal(fake.output, "hello\r\n");
}

static void a_prompt_does_not_wait(void **state)
{
    (void)state;
    print("login: ");
    assert_int_equal(fake.output_length, 0);
    assert_true(fake.deadline != QUOLL_FOREVER);
    fake_deadline();
    assert_string_equal(fake.output, "login: ");
}

static void long_lines_go_in_parts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++)
        print("x");
    assert_int_equal(fake.output_length, PL011_OUTPUT);
}

static void transmit_interrupt(void **state)
{
    (void)state;
    fake_store(UART(IMSC), 4, TX);
    assert_not_pending(BOARD_INTID_PL011);
    print("x");
    assert_pending(BOARD_INTID_PL011);
    assert_int_equal(fake_load(UART(MIS), 4), TX);
    fake_store(UART(ICR), 4, TX);
    assert_not_pending(BOARD_INTID_PL011);
    assert_int_equal(fake_load(UART(FR), 4) & 0xa0, 0x80);
}

static void input(void **state)
{
    (void)state;
    fake_store(UART(IMSC), 4, RX);
    assert_int_equal(fake_load(UART(FR), 4) & 1 << 4, 1 << 4);
    fake.input = "ls";
    component_notification(COMPONENT_FLAG_INPUT);
    assert_pending(BOARD_INTID_PL011);
    assert_int_equal(fake_load(UART(FR), 4) & 1 << 4, 0);
    assert_int_equal(fake_load(UART(DR), 4), 'l');
    assert_pending(BOARD_INTID_PL011);
    fake_store(UART(ICR), 4, 0x7ff);
    assert_pending(BOARD_INTID_PL011);
    assert_int_equal(fake_load(UART(DR), 4), 's');
    assert_not_pending(BOARD_INTID_PL011);
    assert_int_equal(fake_load(UART(DR), 4), 0);
}

static void input_longer_than_the_fifo(void **state)
{
    static char text[1001];

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        text[i] = (char)('a' + i % 23);
    fake.input = text;
    component_notification(COMPONENT_FLAG_INPUT);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(fake_load(UART(DR), 4), 'a' + i % 23);
    assert_int_equal(fake_load(UART(FR), 4) & 1 << 4, 1 << 4);
}

static unsigned constant_size(void)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind == FAKE_MATCH_CONSTANT && fake.match[i].address == UART(FR)) {
            assert_int_equal(fake.match[i].value, 0x90);
            return (unsigned)fake.match[i].size;
        }
    return 0;
}

/* Only while nothing waits, and for the size that the guest's driver uses. */
static void flags_are_a_constant(void **state)
{
    (void)state;
    assert_int_equal(constant_size(), 0);
    assert_int_equal(fake_load(UART(FR), 4), 0x90);
    assert_int_equal(constant_size(), 4);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(fake_load(UART(FR), 2), 0x90);
    assert_int_equal(constant_size(), 2);
    fake.input = "x";
    component_notification(COMPONENT_FLAG_INPUT);
    assert_int_equal(constant_size(), 0);
    assert_int_equal(fake_load(UART(FR), 2), 0x80);
    assert_int_equal(constant_size(), 0);
    assert_int_equal(fake_load(UART(DR), 2), 'x');
    assert_int_equal(fake_load(UART(FR), 2), 0x90);
    assert_int_equal(constant_size(), 2);
}

static void uart_registers_keep_what_they_hold(void **state)
{
    static const struct {
        uint32_t offset, written, read;
    } registers[] = {
        {0x24, 0xffffffff, 0xffff}, {0x28, 0xffffffff, 0x3f},  {0x2c, 0xffffffff, 0xff}, {0x30, 0xffffffff, 0xffff},
        {0x34, 0xffffffff, 0x3f},   {0x38, 0xffffffff, 0x7ff}, {0x48, 0xffffffff, 0x7},  {0x04, 0xffffffff, 0},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        fake_store(UART(registers[i].offset), 4, registers[i].written);
        assert_int_equal(fake_load(UART(registers[i].offset), 4), registers[i].read);
    }
}

static void clock_counts(void **state)
{
    (void)state;
    assert_int_equal(fake_load(RTC(RTC_DR), 4), 1700000005);
    fake.now_ns += 3000000000;
    assert_int_equal(fake_load(RTC(RTC_DR), 4), 1700000008);
    fake_store(RTC(RTC_LR), 4, 100);
    assert_int_equal(fake_load(RTC(RTC_DR), 4), 100);
    fake.now_ns += 1000000000;
    assert_int_equal(fake_load(RTC(RTC_DR), 4), 101);
}

static void alarm_comes(void **state)
{
    (void)state;
    fake_store(RTC(RTC_LR), 4, 100);
    fake_store(RTC(RTC_IMSC), 4, 1);
    fake_store(RTC(RTC_MR), 4, 110);
    assert_not_pending(BOARD_INTID_PL031);
    fake_deadline();
    assert_pending(BOARD_INTID_PL031);
    assert_int_equal(fake_load(RTC(RTC_DR), 4), 110);
    assert_int_equal(fake_load(RTC(RTC_MIS), 4), 1);
    fake_store(RTC(RTC_ICR), 4, 1);
    assert_not_pending(BOARD_INTID_PL031);
}

static void late_look_at_the_alarm(void **state)
{
    (void)state;
    fake_store(RTC(RTC_IMSC), 4, 1);
    fake_store(RTC(RTC_MR), 4, 1700000006);
    fake.now_ns += 60000000000;
    fake_deadline();
    assert_pending(BOARD_INTID_PL031);
}

static void alarm_in_the_past(void **state)
{
    (void)state;
    fake_store(RTC(RTC_IMSC), 4, 1);
    fake_store(RTC(RTC_MR), 4, 1);
    assert_int_equal(fake_load(RTC(RTC_RIS), 4), 0);
}

static void clock_identification(void **state)
{
    (void)state;
    assert_int_equal(fake_load(RTC(0xfe0), 4), 0x31);
    assert_int_equal(fake_load(RTC(0xffc), 4), 0xb1);
    assert_int_equal(fake_load(RTC(0x0c), 4), 1);
}

int run_device_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(uart_identification, fake_setup),
        cmocka_unit_test_setup(output_goes_line_by_line, fake_setup),
        cmocka_unit_test_setup(a_prompt_does_not_wait, fake_setup),
        cmocka_unit_test_setup(long_lines_go_in_parts, fake_setup),
        cmocka_unit_test_setup(transmit_interrupt, fake_setup),
        cmocka_unit_test_setup(input, fake_setup),
        cmocka_unit_test_setup(input_longer_than_the_fifo, fake_setup),
        cmocka_unit_test_setup(flags_are_a_constant, fake_setup),
        cmocka_unit_test_setup(uart_registers_keep_what_they_hold, fake_setup),
        cmocka_unit_test_setup(clock_counts, fake_setup),
        cmocka_unit_test_setup(alarm_comes, fake_setup),
        cmocka_unit_test_setup(late_look_at_the_alarm, fake_setup),
        cmocka_unit_test_setup(alarm_in_the_past, fake_setup),
        cmocka_unit_test_setup(clock_identification, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
