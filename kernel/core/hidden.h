/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read before every file of the kernel (mk/kernel.mk): it is one image, so nothing outside is found through a table of
 * addresses.
 */
#pragma once

#pragma GCC visibility push(hidden)
