/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: what one client causes happens in the order of its lines, for it and for whoever sees two effects. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/session.h"
#include "tests/chat/people.h"
#include "tests/support/suite.h"

enum { SEEDS = 200 };

static void begin(uint64_t seed)
{
	people_begin(seed, 2 + (uint32_t)seed % 2, 3);
}

/* Each of these is typed in one packet, after "JOIN #c" of ann and bob; `sees` is in the output of one of them. */
static const struct {
	const char *lines;
	const char *ann_sees;
	const char *bob_sees;
} packets[] = {
        {"JOIN #a,#b,bad,#d",
         " JOIN #a\n 366 ann #a \n JOIN #b\n 366 ann #b \n 403 ann bad \n JOIN #d", ""},
        {"NAMES #none,#c,#other", " 366 ann #none \n 353 ann = #c \n 366 ann #c \n 366 ann #other ",
         ""},
        {"JOIN #a,#b\nPART #b,#none,#a,#c", " PART #b\n 403 ann #none \n PART #a\n PART #c", ""},
        {"PRIVMSG #none,nobody,#c,nosuch :x", " 403 ann #none \n 401 ann nobody \n 401 ann nosuch ",
         " PRIVMSG #c :x"},
        {"PRIVMSG nosuch :x\nPING y", " 401 ann nosuch \nPONG chat.test :y", ""},
        {"WHOIS nosuch,bob\nPING y\nWHO #c\nPING z",
         " 401 ann nosuch \n 318 ann nosuch \n 318 ann bob \n :y\n 315 ann #c \n :z", ""},
        {"PRIVMSG #c :1\nPRIVMSG bob :2\nPRIVMSG #c :3\nNOTICE bob :4", "",
         " #c :1\n bob :2\n #c :3\n bob :4"},
        {"PRIVMSG bob :1\nPRIVMSG nosuch :x\nNOTICE nosuch :x\nPRIVMSG bob,none,bob :2\nPING y",
         " 401 ann nosuch \n 401 ann none \nPONG chat.test :y", " :1\n :2\n :2"},
        {"PRIVMSG bob :1\nPRIVMSG #c :2\nPRIVMSG bob :3\nPRIVMSG none :x\nPRIVMSG none\nJOIN x\n"
         "PRIVMSG bob :4",
         " 401 ann none \n 412 ann \n 403 ann x ", " bob :1\n #c :2\n bob :3\n bob :4"},
        {"PRIVMSG bob :1\nNICK new\nPRIVMSG bob :2\nNICK newer\nPRIVMSG none :3",
         " NICK :new\n NICK :newer\n 401 newer none ",
         ":ann!~ann@127.0.0.1 PRIVMSG bob :1\n NICK :new\n:new!~ann@127.0.0.1 PRIVMSG bob :2"},
        {"NICK new\nPRIVMSG bob :x", " NICK :new",
         ":ann!~ann@127.0.0.1 NICK :new\n:new!~ann@127.0.0.1 PRIVMSG bob :x"},
        {"PRIVMSG bob :x\nNICK new\nPART #c\nPRIVMSG bob :y", "",
         ":ann!~ann@127.0.0.1 PRIVMSG bob :x\n NICK :new\n:new!~ann@127.0.0.1 PART "
         "#c\n:new!~ann@127.0.0.1 PRIVMSG bob :y"},
        {"MODE #c +m\nTOPIC #c :t\nKICK #c bob\nPRIVMSG bob :out",
         " MODE #c +m\n TOPIC #c :t\n KICK #c bob",
         " MODE #c +m\n TOPIC #c :t\n KICK #c bob\n PRIVMSG bob :out"},
        {"AWAY :x\nWHOIS ann\nAWAY\nINVITE cat #c\nLIST\nISON bob\nVERSION",
         " 306 ann \n 301 ann ann :x\n 318 ann ann \n 305 ann \n 341 ann cat #c\n 323 ann \n 303 "
         "ann :bob\n 351 ann ",
         ""},
        {"PRIVMSG #c :bye\nPRIVMSG bob :bye\nQUIT :gone", "ERROR :Closing Link",
         " #c :bye\n bob :bye\n QUIT :Quit: gone"},
};

