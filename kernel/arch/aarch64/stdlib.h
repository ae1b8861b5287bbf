/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libfdt's headers ask for one; the kernel has nothing to put into it.
 */
#pragma once

#include <stddef.h>
