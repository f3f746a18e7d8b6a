/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log: what the system says to whoever runs it, by the function of its options.
 *
 * Thread: any.
 */
#ifndef GI_ACTORS_LOG_H
#define GI_ACTORS_LOG_H

#include <gatio/system.h>

void gi_log(const struct gatio_system *system, enum gatio_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
