/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   PREPARE -> RUN -> CLEAN -> SETTLE -> its line [ -> MEND ]
 *      ^        |
 *      +--------+ the attacker died of its attack or hangs, or it is a guest that damage is done to: it is made again
 *                 and goes on with the next seed
 *
 * An attacker is destroyed behind every attack, whatever state it is in; the others are watched meanwhile, too. MEND is
 * behind what the judge does itself.
 */
#include "turn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "damage.h"
#include "guests.h"
#include "judge/inspected.h"
#include "provoke.h"
#include "root.h"
#include "rt/time.h"
#include "verdict.h"
#include "window.h"

enum { STALL_NS = 100000000, PATIENCE_NS = 1000000000, SETTLE_NS = 30000000, PROVOKE_NS = 500000000, LIVES_MAX = 50 };
enum { DAMAGED_LIVES = 4, BOOTED_LIVES = 2, FLIPS = 16, SAID_MAX = 8 };
#define BOOT_NS UINT64_C(60000000000)

const struct attack attacks[ATTACK_COUNT] = {
#define ATTACK(by, identifier, name) {(name), ATTACK_BY_##by},
#include "systems/attacks/attacks.def"
#undef ATTACK
};

unsigned turns_passed, turns_failed;

static enum { PREPARE, RUN, CLEAN, SETTLE, MEND } step;
static struct {
    enum attack_number attack;
    uint64_t first_seed, seed, length;
    uint64_t random;   /* what damage is done, from the seed */
    uint64_t end;      /* of the attack; ticks */
    uint64_t life_end; /* of the life of a guest that damage is done to */
    uint64_t deadline; /* of the step */
    uint64_t moved;    /* when the attacker last did something; ticks */
    uint64_t last, operations, leaks, leak_kind;
    unsigned lives;
    unsigned said;        /* lines of this life's that were shown */
    uint64_t free_before; /* bytes of RAM */
    uint64_t made_before; /* times that the bystander was made */
    bool made_again;      /* it was asked for */
    bool gone;            /* the attacker did not come, or could not be removed */
} turn;

/* The Linux whose root attacks: its shell is there, the command is done. */
static struct {
    bool ready, done;
} root_shell;
static uint64_t order; /* counts on */

static struct attack_page *const component_page = (struct attack_page *)ATTACK_PAGE_ADDRESS;

static bool by(enum attack_by who)
{
    return attacks[turn.attack].by == who;
}

static bool by_linux(void)
{
    return by(ATTACK_BY_LINUX) || by(ATTACK_BY_FILES);
}

/* By a guest in a VM that is made for it alone. */
static bool by_vm(void)
{
    return !by(ATTACK_BY_COMPONENT) && !by(ATTACK_BY_PROVOKE);
}

/* Bits of its memory turn over while it runs. */
static bool is_flipped(void)
{
    return turn.attack == ATTACK_flips || turn.attack == ATTACK_linux_flips;
}

/* It is not asked what it does, lives for so long, and is made again. */
static bool is_damaged(void)
{
    return is_flipped() || by(ATTACK_BY_FILES);
}

/* Nothing may be left that could say that it is done. */
static bool kills_linux(void)
{
    return turn.attack == ATTACK_linux_trash || is_damaged();
}

static uint32_t attacker(void)
{
    static const char *const names[] = {"attacker", "hostile", "liar", "linux-root", "linux-root"};

    return component_number(names[attacks[turn.attack].by]);
}

static uint32_t bystander(void)
{
    return component_number("control-report");
}

static void forget_guest(void)
{
    if (by(ATTACK_BY_GUEST))
        guest_forget(GUEST_hostile);
    else if (by_linux())
        guest_forget(GUEST_linux_root);
}

/* Only these have one: the judge is not served by the others. */
static struct attack_page *page(void)
{
    return by(ATTACK_BY_COMPONENT) ? component_page : by(ATTACK_BY_GUEST) ? guest_page() : NULL;
}

