/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The image around the plan. Kernel header: Documentation/arch/arm64/booting.rst of Linux.
 */
#include "tools/quoll/image.h"

#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/stage1.h"
#include "tools/quoll/value.h"

enum {
    PAGE = 4096,
    HEADER_MAGIC = 56, /* in the arm64 boot header */
    HEADER_SIZE = 64,
};

/*
 * The plan is seen by root at the same offset in 2 MiB as it has in RAM, so that it can be mapped in large pages. In
 * the GiB where root itself lies, so that it needs one page table less; root's stack and windows are far below.
 */
static const uint64_t PLAN_ADDRESS = UINT64_C(512) << 20;

static uint64_t read_word(const unsigned char *bytes)
{
    uint64_t value = 0;

    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

bool image_is_arm64(const unsigned char *data, size_t size)
{
    return size >= HEADER_SIZE && memcmp(data + HEADER_MAGIC, "ARM\x64", 4) == 0;
}

/* The kernel's bytes, with room for what its header counts and the file does not hold. */
static void add_kernel(struct layout *layout, const char *path, struct buffer *buffer)
{
    struct file *kernel = &layout->kernel;
    uint64_t size = 0;

    file_read(path, FILE_SIZE_MAX, kernel);
    if (!image_is_arm64(kernel->data, kernel->size))
        fail("%s: not a kernel with the arm64 boot header; give --kernel quoll.bin", path);
    size = read_word(kernel->data + ARM64_IMAGE_SIZE);
    if (size > FILE_SIZE_MAX)
        fail("%s: its header counts %" PRIu64 " bytes, more than any kernel", path, size);
    buffer_add(buffer, kernel->data, kernel->size);
    if (size > buffer->size)
        buffer_add(buffer, NULL, size - buffer->size);
    buffer_align(buffer, PAGE, 0);
    layout->kernel_size = buffer->size;
}

static void add_root_segment(struct boot_info *info, struct buffer *buffer, const struct program_segment *segment)
{
    struct boot_segment *record = &info->root_segment[info->root_segment_count++];

    *record = (struct boot_segment){.offset = buffer->size,
                                    .size = segment->memory_size,
                                    .address = segment->address,
                                    .attributes = segment->attributes};
    buffer_add(buffer, segment->data, segment->file_size);
    buffer_add(buffer, NULL, segment->memory_size - segment->file_size);
}

/* What root uses, or for a program in its place as many as there can be. */
static uint64_t root_capabilities(const struct tables *tables)
{
    const struct system *system = tables->system;

    if (strcmp(system->root.program, "root") != 0)
        return QUOLL_CAPABILITIES_MAX;
    return PLAN_ROOT_CAPABILITIES + tables->object_count + 3 * system->component_count;
}

static void add_root(struct layout *layout, struct boot_info *info, struct buffer *buffer)
{
    const struct program *root = &layout->root;
    struct program_segment stack = {.address = STACK_BASE,
                                    .memory_size = layout->tables->system->root.stack,
                                    .attributes = QUOLL_MAP_READ | QUOLL_MAP_WRITE};

    layout->root_offset = buffer->size;
    for (unsigned i = 0; i < root->segment_count; i++)
        add_root_segment(info, buffer, &root->segments[i]);
    add_root_segment(info, buffer, &stack);
    info->root_entry = root->entry;
    info->root_stack_top = stack.address + stack.memory_size;
    info->root_priority = layout->tables->system->root.priority;
    info->root_pool_size = layout->tables->system->root.pool;
    info->root_capabilities = root_capabilities(layout->tables);
    layout->root_stack_top = info->root_stack_top;
    layout->root_size = buffer->size - layout->root_offset;
}

static void fill_board(struct boot_info *info, const struct board *board)
{
    memcpy(info->ram, board->ram, sizeof info->ram);
    info->uart = board->uart;
    info->gic_distributor = board->gic_distributor;
    info->gic_redistributor = board->gic_redistributor;
    info->gic_redistributor_size = board->gic_redistributor_size;
    info->gic_version = 3;
    info->hypervisor_timer = board->hypervisor_timer;
    info->virtual_timer = board->virtual_timer;
    info->maintenance = board->maintenance;
    info->core_count = board->core_count;
    memcpy(info->core_mpidr, board->core_mpidr, sizeof info->core_mpidr);
}

/*
 * One range for each page of devices that somebody uses; root gets no other device. system_check has seen to it that
 * there are at most BOOT_DEVICE_MAX.
 */
static void fill_devices(struct boot_info *info, const struct tables *tables)
{
    unsigned count = 0;

    for (unsigned i = 0; i < tables->object_count; i++) {
        const struct plan_object *object = &tables->objects[i].plan;

        if (object->kind != PLAN_DEVICE)
            continue;
        if (count == BOOT_DEVICE_MAX)
            fail("more than %d pages of device registers are in use; use fewer devices", BOOT_DEVICE_MAX);
        info->device[count++] = (struct boot_range){object->a, object->b};
    }
}

void image_make(struct layout *layout, const char *kernel_path, struct file *image)
{
    const struct system *system = layout->tables->system;
    struct boot_info info = {.magic = BOOT_INFO_MAGIC, .version = BOOT_INFO_VERSION, .size = sizeof info};
    struct buffer buffer = {0};
    struct file plan = {0};
    uint64_t info_offset = 0;

    add_kernel(layout, kernel_path, &buffer);
    info.table_count = stage1_table_count(system->board);
    info_offset = buffer_add(&buffer, NULL, PAGE * (1 + (uint64_t)info.table_count));
    layout->tables_size = PAGE * (uint64_t)info.table_count;
    memcpy(info.system, system->name, strlen(system->name));
    fill_board(&info, system->board);
    fill_devices(&info, layout->tables);
    add_root(layout, &info, &buffer);
    layout->plan_offset = buffer.size;
    plan_make(layout, buffer.size, &plan);
    info.plan_offset = buffer_add(&buffer, plan.data, plan.size);
    buffer_align(&buffer, PAGE, 0);
    info.plan_size = buffer.size - info.plan_offset;
    info.plan_address = PLAN_ADDRESS + info.plan_offset % LARGE_PAGE;
    info.image_size = buffer.size;
    layout->plan_size = info.plan_size;
    layout->image_size = info.image_size;
    memcpy(buffer.data + info_offset, &info, sizeof info);
    for (unsigned i = 0; i < 8; i++)
        buffer.data[ARM64_IMAGE_SIZE + i] = (unsigned char)(buffer.size >> (8 * i));
    *image = (struct file){.data = buffer.data, .size = buffer.size};
}
