/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan as the host tool would write it: server and client, a portal, shared memory, a device with its interrupt.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/trace.h"
#include "fake.h"

struct image {
    struct plan_header header;
    struct plan_component component[2];
    struct plan_segment segment[3];
    struct plan_object object[O_COUNT];
    struct plan_capability capability[10]; /* the last is there when fake_reaches has added it */
    struct plan_mapping mapping[5];
    struct plan_symbol symbol[3];
    char strings[32];
    char data[64];
    _Alignas(4096) char code[8192];
    char module[4096];
    char rest[4096];
};

static struct plan_table table(const struct image *image, const void *start, uint32_t count)
{
    return (struct plan_table){.offset = (uint32_t)((const char *)start - (const char *)image), .count = count};
}

static void fill_objects(struct image *image)
{
    static const struct plan_object objects[O_COUNT] = {
        [O_ROOT_PORTAL] = {.kind = PLAN_PORTAL, .owner = PLAN_SYSTEM},
        [O_ROOT_NOTIFICATION] = {.kind = PLAN_NOTIFICATION, .owner = PLAN_SYSTEM},
        [O_SHARED] = {.kind = PLAN_MEMORY, .owner = PLAN_SYSTEM, .a = 0x4000},
        [O_SERVER_POOL] = {.kind = PLAN_POOL, .owner = SERVER},
        [O_SERVER_DOMAIN] = {.kind = PLAN_DOMAIN, .owner = SERVER},
        [O_SERVER_THREAD] = {.kind = PLAN_THREAD, .owner = SERVER},
        [O_SERVER_BUDGET] =
            {.kind = PLAN_BUDGET, .owner = SERVER, .name = 1, .a = 100000, .b = 1000000, .c = 4 | PLAN_BUDGET_REPORT},
        [O_SERVER_NOTIFICATION] = {.kind = PLAN_NOTIFICATION, .owner = SERVER},
        [O_SERVER_PORTAL] = {.kind = PLAN_PORTAL, .owner = SERVER, .name = 1},
        [O_SERVER_DEVICE] = {.kind = PLAN_DEVICE, .owner = SERVER, .a = 0x9000000, .b = 0x1000},
        [O_SERVER_INTERRUPT] = {.kind = PLAN_INTERRUPT, .owner = SERVER, .a = 33, .c = 1},
        [O_CLIENT_POOL] = {.kind = PLAN_POOL, .owner = CLIENT},
        [O_CLIENT_DOMAIN] = {.kind = PLAN_DOMAIN, .owner = CLIENT},
        [O_CLIENT_THREAD] = {.kind = PLAN_THREAD, .owner = CLIENT},
        [O_CLIENT_BUDGET] = {.kind = PLAN_BUDGET, .owner = CLIENT, .a = 100, .b = 1000},
        [O_CLIENT_NOTIFICATION] = {.kind = PLAN_NOTIFICATION, .owner = CLIENT},
        [O_CLIENT_MEMORY] = {.kind = PLAN_MEMORY, .owner = CLIENT, .a = 0x400000},
        [O_CLIENT_MODULE] = {.kind = PLAN_MODULE, .owner = CLIENT, .b = 100},
        [O_TRACE] = {.kind = PLAN_TRACE, .owner = PLAN_SYSTEM, .b = QUOLL_TRACE_SIZE},
    };

    memcpy(image->object, objects, sizeof(objects));
    image->object[O_CLIENT_MODULE].a = offsetof(struct image, module);
}

static void fill_component(struct image *image, uint32_t number, const char *name, uint32_t first_object)
{
    struct plan_component *c = &image->component[number];

    *c = (struct plan_component){
        .flags = PLAN_RESTART,
        .priority = 100 + number,
        .watchdog = 1000000,
        .pool_size = 0x20000,
        .capability_count = 32,
        .restart_flag = 63,
        .entry = 0x400000,
        .code_offset = offsetof(struct image, code),
        .code_size = sizeof(image->code),
        .stack_base = 0x10000000,
        .stack_size = sizeof(fake_stack),
        .segment_count = 3,
        .first_symbol = 0,
        .symbol_count = 3,
        .pool = first_object,
        .domain = first_object + 1,
        .thread = first_object + 2,
        .budget = first_object + 3,
        .notification = first_object + 4,
    };
    strcpy(c->name, name);
}

