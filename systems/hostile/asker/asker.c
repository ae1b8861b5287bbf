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
static struct vsock_socket *agent;
static struct crypto crypto;
static uint8_t hash[CRYPTO_HASH_BYTES];
static struct frame question, answer;
static size_t sent, received;
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
    sent = received = 0;
    tally_ask(&agents);
}

static void leave(void)
{
    vsock_close(&vsock, agent);
    agent = NULL;
}

/* A session that ends is an answer that went wrong, unless it is refused before there was any: the agent starts later.
 */
static void go_on(void)
{
    if (agents.since == 0)
        return;
    if (agent == NULL)
        agent = vsock_connect(&vsock, VIRTIO_VSOCK_CID_HOST, AGENT_PORT_FIRST + AGENT_PORT_PSA);
    if (agent == NULL)
        return;
    sent += vsock_send(&vsock, agent, (const uint8_t *)&question + sent, ASKED - sent);
    received += vsock_receive(&vsock, agent, (uint8_t *)&answer + received, ANSWERED - received);
    if (received == ANSWERED) {
        tally_answer(&agents, answer.word[0] == 0 && memcmp(answer.data, hash, sizeof(hash)) == 0);
        if (++answers % SESSION == 0)
            leave();
    } else if (agent->state == VSOCK_ENDED) {
        leave();
        agents.since = 0;
        agents.wrong += answers != 0;
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
