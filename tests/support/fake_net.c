/* SPDX-License-Identifier: Apache-2.0 */
/* Fake gatio: connections without sockets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "tests/support/fake_gatio.h"
#include "tests/support/fake_inside.h"

enum { FROM_NET = 1 };

static struct fake_actor *current_connection(void)
{
	return fake.current && fake.current->is_connection ? fake.current : NULL;
}

uint32_t fake_closed_index(void)
{
	return gatio_message_gatio_closed.index;
}

static bool has_room(const struct fake_actor *actor, size_t size)
{
	return actor->output_size_max == SIZE_MAX ||
	       actor->output_size + size <= actor->output_size_max;
}

/* Twice as much each time: what a test reads may be megabytes, in small pieces. */
static void grow_output(struct fake_actor *actor, size_t capacity)
{
	if (capacity <= actor->output_capacity) {
		return;
	}
	capacity = capacity < 2 * actor->output_capacity ? 2 * actor->output_capacity : capacity;
	char *output = realloc(actor->output, capacity);
	if (!output) {
		abort();
	}
	actor->output = output;
	actor->output_capacity = capacity;
}

int gatio_write(const void *data, size_t size)
{
	struct fake_actor *actor = current_connection();
	if (!actor) {
		return -ENOTCONN;
	}
	if (actor->is_closed) {
		return -EPIPE;
	}
	if (!has_room(actor, size)) {
		return -ENOBUFS;
	}
	grow_output(actor, actor->output_size + size + 1);
	memcpy(actor->output + actor->output_size, data, size);
	actor->output_size += size;
	actor->output[actor->output_size] = '\0';
	return 0;
}

void *gatio_write_room(size_t size)
{
	struct fake_actor *actor = current_connection();
	if (!actor || actor->is_closed || !has_room(actor, size) || !fake_may_allocate()) {
		return NULL;
	}
	gi_assert(!actor->room); /* one at a time */
	actor->room = malloc(size);
	return actor->room;
}

void gatio_write_done(size_t size)
{
	struct fake_actor *actor = current_connection();
	gi_assert(actor && actor->room);
	int err = gatio_write(actor->room, size);
	gi_assert(err == 0); /* it was asked for */
	free(actor->room);
	actor->room = NULL;
}

size_t gatio_write_waiting(void)
{
	struct fake_actor *actor = current_connection();
	return actor && actor->output_size_max != SIZE_MAX ? actor->output_size : 0;
}

void gatio_abort(int reason)
{
	fake.current->is_closed = true;
	gatio_exit(reason);
}

static void poke(struct fake_actor *actor)
{
	fake_enqueue(fake_message(&gatio_message_gatio_received, 0), FROM_NET,
	             fake_address_of(actor));
}

/* What has come so far is put into the message at the last moment, as unread bytes may stand in front of it. */
bool fake_receive(struct fake_actor *actor, const struct envelope *envelope)
{
	struct gatio_received *received = (struct gatio_received *)(uintptr_t)(envelope + 1);
	if (envelope->type->index == gatio_message_gatio_peer_ended.index) {
		actor->has_ended = actor->has_news;
		return !actor->has_news;
	}
	if (envelope->type->index != gatio_message_gatio_received.index) {
		return true;
	}
	if (actor->held_size == 0 || actor->is_paused) {
		return false;
	}
	*received = (struct gatio_received){(const uint8_t *)actor->held, actor->held_size};
	actor->unread_size = 0;
	actor->has_news = false;
	return true;
}

void fake_received(struct fake_actor *actor, const struct envelope *envelope)
{
	if (envelope->type->index != gatio_message_gatio_received.index) {
		return;
	}
	memmove(actor->held, actor->held + actor->held_size - actor->unread_size,
	        actor->unread_size);
	actor->held_size = actor->unread_size;
	if (actor->has_ended && !actor->is_ended) {
		fake_half_close(fake_address_of(actor));
	}
}

void gatio_unread(size_t size)
{
	fake.current->unread_size = size;
}

void gatio_pause(void)
{
	fake.current->is_paused = true;
}

void gatio_resume(void)
{
	fake.current->is_paused = false;
	if (fake.current->held_size > 0) {
		fake.current->has_news =
		        true; /* what was left unread is told again, before the end */
		poke(fake.current);
	}
}

struct gatio_address fake_connect(uint32_t driver, struct gatio_behavior *behavior,
                                  const void *state)
{
	struct gatio_address address = fake_spawn(driver, behavior, state);
	fake_actor_of(address)->is_connection = true;
	struct gatio_connected *connected = fake_message(&gatio_message_gatio_connected, 0);
	*connected = (struct gatio_connected){.peer = "127.0.0.1:1000", .local = "127.0.0.1:1"};
	fake_enqueue(connected, FROM_NET, address);
	return address;
}

void fake_input_bytes(struct gatio_address connection, const void *data, size_t size)
{
	struct fake_actor *actor = fake_actor_of(connection);
	/* A copy each time: who keeps a pointer to the old bytes is found. */
	char *held = malloc(actor->held_size + size);
	if (!held) {
		abort();
	}
	if (actor->held_size) {
		memcpy(held, actor->held, actor->held_size);
	}
	memcpy(held + actor->held_size, data, size);
	free(actor->held);
	actor->held = held;
	actor->held_size += size;
	actor->has_news = true;
	poke(actor);
}

void fake_input(struct gatio_address connection, const char *text)
{
	fake_input_bytes(connection, text, strlen(text));
}

void fake_close(struct gatio_address connection)
{
	struct fake_actor *actor = fake_actor_of(connection);
	struct gatio_closed *closed = fake_message(&gatio_message_gatio_closed, 0);
	closed->reason = 0;
	actor->is_closed = true;
	fake_enqueue(closed, FROM_NET, connection);
}

void fake_half_close(struct gatio_address connection)
{
	struct gatio_peer_ended *ended = fake_message(&gatio_message_gatio_peer_ended, 0);
	ended->deadline_ns = fake.now_ns + GATIO_SECONDS(5);
	fake_enqueue(ended, FROM_NET, connection);
}

void fake_stop_reading(struct gatio_address connection, size_t output_size_max)
{
	fake_actor_of(connection)->output_size_max = output_size_max;
}

void fake_drain(void)
{
	for (size_t i = 0; i < fake.actor_count; i++) {
		struct fake_actor *actor = fake.actors[i];
		if (actor->is_connection && !actor->is_ended) {
			struct gatio_draining *draining =
			        fake_message(&gatio_message_gatio_draining, 0);
			draining->deadline_ns = fake.now_ns + GATIO_SECONDS(10);
			fake_enqueue(draining, FROM_NET, fake_address_of(actor));
		}
	}
}

const char *fake_output(struct gatio_address connection)
{
	const struct fake_actor *actor = fake_actor_of(connection);
	return actor->output ? actor->output : "";
}

void fake_output_clear(struct gatio_address connection)
{
	struct fake_actor *actor = fake_actor_of(connection);
	actor->output_size = 0;
	if (actor->output) {
		actor->output[0] = '\0';
	}
}

bool fake_is_paused(struct gatio_address connection)
{
	return fake_actor_of(connection)->is_paused;
}
