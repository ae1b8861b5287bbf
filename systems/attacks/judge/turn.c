/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   PREPARE -> RUN -> CLEAN -> SETTLE -> its line
 *      ^        |
 *      +--------+ the attacker died of its attack or hangs: it is made again and goes on with the next seed
 *
 * An attacker is destroyed behind every attack, whatever state it is in; the others are watched meanwhile, too.
 */
#include "turn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "components.h"
#include "guests.h"
#include "rt/time.h"
#include "services/root/protocol.h"
#include "window.h"

/* A release of the control loop may be this late at most, whatever happens. */
enum { WORST_NS = 20000 };
enum { STALL_NS = 100000000, PATIENCE_NS = 1000000000, SETTLE_NS = 30000000, LIVES_MAX = 50 };
#define BOOT_NS UINT64_C(60000000000)

static const struct {
    const char *name;
    enum attack_by by;
} attacks[] = {
#define ATTACK(by, identifier, name) {(name), ATTACK_BY_##by},
#include "systems/attacks/attacks.def"
#undef ATTACK
};

unsigned turns_passed, turns_failed;

static enum { PREPARE, RUN, CLEAN, SETTLE } step;
static struct {
    enum attack_number attack;
    uint64_t first_seed, seed, length;
    uint64_t end;      /* of the attack; ticks */
    uint64_t deadline; /* of the step */
    uint64_t moved;    /* when the attacker last did something; ticks */
    uint64_t last, operations, leaks, leak_kind;
    unsigned lives;
    uint64_t free_before; /* bytes of RAM */
    uint64_t made_before; /* times that the bystander was made */
    bool made_again;      /* it was asked for */
    bool gone;            /* the attacker did not come, or could not be removed */
} turn;

/* The Linux whose root attacks: its shell is there, the command is done. It is used for one attack after the other. */
static struct {
    bool ready, done;
} root_shell;
static uint64_t order; /* counts on */
static uint64_t checksum;

static struct attack_page *const component_page = (struct attack_page *)ATTACK_PAGE_ADDRESS;

static bool by_guest(void)
{
    return attacks[turn.attack].by == ATTACK_BY_GUEST;
}

static bool by_linux(void)
{
    return attacks[turn.attack].by == ATTACK_BY_LINUX;
}

static bool by_liar(void)
{
    return attacks[turn.attack].by == ATTACK_BY_LIAR;
}

static uint32_t attacker(void)
{
    static const char *const names[] = {"attacker", "hostile", "liar", "linux-root"};

    return component_number(names[attacks[turn.attack].by]);
}

/* The liar has none: the judge is not served by it. */
static struct attack_page *page(void)
{
    if (by_liar())
        return NULL;
    return by_guest() ? guest_page() : component_page;
}

