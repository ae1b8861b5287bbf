/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

#include <string.h>

#include "abi/plan.h"
#include "rt/counter.h"
#include "services/serial/protocol.h"

struct fake fake;

int fake_setup(void **state)
{
    (void)state;
    fake = (struct fake){.frequency = 62500000, .now = 1000, .room = UINT64_MAX, .input = ""};
    return 0;
}

uint64_t counter_ticks(void)
{
    return fake.now++;
}

uint64_t counter_frequency(void)
{
    return fake.frequency;
}

static void write_console(struct quoll_trap *trap)
{
    uint64_t length = trap->word[0] >> 8 & CONSOLE_ARGUMENT_MAX;
    uint64_t taken = length < fake.room ? length : fake.room;

    assert_true(length <= CONSOLE_BYTES_MAX);
    assert_true(fake.output_length + taken < sizeof(fake.output));
    memcpy(fake.output + fake.output_length, &trap->word[1], taken);
    fake.output_length += taken;
    trap->word[0] = taken;
}

static void read_console(struct quoll_trap *trap)
{
    size_t length = strlen(fake.input) < CONSOLE_BYTES_MAX ? strlen(fake.input) : CONSOLE_BYTES_MAX;

    memcpy(&trap->word[1], fake.input, length);
    fake.input += length;
    trap->word[0] = length;
}

static void call_serial(struct quoll_trap *trap)
{
    fake.calls++;
    trap->x8 = QUOLL_OK;
    if (fake.dead_calls) {
        fake.dead_calls -= fake.dead_calls > 0;
        trap->x8 = QUOLL_PEER_DEAD;
    } else if (fake.refuses) {
        trap->word[0] = CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
    } else if ((trap->word[0] & 0xff) == CONSOLE_WRITE) {
        write_console(trap);
    } else {
        read_console(trap);
    }
}

static void wait_for_flags(struct quoll_trap *trap)
{
    if (fake.flags) {
        trap->word[0] = fake.flags;
        fake.flags = 0;
        trap->x8 = QUOLL_OK;
        return;
    }
    fake.now = trap->word[0];
    trap->x8 = QUOLL_TIMEOUT;
}

static void play(struct quoll_trap *trap)
{
    if (fake.step == fake.steps)
        longjmp(fake.end, 1);
    struct step *step = &fake.script[fake.step++];

    step->given = *trap;
    memcpy(trap->word, step->words, sizeof(trap->word));
    trap->x8 = step->x8;
}

void quoll_trap(struct quoll_trap *trap)
{
    fake.last = *trap;
    switch (trap->x9 & 0xff) {
    case QUOLL_CALL_portal_call:
        if (trap->x8 == COMPONENT_CAP_CONSOLE) {
            call_serial(trap);
        } else if (trap->x8 == COMPONENT_CAP_ROOT) {
            fake.root_request = trap->word[0];
            trap->word[0] = (uint64_t)fake.root_answer;
            trap->x8 = QUOLL_OK;
        } else {
            trap->x8 = QUOLL_OK | QUOLL_X8_CAPABILITY;
        }
        break;
    case QUOLL_CALL_self_reply_wait:
        play(trap);
        break;
    case QUOLL_CALL_notification_wait:
        wait_for_flags(trap);
        break;
    case QUOLL_CALL_notification_signal:
        fake.signals += trap->x8 == COMPONENT_CAP_WATCHDOG;
        trap->x8 = QUOLL_OK;
        break;
    default:
        fail_msg("call %x", (unsigned)trap->x9);
    }
}
