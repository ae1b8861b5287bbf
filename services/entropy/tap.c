/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tap.h"

#include <mbedtls/platform_util.h>

#include "virtio/segment.h"

static bool fill(struct drbg *drbg, struct tap *tap)
{
    struct virtio_chain chain = {0};
    struct virtio_segment segments[ENTROPY_QUEUE_SIZE_MAX];
    uint8_t bytes[DRBG_REQUEST_MAX];
    uint64_t length = 0;

    if (virtio_queue_take(&tap->queue, &chain, segments, ENTROPY_QUEUE_SIZE_MAX) != VIRTIO_OK)
        return false;
    length = chain.writable_bytes < sizeof(bytes) ? chain.writable_bytes : sizeof(bytes);
    if (length == 0) {
        virtio_queue_stop(&tap->queue, VIRTIO_BAD_REQUEST);
        return false;
    }
    /* Half of what one seed is good for is left to components: guests can ask as fast as they run. */
    if (drbg->answered >= DRBG_SEED_NOW / 2 || !drbg_get(drbg, bytes, length)) {
        virtio_queue_put_back(&tap->queue, 1);
        return false;
    }
    (void)virtio_segments_write(segments + chain.readable, chain.writable, 0, bytes, length);
    mbedtls_platform_zeroize(bytes, sizeof(bytes));
    virtio_queue_complete(&tap->queue, chain.head, (uint32_t)length);
    return true;
}

unsigned tap_turn(struct drbg *drbg, struct tap *tap)
{
    unsigned news = fill(drbg, tap) ? TAP_MOVED : 0;

    if (virtio_queue_signal(&tap->queue))
        news |= TAP_SIGNAL;
    if (!virtio_queue_works(&tap->queue) && tap->queue.error != VIRTIO_DETACHED && !tap->broken_told) {
        tap->broken_told = true;
        news |= TAP_BROKEN;
    }
    return news;
}

void tap_detach(struct tap *tap)
{
    virtio_queue_detach(&tap->queue);
    tap->broken_told = false;
}

static unsigned attach(struct tap *tap, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);

    if (word[1] != 0 || tap->queue.error != VIRTIO_DETACHED)
        return ENTROPY_BAD_QUEUE;
    if (word[2] > ENTROPY_QUEUE_SIZE_MAX || virtio_queue_attach(&tap->queue, &tap->window, &setup) != VIRTIO_OK)
        return ENTROPY_BAD_RING;
    return 0;
}

static unsigned get(struct drbg *drbg, const uint64_t *word, uint64_t *reply)
{
    if (word[1] == 0 || word[1] > ENTROPY_BYTES_MAX)
        return ENTROPY_BAD_SIZE;
    return drbg_get(drbg, &reply[1], word[1]) ? 0 : ENTROPY_NOT_SEEDED;
}

void tap_answer(struct drbg *drbg, struct tap *tap, const uint64_t *word, uint64_t *reply)
{
    unsigned error = 0;

    if (word[0] == ENTROPY_GET)
        error = get(drbg, word, reply);
    else if (word[0] < ENTROPY_ATTACH || word[0] > ENTROPY_GET)
        error = ENTROPY_BAD_OPERATION;
    else if (tap == NULL)
        error = ENTROPY_BAD_CLIENT;
    else if (word[0] == ENTROPY_ATTACH)
        error = attach(tap, word);
    else if (word[0] == ENTROPY_DETACH)
        tap_detach(tap);
    else
        reply[0] = virtio_service_state(&tap->queue);
    if (word[0] != ENTROPY_QUEUES || error != 0)
        reply[0] = error != 0 ? ENTROPY_FAILED | error : 0;
}
