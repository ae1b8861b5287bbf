/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "session.h"

#include <assert.h>
#include <string.h>

#include "psa.h"
#include "wire.h"

static_assert(SESSION_IN >= SESSION_LENGTH_BYTES + AGENT_WORDS_BYTES + AGENT_DATA_MAX, "a frame has room");
static_assert(SESSION_OUT >= SESSION_LENGTH_BYTES + SSH_ANSWER_MAX, "an answer has room");

void session_start(struct session *session, enum agent_port port, uint64_t cid)
{
    session->port = port;
    session->cid = cid;
    session->ended = false;
    session->came = 0;
    session->taken = 0;
    session->filled = 0;
    session->went = 0;
}

uint8_t *session_room(struct session *session, size_t *size)
{
    /* What was answered makes room for what comes. */
    if (session->taken != 0) {
        memmove(session->in, session->in + session->taken, session->came - session->taken);
        session->came -= session->taken;
        session->taken = 0;
    }
    *size = session->ended ? 0 : sizeof(session->in) - session->came;
    return session->in + session->came;
}

void session_came(struct session *session, size_t size)
{
    session->came += size;
}

/* The port's byte order: ssh's is the network's, ours is the board's. */
static uint32_t read_length(const struct session *session)
{
    const uint8_t *at = session->in + session->taken;
    struct wire_reader reader = {.at = at, .left = SESSION_LENGTH_BYTES};
    uint32_t length = wire_read_uint32(&reader);

    return session->port == AGENT_PORT_SSH ? length : __builtin_bswap32(length);
}

static void write_length(struct session *session, size_t size)
{
    struct wire_writer writer = {.bytes = session->out, .room = SESSION_LENGTH_BYTES};
    uint32_t length = (uint32_t)size;

    wire_write_uint32(&writer, session->port == AGENT_PORT_SSH ? length : __builtin_bswap32(length));
}

static bool is_length(uint32_t length)
{
    return length != 0 && length <= SESSION_IN - SESSION_LENGTH_BYTES;
}

bool session_ready(const struct session *session)
{
    size_t there = session->came - session->taken;
    uint32_t length = 0;

    if (session->ended || session->filled != 0 || there < SESSION_LENGTH_BYTES)
        return false;
    length = read_length(session);
    return !is_length(length) || length <= there - SESSION_LENGTH_BYTES;
}

bool session_step(struct session *session, const struct ssh *ssh)
{
    const uint8_t *message = session->in + session->taken + SESSION_LENGTH_BYTES;
    uint8_t *answer = session->out + SESSION_LENGTH_BYTES;
    uint32_t length = 0;
    size_t size = 0;

    if (!session_ready(session))
        return false;
    length = read_length(session);
    if (!is_length(length)) {
        session->ended = true;
        return false;
    }
    size = session->port == AGENT_PORT_SSH ? ssh_answer(ssh, message, length, answer)
                                           : psa_answer(ssh->crypto, session->cid, message, length, answer);
    session->ended = size == 0;
    session->taken += SESSION_LENGTH_BYTES + length;
    if (size != 0) {
        write_length(session, size);
        session->filled = SESSION_LENGTH_BYTES + size;
    }
    return size != 0;
}

const uint8_t *session_waiting(const struct session *session, size_t *size)
{
    *size = session->filled - session->went;
    return session->out + session->went;
}

void session_went(struct session *session, size_t size)
{
    session->went += size;
    if (session->went == session->filled) {
        session->filled = 0;
        session->went = 0;
    }
}

bool session_busy(const struct session *session)
{
    return session->filled != 0 || session->came != session->taken;
}
