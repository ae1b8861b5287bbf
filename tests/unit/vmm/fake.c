/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "services/block/protocol.h"
#include "services/serial/protocol.h"
#include "vmm/coherence.h"
#include "vmm/console.h"
#include "vmm/exit_quick.h"

enum { CAP_PORTAL = 40, CAP_NOTIFICATION = 41, CAP_FREE = 50 };

struct fake fake;
bool fake_short_way = false;
struct config config;

void config_init(void)
{
}

uint8_t fake_ram[FAKE_RAM] __attribute__((aligned(1 << 21)));
uint8_t fake_kernel[1 << 20];
static struct quoll_vcpu_state state_page;

/* Runtime */

uint64_t time_ns(void)
{
    return fake.now_ns;
}

uint64_t time_ticks(void)
{
    return time_ns_to_ticks(fake.now_ns);
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return ns / 16;
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
    return ticks * 16;
}

void time_sleep_until(uint64_t ticks)
{
    fake.now_ns = time_ticks_to_ns(ticks);
    if (fake.back_at_ns != 0 && fake.now_ns >= fake.back_at_ns)
        fake.dead_at = 0;
}

void component_wait_until(uint64_t ticks)
{
    fake.deadline = ticks;
}

enum quoll_error component_show_thread(uint32_t thread)
{
    (void)thread;
    return QUOLL_OK;
}

_Noreturn void component_exit(int status)
{
    fake.exited = true;
    fake.exit_status = status;
    longjmp(fake.exit_jump, 1);
}

size_t console_write(const char *buffer, size_t size)
{
    size_t room = sizeof(fake.output) - 1 - fake.output_length;
    size_t length = size < room ? size : room;

    memcpy(fake.output + fake.output_length, buffer, length);
    fake.output_length += length;
    return size;
}

size_t console_read(char *buffer, size_t size)
{
    size_t length = fake.input == NULL ? 0 : strlen(fake.input);

    length = length < size ? length : size;
    if (length != 0) {
        memcpy(buffer, fake.input, length);
        fake.input += length;
    }
    return length;
}

void coherence_clean_invalidate(uint64_t address, uint64_t size)
{
    (void)address;
    fake.cleaned++;
    fake.cleaned_bytes += size;
}

void coherence_code(uint64_t address, uint64_t size)
{
    (void)address;
    (void)size;
}

/* Kernel */

static void set_interrupt(uint64_t number, uint64_t state, uint64_t mask)
{
    assert_true(number < QUOLL_VIRQ_COUNT);
    fake.interrupt[number] = (fake.interrupt[number] & ~(uint32_t)mask) | (uint32_t)(state & mask);
}

static enum quoll_error add_match(enum fake_match_kind kind, const uint64_t *word, uint64_t value)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind != FAKE_MATCH_NONE && fake.match[i].address == word[0])
            return QUOLL_OVERLAP;
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind == FAKE_MATCH_NONE) {
            fake.match[i] = (struct fake_match){kind, word[0], word[1], value};
            return QUOLL_OK;
        }
    return QUOLL_NO_SPACE;
}

static enum quoll_error remove_match(uint64_t address)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind != FAKE_MATCH_NONE && fake.match[i].address == address) {
            fake.match[i].kind = FAKE_MATCH_NONE;
            return QUOLL_OK;
        }
    return QUOLL_NOT_FOUND;
}

static void serial(struct quoll_trap *trap)
{
    unsigned operation = trap->word[0] & 0xff;

    assert_true(operation < 8);
    if (operation == CONSOLE_ATTACH) {
        memcpy(fake.attach[trap->word[1]].word, trap->word, sizeof(trap->word));
        fake.attached++;
    }
    if (operation == CONSOLE_DETACH)
        fake.detached++;
    if (operation == BLOCK_INFO)
        memcpy(trap->word + 1, fake.info, sizeof(fake.info));
    trap->word[0] = fake.console_reply[operation];
}

static enum quoll_error answer(struct quoll_trap *trap)
{
    uint64_t *word = trap->word;

    switch ((enum quoll_call_number)(trap->x9 & 0xffff)) {
    case QUOLL_CALL_thread_set_virtual_interrupt:
        set_interrupt(word[0], word[1], word[2]);
        return QUOLL_OK;
    case QUOLL_CALL_thread_get_virtual_interrupt:
        word[0] = fake.interrupt[word[0]];
        return QUOLL_OK;
    case QUOLL_CALL_thread_read_vcpu:
        word[0] = fake.vcpu_register[word[0]];
        return QUOLL_OK;
    case QUOLL_CALL_thread_write_vcpu:
        fake.vcpu_register[word[0]] = word[1];
        return QUOLL_OK;
    case QUOLL_CALL_thread_match_notify:
        return add_match(FAKE_MATCH_NOTIFY, word, word[3]);
    case QUOLL_CALL_thread_match_constant:
        return add_match(FAKE_MATCH_CONSTANT, word, word[2]);
    case QUOLL_CALL_thread_match_ignore:
        return add_match(FAKE_MATCH_IGNORE, word, 0);
    case QUOLL_CALL_thread_match_remove:
        return remove_match(word[0]);
    case QUOLL_CALL_pool_create_vcpu:
        fake.vcpu_exists = true;
        memset(fake.interrupt, 0, sizeof(fake.interrupt));
        return QUOLL_OK;
    case QUOLL_CALL_any_destroy:
        fake.vcpu_exists = false;
        fake.vcpu_started = false;
        memset(fake.match, 0, sizeof(fake.match));
        return QUOLL_OK;
    case QUOLL_CALL_thread_start:
        fake.vcpu_started = fake.vcpu_exists;
        return QUOLL_OK;
    case QUOLL_CALL_notification_signal:
        fake.kicks += trap->x8 == COMPONENT_CAP_WATCHDOG;
        return QUOLL_OK;
    case QUOLL_CALL_portal_call:
        assert_int_equal(trap->x8, CAP_PORTAL);
        if (fake.dead_at != 0 && word[0] == fake.dead_at)
            return QUOLL_BAD_CAPABILITY;
        serial(trap);
        return QUOLL_OK;
    default:
        return QUOLL_OK;
    }
}