static uint64_t load(const _Atomic uint64_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

static void store(_Atomic uint64_t *field, uint64_t value)
{
    atomic_store_explicit(field, value, memory_order_release);
}

static enum quoll_error ask_root(struct quoll_message *message)
{
    enum quoll_error error = quoll_call(COMPONENT_CAP_ROOT, message);

    return error != QUOLL_OK ? error : (enum quoll_error)message->word[0];
}

static enum quoll_error ask(enum root_operation operation, uint64_t argument)
{
    return ask_root(&(struct quoll_message){.word = {operation, argument}});
}

static uint64_t free_memory(void)
{
    struct quoll_message message = {.word = {ROOT_MEMORY}};

    return ask_root(&message) == QUOLL_OK ? message.word[1] : 0;
}

/* Root has to be able to make others under every attack. The bystander is control-report, stopped before each. */
static uint64_t times_made(void)
{
    struct quoll_message message = {.word = {ROOT_STATE, component_number("control-report")}};

    return ask_root(&message) == QUOLL_OK && message.word[1] == ROOT_STATE_RUNNING ? message.word[2] : 0;
}

static void patience(uint64_t ns)
{
    turn.deadline = time_ticks() + time_ns_to_ticks(ns);
}

/* Behind `trash` there is nothing left that could say so. */
static bool kills_linux(void)
{
    return turn.attack == ATTACK_linux_trash;
}

void root_line(const char *line)
{
    if (strcmp(line, "ready") == 0)
        root_shell.ready = true;
    else if (strcmp(line, "done") == 0)
        root_shell.done = true;
    else if (line[0] >= '0' && line[0] <= '9')
        turn.operations += strtoull(line, NULL, 10);
}

static void make_linux(void)
{
    if (!root_shell.ready)
        (void)ask(ROOT_START, attacker());
    patience(BOOT_NS);
}

static void order_linux(void)
{
    char text[160] = "";

    /* Only now is its memory taken; it stays for the next attack. */
    turn.free_before = free_memory();
    snprintf(text, sizeof(text),
             "insmod /attack.ko what=%s seed=%" PRIu64 " length=%" PRIu64
             "; cat /sys/module/attack/parameters/operations; rmmod attack\n",
             attacks[turn.attack].name + strlen("linux-"), turn.seed, turn.length / 1000000);
    guest_type(GUEST_linux_root, text);
    root_shell.done = false;
    turn.end = time_ticks() + time_ns_to_ticks(turn.length);
    patience(turn.length + BOOT_NS / 4);
    turn.lives++;
    step = RUN;
}

static void clean_linux(void)
{
    if (kills_linux())
        turn.operations++; /* was given, at least */
    turn.gone = turn.gone || (!root_shell.done && !kills_linux());
    if (!root_shell.done) {
        guest_forget(GUEST_linux_root);
        (void)ask(ROOT_STOP, attacker());
        root_shell.ready = false;
    }
    step = CLEAN;
    patience(PATIENCE_NS);
}

/* A fresh attacker; one that stopped itself has to be started, not made again. */
static void make_attacker(void)
{
    if (by_guest() || by_liar()) {
        if (by_guest())
            guest_forget(GUEST_hostile);
        if (ask(ROOT_START, attacker()) != QUOLL_OK)
            (void)ask(ROOT_RESTART, attacker());
    } else {
        store(&component_page->ready, 0);
        if (ask(ROOT_RESTART, attacker()) != QUOLL_OK)
            (void)ask(ROOT_START, attacker());
    }
    patience(PATIENCE_NS);
}

static void give_order(void)
{
    if (by_linux()) {
        order_linux();
        return;
    }
    turn.lives++;
    turn.last = 0;
    turn.moved = time_ticks();
    if (by_liar())
        return;
    struct attack_page *to = page();

    store(&to->operations, 0);
    store(&to->leaks, 0);
    store(&to->attack, turn.attack);
    store(&to->seed, turn.seed);
    store(&to->turn, ++order);
    if (!by_guest())
        (void)quoll_notification_signal(CAP_ATTACKER_ORDER, FLAG_ATTACKER_ORDER);
}

/* What this life of the attacker did, once. Of the liar it is known how long it ran, in ticks. */
static void gather(void)
{
    struct attack_page *from = page();
    struct quoll_message message = {.word = {ROOT_THREAD, attacker()}};

    if (by_liar() && ask_root(&message) == QUOLL_OK)
        turn.operations += message.word[3];
    if (from == NULL)
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
    turn.attack = attack;
    turn.first_seed = turn.seed = seed;
    turn.length = length_ns;
    turn.end = 0;
    turn.operations = turn.leaks = turn.leak_kind = 0;
    turn.lives = 0;
    turn.gone = false;
    turn.free_before = free_memory();
    turn.made_again = false;
    turn.made_before = times_made();
    (void)ask(ROOT_STOP, component_number("control-report"));
    window_begin();
    step = PREPARE;
    patience(PATIENCE_NS);
    if (by_guest() || by_liar())
        make_attacker();
    else if (by_linux())
        make_linux();
}

static void clean(void)
{
    if (by_linux()) {
        clean_linux();
        return;
    }
    gather();
    if (page() != NULL)
        store(&page()->over, order);
    if (by_guest() || by_liar()) {
        if (by_guest())
            guest_forget(GUEST_hostile);
        (void)ask(ROOT_STOP, attacker());
    } else {
        make_attacker();
    }
    step = CLEAN;
    patience(PATIENCE_NS);
}

static bool is_ready(void)
{
    if (by_liar())
        return true;
    return by_linux() ? root_shell.ready : page() != NULL && load(&page()->ready) == ATTACK_READY;
}

static void prepare(void)
{
    if (is_ready()) {
        give_order();
        if (turn.end == 0)
            turn.end = time_ticks() + time_ns_to_ticks(turn.length);
        step = RUN;
    } else if (time_ticks() > turn.deadline) {
        turn.gone = true;
        clean();
    }
}

static void run(void)
{
    uint64_t done = !by_linux() && page() != NULL ? load(&page()->operations) : turn.last;

    if (done != turn.last) {
        turn.last = done;
        turn.moved = time_ticks();
    }
    if (!turn.made_again && time_ticks() + time_ns_to_ticks(turn.length / 2) > turn.end) {
        turn.made_again = true;
        (void)ask(ROOT_START, component_number("control-report"));
    }
    if (by_linux()) {
        if (root_shell.done || time_ticks() > (kills_linux() ? turn.end : turn.deadline))
            clean();
    } else if (time_ticks() > turn.end) {
        clean();
    } else if (!by_liar() && time_ticks() - turn.moved > time_ns_to_ticks(STALL_NS) && turn.lives < LIVES_MAX) {
        gather();
        turn.seed++;
        make_attacker();
        step = PREPARE;
    }
}

static bool is_clean(void)
{
    struct quoll_message message = {.word = {ROOT_STATE, attacker()}};

    if (by_linux() && root_shell.ready)
        return true;
    if (attacks[turn.attack].by == ATTACK_BY_COMPONENT)
        return load(&component_page->ready) == ATTACK_READY;
    return ask_root(&message) == QUOLL_OK && message.word[1] == ROOT_STATE_STOPPED;
}

static void add(char *why, const char *reason, bool applies)
{
    if (!applies)
        return;
    if (why[0] != '\0')
        strcat(why, ",");
    strcat(why, reason);
}

static void judge(void)
{
    const struct window *window = window_end();
    uint64_t free_after = free_memory();
    char why[256] = "";

    if (checksum == 0)
        checksum = window->checksum;
    add(why, "control-loop-late", window->worst > WORST_NS);
    add(why, "control-loop-missed", window->missed != 0);
    add(why, "control-loop-stands", window->releases == 0);
    add(why, "victim-changed", window->wrong != 0 || window->checksum != checksum);
    add(why, "victim-stands", window->rounds == 0);
    add(why, "linux-silent", window->answers == 0);
    add(why, "linux-wrong", window->wrong_answers != 0);
    add(why, "memory-lost", free_after != turn.free_before && !kills_linux());
    add(why, "attacker-gone", turn.gone);
    add(why, "others-not-made-again", times_made() <= turn.made_before);
    add(why, "leak", turn.leaks != 0);
    add(why, "nothing-done", turn.operations == 0);
    printf("%s %s seed=%" PRIu64 " operations=%" PRIu64 " lives=%u jitter=%" PRIu64 ".%" PRIu64 "us missed=%" PRIu64
           " releases=%" PRIu64 " victim=%08x rounds=%" PRIu64 " wrong=%" PRIu64 " linux=%" PRIu64 " slowest=%" PRIu64
           "ms memory=%" PRId64 "%s%s",
           why[0] == '\0' ? "PASS" : "FAIL", attacks[turn.attack].name, turn.first_seed, turn.operations, turn.lives,
           window->worst / 1000, window->worst % 1000 / 100, window->missed, window->releases,
           (unsigned)window->checksum, window->rounds, window->wrong, window->answers, window->slowest / 1000000,
           (int64_t)(turn.free_before - free_after), why[0] == '\0' ? "" : " because=", why);
    if (turn.leaks != 0)
        printf(" leaks=%" PRIu64 " first=%" PRIu64, turn.leaks, turn.leak_kind);
    putchar('\n');
    *(why[0] == '\0' ? &turns_passed : &turns_failed) += 1;
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
        return true;
    }
    return false;
}
