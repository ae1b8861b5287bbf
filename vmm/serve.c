/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The VMM's loop: that of every component (rt/component.h), with a short one inside it for exits that are answered in a
 * few instructions.
 */
#include "config.h"
#include "exit_quick.h"
#include "rt/component.h"

/* In a register for as long as the loop runs, whatever the compiler thinks it costs to make it anew. */
#define KEPT(variable) __asm__("" : "+r"(variable))

/* Word by word, so that `word` is in registers until then; of a reply, four. */
static inline __attribute__((always_inline)) void give(struct quoll_message *message, const uint64_t word[8], bool all)
{
    message->word[0] = word[0];
    message->word[1] = word[1];
    message->word[2] = word[2];
    message->word[3] = word[3];
    if (!all)
        return;
    message->word[4] = word[4];
    message->word[5] = word[5];
    message->word[6] = word[6];
    message->word[7] = word[7];
}

/*
 * Send the answer in `message`, and answer plain accesses as long as nothing else comes or is due. False when the last
 * answer is still to be sent; otherwise `message` has the words of what came, and x8 as its label. Not inline: the
 * registers that a call preserves are for this loop.
 */
static __attribute__((noinline)) bool serve_quickly(struct quoll_message *message)
{
    const uint64_t plain = (uint64_t)QUOLL_KIND_MESSAGE << 56 | config.exit_label;
    struct exit_tables tables = EXIT_TABLES;
    struct vcpu *vcpu = &vm.vcpu[0];
    struct quoll_vcpu_state *const state = vcpu->state;
    struct component_exchange *exchange = &component_exchange;
    uint64_t number_and_flags = exchange->number_and_flags;
    uint64_t word[8] = {message->word[0], message->word[1], message->word[2], message->word[3]};
    uint64_t what = 0;

    KEPT(tables.devices);
    KEPT(tables.mask);
    KEPT(tables.plain);
    KEPT(vcpu);
    KEPT(exchange);
    vcpu->in_exit = true; /* and whatever comes after an exit says what it is itself */
    do {
        what = quoll_trap_answer(word, number_and_flags, exchange->deadline);
        if (__builtin_expect(what != plain || !exit_quick(&tables, vcpu, state, word), false)) {
            give(message, word, true);
            message->label = what;
            return true;
        }
        number_and_flags = exchange->number_and_flags;
    } while (__builtin_expect(number_and_flags != 0, true));
    give(message, word, false);
    return false;
}

_Noreturn void runtime_main(void)
{
    struct quoll_message message = {0};

    component_start();
    component_next(&message, false);
    for (;;) {
        component_message(message.label, &message);
        if (component_exchange.number_and_flags == 0 || !serve_quickly(&message))
            component_next(&message, true);
        else if (!component_received(&message, message.label))
            component_next(&message, false);
    }
}
