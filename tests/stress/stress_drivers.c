/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of drivers/: threads with real rings pass tokens around, asleep without bound in between, until all tokens
 * have died. DRIVERS_SEED=n repeats the choices, if not the timing.
 */
#include "tests/stress/crew.h"

#include "base/container.h"
#include "drivers/send.h"
#include "drivers/watchdog.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#	define IS_SANITIZED 1
#elif defined(__has_feature)
#	if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#		define IS_SANITIZED 1
#	endif
#endif
#ifndef IS_SANITIZED
#	define IS_SANITIZED 0
#endif

/* Counts are divided by this: sanitizers are slow, an emulated machine (tests/vm) is much slower. */
static uint32_t slowness(void)
{
	uint32_t sanitized = IS_SANITIZED ? 4 : 1;
	return getenv("GATIO_VM") ? 10 : sanitized;
}

enum message_type {
	TOKEN = 1,
	STOP,
};

/* A token on its way. */
struct token {
	uint32_t hops_left;
	uint32_t sender; /* its index + 1; 0: from outside */
	void *block;     /* of the sender's heap, freed by the receiver; or NULL */
	uint64_t number; /* of those from this sender to this receiver */
};

_Static_assert(sizeof(struct token) <= GI_MESSAGE_INLINE, "it travels in the slot");

/* One driver's own, and what it has to tell in the end. */
struct player {
	uint64_t random;
	uint64_t next_sent[CREW_MAX];
	uint64_t next_seen[CREW_MAX];
	uint64_t received_count;
	uint64_t disorder_count;
	uint64_t damage_count;
	uint64_t refused_count;
};

static struct crew crew;
static struct player players[CREW_MAX];
static uint64_t token_count;
static _Atomic uint64_t dead_count;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

/* Sometimes nothing, sometimes long enough for the others to fall asleep. */
static void delay(struct player *player)
{
	uint64_t kind = next_random(&player->random) % 16;
	if (kind == 0) {
		sched_yield();
	} else if (kind < 4) {
		for (uint64_t i = next_random(&player->random) % 2000; i > 0; i--) {
			gi_cpu_relax();
		}
	}
}

static void fill(struct gi_message *message, uint32_t type, const struct token *token)
{
	message->type = (uint16_t)type;
	memcpy(message->payload, token, sizeof(*token));
}

/* As a user's message if it may be one and is not refused, else as one of the system. */
static void send_to(struct gi_driver *driver, uint32_t to, uint32_t type, const struct token *token)
{
	struct player *player = &players[driver->index];
	if (type == TOKEN && next_random(&player->random) % 2) {
		struct gi_message *message = gi_driver_slot(driver, to);
		if (message) {
			fill(message, type, token);
			gi_driver_sent(driver, to, message, gi_message_label(CREW_KIND, 0, 0));
			return;
		}
		player->refused_count++;
	}
	bool is_open = gi_route_open(driver, to);
	gi_assert(is_open);
	struct gi_message *block = gi_heap_alloc(driver->heap, sizeof(*block));
	block->kind = CREW_KIND;
	block->flags = 0;
	fill(block, type, token);
	gi_driver_send_boxed(driver, to, block, 0, GI_PASS_COPY);
}

static void pass_on(struct gi_driver *driver, uint32_t hops_left)
{
	struct player *player = &players[driver->index];
	uint32_t driver_count = driver->group->driver_count;
	uint32_t to =
	        (driver->index + 1 + (uint32_t)next_random(&player->random) % (driver_count - 1)) %
	        driver_count;
	struct token token = {.hops_left = hops_left,
	                      .sender = driver->index + 1,
	                      .number = player->next_sent[to]++};
	if (next_random(&player->random) % 2) {
		token.block = gi_heap_alloc(driver->heap, 48);
		memset(token.block, (int)driver->index, 48);
	}
	send_to(driver, to, TOKEN, &token);
}

static void stop_all(struct gi_driver *driver)
{
	for (uint32_t i = 0; i < driver->group->driver_count; i++) {
		if (i != driver->index) {
			send_to(driver, i, STOP, &(struct token){0});
		}
	}
	gi_driver_stop(driver);
}

static void check_token(struct gi_driver *driver, uint64_t from, const struct token *token)
{
	struct player *player = &players[driver->index];
	player->disorder_count += token->number != player->next_seen[from]++;
	const unsigned char *bytes = token->block;
	for (uint32_t i = 0; bytes && i < 48; i++) {
		player->damage_count += bytes[i] != from;
	}
	if (token->block) {
		gi_driver_free(driver, token->block);
	}
}

static void on_message(void *context, struct gi_message *message)
{
	struct gi_driver *driver = context;
	struct player *player = &players[driver->index];
	if (message->type == STOP) {
		gi_driver_stop(driver);
		return;
	}
	struct token token = {0};
	memcpy(&token, message->payload, sizeof(token));
	player->received_count++;
	if (token.sender > 0) {
		check_token(driver, token.sender - 1, &token);
	}
	delay(player);
	if (token.hops_left > 0) {
		pass_on(driver, token.hops_left - 1);
	} else if (gi_fetch_add_acq_rel(&dead_count, 1) + 1 == token_count) {
		stop_all(driver);
	}
}

