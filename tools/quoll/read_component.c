/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One entry of `components:`.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

static const char *const COMPONENT_KEYS[] = {
    "program", "priority", "core",      "budget",   "passive", "stack",  "pool",  "restart",  "watchdog",
    "start",   "console",  "devices",   "receives", "signals", "serves", "calls", "inspects", "manages",
    "trace",   "builds",   "arguments", "disk",     "net",     "vsock",  "crypto"};
static const char *const BUDGET_KEYS[] = {"time", "period", "replenishments", "overrun"};
static const char *const OVERRUNS[] = {"throttle", "report", "restart"};
static const char *const PORTAL_KEYS[] = {"longest"};
static const char *const DEVICE_KEYS[] = {"name", "dma"};

static const struct limits ANY_TIME = {MICROSECOND, 60 * SECOND, 1};
static const struct limits STACK_SIZES = {4 * KIB, 16 * MIB, 4 * KIB};
static const struct limits POOL_SIZES = {20 * KIB, 64 * MIB, 4 * KIB};
static const struct limits PRIORITIES = {1, PRIORITY_MAX, 1};
static const struct limits BUILDS = {1, 512, 1};
/* With its end, a page. */
enum { ARGUMENTS_MAX = 4095 };

void read_budget(const struct node *node, struct budget *budget)
{
    struct node *time = NULL;
    struct node *period = NULL;
    unsigned overrun = 0;

    budget->at = node->key_at;
    budget->replenishments = 8;
    if (!node_is_mapping(node, "`budget`"))
        return;
    keys_check(node, "a budget", BUDGET_KEYS, LENGTH(BUDGET_KEYS));
    time = node_need(node, "the budget", "time", "1ms");
    period = node_need(node, "the budget", "period", "10ms");
    value_count(node_get(node, "replenishments"), (struct limits){1, QUOLL_REPLENISHMENTS_MAX, 1},
                &budget->replenishments);
    value_choice(node_get(node, "overrun"), OVERRUNS, LENGTH(OVERRUNS), &overrun);
    budget->report = overrun != 0;
    budget->restart = overrun == 2;
    if (time == NULL || period == NULL || !value_time(time, ANY_TIME, &budget->time) ||
        !value_time(period, ANY_TIME, &budget->period))
        return;
    if (budget->time > budget->period)
        mistake(time->at, "the budget's time %s is longer than its period %s; write a time of at most %s", time->text,
                period->text, period->text);
}

void read_priority(const struct node *mapping, const char *what, unsigned *priority)
{
    struct node *node = node_need(mapping, what, "priority", "100");

    if (node != NULL)
        value_count(node, PRIORITIES, priority);
}

void read_common(const struct node *node, struct component *component)
{
    const struct node *core = node_get(node, "core");
    const struct node *watchdog = node_get(node, "watchdog");
    const struct node *budget = node_get(node, "budget");
    bool start = true;

    component->stack = 16 * KIB;
    component->restart = true;
    component->core_at = core != NULL ? core->at : node->key_at;
    read_priority(node, arena_print("`%s`", component->name), &component->priority);
    value_count(core, (struct limits){0, BOOT_CORE_MAX - 1, 1}, &component->core);
    value_bytes(node_get(node, "stack"), STACK_SIZES, &component->stack);
    value_bytes(node_get(node, "pool"), POOL_SIZES, &component->pool);
    value_bool(node_get(node, "restart"), &component->restart);
    value_bool(node_get(node, "start"), &start);
    component->stopped = !start;
    if (watchdog != NULL) {
        component->watchdog_at = watchdog->at;
        value_time(watchdog, (struct limits){MILLISECOND, 60 * SECOND, 1}, &component->watchdog);
    }
    if (budget != NULL)
        read_budget(budget, &component->budget);
}

static void read_portals(const struct node *node, struct component *component)
{
    if (node == NULL || !node_is_mapping(node, "`serves`"))
        return;
    if (node->count > PORTAL_MAX)
        mistake(node->key_at, "`%s` serves %u portals; serve at most %d", component->name, node->count, PORTAL_MAX);
    component->portals = arena_allocate(node->count, sizeof *component->portals);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct portal *portal = &component->portals[component->portal_count];
        const struct node *longest = NULL;

        *portal = (struct portal){
            .at = child->key_at, .name = child->key, .server = component, .number = component->portal_count++};
        name_check(child->key, child->key_at);
        if (!node_is_mapping(child, arena_print("the portal `%s`", child->key)))
            continue;
        keys_check(child, "a portal", PORTAL_KEYS, LENGTH(PORTAL_KEYS));
        longest = node_need(child, arena_print("the portal `%s`", child->key), "longest", "20us");
        if (longest != NULL) {
            portal->longest_at = longest->at;
            value_time(longest, ANY_TIME, &portal->longest);
        }
    }
}

/* A list item that must be one word; NULL after a report. */
static const char *word(const struct node *item, const char *what)
{
    const char *text = NULL;

    if (item->kind != NODE_SCALAR || item->text[0] == '\0') {
        mistake(item->at, "each of %s is one word; write [one, two]", what);
        return NULL;
    }
    value_text(item, &text);
    return text;
}

