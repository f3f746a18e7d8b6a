/* SPDX-License-Identifier: Apache-2.0 */
/* What the program and the shared objects that it loads agree on. */
#ifndef TESTS_ACTORS_PLUGIN_PLUGIN_H
#define TESTS_ACTORS_PLUGIN_PLUGIN_H

#include <gatio/gatio.h>

GATIO_MESSAGE(plugin_question, { uint64_t number; });

/* Spawns an actor of the library that answers plugin_question with 3 times its number, and ends at 0. */
typedef struct gatio_address (*plugin_spawn_fn)(struct gatio_system *system);

/* Opens a port of the library's actors. Error: as gatio_port_open(). */
typedef int (*plugin_open_fn)(struct gatio_system *system);

/* The type that only the library declares. */
typedef const struct gatio_message_type *(*plugin_type_fn)(void);

#endif
