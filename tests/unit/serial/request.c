/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests of clients, every refusal, and a guest's console over its virtqueues, behaving and not.
 */
#include "services/serial/request.h"
#include "terminal.h"
#include "tests.h"
#include "tests/unit/virtio/driver.h"

enum { SIZE = 8 };

static struct terminal terminal;
static struct driver driver; /* one ring and memory; the second queue lies DRIVER_SECOND further on */
static struct guest guest;
static struct client vmm;
static struct client plain;
static uint64_t reply[8];

/* Offsets of the receive queue's rings; the transmit queue has those of driver.h. */
enum { RECEIVE_DESCRIPTORS = 0x8000, RECEIVE_AVAILABLE = 0x9000, RECEIVE_USED = 0xa000, RECEIVE_BUFFER = 0xb000 };

static int start(void **state)
{
    (void)state;
    terminal_start(&terminal);
    driver_reset(&driver, SIZE);
    memset(&guest, 0, sizeof(guest));
    vmm = (struct client){.label = 1, .name = "linux", .console = mux_add(&terminal.mux, "linux", ""), .guest = &guest};
    guest_start(&guest, mux_add(&terminal.mux, "linux", ":hvc0"), driver.memory, GUEST_SIZE, GUEST_BASE);
    plain = (struct client){.label = 2, .name = "echo", .console = mux_add(&terminal.mux, "echo", "")};
    terminal.mux.focus = 2;
    return 0;
}

static uint64_t ask(struct client *client, uint64_t w0, const char *bytes)
{
    uint64_t word[8] = {w0};

    memcpy(&word[1], bytes, strlen(bytes));
    memset(reply, 0, sizeof(reply));
    request_answer(&terminal.mux, client, word, reply);
    return reply[0];
}

static uint64_t attach(uint64_t queue, uint64_t size, uint64_t descriptors, uint64_t available, uint64_t used)
{
    const uint64_t word[8] = {CONSOLE_ATTACH,    queue, size, GUEST_BASE + descriptors, GUEST_BASE + available,
                              GUEST_BASE + used, 0};

    memset(reply, 0, sizeof(reply));
    request_answer(&terminal.mux, &vmm, word, reply);
    return reply[0];
}

static void attach_both(void)
{
    assert_int_equal(attach(CONSOLE_QUEUE_RECEIVE, SIZE, RECEIVE_DESCRIPTORS, RECEIVE_AVAILABLE, RECEIVE_USED), 0);
    assert_int_equal(attach(CONSOLE_QUEUE_TRANSMIT, SIZE, 0, AVAILABLE_OFFSET, USED_OFFSET), 0);
    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), 0x0101);
}

static void transmit(uint16_t head, const char *text)
{
    uint64_t offset = BUFFER_OFFSET + (uint64_t)head * 256;

    memcpy(driver.memory + offset, text, strlen(text));
    driver_describe(driver.descriptors, head, offset, (uint32_t)strlen(text), 0, 0);
    driver_offer(&driver, head);
}

static struct virtio_used *receive_used(void)
{
    return (void *)(driver.memory + RECEIVE_USED);
}

static void offer_receive(uint16_t head, uint32_t length)
{
    struct virtio_available *available = (void *)(driver.memory + RECEIVE_AVAILABLE);

    driver_describe((void *)(driver.memory + RECEIVE_DESCRIPTORS), head, RECEIVE_BUFFER + (uint64_t)head * 16, length,
                    VIRTIO_DESCRIPTOR_WRITE, 0);
    available->ring[available->index % SIZE] = head;
    available->index++;
}

static void write_and_read(void **state)
{
    (void)state;
    assert_int_equal(ask(&plain, CONSOLE_WRITE | 6 << 8, "hello\n"), 6);
    assert_int_equal(ask(&plain, CONSOLE_WRITE, ""), 0);
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "[echo] hello\r\n");
    assert_int_equal(ask(&plain, CONSOLE_READ, ""), 0);
    for (unsigned i = 0; i < CONSOLE_BYTES_MAX + 3; i++)
        (void)bytes_put(&plain.console->input, (uint8_t)('a' + i % 26));
    assert_int_equal(ask(&plain, CONSOLE_READ, ""), CONSOLE_BYTES_MAX);
    assert_memory_equal(&reply[1], "abcdefghijklmnopqrstuvwxyzabc", 29);
    assert_int_equal(ask(&plain, CONSOLE_READ, ""), 3);
    assert_memory_equal(&reply[1], "efg\0\0\0\0\0", 8);
}

