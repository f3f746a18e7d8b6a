/* SPDX-License-Identifier: Apache-2.0 */
/* What a system said in its log. */
#ifndef TESTS_ACTORS_LOG_H
#define TESTS_ACTORS_LOG_H

#include <gatio/gatio.h>

void log_clear(void);
void log_keep(void *context, enum gatio_log_level level, const char *text);
bool log_has(const char *part);
/* All of it, for a look when a test fails. */
const char *log_text(void);

#endif
