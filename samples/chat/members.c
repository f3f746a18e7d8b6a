/* SPDX-License-Identifier: Apache-2.0 */
/* Members: who is in a room. */
#include "samples/chat/room.h"

struct chat_member *chat_member_find(const struct chat_room *self, const struct chat_person *person)
{
	uint32_t cursor = 0;
	uint32_t position = 0;
	uint64_t hash = person ? chat_address_hash(person->session) : 0;
	while (person && chat_index_next(&self->member_index, hash, &cursor, &position)) {
		if (self->members[position].person == person) {
			return &self->members[position];
		}
	}
	return NULL;
}

static bool make_room(struct chat_room *self, struct chat_person *person)
{
	if (!person->rooms) {
		person->rooms = gatio_alloc(CHAT_ROOMS_MAX * sizeof(person->rooms[0]));
	}
	if (self->member_count == self->member_capacity) {
		uint32_t capacity = self->member_capacity ? self->member_capacity * 2 : 4;
		void *members = gatio_realloc(self->members, capacity * sizeof(self->members[0]));
		if (!members) {
			return false;
		}
		self->members = members;
		self->member_capacity = capacity;
	}
	return person->rooms != NULL;
}

struct chat_member *chat_member_add(struct chat_room *self, struct chat_person *person)
{
	uint64_t hash = chat_address_hash(person->session);
	if (!make_room(self, person) ||
	    chat_index_put(&self->member_index, hash, self->member_count) < 0) {
		return NULL;
	}
	person->rooms[person->room_count++] = self;
	struct chat_member *added = &self->members[self->member_count++];
	*added = (struct chat_member){.person = person};
	return added;
}

static void forget_room(struct chat_person *person, const struct chat_room *room)
{
	uint32_t at = 0;
	while (person->rooms[at] != room) {
		at++;
	}
	person->rooms[at] = person->rooms[--person->room_count];
}

void chat_member_remove(struct chat_room *self, struct chat_person *person)
{
	uint32_t position = (uint32_t)(chat_member_find(self, person) - self->members);
	uint32_t last = --self->member_count;
	chat_index_remove(&self->member_index, chat_address_hash(person->session), position);
	if (position != last) {
		struct chat_member *moved = &self->members[last];
		self->members[position] = *moved;
		chat_index_move(&self->member_index, chat_address_hash(moved->person->session),
		                last, position);
	}
	forget_room(person, self);
}

const char *chat_standing_prefix(uint32_t standing)
{
	if (standing & CHAT_OP) {
		return "@";
	}
	return standing & CHAT_VOICE ? "+" : "";
}
