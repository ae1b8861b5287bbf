/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Firmware calls of the guest, `hvc #0` (PSCI 1.1, Arm DEN 0022; SMCCC 1.1, Arm DEN 0028). On entry pc is behind the
 * instruction already.
 */
#include "console.h"
#include "exit.h"

enum psci_result {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_ALREADY_ON = -4,
    PSCI_ON = 0,
    PSCI_NO_MIGRATION = 2, /* no trusted OS, or one that need not migrate */
};

/* Function identifiers; those with a 64-bit variant have it at + SMC64. */
#define SMC64                  0x40000000U
#define PSCI_VERSION           0x84000000U
#define PSCI_CPU_SUSPEND       0x84000001U
#define PSCI_CPU_OFF           0x84000002U
#define PSCI_CPU_ON            0x84000003U
#define PSCI_AFFINITY_INFO     0x84000004U
#define PSCI_MIGRATE_INFO_TYPE 0x84000006U
#define PSCI_SYSTEM_OFF        0x84000008U
#define PSCI_SYSTEM_RESET      0x84000009U
#define PSCI_FEATURES          0x8400000aU
#define PSCI_SYSTEM_RESET2     0x84000012U
#define SMCCC_VERSION          0x80000000U
#define SMCCC_ARCH_FEATURES    0x80000001U

/* Bits of CPU_SUSPEND's power_state that have no meaning in the original format: others are level, type, state. */
#define POWER_STATE_ZERO 0xfcfe0000U

/* Affinity fields of MPIDR_EL1 */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

static bool is_present(uint64_t mpidr)
{
    return (mpidr & MPIDR_AFFINITY) < VGIC_VCPUS && (mpidr & ~MPIDR_AFFINITY) == 0;
}

static int64_t features(uint32_t function)
{
    switch (function) {
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | SMC64:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMC64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | SMC64:
    case SMCCC_VERSION:
        return PSCI_SUCCESS;
    default:
        return PSCI_NOT_SUPPORTED;
    }
}

/* Every vCPU of this guest is on from its start and stays so. */
static int64_t cpu_on(uint64_t mpidr)
{
    return is_present(mpidr) ? PSCI_ALREADY_ON : PSCI_INVALID_PARAMETERS;
}

static int64_t affinity_info(uint64_t mpidr, uint64_t level)
{
    return is_present(mpidr) && level <= 3 ? PSCI_ON : PSCI_INVALID_PARAMETERS;
}

/* SYSTEM_RESET2: type 0 is the architected warm reset; vendor-specific ones have bit 31. */
static int64_t reset2(uint64_t type)
{
    if ((uint32_t)type != 0)
        return PSCI_INVALID_PARAMETERS;
    vm_restart();
    return PSCI_SUCCESS;
}

/*
 * CPU_SUSPEND waits as WFI does. A request for power down may be taken as one for standby (DEN 0022), and then returns
 * like one. The power state must have the original format, for that is what PSCI_FEATURES says.
 */
static int64_t cpu_suspend(struct vcpu *vcpu, uint64_t power_state)
{
    if (((uint32_t)power_state & POWER_STATE_ZERO) != 0)
        return PSCI_INVALID_PARAMETERS;
    vcpu->waits = true;
    return PSCI_SUCCESS;
}

static int64_t answer(struct vcpu *vcpu, const uint64_t *x)
{
    switch ((uint32_t)x[0]) {
    case PSCI_VERSION:
    case SMCCC_VERSION:
        return 1 << 16 | 1;
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | SMC64:
        return cpu_suspend(vcpu, x[1]);
    case PSCI_CPU_OFF:
        vm_stop("it turned its last CPU off");
        return PSCI_SUCCESS;
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMC64:
        return cpu_on(x[1]);
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64:
        return affinity_info(x[1], x[2]);
    case PSCI_MIGRATE_INFO_TYPE:
        return PSCI_NO_MIGRATION;
    case PSCI_SYSTEM_OFF:
        vm_stop("it powered off");
        return PSCI_SUCCESS;
    case PSCI_SYSTEM_RESET:
        vm_restart();
        return PSCI_SUCCESS;
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | SMC64:
        return reset2(x[1]);
    case PSCI_FEATURES:
        return features((uint32_t)x[1]);
    case SMCCC_ARCH_FEATURES:
        /* No workaround is needed or offered by the firmware below. */
        return (uint32_t)x[1] == SMCCC_VERSION || (uint32_t)x[1] == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS
                                                                                        : PSCI_NOT_SUPPORTED;
    default:
        return PSCI_NOT_SUPPORTED;
    }
}

void psci_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    (void)message;
    vcpu->state->x[0] = (uint64_t)answer(vcpu, vcpu->state->x);
}
