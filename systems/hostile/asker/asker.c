/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour at the agent, and at crypto behind it: has both sum the same text, another each time, and
 * compares. After every few answers the agent is connected to anew.
 */
#include <string.h>

#include "component.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/agent/protocol.h"
#include "systems/hostile/talk.h"
#include "systems/hostile/tally.h"
#include "vsock/vsock.h"

enum { TEXT = 64, PAUSE_NS = 1000000, SESSION = 8 /* answers */ };

/* Of a request and of its answer (services/agent/protocol.h). */
struct frame {
    uint32_t size;
    uint64_t word[8];
    uint8_t data[TEXT];
} __attribute__((packed));

enum { ASKED = sizeof(struct frame), ANSWERED = sizeof(struct frame) - TEXT + CRYPTO_HASH_BYTES };

static struct vsock vsock;
static struct vsock_socket sockets[1];
static struct talk talk = {.port = AGENT_PORT_FIRST + AGENT_PORT_PSA};
static struct crypto crypto;
static uint8_t hash[CRYPTO_HASH_BYTES];
static struct frame question, answer;
static uint64_t texts, answers;
static struct tally agents = {.what = "agent"}, cryptos = {.what = "crypto"};

static void ask_crypto(void)
{
    struct crypto_room room = {hash, sizeof(hash), 0};
    struct crypto_bytes text = {question.data, TEXT};

    memcpy(question.data, &texts, sizeof(texts));
    texts++;
    tally_ask(&cryptos);
    tally_answer(&cryptos, crypto_hash_compute(&crypto, CRYPTO_ALG_SHA_256, text, &room) == CRYPTO_SUCCESS);
}

static void ask_agent(void)
{
    question.size = ASKED - sizeof(question.size);
    question.word[0] = CRYPTO_HASH;
    question.word[2] = CRYPTO_ALG_SHA_256;
    question.word[3] = TEXT;
    talk_begin(&talk);
    tally_ask(&agents);
}

/* A session that is refused before there was any has met nobody: the agent starts later. */
static void go_on(void)
{
    if (agents.since == 0)
        return;
    switch (talk_go_on(&talk, &vsock, &question, ASKED, &answer, ANSWERED)) {
    case TALK_ANSWERED:
        tally_answer(&agents, answer.word[0] == 0 && memcmp(answer.data, hash, sizeof(hash)) == 0);
        if (++answers % SESSION == 0)
            talk_leave(&talk, &vsock);
        break;
    case TALK_ENDED:
        tally_lose(&agents, answers != 0);
        break;
    case TALK_WAITS:
        break;
    }
}

void component_deadline(void)
{
    vsock_event(&vsock, 0);
    tally_say(&agents);
    tally_say(&cryptos);
    if (agents.since == 0) {
        ask_crypto();
        ask_agent();
    }
    go_on();
    component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    vsock_event(&vsock, flags);
    go_on();
}

void component_start(void)
{
    if (crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP) != CRYPTO_SUCCESS ||
        vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, 1) != VSOCK_DONE) {
        printf("no crypto or no sockets\n");
        return;
    }
    component_wait_until(time_ticks());
}
