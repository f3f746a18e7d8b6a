/* SPDX-License-Identifier: Apache-2.0 */
/* Visitor: what the clients of the chat world do, as the seed draws it. */
#include <gatio/sim.h>

#include "tests/sim/chat_client.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS_MAX = 12, LINES_MAX = 6, STAYS_MAX = 3, FILL_MAX = 200, STORM_MAX = 300 };

#define LOOK_NS GATIO_SECONDS(5)

/* How a client ends. */
enum ending {
	STAYS = 0, /* to the end of the world */
	QUITS,
	CLOSES,
	RESETS,
	SHUTS,    /* its side, with lines under way */
	VANISHES, /* neither reads nor writes any more */
	ENDINGS,
};

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static char a_room(const struct chat_client *client)
{
	return (char)('a' + gatio_sim_random(client->world->room_count));
}

/* One that it knows, or one that may be somewhere. */
static void a_nick(const struct chat_client *client, char out_nick[VIEW_NICK])
{
	const struct view_room *room =
	        &client->view.rooms[gatio_sim_random(client->world->room_count)];
	if (room->is_in && room->member_count > 0 && chat_client_may(80)) {
		uint64_t at = gatio_sim_random(room->member_count);
		memcpy(out_nick, room->members[at].nick, VIEW_NICK);
	} else {
		snprintf(out_nick, VIEW_NICK, "n%u", (unsigned)gatio_sim_random(6));
	}
}

/* Behind a line, so that some are long. */
static const char *a_filling(void)
{
	static const char fill[FILL_MAX + 1] =
	        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	return fill + FILL_MAX - (chat_client_may(20) ? gatio_sim_random(FILL_MAX) : 0);
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

typedef void (*line_fn)(struct chat_client *client);

static void join(struct chat_client *client)
{
	static const char *const lists[] = {"#a", "#b", "#c", "#a,#b", "#c,#a", "#b,#c,#a"};
	chat_client_say(client, "JOIN %s", lists[gatio_sim_random(6)]);
}

static void part(struct chat_client *client)
{
	char room = a_room(client);
	bool is_list = chat_client_may(20) && room != 'a';
	chat_client_say(client, "PART #%c%s :u%u.%u", room, is_list ? ",#a" : "", client->view.user,
	                ++client->number);
}

static void part_all(struct chat_client *client)
{
	chat_client_say(client, "JOIN 0");
}

/* To rooms, perhaps to somebody, and to itself: it comes back. */
static void tell_rooms(struct chat_client *client)
{
	char rooms[8];
	char nick[VIEW_NICK];
	char room = a_room(client);
	bool is_list = chat_client_may(20) && room != 'a';
	snprintf(rooms, sizeof(rooms), "#%c%s", room, is_list ? ",#a" : "");
	a_nick(client, nick);
	bool has_nick = chat_client_may(20) && strcmp(nick, client->view.nick) != 0;
	client->number++;
	if (client->is_nick_certain) {
		client->echoes++;
		chat_client_say(client, "PRIVMSG %s%s%s,%s :u%u.%u %s %s", rooms,
		                has_nick ? "," : "", has_nick ? nick : "", client->view.nick,
		                client->view.user, client->number, rooms, a_filling());
	} else {
		chat_client_say(client, "PRIVMSG %s :u%u.%u -", rooms, client->view.user,
		                client->number);
	}
}

static void tell_room(struct chat_client *client)
{
	/* One draw a statement: the order of arguments is the compiler's. */
	const char *word = chat_client_may(50) ? "PRIVMSG" : "NOTICE";
	char room = a_room(client);
	const char *filling = a_filling();
	client->number++;
	chat_client_say(client, "%s #%c :u%u.%u - %s", word, room, client->view.user,
	                client->number, filling);
}

static void tell_person(struct chat_client *client)
{
	char nick[VIEW_NICK];
	a_nick(client, nick);
	bool is_own = strcmp(nick, client->view.nick) == 0;
	if (!client->is_nick_certain) {
		return; /* it may be its own by then */
	}
	client->echoes += is_own;
	const char *word = chat_client_may(70) ? "PRIVMSG" : "NOTICE";
	const char *filling = a_filling();
	client->number++;
	chat_client_say(client, "%s %s :u%u.%u - %s", word, nick, client->view.user, client->number,
	                filling);
}

static void topic(struct chat_client *client)
{
	char room = a_room(client);
	const char *filling = a_filling();
	client->number++;
	chat_client_say(client, "TOPIC #%c :u%u.%u %s", room, client->view.user, client->number,
	                filling);
}

static void kick(struct chat_client *client)
{
	char nick[VIEW_NICK];
	a_nick(client, nick);
	chat_client_say(client, "KICK #%c %s :u%u.%u", a_room(client), nick, client->view.user,
	                ++client->number);
}

static void change_nick(struct chat_client *client)
{
	client->is_nick_certain = false;
	if (chat_client_may(50)) {
		chat_client_say(client, "NICK u%u-%u", client->view.user, ++client->number);
	} else {
		chat_client_say(client, "NICK n%u", (unsigned)gatio_sim_random(6));
	}
}

static void standing(struct chat_client *client)
{
	static const char *const modes[] = {"+o", "+o", "-o", "+v", "-v", "+o-v"};
	char nick[VIEW_NICK];
	a_nick(client, nick);
	char room = a_room(client);
	const char *drawn = modes[gatio_sim_random(6)];
	chat_client_say(client, "MODE #%c %s %s %s", room, drawn, nick, nick);
}

static void mode(struct chat_client *client)
{
	static const char *const modes[] = {"+m",     "-m", "-m",        "-t",        "+l 4",
	                                    "-l",     "-l", "+b n1!*@*", "-b n1!*@*", "+k key",
	                                    "-k key", "+i", "-i",        "-ilk key",  "-t"};
	char room = a_room(client);
	const char *drawn = modes[gatio_sim_random(15)];
	chat_client_say(client, "MODE #%c %s", room, drawn);
}

static void look(struct chat_client *client)
{
	static const char *const words[] = {"NAMES", "WHO", "TOPIC", "MODE", "LIST"};
	char room = a_room(client);
	chat_client_say(client, "%s #%c", words[gatio_sim_random(5)], room);
}

static void look_around(struct chat_client *client)
{
	static const char *const lines[] = {"LIST", "NAMES", "WHO *", "AWAY :gone", "AWAY", "MOTD"};
	chat_client_say(client, "%s", lines[gatio_sim_random(6)]);
}

static void do_something(struct chat_client *client)
{
	static const struct {
		uint32_t weight;
		line_fn say;
	} lines[] = {{14, join},       {5, part},        {1, part_all}, {30, tell_rooms},
	             {8, tell_room},   {8, tell_person}, {4, topic},    {4, kick},
	             {8, change_nick}, {5, standing},    {3, mode},     {7, look},
	             {2, look_around}};
	uint64_t drawn = gatio_sim_random(99);
	size_t at = 0;
	while (drawn >= lines[at].weight) {
		drawn -= lines[at++].weight;
	}
	lines[at].say(client);
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

/* Some lines and a ping, by whose answer all of them are known to be done. */
static bool act(struct chat_client *client)
{
	bool is_storm = chat_client_may(client->world->storm_percent);
	uint64_t count = gatio_sim_random(LINES_MAX) + 1;
	for (uint64_t i = 0; i < count; i++) {
		do_something(client);
	}
	count = is_storm ? gatio_sim_random(STORM_MAX) : 0;
	for (uint64_t i = 0; i < count && client->out_size < sizeof(client->out) / 2; i++) {
		(chat_client_may(50) ? tell_rooms : tell_person)(client);
	}
	chat_client_ping(client);
	return chat_client_send(client);
}

static bool rounds(struct chat_client *client)
{
	uint64_t count = gatio_sim_random(ROUNDS_MAX) + 1;
	for (uint64_t i = 0; i < count; i++) {
		if (chat_client_may(5)) { /* it stops to read */
			client->is_exempt = true;
			gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(20)));
		} else if (chat_client_may(60)) {
			gatio_sim_sleep(gatio_sim_random(GATIO_MS(10)));
		}
		if (!act(client)) {
			return false;
		}
		bool goes_on = chat_client_may(20) && client->pinged - client->view.ponged < 3;
		if (!goes_on && !chat_client_wait(client)) {
			return false;
		}
		client->is_nick_certain = client->view.ponged == client->pinged;
	}
	return chat_client_wait(client);
}

