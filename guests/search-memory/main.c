/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looks for bytes in all memory of the Linux that it runs in, through /proc/kcore, as root can:
 *
 *   search-memory MASKED MASK [MASKED MASK]...     (hexadecimal, 4 to 64 bytes each)
 *
 * The bytes are MASKED xor MASK, so that neither this program, nor the shell, nor the console has them in memory only
 * because they are looked for. Last line: how many places hold each of them, and how much was read.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BYTES_MIN = 4, BYTES_MAX = 64, WANTED_MAX = 8, CHUNK = 1 << 20, SEGMENTS_MAX = 64, PAGE = 4096 };

struct wanted {
    uint8_t masked[BYTES_MAX], mask[BYTES_MAX];
    size_t size;
    unsigned found;
};

static struct wanted wanted[WANTED_MAX];
static unsigned wanted_count;
static uint8_t chunk[CHUNK + BYTES_MAX];

static size_t read_hex(const char *text, uint8_t *bytes)
{
    size_t count = 0;

    for (; count < BYTES_MAX && *text != '\0'; count++, text += 2) {
        char digits[3] = {text[0], text[1], '\0'};
        char *end = NULL;

        bytes[count] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2)
            return 0;
    }
    return *text == '\0' ? count : 0;
}

static bool there(const struct wanted *one, const uint8_t *at)
{
    for (size_t i = 0; i < one->size; i++)
        if ((at[i] ^ one->mask[i]) != one->masked[i])
            return false;
    return true;
}

/* From a place before `fresh` on, so that what lies across the end of the piece before is found, and found once. */
static void count_in(struct wanted *one, const uint8_t *fresh, const uint8_t *begin, const uint8_t *end)
{
    const uint8_t *at = (size_t)(fresh - begin) < one->size - 1 ? begin : fresh - (one->size - 1);

    for (; end - at >= (ptrdiff_t)one->size; at++) {
        at = memchr(at, one->masked[0] ^ one->mask[0], (size_t)(end - at) - (one->size - 1));
        if (at == NULL)
            return;
        one->found += there(one, at);
    }
}

/* Pages that are no RAM cannot be read: they are passed by. The end of a piece is kept before the next. */
static void search(int file, const Elf64_Phdr *segment, uint64_t *read_bytes)
{
    size_t kept = 0;

    for (uint64_t done = 0; done < segment->p_filesz;) {
        uint64_t left = segment->p_filesz - done;
        ssize_t got = pread(file, chunk + kept, left < CHUNK ? left : CHUNK, (off_t)(segment->p_offset + done));
        size_t full = kept;

        if (got <= 0) {
            done += PAGE;
            kept = 0;
            continue;
        }
        full += (size_t)got;
        for (unsigned i = 0; i < wanted_count; i++)
            count_in(&wanted[i], chunk + kept, chunk, chunk + full);
        *read_bytes += (uint64_t)got;
        done += (uint64_t)got;
        kept = full < BYTES_MAX - 1 ? full : BYTES_MAX - 1;
        memmove(chunk, chunk + full - kept, kept);
    }
}

static bool read_arguments(int count, char **argument)
{
    for (int i = 1; i + 1 < count && wanted_count < WANTED_MAX; i += 2) {
        struct wanted *one = &wanted[wanted_count++];

        one->size = read_hex(argument[i], one->masked);
        if (one->size < BYTES_MIN || read_hex(argument[i + 1], one->mask) != one->size)
            return false;
    }
    return count > 1 && count == 1 + 2 * (int)wanted_count;
}

int main(int count, char **argument)
{
    Elf64_Phdr segments[SEGMENTS_MAX];
    Elf64_Ehdr header;
    uint64_t read_bytes = 0;
    int file = open("/proc/kcore", O_RDONLY);

    if (!read_arguments(count, argument)) {
        fprintf(stderr, "search-memory MASKED MASK...: up to %u pairs of %u to %u bytes in hexadecimal\n", WANTED_MAX,
                BYTES_MIN, BYTES_MAX);
        return 2;
    }
    if (file < 0 || pread(file, &header, sizeof(header), 0) != sizeof(header) || header.e_phnum > SEGMENTS_MAX ||
        pread(file, segments, header.e_phnum * sizeof(segments[0]), (off_t)header.e_phoff) !=
            (ssize_t)(header.e_phnum * sizeof(segments[0]))) {
        fprintf(stderr, "search-memory: /proc/kcore: %s\n", strerror(errno));
        return 1;
    }
    /* RAM is what has a physical address; vmalloc and the like show the same pages again. */
    for (unsigned i = 0; i < header.e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_paddr != (Elf64_Addr)-1 && segments[i].p_paddr != 0)
            search(file, &segments[i], &read_bytes);
    printf("found:");
    for (unsigned i = 0; i < wanted_count; i++)
        printf(" %u", wanted[i].found);
    printf(" in %lu MiB\n", (unsigned long)(read_bytes >> 20));
    return 0;
}
