/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins the device (device.h), the clients' queues (share.h) and the partition table (gpt.h). Whatever
 * happens, a call, an interrupt or a doorbell, ends in run(), which moves what can be moved, a bounded amount.
 */
#include <stdio.h>

#include "abi/plan.h"
#include "component.h"
#include "device.h"
#include "gpt.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "service/clients.h"
#include "service/device.h"

enum { ROUNDS = 4 };

static const struct service_client clients[] = {COMPONENT_DISKS(SERVICE_CLIENT)};
static struct service_complaints complaints[COMPONENT_DISK_COUNT];

/* Of each: the name that the partition table has for its part, or "": a range. */
static const char *const partitions[] = {
#define PARTITION(number, text, address, size, base, signal, signal_mask, tell, tell_mask, partition, ...) (partition),
    COMPONENT_DISKS(PARTITION)};

#define SHARE(number, text, address, size, base, signal, signal_mask, tell, tell_mask, partition, begin, length, ro, \
              ...)                                                                                                   \
    {.name = (text),                                                                                                 \
     .window = {(base), (size), (uint8_t *)(address)},                                                               \
     .first = (begin),                                                                                               \
     .sectors = (length),                                                                                            \
     .read_only = (ro) != 0},
/* NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the generated header */
static struct share shares[] = {COMPONENT_DISKS(SHARE)};

/* Of each: the capability that says where the device sees its memory, or 0: it does not. */
static const uint32_t reached[] = {
#define REACHED(number, text, address, size, base, signal, signal_mask, tell, tell_mask, partition, begin, length, ro, \
                memory)                                                                                                \
    (memory),
    COMPONENT_DISKS(REACHED)};

static struct disk disk;
static struct device device;
static bool silent; /* it does not answer; what it was asked for may still come */

/* A device that breaks the ring's rules is reset, with all that was in flight, by a fresh copy of this component. */
static void require(bool good, const char *what)
{
    if (good)
        return;
    printf("%s\n", what);
    component_restart();
}

static void take_done(void)
{
    unsigned slot = 0;
    uint8_t status = 0;

    /* Once more than there are slots: the device interrupts for the next only when the ring was seen empty. */
    for (unsigned i = 0; i <= disk.slot_count; i++) {
        enum virtio_error error = device_take(&device, &slot, &status);

        if (error == VIRTIO_EMPTY)
            return;
        require(error == VIRTIO_OK, "the disk has broken its ring");
        disk_done(&disk, slot, status);
    }
}

static void issue(void)
{
    unsigned slot = 0;

    while (disk_next(&disk, &slot))
        require(device_submit(&device, slot, &disk.slots[slot].piece), "the disk takes no requests");
    device_kick(&device);
}

/*
 * Memory of a client whose queue was let go is its own again: the device is made to let go of it, too, and gets once
 * more what the others had with it.
 */
static void end_reach(void)
{
    static bool told;
    const char *complaint = NULL;

    if (!disk_reaches_let_go(&disk))
        return;
    require(device_stop(&device), "the disk does not let itself be reset");
    if (!told)
        printf("the disk was reset: somebody has let go of memory that it reached (said once)\n");
    told = true;
    take_done();
    disk_was_reset(&disk);
    complaint = device_start(&device);
    require(complaint == NULL, complaint);
    for (unsigned i = 0; i < disk.slot_count; i++)
        if (disk.slots[i].busy)
            require(device_submit(&device, i, &disk.slots[i].piece), "the disk takes no requests");
    device_kick(&device);
}

/* Each copy of a client's VMM has memory of its own; asked before anything in it is used. */
static void find_memory(unsigned number)
{
    struct quoll_result memory = {0};

    if (reached[number] == 0)
        return;
    memory = quoll_memory_address(reached[number]);
    shares[number].reached = memory.error == QUOLL_OK;
    shares[number].physical = memory.word[0];
}

/* True: there is room for more, which nobody else would tell of. */
static bool answer(void)
{
    bool room = false;

    for (unsigned i = 0; i < COMPONENT_DISK_COUNT; i++) {
        unsigned step = share_step(&shares[i]);

        if ((step & SHARE_SIGNAL) != 0)
            service_client_signal(&clients[i]);
        if ((step & SHARE_BROKEN) != 0)
            service_client_stopped(&clients[i], &complaints[i], shares[i].name,
                                   virtio_error_text(shares[i].queue.error));
        room = room || (step & SHARE_ROOM) != 0;
    }
    return room;
}

static void run(void)
{
    uint64_t now = time_ticks();
    bool more = true;

    for (unsigned i = 0; i < ROUNDS && more; i++) {
        take_done();
        issue();
        more = answer();
    }
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, more ? now : QUOLL_FOREVER);
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};
    uint64_t now = time_ticks();
    int number = service_client_find(clients, COMPONENT_DISK_COUNT, label);

    if (number >= 0 && message->word[0] == BLOCK_ATTACH)
        find_memory((unsigned)number);
    share_answer(&disk, number < 0 ? NULL : &shares[number], message->word, reply.word);
    end_reach();
    *message = reply;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, now); /* the rest on our own time */
}

static void detach(unsigned number)
{
    share_detach(&shares[number]);
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0) {
        service_clients_let_go(clients, COMPONENT_DISK_COUNT, detach);
        end_reach();
    }
    if ((flags & FLAG_DISK_DEVICE) != 0)
        virtio_mmio_clear(&device.mmio);
    run();
    if ((flags & FLAG_DISK_DEVICE) != 0)
        (void)quoll_interrupt_acknowledge(CAP_DISK_DEVICE_INTERRUPT);
}

