/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * psa_status_t and its values, where the core of the PSA Crypto API looks for them beside its storage.
 */
#pragma once

#include <psa/crypto.h>
