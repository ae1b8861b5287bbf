/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Revoke against map and unmap. Memory of three pages: the range 0 has pages 0 and 1, the range 1 has page 2, both below
 * one that the revokers hold. Four mappings, each in a place of its own. An atomic block is one visit to the kernel,
 * between two preemption points; ANSWER_RESTART is the way back to a loop's head.
 *
 *   here              what it stands for
 *   map               kernel/core/mapping.c: domain_call_map, is_same, mapping_make, continue_map
 *   unmap             mapping.c: domain_call_unmap
 *   withdraw_step     mapping.c: mapping_withdraw_step, mapping_destroy_step; translation.c: space_unmap
 *   count, forget     mapping.c: count_mapping; mapping_destroy_step, uncount_mapping
 *   revoke            kernel/core/memory.c: memory_call_revoke, find_mapping, leaf_behind
 *   look              memory.c: find_own_mapping (SEARCH_BATCH is 1 here: every look may be the last before an interrupt)
 *   walker            a processor that translates ahead: whatever is in a table may be in its TLB
 *
 * What must hold: when revoke returns, nothing of its range is in a table or a TLB, whatever others did meanwhile; when
 * map returns OK, all of it is mapped; a record that goes leaves nothing behind. Not claimed: that two revokes of different
 * ranges end when an interrupt switches between them after every look, for each begins the other's search anew; fixed
 * priorities do not switch so.
 *
 * MUTATION 1: a mapping that goes does not count as one fewer seen: the search ends one early
 * MUTATION 2: a mapping that is being withdrawn is not marked: the interrupted map goes on with it
 * MUTATION 3: no TLB maintenance
 * MUTATION 4: a new mapping in a range that was left does not bring the search back
 * MUTATION 5: a new mapping goes to the list's end, among those that were seen
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#define MAPPINGS 4
#define NOTHING  MAPPINGS

/* A mapping: which range, which pages as bits, how many. */
#define range_of(m)   (m == 3)
#define pages_of(m)   (m == 0 -> 3 : (m == 1 -> 2 : (m == 2 -> 1 : 4)))
#define size_of(m)    (m == 0 -> 2 : 1)
#define page_of(m, n) (m == 0 -> (1 << n) : pages_of(m))

typedef mapping {
    bool exists, withdrawing;
    byte mapped, withdrawn;
    byte entries; /* pages that the table has */
    byte cached;  /* pages that the TLB may have */
};
mapping map_of[MAPPINGS];

/* Lists, first member first, of range 0; range 1 has one mapping at most. */
byte order[3] = NOTHING;
byte count_in[2];

/* The search, of the memory above: its range as bits, where it goes on (0: range 0, 1: range 1, 2: done). */
byte search_range, search_at;
/* In each range: the search's range, and how many at the list's end were seen. */
byte own_range[2], searched[2];

hidden byte i, k, found;

inline append(m)
{
    k = 0;
    do
    :: k < 3 && order[k] != NOTHING -> k++
    :: else -> break
    od;
    order[k] = m
}

inline prepend(m)
{
    order[2] = order[1];
    order[1] = order[0];
    order[0] = m
}

inline remove(m)
{
    k = 0;
    do
    :: order[k] != m -> k++
    :: else -> break
    od;
    do
    :: k < 2 -> order[k] = order[k + 1]; k++
    :: else -> break
    od;
    order[2] = NOTHING
}

inline count(m)
{
    count_in[range_of(m)]++;
    if
    :: range_of(m) == 0 && MUTATION != 5 -> prepend(m)
    :: range_of(m) == 0 && MUTATION == 5 -> append(m)
    :: else
    fi;
    if
    :: MUTATION != 4 && search_at > range_of(m) -> search_at = range_of(m)
    :: else
    fi
}

inline forget(m)
{
    if
    :: range_of(m) == 0 -> remove(m)
    :: else
    fi;
    if
    :: searched[range_of(m)] > 0 && MUTATION != 1 -> searched[range_of(m)]--
    :: else
    fi;
    count_in[range_of(m)]--;
    assert(map_of[m].entries == 0);
    map_of[m].exists = false;
    map_of[m].withdrawing = false;
    map_of[m].mapped = 0;
    map_of[m].withdrawn = 0
}

