/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first program: builds the system that the plan describes, keeps it alive, answers requests.
 */
#include "build.h"
#include "log.h"
#include "requests.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/message.h"
#include "rt/time.h"
#include "supervise.h"

static void find_memory(void)
{
    root.ram_count = (unsigned)(runtime_argument[0] < ROOT_RAM_MAX ? runtime_argument[0] : ROOT_RAM_MAX);
    root.device_count = (unsigned)(runtime_argument[1] < ROOT_DEVICES_MAX ? runtime_argument[1] : ROOT_DEVICES_MAX);
    for (uint32_t i = 0; i < root.ram_count; i++) {
        struct quoll_result size = quoll_memory_status(BOOT_CAP_RAM + i);
        struct quoll_result base = quoll_memory_address(BOOT_CAP_RAM + i);

        root.ram_base[i] = base.word[0];
        if (size.error || base.error || !allocator_add(&root.ram, i, base.word[0], size.word[0]))
            log_line("RAM object %u cannot be used", i);
    }
    for (uint32_t i = 0; i < root.device_count; i++) {
        struct quoll_result size = quoll_memory_status(BOOT_CAP_DEVICE + i);
        struct quoll_result base = quoll_memory_address(BOOT_CAP_DEVICE + i);

        if (size.error || base.error)
            log_line("device object %u cannot be used", i);
        else
            root.device_size[i] = size.word[0];
        root.device_base[i] = base.word[0];
    }
}

static bool prepare(void)
{
    const char *wrong = plan_view_open(&root.plan, (const void *)runtime_argument[2], runtime_argument[3]);
    enum quoll_error error = QUOLL_OK;

    if (wrong) {
        log_line("%s", wrong);
        return false;
    }
    root.priority = quoll_thread_status(BOOT_CAP_THREAD).word[1];
    error = quoll_pool_create_notification(BOOT_CAP_POOL, ROOT_CAP_NOTIFICATION).error;
    if (!error)
        error = quoll_notification_bind(ROOT_CAP_NOTIFICATION, BOOT_CAP_THREAD).error;
    if (error)
        log_line("no faults will be noticed: %s", error_text(error));
    build_split_plan();
    return true;
}

/*
 * Work is done where nobody waits for an answer, on root's own time. A message that makes work, or comes when some is
 * due, raises a flag of root's own: the next wait takes flags before further calls, so that no stream of calls can keep
 * root from working.
 */
static _Noreturn void loop(void)
{
    struct quoll_message message = {0};
    struct quoll_wait wait = {.no_reply = true, .deadline = 0};

    for (;;) {
        wait.receive = requests_receive_index();
        enum quoll_kind kind = quoll_reply_wait(&message, &wait);

        wait.no_reply = kind != QUOLL_KIND_MESSAGE;
        if (kind == QUOLL_KIND_MESSAGE) {
            if (requests_answer(&message) || time_ticks() >= wait.deadline)
                (void)quoll_notification_signal(ROOT_CAP_NOTIFICATION, ROOT_FLAG_WORK);
            continue;
        }
        uint64_t flags = kind == QUOLL_KIND_NOTIFICATION ? message.word[0] : 0;

        supervise_flags(flags);
        /* Handling a fault takes time, in which more signs of life may have come. */
        if (!(flags & ROOT_FLAG_FAULT))
            supervise_watchdogs();
        wait.deadline = supervise_work();
        requests_announce_log();
    }
}

_Noreturn void runtime_main(void)
{
    find_memory();
    if (prepare()) {
        log_line("system '%s': %u components, %lu MiB of RAM", ((const struct plan_header *)root.plan.base)->system,
                 root.plan.components, (unsigned long)(root.ram.total >> 20));
        build_system();
        supervise_start_all();
        log_line("%lu KiB of RAM are free", (unsigned long)(root.ram.free >> 10));
        requests_announce_log();
    }
    loop();
}
