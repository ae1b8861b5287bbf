/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_service.h"

#include <stddef.h>

#include "config.h"
#include "console.h"
#include "rt/calls.h"
#include "vm.h"

static uint64_t register_address(const struct virtio_mmio *device, enum virtio_mmio_register offset)
{
    return BOARD_VIRTIO + (uint64_t)device->service->slot * BOARD_VIRTIO_STRIDE + offset;
}

static uint32_t interrupt_number(const struct virtio_mmio *device)
{
    return BOARD_INTID_VIRTIO + device->service->slot;
}

/* Whether the last request reached its service: while that is being made again, none does. */
static bool reached;

bool virtio_service_ask(const struct virtio_mmio *device, struct quoll_message *message)
{
    reached = quoll_call(device->service->portal, message) == QUOLL_OK;
    return reached && (message->word[0] & VIRTIO_SERVICE_FAILED) == 0;
}

bool virtio_service_attach(const struct virtio_mmio *device, uint32_t number, const struct virtio_queue_setup *queue)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_ATTACH, number, queue->size, queue->descriptors,
                                             queue->available, queue->used, queue->features, interrupt_number(device)}};

    return virtio_service_ask(device, &message);
}

static bool attach(const struct virtio_mmio *device, uint32_t number)
{
    const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, number);

    return virtio_service_attach(device, number, &setup);
}

void virtio_service_detach(const struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_DETACH}};

    (void)virtio_service_ask(device, &message);
}

static void remove_matches(const struct virtio_mmio *device)
{
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        (void)quoll_thread_match_remove(thread, register_address(device, VIRTIO_MMIO_QUEUE_NOTIFY));
        (void)quoll_thread_match_remove(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_STATUS));
        (void)quoll_thread_match_remove(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_ACK));
    }
}

/*
 * While nothing but used buffers is ever reported, InterruptStatus is a constant and its acknowledgement means nothing:
 * the guest looks at the rings anyway. While a configuration change is reported, both are the transport's.
 */
static void add_interrupt_matches(const struct virtio_mmio *device, uint32_t thread)
{
    (void)quoll_thread_match_constant(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_STATUS), 4,
                                      VIRTIO_INTERRUPT_QUEUE);
    (void)quoll_thread_match_ignore(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_ACK), 4);
}

static bool add_matches(const struct virtio_mmio *device)
{
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        if (quoll_thread_match_notify(thread, register_address(device, VIRTIO_MMIO_QUEUE_NOTIFY), 4,
                                      device->service->notification, device->queue_count)
                .error != QUOLL_OK)
            return false;
        add_interrupt_matches(device, thread);
    }
    return true;
}

static bool start(struct virtio_mmio *device)
{
    for (uint32_t i = 0; i < device->queue_count; i++)
        if (device->queue[i].ready && !attach(device, i)) {
            log_line("the service refuses queue %u of the guest's %s", i, device->name);
            virtio_service_detach(device);
            return false;
        }
    if (!add_matches(device)) {
        log_line("the doorbell of the guest's %s cannot be set up", device->name);
        remove_matches(device);
        virtio_service_detach(device);
        return false;
    }
    return true;
}

static void stop(struct virtio_mmio *device)
{
    remove_matches(device);
    virtio_service_detach(device);
}

static void interrupt(struct virtio_mmio *device, bool raise)
{
    bool configuration = (device->interrupt_status & VIRTIO_INTERRUPT_CONFIG) != 0;

    for (uint32_t cpu = 0; device->started && cpu < VGIC_VCPUS; cpu++) {
        uint32_t thread = vm.vcpu[cpu].thread;

        (void)quoll_thread_match_remove(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_STATUS));
        (void)quoll_thread_match_remove(thread, register_address(device, VIRTIO_MMIO_INTERRUPT_ACK));
        if (!configuration)
            add_interrupt_matches(device, thread);
    }
    /* Used buffers may have been reported and not yet seen. */
    if (configuration && device->started)
        device->interrupt_status |= VIRTIO_INTERRUPT_QUEUE;
    if (raise)
        vgic_pulse(interrupt_number(device));
}

/* The service was made again: its queues are attached anew, and its new notification is what the doorbell rings. */
static bool attach_again(struct virtio_mmio *device, uint32_t number)
{
    remove_matches(device);
    return attach(device, number) && add_matches(device);
}

const struct virtio_mmio_backend virtio_direct = {start, stop, interrupt, NULL, attach_again, NULL};

/* Attaches once more. False: the service says no. One that has died since it was asked raises its flag again later. */
static bool attach_or_wait(struct virtio_mmio *device, uint32_t number)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_QUEUES}};

    return device->backend->attach(device, number) || !reached || !virtio_service_ask(device, &message);
}

static void check(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_QUEUES}};
    bool broken = false;

    if (!device->started || device->backend->attach == NULL || (device->status & VIRTIO_STATUS_NEEDS_RESET) != 0 ||
        !virtio_service_ask(device, &message))
        return;
    for (uint32_t i = 0; i < device->queue_count; i++) {
        uint32_t state = (uint32_t)(message.word[0] >> (8 * i)) & 0xff;

        if (state == VIRTIO_SERVICE_BROKEN)
            broken = true;
        else if (state == VIRTIO_SERVICE_DETACHED && device->queue[i].ready && !attach_or_wait(device, i))
            broken = true;
    }
    if (broken) {
        log_line("the guest's %s needs a reset", device->name);
        virtio_mmio_fail(device);
    }
}

void virtio_service_flag(struct virtio_mmio *device)
{
    if (device->backend != NULL && (device->backend->take == NULL || !device->backend->take(device)))
        check(device);
}

void virtio_service_interrupt(const struct virtio_mmio *device)
{
    vgic_pulse(interrupt_number(device));
}
