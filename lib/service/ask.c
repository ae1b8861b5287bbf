/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "service/ask.h"

#include "rt/calls.h"
#include "rt/time.h"
#include "virtio/service.h"

static enum service_answer answer(uint32_t portal, struct quoll_message *message)
{
    if (quoll_call(portal, message) != QUOLL_OK)
        return SERVICE_GONE;
    return (message->word[0] & VIRTIO_SERVICE_FAILED) != 0 ? SERVICE_REFUSED : SERVICE_DONE;
}

bool service_ask(uint32_t portal, struct quoll_message *message)
{
    return answer(portal, message) == SERVICE_DONE;
}

bool service_detach(uint32_t portal)
{
    return service_ask(portal, &(struct quoll_message){.word = {VIRTIO_SERVICE_DETACH}});
}

void service_heard(uint64_t *patience, bool there)
{
    if (there)
        *patience = QUOLL_FOREVER;
    else if (*patience == QUOLL_FOREVER)
        *patience = time_ticks() + time_ns_to_ticks(SERVICE_PATIENCE_NS);
}

bool service_open(uint32_t portal, struct quoll_message *message)
{
    (void)service_detach(portal);
    return service_ask(portal, message);
}

enum service_answer service_attach(uint32_t portal, uint32_t number, const struct virtio_queue_setup *queue,
                                   uint32_t interrupt)
{
    struct quoll_message message = {.word = {VIRTIO_SERVICE_ATTACH, number, queue->size, queue->descriptors,
                                             queue->available, queue->used, queue->features, interrupt}};

    return answer(portal, &message);
}
