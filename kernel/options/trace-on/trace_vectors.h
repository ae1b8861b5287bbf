/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * For assembly: where a short way would be chosen, everything goes the general way, which records what it does.
 */
#pragma once

    .macro trace_general label
    b \label
    .endm
