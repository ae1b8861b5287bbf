/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "format.h"

#include <stdio.h>
#include <string.h>

enum { SEQUENCE = 0x30, INTEGER = 0x02, NUMBER = 32, POINT = 65 };

/* Not negative, and no longer than it needs to be. */
static size_t put_integer(const uint8_t *number, uint8_t *der)
{
    size_t zeros = 0;
    size_t size = 0;
    bool sign = false;

    while (zeros < NUMBER - 1 && number[zeros] == 0)
        zeros++;
    sign = (number[zeros] & 0x80) != 0;
    size = NUMBER - zeros + sign;
    der[0] = INTEGER;
    der[1] = (uint8_t)size;
    der[2] = 0;
    memcpy(der + 2 + sign, number + zeros, NUMBER - zeros);
    return 2 + size;
}

size_t format_signature(const uint8_t signature[64], uint8_t der[FORMAT_SIGNATURE_MAX])
{
    size_t size = put_integer(signature, der + 2);

    size += put_integer(signature + NUMBER, der + 2 + size);
    der[0] = SEQUENCE;
    der[1] = (uint8_t)size;
    return 2 + size;
}

/* Answers where the next one is, or NULL. */
static const uint8_t *take_integer(const uint8_t *der, const uint8_t *end, uint8_t *number)
{
    size_t size = 0;
    const uint8_t *digits = der + 2;

    if (end - der < 3 || der[0] != INTEGER || der[1] == 0 || der[1] > end - digits || (digits[0] & 0x80) != 0)
        return NULL;
    size = der[1];
    der = digits + size;
    if (digits[0] == 0 && size > 1) {
        digits++;
        size--;
    }
    if (size > NUMBER)
        return NULL;
    memset(number, 0, NUMBER);
    memcpy(number + NUMBER - size, digits, size);
    return der;
}

bool parse_signature(const uint8_t *der, size_t size, uint8_t signature[64])
{
    const uint8_t *end = der + size;

    if (size < 2 || der[0] != SEQUENCE || der[1] != size - 2)
        return false;
    der = take_integer(der + 2, end, signature);
    return der != NULL && take_integer(der, end, signature + NUMBER) == end;
}

static size_t put_base64(const uint8_t *bytes, size_t size, char *text)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = 0;

    for (size_t i = 0; i < size; i += 3) {
        size_t part = size - i < 3 ? size - i : 3;
        uint32_t group =
            (uint32_t)bytes[i] << 16 | (part > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (part > 2 ? bytes[i + 2] : 0);

        for (unsigned digit = 0; digit < 4; digit++)
            text[length++] = digit <= part ? DIGITS[group >> (18 - 6 * digit) & 63] : '=';
        if (i % 48 == 45)
            text[length++] = '\n';
    }
    if (size % 48 != 0)
        text[length++] = '\n';
    return length;
}

size_t format_public(const uint8_t point[65], char pem[FORMAT_PEM_MAX])
{
    /* SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING of the point } */
    static const uint8_t HEAD[] = {SEQUENCE, 0x59, SEQUENCE, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce,     0x3d, 0x02,     0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce,     0x3d, 0x03,     0x01, 0x07, 0x03, 0x42, 0x00};
    uint8_t info[sizeof(HEAD) + POINT];
    int length = snprintf(pem, FORMAT_PEM_MAX, "-----BEGIN PUBLIC KEY-----\n");
    size_t size = (size_t)length;

    memcpy(info, HEAD, sizeof(HEAD));
    memcpy(info + sizeof(HEAD), point, POINT);
    size += put_base64(info, sizeof(info), pem + size);
    length = snprintf(pem + size, FORMAT_PEM_MAX - size, "-----END PUBLIC KEY-----\n");
    return size + (size_t)length;
}