static void packets_are_done_in_order(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
			begin(seed);
			world_type(ann, "JOIN #c");
			world_type(bob, "JOIN #c");
			people_clear();
			world_type(ann, packets[i].lines);
			CU_ASSERT_TRUE(people_see_in_order(ann, packets[i].ann_sees));
			CU_ASSERT_TRUE(people_see_in_order(bob, packets[i].bob_sees));
			world_stop();
		}
	}
}

/* More private lines than may be under way, with errors among them, and a line in between that waits for all. */
static void private_lines_go_together_in_order(void)
{
	enum { LINES = 5 * CHAT_UNDER_WAY_MAX };
	char line[60];
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed);
		for (int i = 0; i < LINES; i++) {
			snprintf(line, sizeof(line), "PRIVMSG %s :%d.", i % 7 == 3 ? "none" : "bob",
			         i);
			world_type_only(ann, line);
		}
		world_type(ann, "PING end");
		const char *at = fake_output(bob);
		for (int i = 0; i < LINES; i++) {
			snprintf(line, sizeof(line), ":ann!~ann@127.0.0.1 PRIVMSG bob :%d.\r\n", i);
			if (i % 7 != 3) {
				CU_ASSERT_EQUAL(strncmp(at, line, strlen(line)), 0);
				at = strchr(at, '\n') + 1;
			}
		}
		CU_ASSERT_EQUAL(world_count(ann, " 401 ann none "), (LINES + 3) / 7);
		CU_ASSERT_TRUE(people_see_in_order(ann, " 401 \n PONG "));
		CU_ASSERT_EQUAL(strcmp(strstr(fake_output(ann), ":chat.test PONG"),
		                       ":chat.test PONG chat.test :end\r\n"),
		                0);
		world_stop();
	}
}

/* However many come at once. */
static void lines_under_way_are_bounded(void)
{
	uint32_t most = 0;
	begin(1);
	const struct chat_session *session = fake_state(ann);
	for (int i = 0; i < 5 * CHAT_UNDER_WAY_MAX; i++) {
		world_type_only(ann, "PRIVMSG bob :x");
	}
	while (fake_has_messages()) {
		fake_step();
		uint32_t count = session->serial - session->answered;
		most = count > most ? count : most;
	}
	CU_ASSERT_EQUAL(most, CHAT_UNDER_WAY_MAX);
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), 5 * CHAT_UNDER_WAY_MAX);
	world_stop();
}

/* A private line is three messages; so many that come together are answered as one, and wait with one timer. */
static void private_lines_cost_little(void)
{
	begin(1);
	fake_advance(GATIO_SECONDS(61));
	size_t timers = fake_timer_count();
	char lines[CHAT_UNDER_WAY_MAX * 20] = "";
	for (int i = 0; i < CHAT_UNDER_WAY_MAX; i++) {
		snprintf(lines + strlen(lines), 20, "PRIVMSG bob :x\r\n");
	}
	people_clear();
	fake_input(ann, lines);
	CU_ASSERT_TRUE(fake_run() <= 3 * CHAT_UNDER_WAY_MAX + 4);
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), CHAT_UNDER_WAY_MAX);
	CU_ASSERT_EQUAL(fake_timer_count(), timers + 1);
	fake_advance(GATIO_SECONDS(1));
	world_type(ann, "PRIVMSG bob :x\nWHOIS bob");
	CU_ASSERT_EQUAL(fake_timer_count(), timers + 1);
	fake_advance(GATIO_SECONDS(10));
	CU_ASSERT_EQUAL(fake_timer_count(), timers);
	world_stop();
}