/* ---- Threads outside ----------------------------------------------------------------------------------------------- */

struct foreigner {
	pthread_t thread;
	uint64_t random;
	uint32_t token_count;
	uint64_t hop_count;
};

static void *foreigner_main(void *argument)
{
	struct foreigner *foreigner = argument;
	for (uint32_t i = 0; i < foreigner->token_count; i++) {
		uint32_t to = (uint32_t)next_random(&foreigner->random) % crew.group.driver_count;
		crew_send(&crew, to, TOKEN, foreigner->hop_count);
		if (next_random(&foreigner->random) % 4 == 0) {
			struct timespec pause = {
			        .tv_nsec = (long)(next_random(&foreigner->random) % 300000)};
			nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

struct game {
	uint32_t driver_count;
	uint32_t tokens_each; /* of two foreigners */
	uint64_t hop_count;   /* of each token */
	bool spin_allowed;
};

static uint64_t seed_of_run(void)
{
	static uint64_t seed;
	if (seed == 0) {
		const char *given = getenv("DRIVERS_SEED");
		seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
		printf("DRIVERS_SEED=%" PRIu64 " ", seed);
	}
	return seed;
}

static void check_players(const struct game *game)
{
	uint64_t received_count = 0;
	for (uint32_t i = 0; i < game->driver_count; i++) {
		received_count += players[i].received_count;
		CU_ASSERT_EQUAL(players[i].disorder_count, 0);
		CU_ASSERT_EQUAL(players[i].damage_count, 0);
		for (uint32_t j = 0; j < game->driver_count; j++) {
			CU_ASSERT_EQUAL(players[i].next_sent[j], players[j].next_seen[i]);
		}
	}
	CU_ASSERT_EQUAL(received_count, token_count * (game->hop_count + 1));
}

static void play(const struct game *game)
{
	memset(players, 0, sizeof(players));
	for (uint32_t i = 0; i < CREW_MAX; i++) {
		players[i].random = (seed_of_run() + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	}
	token_count = 2ul * game->tokens_each;
	gi_store_relaxed(&dead_count, 0); /* no thread yet */
	struct crew_options options = {.driver_count = game->driver_count,
	                               .spin_allowed = game->spin_allowed,
	                               .deliver = on_message};
	CU_ASSERT_EQUAL_FATAL(crew_start(&crew, &options), 0);
	struct foreigner foreigners[2];
	for (uint32_t i = 0; i < 2; i++) {
		foreigners[i] = (struct foreigner){.random = seed_of_run() + 77 + i,
		                                   .token_count = game->tokens_each,
		                                   .hop_count = game->hop_count};
		CU_ASSERT_EQUAL_FATAL(
		        pthread_create(&foreigners[i].thread, NULL, foreigner_main, &foreigners[i]),
		        0);
	}
	for (uint32_t i = 0; i < 2; i++) {
		pthread_join(foreigners[i].thread, NULL);
	}
	crew_join(&crew);
	check_players(game);
	crew_destroy(&crew);
}

static uint64_t sum_of(size_t counter_offset)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < crew.group.driver_count; i++) {
		sum += *(uint64_t *)(void *)((char *)&players[i] + counter_offset);
	}
	return sum;
}

static void two_drivers_pass_few_tokens(void)
{
	crew_alarm(300);
	play(&(struct game){.driver_count = 2, .tokens_each = 1, .hop_count = 20000 / slowness()});
	play(&(struct game){.driver_count = 2,
	                    .tokens_each = 1,
	                    .hop_count = 20000 / slowness(),
	                    .spin_allowed = true});
}

static void four_drivers_pass_many_tokens(void)
{
	crew_alarm(300);
	for (uint32_t spin = 0; spin < 2; spin++) {
		play(&(struct game){.driver_count = 4,
		                    .tokens_each = 100,
		                    .hop_count = 2000 / slowness(),
		                    .spin_allowed = spin});
	}
	/* Rings of four and outboxes of two were not enough. */
	CU_ASSERT_TRUE(sum_of(offsetof(struct player, refused_count)) > 0);
}

static void more_drivers_than_pus_work(void)
{
	crew_alarm(300);
	play(&(struct game){.driver_count = CREW_MAX,
	                    .tokens_each = 20,
	                    .hop_count = 3000 / slowness(),
	                    .spin_allowed = true});
}

static void start_and_stop_leave_nothing(void)
{
	crew_alarm(300);
	for (uint32_t i = 0; i < 200 / slowness(); i++) {
		play(&(struct game){.driver_count = 2 + i % 3,
		                    .tokens_each = 2,
		                    .hop_count = i % 7,
		                    .spin_allowed = i % 2});
	}
}

/* ---- Stopping ----------------------------------------------------------------------------------------------------- */

enum { LATE_MESSAGES = 2000 };

/* Driver 0 stops at the first message; driver 1 goes on sending to it for long after. */
static void on_message_of_two(void *context, struct gi_message *message)
{
	struct gi_driver *driver = context;
	struct player *player = &players[driver->index];
	player->received_count++;
	if (driver->index == 0) {
		gi_driver_stop(driver);
		return;
	}
	(void)message;
	struct timespec pause = {.tv_nsec = 5000000};
	nanosleep(&pause, NULL);
	for (uint32_t i = 0; i < LATE_MESSAGES; i++) {
		send_to(driver, 0, TOKEN, &(struct token){0});
	}
	gi_driver_stop(driver);
}

static void driver_stays_until_its_peers_are_quiet(void)
{
	crew_alarm(300);
	memset(players, 0, sizeof(players));
	players[1].random = 1;
	struct crew_options options = {.driver_count = 2, .deliver = on_message_of_two};
	CU_ASSERT_EQUAL_FATAL(crew_start(&crew, &options), 0);
	crew_send(&crew, 0, TOKEN, 0);
	crew_send(&crew, 1, TOKEN, 0);
	crew_join(&crew);
	CU_ASSERT_EQUAL(players[0].received_count, 1 + LATE_MESSAGES);
	CU_ASSERT_EQUAL(gi_load_relaxed(&crew.drivers[1]->counters.doorbell_errors), 0);
	crew_destroy(&crew);
}

static void failed_start_lets_the_others_end(void)
{
	crew_alarm(300);
	struct crew_options options = {
	        .driver_count = 3, .pins = true, .pinned_cpu = 1u << 20, .deliver = on_message};
	CU_ASSERT_TRUE(crew_start(&crew, &options) < 0);
	CU_ASSERT_EQUAL(crew.started_count, 2);
	CU_ASSERT_PTR_NULL(crew.drivers[0]->thread);
	for (uint32_t i = 1; i < 3; i++) {
		gi_driver_stop(crew.drivers[i]); /* it waits at the gate: nobody else is in it */
	}
	gi_drivers_go(&crew.group);
	crew_join(&crew);
	crew_destroy(&crew);
}

/* ---- What a thread is like ------------------------------------------------------------------------------------------ */

static char name_seen[16];
static cpu_set_t cpus_seen;
static sigset_t blocked_seen;

static void on_message_look_around(void *context, struct gi_message *message)
{
	(void)message;
	pthread_getname_np(pthread_self(), name_seen, sizeof(name_seen));
	pthread_getaffinity_np(pthread_self(), sizeof(cpus_seen), &cpus_seen);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked_seen);
	gi_driver_stop(context);
}

static uint32_t first_allowed_cpu(void)
{
	cpu_set_t allowed;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	uint32_t cpu = 0;
	while (!CPU_ISSET(cpu, &allowed)) {
		cpu++;
	}
	return cpu;
}

static void thread_is_named_pinned_and_undisturbed(void)
{
	crew_alarm(300);
	uint32_t cpu = first_allowed_cpu();
	struct crew_options options = {.driver_count = 1,
	                               .pins = true,
	                               .pinned_cpu = cpu,
	                               .deliver = on_message_look_around};
	CU_ASSERT_EQUAL_FATAL(crew_start(&crew, &options), 0);
	crew_send(&crew, 0, TOKEN, 0);
	crew_join(&crew);
	CU_ASSERT_STRING_EQUAL(name_seen, "gatio/0");
	CU_ASSERT_EQUAL(CPU_COUNT(&cpus_seen), 1);
	CU_ASSERT_TRUE(CPU_ISSET(cpu, &cpus_seen));
	for (int number = 1; number <= SIGRTMAX; number++) {
		bool is_open = number == gi_watchdog_signal() || number == SIGKILL ||
		               number == SIGSTOP || (number > SIGSYS && number < SIGRTMIN);
		if (!is_open) {
			bool is_own = number == SIGSEGV || number == SIGBUS || number == SIGFPE ||
			              number == SIGILL || number == SIGTRAP || number == SIGABRT ||
			              number == SIGSYS;
			CU_ASSERT_EQUAL(sigismember(&blocked_seen, number), !is_own);
		}
	}
	CU_ASSERT_FALSE(sigismember(&blocked_seen, gi_watchdog_signal()));
	crew_destroy(&crew);
}

static CU_TestInfo tests[] = {
        {"two drivers pass few tokens", two_drivers_pass_few_tokens},
        {"four drivers pass many tokens", four_drivers_pass_many_tokens},
        {"more drivers than PUs work", more_drivers_than_pus_work},
        {"start and stop leave nothing", start_and_stop_leave_nothing},
        {"driver stays until peers are quiet", driver_stays_until_its_peers_are_quiet},
        {"failed start lets the others end", failed_start_lets_the_others_end},
        {"thread is named, pinned, undisturbed", thread_is_named_pinned_and_undisturbed},
        CU_TEST_INFO_NULL,
};

static const struct suite drivers_stress = {"drivers stress", tests};
extern const struct suite watchdog_stress;
extern const struct suite door_stress;

const struct suite *const suites[] = {&drivers_stress, &watchdog_stress, &door_stress, NULL};
