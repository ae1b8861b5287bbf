/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Call, reply and destroy: two callers, a portal, its server, and somebody who ends them in any order, a step at a time.
 * An atomic block is one visit to the kernel, between two preemption points.
 *
 *   here                what it stands for
 *   call                kernel/core/portal.c: portal_call_call, find_server, send
 *   deliver             portal.c: deliver
 *   end_call, abandon   portal.c: end_call, portal_abandon_call
 *   fail                portal.c: portal_fail_call
 *   reply_wait          portal.c: self_call_reply_wait, reply, take_next
 *   lose_call           kernel/core/object.c: slot_lose of a SLOT_CALL
 *   destroy_portal      object.c: object_destroy_step; portal.c: portal_destroy_step
 *   destroy_server      object.c: object_destroy_step; kernel/core/thread.c: thread_destroy_step
 *   destroy_caller      thread.c: thread_destroy_step, thread_cancel_wait
 *   fault               thread.c: thread_fault; kernel/core/schedule.c: fail_caller_of
 *   resume              thread.c: thread_call_resume; portal.c: portal_serve_queued
 *
 * What must hold: the rows of the table "what happens | what the others see" of docs/design/architecture.md; a caller
 * gets one answer a call, and that of its own call; who was destroyed and made anew gets nothing of its past; nobody
 * waits for what is gone.
 *
 * MUTATION 1: portal_abandon_call leaves the server serving: its reply reaches whoever is there now
 * MUTATION 2: thread_destroy_step forgets the queue
 * MUTATION 3: portal_destroy_step lets the call that came through it go on
 * MUTATION 4: slot_lose does not tell who was queued through the slot
 * MUTATION 5: a resumed server does not look at its queue
 * MUTATION 6: a revoked capability ends the call that is being served, too
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#define CALLERS 2
#define CALLS   2
#define NOBODY  CALLERS

mtype = { READY, WAITING, CALLING, QUEUED, GONE };
mtype = { NOTHING, OK, PEER_DEAD, REVOKED, BAD_CAPABILITY };

mtype state[CALLERS] = READY;
mtype answer[CALLERS] = NOTHING;
byte word[CALLERS];    /* what the caller sends; it expects the same back */
byte got[CALLERS];
bool holds[CALLERS] = true;   /* its capability of the portal */
bool slot[CALLERS];    /* thread.call: queued, derived from that capability */
bool called[CALLERS];  /* thread.called is the portal */

mtype server = WAITING;
byte serving = NOBODY;
byte server_word;
hidden byte victim;
bool orphan, suspended, faulted;
bool portal_dying, portal_gone, server_slot = true, server_dying;

/* What the world did, for the rows of the table. */
bool revoked[CALLERS], served[CALLERS];

#define queued(c) (state[c] == QUEUED)

inline finish(c, error)
{
    assert(answer[c] == NOTHING);
    answer[c] = error;
}

inline deliver(c)
{
    assert(serving == NOBODY && server != GONE);
    server_word = word[c];
    state[c] = CALLING;
    serving = c;
    orphan = false;
    server = READY;
}

inline end_call(c)
{
    called[c] = false;
    if
    :: state[c] == QUEUED -> slot[c] = false; state[c] = READY
    :: else -> state[c] = READY; serving = NOBODY
    fi
}

inline abandon(c)
{
    if
    :: state[c] == CALLING && MUTATION == 1 -> state[c] = READY; called[c] = false
    :: state[c] == CALLING && MUTATION != 1 -> end_call(c); orphan = true
    :: else -> end_call(c)
    fi
}

inline fail(c, error)
{
    victim = c;
    abandon(victim);
    finish(victim, error)
}

inline lose_call(c, error)
{
    if
    :: MUTATION == 4 -> slot[c] = false
    :: else -> fail(c, error)
    fi
}

inline take_next()
{
    if
    :: queued(0) -> slot[0] = false; deliver(0)
    :: queued(1) -> slot[1] = false; deliver(1)
    :: !queued(0) && !queued(1) -> server = WAITING
    fi
}

/* Structure, whenever the kernel is left. */
#define sound (serving == NOBODY || (state[serving] == CALLING && !orphan)) && \
              (state[0] != CALLING || serving == 0) && (state[1] != CALLING || serving == 1) && \
              (slot[0] == queued(0)) && (slot[1] == queued(1)) && \
              (!portal_gone || !(slot[0] || slot[1] || called[0] || called[1])) && \
              (server != GONE || !(queued(0) || queued(1) || serving != NOBODY)) && \
              (server != WAITING || suspended || !(queued(0) || queued(1)))

inline call(c)
{
    if
    :: !holds[c] || portal_dying -> finish(c, BAD_CAPABILITY)
    :: else ->
        if
        :: !server_slot || server_dying || faulted -> finish(c, PEER_DEAD)
        :: else ->
            called[c] = true;
            if
            :: server == WAITING && !suspended -> deliver(c)
            :: else -> state[c] = QUEUED; slot[c] = true
            fi
        fi
    fi;
    assert(sound)
}

