/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "text.h"

#include <string.h>

void text_append(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);

    while (*more != '\0' && length + 1 < size)
        text[length++] = *more++;
    text[length] = '\0';
}

void text_append_number(char *text, size_t size, uint32_t number)
{
    char digits[11] = {0};
    size_t at = sizeof(digits) - 1;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    text_append(text, size, &digits[at]);
}