/* Of several that were under way the answer is lost: the client is told once, and goes on. */
static void lost_answer_is_given_up(void)
{
	begin(1);
	fake_kill(world_server.couriers[0]); /* ann's */
	world_type_only(ann, "PRIVMSG none :1\nPRIVMSG none :2\nPING y");
	fake_run();
	fake_advance(GATIO_SECONDS(4));
	CU_ASSERT_STRING_EQUAL(fake_output(ann), "");
	fake_advance(GATIO_SECONDS(2));
	CU_ASSERT_STRING_EQUAL(fake_output(ann),
	                       ":chat.test 437 ann * :Nick/channel is temporarily unavailable\r\n"
	                       ":chat.test PONG chat.test :y\r\n");
	world_stop();
}

static void old_nick_is_silent_after_nick(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed);
		world_type(ann, "JOIN #a,#b");
		world_type(bob, "JOIN #a,#b");
		people_clear();
		world_type(ann,
		           "PRIVMSG #b :1\nPRIVMSG #a :2\nNICK new\nPRIVMSG #b :3\nPRIVMSG #a :4");
		CU_ASSERT_STRING_EQUAL(fake_output(bob), ":ann!~ann@127.0.0.1 PRIVMSG #b :1\r\n"
		                                         ":ann!~ann@127.0.0.1 PRIVMSG #a :2\r\n"
		                                         ":ann!~ann@127.0.0.1 NICK :new\r\n"
		                                         ":new!~ann@127.0.0.1 PRIVMSG #b :3\r\n"
		                                         ":new!~ann@127.0.0.1 PRIVMSG #a :4\r\n");
		world_stop();
	}
}

/* ann takes another name, bob takes ann's: whoever knows both hears of the first before the second. */
static void freed_nick_is_taken_after_all_have_heard(void)
{
	unsigned taken = 0;
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed);
		world_type(ann, "JOIN #a,#b");
		world_type(bob, "JOIN #a,#b");
		world_type(cat, "JOIN #a");
		people_clear();
		world_type_only(ann, "NICK yy");
		world_type_only(bob, "NICK ann");
		fake_run();
		if (world_count(bob, " NICK :ann\r\n")) {
			static const char order[] =
			        ":ann!~ann@127.0.0.1 NICK :yy\n:bob!~bob@127.0.0.1 NICK :ann";
			CU_ASSERT_TRUE(people_see_in_order(bob, order));
			CU_ASSERT_TRUE(people_see_in_order(cat, order));
			CU_ASSERT_TRUE(people_see_in_order(ann, order));
			taken++;
		}
		world_stop();
	}
	CU_ASSERT_TRUE(taken > 0 && taken < SEEDS - 1); /* both have happened */
}

/* ---- Everybody does everything at once, and each log makes sense by itself ---------------------------------------- */

enum { PERSONS_MAX = 24, ROOMS = 2, NICKS = 8, ACTS = 40 };

/* What a client can know from what it was told. */
struct view {
	char nick[20];
	char members[ROOMS][1000]; /* nicks, each between two spaces; "": not in it */
	char listed[ROOMS][1000];  /* by NAMES that is not at its end yet */
	bool is_new[ROOMS];        /* has just come in: NAMES will say who is there */
};

static void add(char list[1000], const char *nick)
{
	size_t size = strlen(list);
	snprintf(list + size, 1000 - size, "%s%s ", size ? "" : " ", nick);
}

static char *find(char list[1000], const char *nick)
{
	char word[30];
	snprintf(word, sizeof(word), " %s ", nick);
	return strstr(list, word);
}

static void take(char list[1000], const char *nick)
{
	char *at = find(list, nick);
	CU_ASSERT_PTR_NOT_NULL(at); /* who is not there cannot go */
	if (at) {
		memmove(at, at + strlen(nick) + 1, strlen(at + strlen(nick) + 1) + 1);
	}
}