void quoll_trap(struct quoll_trap *trap)
{
    unsigned number = trap->x9 & 0xffff;

    assert_true(fake.calls < FAKE_CALLS);
    fake.call[fake.calls] = (struct fake_call){.number = number, .capability = trap->x8};
    memcpy(fake.call[fake.calls].argument, trap->word, sizeof(fake.call[0].argument));
    fake.calls++;
    trap->x8 = number == fake.fail_call ? fake.fail_error : answer(trap);
}

unsigned fake_count(unsigned number)
{
    unsigned count = 0;

    for (unsigned i = 0; i < fake.calls; i++)
        count += fake.call[i].number == number;
    return count;
}

/* The guest */

struct quoll_message fake_exit(uint64_t reason, uint64_t esr, uint64_t address, uint64_t value)
{
    const struct exit_tables tables = EXIT_TABLES;
    struct quoll_message message = {.word = {reason, esr, address, value, state_page.pc, fake.fault}};
    struct vcpu *vcpu = &vm.vcpu[0];

    vcpu->in_exit = fake_short_way;
    if (fake_short_way && exit_quick(&tables, vcpu, vcpu->state, message.word)) {
        assert_int_equal(vcpu->staged.reply, 0);
        fake.short_ways++;
    } else {
        component_message(FAKE_EXIT_LABEL, &message);
    }
    vcpu->in_exit = false; /* whatever comes next in a test */
    if ((message.word[0] & QUOLL_REPLY_INTERRUPT) != 0)
        set_interrupt(message.word[1], message.word[2], message.word[3]);
    return message;
}

static uint64_t syndrome(uint32_t size, bool write)
{
    uint32_t log = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;

    return (uint64_t)CLASS_DATA_ABORT_LOWER << 26 | ESR_IL | 1 << 24 | log << 22 | 1 << 16 | (log == 3 ? 1 << 15 : 0) |
           (write ? 1 << 6 : 0) | 7;
}

uint64_t fake_load(uint64_t address, uint32_t size)
{
    state_page.x[1] = 0xdeadbeefdeadbeef;
    (void)fake_exit(QUOLL_EXIT_ABORT, syndrome(size, false), address, 0);
    return state_page.x[1];
}

void fake_store(uint64_t address, uint32_t size, uint64_t value)
{
    state_page.x[1] = value;
    (void)fake_exit(QUOLL_EXIT_ABORT, syndrome(size, true), address, value);
}

void fake_set_queue(uint64_t device, uint32_t queue, uint32_t size, uint64_t base)
{
    fake_store(device + VIRTIO_MMIO_QUEUE_SELECT, 4, queue);
    fake_store(device + VIRTIO_MMIO_QUEUE_SIZE, 4, size);
    fake_store(device + VIRTIO_MMIO_QUEUE_DESCRIPTORS, 4, base);
    fake_store(device + VIRTIO_MMIO_QUEUE_DRIVER, 4, base + 0x1000);
    fake_store(device + VIRTIO_MMIO_QUEUE_DEVICE, 4, base + 0x2000);
    fake_store(device + VIRTIO_MMIO_QUEUE_READY, 4, 1);
}

void fake_deadline(void)
{
    uint64_t ns = fake.deadline * 16;

    fake.now_ns = ns > fake.now_ns ? ns : fake.now_ns;
    component_deadline();
}

static const struct config first_config = {
    .name = "linux",
    .bootargs = "console=hvc0",
    .ram = {(uintptr_t)fake_ram, FAKE_RAM, 20},
    .kernel = {(uintptr_t)fake_kernel, sizeof(fake_kernel), 21},
    .state = {(uintptr_t)&state_page, 4096, 24},
    .clock_epoch = 1700000000,
    .vcpu_budget = 23,
    .vcpu_priority = 50,
    .exit_portal = 25,
    .exit_label = FAKE_EXIT_LABEL,
    .virtual_interrupts = 26,
    .free = CAP_FREE,
    .device = {[VM_CONSOLE] = {true, true, 0, CAP_PORTAL, CAP_NOTIFICATION, COMPONENT_FLAG_INPUT, 0, 0}},
};

static void make_kernel(void)
{
    static const uint64_t header[8] = {0x14000000, 0, 0x180000, 0xa, 0, 0, 0, 0x644d5241};

    memset(fake_kernel, 0x5a, sizeof(fake_kernel));
    memcpy(fake_kernel, header, sizeof(header));
}

void fake_disk(bool trusted, uint64_t flag, void *window, uint64_t size)
{
    const struct config_device *console = &config.device[VM_CONSOLE];

    config.device[VM_DISK] =
        (struct config_device){true, trusted, 1, console->portal, console->notification, flag, (uintptr_t)window, size};
}

int fake_setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    memset(&vm, 0, sizeof(vm));
    config = first_config;
    make_kernel();
    fake.now_ns = 5000000000;
    fake.deadline = QUOLL_FOREVER;
    /* The VMM's deadline outlives a test: let it pass. */
    component_deadline();
    log_reset();
    if (setjmp(fake.exit_jump) != 0)
        return -1;
    component_start();
    (void)fake_exit(QUOLL_EXIT_INSTRUCTION_ABORT, 0, BOARD_NOTHING, 0);
    fake.calls = 0;
    fake.deadline = QUOLL_FOREVER;
    return 0;
}
