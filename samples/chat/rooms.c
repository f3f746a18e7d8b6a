/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms: which there are, by name. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "samples/chat/room.h"

struct chat_room *chat_room_named(struct chat_hub *self, const char *name)
{
	uint64_t hash = chat_name_hash(&self->server->seed, name);
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->room_index, hash, &cursor, &position)) {
		if (chat_same_name(self->rooms[position]->name, name)) {
			return self->rooms[position];
		}
	}
	return NULL;
}

static int make_room(struct chat_hub *self)
{
	if (self->room_count < self->room_capacity) {
		return 0;
	}
	uint32_t capacity = self->room_capacity ? self->room_capacity * 2 : 16;
	void *rooms = gatio_realloc(self->rooms, capacity * sizeof(self->rooms[0]));
	if (!rooms) {
		return -ENOMEM;
	}
	self->rooms = rooms;
	self->room_capacity = capacity;
	return 0;
}

struct chat_room *chat_room_make(struct chat_hub *self, const char *name)
{
	struct chat_room *room = make_room(self) == 0 ? gatio_alloc(sizeof(*room)) : NULL;
	if (!room) {
		return NULL;
	}
	*room = (struct chat_room){
	        .hash = chat_name_hash(&self->server->seed, name),
	        .position = self->room_count,
	        .created = time(NULL),
	        .flags = CHAT_NO_OUTSIDE | CHAT_TOPIC_BY_OPS,
	};
	chat_copy(room->name, sizeof(room->name), name);
	if (chat_index_put(&self->room_index, room->hash, room->position) < 0) {
		gatio_free(room);
		return NULL;
	}
	self->rooms[self->room_count++] = room;
	return room;
}

void chat_room_free(struct chat_room *room)
{
	gatio_free(room->members);
	gatio_free(room->member_index.slots);
	gatio_free(room->bans);
	gatio_free(room->invites);
	gatio_free(room);
}

void chat_room_end_if_empty(struct chat_hub *self, struct chat_room *room)
{
	if (room->member_count > 0) {
		return;
	}
	uint32_t position = room->position;
	uint32_t last = --self->room_count;
	chat_index_remove(&self->room_index, room->hash, position);
	if (position != last) {
		self->rooms[position] = self->rooms[last];
		self->rooms[position]->position = position;
		chat_index_move(&self->room_index, self->rooms[position]->hash, last, position);
	}
	chat_room_free(room);
}
