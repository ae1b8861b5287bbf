/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one way into the kernel for calls: look up, type, check rights, then run the call's own code.
 */
#include "calls.h"

#include "arch.h"
#include "domain.h"
#include "thread.h"
#include "trace.h"

/* Object column of abi/calls.def as a number: a type, or one of the two special ones. */
enum {
#define OBJECT(number, name, NAME) OBJECT_##name = (number),
#include "abi/objects.def"
#undef OBJECT
    OBJECT_any = 0x40,
    OBJECT_self = 0x41,
};

struct argument {
    uint8_t type; /* of a CAP; QUOLL_TYPE_NONE: a VALUE */
    uint16_t right;
};

struct entry {
    call_function *function;
    uint8_t object;
    uint8_t count; /* of arguments */
    uint16_t right;
    struct argument argument[CALL_ARGUMENTS_MAX];
};

#define VALUE(name)        \
    {                      \
        QUOLL_TYPE_NONE, 0 \
    }
#define CAP(name, TYPE, RIGHT)                 \
    {                                          \
        QUOLL_TYPE_##TYPE, QUOLL_RIGHT_##RIGHT \
    }
#define NOTHING    VALUE(none)
#define COUNT(...) (sizeof((const struct argument[]){__VA_ARGS__}) / sizeof(struct argument))
#define CALL(number, object, name, RIGHT, ...) \
    {object##_call_##name, OBJECT_##object, COUNT(__VA_ARGS__), QUOLL_RIGHT_##RIGHT, {__VA_ARGS__}},
static const struct entry entries[] = {
    {0}, /* of numbers that no call has */
#include "abi/calls.def"
};
#undef CALL
#undef COUNT

/* By number: which entry. */
enum {
    POSITION_NONE,
#define CALL(number, object, name, ...) POSITION_##object##_##name,
#include "abi/calls.def"
#undef CALL
};
static const uint8_t positions[QUOLL_CALL_LIMIT] = {
#define CALL(number, object, name, ...) [(number)] = POSITION_##object##_##name,
#include "abi/calls.def"
#undef CALL
};
#undef NOTHING
#undef CAP
#undef VALUE

/* The capability at an index, of this type and with this right. A dying object is found by its destroyer only. */
static enum quoll_error look_up(struct thread *thread, uint64_t index, unsigned type, unsigned right, bool dying,
                                struct slot **slot)
{
    *slot = domain_slot(thread->domain, index);
    if (*slot == NULL || (*slot)->object == NULL || ((*slot)->object->dying && !dying) || arch_fault())
        return QUOLL_BAD_CAPABILITY;
    if (type != OBJECT_any && (*slot)->object->type != type)
        return QUOLL_BAD_TYPE;
    return ((*slot)->rights & right) == right ? QUOLL_OK : QUOLL_NO_RIGHT;
}

static int run(struct thread *thread, const struct entry *entry)
{
    struct call call = {.thread = thread};
    enum quoll_error error = QUOLL_OK;

    if (entry->object != OBJECT_self) {
        error = look_up(thread, *thread_word(thread, 8), entry->object, entry->right, entry->object == OBJECT_any,
                        &call.slot);
        if (error != QUOLL_OK)
            return error;
        call.object = call.slot->object;
    }
    for (unsigned i = 0; i < entry->count; i++) {
        const struct argument *argument = &entry->argument[i];

        call.value[i] = *thread_word(thread, i);
        if (argument->type == QUOLL_TYPE_NONE)
            continue;
        error = look_up(thread, call.value[i], argument->type, argument->right, false, &call.capability[i]);
        if (error != QUOLL_OK)
            return error;
    }
    return entry->function(&call);
}

void call_dispatch(struct thread *thread)
{
    uint64_t number = *thread_word(thread, 9) & 0xffff;
    const struct entry *entry = &entries[positions[arch_index_nospec(number, QUOLL_CALL_LIMIT)]];
    int answer = QUOLL_BAD_CALL;

    trace_call(thread);
    if (number < QUOLL_CALL_LIMIT && entry->function != NULL)
        answer = run(thread, entry);
    trace_answer(thread, number, answer);
    if (answer >= 0)
        call_finish(thread, (uint64_t)answer);
    else if (answer == ANSWER_RESTART)
        arch_thread_restart_call(thread);
}
