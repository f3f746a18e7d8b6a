/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: defaults of a system, and what is refused.
 *
 * Thread: the system's creator.
 */
#ifndef GI_ACTORS_OPTIONS_H
#define GI_ACTORS_OPTIONS_H

#include "actors/system.h"

/* Fill in defaults and check. Error: -EINVAL, logged. */
int gi_options_check(struct gatio_system *system, const struct gatio_options *options);
/* Says that there is no memory for a system; -ENOMEM. */
int gi_options_no_memory(const struct gatio_options *options);

#endif