static void refusals(void **state)
{
    (void)state;
    assert_int_equal(ask(NULL, CONSOLE_WRITE | 1 << 8, "x"), CONSOLE_FAILED | CONSOLE_BAD_CLIENT);
    assert_int_equal(ask(&plain, 0, ""), CONSOLE_FAILED | CONSOLE_BAD_OPERATION);
    assert_int_equal(ask(&plain, 0xff, ""), CONSOLE_FAILED | CONSOLE_BAD_OPERATION);
    assert_int_equal(ask(&plain, CONSOLE_WRITE | 57 << 8, ""), CONSOLE_FAILED | CONSOLE_BAD_LENGTH);
    assert_int_equal(ask(&plain, CONSOLE_WRITE | 255 << 8, ""), CONSOLE_FAILED | CONSOLE_BAD_LENGTH);
    assert_int_equal(ask(&plain, CONSOLE_ATTACH, ""), CONSOLE_FAILED | CONSOLE_BAD_CLIENT);
    assert_int_equal(ask(&plain, CONSOLE_DETACH, ""), CONSOLE_FAILED | CONSOLE_BAD_CLIENT);
    assert_int_equal(ask(&plain, CONSOLE_QUEUES, ""), CONSOLE_FAILED | CONSOLE_BAD_CLIENT);

    assert_int_equal(attach(2, SIZE, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_QUEUE);
    assert_int_equal(attach(UINT64_MAX, SIZE, 0, 0, 0), CONSOLE_FAILED | CONSOLE_BAD_QUEUE);
    assert_int_equal(attach(1, 128, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_RING);
    assert_int_equal(attach(1, UINT64_C(1) << 32 | 8, 0, 0, 0), CONSOLE_FAILED | CONSOLE_BAD_RING);
    assert_int_equal(attach(1, 6, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_RING);
    assert_int_equal(attach(1, SIZE, GUEST_SIZE, 0, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_RING);
    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), 0);
    attach_both();
    assert_int_equal(attach(1, SIZE, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_QUEUE);
    assert_int_equal(ask(&vmm, CONSOLE_DETACH, ""), 0);
    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), 0);

    /* Serial does not see this guest's memory. */
    guest_start(&guest, guest.console, NULL, GUEST_SIZE, GUEST_BASE);
    assert_int_equal(attach(1, SIZE, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_RING);
}

static void guest_writes(void **state)
{
    (void)state;
    assert_int_equal(guest_step(&guest), 0);
    attach_both();
    transmit(0, "~ ");
    transmit(1, "# ");
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    assert_int_equal(guest_step(&guest), 0);
    assert_int_equal(driver.used->index, 2);
    assert_int_equal(driver.used->ring[1].id, 1);
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "~ # ");
}

static void guest_reads(void **state)
{
    (void)state;
    attach_both();
    terminal_type(&terminal, "reboot\r");
    assert_int_equal(guest_step(&guest), 0);
    offer_receive(3, 4);
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    assert_int_equal(receive_used()->index, 1);
    assert_int_equal(receive_used()->ring[0].length, 4);
    assert_memory_equal(driver.memory + RECEIVE_BUFFER + 3 * 16, "rebo\0", 5);
    offer_receive(4, 16);
    offer_receive(5, 16);
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    assert_int_equal(receive_used()->index, 2);
    assert_int_equal(receive_used()->ring[1].length, 3);
    assert_memory_equal(driver.memory + RECEIVE_BUFFER + 4 * 16, "ot\r\0", 4);
}

/* A buffer larger than the console's share stays with serial until all of it was shown. */
static void guest_waits_for_room(void **state)
{
    unsigned steps = 0;

    (void)state;
    attach_both();
    memset(driver.memory + BUFFER_OFFSET, 'x', 0x3000);
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 0x3000, 0, 0);
    driver_offer(&driver, 0);
    while (driver.used->index == 0 && steps++ < 1000) {
        (void)guest_step(&guest);
        assert_int_equal(guest.console->dropped, 0);
        terminal_take(&terminal, 100);
    }
    (void)guest_step(&guest);
    terminal_drain(&terminal);
    assert_int_equal(terminal.length, 0x3000);
}

