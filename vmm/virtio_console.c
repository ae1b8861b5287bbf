/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_console.h"

#include <stddef.h>

#include "config.h"
#include "console.h"
#include "rt/calls.h"
#include "rt/message.h"
#include "virtio/ring.h"
#include "vm.h"

enum { DEVICE_ID_CONSOLE = 3 };

static uint64_t register_address(enum virtio_mmio_register offset)
{
    return BOARD_VIRTIO + (uint64_t)config.console.slot * BOARD_VIRTIO_STRIDE + offset;
}

static uint32_t interrupt_number(void)
{
    return BOARD_INTID_VIRTIO + config.console.slot;
}

/* Answers whether serial did what it was asked. */
static bool ask(struct quoll_message *message)
{
    return quoll_call(config.console.portal, message) == QUOLL_OK && (message->word[0] & CONSOLE_FAILED) == 0;
}

static bool attach(const struct virtio_mmio *device, uint32_t number)
{
    const struct virtio_mmio_queue *queue = &device->queue[number];
    struct quoll_message message = {.word = {CONSOLE_ATTACH, number, queue->size, queue->descriptors, queue->driver,
                                             queue->device, device->accepted, interrupt_number()}};

    return ask(&message);
}

static void detach(void)
{
    struct quoll_message message = {.word = {CONSOLE_DETACH}};

    (void)ask(&message);
}

static void remove_matches(void)
{
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        (void)quoll_thread_match_remove(thread, register_address(VIRTIO_MMIO_QUEUE_NOTIFY));
        (void)quoll_thread_match_remove(thread, register_address(VIRTIO_MMIO_INTERRUPT_STATUS));
        (void)quoll_thread_match_remove(thread, register_address(VIRTIO_MMIO_INTERRUPT_ACK));
    }
}

/*
 * While nothing but used buffers is ever reported, InterruptStatus is a constant and its acknowledgement means nothing:
 * the guest looks at the rings anyway. While a configuration change is reported, both are the transport's.
 */
static void add_interrupt_matches(uint32_t thread)
{
    (void)quoll_thread_match_constant(thread, register_address(VIRTIO_MMIO_INTERRUPT_STATUS), 4,
                                      VIRTIO_INTERRUPT_QUEUE);
    (void)quoll_thread_match_ignore(thread, register_address(VIRTIO_MMIO_INTERRUPT_ACK), 4);
}

static bool add_matches(void)
{
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        if (quoll_thread_match_notify(thread, register_address(VIRTIO_MMIO_QUEUE_NOTIFY), 4,
                                      config.console.notification, CONSOLE_QUEUE_COUNT)
                .error != QUOLL_OK)
            return false;
        add_interrupt_matches(thread);
    }
    return true;
}

static bool start(struct virtio_mmio *device)
{
    for (uint32_t i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        if (device->queue[i].ready && !attach(device, i)) {
            log_line("serial refuses queue %u of the guest's console", i);
            detach();
            return false;
        }
    if (!add_matches()) {
        log_line("the doorbell of the guest's console cannot be set up");
        remove_matches();
        detach();
        return false;
    }
    return true;
}

static void stop(struct virtio_mmio *device)
{
    (void)device;
    remove_matches();
    detach();
}

static void interrupt(struct virtio_mmio *device, bool raise)
{
    bool configuration = (device->interrupt_status & VIRTIO_INTERRUPT_CONFIG) != 0;

    for (uint32_t cpu = 0; device->started && cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        (void)quoll_thread_match_remove(thread, register_address(VIRTIO_MMIO_INTERRUPT_STATUS));
        (void)quoll_thread_match_remove(thread, register_address(VIRTIO_MMIO_INTERRUPT_ACK));
        if (!configuration)
            add_interrupt_matches(thread);
    }
    /* Used buffers may have been reported and not yet seen. */
    if (configuration && device->started)
        device->interrupt_status |= VIRTIO_INTERRUPT_QUEUE;
    if (raise)
        vgic_pulse(interrupt_number());
}

static const struct virtio_mmio_backend direct = {start, stop, interrupt, NULL};

void virtio_console_init(struct virtio_mmio *device)
{
    *device = (struct virtio_mmio){
        .backend = config.console.trusted ? &direct : &virtio_console_copied,
        .device_id = DEVICE_ID_CONSOLE,
        .queue_count = CONSOLE_QUEUE_COUNT,
        .queue_size_max = CONSOLE_QUEUE_SIZE_MAX,
        .offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX |
                   UINT64_C(1) << VIRTIO_F_INDIRECT_DESC,
        /* cols, rows, max_nr_ports and emerg_wr, of which no feature offers any */
        .config_size = 12,
    };
    /* Of a VMM before this one. */
    if (config.console.trusted)
        detach();
}

/* Serial was made again: its queues are attached anew, and its new notification is what the doorbell rings. */
static bool attach_again(struct virtio_mmio *device, uint32_t number)
{
    remove_matches();
    return attach(device, number) && add_matches();
}

void virtio_console_check(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {CONSOLE_QUEUES}};
    bool broken = false;

    if (!config.console.trusted || !device->started || (device->status & VIRTIO_STATUS_NEEDS_RESET) != 0 ||
        !ask(&message))
        return;
    for (uint32_t i = 0; i < CONSOLE_QUEUE_COUNT; i++) {
        uint32_t state = (uint32_t)(message.word[0] >> (8 * i)) & 0xff;

        if (state == CONSOLE_QUEUE_BROKEN)
            broken = true;
        else if (state == CONSOLE_QUEUE_DETACHED && device->queue[i].ready && !attach_again(device, i))
            broken = true;
    }
    if (broken) {
        log_line("the guest's console needs a reset");
        virtio_mmio_fail(device);
    }
}
