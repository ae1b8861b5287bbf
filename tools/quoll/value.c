/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A number is digits and a mandatory unit, so that nobody has to guess what `budget: 100` counts.
 */
#include "tools/quoll/value.h"

#include <inttypes.h>
#include <string.h>

#include "abi/plan.h"
#include "tools/quoll/arena.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit BYTE_UNITS[] = {{"KiB", KIB}, {"MiB", MIB}, {"GiB", GIB}};
static const struct unit TIME_UNITS[] = {{"ns", NANOSECOND}, {"us", MICROSECOND}, {"ms", MILLISECOND}, {"s", SECOND}};

#define LENGTH(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

static bool is_scalar(const struct node *node, const char *example)
{
    if (node->kind != NODE_SCALAR) {
        mistake(node->at, "`%s` takes a single value; write %s", node->key != NULL ? node->key : "this", example);
        return false;
    }
    if (node->text[0] == '\0') {
        mistake(node->at, "`%s` has no value; write %s", node->key != NULL ? node->key : "this", example);
        return false;
    }
    return true;
}

static const char *key_of(const struct node *node)
{
    return node->key != NULL ? node->key : node->text;
}

/* Digits at *text, moved behind them. False when there are none or they exceed 64 bits. */
static bool take_digits(const char **text, uint64_t *number)
{
    const char *start = *text;
    uint64_t sum = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return *text != start;
}

static bool starts_with_digit(const char *text)
{
    return text[0] >= '0' && text[0] <= '9';
}

/* What `take_digits` refused: not a number, or one beyond 64 bits. */
static void report_digits(const struct node *node, const char *example)
{
    if (starts_with_digit(node->text))
        mistake(node->at, "`%s` is `%s`, larger than any machine; write for example %s", key_of(node), node->text,
                example);
    else
        mistake(node->at, "`%s` is `%s`, which is not a number; write for example %s", key_of(node), node->text,
                example);
}

/* `fraction` of a whole number, such as `.9ms` of 9, as a whole number of a smaller unit; NULL: it is none. */
static const char *without_fraction(uint64_t whole, const char *fraction, const struct unit *units, unsigned unit_count)
{
    const char *name = fraction + 1;
    uint64_t digits = 0;
    uint64_t parts = 1;

    if (!take_digits(&name, &digits) || name - fraction > 10)
        return NULL;
    for (const char *at = fraction + 1; at < name; at++)
        parts *= 10;
    for (unsigned i = 0; i < unit_count; i++) {
        uint64_t factor = units[i].factor;

        if (strcmp(name, units[i].name) != 0 || digits * factor % parts != 0 || whole > UINT64_MAX / 2 / factor)
            continue;
        for (unsigned j = i; j-- > 0;)
            if ((whole * factor + digits * factor / parts) % units[j].factor == 0)
                return arena_print("%" PRIu64 "%s", (whole * factor + digits * factor / parts) / units[j].factor,
                                   units[j].name);
    }
    return NULL;
}

/* The number is there, and behind it is no unit. */
static void report_unit(const struct node *node, uint64_t number, const char *unit, const struct unit *units,
                        unsigned unit_count, const char *example)
{
    const char *names[4] = {0};

    for (unsigned i = 0; i < unit_count; i++)
        names[i] = units[i].name;
    if (unit[0] == '\0') {
        mistake(node->at, "`%s` is `%s`, without a unit; write for example %s (units: %s)", key_of(node), node->text,
                example, join(names, unit_count));
    } else if (unit[0] == '.' || unit[0] == ',') {
        const char *whole = without_fraction(number, unit, units, unit_count);

        mistake(node->at, "`%s` is `%s`, which is not a whole number; write %s (units: %s)", key_of(node), node->text,
                whole != NULL ? whole : arena_print("for example %s", example), join(names, unit_count));
    } else {
        mistake(node->at, "`%s` has the unit `%s`, which is not one of %s; write for example %s", key_of(node), unit,
                join(names, unit_count), example);
    }
}

static bool with_unit(const struct node *node, const struct unit *units, unsigned unit_count, const char *example,
                      uint64_t *value)
{
    const char *text = node->text;
    uint64_t number = 0;

    if (!take_digits(&text, &number)) {
        report_digits(node, example);
        return false;
    }
    for (unsigned i = 0; i < unit_count; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        if (number > UINT64_MAX / units[i].factor) {
            report_digits(node, example);
            return false;
        }
        *value = number * units[i].factor;
        return true;
    }
    report_unit(node, number, text, units, unit_count, example);
    return false;
}

static bool within(const struct node *node, struct limits limits, uint64_t value, const char *(*print)(uint64_t))
{
    if (value < limits.least) {
        mistake(node->at, "`%s` is %s, too little; write %s or more", key_of(node), node->text, print(limits.least));
        return false;
    }
    if (value > limits.most) {
        mistake(node->at, "`%s` is %s, too much; write %s or less", key_of(node), node->text, print(limits.most));
        return false;
    }
    if (value % limits.multiple != 0) {
        uint64_t next = (value / limits.multiple + 1) * limits.multiple;

        mistake(node->at, "`%s` is %s, not a multiple of %s; write for example %s", key_of(node), node->text,
                print(limits.multiple), print(next));
        return false;
    }
    return true;
}

