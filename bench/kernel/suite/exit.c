/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a guest's access to a device costs: the way to its VMM and back, or what the match table answers.
 */
#include "guest.h"

#include "bench.h"

enum { GUEST, SERVICE, INTERRUPT = 48 };
#define DEVICE UINT64_C(0x0a000000) /* nothing is mapped there */

static void start(const char *program)
{
    side_block(GUEST)->x[0] = DEVICE;
    guest_start(GUEST, program);
    sides_run();
}

void bench_exit(void)
{
    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    start(guest_load);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(GUEST, i).before, side_log(VMM, i).after);
    sample_row("vmexit_out", 1);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++)
        sample(side_log(VMM, i + 1).before, side_log(GUEST, i).after);
    sample_row("vmexit_back", 1);
}

static void show_whole(const char *name, unsigned n)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(n, i).before, side_log(n, i).after);
    sample_row(name, 1);
}

/* InterruptStatus has a value that the VMM set, what is written to InterruptACK is dropped. */
void bench_acknowledge(void)
{
    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    EXPECT_OK(quoll_thread_match_constant(side_capability(GUEST, SIDE_THREAD), DEVICE, 4, 1));
    EXPECT_OK(quoll_thread_match_ignore(side_capability(GUEST, SIDE_THREAD), DEVICE + 4, 4));
    start(guest_acknowledge);
    show_whole("virtio_irq_ack", GUEST);
}

/* A store that raises a flag of a service's bell; the service preempts the guest. */
void bench_doorbell(void)
{
    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    side_make(SERVICE, SIDE_PRIORITY);
    side_make_bell(SERVICE, true);
    side_set_call(SERVICE, CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, 0);
    side_block(SERVICE)->rounds = ROUNDS + 1;
    side_start_server(SERVICE, program_call);
    EXPECT_OK(quoll_thread_match_notify(side_capability(GUEST, SIDE_THREAD), DEVICE, 4,
                                        side_capability(SERVICE, SIDE_BELL), 4));
    side_block(GUEST)->x[1] = 1;
    start(guest_store);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(GUEST, i).before, side_log(SERVICE, i).after);
    sample_row("doorbell", 1);
}

/* The guest's kernel calls a native server. */
void bench_hypercall(void)
{
    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    side_make(SERVICE, SIDE_PRIORITY);
    side_make_portal(SERVICE);
    side_connect(GUEST, SERVICE);
    side_set_call(SERVICE, CALL_REPLY_WAIT, 0);
    side_block(SERVICE)->rounds = ROUNDS + 1;
    side_start_server(SERVICE, program_call);
    side_set_call(GUEST, QUOLL_CALL_portal_call, SIDE_TARGET);
    guest_start(GUEST, guest_call);
    sides_run();
    EXPECT_EQUAL(side_block(GUEST)->answer, QUOLL_OK);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++) {
        uint64_t served = side_log(SERVICE, i + 1).before - side_log(SERVICE, i).after;

        sample(side_log(GUEST, i).before, side_log(GUEST, i).after - served - counter_overhead);
    }
    sample_row("hypercall_ipc", 1);
}