static void fill_links(struct image *image)
{
    const struct plan_capability capabilities[] = {
        {SERVER, 6, O_ROOT_PORTAL, QUOLL_RIGHT_CALL, SERVER},
        {CLIENT, 6, O_ROOT_PORTAL, QUOLL_RIGHT_CALL, CLIENT | ROOT_LABEL_CONTROL},
        {CLIENT, 16, O_SERVER_PORTAL, QUOLL_RIGHT_CALL, 1},
        {SERVER, 16, O_SERVER_INTERRUPT, QUOLL_RIGHT_CONTROL, 0},
        {CLIENT, 17, O_CLIENT_MODULE, QUOLL_RIGHT_READ, 0},
        {CLIENT, 19, O_TRACE, QUOLL_RIGHT_READ, 0},
        {CLIENT, 18, O_SERVER_THREAD, QUOLL_RIGHT_READ, 0},
        {SERVER, COMPONENT_CAP_WATCHDOG, O_ROOT_NOTIFICATION, QUOLL_RIGHT_SIGNAL, 1 << SERVER},
        {CLIENT, COMPONENT_CAP_WATCHDOG, O_ROOT_NOTIFICATION, QUOLL_RIGHT_SIGNAL, 1 << CLIENT},
    };
    const struct plan_mapping mappings[] = {
        {SERVER, O_SHARED, 0x20000000, QUOLL_MAP_READ | QUOLL_MAP_WRITE},
        {CLIENT, O_SHARED, 0x20000000, QUOLL_MAP_READ},
        {SERVER, O_SERVER_DEVICE, 0x30000000, QUOLL_MAP_READ | QUOLL_MAP_WRITE},
        {SERVER, O_CLIENT_MEMORY, 0x40000000, QUOLL_MAP_READ},
        {CLIENT, O_TRACE, 0x50000000, QUOLL_MAP_READ},
    };
    const struct plan_symbol symbols[] = {{0x400000, 0x20, 6}, {0x400020, 0x40, 13}, {0x400100, 0x10, 18}};

    memcpy(image->capability, capabilities, sizeof(capabilities));
    memcpy(image->mapping, mappings, sizeof(mappings));
    memcpy(image->symbol, symbols, sizeof(symbols));
    memcpy(image->strings, "\0echo\0_start\0main\0leaf", 23);
}

void fake_reaches(void)
{
    struct plan_view *view = &root.plan;

    ((struct plan_capability *)view->capability)[view->capabilities++] =
        (struct plan_capability){SERVER, 20, O_CLIENT_MEMORY, QUOLL_RIGHT_DMA, 0};
}

struct plan_header *fake_plan(uint64_t *size)
{
    struct image *image = aligned_alloc(4096, sizeof(*image));

    assert_non_null(image);
    memset(image, 0, sizeof(*image));
    image->header = (struct plan_header){
        .magic = PLAN_MAGIC,
        .version = PLAN_VERSION,
        .components = table(image, image->component, 2),
        .segments = table(image, image->segment, 3),
        .objects = table(image, image->object, O_COUNT),
        .capabilities = table(image, image->capability, 9),
        .mappings = table(image, image->mapping, 5),
        .symbols = table(image, image->symbol, 3),
        .strings = table(image, image->strings, 23),
    };
    fill_objects(image);
    fill_component(image, SERVER, "server", O_SERVER_POOL);
    fill_component(image, CLIENT, "client", O_CLIENT_POOL);
    image->segment[0] =
        (struct plan_segment){offsetof(struct image, code), 4096, 4096, 0x400000, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE};
    image->segment[1] =
        (struct plan_segment){offsetof(struct image, code) + 4096, 4096, 4096, 0x401000, QUOLL_MAP_READ};
    image->segment[2] = (struct plan_segment){offsetof(struct image, data), sizeof(image->data), 8192, 0x402000,
                                              QUOLL_MAP_READ | QUOLL_MAP_WRITE};
    fill_links(image);
    *size = sizeof(*image);
    return &image->header;
}
