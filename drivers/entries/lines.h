/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: operations that wait, in the order in which they were submitted, for each descriptor and direction.
 *
 * Private to entries/. Thread: the ring's.
 */
#ifndef GI_DRIVERS_ENTRIES_LINES_H
#define GI_DRIVERS_ENTRIES_LINES_H

#include "drivers/entries/state.h"

/* The direction in which an operation waits. */
enum gi_direction gi_operation_direction(uint8_t opcode);

/* Does one wait there already? */
bool gi_line_is_empty(const struct gi_entries *entries, int fd, enum gi_direction direction);

/* At the end of its line. false: operation_max wait. */
bool gi_line_append(struct gi_entries *entries, const struct gi_operation *operation);

/* The first in line; NULL: none. */
struct gi_operation *gi_line_first(struct gi_entries *entries, struct gi_watch *watch,
                                   enum gi_direction direction);

/* By its user_data; NULL: it does not wait. */
struct gi_operation *gi_line_find(struct gi_entries *entries, uint64_t user_data);

/* It waits no more; its memory is free. */
void gi_line_remove(struct gi_entries *entries, struct gi_operation *operation);

/*
 * A descriptor is to be closed: what waits for it ends, -ECANCELED, and the world watches it no more. The close alone does
 * not end that: a child process may have the socket as well. There is room for a completion, and is afterwards. false: there
 * was no room for all of it; again when there is.
 */
bool gi_watch_end(struct gi_entries *entries, int fd);

#endif
