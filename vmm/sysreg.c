/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Trapped MRS and MSR instructions (exception class 0x18). The kernel passes what the hardware holds with a read of an
 * identification register (w3); the VMM takes out what the guest is not given. Cache maintenance by set and way and the
 * virtual memory controls are the kernel's (docs/design/coherence.md). The table is of what a running guest accesses;
 * the rest is looked at by a kernel that starts, or a debugger.
 */
#include "sysreg.h"

#include "console.h"
#include "exit.h"
#include "rt/calls.h"
#include "rt/time.h"

/* ISS of exception class 0x18, Arm ARM D17.2.37: Op0 Op2 Op1 CRn Rt CRm direction */
#define ISS_READ(iss)   (((iss)&1) != 0)
#define ISS_TARGET(iss) ((iss) >> 5 & 0x1f)
#define ISS_OP0(iss)    ((iss) >> 20 & 3)
#define ISS_OP1(iss)    ((iss) >> 14 & 7)
#define ISS_CRN(iss)    ((iss) >> 10 & 15)
#define ISS_CRM(iss)    ((iss) >> 1 & 15)
#define ISS_OP2(iss)    ((iss) >> 17 & 7)

/* One number for a register, ordered as the manual writes it. */
#define REGISTER(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum { MDSCR_EL1 = REGISTER(2, 0, 0, 2, 2), OSLSR_EL1 = REGISTER(2, 0, 1, 1, 4) };

enum { OSLSR_OSLM = 1 << 3 };

/* MDSCR_EL1 that a guest may set: single step of its own EL0 and EL1, traps of the debug channel */
enum { MDSCR_SS = 1 << 0, MDSCR_TDCC = 1 << 12, MDSCR_KDE = 1 << 13 };

/* Fields of identification registers that the guest sees as zero: `hide` is a mask of the register's bits. */
struct hidden_fields {
    uint32_t number;
    uint64_t hide;
};

#define FIELD(shift) (UINT64_C(15) << (shift))

static const struct hidden_fields hidden_fields[] = {
    {REGISTER(3, 0, 0, 1, 1), FIELD(12) | FIELD(4)},              /* ID_PFR1: virtualization, security */
    {REGISTER(3, 0, 0, 1, 2), FIELD(24) | FIELD(20) | FIELD(12)}, /* ID_DFR0: PMU, trace */
    /* ID_AA64PFR0: RAS, SVE, MPAM, AMU, EL2, EL3 */
    {REGISTER(3, 0, 0, 4, 0), FIELD(28) | FIELD(32) | FIELD(40) | FIELD(44) | FIELD(8) | FIELD(12)},
    {REGISTER(3, 0, 0, 4, 1), FIELD(8) | FIELD(12) | FIELD(16) | FIELD(24)}, /* ID_AA64PFR1: MTE, RAS, MPAM, SME */
    {REGISTER(3, 0, 0, 4, 4), UINT64_MAX},                                   /* ID_AA64ZFR0: SVE */
    {REGISTER(3, 0, 0, 4, 5), UINT64_MAX},                                   /* ID_AA64SMFR0: SME */
    /* ID_AA64DFR0: trace, PMU, statistical profiling, trace filter, trace buffer, branch records */
    {REGISTER(3, 0, 0, 5, 0), FIELD(4) | FIELD(8) | FIELD(32) | FIELD(40) | FIELD(44) | FIELD(52)},
    {REGISTER(3, 0, 0, 6, 1), FIELD(4) | FIELD(8) | FIELD(24) | FIELD(28)}, /* ID_AA64ISAR1: pointer authentication */
    {REGISTER(3, 0, 0, 6, 2), FIELD(8) | FIELD(12)},                        /* ID_AA64ISAR2: the same */
    {REGISTER(3, 0, 0, 7, 1), FIELD(8) | FIELD(16)},                        /* ID_AA64MMFR1: VHE, limited ordering */
    {REGISTER(3, 0, 0, 7, 2), FIELD(24) | FIELD(56)},                       /* ID_AA64MMFR2: nested virtualization */
};

static uint64_t identification(uint32_t number, uint64_t hardware)
{
    for (uint32_t i = 0; i < sizeof(hidden_fields) / sizeof(hidden_fields[0]); i++)
        if (hidden_fields[i].number == number)
            return hardware & ~hidden_fields[i].hide;
    return hardware;
}

static bool is_identification(uint32_t iss)
{
    return ISS_OP0(iss) == 3 && ISS_OP1(iss) == 0 && ISS_CRN(iss) == 0 && ISS_CRM(iss) >= 1 && ISS_CRM(iss) <= 7;
}

/* PMINTEN*, and PM* of EL0: no performance monitors, reads as zero. */
static bool is_performance_monitor(uint32_t iss)
{
    if (ISS_OP0(iss) != 3)
        return false;
    if (ISS_OP1(iss) == 0)
        return ISS_CRN(iss) == 9 && ISS_CRM(iss) == 14;
    return ISS_OP1(iss) == 3 && ((ISS_CRN(iss) == 9 && ISS_CRM(iss) >= 12 && ISS_CRM(iss) <= 14) ||
                                 (ISS_CRN(iss) == 14 && ISS_CRM(iss) >= 8));
}

static uint64_t read_debug(struct vcpu *vcpu, uint32_t number)
{
    if (number == MDSCR_EL1)
        return quoll_thread_read_vcpu(vcpu->thread, QUOLL_VCPU_MDSCR_EL1).word[0];
    return number == OSLSR_EL1 ? OSLSR_OSLM : 0;
}

