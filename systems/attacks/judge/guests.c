/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guests.h"

#include "judge/guests.h"
#include "judge/inspected.h"
#include "systems/attacks/guest/layout.h"

static struct guest_console guests[GUEST_COUNT] = {COMPONENT_GUESTS(GUEST_CONSOLE)};

static const struct guest_client clients[] = {COMPONENT_CLIENTS(GUEST_CLIENT)};

void guests_answer(uint64_t label, struct quoll_message *message)
{
    guest_console_answer(guest_console_find(guests, GUEST_COUNT, label), message);
}

static void take(struct guest_console *guest, const char *line)
{
    guest_line((enum guest_number)(guest - guests), line);
}

void guests_move(void)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++)
        guest_console_move(&guests[i], take);
}

void guest_forget(enum guest_number number)
{
    guest_console_forget(&guests[number]);
}

void guests_detach(void)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++)
        guest_console_detach(&guests[i], component_lives(guests[i].name), clients,
                             sizeof(clients) / sizeof(clients[0]));
}

void guest_type(enum guest_number number, const char *text)
{
    guest_console_type(&guests[number], text);
}

volatile uint8_t *guest_ram(enum guest_number number, uint64_t *size)
{
    const struct guest_console *guest = &guests[number];

    *size = guest->window.size;
    return guest->present ? guest->window.base : NULL;
}

struct attack_page *guest_page(void)
{
    const struct guest_console *guest = &guests[GUEST_hostile];

    return guest->present ? (struct attack_page *)(guest->window.base + GUEST_PAGE_OFFSET) : NULL;
}
