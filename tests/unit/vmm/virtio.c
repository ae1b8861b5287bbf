/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-mmio transport and what it arranges with serial and the match table.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "services/serial/protocol.h"

#define REGISTER(name) (BOARD_VIRTIO + (uint64_t)VIRTIO_MMIO_##name)

static void set_queue(unsigned queue, uint64_t base)
{
    fake_store(REGISTER(QUEUE_SELECT), 4, queue);
    fake_store(REGISTER(QUEUE_SIZE), 4, 16);
    fake_store(REGISTER(QUEUE_DESCRIPTORS), 4, (uint32_t)base);
    fake_store(REGISTER(QUEUE_DESCRIPTORS) + 4, 4, base >> 32);
    fake_store(REGISTER(QUEUE_DRIVER), 4, (uint32_t)base + 0x100);
    fake_store(REGISTER(QUEUE_DRIVER) + 4, 4, base >> 32);
    fake_store(REGISTER(QUEUE_DEVICE), 4, (uint32_t)base + 0x200);
    fake_store(REGISTER(QUEUE_DEVICE) + 4, 4, base >> 32);
    fake_store(REGISTER(QUEUE_READY), 4, 1);
}

static void negotiate(void)
{
    fake_store(REGISTER(STATUS), 4, 0);
    fake_store(REGISTER(STATUS), 4, 1);
    fake_store(REGISTER(STATUS), 4, 3);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
}

static void drive(void)
{
    negotiate();
    set_queue(0, 0x140000000);
    set_queue(1, 0x140001000);
    fake_store(REGISTER(STATUS), 4, 15);
}

static const struct fake_match *match(uint64_t address)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind != FAKE_MATCH_NONE && fake.match[i].address == address)
            return &fake.match[i];
    return NULL;
}

static void what_a_slot_says(void **state)
{
    (void)state;
    assert_int_equal(fake_load(REGISTER(MAGIC), 4), 0x74726976);
    assert_int_equal(fake_load(REGISTER(VERSION), 4), 2);
    assert_int_equal(fake_load(REGISTER(DEVICE_ID), 4), 3);
    assert_int_equal(fake_load(REGISTER(MAGIC) + BOARD_VIRTIO_STRIDE, 4), 0x74726976);
    assert_int_equal(fake_load(REGISTER(DEVICE_ID) + BOARD_VIRTIO_STRIDE, 4), 0);
    fake_store(REGISTER(STATUS) + BOARD_VIRTIO_STRIDE, 4, 15);
    assert_int_equal(fake_load(REGISTER(STATUS) + BOARD_VIRTIO_STRIDE, 4), 0);
    assert_int_equal(fake_load(REGISTER(SHM_LENGTH_LOW), 4), UINT32_MAX);
}

static void features(void **state)
{
    (void)state;
    fake_store(REGISTER(DEVICE_FEATURES_SELECT), 4, 1);
    assert_int_equal(fake_load(REGISTER(DEVICE_FEATURES), 4), 1);
    fake_store(REGISTER(DEVICE_FEATURES_SELECT), 4, 2);
    assert_int_equal(fake_load(REGISTER(DEVICE_FEATURES), 4), 0);
    fake_store(REGISTER(STATUS), 4, 3);
    fake_store(REGISTER(STATUS), 4, 11);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 3); /* not without VERSION_1 */
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 3);
    fake_store(REGISTER(STATUS), 4, 11);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 3); /* nor with what was not offered */
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 11);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 3);
    assert_true(vm.device[VM_CONSOLE].accepted == UINT64_C(1) << 32);
}

