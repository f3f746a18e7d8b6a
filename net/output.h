/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a connection: from what its actor writes to the kernel. Thread: its driver. */
#ifndef GI_NET_OUTPUT_H
#define GI_NET_OUTPUT_H

#include "net/connection.h"

/* Error: as gatio_write(). */
int gi_output_write(struct gi_connection *connection, const void *bytes, size_t size);
void *gi_output_room(struct gi_connection *connection, size_t size);
void gi_output_wrote(struct gi_connection *connection, size_t size);
/* Is this where the next byte would be written? */
static inline bool gi_output_is_end(const struct gi_connection *connection,
                                    const unsigned char *room)
{
	const struct gi_segment *last = connection->output_last;
	return last && last->bytes + last->size == room;
}
/* The room is not wanted: an idle connection holds none. */
void gi_output_drop_room(struct gi_connection *connection);

/* What waits begins to leave, if no send is on its way. */
void gi_output_flush(struct gi_connection *connection);

/* The completion of a send. true: the connection's next step is due. */
bool gi_output_completed(struct gi_connection *connection, int result);

void gi_output_drop(struct gi_connection *connection);

#endif
