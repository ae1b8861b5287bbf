/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What lies around the VMM in these tests: a kernel that remembers what it was told, a serial, a clock.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/calls.h"
#include "abi/vcpu.h"
#include "rt/message.h"
#include "vmm/config.h"
#include "vmm/exit.h"
#include "vmm/vm.h"

enum { FAKE_CALLS = 8192, FAKE_MATCHES = 16, FAKE_OUTPUT = 8192, FAKE_RAM = 16 << 20, FAKE_EXIT_LABEL = 7 };

enum fake_match_kind { FAKE_MATCH_NONE, FAKE_MATCH_NOTIFY, FAKE_MATCH_CONSTANT, FAKE_MATCH_IGNORE };

struct fake_match {
    enum fake_match_kind kind;
    uint64_t address, size, value;
};

struct fake_call {
    unsigned number;
    uint64_t capability;
    uint64_t argument[6];
};

struct fake {
    /* kernel */
    uint32_t interrupt[QUOLL_VIRQ_COUNT]; /* enum quoll_virtual_interrupt */
    uint64_t vcpu_register[QUOLL_VCPU_REGISTER_COUNT];
    struct fake_match match[FAKE_MATCHES];
    struct fake_call call[FAKE_CALLS];
    unsigned calls;
    unsigned fail_call; /* number of a call that answers fail_error */
    enum quoll_error fail_error;
    unsigned dead_at;    /* operation that finds the service gone; 0: none */
    uint64_t back_at_ns; /* when that ends for who sleeps until then; 0: never */
    bool vcpu_exists, vcpu_started;
    /* serial */
    uint64_t console_reply[8]; /* by operation: word 0 of the answer */
    uint64_t info[3];          /* of a disk: words 1 to 3 of the answer */
    unsigned attached, detached;
    struct quoll_message attach[3];
    char output[FAKE_OUTPUT];
    size_t output_length;
    const char *input;
    /* the rest */
    uint64_t now_ns;
    uint64_t deadline; /* ticks */
    unsigned cleaned, kicks;
    uint64_t cleaned_bytes;
    uint64_t fault;      /* the virtual address that aborts are of */
    unsigned short_ways; /* exits that went there */
    bool exited;
    int exit_status;
    jmp_buf exit_jump;
};

extern struct fake fake;
extern bool fake_short_way; /* exits that the VMM's short way answers (vmm/exit_quick.h) go there, as in its loop */
extern uint8_t fake_ram[FAKE_RAM];
extern uint8_t fake_kernel[1 << 20];

/* Before each test: everything as after component_start of a guest with a small kernel. */
int fake_setup(void **state);

/* A disk in the slot behind the console, by the service that is there. */
void fake_disk(bool trusted, uint64_t flag, void *window, uint64_t size);

/* An exit of the vCPU, answered; what the reply says of interrupts is done. */
struct quoll_message fake_exit(uint64_t reason, uint64_t esr, uint64_t address, uint64_t value);

/* The same for loads and stores with a syndrome: register x1, with `size` bytes at `address`. */
uint64_t fake_load(uint64_t address, uint32_t size);
void fake_store(uint64_t address, uint32_t size, uint64_t value);

/* As a driver of the virtio-mmio device at `device`: its queue has its rings at `base`, 4 KiB apart. */
void fake_set_queue(uint64_t device, uint32_t queue, uint32_t size, uint64_t base);

/* The time comes that the VMM waits for. */
void fake_deadline(void);

/* How many calls of this number the kernel got. */
unsigned fake_count(unsigned number);

#define assert_pending(number)     assert_int_equal(fake.interrupt[number] & QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING)
#define assert_not_pending(number) assert_int_equal(fake.interrupt[number] & QUOLL_VIRQ_PENDING, 0)

int run_vgic_tests(void);
int run_device_tests(void);
int run_virtio_tests(void);
int run_exit_tests(void);
int run_load_tests(void);
int run_life_tests(void);
int run_copied_tests(void);
int run_shadow_tests(void);
int run_absent_tests(void);
int run_network_tests(void);
int run_socket_tests(void);
int run_fuzz_tests(void);
