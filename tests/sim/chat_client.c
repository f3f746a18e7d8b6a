/* SPDX-License-Identifier: Apache-2.0 */
/* Client: what comes over one connection to a chat server, from its first line to its end. */
#include <gatio/sim.h>

#include "tests/sim/chat_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any answer takes: who has none by then is cut off. */
#define ANSWER_NS GATIO_SECONDS(300)
#define PIECE_NS  GATIO_MS(3)

bool chat_client_may(uint32_t percent)
{
	return gatio_sim_random(100) < percent;
}

/* ---- Out --------------------------------------------------------------------------------------------------------- */

void chat_client_say(struct chat_client *client, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	size_t room = sizeof(client->out) - client->out_size;
	int size = vsnprintf(client->out + client->out_size, room, format, arguments);
	va_end(arguments);
	gatio_sim_check(size >= 0 && (size_t)size + 2 < room, "the script says too much at once");
	client->out_size += (size_t)size;
	memcpy(client->out + client->out_size, "\r\n", 2);
	client->out_size += 2;
}

bool chat_client_send(struct chat_client *client)
{
	const char *at = client->out;
	size_t left = client->out_size;
	client->out_size = 0;
	while (left > 0 && !client->is_cut) {
		bool is_cut_in_two = client->sends_pieces && left > 1;
		size_t size = is_cut_in_two ? gatio_sim_random(left) + 1 : left;
		client->is_cut = gatio_sim_send(client->stream, at, size) != 0;
		at += size;
		left -= size;
		if (left > 0 && chat_client_may(50)) {
			gatio_sim_sleep(gatio_sim_random(PIECE_NS));
		}
	}
	return !client->is_cut;
}

/* A word by which the answer is known: see view.h. */
void chat_client_ping(struct chat_client *client)
{
	client->pinged++;
	chat_client_say(client, "PING :u%u.%u.%u", client->view.user, client->pinged,
	                client->echoes);
}

/* ---- In ---------------------------------------------------------------------------------------------------------- */

static void hear(struct chat_client *client, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			gatio_sim_check(client->in_size < sizeof(client->in) - 1,
			                "a line ends before it is too long");
			client->in[client->in_size++] = bytes[i];
			continue;
		}
		gatio_sim_check(client->in_size > 0 && client->in[client->in_size - 1] == '\r',
		                "a line ends with CR LF");
		client->in[client->in_size - 1] = '\0';
		client->in_size = 0;
		view_hear(&client->view, client->in);
		if (client->view.fault[0]) {
			/* A line that was lost for want of memory leaves the others without sense. */
			gatio_sim_check(gatio_sim_lacked_memory(client->world->server), "%s",
			                client->view.fault);
			client->is_cut = true;
			return;
		}
	}
}

/* Whether it may be that the connection is gone, or that nothing comes. */
static bool may_fail(const struct chat_client *client)
{
	return gatio_sim_was_hurt(client->stream) || client->world->phase == CHAT_ENDING ||
	       gatio_sim_lacked_memory(client->world->server);
}

/* The server closes nobody who reads and answers. */
static void check_end(const struct chat_client *client)
{
	bool is_at_fault = client->is_exempt || !client->view.nick[0] || !client->world->is_strict;
	gatio_sim_check(is_at_fault || may_fail(client), "u%u is not closed for nothing",
	                client->view.user);
}

bool chat_client_receive(struct chat_client *client, uint64_t wait_ns)
{
	char bytes[2048];
	size_t size = client->reads_slowly ? gatio_sim_random(100) + 1 : sizeof(bytes);
	if (client->is_cut) {
		return false;
	}
	if (client->reads_slowly) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(20)));
	}
	int got = gatio_sim_receive_for(client->stream, bytes, size, wait_ns);
	if (got <= 0) {
		client->is_cut = got != -ETIME;
		if (client->is_cut) {
			check_end(client);
		}
		return false;
	}
	hear(client, bytes, (size_t)got);
	while (client->view.pinged > 0 && !client->is_cut) {
		client->view.pinged--;
		chat_client_say(client, "PONG :x");
	}
	return client->is_silent || chat_client_send(client);
}

bool chat_client_wait(struct chat_client *client)
{
	uint64_t until_ns = gatio_sim_now_ns() + ANSWER_NS;
	while (client->view.ponged < client->pinged && gatio_sim_now_ns() < until_ns &&
	       chat_client_receive(client, ANSWER_NS)) {
	}
	bool is_answered = client->view.ponged == client->pinged;
	gatio_sim_check(is_answered || client->is_cut || may_fail(client), "u%u is answered",
	                client->view.user);
	return is_answered;
}

void chat_client_wait_for_end(struct chat_client *client)
{
	client->is_exempt = true;
	while (chat_client_receive(client, ANSWER_NS)) {
	}
	gatio_sim_check(client->is_cut || may_fail(client), "u%u is closed, as it has asked for",
	                client->view.user);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static bool register_as(struct chat_client *client, const char *nick)
{
	if (client->world->has_password && client->view.line_count == 0) {
		chat_client_say(client, "PASS secret");
	}
	client->view.is_nick_refused = false;
	chat_client_say(client, "NICK %s", nick);
	if (!client->has_user) {
		chat_client_say(client, "USER u%u 0 * :User %u", client->view.user,
		                client->view.user);
	}
	client->has_user = true;
	chat_client_ping(client);
	return chat_client_send(client) && chat_client_wait(client);
}

bool chat_client_begin(struct chat_client *client)
{
	char nick[VIEW_NICK];
	int err = gatio_sim_connect(&client->stream, CHAT_ADDRESS);
	client->is_connected = err == 0;
	client->is_cut = err != 0;
	while (!client->is_cut && !client->view.nick[0]) {
		bool is_own = client->has_user || chat_client_may(60);
		snprintf(nick, sizeof(nick), is_own ? "p%u" : "n%u",
		         is_own ? client->view.user : (unsigned)gatio_sim_random(6));
		if (!register_as(client, nick)) {
			return false;
		}
	}
	return !client->is_cut;
}

void chat_client_end(struct chat_client *client)
{
	if (client->is_connected) {
		gatio_sim_close(client->stream);
	}
	client->is_connected = false;
	client->is_cut = true;
}

void chat_client_reset(struct chat_client *client)
{
	gatio_sim_reset(client->stream);
	client->is_connected = false;
	client->is_cut = true;
}

const struct view *chat_client_view(const struct chat_client *client)
{
	return &client->view;
}

struct chat_client *chat_client_new(struct chat_world *world)
{
	gatio_sim_check(world->client_count < VIEW_USERS, "too many clients for a view");
	struct chat_client *client = calloc(1, sizeof(*client));
	gatio_sim_check(client, "memory for a client");
	client->world = world;
	view_init(&client->view, world->client_count);
	world->clients[world->client_count++] = client;
	client->sends_pieces = chat_client_may(30);
	client->reads_slowly = chat_client_may(15);
	client->is_exempt = client->reads_slowly;
	return client;
}

void chat_client_free(struct chat_client *client)
{
	view_finish(&client->view);
	free(client);
}
