/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: the rooms of a directory. */
#include <errno.h>
#include <string.h>

#include "samples/chat/directory.h"
#include "samples/chat/room.h"

struct chat_channel *chat_channel_find(struct chat_directory *self, const char *name)
{
	uint64_t hash = chat_name_hash(&self->server->seed, name);
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->channel_index, hash, &cursor, &position)) {
		if (chat_same_name(self->channels[position].name, name)) {
			return &self->channels[position];
		}
	}
	return NULL;
}

static int make_room(struct chat_directory *self)
{
	if (self->channel_count < self->channel_capacity) {
		return 0;
	}
	uint32_t capacity = self->channel_capacity ? self->channel_capacity * 2 : 16;
	struct chat_channel *channels =
	        gatio_realloc(self->channels, capacity * sizeof(self->channels[0]));
	if (!channels) {
		return -ENOMEM;
	}
	self->channels = channels;
	self->channel_capacity = capacity;
	return 0;
}

struct chat_channel *chat_channel_make(struct chat_directory *self, const char *name)
{
	uint64_t hash = chat_name_hash(&self->server->seed, name);
	if (make_room(self) < 0 ||
	    chat_index_put(&self->channel_index, hash, self->channel_count) < 0) {
		return NULL;
	}
	struct chat_room state = {.server = self->server};
	chat_copy(state.name, sizeof(state.name), name);
	struct gatio_address room =
	        gatio_actor_spawn(GATIO_ANYWHERE, &gatio_behavior_chat_room, &state);
	if (gatio_address_error(room) < 0) {
		chat_index_remove(&self->channel_index, hash, self->channel_count);
		return NULL;
	}
	struct chat_channel *channel = &self->channels[self->channel_count++];
	*channel = (struct chat_channel){.hash = hash, .room = room};
	chat_copy(channel->name, sizeof(channel->name), name);
	return channel;
}

void chat_channel_remove(struct chat_directory *self, struct chat_channel *channel)
{
	uint32_t position = (uint32_t)(channel - self->channels);
	uint32_t last = --self->channel_count;
	chat_index_remove(&self->channel_index, channel->hash, position);
	gatio_free(channel->topic);
	if (position != last) {
		*channel = self->channels[last];
		chat_index_move(&self->channel_index, channel->hash, last, position);
	}
}

void chat_channel_update(struct chat_channel *channel, const struct chat_summary *summary)
{
	channel->member_count = summary->member_count;
	channel->flags = summary->flags;
	size_t size = strlen(summary->topic) + 1;
	if (size == 1) {
		gatio_free(channel->topic);
		channel->topic = NULL;
		return;
	}
	char *topic = gatio_realloc(channel->topic, size);
	if (topic) { /* else LIST goes on showing the old one */
		memcpy(topic, summary->topic, size);
		channel->topic = topic;
	}
}
