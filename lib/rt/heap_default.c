/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The arena of a component that does not size its own. A file of its own, so that the linker takes it only then.
 */
#include "rt/heap.h"

RUNTIME_HEAP(64 * 1024);
