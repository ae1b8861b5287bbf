/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The measurements, a file a path.
 */
#pragma once

#include "sample.h"

void bench_null(void);
void bench_ipc(void);
void bench_ipc_fp(void);
void bench_ipc_passive(void);
void bench_ipc_deadline(void);
void bench_ipc_capability(void);
void bench_ipc_queued(void);
void bench_ipc_chain(void);
void bench_notify(void);
void bench_interrupt(void);
void bench_fault(void);
void bench_map(void);
void bench_interrupt_over_guest(void);
void bench_exit(void);
void bench_acknowledge(void);
void bench_doorbell(void);
void bench_hypercall(void);
void bench_inject(void);
void bench_inject_running(void);
void bench_timer_busy(void);
void bench_timer_wfi(void);
void bench_vcpu_switch(void);
void bench_ipc_10_domains(void);
void bench_ipc_100_domains(void);
void bench_notify_10_domains(void);
void bench_notify_100_domains(void);
void bench_interrupt_10_domains(void);
void bench_interrupt_100_domains(void);
