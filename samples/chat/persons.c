/* SPDX-License-Identifier: Apache-2.0 */
/* Persons: the nicks of a directory. */
#include <errno.h>
#include <string.h>

#include "samples/chat/directory.h"

struct chat_person *chat_person_find(struct chat_directory *self, const char *nick)
{
	uint64_t hash = chat_name_hash(&self->server->seed, nick);
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->person_index, hash, &cursor, &position)) {
		if (chat_same_name(self->persons[position].user.nick, nick)) {
			return &self->persons[position];
		}
	}
	return NULL;
}

static int make_room(struct chat_directory *self)
{
	if (self->person_count < self->person_capacity) {
		return 0;
	}
	uint32_t capacity = self->person_capacity ? self->person_capacity * 2 : 16;
	struct chat_person *persons =
	        gatio_realloc(self->persons, capacity * sizeof(self->persons[0]));
	if (!persons) {
		return -ENOMEM;
	}
	self->persons = persons;
	self->person_capacity = capacity;
	return 0;
}

int chat_person_claim(struct chat_directory *self, const struct chat_claim *claim)
{
	struct chat_person *person = chat_person_find(self, claim->user.nick);
	if (person) {
		if (!gatio_address_equal(person->user.session, claim->user.session)) {
			return -EEXIST;
		}
		person->user = claim->user; /* the same nick in another case, or a user name */
		person->is_away = claim->is_away;
		return 0;
	}
	uint64_t hash = chat_name_hash(&self->server->seed, claim->user.nick);
	if (make_room(self) < 0 ||
	    chat_index_put(&self->person_index, hash, self->person_count) < 0) {
		return -ENOMEM;
	}
	self->persons[self->person_count++] =
	        (struct chat_person){.hash = hash, .user = claim->user, .is_away = claim->is_away};
	return 0;
}

void chat_person_remove(struct chat_directory *self, struct chat_person *person)
{
	uint32_t position = (uint32_t)(person - self->persons);
	uint32_t last = --self->person_count;
	chat_index_remove(&self->person_index, person->hash, position);
	if (position != last) {
		*person = self->persons[last];
		chat_index_move(&self->person_index, person->hash, last, position);
	}
}