/* Sixty-four buffers of nothing are a step's work; it says that there may be more. */
static void guest_floods_with_nothing(void **state)
{
    (void)state;
    attach_both();
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 0, 0, 0);
    for (unsigned i = 0; i < SIZE; i++)
        driver_offer(&driver, 0);
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    assert_int_equal(driver.used->index, SIZE);
}

static void guest_breaks_a_queue(void **state)
{
    unsigned queue = 0;

    (void)state;
    attach_both();
    transmit(0, "good\n");
    driver.available->ring[1] = SIZE;
    driver.available->index++;
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL | GUEST_BROKEN);
    assert_string_equal(guest_complaint(&guest, &queue), "available entry outside the table");
    assert_int_equal(queue, CONSOLE_QUEUE_TRANSMIT);
    assert_null(guest_complaint(&guest, &queue));
    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), CONSOLE_QUEUE_ATTACHED | CONSOLE_QUEUE_BROKEN << 8);

    /* The other queue goes on; this one works again once the guest has reset the device. */
    terminal_type(&terminal, "x");
    offer_receive(0, 1);
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    assert_int_equal(attach(1, SIZE, 0, AVAILABLE_OFFSET, USED_OFFSET), CONSOLE_FAILED | CONSOLE_BAD_QUEUE);
    assert_int_equal(ask(&vmm, CONSOLE_DETACH, ""), 0);
    driver_reset(&driver, SIZE);
    attach_both();
    transmit(0, "again\n");
    assert_int_equal(guest_step(&guest), GUEST_SIGNAL);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "good\nagain\n");
}

static void detaching_forgets(void **state)
{
    (void)state;
    attach_both();
    memset(driver.memory + BUFFER_OFFSET, 'x', 0x3000);
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 0x3000, 0, 0);
    driver_offer(&driver, 0);
    (void)guest_step(&guest);
    assert_true(guest.sending);
    terminal_type(&terminal, "secret");
    assert_int_equal(ask(&vmm, CONSOLE_DETACH, ""), 0);
    memset(driver.memory, 0xa5, GUEST_SIZE);
    assert_int_equal(guest_step(&guest), 0);
    assert_int_equal(bytes_count(&guest.console->input), 0);
    for (unsigned i = 0; i < GUEST_SIZE; i++)
        assert_int_equal(driver.memory[i], 0xa5);
}

/* Said once for both consoles of a guest, and again when its VMM was there in between. */
static void who_is_absent_is_named(void **state)
{
    (void)state;
    terminal_type(&terminal, "ls\r");
    (void)bytes_put(&vmm.console->input, 'x');
    request_absent(&terminal.mux, &vmm);
    assert_int_equal(bytes_count(&guest.console->input), 3);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "");

    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), 0);
    request_absent(&terminal.mux, &vmm);
    assert_int_equal(bytes_count(&vmm.console->input), 0);
    assert_int_equal(bytes_count(&guest.console->input), 0);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "[serial] linux is not running: what is typed to it is lost\n");

    terminal_type(&terminal, "x");
    request_absent(&terminal.mux, &vmm);
    assert_int_equal(bytes_count(&guest.console->input), 0);
    terminal_clear(&terminal);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "");

    assert_int_equal(ask(&vmm, CONSOLE_QUEUES, ""), 0);
    (void)mux_add(&terminal.mux, "monitor", "");
    request_absent(&terminal.mux, &vmm);
    plain.console->sequence = 7;
    request_absent(&terminal.mux, &plain);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen,
                        "[serial] linux is not running: what is typed to it is lost; `start linux` at 4 monitor makes "
                        "it run again\n"
                        "[serial] echo is not running: what is typed to it is lost; `start echo` at 4 monitor makes "
                        "it run again\n");
}

int test_request(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(write_and_read, start),         cmocka_unit_test_setup(refusals, start),
        cmocka_unit_test_setup(guest_writes, start),           cmocka_unit_test_setup(guest_reads, start),
        cmocka_unit_test_setup(guest_waits_for_room, start),   cmocka_unit_test_setup(guest_floods_with_nothing, start),
        cmocka_unit_test_setup(guest_breaks_a_queue, start),   cmocka_unit_test_setup(detaching_forgets, start),
        cmocka_unit_test_setup(who_is_absent_is_named, start),
    };
    return cmocka_run_group_tests_name("serial requests and guests", tests, NULL, NULL);
}