/* Whether a word stands in a list a second time. */
static bool is_repeated(const struct node *list, const struct node *item)
{
    for (const struct node *other = list->first; other != item; other = other->next) {
        if (other->kind == NODE_SCALAR && item->kind == NODE_SCALAR && strcmp(other->text, item->text) == 0) {
            mistake(item->at, "`%s` stands here twice; remove one", item->text);
            return true;
        }
    }
    return false;
}

static void read_calls(const struct node *node, struct component *component)
{
    if (node == NULL || !node_is_sequence(node, "`calls`"))
        return;
    component->calls = arena_allocate(node->count, sizeof *component->calls);
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        const char *text = word(item, "`calls`");

        if (text != NULL && !is_repeated(node, item))
            component->calls[component->call_count++] = (struct call){.at = item->at, .text = text};
    }
}

static void read_signals(const struct node *node, struct component *component)
{
    if (node == NULL || !node_is_sequence(node, "`signals`"))
        return;
    component->signals = arena_allocate(node->count, sizeof *component->signals);
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        const char *text = word(item, "`signals`");

        if (text != NULL && !is_repeated(node, item))
            component->signals[component->signal_count++] = (struct signal){.at = item->at, .text = text};
    }
}

static void read_flags(const struct node *node, struct component *component)
{
    if (node == NULL || !node_is_sequence(node, "`receives`"))
        return;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        const char *text = word(item, "`receives`");

        if (text == NULL || is_repeated(node, item) || !name_check(text, item->at))
            continue;
        flag_add(component, text, item->at);
    }
}

static void read_devices(const struct node *node, struct component *component)
{
    if (node == NULL || !node_is_sequence(node, "`devices`"))
        return;
    component->devices = arena_allocate(node->count, sizeof *component->devices);
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct device_use *use = &component->devices[component->device_count];
        const struct node *name = item;

        *use = (struct device_use){.at = item->at};
        if (item->kind == NODE_MAPPING) {
            keys_check(item, "a device", DEVICE_KEYS, LENGTH(DEVICE_KEYS));
            name = node_need(item, "the device", "name", "uart0");
            if (name == NULL)
                continue;
            value_bool(node_get(item, "dma"), &use->dma);
        }
        use->at = name->at;
        use->name = word(name, "`devices`");
        if (use->name != NULL && !is_repeated(node, item))
            component->device_count++;
    }
}

static void read_all(const struct node *node, bool *granted, struct position *at)
{
    static const char *const ALL[] = {"all"};
    unsigned choice = 0;

    if (node == NULL)
        return;
    *at = node->at;
    *granted = value_choice(node, ALL, LENGTH(ALL), &choice);
}

/* What it may make, and what it is told. */
static void read_own(const struct node *node, struct component *component)
{
    const struct node *builds = node_get(node, "builds");
    const struct node *arguments = node_get(node, "arguments");

    value_count(builds, BUILDS, &component->builds);
    component->builds_at = builds != NULL ? builds->at : node->key_at;
    value_text(arguments, &component->arguments);
    component->arguments_at = arguments != NULL ? arguments->at : node->key_at;
    if (component->arguments != NULL && strlen(component->arguments) > ARGUMENTS_MAX)
        mistake(component->arguments_at, "`arguments` is %zu characters long; write at most %d",
                strlen(component->arguments), ARGUMENTS_MAX);
}

static void read_passive(const struct node *node, struct component *component)
{
    const struct node *passive = node_get(node, "passive");

    value_bool(passive, &component->passive);
    component->passive_at = passive != NULL ? passive->at : node->key_at;
    if (component->passive && node_get(node, "budget") != NULL)
        mistake(node_get(node, "budget")->key_at,
                "`%s` is passive, it runs on its callers' budgets; remove `budget` or `passive`", component->name);
    if (!component->passive && node_get(node, "budget") == NULL)
        mistake(node->key_at,
                "`%s` lacks `budget`; write for example `budget: {time: 1ms, period: 10ms}`, or "
                "`passive: true` for a server that runs on its callers' budgets",
                component->name);
}

void read_component(const struct node *node, struct component *component)
{
    const char *what = arena_print("the component `%s`", node->key);
    const struct node *program = NULL;
    const struct node *console = NULL;
    const struct node *trace = NULL;

    component->at = node->key_at;
    component->name = node->key;
    component->program = node->key;
    component->program_at = node->key_at;
    name_check(node->key, node->key_at);
    if (!node_is_mapping(node, what))
        return;
    keys_check(node, "a component", COMPONENT_KEYS, LENGTH(COMPONENT_KEYS));
    program = node_get(node, "program");
    if (program != NULL && value_text(program, &component->program))
        component->program_at = program->at;
    read_common(node, component);
    read_passive(node, component);
    console = node_get(node, "console");
    value_bool(console, &component->console);
    component->console_at = console != NULL ? console->at : node->key_at;
    trace = node_get(node, "trace");
    value_bool(trace, &component->trace);
    component->trace_at = trace != NULL ? trace->at : node->key_at;
    read_own(node, component);
    read_shares(node, component);
    read_flags(node_get(node, "receives"), component);
    read_devices(node_get(node, "devices"), component);
    read_portals(node_get(node, "serves"), component);
    read_calls(node_get(node, "calls"), component);
    read_signals(node_get(node, "signals"), component);
    read_all(node_get(node, "inspects"), &component->inspects, &component->inspects_at);
    read_all(node_get(node, "manages"), &component->manages, &component->manages_at);
}
