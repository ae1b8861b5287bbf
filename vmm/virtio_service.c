/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_service.h"

#include <stddef.h>

#include "config.h"
#include "console.h"
#include "rt/calls.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "service/ask.h"
#include "virtio/ring.h"
#include "virtio_absent.h"
#include "virtio_shadow.h"
#include "vm.h"

enum { LOOK_NS = 10000000 };

static uint64_t register_address(const struct virtio_mmio *device, enum virtio_mmio_register offset)
{
    return BOARD_VIRTIO + (uint64_t)device->service->slot * BOARD_VIRTIO_STRIDE + offset;
}

static uint32_t interrupt_number(const struct virtio_mmio *device)
{
    return BOARD_INTID_VIRTIO + device->service->slot;
}

void virtio_service_detach(const struct virtio_mmio *device)
{
    const uint64_t patience = time_ticks() + time_ns_to_ticks(SERVICE_PATIENCE_NS);

    while (!service_detach(device->service->portal)) {
        if (!device->dma || !device->service->trusted || device->told_absent)
            return;
        if (time_ticks() >= patience) {
            log_line("the guest's %s has no service that would let go of its memory: it is used again all the same",
                     device->name);
            return;
        }
        watchdog_kick();
        time_sleep_until(time_ticks() + time_ns_to_ticks(LOOK_NS));
    }
}

bool virtio_service_open(struct virtio_mmio *device, enum vm_device which, struct quoll_message *message)
{
    device->service = &config.device[which];
    device->backend = device->service->trusted ? &virtio_direct : &virtio_shadow;
    device->offered |=
        UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX | UINT64_C(1) << VIRTIO_F_INDIRECT_DESC;
    virtio_service_detach(device); /* what a VMM before this one had attached */
    if (service_ask(device->service->portal, message))
        return true;
    log_line("there is no %s for the guest", device->name);
    return false;
}

enum service_answer virtio_service_attach(const struct virtio_mmio *device, uint32_t number,
                                          const struct virtio_queue_setup *queue)
{
    return service_attach(device->service->portal, number, queue, interrupt_number(device));
}

static enum service_answer attach(const struct virtio_mmio *device, uint32_t number)
{
    const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, number);

    return virtio_service_attach(device, number, &setup);
}

static void remove_match(const struct virtio_mmio *device, enum virtio_mmio_register offset)
{
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++)
        (void)quoll_thread_match_remove(vm.vcpu[cpu].thread, register_address(device, offset));
}

static void remove_matches(const struct virtio_mmio *device)
{
    remove_match(device, VIRTIO_MMIO_QUEUE_NOTIFY);
    remove_match(device, VIRTIO_MMIO_INTERRUPT_STATUS);
    remove_match(device, VIRTIO_MMIO_INTERRUPT_ACK);
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
        if ((device->interrupt_status & VIRTIO_INTERRUPT_CONFIG) == 0)
            add_interrupt_matches(device, thread);
    }
    return true;
}

static bool start(struct virtio_mmio *device)
{
    for (uint32_t i = 0; i < device->queue_count; i++)
        if (device->queue[i].ready && attach(device, i) != SERVICE_DONE) {
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

/* Its new notification is what the doorbell rings; one that has died since has none. */
static enum service_answer attach_again(struct virtio_mmio *device, uint32_t number)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_QUEUES}};
    enum service_answer answer = SERVICE_DONE;

    remove_matches(device);
    answer = attach(device, number);
    if (answer != SERVICE_DONE || add_matches(device))
        return answer;
    return service_ask(device->service->portal, &message) ? SERVICE_REFUSED : SERVICE_GONE;
}

static void take_over(struct virtio_mmio *device)
{
    static struct virtio_window guest;

    guest = (struct virtio_window){BOARD_RAM, vm_ram_size(), (uint8_t *)(uintptr_t)config.ram.address};
    remove_match(device, VIRTIO_MMIO_QUEUE_NOTIFY);
    for (uint32_t i = 0; i < device->queue_count; i++) {
        const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, i);

        virtio_queue_detach(&device->taken[i]);
        if (device->queue[i].ready)
            (void)virtio_queue_attach(&device->taken[i], &guest, &setup);
    }
}

static struct virtio_queue *taken(struct virtio_mmio *device, uint32_t number)
{
    return &device->taken[number];
}

static bool next(struct virtio_mmio *device, uint32_t number, struct virtio_chain *chain,
                 const struct virtio_segment **segments)
{
    static struct virtio_segment room[VIRTIO_RING_SIZE_MAX];

    *segments = room;
    return virtio_queue_take(&device->taken[number], chain, room, VIRTIO_RING_SIZE_MAX) == VIRTIO_OK;
}

/* One that came while attach_again had the matches out, or while the queues are taken over. */
static void notify(struct virtio_mmio *device, uint32_t number)
{
    if (device->failing)
        virtio_absent_answer(device);
    else if (number < device->queue_count)
        (void)quoll_notification_signal(device->service->notification, UINT64_C(1) << number);
}

const struct virtio_mmio_backend virtio_direct = {
    .start = start,
    .stop = stop,
    .interrupt = interrupt,
    .notify = notify,
    .attach = attach_again,
    .take_over = take_over,
    .next = next,
    .queue = taken,
};

/* `states` is the reply to VIRTIO_SERVICE_QUEUES: attaches what is detached. */
static enum service_answer repair(struct virtio_mmio *device, uint64_t states)
{
    enum service_answer answer = SERVICE_DONE;

    for (uint32_t i = 0; i < device->queue_count && answer != SERVICE_GONE; i++) {
        uint32_t state = (uint32_t)(states >> (8 * i)) & 0xff;
        enum service_answer one = SERVICE_DONE;

        if (state == VIRTIO_SERVICE_BROKEN)
            one = SERVICE_REFUSED;
        else if (state == VIRTIO_SERVICE_DETACHED && device->queue[i].ready)
            one = device->backend->attach(device, i);
        if (one != SERVICE_DONE)
            answer = one;
    }
    return answer;
}

static void check(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_QUEUES}};
    bool works = device->started && (device->status & VIRTIO_STATUS_NEEDS_RESET) == 0;
    enum service_answer answer = SERVICE_GONE;

    /* One whose driver has let go meanwhile is asked only whether the service is there again. */
    if (device->backend->attach == NULL || (!works && device->silent_since == 0))
        return;
    /* What it knew of queues that were taken over is not so any more. */
    if (device->failing)
        (void)service_detach(device->service->portal);
    if (service_ask(device->service->portal, &message))
        answer = works ? repair(device, message.word[0]) : SERVICE_DONE;
    virtio_absent_heard(device, answer != SERVICE_GONE);
    if (answer == SERVICE_REFUSED) {
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
