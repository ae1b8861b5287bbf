/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Data types of the ssh protocol (RFC 4251, 5), read from and written into a piece of memory. A reader or writer that
 * has once been asked for more than there is stays failed, so that only its end needs a look.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader {
    const uint8_t *at;
    size_t left;
    bool failed;
};

/* A string: bytes of the message. */
struct wire_string {
    const uint8_t *bytes;
    size_t size;
};

uint8_t wire_read_byte(struct wire_reader *reader);
uint32_t wire_read_uint32(struct wire_reader *reader);
struct wire_string wire_read_string(struct wire_reader *reader);

/* Nothing failed, and nothing is left. */
bool wire_read_all(const struct wire_reader *reader);

struct wire_writer {
    uint8_t *bytes;
    size_t size; /* written */
    size_t room;
    bool failed;
};

void wire_write_byte(struct wire_writer *writer, uint8_t value);
void wire_write_uint32(struct wire_writer *writer, uint32_t value);
void wire_write_string(struct wire_writer *writer, const void *bytes, size_t size);
void wire_write_text(struct wire_writer *writer, const char *text);

/* A multiple precision integer of `size` bytes, most significant first, not negative. */
void wire_write_mpint(struct wire_writer *writer, const uint8_t *bytes, size_t size);

/* A string whose size is not known yet: what is written between the two. */
size_t wire_begin_string(struct wire_writer *writer);
void wire_end_string(struct wire_writer *writer, size_t begin);
