/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What each kind of share is called and needs: a line of a table. Reading, resolving and expanding know no more of a
 * kind than this and its own keys.
 */
#include <string.h>

#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

const struct share_facts share_facts[SHARE_KINDS] = {
    [SHARE_DISK] = {"disk", "virtio-blk", "block", "a disk", "DISK", 1, 1, 256 * KIB, 2 * MIB, 512 * KIB, "1MiB", true},
    [SHARE_NET] = {"net", "virtio-net", "net", "a network", "NET", 2, 2, 256 * KIB, 4 * MIB, 512 * KIB, "1MiB", false},
    [SHARE_VSOCK] = {"vsock", "virtio-vsock", "vsock", "sockets", "VSOCK", 3, 3, 256 * KIB, 4 * MIB, 0, "", false},
    [SHARE_ENTROPY] = {NULL, "virtio-rng", "entropy", "entropy", "ENTROPY", 4, 1, 0, 256 * KIB, 4 * KIB, "64KiB", true},
    [SHARE_CRYPTO] = {"crypto", NULL, "crypto", "keys", "CRYPTO", 0, 0, 16 * KIB, 0, 0, "", false},
};

const char *share_key(const struct share *share, const struct component *client)
{
    const struct share_facts *facts = &share_facts[share->kind];

    return client->vm != NULL ? facts->guest_key : facts->native_key;
}

bool share_of(const struct component *client, enum share_kind kind, const struct component *service)
{
    return client->shares[kind] != NULL && client->shares[kind]->service == service;
}

static bool names(const struct share *share, const char *name)
{
    bool named = share->reaches_all;

    for (unsigned i = 0; i < share->reach_count; i++)
        named = named || strcmp(share->reaches[i].name, name) == 0;
    return named;
}

/* Two clients reach each other when neither leaves the other out. */
uint64_t share_reaches(const struct system *system, const struct component *client, enum share_kind kind)
{
    const struct share *share = client->shares[kind];
    uint64_t mask = names(share, "wire") ? SHARE_WIRE : 0;
    unsigned number = 0;

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *other = &system->components[i];

        if (!share_of(other, kind, share->service))
            continue;
        if (other != client && names(share, other->name) && names(other->shares[kind], client->name))
            mask |= UINT64_C(1) << number;
        number++;
    }
    return mask;
}
