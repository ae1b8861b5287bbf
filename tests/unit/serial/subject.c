/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parts of serial that make no kernel calls, and the virtqueues under them, as one unit of the test program.
 */
#include "lib/virtio/queue.c"        /* NOLINT(bugprone-suspicious-include) */
#include "services/serial/guest.c"   /* NOLINT(bugprone-suspicious-include) */
#include "services/serial/line.c"    /* NOLINT(bugprone-suspicious-include) */
#include "services/serial/mux.c"     /* NOLINT(bugprone-suspicious-include) */
#include "services/serial/request.c" /* NOLINT(bugprone-suspicious-include) */
#include "services/serial/text.c"    /* NOLINT(bugprone-suspicious-include) */
