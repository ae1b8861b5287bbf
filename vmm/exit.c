/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The VMM's event loop calls these: an exit of a vCPU, a flag, the start.
 */
#include "exit.h"

#include <stdlib.h>

#include "config.h"
#include "console.h"
#include "rt/component.h"
#include "timer.h"
#include "virtio_service.h"

/* Subjects of log_first apart from pages of the address space and registers */
#define SUBJECT_CLASS UINT64_C(0x4000000000000000)

/*
 * What the kernel does not decode: instructions that are undefined here, HVC with a number that means nothing (pc is
 * behind it), and aborts that memory itself answered with an error.
 */
static void unknown_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    uint32_t class = ESR_CLASS(message->word[1]);

    if (log_first(SUBJECT_CLASS | class))
        log_line("the guest meets an exception of class %#x, syndrome %#llx, pc %#llx", class,
                 (unsigned long long)message->word[1], (unsigned long long)message->word[4]);
    switch (class) {
    case CLASS_DATA_ABORT_LOWER:
        inject_data_abort(vcpu, message->word[1], message->word[5]);
        break;
    case CLASS_INSTRUCTION_ABORT_LOWER:
        inject_instruction_abort(vcpu, message->word[1], message->word[5]);
        break;
    case CLASS_HVC64:
        vcpu->state->pc -= 4;
        inject_undefined(vcpu);
        break;
    default:
        inject_undefined(vcpu);
        break;
    }
}

/* The guest's device tree says that firmware is called by HVC: there is no EL3 for it. */
static void smc_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    (void)message;
    inject_undefined(vcpu);
}

static void imprecise_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    (void)vcpu;
    log_line("the guest caused a system error, syndrome %#llx, pc %#llx", (unsigned long long)message->word[1],
             (unsigned long long)message->word[4]);
    vm_stop("its state cannot be trusted after a system error");
}

static void unexpected_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    (void)vcpu;
    log_line("an exit of the unknown kind %llu", (unsigned long long)message->word[0]);
    vm_stop("it cannot go on");
}

typedef void exit_handler(struct vcpu *vcpu, const struct quoll_message *message);

static exit_handler *const handlers[VM_EXIT_REASONS] = {
    [0] = unexpected_exit,
    [QUOLL_EXIT_ABORT] = abort_exit,
    [QUOLL_EXIT_INSTRUCTION_ABORT] = instruction_abort_exit,
    [QUOLL_EXIT_SYSTEM_REGISTER] = sysreg_exit,
    [QUOLL_EXIT_HVC] = psci_exit,
    [QUOLL_EXIT_SMC] = smc_exit,
    [QUOLL_EXIT_UNKNOWN] = unknown_exit,
    [QUOLL_EXIT_IMPRECISE] = imprecise_exit,
};

void component_message(uint64_t label, struct quoll_message *message)
{
    struct vcpu *vcpu = &vm.vcpu[0];
    uint64_t reason = message->word[0] < VM_EXIT_REASONS ? message->word[0] : 0;
    uint64_t reply = 0;

    if (label != config.exit_label) {
        *message = (struct quoll_message){0};
        return;
    }
    vcpu->exit_count[reason]++;
    vcpu->in_exit = true;
    handlers[reason](vcpu, message);
    vcpu->in_exit = false;
    if (vcpu->staged.reply != 0) {
        reply = vcpu->staged.reply;
        vcpu->staged.reply = 0;
        message->word[1] = vcpu->staged.interrupt;
        message->word[2] = vcpu->staged.state;
        message->word[3] = vcpu->staged.mask;
    }
    if (vcpu->waits) {
        vcpu->waits = false;
        reply |= QUOLL_REPLY_WAIT;
    }
    if (vm.fate != VM_RUNS)
        reply |= QUOLL_REPLY_STOP;
    message->word[0] = reply;
}

void component_notification(uint64_t flags)
{
    vm.vcpu[0].in_exit = false;
    if ((flags & COMPONENT_FLAG_INPUT) != 0)
        console_take_input();
    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        if ((flags & (config.device[i].flag | COMPONENT_FLAG_RESTARTED)) != 0)
            virtio_service_flag(&vm.device[i]);
    if ((flags & COMPONENT_FLAG_REPORT) != 0)
        vm_print_exits();
}

void component_start(void)
{
    if (!vm_create())
        component_exit(EXIT_FAILURE);
    timer_start();
}
