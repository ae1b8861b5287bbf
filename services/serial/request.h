/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client asks of portal `console`, and the answer.
 */
#pragma once

#include "guest.h"
#include "mux.h"

struct client {
    uint64_t label;
    const char *name;
    uint32_t input; /* capability that raises CONSOLE_INPUT_FLAG, 0: none */
    struct console *console;
    struct guest *guest; /* NULL: this client is no VMM, or its guest has no virtio-console */
    bool came;           /* it has asked something */
    bool absence_told;   /* since it did so last */
};

/* `client` is NULL for a label that nobody has. `reply` is 8 words, zero when it comes in. */
void request_answer(struct mux *mux, struct client *client, const uint64_t *word, uint64_t *reply);

/*
 * The client is not there: drops what was typed to it and to its guest, and says so, until it asks something again. For
 * one that is yet to come, when the system starts, all is kept.
 */
void request_absent(struct mux *mux, struct client *client);
