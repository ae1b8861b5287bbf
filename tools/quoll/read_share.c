/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a component or a guest has of what a service shares out: `disk`, `net`, `vsock`, `crypto` of a component,
 * `virtio-blk`, `virtio-net`, `virtio-vsock`, `virtio-rng` of a VM.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

enum { KEYS_MAX = 8 };
static const char *const NATIVE_KEYS[SHARE_KINDS][KEYS_MAX] = {
    [SHARE_DISK] = {"service", "partition", "range", "access", "window"},
    [SHARE_NET] = {"service", "mac", "vlan", "reaches", "window"},
    [SHARE_VSOCK] = {"service", "ports", "reaches", "window"},
    [SHARE_CRYPTO] = {"service", "window"},
};
static const char *const GUEST_KEYS[SHARE_KINDS][KEYS_MAX] = {
    [SHARE_DISK] = {"service", "trusted", "partition", "range", "access"},
    [SHARE_NET] = {"service", "trusted", "mac", "vlan", "reaches"},
    [SHARE_VSOCK] = {"service", "trusted", "cid", "reaches"},
    [SHARE_ENTROPY] = {"service", "trusted"},
};
static const char *const PORTS_KEYS[] = {"first", "count"};

static const struct limits WINDOWS = {32 * KIB, 16 * MIB, 4 * KIB};
static const struct limits CRYPTO_WINDOWS = {8 * KIB, 1 * MIB, 4 * KIB};
static const struct limits VLANS = {1, 4094, 1};
/* 0 to 2 have a meaning (virtio 1.2, 5.10.4). */
static const struct limits CIDS = {3, UINT32_MAX - 1, 1};
static const struct limits PORTS = {1, 0x7fffffff, 1};
static const struct limits PORT_COUNTS = {1, 64, 1};

/* Six octets in hexadecimal; false: it is something else. */
static bool parse_mac(const char *text, uint64_t *mac)
{
    static const char form[] = "xx:xx:xx:xx:xx:xx";

    if (strlen(text) != strlen(form))
        return false;
    for (unsigned i = 0; i < strlen(form); i++)
        if (form[i] == ':' ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    for (unsigned i = 0; i < strlen(form); i += 3)
        *mac = *mac << 8 | strtoul(text + i, NULL, 16);
    return true;
}

static void read_mac(const struct node *node, struct share *share)
{
    const char *text = NULL;

    if (node == NULL || !value_text(node, &text))
        return;
    share->net.mac_at = node->at;
    if (!parse_mac(text, &share->net.mac))
        mistake(node->at, "`%s` is no MAC address; write six octets, for example \"52:54:00:00:00:01\"", text);
    else if ((share->net.mac >> 40 & 1) != 0 || share->net.mac == 0)
        mistake(node->at, "`%s` is not the address of one station; write one whose first octet is even", text);
}

static void read_reaches(const struct node *node, struct share *share)
{
    share->reaches_all = node == NULL;
    if (node == NULL || !node_is_sequence(node, "`reaches`"))
        return;
    share->reaches = arena_allocate(node->count, sizeof *share->reaches);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct peer_name *reach = &share->reaches[share->reach_count++];

        reach->at = child->at;
        reach->name = "";
        value_text(child, &reach->name);
    }
}

static void read_ports(const struct node *node, struct share *share)
{
    const struct node *first = NULL;

    if (node == NULL || !node_is_mapping(node, "`ports`"))
        return;
    share->vsock.at = node->at;
    share->vsock.port_count = 1;
    keys_check(node, "`ports`", PORTS_KEYS, LENGTH(PORTS_KEYS));
    first = node_need(node, "`ports`", "first", "4000");
    if (first != NULL)
        value_count(first, PORTS, &share->vsock.port_first);
    value_count(node_get(node, "count"), PORT_COUNTS, &share->vsock.port_count);
}

static void read_cid(const struct node *node, const char *what, struct share *share)
{
    const struct node *cid = node_need(node, what, "cid", "3");

    if (cid == NULL)
        return;
    share->vsock.at = cid->at;
    value_count(cid, CIDS, &share->vsock.cid);
}

static void read_kind(const struct node *node, const char *key, const struct component *client, struct share *share)
{
    const char *what = arena_print("the %s", key);

    switch (share->kind) {
    case SHARE_DISK:
        read_disk(node, key, share);
        break;
    case SHARE_NET:
        read_mac(node_get(node, "mac"), share);
        value_count(node_get(node, "vlan"), VLANS, &share->net.vlan);
        read_reaches(node_get(node, "reaches"), share);
        break;
    case SHARE_VSOCK:
        if (client->vm != NULL)
            read_cid(node, what, share);
        else
            read_ports(node_get(node, "ports"), share);
        read_reaches(node_get(node, "reaches"), share);
        break;
    default:
        break;
    }
}

static void read_share(const struct node *node, enum share_kind kind, struct component *client)
{
    const struct share_facts *facts = &share_facts[kind];
    bool guest = client->vm != NULL;
    const char *key = guest ? facts->guest_key : facts->native_key;
    const char *const *keys = guest ? GUEST_KEYS[kind] : NATIVE_KEYS[kind];
    const struct node *service = NULL;
    struct share *share = NULL;
    unsigned key_count = 0;

    if (node == NULL || !node_is_mapping(node, arena_print("`%s`", key)))
        return;
    while (key_count < KEYS_MAX && keys[key_count] != NULL)
        key_count++;
    keys_check(node, arena_print("a %s", key), keys, key_count);
    share = arena_allocate(1, sizeof *share);
    *share = (struct share){.kind = kind, .at = node->key_at, .trusted = guest, .window = facts->window};
    client->shares[kind] = share;
    read_kind(node, key, client, share);
    value_bytes(node_get(node, "window"), kind == SHARE_CRYPTO ? CRYPTO_WINDOWS : WINDOWS, &share->window);
    value_bool(node_get(node, "trusted"), &share->trusted);
    if (guest)
        share->window = share->trusted ? 0 : facts->shadow;
    service = node_need(node, arena_print("the %s", key), "service", facts->portal);
    if (service == NULL)
        return;
    share->at = service->at;
    value_text(service, &share->service_name);
}

void read_shares(const struct node *node, struct component *client)
{
    for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
        const char *key = client->vm != NULL ? share_facts[kind].guest_key : share_facts[kind].native_key;

        if (key != NULL)
            read_share(node_get(node, key), (enum share_kind)kind, client);
    }
}
