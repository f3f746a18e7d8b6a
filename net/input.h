/* SPDX-License-Identifier: Apache-2.0 */
/* Input of a connection: from received buffers to the actor's handler. Thread: its driver. */
#ifndef GI_NET_INPUT_H
#define GI_NET_INPUT_H

#include "net/connection.h"

/* All but the receive operation, whose completions are the life's. */
void gi_input_init(struct gi_connection *connection);

/* The receive runs if it may and does not yet. */
void gi_input_arm(struct gi_connection *connection);

/* A completion of the receive. true: the connection's next step is due. */
bool gi_input_completed(struct gi_connection *connection, const struct gi_io_event *event);

/* Hand the actor what has come. false: the connection has no actor any more. */
bool gi_input_feed(struct gi_connection *connection);

void gi_input_drop(struct gi_connection *connection);

#endif
