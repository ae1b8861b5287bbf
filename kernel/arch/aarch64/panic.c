/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever is printed here may be wrong, for the kernel is: pointers are only followed when they lie in the image or
 * look like kernel memory, and a second panic ends the first one. Addresses of code are printed as the linker knows
 * them, so that addr2line -e quoll.elf takes them.
 */
#include "panic.h"
#include "abi/boot_info.h"
#include "abi/calls.h"
#include "arch.h"
#include "console.h"
#include "string.h"
#include "sysreg.h"
#include "thread.h"

enum { LINK_ADDRESS = 0x40200000, BACKTRACE_MAX = 32 };

extern const char image_start[], rodata_start[], stack_guard[], stack_bottom[], panic_stack_top[];

extern const struct boot_info boot_info;

struct panic_frame panic_registers;
static bool panicking;

_Noreturn static void stop(void)
{
    console_string("stopped\n");
    for (;;)
        __asm__ volatile("msr daifset, #0xf\n\twfi");
}

static void line(const char *name, uint64_t value)
{
    console_string("  ");
    console_string(name);
    for (size_t i = strlen(name); i < 10; i++)
        console_string(" ");
    console_hex(value);
    console_string("\n");
}

static bool in_text(uint64_t address)
{
    return address >= (uintptr_t)image_start && address < (uintptr_t)rodata_start;
}

static void line_code(const char *name, uint64_t address)
{
    line(name, in_text(address) ? address - (uintptr_t)image_start + LINK_ADDRESS : address);
}

static void print_registers(const uint64_t x[31])
{
    for (unsigned i = 0; i < 31; i++) {
        console_string(i % 3 == 0 ? "  x" : " x");
        console_decimal(i);
        console_string(i < 10 ? "  " : " ");
        console_hex(x[i]);
        if (i % 3 == 2 || i == 30)
            console_string("\n");
    }
}

/* Frame records, AAPCS64 6.4.6: {previous fp, lr}. Bounded; only within the kernel's stacks. */
static void print_backtrace(uint64_t fp)
{
    for (unsigned i = 0; i < BACKTRACE_MAX; i++) {
        if (fp < (uintptr_t)stack_bottom || fp + 16 > (uintptr_t)panic_stack_top || !is_aligned(fp, 8))
            return;

        const uint64_t *record = paddr_pointer(paddr(fp));

        if (record[1] != 0)
            line_code("called by", record[1]);
        if (record[0] <= fp)
            return;
        fp = record[0];
    }
}

/* Names one behind the other, for pointers to them would be relocated and a switch is long. */
static const char *call_name(uint64_t number)
{
    static const uint8_t numbers[] = {
#define CALL(number, ...) number,
#include "abi/calls.def"
#undef CALL
    };
    static const char names[] =
#define CALL(number, object, name, ...) #object "_" #name "\0"
#include "abi/calls.def"
#undef CALL
        ;
    const char *name = names;

    for (unsigned i = 0; i < sizeof(numbers); i++, name += strlen(name) + 1)
        if (numbers[i] == number % QUOLL_CALL_LIMIT)
            return name;
    return "unknown";
}

/* Who ran, and what it asked for. */
static void print_thread(void)
{
    const struct core *core = arch_core();

    if (core == NULL)
        return;
    console_string("core ");
    console_decimal(core->number);
    if (core->current == NULL) {
        console_string(", no thread\n");
        return;
    }

    const struct thread *thread = core->current;
    const struct arch_frame *frame = core->arch.frame;

    console_string(thread->vcpu == NULL ? ", native thread:\n" : ", virtual CPU:\n");
    line("thread", (uintptr_t)thread);
    line("domain", (uintptr_t)thread->domain);
    console_string("  priority  ");
    console_decimal(thread->priority);
    console_string("\n");
    if (frame == NULL)
        return;
    line("pc", frame->pc);
    line("pstate", frame->pstate);
    console_string("  its last call, if it made one: ");
    console_string(call_name(frame->x[9]));
    console_string("\n");
    print_registers(frame->x);
}

