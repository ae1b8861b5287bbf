/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One stub for every call in abi/calls.def:
 *
 *   struct quoll_result quoll_<object>_<name>(uint32_t capability, arguments...)
 *   struct quoll_result quoll_self_<name>(...) acts on the calling thread
 *
 * The message calls have stubs of their own in rt/message.h.
 */
#pragma once

#include "abi/calls.h"
#include "abi/message.h"
#include "rt/trap.h"

struct quoll_result {
    enum quoll_error error;
    uint64_t word[8]; /* x0..x7 */
};

static inline struct quoll_result quoll_call_words(unsigned number, uint64_t capability, uint64_t a0, uint64_t a1,
                                                   uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct quoll_trap trap = {.word = {a0, a1, a2, a3, a4, a5}, .x8 = capability, .x9 = number};
    struct quoll_result result = {0};

    quoll_trap(&trap);
    result.error = (enum quoll_error)(uint32_t)trap.x8;
    for (unsigned i = 0; i < 8; i++)
        result.word[i] = trap.word[i];
    return result;
}

/* clang-format off */
/* Expand CALL(number, object, name, RIGHT, VALUE(a), CAP(b, ...)) into a function of (capability, a, b). */
#define VALUE(name) name
#define CAP(name, type, right) name
#define QUOLL_STUB(count, ...) QUOLL_STUB_PASTE(QUOLL_STUB_, count)(__VA_ARGS__)
#define QUOLL_STUB_PASTE(a, b) a##b
#define QUOLL_COUNT(...) QUOLL_COUNT_PICK(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define QUOLL_COUNT_PICK(a, b, c, d, e, f, n, ...) n
#define QUOLL_STUB_HEAD(number, object, name) static inline struct quoll_result quoll_##object##_##name(uint64_t capability
#define QUOLL_STUB_0(n, o, name, ...) QUOLL_STUB_HEAD(n, o, name)) { return quoll_call_words(n, capability, 0, 0, 0, 0, 0, 0); }
#define QUOLL_STUB_1(n, o, name, a) QUOLL_STUB_HEAD(n, o, name), uint64_t a) { return quoll_call_words(n, capability, a, 0, 0, 0, 0, 0); }
#define QUOLL_STUB_2(n, o, name, a, b) QUOLL_STUB_HEAD(n, o, name), uint64_t a, uint64_t b) { return quoll_call_words(n, capability, a, b, 0, 0, 0, 0); }
#define QUOLL_STUB_3(n, o, name, a, b, c) QUOLL_STUB_HEAD(n, o, name), uint64_t a, uint64_t b, uint64_t c) { return quoll_call_words(n, capability, a, b, c, 0, 0, 0); }
#define QUOLL_STUB_4(n, o, name, a, b, c, d) QUOLL_STUB_HEAD(n, o, name), uint64_t a, uint64_t b, uint64_t c, uint64_t d) { return quoll_call_words(n, capability, a, b, c, d, 0, 0); }
#define QUOLL_STUB_5(n, o, name, a, b, c, d, e) QUOLL_STUB_HEAD(n, o, name), uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) { return quoll_call_words(n, capability, a, b, c, d, e, 0); }
#define QUOLL_STUB_6(n, o, name, a, b, c, d, e, f) QUOLL_STUB_HEAD(n, o, name), uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) { return quoll_call_words(n, capability, a, b, c, d, e, f); }
#define NOTHING _, _, _, _, _, _, 0 /* six to skip, then the count */
#define CALL(number, object, name, right, ...) QUOLL_STUB(QUOLL_COUNT(__VA_ARGS__), number, object, name, __VA_ARGS__)
#include "abi/calls.def"
#undef CALL
#undef NOTHING
#undef VALUE
#undef CAP
/* clang-format on */
