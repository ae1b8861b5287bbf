/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What others went through between two moments.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct window {
    uint64_t releases, missed;                /* of the control loop, since the window began */
    uint64_t worst;                           /* its latest release in ns */
    uint64_t rounds, wrong;                   /* verifications of the victim */
    uint64_t checksum;                        /* of the victim's memory */
    uint64_t answers, wrong_answers, slowest; /* of Linux; ns */
};

void window_begin(void);

/* More often than the control loop has 512 releases. */
void window_look(void);

const struct window *window_end(void);

/* Linux answered: how long that took in ns, and whether it was right. */
void window_answer(uint64_t ns, bool right);

/* The victim shall change a bit of its memory, and find that (provoke.c). */
void window_damage_victim(void);

/* Rounds of the victim since it was started. */
uint64_t window_victim_rounds(void);