static void begin(void)
{
    __asm__ volatile("msr daifset, #0xf");
    if (panicking) {
        console_string("\npanic within the panic\n");
        stop();
    }
    panicking = true;
    if (boot_info.magic == BOOT_INFO_MAGIC && boot_info.version == BOOT_INFO_VERSION)
        console_init(boot_info.uart); /* it may be too early for that to have been done */
    console_string("\nquoll kernel panic: ");
}

_Noreturn void panic(const char *file, int line_number, const char *what)
{
    begin();
    console_string(what);
    console_string(" (");
    console_string(file);
    console_string(":");
    console_decimal((uint64_t)line_number);
    console_string(")\n");
    print_backtrace((uintptr_t)__builtin_frame_address(0));
    print_thread();
    stop();
}

_Noreturn void arch_panic_thread(struct thread *thread, enum quoll_fault_reason reason, uint64_t address,
                                 uint64_t syndrome)
{
    static const char *const name[] = {"no fault",  "a read",      "a write",        "an instruction fetch",
                                       "alignment", "instruction", "breakpoint",     "an svc that is no call",
                                       "SError",    "its pager",   "its virtual CPU"};

    begin();
    console_string("root, or another thread that nobody can restart, faulted: ");
    console_string((unsigned)reason < sizeof(name) / sizeof(name[0]) ? name[reason] : "unknown");
    console_string("\n");
    line("pc", thread->arch.frame->pc);
    line("sp", arch_thread_register(thread, QUOLL_REGISTER_SP));
    line("address", address);
    line("syndrome", syndrome);
    print_registers(thread->arch.frame->x);
    stop();
}

/* ESR_EL2.EC, D19.2, as far as the kernel's own code can cause it. */
static const char *class_name(uint64_t syndrome)
{
    switch (syndrome >> 26 & 0x3f) {
    case 0x00:
        return "undefined instruction";
    case 0x07:
        return "floating point in the kernel";
    case 0x0e:
        return "illegal execution state";
    case 0x18:
        return "trapped system register";
    case 0x21:
        return "instruction abort";
    case 0x22:
        return "misaligned pc";
    case 0x25:
        return "data abort";
    case 0x26:
        return "misaligned stack pointer";
    case 0x2f:
        return "SError";
    case 0x3c:
        return "brk";
    default:
        return "exception";
    }
}

_Noreturn void panic_exception(const struct panic_frame *frame, unsigned vector)
{
    static const char *const kind[4] = {"synchronous", "IRQ", "FIQ", "SError"};
    uint64_t syndrome = SYSREG_READ(esr_el2);
    uint64_t address = SYSREG_READ(far_el2);

    begin();
    console_string(class_name(syndrome));
    console_string(", vector ");
    console_decimal(vector);
    console_string(" (");
    console_string(kind[vector % 4]);
    console_string(")\n");
    if (address >= (uintptr_t)stack_guard && address < (uintptr_t)stack_bottom && syndrome >> 26 == 0x25)
        console_string("  the kernel stack overflowed\n");
    line_code("pc", frame->pc);
    line("pstate", frame->pstate);
    line("sp", frame->sp);
    line("syndrome", syndrome);
    line("address", address);
    print_registers(frame->x);
    line_code("lr", frame->x[30]);
    print_backtrace(frame->x[29]);
    print_thread();
    stop();
}

_Noreturn void start_wrong_level(uint64_t current_el)
{
    if (boot_info.magic == BOOT_INFO_MAGIC && boot_info.version == BOOT_INFO_VERSION)
        console_init(boot_info.uart);
    console_string("quoll: entered at EL");
    console_decimal(current_el >> 2 & 3);
    console_string(", but the kernel is a hypervisor and needs EL2 (QEMU: -machine virt,virtualization=on)\n");
    stop();
}