/* ---- Ends -------------------------------------------------------------------------------------------------------- */

static void until(struct chat_client *client, enum chat_phase phase)
{
	while (client->world->phase < phase && !client->is_cut) {
		(void)chat_client_receive(client, LOOK_NS);
	}
}

/* All that it sees, when nobody does anything any more. */
static void settle(struct chat_client *client)
{
	for (char room = 'a'; room < (char)('a' + VIEW_ROOMS); room++) {
		chat_client_say(client, "NAMES #%c", room);
		chat_client_say(client, "WHO #%c", room);
	}
	chat_client_say(client, "LUSERS");
	chat_client_ping(client);
	client->world->looking++;
	client->view.is_settled = chat_client_send(client) && chat_client_wait(client);
	client->world->looking--;
}

static void stay(struct chat_client *client)
{
	client->world->busy--;
	until(client, CHAT_SETTLING);
	if (!client->is_cut && client->world->phase == CHAT_SETTLING) {
		settle(client);
	}
	until(client, CHAT_ENDING);
	while (!client->is_cut && chat_client_receive(client, LOOK_NS)) {
	}
	client->world->busy++;
}

static void quit(struct chat_client *client)
{
	chat_client_say(client, "QUIT :u%u.%u", client->view.user, ++client->number);
	(void)chat_client_send(client);
	chat_client_wait_for_end(client);
}

static void vanish(struct chat_client *client)
{
	client->world->busy--;
	while (client->world->phase < CHAT_ENDING) {
		gatio_sim_sleep(LOOK_NS);
	}
	client->world->busy++;
}

static void end(struct chat_client *client, enum ending ending)
{
	if (ending != STAYS && ending != QUITS && chat_client_may(50)) {
		(void)act(client);
	}
	if (ending == STAYS) {
		stay(client);
	} else if (ending == QUITS) {
		quit(client);
	} else if (ending == SHUTS) {
		gatio_sim_shut(client->stream);
		client->is_silent = true;
		chat_client_wait_for_end(client);
	} else if (ending == VANISHES) {
		client->view.has_ended = true;
		vanish(client);
	}
	if (ending == RESETS) {
		chat_client_reset(client);
	}
}

static void visit(struct chat_world *world)
{
	struct chat_client *client = chat_client_new(world);
	enum ending ending = chat_client_may(45) ? STAYS : (enum ending)gatio_sim_random(ENDINGS);
	if (chat_client_begin(client)) {
		client->is_nick_certain = true;
		chat_client_say(client, "JOIN #a");
		if (rounds(client)) {
			end(client, ending);
		}
	}
	client->view.has_ended |= world->phase == CHAT_TALKING;
	chat_client_end(client);
}

void chat_visitor(void *argument)
{
	struct chat_world *world = argument;
	for (uint64_t left = gatio_sim_random(STAYS_MAX) + 1; left > 0; left--) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(30)));
		if (world->phase == CHAT_TALKING) {
			visit(world);
		}
	}
	world->busy--;
}