static void driver_ok_attaches(void **state)
{
    const struct fake_match *notify = NULL;

    (void)state;
    drive();
    assert_int_equal(fake.attached, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fake.attach[i].word[1], i);
        assert_int_equal(fake.attach[i].word[2], 16);
        assert_true(fake.attach[i].word[3] == UINT64_C(0x140000000) + 0x1000 * i);
        assert_true(fake.attach[i].word[4] == fake.attach[i].word[3] + 0x100);
        assert_true(fake.attach[i].word[5] == fake.attach[i].word[3] + 0x200);
        assert_true(fake.attach[i].word[6] == UINT64_C(1) << 32);
        assert_int_equal(fake.attach[i].word[7], BOARD_INTID_VIRTIO);
    }
    notify = match(REGISTER(QUEUE_NOTIFY));
    assert_non_null(notify);
    assert_int_equal(notify->kind, FAKE_MATCH_NOTIFY);
    assert_int_equal(notify->size, 4);
    assert_int_equal(notify->value, 2);
    assert_int_equal(match(REGISTER(INTERRUPT_STATUS))->kind, FAKE_MATCH_CONSTANT);
    assert_int_equal(match(REGISTER(INTERRUPT_STATUS))->value, 1);
    assert_int_equal(match(REGISTER(INTERRUPT_ACK))->kind, FAKE_MATCH_IGNORE);
}

static void reset_detaches(void **state)
{
    unsigned before = 0;

    (void)state;
    drive();
    before = fake.detached;
    fake_store(REGISTER(STATUS), 4, 0);
    assert_int_equal(fake.detached, before + 1);
    assert_null(match(REGISTER(QUEUE_NOTIFY)));
    assert_null(match(REGISTER(INTERRUPT_STATUS)));
    assert_null(match(REGISTER(INTERRUPT_ACK)));
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 0);
    fake_store(REGISTER(QUEUE_SELECT), 4, 0);
    assert_int_equal(fake_load(REGISTER(QUEUE_READY), 4), 0);
    fake_store(REGISTER(STATUS), 4, 0);
    assert_int_equal(fake.detached, before + 1);
}

static void refused_attach_needs_reset(void **state)
{
    (void)state;
    fake.console_reply[CONSOLE_ATTACH] = CONSOLE_FAILED | CONSOLE_BAD_RING;
    drive();
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4) & 2, 2);
    assert_pending(BOARD_INTID_VIRTIO);
    assert_null(match(REGISTER(QUEUE_NOTIFY)));
}

static void refused_doorbell_needs_reset(void **state)
{
    (void)state;
    fake.fail_call = QUOLL_CALL_thread_match_notify;
    fake.fail_error = QUOLL_NO_SPACE;
    drive();
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
    assert_null(match(REGISTER(QUEUE_NOTIFY)));
}

static void driver_ok_without_features(void **state)
{
    (void)state;
    fake_store(REGISTER(STATUS), 4, 7);
    assert_int_equal(fake.attached, 0);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 7 | VIRTIO_STATUS_NEEDS_RESET);
}

static void queues_in_use_stay(void **state)
{
    (void)state;
    drive();
    fake_store(REGISTER(QUEUE_SELECT), 4, 0);
    fake_store(REGISTER(QUEUE_READY), 4, 0);
    fake_store(REGISTER(QUEUE_DESCRIPTORS), 4, 0x5000);
    assert_int_equal(fake_load(REGISTER(QUEUE_READY), 4), 1);
    assert_int_equal((uint32_t)vm.device[VM_CONSOLE].queue[0].descriptors, 0x40000000);
    fake_store(REGISTER(QUEUE_SELECT), 4, 2);
    assert_int_equal(fake_load(REGISTER(QUEUE_SIZE_MAX), 4), 0);
    fake_store(REGISTER(QUEUE_SELECT), 4, UINT32_MAX);
    fake_store(REGISTER(QUEUE_READY), 4, 1);
    assert_int_equal(fake_load(REGISTER(QUEUE_READY), 4), 0);
}

static void configuration_interrupt(void **state)
{
    (void)state;
    drive();
    virtio_mmio_config_changed(&vm.device[VM_CONSOLE]);
    assert_pending(BOARD_INTID_VIRTIO);
    assert_null(match(REGISTER(INTERRUPT_STATUS)));
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4), 3);
    assert_int_equal(fake_load(REGISTER(CONFIG_GENERATION), 4), 1);
    fake_store(REGISTER(INTERRUPT_ACK), 4, 1);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4) & 2, 2);
    fake_store(REGISTER(INTERRUPT_ACK), 4, 3);
    assert_int_equal(match(REGISTER(INTERRUPT_STATUS))->value, 1);
    assert_int_equal(match(REGISTER(INTERRUPT_ACK))->kind, FAKE_MATCH_IGNORE);
}

