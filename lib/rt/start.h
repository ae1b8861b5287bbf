/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What root knows of the code that every component starts with (crt0.S).
 */
#pragma once

/* Bytes from a component's entry to an instruction that branches to itself, where nothing else leads. */
#define RUNTIME_LOOP_OFFSET 36