inline withdraw_step(m)
{
    map_of[m].withdrawing = (MUTATION != 2);
    if
    :: map_of[m].mapped > map_of[m].withdrawn ->
        map_of[m].entries = map_of[m].entries & ~page_of(m, map_of[m].withdrawn);
        if
        :: MUTATION != 3 -> map_of[m].cached = map_of[m].cached & ~page_of(m, map_of[m].withdrawn)
        :: else
        fi;
        map_of[m].withdrawn++
    :: else -> forget(m)
    fi
}

proctype map(byte m)
{
    do
    :: atomic {
        if
        :: map_of[m].exists && (map_of[m].withdrawing || map_of[m].mapped == size_of(m)) -> break /* QUOLL_OVERLAP */
        :: !map_of[m].exists -> map_of[m].exists = true; count(m)
        :: else
        fi;
        map_of[m].entries = map_of[m].entries | page_of(m, map_of[m].mapped);
        map_of[m].mapped++;
        if
        :: map_of[m].mapped == size_of(m) ->
            assert(map_of[m].entries == pages_of(m)); /* QUOLL_OK */
            break
        :: else
        fi }
    od
}

proctype unmap(byte m)
{
    do
    :: atomic {
        if
        :: !map_of[m].exists -> break
        :: else -> withdraw_step(m)
        fi }
    od
}

/* Range r of the memory: `found`, or everything was looked at, or an interrupt came first. */
inline look(r, pages, done)
{
    if
    :: own_range[r] != pages -> own_range[r] = pages; searched[r] = 0
    :: else
    fi;
    found = NOTHING;
    done = false;
    if
    :: count_in[r] == 0 || searched[r] >= count_in[r] -> searched[r] = 0; done = true
    :: else ->
        i = (r == 0 -> order[0] : 3);
        if
        :: (pages_of(i) & pages) != 0 -> found = i
        :: else ->
            searched[r]++;
            if
            :: r == 0 -> remove(i); append(i)
            :: else
            fi
        fi
    fi
}

proctype revoke(byte pages)
{
    bool done;

    do
    :: atomic {
        if
        :: search_range != pages -> search_range = pages; search_at = 0
        :: else
        fi;
        done = false;
        if
        :: search_at == 0 && ((pages & 3) == 0 || count_in[0] == 0) -> search_at = 1
        :: search_at == 1 && ((pages & 4) == 0 || count_in[1] == 0) -> search_at = 2
        :: search_at == 0 && (pages & 3) != 0 && count_in[0] != 0 -> look(0, pages, done); search_at = (done -> 1 : 0)
        :: search_at == 1 && (pages & 4) != 0 && count_in[1] != 0 -> look(1, pages, done); search_at = (done -> 2 : 1)
        :: search_at == 2 -> found = NOTHING
        fi;
        if
        :: search_at == 2 ->
            search_range = 0;
            i = 0;
            do
            :: i < MAPPINGS -> assert(((map_of[i].entries | map_of[i].cached) & pages) == 0); i++
            :: else -> break
            od;
            break
        :: search_at != 2 && found != NOTHING -> withdraw_step(found)
        :: search_at != 2 && found == NOTHING
        fi;
        found = NOTHING;
        i = 0 }
    od
}

active proctype walker()
{
end:
    do
    :: atomic { map_of[0].cached != map_of[0].entries -> map_of[0].cached = map_of[0].cached | map_of[0].entries }
    :: atomic { map_of[1].cached != map_of[1].entries -> map_of[1].cached = map_of[1].cached | map_of[1].entries }
    :: atomic { map_of[3].cached != map_of[3].entries -> map_of[3].cached = map_of[3].cached | map_of[3].entries }
    od
}

init {
    atomic {
        found = NOTHING;
        run map(2);
        run map(0);
        run map(1);
        run map(3);
        run unmap(2);
        run unmap(1);
        run revoke(6);
        run revoke(1)
    }
}