bool value_bytes(const struct node *node, struct limits limits, uint64_t *value)
{
    uint64_t number = 0;

    if (node == NULL)
        return true;
    if (!is_scalar(node, "a size such as 64KiB") ||
        !with_unit(node, BYTE_UNITS, LENGTH(BYTE_UNITS), "64KiB", &number) ||
        !within(node, limits, number, print_bytes))
        return false;
    *value = number;
    return true;
}

bool value_time(const struct node *node, struct limits limits, uint64_t *value)
{
    uint64_t number = 0;

    if (node == NULL)
        return true;
    if (!is_scalar(node, "a time such as 1ms") || !with_unit(node, TIME_UNITS, LENGTH(TIME_UNITS), "1ms", &number) ||
        !within(node, limits, number, print_time))
        return false;
    *value = number;
    return true;
}

static const char *print_number(uint64_t number)
{
    return arena_print("%" PRIu64, number);
}

bool value_number(const struct node *node, struct limits limits, uint64_t *value)
{
    const char *text = NULL;
    uint64_t number = 0;

    if (node == NULL)
        return true;
    if (!is_scalar(node, "a number"))
        return false;
    text = node->text;
    if (!take_digits(&text, &number) || text[0] != '\0') {
        if (starts_with_digit(node->text) && strspn(node->text, "0123456789") == strlen(node->text))
            mistake(node->at, "`%s` is %s, too much; write %s or less", key_of(node), node->text,
                    print_number(limits.most));
        else
            mistake(node->at, "`%s` is `%s`, which is not a number; write one from %" PRIu64 " to %" PRIu64,
                    key_of(node), node->text, limits.least, limits.most);
        return false;
    }
    if (!within(node, limits, number, print_number))
        return false;
    *value = number;
    return true;
}

bool value_count(const struct node *node, struct limits limits, unsigned *value)
{
    uint64_t number = *value;

    if (!value_number(node, limits, &number))
        return false;
    *value = (unsigned)number;
    return true;
}

bool value_bool(const struct node *node, bool *value)
{
    static const char *const WORDS[] = {"false", "true"};
    unsigned choice = *value;

    if (!value_choice(node, WORDS, LENGTH(WORDS), &choice))
        return false;
    *value = choice == 1;
    return true;
}

bool value_text(const struct node *node, const char **value)
{
    if (node == NULL)
        return true;
    if (!is_scalar(node, "text"))
        return false;
    *value = node->text;
    return true;
}

bool value_choice(const struct node *node, const char *const *choices, unsigned count, unsigned *value)
{
    const char *list = join(choices, count);

    if (node == NULL)
        return true;
    if (!is_scalar(node, arena_print("one of %s", list)))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(node->text, choices[i]) == 0) {
            *value = i;
            return true;
        }
    }
    mistake(node->at, "`%s` is `%s`; write one of %s", key_of(node), node->text, list);
    return false;
}

bool name_check(const char *name, struct position at)
{
    size_t length = strlen(name);

    if (length >= PLAN_NAME_MAX) {
        mistake(at, "the name `%s` is too long; write at most %d characters", name, PLAN_NAME_MAX - 1);
        return false;
    }
    if (name[0] < 'a' || name[0] > 'z' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length ||
        name[length - 1] == '-') {
        mistake(at, "`%s` is not a name; write lower-case letters, digits and hyphens, beginning with a letter", name);
        return false;
    }
    return true;
}

bool node_is_mapping(const struct node *node, const char *what)
{
    if (node->kind == NODE_MAPPING)
        return true;
    mistake(node->at, "%s must be a mapping; write `name: value` lines, indented, below it", what);
    return false;
}

bool node_is_sequence(const struct node *node, const char *what)
{
    if (node->kind == NODE_SEQUENCE)
        return true;
    mistake(node->at, "%s must be a list; write [%s]", what,
            node->kind == NODE_SCALAR && node->text[0] != '\0' ? node->text : "one, two");
    return false;
}

void keys_check(const struct node *mapping, const char *what, const char *const *keys, unsigned count)
{
    for (const struct node *node = mapping->first; node != NULL; node = node->next) {
        bool known = false;

        for (unsigned i = 0; i < count; i++)
            known = known || strcmp(node->key, keys[i]) == 0;
        if (!known)
            mistake(node->key_at, "%s has no key `%s`%s (keys: %s)", what, node->key, nearest(node->key, keys, count),
                    join(keys, count));
    }
}

struct node *node_need(const struct node *mapping, const char *what, const char *key, const char *example)
{
    struct node *node = node_get(mapping, key);

    if (node == NULL)
        mistake(mapping->key_at, "%s lacks `%s`; write for example `%s: %s`", what, key, key, example);
    return node;
}

static const char *print_unit(uint64_t number, const struct unit *units, unsigned count)
{
    for (unsigned i = count; i-- > 0;)
        if (number % units[i].factor == 0 && number != 0)
            return arena_print("%" PRIu64 "%s", number / units[i].factor, units[i].name);
    return NULL;
}

const char *print_bytes(uint64_t bytes)
{
    const char *text = print_unit(bytes, BYTE_UNITS, LENGTH(BYTE_UNITS));

    return text != NULL ? text : arena_print("%" PRIu64 " bytes", bytes);
}

const char *print_time(uint64_t nanoseconds)
{
    const char *text = print_unit(nanoseconds, TIME_UNITS, LENGTH(TIME_UNITS));

    return text != NULL ? text : "0ns";
}
