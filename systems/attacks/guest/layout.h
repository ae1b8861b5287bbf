/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where in the guest's RAM the page lies that the judge and the guest share (guest.ld).
 */
#pragma once

#define GUEST_PAGE_OFFSET 0x1000