static bool knows(struct view *view, const char *nick)
{
	bool is_known = strcmp(view->nick, nick) == 0;
	for (int i = 0; i < ROOMS; i++) {
		is_known |= find(view->members[i], nick) != NULL;
	}
	return is_known;
}

static void hear_nick(struct view *view, const char *nick, const char *new)
{
	CU_ASSERT_TRUE(knows(view, nick));
	CU_ASSERT_FALSE(knows(view, new));
	if (strcmp(view->nick, nick) == 0) {
		snprintf(view->nick, sizeof(view->nick), "%s", new);
	}
	for (int i = 0; i < ROOMS; i++) {
		if (find(view->members[i], nick)) {
			take(view->members[i], nick);
			add(view->members[i], new);
		}
	}
}

static void hear_leave(struct view *view, int room, const char *nick)
{
	take(view->members[room], nick);
	if (strcmp(nick, view->nick) == 0) {
		view->members[room][0] = '\0';
	}
}

static void hear_names(struct view *view, int room, char *nicks)
{
	char *rest = NULL;
	for (char *nick = strtok_r(nicks, " ", &rest); nick; nick = strtok_r(NULL, " ", &rest)) {
		add(view->listed[room], nick + (*nick == '@'));
	}
}

/* The members of a room, from NAMES, are those that it has been told of: no more, no less. */
static void hear_end_of_names(struct view *view, int room)
{
	char *members = view->members[room];
	char *listed = view->listed[room];
	if (view->is_new[room]) {
		memcpy(members, listed, sizeof(view->members[room]));
		view->is_new[room] = false;
	}
	CU_ASSERT_EQUAL(strlen(members), strlen(listed));
	char *rest = NULL;
	char copy[1000];
	snprintf(copy, sizeof(copy), "%s", listed);
	for (char *nick = strtok_r(copy, " ", &rest); nick; nick = strtok_r(NULL, " ", &rest)) {
		CU_ASSERT_PTR_NOT_NULL(find(members, nick));
	}
	listed[0] = '\0';
}

static void hear_join(struct view *view, int room, const char *nick)
{
	CU_ASSERT_PTR_NULL(find(view->members[room], nick));
	add(view->members[room], nick);
	view->is_new[room] |= strcmp(view->nick, nick) == 0;
}

/* ":nick!user@host VERB #room rest" */
static void hear_person(struct view *view, char *line)
{
	char *rest = line;
	const char *nick = strsep(&rest, "!");
	(void)strsep(&rest, " ");
	const char *verb = strsep(&rest, " ");
	int room = rest[0] == '#' ? rest[1] - 'a' : 0;
	if (strcmp(verb, "NICK") == 0) {
		hear_nick(view, nick, rest + 1);
	} else if (strcmp(verb, "JOIN") == 0) {
		hear_join(view, room, nick);
	} else if (strcmp(verb, "PART") == 0) {
		hear_leave(view, room, nick);
	} else if (strcmp(verb, "KICK") == 0) {
		CU_ASSERT_PTR_NOT_NULL(find(view->members[room], nick));
		(void)strsep(&rest, " ");
		hear_leave(view, room, strsep(&rest, " "));
	} else if (strcmp(verb, "QUIT") == 0) {
		CU_ASSERT_TRUE(knows(view, nick));
		for (int i = 0; i < ROOMS; i++) {
			if (find(view->members[i], nick)) {
				take(view->members[i], nick);
			}
		}
	} else if (rest[0] == '#') {
		CU_ASSERT_PTR_NOT_NULL(find(view->members[room], nick));
	}
}

static void hear(struct view *view, char *line)
{
	char *names = strstr(line, " 353 ");
	char *end = strstr(line, " 366 ");
	if (names) {
		names = strchr(names, '#');
		hear_names(view, names[1] - 'a', names + 4);
		return;
	}
	if (end) {
		int room = strchr(end, '#')[1] - 'a';
		if (view->members[room][0]) { /* its join came before */
			hear_end_of_names(view, room);
		}
		view->listed[room][0] = '\0';
		return;
	}
	if (strchr(line, '!') && line[0] == ':') {
		hear_person(view, line + 1);
	}
}

