/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Drivers: Debian's kernel has those of virtio as modules.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services.h"

void load_modules(void)
{
    static bool loaded;
    char path[128] = "";
    char name[96] = "";
    FILE *order = NULL;

    if (loaded)
        return;
    loaded = true;
    order = fopen("/modules/order", "re");
    must(order != NULL, "/modules/order");
    while (fgets(name, sizeof(name), order) != NULL) {
        name[strcspn(name, "\n")] = '\0';
        (void)snprintf(path, sizeof(path), "/modules/%s", name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        must(file >= 0 && syscall(SYS_finit_module, file, "", 0) == 0, path);
        close(file);
    }
    (void)fclose(order);
}
