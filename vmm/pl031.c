/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pl031.h"

#include "rt/time.h"
#include "timer.h"
#include "vgic.h"
#include "vm.h"

enum {
    RTC_DR = 0x00,
    RTC_MR = 0x04,
    RTC_LR = 0x08,
    RTC_CR = 0x0c,
    RTC_IMSC = 0x10,
    RTC_RIS = 0x14,
    RTC_MIS = 0x18,
    RTC_ICR = 0x1c,
    RTC_ID = 0xfe0,
};

#define NS_PER_SECOND UINT64_C(1000000000)

/* RTCPeriphID0..3, RTCPCellID0..3 */
static const uint8_t identification[8] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static uint64_t seconds(void)
{
    return time_ns() / NS_PER_SECOND;
}

static uint32_t counter(const struct pl031 *rtc)
{
    return (uint32_t)seconds() + rtc->offset;
}

void pl031_init(struct pl031 *rtc, uint64_t epoch_seconds)
{
    *rtc = (struct pl031){.offset = (uint32_t)epoch_seconds, .load = (uint32_t)epoch_seconds, .due = UINT64_MAX};
}

void pl031_reset(struct pl031 *rtc)
{
    *rtc = (struct pl031){.offset = rtc->offset, .load = rtc->load, .due = UINT64_MAX};
}

static void update_line(struct pl031 *rtc)
{
    bool line = (rtc->raw & rtc->mask) != 0;

    if (line != rtc->line) {
        rtc->line = line;
        vgic_set_line(BOARD_INTID_PL031, line);
    }
}

uint64_t pl031_poll(struct pl031 *rtc)
{
    if (rtc->due == UINT64_MAX)
        return UINT64_MAX;
    if (seconds() < rtc->due)
        return rtc->due * NS_PER_SECOND;
    rtc->due = UINT64_MAX;
    rtc->raw = 1;
    update_line(rtc);
    return UINT64_MAX;
}

/* The counter wraps: a match in the past is one far ahead. */
static void arm(struct pl031 *rtc)
{
    uint64_t when = 0;

    rtc->due = seconds() + (uint32_t)(rtc->match - counter(rtc));
    when = pl031_poll(rtc);
    if (when != UINT64_MAX)
        timer_at_ns(when);
}

uint64_t pl031_read(struct pl031 *rtc, uint32_t offset)
{
    switch (offset) {
    case RTC_DR:
        return counter(rtc);
    case RTC_MR:
        return rtc->match;
    case RTC_LR:
        return rtc->load;
    case RTC_CR:
        return 1;
    case RTC_IMSC:
        return rtc->mask;
    case RTC_RIS:
        return rtc->raw;
    case RTC_MIS:
        return rtc->raw & rtc->mask;
    default:
        if (offset >= RTC_ID && offset < RTC_ID + 4 * sizeof(identification) && offset % 4 == 0)
            return identification[(offset - RTC_ID) / 4];
        return 0;
    }
}

void pl031_write(struct pl031 *rtc, uint32_t offset, uint64_t value)
{
    uint32_t word = (uint32_t)value;

    switch (offset) {
    case RTC_MR:
        rtc->match = word;
        arm(rtc);
        break;
    case RTC_LR:
        rtc->load = word;
        rtc->offset = word - (uint32_t)seconds();
        if (rtc->due != UINT64_MAX)
            arm(rtc);
        break;
    case RTC_IMSC:
        rtc->mask = word & 1;
        update_line(rtc);
        break;
    case RTC_ICR:
        rtc->raw &= ~word;
        update_line(rtc);
        break;
    default:
        break;
    }
}
