/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nobody looks how deep the kernel's stack became.
 */
#pragma once

static inline void stacks_paint(void)
{
}

static inline void stacks_report(const char *what)
{
    (void)what;
}