proctype caller(byte c)
{
    byte n;

    do
    :: n < CALLS ->
        atomic { word[c] = 10 * (c + 1) + n; call(c) };
        if
        :: atomic { answer[c] != NOTHING ->
            assert(state[c] == READY);
            /* Its own answer, or a reason for none. */
            assert(answer[c] != OK || got[c] == word[c]);
            assert(answer[c] != REVOKED || (revoked[c] && !served[c]));
            assert(answer[c] != PEER_DEAD || portal_dying || server_dying || faulted);
            answer[c] = NOTHING;
            n++ }
        :: atomic { state[c] == GONE -> state[c] = READY; n++ } /* made anew, in the same place */
        fi
    :: n == CALLS -> break
    od
}

active proctype serve()
{
end:
    do
    :: atomic { server == READY && !suspended && !faulted && !server_dying ->
        /* reply_wait */
        if
        :: serving != NOBODY ->
            got[serving] = server_word;
            victim = serving;
            finish(victim, OK);
            end_call(victim)
        :: else
        fi;
        orphan = false;
        take_next();
        assert(sound) }
    :: server == GONE -> break
    od
}

/* The scheduler picks a caller whose chain ends at a faulted server. */
active proctype scheduler()
{
end:
    do
    :: atomic { faulted && queued(0) -> fail(0, PEER_DEAD); assert(sound) }
    :: atomic { faulted && queued(1) -> fail(1, PEER_DEAD); assert(sound) }
    od
}

inline destroy_portal()
{
    do
    :: atomic { portal_dying = true;
        if
        :: holds[0] -> holds[0] = false
        :: holds[1] -> holds[1] = false
        :: slot[0] -> lose_call(0, PEER_DEAD)
        :: slot[1] -> lose_call(1, PEER_DEAD)
        :: !holds[0] && !holds[1] && !slot[0] && !slot[1] ->
            if
            :: server_slot && serving != NOBODY && called[serving] && MUTATION != 3 -> fail(serving, PEER_DEAD)
            :: else
            fi;
            server_slot = false;
            portal_gone = true;
            assert(sound);
            break
        fi;
        assert(sound) }
    od
}

inline destroy_server()
{
    atomic { server_dying = true; suspended = true }
    do
    :: atomic {
        if
        :: server_slot -> server_slot = false
        :: !server_slot && MUTATION != 2 && queued(0) -> fail(0, PEER_DEAD)
        :: !server_slot && MUTATION != 2 && !queued(0) && queued(1) -> fail(1, PEER_DEAD)
        :: !server_slot && (MUTATION == 2 || (!queued(0) && !queued(1))) ->
            if
            :: serving != NOBODY -> fail(serving, PEER_DEAD)
            :: else
            fi;
            server = GONE;
            assert(sound);
            break
        fi;
        assert(sound) }
    od
}

inline destroy_caller(c)
{
    atomic {
        if
        :: state[c] == CALLING || state[c] == QUEUED -> abandon(c); state[c] = GONE
        :: else
        fi;
        assert(sound) }
}

/* domain_revoke: the capabilities derived from root's, and with each what is queued through it. */
inline revoke(c)
{
    atomic {
        if
        :: holds[c] ->
            holds[c] = false;
            revoked[c] = true;
            served[c] = (state[c] == CALLING); /* the call being served completes */
            if
            :: slot[c] -> lose_call(c, REVOKED)
            :: MUTATION == 6 && state[c] == CALLING -> fail(c, REVOKED)
            :: else
            fi
        :: else
        fi;
        assert(sound) }
}

inline resume()
{
    atomic {
        suspended = false;
        if
        :: server == WAITING && MUTATION != 5 -> take_next()
        :: else
        fi;
        assert(sound) }
}

active proctype world()
{
    byte deeds;

    run caller(0);
    run caller(1);
    do
    :: deeds < 3 && !portal_dying -> destroy_portal(); deeds++
    :: deeds < 3 && !server_dying -> destroy_server(); deeds++
    :: deeds < 3 -> destroy_caller(0); deeds++
    :: deeds < 3 -> revoke(0); deeds++
    :: deeds < 3 && !server_dying -> atomic { suspended = true }; resume(); deeds++
    :: deeds < 3 && !server_dying ->
        atomic {
            if
            :: server == READY && !faulted ->
                faulted = true;
                if
                :: serving != NOBODY -> fail(serving, PEER_DEAD)
                :: else
                fi
            :: else
            fi };
        deeds++
    :: break
    od
}

/* Nobody waits for ever. */
ltl answered { [] ((state[0] == QUEUED || state[0] == CALLING) -> <> (state[0] == READY || state[0] == GONE)) }
