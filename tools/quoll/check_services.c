/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a service of ours would only say when it starts: a part that the disk does not have, a secret that is none. What
 * is on the disk is known where a file `disk` lies beside the description, which tools/run/disk makes one of.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/disk_file.h"
#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

enum {
    SECRET_DIGITS = 64,
    GPT_COPY = 33 * 512, /* at a disk's end */
};

static void check_part(const struct disk_file *disk, const struct share *share)
{
    const char *name = share->disk.partition;
    uint64_t end = share->disk.offset + share->disk.size;

    if (name == NULL) {
        if (disk->size != 0 && end > disk->size)
            mistake(share->disk.at,
                    "the range ends at %" PRIu64 " KiB of a disk that has %" PRIu64
                    " KiB (%s); write a smaller one, or make the disk larger",
                    end / KIB, disk->size / KIB, disk->path);
        return;
    }
    for (unsigned i = 0; i < disk->count; i++) {
        if (strcmp(name, disk->names[i]) != 0)
            continue;
        /* sfdisk would make it smaller without a word. */
        if (disk->size != 0 && disk->end[i] > disk->size - GPT_COPY)
            mistake(share->disk.at,
                    "the partition `%s` ends at %" PRIu64 " KiB of a disk that has %" PRIu64
                    " KiB, the last 17 not for partitions (%s); make it smaller there, or the disk larger",
                    name, disk->end[i] / KIB, disk->size / KIB, disk->path);
        return;
    }
    mistake(share->disk.at,
            "the disk (%s) has no partition `%s`%s (partitions: %s; name one of these, or add it there)", disk->path,
            name, nearest(name, disk->names, disk->count), disk->count != 0 ? join(disk->names, disk->count) : "none");
}

static void check_secret(const struct component *service)
{
    static const char PREFIX[] = "secret=";
    const char *digits = service->arguments;
    size_t good = 0;

    if (digits == NULL || strncmp(digits, PREFIX, strlen(PREFIX)) != 0)
        return;
    digits += strlen(PREFIX);
    good = strspn(digits, "0123456789abcdef");
    if (digits[good] != '\0')
        mistake(service->arguments_at,
                "the secret of `%s` has `%c`, and may have 0-9 and a-f alone; write %d of these, for example what "
                "`openssl rand -hex 32` prints",
                service->name, digits[good], SECRET_DIGITS);
    else if (good != SECRET_DIGITS)
        mistake(service->arguments_at,
                "the secret of `%s` has %zu digits; write %d, for example what `openssl rand -hex 32` prints",
                service->name, good, SECRET_DIGITS);
}

void check_services(const struct system *system)
{
    struct disk_file disk = {0};
    bool known = disk_file_read(system, &disk);

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (known && component->shares[SHARE_DISK] != NULL)
            check_part(&disk, component->shares[SHARE_DISK]);
        if (component->shares_out[SHARE_CRYPTO])
            check_secret(component);
    }
}
