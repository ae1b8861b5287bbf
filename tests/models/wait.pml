/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A notification against waits with deadlines. One thread waits in notification_wait or, bound to it, in reply_wait; two
 * others raise flags; a caller ends a reply_wait and so leaves its timer armed; time passes. An atomic block is one visit
 * to the kernel.
 *
 *   here              what it stands for
 *   signal            kernel/core/notification.c: notification_call_signal, notification_raise; preempt.h and
 *                     kernel/arch/aarch64/fast_wake.S do the same at once
 *   notification_wait notification.c: notification_call_wait
 *   reply_wait        kernel/core/portal.c: self_call_reply_wait, take_next
 *   reply_again       kernel/arch/aarch64/fast.S: fast_reply_deadline, fast_reply_wait
 *   call              portal.c: deliver; fast.S: fast_call
 *   expire            kernel/core/timer.c: timer_expire, deadline_passed
 *
 * What must hold: each flag that was raised is taken, once; a wait ends once, and with TIMEOUT only when it had a
 * deadline that has passed; whoever runs is never told that a wait is over; nobody sleeps while flags are pending, nor
 * beyond a deadline.
 *
 * MUTATION 1: a wait does not look at what is pending already
 * MUTATION 2: an expired timer does not ask whether the wait that armed it is still on
 * MUTATION 3: the short way believes that the last deadline's timer still runs
 * MUTATION 4: raising flags replaces those that are pending
 * MUTATION 5: taking the flags does not clear them
 * MUTATION 6: a new deadline does not move a timer that is armed
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#define TIME_MAX 3
#define FOREVER  15
#define WAITS    3

mtype = { RUNNING, IN_NOTIFICATION, IN_REPLY };
mtype = { NOTHING, FLAGS, TIMEOUT, CALL };

mtype state = RUNNING, answer = NOTHING;
byte now;
byte pending, taken;       /* bits 0 and 1 */
byte raised;
bool serving;              /* at the caller's call */
bool wait_deadline;        /* WAIT_DEADLINE or WAIT_SAME_DEADLINE */
bool armed;                /* timer.node is in the queue, */
byte key;                  /* for this time */
byte deadline = FOREVER;   /* of the wait, as its caller meant it */
bool caller_waits;

inline end_wait(what)
{
    assert(state != RUNNING);
    assert(answer == NOTHING);
    answer = what;
    state = RUNNING;
    wait_deadline = false
}

inline take()
{
    assert(pending != 0 && (taken & pending) == 0);
    taken = taken | pending;
    pending = (MUTATION == 5 -> pending : 0)
}

inline start_timer(at)
{
    if
    :: armed && MUTATION == 6
    :: else -> armed = true; key = at
    fi
}

inline signal(flag)
{
    pending = (MUTATION == 4 -> flag : pending | flag);
    raised = raised | flag;
    if
    :: state != RUNNING -> take(); armed = false; end_wait(FLAGS)
    :: else
    fi
}

inline notification_wait()
{
    if
    :: pending != 0 && MUTATION != 1 -> take(); answer = FLAGS
    :: else ->
        if
        :: deadline <= now -> answer = TIMEOUT
        :: else ->
            state = IN_NOTIFICATION;
            if
            :: deadline != FOREVER -> wait_deadline = true; start_timer(deadline)
            :: else -> armed = false
            fi
        fi
    fi
}

inline reply_wait()
{
    wait_deadline = false;
    serving = false;
    if
    :: pending != 0 && MUTATION != 1 -> take(); answer = FLAGS
    :: else ->
        if
        :: caller_waits -> caller_waits = false; serving = true; answer = CALL
        :: else ->
            if
            :: deadline <= now -> answer = TIMEOUT
            :: else ->
                state = IN_REPLY;
                if
                :: deadline != FOREVER ->
                    wait_deadline = true;
                    if
                    :: armed && key == deadline
                    :: else -> start_timer(deadline)
                    fi
                :: else
                fi
            fi
        fi
    fi
}

/* Same deadline as last time: taken when its timer still runs, nothing is pending and nobody queued. */
inline reply_again()
{
    if
    :: serving && pending == 0 && !caller_waits && key == deadline && (armed || MUTATION == 3) ->
        serving = false;
        state = IN_REPLY;
        wait_deadline = true
    :: else -> reply_wait()
    fi
}

active proctype receiver()
{
    byte n, before;

    do
    :: n < WAITS ->
        atomic {
            before = deadline;
            if
            :: deadline = FOREVER
            :: now + 1 < TIME_MAX -> deadline = now + 1
            :: deadline = 2
            :: deadline = before
            fi;
            if
            :: serving = false; notification_wait()
            :: deadline == before && deadline != FOREVER -> reply_again()
            :: reply_wait()
            fi }
end_for_ever: /* without a deadline; the claims say when it may not stay here */
        atomic { answer != NOTHING ->
            assert(state == RUNNING);
            assert(answer != TIMEOUT || (deadline != FOREVER && now >= deadline));
            answer = NOTHING;
            n++ }
    /* What was not waited for any more is still there. */
    :: atomic { n == WAITS && pending != 0 -> take() }
    :: n == WAITS && pending == 0 && raised == 3 -> break
    od;
    assert(taken == 3 && raised == 3)
}

proctype sender(byte flag)
{
    atomic { signal(flag) }
}

active proctype caller()
{
    byte calls;

    do
    :: calls < 2 && !caller_waits -> atomic {
        calls++;
        if
        :: state == IN_REPLY -> serving = true; end_wait(CALL)
        :: else -> caller_waits = true
        fi }
    :: break
    od
}

/* Time passes, and the timer's interrupt comes at once or late. */
active proctype clock()
{
end:
    do
    :: now < TIME_MAX -> now++
    :: atomic { armed && key <= now ->
        armed = false;
        if
        :: wait_deadline || MUTATION == 2 -> end_wait(TIMEOUT)
        :: else
        fi }
    :: now == TIME_MAX && !armed && taken == 3 && state == RUNNING -> break
    od
}

init {
    run sender(1);
    run sender(2)
}

/* A wait with a deadline ends, and so does one for flags that come. */
ltl woken { [] (state != RUNNING && deadline != FOREVER -> <> (state == RUNNING)) }
/* Nobody sleeps while flags are pending. */
ltl no_sleep { [] (pending != 0 -> state == RUNNING) }
