#include "tools/quoll/report.h"
void report_write(const struct layout *layout, const struct search *sources, const char *path, const char *svg)
{
    (void)layout; (void)sources; (void)path; (void)svg;
}