static void serial_was_made_again(void **state)
{
    (void)state;
    drive();
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake.attached, 4);
    assert_non_null(match(REGISTER(QUEUE_NOTIFY)));
    fake.console_reply[CONSOLE_QUEUES] = CONSOLE_QUEUE_ATTACHED | CONSOLE_QUEUE_ATTACHED << 8;
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake.attached, 4);
}

/* Its match is out for a moment while the service is attached to once more: the doorbell is rung for the guest. */
static void a_doorbell_without_a_match(void **state)
{
    (void)state;
    drive();
    memset(fake.match, 0, sizeof(fake.match));
    fake.calls = 0;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 1);
    assert_int_equal(fake.calls, 1);
    assert_int_equal(fake.call[0].number, QUOLL_CALL_notification_signal);
    assert_int_equal(fake.call[0].capability, config.device[VM_CONSOLE].notification);
    assert_int_equal(fake.call[0].argument[0], 2);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 2);
    assert_int_equal(fake.calls, 1);
}

/* Gone again before it was attached to: the next copy is, and the device is none the worse. One that says no is not. */
static void serial_dies_again(void **state)
{
    (void)state;
    drive();
    fake.dead_at = CONSOLE_ATTACH;
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15);
    fake.dead_at = 0;
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake.attached, 4);
    assert_non_null(match(REGISTER(QUEUE_NOTIFY)));
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15);
    fake.console_reply[CONSOLE_ATTACH] = CONSOLE_FAILED | CONSOLE_BAD_RING;
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
}

static void broken_queue(void **state)
{
    (void)state;
    drive();
    fake.console_reply[CONSOLE_QUEUES] = CONSOLE_QUEUE_ATTACHED | CONSOLE_QUEUE_BROKEN << 8;
    component_notification(COMPONENT_FLAG_INPUT);
    assert_int_equal(fake_load(REGISTER(STATUS), 4) & VIRTIO_STATUS_NEEDS_RESET, VIRTIO_STATUS_NEEDS_RESET);
    assert_pending(BOARD_INTID_VIRTIO);
}

static void odd_sizes(void **state)
{
    (void)state;
    assert_int_equal(fake_load(REGISTER(MAGIC), 1), 0);
    assert_int_equal(fake_load(REGISTER(MAGIC), 8), 0);
    fake_store(REGISTER(STATUS), 1, 3);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 0);
    for (uint32_t size = 1; size <= 8; size *= 2)
        for (uint64_t at = BOARD_VIRTIO; at < BOARD_VIRTIO + 2 * BOARD_VIRTIO_STRIDE; at += size) {
            fake_store(at, size, 0xa5a5a5a5a5a5a5a5);
            (void)fake_load(at, size);
        }
}

int run_virtio_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_a_slot_says, fake_setup),
        cmocka_unit_test_setup(features, fake_setup),
        cmocka_unit_test_setup(driver_ok_attaches, fake_setup),
        cmocka_unit_test_setup(reset_detaches, fake_setup),
        cmocka_unit_test_setup(refused_attach_needs_reset, fake_setup),
        cmocka_unit_test_setup(refused_doorbell_needs_reset, fake_setup),
        cmocka_unit_test_setup(driver_ok_without_features, fake_setup),
        cmocka_unit_test_setup(queues_in_use_stay, fake_setup),
        cmocka_unit_test_setup(configuration_interrupt, fake_setup),
        cmocka_unit_test_setup(serial_was_made_again, fake_setup),
        cmocka_unit_test_setup(a_doorbell_without_a_match, fake_setup),
        cmocka_unit_test_setup(serial_dies_again, fake_setup),
        cmocka_unit_test_setup(broken_queue, fake_setup),
        cmocka_unit_test_setup(odd_sizes, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
