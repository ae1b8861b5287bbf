/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is said on the portal `echo`: seven words there, the same seven back, and how many this server has answered.
 */
#pragma once

/* w0: in anything, out the answers given so far; w1..w7: returned as they came */
enum { ECHO_WORDS = 7 };
