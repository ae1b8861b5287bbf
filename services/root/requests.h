/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What clients ask (protocol.h). Every reply is made at once; what takes long is only noted down.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rt/message.h"

/* The request is in `message`; leaves the reply there. True: there is work to do now (supervise.h). */
bool requests_answer(struct quoll_message *message);

/* Where the next capability may be put. */
uint32_t requests_receive_index(void);

/* The component is being taken apart. */
void requests_forget_thread(uint32_t component);

/* Tells those who read the log that it has grown since the last time. */
void requests_announce_log(void);
