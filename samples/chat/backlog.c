/* SPDX-License-Identifier: Apache-2.0 */
/* Backlog: lines on their way to many sessions. */
#include "samples/chat/backlog.h"

#include <gatio/actor.h>

enum { CAPACITY_FIRST = 64 };

/* A line that a session waits for. */
struct chat_share {
	struct chat_share *next; /* of the same session */
	struct chat_shared *of;
};

/* A line, and a share of it for each of its sessions. */
struct chat_shared {
	struct chat_fan *line;
	uint32_t left; /* sessions that have not got it yet */
	struct chat_share shares[];
};

/* A session that waits. One that was served out of turn keeps its place in the row. */
struct chat_listener {
	struct gatio_address session;
	struct chat_share *first;
	struct chat_share *last;
	uint32_t next; /* in the row, or free; as chat_backlog.first */
};

/* ---- Who waits --------------------------------------------------------------------------------------------------- */

static struct chat_listener *find(const struct chat_backlog *backlog, struct gatio_address session)
{
	uint64_t hash = chat_address_hash(session);
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&backlog->index, hash, &cursor, &position)) {
		if (gatio_address_equal(backlog->listeners[position].session, session)) {
			return &backlog->listeners[position];
		}
	}
	return NULL;
}

static bool make_room(struct chat_backlog *backlog)
{
	if (backlog->free || backlog->listener_count < backlog->listener_capacity) {
		return true;
	}
	uint32_t capacity =
	        backlog->listener_capacity ? backlog->listener_capacity * 2 : CAPACITY_FIRST;
	void *listeners =
	        gatio_realloc(backlog->listeners, capacity * sizeof(backlog->listeners[0]));
	if (!listeners) {
		return false;
	}
	backlog->listeners = listeners;
	backlog->listener_capacity = capacity;
	return true;
}

/* At the end of the row. NULL: memory at its limit. */
static struct chat_listener *add_listener(struct chat_backlog *backlog,
                                          struct gatio_address session)
{
	if (!make_room(backlog)) {
		return NULL;
	}
	uint32_t position = backlog->free ? backlog->free - 1 : backlog->listener_count;
	if (chat_index_put(&backlog->index, chat_address_hash(session), position) < 0) {
		return NULL;
	}
	struct chat_listener *listener = &backlog->listeners[position];
	if (backlog->free) {
		backlog->free = listener->next;
	} else {
		backlog->listener_count++;
	}
	*listener = (struct chat_listener){.session = session};
	if (backlog->last) {
		backlog->listeners[backlog->last - 1].next = position + 1;
	} else {
		backlog->first = position + 1;
	}
	backlog->last = position + 1;
	return listener;
}

static void remove_first(struct chat_backlog *backlog)
{
	uint32_t position = backlog->first - 1;
	struct chat_listener *listener = &backlog->listeners[position];
	chat_index_remove(&backlog->index, chat_address_hash(listener->session), position);
	backlog->first = listener->next;
	if (!backlog->first) {
		backlog->last = 0;
	}
	listener->next = backlog->free;
	backlog->free = position + 1;
}

/* ---- What they wait for ------------------------------------------------------------------------------------------ */

static void put_share(struct chat_shared *shared)
{
	if (--shared->left == 0) {
		gatio_message_free(shared->line);
		gatio_free(shared);
	}
}

/* Returns the bytes of the lines. */
static size_t serve(struct chat_backlog *backlog, struct chat_listener *listener)
{
	size_t size = 0;
	struct chat_share *share = listener->first;
	listener->first = NULL;
	while (share) {
		struct chat_share *next = share->next;
		struct chat_shared *shared = share->of;
		size += shared->line->head.text_size;
		backlog->serve(backlog->context, listener->session, shared->line);
		put_share(shared);
		share = next;
	}
	return size;
}

/* false: it cannot wait. */
static bool append(struct chat_backlog *backlog, struct gatio_address session,
                   struct chat_share *share)
{
	struct chat_listener *listener = find(backlog, session);
	if (!listener) {
		listener = add_listener(backlog, session);
	}
	if (!listener) {
		return false;
	}
	if (listener->first) {
		listener->last->next = share;
	} else {
		listener->first = share;
	}
	listener->last = share;
	return true;
}

/* Without memory nobody waits: each hears what waits for it, then this. */
static void serve_all(struct chat_backlog *backlog, struct chat_fan *line)
{
	for (uint32_t i = 0; i < line->address_count; i++) {
		struct gatio_address session = {line->words[i]};
		chat_backlog_serve(backlog, session);
		backlog->serve(backlog->context, session, line);
	}
	gatio_message_free(line);
}

void chat_backlog_add(struct chat_backlog *backlog, struct chat_fan *line)
{
	uint32_t count = line->address_count;
	struct chat_shared *shared =
	        gatio_alloc(sizeof(*shared) + count * sizeof(shared->shares[0]));
	if (!shared) {
		serve_all(backlog, line);
		return;
	}
	*shared = (struct chat_shared){.line = line, .left = count};
	for (uint32_t i = 0; i < count; i++) {
		struct gatio_address session = {line->words[i]};
		shared->shares[i] = (struct chat_share){.of = shared};
		if (!append(backlog, session, &shared->shares[i])) {
			backlog->serve(backlog->context, session, line);
			put_share(shared);
		}
	}
}

void chat_backlog_serve(struct chat_backlog *backlog, struct gatio_address session)
{
	struct chat_listener *listener = find(backlog, session);
	if (listener) {
		(void)serve(backlog, listener);
	}
}

bool chat_backlog_serve_next(struct chat_backlog *backlog, size_t *size)
{
	while (backlog->first) {
		struct chat_listener *listener = &backlog->listeners[backlog->first - 1];
		bool has_waited = listener->first != NULL;
		*size += serve(backlog, listener);
		remove_first(backlog);
		if (has_waited) {
			return true;
		}
	}
	return false;
}

void chat_backlog_clear(struct chat_backlog *backlog)
{
	for (uint32_t at = backlog->first; at; at = backlog->listeners[at - 1].next) {
		struct chat_share *share = backlog->listeners[at - 1].first;
		while (share) {
			struct chat_share *next = share->next;
			put_share(share->of);
			share = next;
		}
	}
	backlog->first = 0;
	backlog->last = 0;
}
