/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "load.h"

#include <string.h>

#include "coherence.h"
#include "config.h"
#include "console.h"
#include "device_tree.h"
#include "rt/watchdog.h"
#include "vm.h"

enum { MIB_2 = 0x200000, IMAGE_MAGIC = 0x644d5241 /* "ARM\x64" */, TEXT_OFFSET_OLD = 0x80000 };

/* Flags of the image header */
enum { IMAGE_BIG_ENDIAN = 1 << 0, IMAGE_ANYWHERE = 1 << 3 };

struct image_header {
    uint32_t code[2];
    uint64_t text_offset;
    uint64_t image_size; /* with bss; 0 in kernels before 3.17 */
    uint64_t flags;
    uint64_t reserved[3];
    uint32_t magic;
    uint32_t pe_offset;
};

static uint64_t round_up(uint64_t value)
{
    return (value + MIB_2 - 1) & ~(uint64_t)(MIB_2 - 1);
}

static void *in_ram(uint64_t offset)
{
    return (void *)(uintptr_t)(config.ram.address + offset);
}

static bool fits(uint64_t offset, uint64_t size)
{
    return offset <= vm_ram_size() && size <= vm_ram_size() - offset;
}

/* In steps, so that a watchdog hears of us. The kernel hands RAM over zeroed and in no cache: this does the same. */
static void zero_ram(void)
{
    for (uint64_t offset = 0; offset < config.ram.size; offset += MIB_2) {
        memset(in_ram(offset), 0, MIB_2);
        coherence_clean_invalidate(config.ram.address + offset, MIB_2);
        watchdog_kick();
    }
}

/* A file of the guest, for a reader without caches; in steps, too. */
static void copy(uint64_t offset, const struct config_memory *file)
{
    for (uint64_t done = 0; done < file->size; done += MIB_2) {
        uint64_t part = file->size - done < MIB_2 ? file->size - done : MIB_2;

        memcpy(in_ram(offset + done), (const void *)(uintptr_t)(file->address + done), part);
        coherence_clean_invalidate(config.ram.address + offset + done, part);
        watchdog_kick();
    }
}

static bool write_device_tree(uint64_t offset, uint64_t initrd_offset)
{
    uint64_t start = BOARD_RAM + initrd_offset;
    int error = 0;

    if (!fits(offset, DEVICE_TREE_SIZE_MAX)) {
        log_line("%llu MiB of RAM are too few for this guest", (unsigned long long)(config.ram.size >> 20));
        return false;
    }
    error = device_tree_write(in_ram(offset), DEVICE_TREE_SIZE_MAX, start, start + config.initrd.size);
    if (error != 0)
        log_line("the device tree cannot be written, libfdt says %d", error);
    coherence_clean_invalidate(config.ram.address + offset, DEVICE_TREE_SIZE_MAX);
    return error == 0;
}

/* Where the kernel goes and how much it takes; false if it is not one that we can start. */
static bool place_kernel(uint64_t *offset, uint64_t *size)
{
    struct image_header header = {0};

    if (config.kernel.size < sizeof(header)) {
        log_line("the kernel is too short to be an arm64 Image");
        return false;
    }
    memcpy(&header, (const void *)(uintptr_t)config.kernel.address, sizeof(header));
    if (header.magic != IMAGE_MAGIC) {
        log_line("the kernel is not an arm64 Image (a compressed one has to be unpacked)");
        return false;
    }
    if ((header.flags & IMAGE_BIG_ENDIAN) != 0) {
        log_line("the kernel is big-endian");
        return false;
    }
    if (header.image_size == 0) {
        header.text_offset = TEXT_OFFSET_OLD;
        header.image_size = config.kernel.size;
    }
    /* A kernel that may lie anywhere leaves the first 2 MiB to whoever expects something there. */
    *offset = header.text_offset;
    if ((header.flags & IMAGE_ANYWHERE) != 0 && header.text_offset < config.ram.size)
        *offset += MIB_2;
    *size = header.image_size > config.kernel.size ? header.image_size : config.kernel.size;
    if (!fits(*offset, *size)) {
        log_line("the kernel needs %llu KiB and does not fit into %llu MiB of RAM", (unsigned long long)(*size >> 10),
                 (unsigned long long)(config.ram.size >> 20));
        return false;
    }
    return true;
}

static bool load_kernel(struct load_entry *entry)
{
    uint64_t kernel = 0;
    uint64_t kernel_size = 0;
    uint64_t initrd = 0;
    uint64_t device_tree = 0;

    if (!place_kernel(&kernel, &kernel_size))
        return false;
    initrd = round_up(kernel + kernel_size);
    if (!fits(initrd, config.initrd.size)) {
        log_line("the initramfs of %llu KiB does not fit behind the kernel",
                 (unsigned long long)(config.initrd.size >> 10));
        return false;
    }
    device_tree = round_up(initrd + config.initrd.size);
    if (!write_device_tree(device_tree, initrd))
        return false;
    copy(kernel, &config.kernel);
    if (config.initrd.size != 0)
        copy(initrd, &config.initrd);
    *entry = (struct load_entry){.pc = BOARD_RAM + kernel, .argument = BOARD_RAM + device_tree};
    coherence_code(config.ram.address + kernel, config.kernel.size);
    return true;
}

static bool load_firmware(struct load_entry *entry)
{
    if (!write_device_tree(0, 0))
        return false;
    memset(in_ram(vm_ram_size()), 0xff, BOARD_FLASH_BACKED);
    coherence_clean_invalidate(config.ram.address + vm_ram_size(), BOARD_FLASH_BACKED);
    *entry = (struct load_entry){.pc = BOARD_ROM, .argument = BOARD_RAM};
    coherence_clean_invalidate(config.firmware.address, config.firmware.size);
    coherence_code(config.firmware.address, config.firmware.size);
    return true;
}

bool load_guest(bool used, struct load_entry *entry)
{
    if (used)
        zero_ram();
    return config.firmware.size != 0 ? load_firmware(entry) : load_kernel(entry);
}
