/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire.h"

#include <string.h>

/* The next `size` bytes, or NULL. */
static const uint8_t *take(struct wire_reader *reader, size_t size)
{
    const uint8_t *bytes = reader->at;

    reader->failed = reader->failed || size > reader->left;
    if (reader->failed)
        return NULL;
    reader->at += size;
    reader->left -= size;
    return bytes;
}

uint8_t wire_read_byte(struct wire_reader *reader)
{
    const uint8_t *bytes = take(reader, 1);

    return bytes == NULL ? 0 : bytes[0];
}

uint32_t wire_read_uint32(struct wire_reader *reader)
{
    const uint8_t *bytes = take(reader, 4);

    return bytes == NULL ? 0 : (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

struct wire_string wire_read_string(struct wire_reader *reader)
{
    size_t size = wire_read_uint32(reader);
    const uint8_t *bytes = take(reader, size);

    return bytes == NULL ? (struct wire_string){0} : (struct wire_string){bytes, size};
}

bool wire_read_all(const struct wire_reader *reader)
{
    return !reader->failed && reader->left == 0;
}

static void put(struct wire_writer *writer, const void *bytes, size_t size)
{
    writer->failed = writer->failed || size > writer->room - writer->size;
    if (writer->failed || size == 0)
        return;
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

void wire_write_byte(struct wire_writer *writer, uint8_t value)
{
    put(writer, &value, 1);
}

static void put_uint32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

void wire_write_uint32(struct wire_writer *writer, uint32_t value)
{
    uint8_t bytes[4];

    put_uint32(bytes, value);
    put(writer, bytes, sizeof(bytes));
}

void wire_write_string(struct wire_writer *writer, const void *bytes, size_t size)
{
    wire_write_uint32(writer, (uint32_t)size);
    put(writer, bytes, size);
}

void wire_write_text(struct wire_writer *writer, const char *text)
{
    wire_write_string(writer, text, strlen(text));
}

void wire_write_mpint(struct wire_writer *writer, const uint8_t *bytes, size_t size)
{
    while (size != 0 && bytes[0] == 0) {
        bytes++;
        size--;
    }
    /* The highest bit is the sign. */
    if (size != 0 && (bytes[0] & 0x80) != 0) {
        wire_write_uint32(writer, (uint32_t)size + 1);
        wire_write_byte(writer, 0);
        put(writer, bytes, size);
    } else {
        wire_write_string(writer, bytes, size);
    }
}

size_t wire_begin_string(struct wire_writer *writer)
{
    wire_write_uint32(writer, 0);
    return writer->size;
}

void wire_end_string(struct wire_writer *writer, size_t begin)
{
    if (!writer->failed)
        put_uint32(writer->bytes + begin - 4, (uint32_t)(writer->size - begin));
}
