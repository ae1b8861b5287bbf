/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "figures.h"

static uint64_t values[FIGURES_MAX]; /* in order */
static unsigned count;

void figures_clear(void)
{
    count = 0;
}

void figures_add(uint64_t value)
{
    unsigned at = count;

    if (count == FIGURES_MAX)
        return;
    for (; at > 0 && values[at - 1] > value; at--)
        values[at] = values[at - 1];
    values[at] = value;
    count++;
}

unsigned figures_count(void)
{
    return count;
}

uint64_t figures_least(void)
{
    return count != 0 ? values[0] : 0;
}

uint64_t figures_most(void)
{
    return count != 0 ? values[count - 1] : 0;
}

/* Text is appended as long as a NUL fits behind it. */
struct text {
    char *at, *last;
};

static void put(struct text *text, char c)
{
    if (text->at < text->last)
        *text->at++ = c;
    *text->at = '\0';
}

static void put_string(struct text *text, const char *string)
{
    for (; *string != '\0'; string++)
        put(text, *string);
}

static void put_number(struct text *text, uint64_t value)
{
    char digits[20] = {0};
    unsigned length = 0;

    do
        digits[length++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (length > 0)
        put(text, digits[--length]);
}

/* With two decimals, unless they are zero. */
static void put_quotient(struct text *text, uint64_t value, unsigned divisor)
{
    uint64_t hundredths = value * 100 / divisor;

    put(text, ' ');
    put_number(text, hundredths / 100);
    if (hundredths % 100 == 0)
        return;
    put(text, '.');
    put(text, (char)('0' + hundredths / 10 % 10));
    put(text, (char)('0' + hundredths % 10));
}

void figures_row(char line[FIGURES_LINE], const char *name, const char *unit, unsigned divisor)
{
    struct text text = {line, line + FIGURES_LINE - 1};

    put_string(&text, "row ");
    put_string(&text, name);
    put(&text, ' ');
    put_string(&text, unit);
    put_quotient(&text, values[0], divisor);
    put_quotient(&text, values[count / 2], divisor);
    put_quotient(&text, figures_most(), divisor);
    put(&text, '\n');
}
