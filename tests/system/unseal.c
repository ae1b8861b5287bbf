/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Opens the sealed record of an elliptic-curve key as services/crypto does, for a test that looks for the key
 * elsewhere.
 *
 *   unseal IMAGE SECTOR SECTORS SECRET OWNER KEY     (SECRET: 64 hexadecimal digits; KEY: its number)
 *
 * prints the private key and the public point that belongs to it, in hexadecimal.
 */
#include <errno.h>
#include <mbedtls/ecp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/crypto/store.h"

/* Mbed TLS 2.28, psa_crypto_storage.c: what stands before the key in its record. */
enum { PSA_HEADER = 36, SCALAR = 32 };

struct range {
    FILE *file;
    uint64_t first;
};

static bool read_sector(void *context, uint64_t sector, uint8_t *bytes)
{
    const struct range *range = context;

    return fseek(range->file, (long)((range->first + sector) * STORE_SECTOR), SEEK_SET) == 0 &&
           fread(bytes, STORE_SECTOR, 1, range->file) == 1;
}

/* The test has the disk while crypto has it too, and only reads. */
static bool refuse_write(void *context, uint64_t sector, const uint8_t *bytes)
{
    (void)context;
    (void)sector;
    (void)bytes;
    return false;
}

static bool refuse_flush(void *context)
{
    (void)context;
    return false;
}

static bool refuse_random(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return false;
}

static bool read_secret(const char *text, uint8_t *secret)
{
    for (unsigned i = 0; i < STORE_SECRET_BYTES; i++) {
        char digits[3] = {text[0], text[0] != '\0' ? text[1] : '\0', '\0'};
        char *end = NULL;

        secret[i] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2)
            return false;
        text += 2;
    }
    return *text == '\0';
}

static void print_hex(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

/* Multiplication is blinded; what by is of no matter here. */
static int count_up(void *context, unsigned char *bytes, size_t size)
{
    unsigned char *next = context;

    for (size_t i = 0; i < size; i++)
        bytes[i] = ++*next;
    return 0;
}

static bool print_public(const uint8_t *scalar)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi secret;
    uint8_t bytes[2 * SCALAR + 1];
    unsigned char next = 0;
    size_t size = 0;
    bool good = false;

    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&secret);
    good =
        mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
        mbedtls_mpi_read_binary(&secret, scalar, SCALAR) == 0 &&
        mbedtls_ecp_mul(&group, &point, &secret, &group.G, count_up, &next) == 0 &&
        mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, bytes, sizeof(bytes)) == 0;
    if (good)
        print_hex(bytes, size);
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return good;
}

int main(int count, char **argument)
{
    static struct store store;
    struct range range = {NULL, 0};
    struct store_disk disk = {&range, 0, read_sector, refuse_write, refuse_flush, refuse_random};
    uint8_t secret[STORE_SECRET_BYTES], data[STORE_DATA_MAX];
    size_t length = sizeof(data);

    if (count != 7 || !read_secret(argument[4], secret)) {
        fprintf(stderr, "unseal IMAGE SECTOR SECTORS SECRET OWNER KEY\n");
        return 2;
    }
    range.file = fopen(argument[1], "rb");
    if (range.file == NULL) {
        fprintf(stderr, "unseal: %s: %s\n", argument[1], strerror(errno));
        return 1;
    }
    range.first = strtoull(argument[2], NULL, 0);
    disk.sectors = strtoull(argument[3], NULL, 0);
    if (!store_open(&store, &disk, secret) ||
        store_get(&store, argument[5], (uint32_t)strtoul(argument[6], NULL, 0), data, &length) != STORE_DONE ||
        length != PSA_HEADER + SCALAR) {
        fprintf(stderr, "unseal: no key %s of %s there: %u records, %u damaged, %zu bytes\n", argument[6], argument[5],
                store.records, store.damaged, length);
        return 1;
    }
    print_hex(data + PSA_HEADER, SCALAR);
    return print_public(data + PSA_HEADER) ? 0 : 1;
}