void component_deadline(void)
{
    run();
}

/* Before there are clients: reads into slot 0 and waits for it. */
static bool read_sectors(uint64_t sector, uint32_t count)
{
    struct piece *piece = &disk.slots[0].piece;
    const uint64_t patience = time_ticks() + time_ns_to_ticks(SERVICE_DEVICE_PATIENCE_NS);
    unsigned slot = 0;
    uint8_t status = 0;
    enum virtio_error error = VIRTIO_EMPTY;

    piece->type = VIRTIO_BLOCK_IN;
    piece->sector = sector;
    piece->bytes = count * VIRTIO_BLOCK_SECTOR;
    piece->count = 1;
    piece->buffers[1] = (struct virtio_buffer){disk.data_address, piece->bytes};
    require(device_submit(&device, 0, piece), "the disk takes no requests");
    device_kick(&device);
    for (;;) {
        bool late = time_ticks() >= patience;

        error = device_take(&device, &slot, &status);
        if (error != VIRTIO_EMPTY || late)
            break;
        service_device_wait(&device.mmio, CAP_DISK_DEVICE_INTERRUPT, FLAG_DISK_DEVICE, COMPONENT_WATCHDOG_NS, patience);
    }
    require(error == VIRTIO_OK || error == VIRTIO_EMPTY, "the disk has broken its ring");
    silent = error == VIRTIO_EMPTY;
    return error == VIRTIO_OK && status == VIRTIO_BLOCK_OK;
}

/* Reads the partition table once and finds every client's part there. */
static void find_parts(void)
{
    struct gpt gpt = {0};
    struct gpt_partition partition = {0};
    bool readable = device.sectors > GPT_HEADER_SECTOR && read_sectors(GPT_HEADER_SECTOR, 1);
    enum gpt_error table = readable ? gpt_read_header(disk.data, device.sectors, &gpt) : GPT_NO_TABLE;

    if (table == GPT_OK)
        table = read_sectors(gpt.entries_sector, gpt_entry_sectors(&gpt)) ? gpt_check(&gpt, disk.data) : GPT_NO_TABLE;
    for (unsigned i = 0; i < COMPONENT_DISK_COUNT; i++) {
        struct share *share = &shares[i];
        enum gpt_error error = table;

        if (partitions[i][0] == '\0') {
            if (share->first < device.sectors && share->sectors <= device.sectors - share->first)
                continue;
            printf("%s gets nothing: its range ends behind the disk\n", share->name);
            share->sectors = 0;
            continue;
        }
        if (error == GPT_OK)
            error = gpt_find(&gpt, disk.data, partitions[i], &partition);
        if (error == GPT_OK) {
            share->first = partition.first;
            share->sectors = partition.sectors;
        } else {
            printf("%s gets nothing, not `%s`: %s\n", share->name, partitions[i], gpt_error_text(error));
        }
    }
}

/* Where one writes, nobody else is; what the description's names and ranges come to only the disk shows. */
static void refuse_overlaps(void)
{
    for (unsigned i = 0; i < COMPONENT_DISK_COUNT; i++)
        for (unsigned j = 0; j < i; j++) {
            if ((shares[i].read_only && shares[j].read_only) ||
                shares[i].first >= shares[j].first + shares[j].sectors ||
                shares[j].first >= shares[i].first + shares[i].sectors)
                continue;
            printf("%s gets nothing: its part is %s's too, and one of the two writes\n", shares[i].name,
                   shares[j].name);
            shares[i].sectors = 0;
        }
}

static void have_none(const char *complaint)
{
    printf("no disk: %s\n", complaint);
    for (unsigned i = 0; i < COMPONENT_DISK_COUNT; i++)
        shares[i].sectors = 0;
}

static void start_disk(void)
{
    const char *complaint = NULL;

    device.mmio.registers = DISK_DEVICE_ADDRESS;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
    device.memory = (uint8_t *)DISK_DMA_ADDRESS;
    device.physical = quoll_memory_address(CAP_DISK_DMA).word[0];
    disk.data_address = device.physical + LAYOUT_DATA;
    complaint = device_start(&device);
    if (complaint != NULL) {
        have_none(complaint);
        return;
    }
    disk.features =
        device.mmio.features & (UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD);
    disk.discard_max = device.discard_max;
    disk.buffers_max = device.buffers_max;
    for (unsigned i = 0; (device.mmio.features >> VIRTIO_BLOCK_F_RO & 1) != 0 && i < COMPONENT_DISK_COUNT; i++)
        shares[i].read_only = true;
    find_parts();
    refuse_overlaps();
    if (silent) {
        have_none("it does not answer");
        return;
    }
    printf("a disk of %lu MiB, %u clients\n", (unsigned long)(device.sectors >> 11), COMPONENT_DISK_COUNT);
}

void component_start(void)
{
    disk.shares = shares;
    disk.share_count = COMPONENT_DISK_COUNT;
    disk.slot_count = layout_slots(DISK_DMA_SIZE);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
    disk.data = (uint8_t *)DISK_DMA_ADDRESS + LAYOUT_DATA;
    for (unsigned i = 0; i < COMPONENT_DISK_COUNT; i++)
        share_detach(&shares[i]);
    (void)quoll_interrupt_acknowledge(CAP_DISK_DEVICE_INTERRUPT);
    start_disk();
    service_clients_tell(clients, COMPONENT_DISK_COUNT);
    run();
}
