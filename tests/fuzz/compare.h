/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The visible state of kernel and model, side by side. Everything here fails where they differ.
 */
#pragma once

#include <stdint.h>

struct model_call;
struct model_object;

/* The answer is one of those that the model allows. */
void compare_answer(const struct model_call *call, uint32_t answer);
/* All threads: state, and the registers of those whose answer is new. */
void compare_touched(void);
/* Whoever runs may run, and somebody pays. */
void compare_current(void);
/* Since the last look, time was taken from budgets for as long as there was somebody who paid; who that is now. */
void compare_time(void);
/* A queued caller that the kernel took is not less urgent than the others. */
void compare_queue(const struct model_object *server, const struct model_object *caller);
/* What the guest acknowledges is deliverable, and the most urgent. */
void compare_acknowledge(const struct model_object *thread, uint64_t interrupt);
/* Budgets after others ended: when several do at once the order decides who inherits, so the model is told. */
void compare_destroyed(void);
/* Capability lists, rights, labels, mappings, flags, links, threads, budgets. */
void compare_all(void);
