/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/agent under libFuzzer: of an input's first byte, bit 0 is the port and the rest how long the pieces are that
 * the other bytes come in. A service is started once: keys that an input makes are there for the next ones.
 */
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

#include "services/agent/session.h"
#include "tests/unit/agent/portal.h"

enum { CID = 3 };

static struct session session;

static void check(bool good)
{
    if (!good)
        abort();
}

/* Takes what goes out, which is one whole message. */
static void listen(void)
{
    size_t size = 0;
    const uint8_t *out = session_waiting(&session, &size);
    uint32_t length = 0;

    check(size > SESSION_LENGTH_BYTES);
    memcpy(&length, out, sizeof(length));
    if (session.port == AGENT_PORT_SSH)
        length = __builtin_bswap32(length);
    check(length == size - SESSION_LENGTH_BYTES);
    if (session.port == AGENT_PORT_SSH)
        check(out[4] == 5 || out[4] == 12 || out[4] == 14);
    else
        check(length >= AGENT_WORDS_BYTES && length <= AGENT_FRAME_MAX);
    session_went(&session, size / 2);
    check(!session_step(&session, &behind.ssh));
    session_went(&session, size - size / 2);
}

static void say(const uint8_t *input, size_t size, size_t piece)
{
    while (size != 0 && !session.ended) {
        size_t there = 0;
        uint8_t *room = session_room(&session, &there);
        size_t part = size < piece ? size : piece;

        part = part < there ? part : there;
        check(part != 0);
        memcpy(room, input, part);
        session_came(&session, part);
        input += part;
        size -= part;
        while (session_step(&session, &behind.ssh))
            listen();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static bool started = false;

    if (!started)
        check(portal_start(NULL) == 0);
    started = true;
    if (size == 0)
        return 0;
    session_start(&session, (enum agent_port)(input[0] & 1), CID);
    say(input + 1, size - 1, (size_t)(input[0] >> 1) * 8 + 1);
    check(behind.ssh.count == 1);
    return 0;
}