static uint64_t load(const _Atomic uint64_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

static void store(_Atomic uint64_t *field, uint64_t value)
{
    atomic_store_explicit(field, value, memory_order_release);
}

static uint64_t after(uint64_t ns)
{
    return time_ticks() + time_ns_to_ticks(ns);
}

static void patience(uint64_t ns)
{
    turn.deadline = after(ns);
}

/* Others are shown, so that the log says what became of it. */
void root_line(const char *line)
{
    if (strcmp(line, "ready") == 0)
        root_shell.ready = true;
    else if (strcmp(line, "done") == 0)
        root_shell.done = true;
    else if (line[0] >= '0' && line[0] <= '9' && by(ATTACK_BY_LINUX) && !kills_linux())
        turn.operations += strtoull(line, NULL, 10);
    else if (line[0] != '\0' && turn.said++ < SAID_MAX)
        printf("linux-root says: %s\n", line);
}

static void make_attacker(void)
{
    forget_guest();
    if (by(ATTACK_BY_COMPONENT))
        store(&component_page->ready, 0);
    root_shell.ready = root_shell.done = false;
    turn.said = 0;
    turn.random = attack_seed(turn.seed);
    damage_begin();
    root_make(attacker());
    patience(by_linux() ? BOOT_NS : PATIENCE_NS);
}

static void order_linux(void)
{
    char text[160] = "while :; do head -c 65536 /bin/busybox | md5sum; done > /dev/null\n";

    if (!is_damaged())
        snprintf(text, sizeof(text),
                 "insmod /attack.ko what=%s seed=%" PRIu64 " length=%" PRIu64
                 "; cat /sys/module/attack/parameters/operations; rmmod attack\n",
                 attacks[turn.attack].name + strlen("linux-"), turn.seed, turn.length / 1000000);
    guest_type(GUEST_linux_root, text);
    patience(turn.length + BOOT_NS / 4);
}

static void order_by_page(struct attack_page *to)
{
    store(&to->operations, 0);
    store(&to->leaks, 0);
    store(&to->attack, turn.attack);
    store(&to->seed, turn.seed);
    store(&to->turn, ++order);
    if (by(ATTACK_BY_COMPONENT))
        (void)quoll_notification_signal(CAP_ATTACKER_ORDER, FLAG_ATTACKER_ORDER);
}

/* Of what damage is done to; one that has to boot before takes longest. */
static unsigned lives(void)
{
    return turn.attack == ATTACK_linux_flips ? BOOTED_LIVES : DAMAGED_LIVES;
}

/* A damaged Linux has to get so far that it notices; a small guest does much in a quarter of the time. */
static uint64_t life_length(void)
{
    return by_linux() ? turn.length : turn.length / lives();
}

static void give_order(void)
{
    turn.lives++;
    turn.last = 0;
    turn.moved = time_ticks();
    if (by(ATTACK_BY_LINUX))
        order_linux();
    else if (page() != NULL)
        order_by_page(page());
    if (by(ATTACK_BY_PROVOKE)) {
        window_begin();
        provoke_now(turn.attack);
        turn.operations++;
    }
    if (turn.end == 0)
        turn.end = after(is_damaged() ? lives() * life_length() : turn.length);
    turn.life_end = after(life_length());
    step = RUN;
}

/* What this life of the attacker did, once. Of the liar it is known how long it ran, in ticks. */
static void gather(void)
{
    struct attack_page *from = page();

    if (by(ATTACK_BY_LIAR))
        turn.operations += root_ticks_used(attacker());
    if (turn.attack == ATTACK_linux_trash)
        turn.operations += damage_trashed();
    if (from == NULL || is_damaged())
        return;
    turn.operations += load(&from->operations);
    if (turn.leaks == 0)
        turn.leak_kind = load(&from->leak_kind);
    turn.leaks += load(&from->leaks);
    store(&from->operations, 0);
    store(&from->leaks, 0);
}

void turn_begin(enum attack_number attack, uint64_t seed, uint64_t length_ns)
{
    memset(&turn, 0, sizeof(turn));
    turn.attack = attack;
    turn.first_seed = turn.seed = seed;
    turn.random = attack_seed(seed);
    turn.length = length_ns;
    turn.free_before = root_free_memory();
    turn.made_before = root_times_made(bystander());
    (void)root_ask(ROOT_STOP, bystander());
    if (by(ATTACK_BY_PROVOKE))
        provoke_prepare(attack);
    window_begin();
    step = PREPARE;
    patience(PATIENCE_NS);
    if (by(ATTACK_BY_PROVOKE) && turn.length > PROVOKE_NS)
        turn.length = PROVOKE_NS;
    if (by_vm())
        make_attacker();
}

static void clean(void)
{
    gather();
    if (by_linux() && !kills_linux() && !root_shell.done)
        turn.gone = true;
    if (page() != NULL)
        store(&page()->over, order);
    if (by_vm()) {
        forget_guest();
        (void)root_ask(ROOT_STOP, attacker());
    } else if (by(ATTACK_BY_COMPONENT)) {
        make_attacker();
    }
    step = CLEAN;
    patience(PATIENCE_NS);
}

static bool is_ready(void)
{
    uint64_t done = 0;

    switch (attacks[turn.attack].by) {
    case ATTACK_BY_LIAR:
        return true;
    case ATTACK_BY_LINUX:
        return root_shell.ready;
    case ATTACK_BY_FILES:
        done = damage_file(turn.attack, &turn.random);
        turn.operations += done;
        return done != 0;
    case ATTACK_BY_PROVOKE:
        return provoke_prepared();
    default:
        return page() != NULL && load(&page()->ready) == ATTACK_READY;
    }
}

static void prepare(void)
{
    if (is_ready()) {
        give_order();
    } else if (time_ticks() > turn.deadline) {
        turn.gone = true;
        clean();
    }
}

/* Half-way through, root has to be able to make somebody else. */
static void make_bystander(void)
{
    if (turn.made_again || after(turn.length / 2) <= turn.end)
        return;
    turn.made_again = true;
    (void)root_ask(ROOT_START, bystander());
}

static void next_life(void)
{
    gather();
    turn.seed++;
    make_attacker();
    step = PREPARE;
}

static bool stalls(void)
{
    uint64_t done = page() != NULL ? load(&page()->operations) : 0;

    if (done != turn.last) {
        turn.last = done;
        turn.moved = time_ticks();
    }
    return (by(ATTACK_BY_COMPONENT) || by(ATTACK_BY_GUEST)) && !is_damaged() &&
           time_ticks() - turn.moved > time_ns_to_ticks(STALL_NS) && turn.lives < LIVES_MAX;
}

static void run(void)
{
    bool waits = by(ATTACK_BY_LINUX) && !kills_linux();

    make_bystander();
    if (is_flipped())
        turn.operations += damage_flip(by_linux() ? GUEST_linux_root : GUEST_hostile, &turn.random, FLIPS);
    if (is_damaged()) {
        if (time_ticks() <= turn.life_end)
            return;
        if (turn.lives < lives())
            next_life();
        else
            clean();
    } else if (waits ? root_shell.done || time_ticks() > turn.deadline : time_ticks() > turn.end) {
        clean();
    } else if (stalls()) {
        next_life();
    }
}

static bool is_clean(void)
{
    if (by(ATTACK_BY_PROVOKE))
        return true;
    if (by(ATTACK_BY_COMPONENT))
        return load(&component_page->ready) == ATTACK_READY;
    return root_has_stopped(attacker());
}

static void judge(void)
{
    const struct window *window = window_end();

    if (by(ATTACK_BY_PROVOKE))
        provoke_end(turn.attack);

    struct outcome outcome = {
        .name = attacks[turn.attack].name,
        .expected = by(ATTACK_BY_PROVOKE) ? attacks[turn.attack].name + strlen("provoke-") : "",
        .seed = turn.first_seed,
        .operations = turn.operations,
        .leaks = turn.leaks,
        .leak_kind = turn.leak_kind,
        .lives = turn.lives,
        .lost = (int64_t)(turn.free_before - root_free_memory()),
        .gone = turn.gone,
        .others_not_made = root_times_made(bystander()) <= turn.made_before,
    };

    *(verdict(&outcome, window) ? &turns_passed : &turns_failed) += 1;
}

bool turn_step(void)
{
    switch (step) {
    case PREPARE:
        prepare();
        break;
    case RUN:
        run();
        break;
    case CLEAN:
        if (time_ticks() > turn.deadline)
            turn.gone = true;
        if (!turn.gone && !is_clean())
            break;
        step = SETTLE;
        patience(SETTLE_NS);
        break;
    case SETTLE:
        if (time_ticks() <= turn.deadline)
            break;
        judge();
        if (!by(ATTACK_BY_PROVOKE))
            return true;
        step = MEND;
        patience(SETTLE_NS);
        break;
    case MEND:
        return time_ticks() > turn.deadline && provoke_is_over();
    }
    return false;
}
