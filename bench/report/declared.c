/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/report/declared.h"

#include <math.h>
#include <string.h>

/* A line of the .def files: a row, or a kind that the rows below it belong to. */
struct entry {
    const char *kind;
    double tolerance;
    struct row row;
};

#define DECLARED(row_name, row_unit, row_target, row_factor, row_peer, row_peer_name, row_how) \
    {.row = {.name = #row_name,                                                                \
             .unit = (row_unit),                                                               \
             .target = (row_target),                                                           \
             .factor = (row_factor),                                                           \
             .peer = (row_peer),                                                               \
             .peer_name = (row_peer_name),                                                     \
             .how = (row_how),                                                                 \
             .recorded = NAN}},
#define KIND(kind_name, percent)                           {.kind = #kind_name, .tolerance = (percent)},
#define ROW(name, unit, target, peer, peer_name, how)      DECLARED(name, unit, target, NAN, peer, peer_name, how)
#define RELATIVE(name, unit, factor, peer, peer_name, how) DECLARED(name, unit, NAN, factor, peer, peer_name, how)
static const struct entry ENTRIES[] = {
#include "bench/rows.def"
};

enum { ENTRY_COUNT = sizeof ENTRIES / sizeof ENTRIES[0] };

void declared_rows(struct table *table)
{
    static struct row rows[ENTRY_COUNT];

    *table = (struct table){.rows = rows};
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        const struct entry *entry = &ENTRIES[i];

        if (entry->kind != NULL) {
            table->kinds[table->kind_count++] = (struct kind){.name = entry->kind, .tolerance = entry->tolerance};
            continue;
        }
        if (table_find(table, entry->row.name) != NULL)
            table_mistake(table, "bench/%s/rows.def: %s is declared twice", table->kinds[table->kind_count - 1].name,
                          entry->row.name);
        rows[table->row_count] = entry->row;
        rows[table->row_count++].kind = &table->kinds[table->kind_count - 1];
    }
}
