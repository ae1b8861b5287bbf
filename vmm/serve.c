/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The VMM's loop: that of every component (rt/component.h), with a short one inside it for exits that are answered in a
 * few instructions.
 */
#include <string.h>

#include "config.h"
#include "exit_quick.h"
#include "rt/component.h"
#include "rt/trap.h"

/*
 * Send the answer in `message`, and answer plain accesses as long as nothing else comes or is due. False when the last
 * answer is still to be sent; otherwise *x8 and `message` say what came.
 */
static bool serve_quickly(struct quoll_message *message, uint64_t *x8)
{
    const uint64_t plain = (uint64_t)QUOLL_KIND_MESSAGE << 56 | config.exit_label;
    uint64_t word[8] = {message->word[0], message->word[1], message->word[2], message->word[3]};
    struct exit_words words = {0};
    bool sent = true;

    do {
        *x8 = quoll_trap_answer(word, component_exchange.number_and_flags, component_exchange.deadline);
        words = (struct exit_words){word[0], word[1], word[2], word[3], word[4]};
        if (__builtin_expect(*x8 != plain ||
                                 (!exit_quick(&vm.vcpu[0], &words) && !exit_quick_register(&vm.vcpu[0], &words)),
                             false)) {
            memcpy(message->word, word, sizeof(word));
            return true;
        }
        sent = component_exchange.simple;
        word[0] = words.reason;
        word[1] = words.esr;
        word[2] = words.address;
        word[3] = words.value;
    } while (__builtin_expect(sent, true));
    memcpy(message->word, word, sizeof(word));
    return false;
}

_Noreturn void runtime_main(void)
{
    struct quoll_message message = {0};
    uint64_t x8 = 0;

    component_start();
    component_next(&message, false);
    for (;;) {
        component_message(message.label, &message);
        if (!component_exchange.simple || !serve_quickly(&message, &x8))
            component_next(&message, true);
        else if (!component_received(&message, x8))
            component_next(&message, false);
    }
}