static void replay(struct gatio_address client, const char *nick)
{
	static char log[1 << 20];
	struct view view = {.nick = ""};
	snprintf(view.nick, sizeof(view.nick), "%s", nick);
	snprintf(log, sizeof(log), "%s", fake_output(client));
	char *rest = log;
	for (char *line = strsep(&rest, "\r"); rest; line = strsep(&rest, "\r")) {
		hear(&view, line + (*line == '\n'));
	}
}

static void act(struct gatio_address client)
{
	char line[100];
	unsigned nick = (unsigned)(gatio_random() >> 30) % NICKS;
	char room = (char)('a' + (gatio_random() >> 30) % ROOMS);
	switch ((gatio_random() >> 30) % 8) {
	case 0:
	case 1:
		snprintf(line, sizeof(line), "NICK n%u", nick);
		break;
	case 2:
	case 3:
		snprintf(line, sizeof(line), "JOIN #%c,#a", room);
		break;
	case 4:
		snprintf(line, sizeof(line), "PART #%c", room);
		break;
	case 5:
		snprintf(line, sizeof(line), "KICK #%c n%u :x", room, nick);
		break;
	case 6:
		snprintf(line, sizeof(line), "NAMES #%c", room);
		break;
	default:
		snprintf(line, sizeof(line), "PRIVMSG #%c :x", room);
		break;
	}
	world_type_only(client, line);
}

static void play_at_random(uint64_t seed, int person_count)
{
	struct gatio_address people[PERSONS_MAX];
	char nick[20];
	for (int i = 0; i < person_count; i++) {
		snprintf(nick, sizeof(nick), "p%d", i);
		people[i] = world_person(nick);
	}
	for (int i = 0; i < ACTS * person_count; i++) {
		act(people[i % person_count]);
	}
	world_type_only(people[0], "QUIT");
	if (seed % 2) {
		fake_close(people[1]);
	}
	fake_run();
	fake_advance(GATIO_SECONDS(2));
	for (int i = 0; i < person_count; i++) {
		if (i > 1) {
			world_type(people[i], "NAMES #a\nNAMES #b");
		}
		snprintf(nick, sizeof(nick), "p%d", i);
		replay(people[i], nick);
	}
	CU_ASSERT_PTR_NULL(world_hub()->waiting[CHAT_LARGE].first);
	world_stop();
}

static void every_log_makes_sense_by_itself(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		world_start(seed, 3, 100 * (uint32_t)(seed % 3));
		play_at_random(seed, 5);
	}
}

/* Rooms so large, and so little allowed to be under way, that nearly everything waits in the hub's line. */
static void waiting_in_line_changes_no_order(void)
{
	for (uint64_t seed = 1; seed < SEEDS / 10; seed++) {
		world_start(seed, 3, 0);
		world_server.under_way_max = 8;
		play_at_random(seed, PERSONS_MAX);
	}
}

static const CU_TestInfo tests[] = {
        {"packets are done in order", packets_are_done_in_order},
        {"private lines go together in order", private_lines_go_together_in_order},
        {"private lines cost little", private_lines_cost_little},
        {"lines under way are bounded", lines_under_way_are_bounded},
        {"lost answer is given up", lost_answer_is_given_up},
        {"old nick is silent after NICK", old_nick_is_silent_after_nick},
        {"freed nick is taken after all have heard", freed_nick_is_taken_after_all_have_heard},
        {"every log makes sense by itself", every_log_makes_sense_by_itself},
        {"waiting in line changes no order", waiting_in_line_changes_no_order},
        CU_TEST_INFO_NULL,
};

const struct suite order_suite = {"order", tests};
