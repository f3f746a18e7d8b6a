/* SPDX-License-Identifier: Apache-2.0 */
/* Persons: who is there, by nick and by session. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

struct chat_person *chat_person_named(struct chat_hub *self, const char *nick)
{
	uint64_t hash = chat_name_hash(&self->server->seed, nick);
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->nick_index, hash, &cursor, &position)) {
		if (chat_same_name(self->persons[position]->nick, nick)) {
			return self->persons[position];
		}
	}
	return NULL;
}

struct chat_person *chat_person_known(struct chat_hub *self, const char *nick)
{
	struct chat_person *person = chat_person_named(self, nick);
	return person && person->is_registered && !person->is_gone ? person : NULL;
}

struct chat_person *chat_person_of(struct chat_hub *self, struct gatio_address session)
{
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->session_index, chat_address_hash(session), &cursor,
	                       &position)) {
		if (gatio_address_equal(self->persons[position]->session, session)) {
			return self->persons[position];
		}
	}
	return NULL;
}

/* Room for one more, here and in each audience of its driver. */
static int make_room(struct chat_hub *self, struct chat_lane *lane)
{
	if (self->person_count == self->person_capacity) {
		uint32_t capacity = self->person_capacity ? self->person_capacity * 2 : 16;
		void *persons = gatio_realloc(self->persons, capacity * sizeof(self->persons[0]));
		if (!persons) {
			return -ENOMEM;
		}
		self->persons = persons;
		self->person_capacity = capacity;
	}
	if (lane->person_count == lane->session_capacity) {
		uint32_t capacity = lane->session_capacity ? lane->session_capacity * 2 : 16;
		void *sessions = gatio_realloc(lane->sessions, capacity * sizeof(uint64_t));
		if (!sessions) {
			return -ENOMEM;
		}
		lane->sessions = sessions;
		lane->session_capacity = capacity;
	}
	return 0;
}

static int put_in_indexes(struct chat_hub *self, const struct chat_person *person)
{
	uint64_t session_hash = chat_address_hash(person->session);
	int err = chat_index_put(&self->nick_index, person->hash, person->position);
	if (err < 0) {
		return err;
	}
	err = chat_index_put(&self->session_index, session_hash, person->position);
	if (err < 0) {
		chat_index_remove(&self->nick_index, person->hash, person->position);
	}
	return err;
}

struct chat_person *chat_person_add(struct chat_hub *self, const char *nick)
{
	struct chat_lane *lane = &self->lanes[self->asker_driver];
	struct chat_person *person = NULL;
	if (make_room(self, lane) == 0) {
		person = gatio_alloc(sizeof(*person));
	}
	if (!person) {
		return NULL;
	}
	*person = (struct chat_person){
	        .session = self->asker,
	        .driver = self->asker_driver,
	        .position = self->person_count,
	        .hash = chat_name_hash(&self->server->seed, nick),
	};
	chat_copy(person->nick, sizeof(person->nick), nick);
	if (put_in_indexes(self, person) < 0) {
		gatio_free(person);
		return NULL;
	}
	self->persons[self->person_count++] = person;
	lane->person_count++;
	return person;
}

int chat_person_rename(struct chat_hub *self, struct chat_person *person, const char *nick)
{
	uint64_t hash = chat_name_hash(&self->server->seed, nick);
	if (hash != person->hash) {
		int err = chat_index_put(&self->nick_index, hash, person->position);
		if (err < 0) {
			return err;
		}
		chat_index_remove(&self->nick_index, person->hash, person->position);
	}
	person->hash = hash;
	chat_copy(person->nick, sizeof(person->nick), nick);
	return 0;
}

void chat_person_remove(struct chat_hub *self, struct chat_person *person)
{
	uint32_t position = person->position;
	uint32_t last = --self->person_count;
	struct chat_person *moved = self->persons[last];
	self->registered_count -= person->is_registered;
	self->invisible_count -= (person->flags & CHAT_INVISIBLE) != 0;
	self->lanes[person->driver].person_count--;
	chat_index_remove(&self->nick_index, person->hash, position);
	chat_index_remove(&self->session_index, chat_address_hash(person->session), position);
	if (position != last) {
		self->persons[position] = moved;
		moved->position = position;
		chat_index_move(&self->nick_index, moved->hash, last, position);
		chat_index_move(&self->session_index, chat_address_hash(moved->session), last,
		                position);
	}
	gatio_free(person->away);
	gatio_free(person->rooms);
	gatio_free(person);
}

void chat_person_mask(const struct chat_person *person, char out_mask[CHAT_MASK_MAX + 1])
{
	snprintf(out_mask, CHAT_MASK_MAX + 1, "%s!%s@%s", person->nick, person->user, person->host);
}
