/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the architecture keeps of a virtual CPU while the CPU does not hold it (vcpu_arch.c).
 */
#pragma once

#include "abi/vcpu.h"
#include <stdbool.h>
#include <stdint.h>

enum { ICH_LR_MAX = 16, ICH_APR_MAX = 4 };

struct arch_vcpu {
    uint64_t reg[QUOLL_VCPU_REGISTER_COUNT];
    uint64_t ich_lr[ICH_LR_MAX];
    uint64_t ich_ap0r[ICH_APR_MAX], ich_ap1r[ICH_APR_MAX];
    uint64_t ich_vmcr, ich_hcr;
    uint64_t hcr; /* HCR_EL2 while the guest runs */
};
