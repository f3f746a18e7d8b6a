/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types: what the program and the libraries that it has loaded declare: message types by index, and behaviours with
 * their tables.
 *
 * A library may come and go while systems run. A message type keeps its index for as long as the process lives: messages
 * of it may be on their way. A behaviour must not go before its actors.
 *
 * Thread: any; each function takes a lock, but for gi_type_of_index(), gi_behavior_is_ready() and gi_census_add().
 */
#ifndef GI_ACTORS_TYPES_H
#define GI_ACTORS_TYPES_H

#include "base/atomic.h"

#include <gatio/actor.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Message types ------------------------------------------------------------------------------------------------- */

/*
 * Do all declarations that are loaded agree, and have they all got an index? out_why: a sentence.
 * Error: -EEXIST two of one name with different fields; -E2BIG more than fit in an envelope; -ENOMEM.
 */
int gi_types_check(char *out_why, size_t size);
/* Not yet, while its library is being loaded. */
bool gi_type_is_registered(const struct gatio_message_type *type);
/* The same for one that is registered. */
int gi_type_check(const struct gatio_message_type *type, char *out_why, size_t size);

/* Indices are less than this. */
uint32_t gi_type_count(void);
/* NULL: no type has it. What it points to is the room's own copy, and stays. */
const struct gatio_message_type *gi_type_of_index(uint32_t index);

/* ---- Behaviours ---------------------------------------------------------------------------------------------------- */

/*
 * Check that types agree and build the tables of all behaviours, but for those whose library another thread is loading
 * just now: they get theirs when they are spawned. Error: as gi_types_check().
 */
int gi_types_prepare(char *out_why, size_t size);
/*
 * The same for one that was loaded after the system had been created. Error: as gi_types_check(); -EINVAL a message that
 * it handles is not registered.
 */
int gi_behavior_prepare(struct gatio_behavior *behavior, char *out_why, size_t size);

/* Has it a table? */
static inline bool gi_behavior_is_ready(struct gatio_behavior *behavior)
{
	/* The public header is for C++ as well, which has no _Atomic. */
	typedef const gatio_handler_fn *_Atomic table_word;
	return gi_load_acquire((table_word *)&behavior->table) != NULL; /* built */
}

/* Something other than an actor needs it: a port. It must not be unloaded before it is let go. */
void gi_behavior_hold(struct gatio_behavior *behavior);
void gi_behavior_let_go(struct gatio_behavior *behavior);

/* ---- Who lives ----------------------------------------------------------------------------------------------------- */

/* Behaviours beyond this many are not watched: unloading one too early is not found. */
#define GI_CENSUS_COUNT 512u

/*
 * How many actors of each behaviour a driver has made, less those that ended on it: only the sum over all drivers says
 * how many are alive.
 *
 * Orderings   unused   an end's counters are released -> gatio_system_counters acquires them   who has counted all ends
 *                      finds nobody here, and may unload the library
 */
struct gi_census {
	struct gi_census *next;
	/* By the behaviour's number; written by the driver only. */
	_Atomic uint32_t counts[GI_CENSUS_COUNT];
};

void gi_census_open(struct gi_census *census);
/* Also for one that was never opened. */
void gi_census_close(struct gi_census *census);

/* Thread: the census' driver. */
static inline void gi_census_add(struct gi_census *census, const struct gatio_behavior *behavior,
                                 uint32_t count)
{
	gi_count(&census->counts[behavior->number], count);
}

#endif
