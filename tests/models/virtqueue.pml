/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Notification suppression of a split virtqueue: a driver that adds buffers and rings when it has to, a device that
 * takes, completes and interrupts when it has to, both asleep in between.
 *
 * Memory is weaker than one thing after the other: a store first goes to a buffer of its processor, from which it reaches
 * memory at any later time, and in any order with stores to other places; barriers wait for what has to go first. (Loads
 * are done in order here; virtio_read_barrier keeps them so.)
 *
 *   here             what it stands for
 *   device           services over lib/virtio/queue.c: virtio_queue_take, waiting_chains, virtio_queue_complete,
 *                    virtio_queue_signal
 *   driver           a guest's, Linux' virtio_ring.c as virtio 1.2, 2.7.7 to 2.7.10, 2.7.13 and 2.7.14 ask for
 *   full barrier     lib/virtio/ring.h: virtio_full_barrier; write barrier: virtio_write_barrier
 *   device_flag      the notification that a doorbell raises: waits and raises lose nothing (wait.pml)
 *
 * What must hold: the device answers every buffer and the driver sees every answer, in order, with what belongs to it;
 * nobody sleeps for good while there is something to take.
 *
 * VARIANT -DEVENT_INDEX=0: by flags, as without VIRTIO_F_EVENT_IDX
 * MUTATION 1 (not with EVENT_INDEX=0): waiting_chains writes available_event and reads the index without a barrier between
 * MUTATION 2 (not with EVENT_INDEX=0): waiting_chains does not read the index once more
 * MUTATION 3: virtio_queue_signal reads the driver's wish without a barrier behind the used index
 * MUTATION 4: virtio_queue_complete writes the index without a barrier behind the element
 * MUTATION 5 (not with EVENT_INDEX=0): virtio_queue_signal compares with >= where a wish is passed, and misses one that is just reached
 * MUTATION 6 (not with EVENT_INDEX=0): the device forgets to move available_event along
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#ifndef EVENT_INDEX
#define EVENT_INDEX 1
#endif
#define BUFFERS 3
#define SIZE    2 /* of the ring */

/* Places in memory that somebody waits for. Indices count from 0 and do not wrap here. */
#define AVAILABLE       0 /* the driver's index, */
#define USED_EVENT      1 /* and from which answer on it wants an interrupt; or the flag against interrupts */
#define USED            2 /* the device's index, */
#define AVAILABLE_EVENT 3 /* and from which buffer on it wants to be told */
#define ELEMENT         4 /* SIZE of them */
#define PLACES          6

byte memory[PLACES];
byte stored[PLACES];  /* on the way there; each place has one writer */
bool on_way[PLACES];

bool device_flag, driver_flag;
byte answered, seen;

#define driver_quiet (!on_way[AVAILABLE] && !on_way[USED_EVENT])
#define device_quiet (!on_way[USED] && !on_way[AVAILABLE_EVENT] && !on_way[ELEMENT] && !on_way[ELEMENT + 1])

/* A later store to the same place comes after an earlier one. */
inline store(place, value)
{
    atomic { !on_way[place]; stored[place] = value; on_way[place] = true }
}

active proctype buffers()
{
end:
    do
    :: atomic { on_way[AVAILABLE] -> memory[AVAILABLE] = stored[AVAILABLE]; on_way[AVAILABLE] = false }
    :: atomic { on_way[USED_EVENT] -> memory[USED_EVENT] = stored[USED_EVENT]; on_way[USED_EVENT] = false }
    :: atomic { on_way[USED] -> memory[USED] = stored[USED]; on_way[USED] = false }
    :: atomic { on_way[AVAILABLE_EVENT] ->
        memory[AVAILABLE_EVENT] = stored[AVAILABLE_EVENT];
        on_way[AVAILABLE_EVENT] = false }
    :: atomic { on_way[ELEMENT] -> memory[ELEMENT] = stored[ELEMENT]; on_way[ELEMENT] = false }
    :: atomic { on_way[ELEMENT + 1] -> memory[ELEMENT + 1] = stored[ELEMENT + 1]; on_way[ELEMENT + 1] = false }
    od
}

active proctype device()
{
    byte next, index, before, event;

    do
    :: next < BUFFERS ->
        /* waiting_chains */
        index = memory[AVAILABLE];
        if
        :: index == next && EVENT_INDEX == 1 ->
            if
            :: MUTATION != 6 -> store(AVAILABLE_EVENT, next)
            :: else
            fi;
            if
            :: MUTATION != 1 -> device_quiet
            :: else
            fi;
            if
            :: MUTATION != 2 -> index = memory[AVAILABLE]
            :: else
            fi
        :: else
        fi;
        if
        :: index == next ->
            /* asleep; the flag is taken */
            atomic { device_flag; device_flag = false }
        :: index != next ->
            /* virtio_queue_complete: buffer n gets n + 1 */
            assert(index - next <= SIZE);
            store(ELEMENT + next % SIZE, next + 1);
            if
            :: MUTATION != 4 -> device_quiet
            :: else
            fi;
            before = next;
            next++;
            store(USED, next);
            answered = next;
            /* virtio_queue_signal */
            if
            :: MUTATION != 3 -> device_quiet
            :: else
            fi;
            event = memory[USED_EVENT];
            if
            :: EVENT_INDEX == 1 && (MUTATION != 5 && event >= before && event < next) -> driver_flag = true
            :: EVENT_INDEX == 1 && (MUTATION == 5 && event > before && event < next) -> driver_flag = true
            :: EVENT_INDEX == 0 && event == 0 -> driver_flag = true
            :: else
            fi;
            event = 0;
            before = 0
        fi;
        index = 0
    :: next == BUFFERS -> break
    od
}

/* Adds a buffer when there is room, and tells the device when it asked for that. */
inline add()
{
    store(AVAILABLE, added + 1);
    added++;
    driver_quiet;
    event = memory[AVAILABLE_EVENT];
    if
    :: EVENT_INDEX == 0 || event == added - 1 -> device_flag = true
    :: else
    fi;
    event = 0
}

active proctype driver()
{
    byte added, index, event;

    do
    :: added < BUFFERS && added - seen < SIZE -> add()
    :: seen < BUFFERS && added > seen ->
        /* Interrupts are off while answers are taken; then on, and the index once more (2.7.7, 2.7.14). */
        index = memory[USED];
        if
        :: index == seen ->
            event = (EVENT_INDEX == 1 -> seen : 0);
            store(USED_EVENT, event);
            event = 0;
            driver_quiet;
            index = memory[USED];
            if
            :: index == seen -> atomic { driver_flag; driver_flag = false }
            :: else
            fi
        :: else
        fi;
        if
        :: EVENT_INDEX == 0 && index != seen -> store(USED_EVENT, 1)
        :: else
        fi;
        do
        :: seen < index ->
            assert(memory[ELEMENT + seen % SIZE] == seen + 1);
            seen++
        :: seen == index || index < seen -> break
        od;
        index = 0
    :: seen == BUFFERS -> break
    od
}

ltl all_answered { <> (answered == BUFFERS) }
ltl all_seen { <> (seen == BUFFERS) }
