/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Accesses of the guest outside its RAM. Devices answer; the rest is a hole, where a real bus would answer with an
 * error: the guest takes a synchronous external abort. So does an access to a device that carries no valid syndrome
 * (load pair, atomics, write-back), which the VMM cannot emulate without reading guest code.
 */
#include "board.h"
#include "console.h"
#include "exit.h"

/* ISS of a data abort, Arm ARM D17.2.37 */
#define ISS_ISV      (1U << 24)
#define ISS_SAS(iss) ((iss) >> 22 & 3)
#define ISS_SSE      (1U << 21)
#define ISS_SRT(iss) ((iss) >> 16 & 0x1f)
#define ISS_SF       (1U << 15)
#define ISS_CM       (1U << 8)
#define ISS_S1PTW    (1U << 7)
#define ISS_WNR      (1U << 6)

bool abort_decode(uint64_t esr, struct access *access)
{
    uint32_t iss = ESR_ISS(esr);

    if ((iss & ISS_ISV) == 0 || (iss & ISS_S1PTW) != 0)
        return false;
    *access = (struct access){
        .size = 1U << ISS_SAS(iss),
        .target = ISS_SRT(iss),
        .write = (iss & ISS_WNR) != 0,
        .sign_extend = (iss & ISS_SSE) != 0,
        .wide = (iss & ISS_SF) != 0,
    };
    return true;
}

uint64_t abort_extend(const struct access *access, uint64_t value)
{
    uint32_t shift = 64 - 8 * access->size;

    if (access->sign_extend)
        value = (uint64_t)((int64_t)(value << shift) >> shift);
    else
        value = value << shift >> shift;
    return access->wide ? value : (uint32_t)value;
}

/* One line a page. */
static void complain(const char *what, uint64_t address, uint64_t pc)
{
    if (log_first(address >> 12))
        log_line("%s at %#llx, pc %#llx", what, (unsigned long long)address, (unsigned long long)pc);
}

static void refuse(struct vcpu *vcpu, const struct quoll_message *message, const char *what)
{
    complain(what, message->word[2], message->word[4]);
    inject_data_abort(vcpu, message->word[1], message->word[5]);
}

void abort_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    uint64_t esr = message->word[1];
    uint64_t address = message->word[2];
    enum board_device device = board_find(address);
    const struct board_access *handler = &board_access[device];
    struct access access = {0};

    vcpu->device_count[device]++;
    if (device == BOARD_DEVICE_NONE) {
        refuse(vcpu, message, "the guest's access finds nothing");
        return;
    }
    if (!abort_decode(esr, &access)) {
        /* Maintenance of a device's address in the caches has nothing to do. */
        if ((ESR_ISS(esr) & (ISS_CM | ISS_S1PTW)) == ISS_CM)
            vcpu_skip(vcpu, esr);
        else
            refuse(vcpu, message, "the guest's access to a device cannot be emulated");
        return;
    }
    /* Going on behind an instruction of AArch32 would have to move ITSTATE on as well. */
    if ((vcpu->state->pstate & PSTATE_AARCH32) != 0) {
        refuse(vcpu, message, "the guest's AArch32 access to a device cannot be emulated");
        return;
    }
    if ((address & (access.size - 1)) != 0) {
        refuse(vcpu, message, "the guest's access to a device is not aligned");
        return;
    }
    if (access.write)
        handler->write(vcpu, (uint32_t)(address - handler->base), access.size,
                       vcpu_register(vcpu, access.target) & (UINT64_MAX >> (64 - 8 * access.size)));
    else
        vcpu_set_register(vcpu, access.target,
                          abort_extend(&access, handler->read(vcpu, (uint32_t)(address - handler->base), access.size)));
    vcpu_skip(vcpu, esr);
}

void instruction_abort_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    if (!vm.loaded) {
        vm_load(vcpu);
        return;
    }
    complain("the guest executes nothing", message->word[2], message->word[4]);
    inject_instruction_abort(vcpu, message->word[1], message->word[5]);
}
