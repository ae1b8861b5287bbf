/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * For assembly: no trace is kept, short ways are taken.
 */
#pragma once

    .macro trace_general label
    .endm
