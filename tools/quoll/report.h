/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The report: what was built, who can reach what, and whether it keeps its deadlines.
 */
#pragma once

#include "tools/quoll/image.h"

/*
 * Writes the report to `path` (NULL: standard output) and, unless `svg` is NULL, the picture there. Programs' sources
 * are looked for in `sources` to count their lines.
 */
void report_write(const struct layout *layout, const struct search *sources, const char *path, const char *svg);