static void write_debug(struct vcpu *vcpu, uint32_t number, uint64_t value)
{
    if (number == MDSCR_EL1)
        (void)quoll_thread_write_vcpu(vcpu->thread, QUOLL_VCPU_MDSCR_EL1, value & (MDSCR_SS | MDSCR_TDCC | MDSCR_KDE));
}

/* Subjects of log_first apart from pages of the address space */
#define SUBJECT_REGISTER UINT64_C(0x8000000000000000)

static uint64_t nothing(struct vcpu *vcpu, uint64_t value, uint64_t pc)
{
    (void)vcpu;
    (void)value;
    (void)pc;
    return 0;
}

static uint64_t send_group0(struct vcpu *vcpu, uint64_t value, uint64_t pc)
{
    (void)pc;
    vgic_send_sgi(vcpu, value, false);
    return 0;
}

static uint64_t physical_counter(struct vcpu *vcpu, uint64_t value, uint64_t pc)
{
    (void)vcpu;
    (void)value;
    (void)pc;
    return time_ticks();
}

static uint64_t physical_timer(struct vcpu *vcpu, uint64_t value, uint64_t pc)
{
    (void)vcpu;
    (void)value;
    if (log_first(SUBJECT_REGISTER))
        log_line("the guest uses the physical timer, which it does not have, pc %#llx", (unsigned long long)pc);
    return 0;
}

/* At its place; two at one are an error of the compiler's: initialised twice. */
#define ACCESS(op0, op1, crn, crm, op2, read, emulate) \
    [SYSREG_PLACE(SYSREG_KEY(op0, op1, crn, crm, op2, read))] = {SYSREG_KEY(op0, op1, crn, crm, op2, read), emulate}

const struct sysreg_access sysreg_access[SYSREG_PLACES] = {
    [0] = {UINT64_MAX, nothing},          /* the place of 0, which is no register's key */
    ACCESS(3, 0, 1, 0, 1, true, nothing), /* ACTLR_EL1 */
    ACCESS(3, 0, 1, 0, 1, false, nothing),
    ACCESS(3, 0, 12, 11, 5, false, NULL),           /* ICC_SGI1R_EL1 */
    ACCESS(3, 0, 12, 11, 6, false, nothing),        /* ICC_ASGI1R_EL1: the other security state's; there is none */
    ACCESS(3, 0, 12, 11, 7, false, send_group0),    /* ICC_SGI0R_EL1 */
    ACCESS(3, 3, 14, 0, 1, true, physical_counter), /* CNTPCT_EL0 */
    ACCESS(3, 3, 14, 2, 0, true, physical_timer),   /* CNTP_TVAL_EL0 */
    ACCESS(3, 3, 14, 2, 0, false, physical_timer),
    ACCESS(3, 3, 14, 2, 1, true, physical_timer), /* CNTP_CTL_EL0 */
    ACCESS(3, 3, 14, 2, 1, false, physical_timer),
    ACCESS(3, 3, 14, 2, 2, true, physical_timer), /* CNTP_CVAL_EL0 */
    ACCESS(3, 3, 14, 2, 2, false, physical_timer),
};

/*
 * What a trapped MRS or MSR does; reads leave their result in *value. False, with nothing changed: there is no such
 * register.
 */
static bool emulate(struct vcpu *vcpu, uint64_t esr, uint64_t pc, uint64_t *value)
{
    const struct sysreg_access *access = sysreg_find(sysreg_access, esr);
    uint32_t iss = ESR_ISS(esr);
    uint32_t number = REGISTER(ISS_OP0(iss), ISS_OP1(iss), ISS_CRN(iss), ISS_CRM(iss), ISS_OP2(iss));
    bool read = ISS_READ(iss);

    if (access != NULL) {
        if (access->emulate == NULL)
            vgic_send_sgi(vcpu, *value, true);
        else
            *value = access->emulate(vcpu, *value, pc);
        return true;
    }
    if (is_identification(iss)) {
        *value = identification(number, *value);
        return read;
    }
    if (ISS_OP0(iss) == 2) {
        if (read)
            *value = read_debug(vcpu, number);
        else
            write_debug(vcpu, number, *value);
        return true;
    }
    *value = 0;
    return is_performance_monitor(iss);
}

static void unknown(struct vcpu *vcpu, const struct quoll_message *message)
{
    uint32_t iss = ESR_ISS(message->word[1]);
    uint32_t register_fields = iss & 0x3ffc1e; /* without direction and general register */

    if (log_first(SUBJECT_REGISTER | (uint64_t)register_fields << 32))
        log_line("the guest's access to s%u_%u_c%u_c%u_%u is undefined, pc %#llx", ISS_OP0(iss), ISS_OP1(iss),
                 ISS_CRN(iss), ISS_CRM(iss), ISS_OP2(iss), (unsigned long long)message->word[4]);
    inject_undefined(vcpu);
}

void sysreg_exit(struct vcpu *vcpu, const struct quoll_message *message)
{
    uint32_t iss = ESR_ISS(message->word[1]);
    uint64_t value = message->word[3];

    if (!emulate(vcpu, message->word[1], message->word[4], &value)) {
        unknown(vcpu, message);
        return;
    }
    if (ISS_READ(iss))
        vcpu_set_register(vcpu, ISS_TARGET(iss), value);
    vcpu_skip(vcpu, message->word[1]);
}
