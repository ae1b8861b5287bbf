/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "undo.h"

#include <stdatomic.h>

#include "mux.h"

/* The order of the program is that of this memory, for whoever finds it there: only the compiler could change that. */
static void in_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

void undo_begin(struct mux *mux, unsigned number)
{
    const struct console *console = &mux->consoles[number];

    if (mux->magic == 0)
        return; /* nobody will find it */
    mux->undo = (struct undo){
        .output_put = console->output.put,
        .output_taken = console->output.taken,
        .out_put = mux->out.put,
        .history_put = console->history.put,
        .dropped = console->dropped,
        .next = mux->next,
        .back = mux->back,
        .back_at = mux->back_at,
        .sequence = console->sequence,
        .line_length = console->line.length,
        .line_overflow = console->line.overflow,
        .complete = console->complete,
        .displaced = mux->displaced,
        .last_shown = console->last_shown,
    };
    in_order();
    mux->undo.begun = number + 1;
    in_order();
}

void undo_end(struct mux *mux)
{
    in_order();
    mux->undo.begun = 0;
    in_order();
}

bool undo_unfinished(struct mux *mux)
{
    const struct undo *undo = &mux->undo;

    if (undo->begun == 0)
        return true;
    if (undo->begun > MUX_CONSOLE_MAX)
        return false;
    struct console *console = &mux->consoles[undo->begun - 1];

    console->output.put = undo->output_put;
    console->output.taken = undo->output_taken;
    mux->out.put = undo->out_put;
    console->history.put = undo->history_put;
    console->dropped = undo->dropped;
    mux->next = undo->next;
    mux->back = undo->back;
    mux->back_at = undo->back_at;
    console->sequence = undo->sequence;
    console->line.length = undo->line_length;
    console->line.overflow = undo->line_overflow;
    console->complete = undo->complete;
    mux->displaced = undo->displaced;
    console->last_shown = undo->last_shown;
    undo_end(mux);
    return true;
}
