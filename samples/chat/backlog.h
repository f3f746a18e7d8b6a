/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backlog: lines on their way to many sessions. Each session has a queue of its own; the text of a line is there once,
 * whoever is to hear it. Sessions are served one after the other, each with all that waits for it: what a crowd says
 * meanwhile reaches it in one write.
 *
 * Thread: its actor; memory is the actor's and goes with it.
 */
#ifndef CHAT_BACKLOG_H
#define CHAT_BACKLOG_H

#include "samples/chat/index.h"
#include "samples/chat/message.h"

struct chat_listener;

/* Gives a session a line. The line is lent. */
typedef void (*chat_serve_fn)(void *context, struct gatio_address session,
                              const struct chat_fan *line);

/* All zero but for `serve` is an empty backlog. */
struct chat_backlog {
	chat_serve_fn serve;
	void *context;
	struct chat_listener *listeners;
	uint32_t listener_count; /* of the array that are or were in use */
	uint32_t listener_capacity;
	uint32_t free; /* the first of those that are not; as 1 + its place in the array, 0: none */
	uint32_t first; /* whose turn it is, in the same way */
	uint32_t last;
	struct chat_index index; /* by session */
};

/* A line for each of its sessions. Owner: moves. Without memory for its waiting a session is served at once. */
void chat_backlog_add(struct chat_backlog *backlog, struct chat_fan *line);

/* Serve this session now with all that waits for it. */
void chat_backlog_serve(struct chat_backlog *backlog, struct gatio_address session);

/* Serve the one that has waited longest; *size grows by the bytes of its lines. false: nobody waits. */
bool chat_backlog_serve_next(struct chat_backlog *backlog, size_t *size);

/* Free the lines: the actor ends. */
void chat_backlog_clear(struct chat_backlog *backlog);

#endif
