/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What abi/ needs of the C library's header of this name. The kernel's own assertion is CHECK (check.h).
 */
#pragma once

#define static_assert _Static_assert
