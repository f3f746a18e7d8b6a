/* SPDX-License-Identifier: Apache-2.0 */
/* Members: who is in a room. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

static uint64_t hash_of(struct gatio_address session)
{
	return (session.bits ^ session.bits >> 29) * UINT64_C(0x9e3779b97f4a7c15) >> 17;
}

struct chat_member *chat_member_find(struct chat_room *self, struct gatio_address session)
{
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->member_index, hash_of(session), &cursor, &position)) {
		if (gatio_address_equal(self->members[position].user.session, session)) {
			return &self->members[position];
		}
	}
	return NULL;
}

struct chat_member *chat_member_named(struct chat_room *self, const char *nick)
{
	for (uint32_t i = 0; i < self->member_count; i++) {
		if (chat_same_name(self->members[i].user.nick, nick)) {
			return &self->members[i];
		}
	}
	return NULL;
}

static bool make_room(struct chat_room *self)
{
	if (self->member_count < self->member_capacity) {
		return true;
	}
	uint32_t capacity = self->member_capacity ? self->member_capacity * 2 : 4;
	struct chat_member *members =
	        gatio_realloc(self->members, capacity * sizeof(self->members[0]));
	if (!members) {
		return false;
	}
	self->members = members;
	self->member_capacity = capacity;
	return true;
}

struct chat_member *chat_member_add(struct chat_room *self, const struct chat_member *member)
{
	uint64_t hash = hash_of(member->user.session);
	if (!make_room(self) || chat_index_put(&self->member_index, hash, self->member_count) < 0) {
		return NULL;
	}
	struct chat_member *added = &self->members[self->member_count++];
	*added = *member;
	self->shares[member->user.driver].member_count++;
	return added;
}

void chat_member_remove(struct chat_room *self, struct chat_member *member)
{
	uint32_t position = (uint32_t)(member - self->members);
	uint32_t last = --self->member_count;
	self->shares[member->user.driver].member_count--;
	chat_index_remove(&self->member_index, hash_of(member->user.session), position);
	if (position != last) {
		*member = self->members[last];
		chat_index_move(&self->member_index, hash_of(member->user.session), last, position);
	}
}

void chat_user_mask(const struct chat_user *user, char out_mask[CHAT_MASK_MAX + 1])
{
	snprintf(out_mask, CHAT_MASK_MAX + 1, "%s!%s@%s", user->nick, user->user, user->host);
}

const char *chat_standing_prefix(uint32_t standing)
{
	if (standing & CHAT_OP) {
		return "@";
	}
	return standing & CHAT_VOICE ? "+" : "";
}
