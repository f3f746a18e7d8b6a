/* SPDX-License-Identifier: Apache-2.0 */
/* Peers: what the other ends of connections do. */
#include "tests/sim/differential/sequence.h"

#include <stddef.h>
#include <string.h>

static uint32_t free_place(const struct diff_world *world)
{
	uint32_t place = 0;
	while (place < DIFF_PEERS_MAX && world->peers[place]) {
		place++;
	}
	return place;
}

static uint32_t some_peer(struct diff_world *world)
{
	uint32_t first = (uint32_t)diff_draw(world, DIFF_PEERS_MAX);
	for (uint32_t i = 0; i < DIFF_PEERS_MAX; i++) {
		uint32_t place = (first + i) % DIFF_PEERS_MAX;
		if (world->peers[place]) {
			return place;
		}
	}
	return DIFF_PEERS_MAX;
}

/* To a listener of this sequence, or to one that is gone. */
bool diff_connect_step(struct diff_world *world)
{
	uint32_t place = free_place(world);
	const struct diff_handle *handle = diff_handle_of(world, DIFF_LISTENER);
	struct sockaddr_storage address = {0};
	if (place == DIFF_PEERS_MAX || !handle || handle->is_at_conflicts ||
	    gi_kernel_socket_name(handle->fd, &address)) {
		return false;
	}
	world->peer_numbers[place] = ++world->names_last;
	diff_say(world, " peer%u connects to %s:", world->peer_numbers[place], diff_name(handle));
	diff_say_result(world, diff_peer_connect(&world->peers[place], &address));
	return true;
}

static void send_to(struct diff_world *world, uint32_t place)
{
	char bytes[DIFF_BYTES_MAX];
	size_t size = (size_t)diff_draw(world, sizeof(bytes)) + 1;
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (char)diff_draw(world, 256);
	}
	diff_say(world, " sends %zu:", size);
	diff_say_result(world, diff_peer_send(world->peers[place], bytes, size));
}

static void receive(struct diff_world *world, uint32_t place)
{
	char bytes[4 * DIFF_BYTES_MAX];
	diff_say(world, " receives:");
	int got = diff_peer_receive(world->peers[place], bytes, sizeof(bytes));
	diff_say_result(world, got);
	if (got > 0) {
		diff_say(world, "(%04x)", diff_sum(bytes, (size_t)got));
	}
}

static void shut(struct diff_world *world, uint32_t place)
{
	diff_say(world, " shuts:");
	diff_say_result(world, diff_peer_shut(world->peers[place]));
}

static void close_one(struct diff_world *world, uint32_t place)
{
	diff_say(world, " closes");
	diff_peer_close(world->peers[place], false);
	world->peers[place] = NULL;
}

static void reset(struct diff_world *world, uint32_t place)
{
	diff_say(world, " resets");
	diff_peer_close(world->peers[place], true);
	world->peers[place] = NULL;
}

bool diff_peer_step(struct diff_world *world)
{
	static void (*const acts[])(struct diff_world *, uint32_t) = {
	        send_to, send_to, send_to, send_to,   receive, receive,
	        receive, receive, shut,    close_one, reset};
	uint32_t place = some_peer(world);
	if (diff_chance(world, place == DIFF_PEERS_MAX ? 100 : 30)) {
		return diff_connect_step(world);
	}
	diff_say(world, " peer%u", world->peer_numbers[place]);
	acts[diff_draw(world, sizeof(acts) / sizeof(acts[0]))](world, place);
	return true;
}
