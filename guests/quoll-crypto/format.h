/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What others (OpenSSL, for one) write public keys and signatures as.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORMAT_SIGNATURE_MAX = 72, FORMAT_PEM_MAX = 256 };

/* r, s as the ECDSA-Sig-Value of RFC 3279, 2.2.3, in DER. Answers its size. */
size_t format_signature(const uint8_t signature[64], uint8_t der[FORMAT_SIGNATURE_MAX]);

/* The other way. False: it is not one, of P-256. */
bool parse_signature(const uint8_t *der, size_t size, uint8_t signature[64]);

/* A point on P-256 as the SubjectPublicKeyInfo of RFC 5480, in PEM (RFC 7468). Answers its length. */
size_t format_public(const uint8_t point[65], char pem[FORMAT_PEM_MAX]);
