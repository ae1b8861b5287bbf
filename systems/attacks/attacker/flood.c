/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-notify: flags for the victim, for itself and for its workers, without a pause.
 * component-interrupt: its device's line is up for ever and acknowledged at once, or never, or bound anew each time.
 * The line is that of the PL031 (SPI 2 of the board), which is up from the moment that its match register has until it
 * is cleared in the device.
 */
#include "attacker.h"

#include "rt/time.h"

enum { ROUND = 256, LINE = CAP_OWN };
enum { RTC_DATA = 0, RTC_MATCH = 4, RTC_LOAD = 8, RTC_CONTROL = 0xc, RTC_MASK = 0x10, RTC_CLEAR = 0x1c };

void attack_notify(void)
{
    (void)quoll_pool_create_notification(COMPONENT_CAP_POOL, CAP_OWN);
    while (!over()) {
        for (unsigned i = 0; i < ROUND; i++) {
            uint64_t draw = any();

            (void)quoll_notification_signal(CAP_VICTIM_ANNOY, draw % 4 == 0 ? draw : FLAG_VICTIM_ANNOY);
            (void)quoll_notification_signal(CAP_OWN, draw);
            if (draw % 16 == 0)
                (void)quoll_notification_wait(CAP_OWN, time_ticks() + (draw >> 32 & 63));
        }
        did(ROUND);
    }
}

static volatile uint32_t *rtc(unsigned offset)
{
    return (volatile uint32_t *)(RTC0_ADDRESS + offset);
}

void attack_interrupt(void)
{
    (void)quoll_pool_create_notification(COMPONENT_CAP_POOL, LINE);
    (void)quoll_interrupt_bind(CAP_RTC0_INTERRUPT, LINE, 1, QUOLL_TRIGGER_LEVEL);
    *rtc(RTC_MASK) = 1;
    while (!over()) {
        uint64_t draw = any();

        *rtc(RTC_MATCH) = *rtc(RTC_DATA);
        if (draw % 8 == 0)
            (void)quoll_interrupt_bind(CAP_RTC0_INTERRUPT, LINE, draw >> 8 & 3, draw >> 16 & 1);
        if (draw % 16 == 0) {
            *rtc(RTC_LOAD) = (uint32_t)(draw >> 32);
            *rtc(RTC_CLEAR) = 1;
        }
        for (unsigned i = 0; i < ROUND; i++)
            (void)quoll_interrupt_acknowledge(CAP_RTC0_INTERRUPT);
        did(ROUND);
    }
}
