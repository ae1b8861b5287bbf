/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One connection of a guest: bytes come in, whole messages are answered, one at a time, and bytes go out. A message is
 * taken up when the answer before it is out, so that a guest that does not read makes nobody store anything for it.
 *
 *   session_room -> bytes into it -> session_came -> { session_step } -> session_waiting -> bytes out of it ->
 * session_went
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"
#include "ssh.h"

enum { SESSION_LENGTH_BYTES = 4, SESSION_IN = SESSION_LENGTH_BYTES + SSH_MESSAGE_MAX };
enum { SESSION_OUT = SESSION_LENGTH_BYTES + AGENT_FRAME_MAX };

struct session {
    enum agent_port port;
    uint64_t cid;
    bool ended;          /* the guest said nonsense: the connection is to be closed when what is waiting is out */
    size_t came, taken;  /* of `in` */
    size_t filled, went; /* of `out` */
    uint8_t in[SESSION_IN];
    uint8_t out[SESSION_OUT];
};

void session_start(struct session *session, enum agent_port port, uint64_t cid);

/* Where the next bytes may come, *size of them; 0 while a whole message waits. */
uint8_t *session_room(struct session *session, size_t *size);
void session_came(struct session *session, size_t size);

/* session_step has something to do: a whole message, or nonsense, and nothing that waits to go out. */
bool session_ready(const struct session *session);

/* Answers one message, if a whole one is there and nothing waits to go out: true, and there may be another. */
bool session_step(struct session *session, const struct ssh *ssh);

/* What is to go out, *size bytes of it. */
const uint8_t *session_waiting(const struct session *session, size_t *size);
void session_went(struct session *session, size_t size);

/* A message has come in part, or its answer has not gone out whole. */
bool session_busy(const struct session *session);
