/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service of the world `actors`: actors without any socket, that do what is drawn and check themselves. They are
 * spawned and told from outside, by main; their judge ends it all, or a stop in the middle does.
 */
#include "tests/sim/actors_messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES_MAX 200u
#define TRY_NS    GATIO_MS(1)

int actors_main(int argc, char **argv);

/* ---- Command line ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t offset;
} options[] = {
#define OPTION(field)                                                                              \
	{                                                                                          \
		"--" #field, offsetof(struct settings, field)                                      \
	}
        OPTION(seed),    OPTION(workers), OPTION(tokens),   OPTION(hops),    OPTION(pulses),
        OPTION(flood),   OPTION(outside), OPTION(long_us),  OPTION(repeats), OPTION(exits),
        OPTION(slots),   OPTION(outbox),  OPTION(budget),   OPTION(actors),  OPTION(hoards),
        OPTION(stops),   OPTION(memory),  OPTION(drain_ms), OPTION(no_spin), OPTION(pulsing),
        OPTION(is_loud),
#undef OPTION
};

static bool read_option(struct settings *settings, const char *name, const char *value)
{
	if (strcmp(name, "--backend") == 0) {
		settings->backend = value;
		return true;
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(name, options[i].name) == 0) {
			uint64_t number = strtoull(value, NULL, 10);
			memcpy((char *)settings + options[i].offset, &number, sizeof(number));
			return true;
		}
	}
	return false;
}

static bool read_settings(struct settings *settings, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc || !read_option(settings, argv[i], argv[i + 1])) {
			fprintf(stderr, "actors: what is %s?\n", argv[i]);
			return false;
		}
	}
	return settings->workers > 0 && settings->workers <= WORKERS_MAX;
}

/* ---- From outside ------------------------------------------------------------------------------------------------ */

struct cast {
	struct gatio_system *system;
	struct gatio_outside *outside;
	struct gatio_address judge;
	struct gatio_address keepers[DRIVERS_MAX];
	struct peers workers;
	uint64_t random;
};

/* splitmix64. */
static uint64_t draw(struct cast *cast, uint64_t bound)
{
	uint64_t z = cast->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % bound;
}

static void wait_ns(uint64_t ns)
{
	struct timespec time = {.tv_sec = (time_t)(ns / GATIO_SECONDS(1)),
	                        .tv_nsec = (long)(ns % GATIO_SECONDS(1))};
	nanosleep(&time, NULL);
}

/* From outside a refused message is nobody's dead letter. */
static bool sent_from_outside(struct gatio_address to, int err)
{
	if (err == 0) {
		ledger.accepted++;
	} else if (err == -ENOMEM) {
		ledger.is_short = true;
	} else if (err == -ESRCH
	                   ? !gatio_address_error(to)
	                   : err != -ENOBUFS && !(err == -ESHUTDOWN && ledger.settings.stops)) {
		wrong("a send from outside returned %d", err);
	}
	return err == 0;
}

/* It must come: again and again, while there is a way to it. */
static bool send_surely(struct cast *cast, struct gatio_address to,
                        const struct gatio_message_type *type, const void *message)
{
	for (uint32_t i = 0; i < TRIES_MAX; i++) {
		int err = gatio_outside_actor_send(cast->outside, to, type, message);
		if (sent_from_outside(to, err)) {
			return true;
		}
		if (err != -ENOBUFS && err != -ENOMEM) {
			return false;
		}
		wait_ns(TRY_NS);
	}
	return false;
}

static bool spawn_workers(struct cast *cast)
{
	uint64_t driver_count = gatio_system_driver_count(cast->system);
	uint32_t made_count = 0;
	for (uint32_t i = 0; i < ledger.settings.workers; i++) {
		uint32_t pulses =
		        i < ledger.settings.pulsing ? (uint32_t)ledger.settings.pulses : 0;
		struct gatio_place place = draw(cast, 3) == 0
		                                   ? GATIO_ANYWHERE
		                                   : GATIO_ON_DRIVER(draw(cast, driver_count));
		cast->workers.addresses[i] = gatio_system_spawn(cast->system, place, worker,
		                                                .number = i, .pulses_left = pulses);
		made_count += ledger_spawned(cast->workers.addresses[i], true);
	}
	return made_count > 0;
}

static void send_notes(struct cast *cast)
{
	for (uint64_t i = 0; i < ledger.settings.outside; i++) {
		uint32_t number = (uint32_t)draw(cast, ledger.settings.workers);
		struct gatio_address to = cast->workers.addresses[number];
		struct head head = head_of(NOT_NUMBERED, number);
		int err;
		if (draw(cast, 4) == 0) {
			struct bulk bulk = {.head = head};
			for (uint32_t k = 0; k < BULK_WORDS; k++) {
				bulk.words[k] = head.sequence + k;
			}
			err = gatio_outside_actor_send(cast->outside, to, &gatio_message_bulk,
			                               &bulk);
		} else {
			err = gatio_outside_send(cast->outside, to, note, .head = head);
		}
		if (sent_from_outside(to, err)) {
			ledger.sent[NOT_NUMBERED][number] = head.sequence;
		}
		if (draw(cast, 16) == 0) {
			wait_ns(draw(cast, GATIO_MS(2)));
		}
	}
}

/* What goes on from here is up to them. */
static bool tell_all(struct cast *cast)
{
	for (uint32_t i = 0; i < ledger.settings.workers; i++) {
		struct gatio_address to = cast->workers.addresses[i];
		if (!gatio_address_error(to)) {
			(void)send_surely(cast, to, &gatio_message_peers, &cast->workers);
		}
	}
	for (uint32_t i = 0; i < ledger.settings.tokens; i++) {
		uint32_t number = (uint32_t)draw(cast, ledger.settings.workers);
		struct gatio_address to = cast->workers.addresses[number];
		struct token token = {.head = head_of(NOT_NUMBERED, number),
		                      .hops = (uint32_t)ledger.settings.hops};
		if (!gatio_address_error(to) &&
		    send_surely(cast, to, &gatio_message_token, &token)) {
			ledger.sent[NOT_NUMBERED][number] = token.head.sequence;
		}
	}
	send_notes(cast);
	struct begin begin;
	memcpy(begin.workers, cast->workers.addresses, sizeof(begin.workers));
	memcpy(begin.keepers, cast->keepers, sizeof(begin.keepers));
	return send_surely(cast, cast->judge, &gatio_message_begin, &begin);
}

/* Keepers and the judge, and what memory is in use with them alone. */
static bool prepare(struct cast *cast)
{
	uint32_t driver_count = gatio_system_driver_count(cast->system);
	cast->judge = gatio_system_spawn(cast->system, GATIO_ANYWHERE, judge, .look_count = 0);
	bool is_ready = ledger_spawned(cast->judge, true);
	for (uint32_t i = 0; i < driver_count && is_ready; i++) {
		cast->keepers[i] = gatio_system_spawn(cast->system, GATIO_ON_DRIVER(i), keeper,
		                                      .warm_count = 0);
		is_ready = ledger_spawned(cast->keepers[i], true);
	}
	for (uint32_t i = 0; i < TRIES_MAX && ledger.warm_count < driver_count; i++) {
		wait_ns(TRY_NS);
	}
	wait_ns(GATIO_SECONDS(10)); /* a driver may stand still for as long */
	for (uint32_t i = 0; i < driver_count; i++) {
		struct gatio_counters counters;
		(void)gatio_system_counters(cast->system, i, &counters);
		ledger.memory_before[i] = counters.memory_used;
	}
	int err = is_ready ? gatio_outside_open(&cast->outside, cast->system) : 0;
	ledger.is_short |= err == -ENOMEM;
	return is_ready && !err;
}

/* ---- Main -------------------------------------------------------------------------------------------------------- */

static void hear_log(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	if (strstr(text, "is cut")) {
		ledger.is_cut = true;
	}
	if (ledger.settings.is_loud) {
		gatio_log_stderr(NULL, level, text);
	}
}

static int create(struct cast *cast)
{
	const struct settings *settings = &ledger.settings;
	struct gatio_options with = {.mailbox_slots = (uint32_t)settings->slots,
	                             .outbox_count_max = (uint32_t)settings->outbox,
	                             .budget = (uint32_t)settings->budget,
	                             .actor_count_max = (uint32_t)settings->actors,
	                             .memory_limit = settings->memory,
	                             .drain_ns = GATIO_MS(settings->drain_ms),
	                             .no_spin = settings->no_spin,
	                             .backend = settings->backend,
	                             .log = hear_log};
	return gatio_system_create(&cast->system, &with);
}

/* All that was sent was handled before the last actor ended, unless it was cut short. */
static void check_end(void)
{
	uint64_t dead_count = 0;
	for (uint32_t i = 0; i < DRIVERS_MAX; i++) {
		dead_count += ledger.final_dead[i];
	}
	if (!ledger.is_cut) {
		ledger_check(dead_count);
	}
}

int actors_main(int argc, char **argv)
{
	struct cast cast = {0};
	if (!read_settings(&ledger.settings, argc, argv)) {
		return 2;
	}
	cast.random = ledger.settings.seed;
	ledger.number_next = WORKERS_MAX;
	int err = create(&cast);
	if (err) {
		printf("actors: no system: %s\n", strerror(-err));
		return 1;
	}
	bool has_begun = prepare(&cast) && spawn_workers(&cast) && tell_all(&cast);
	gatio_outside_close(cast.outside);
	if (!has_begun) {
		if (!ledger.is_short && !ledger.settings.stops) {
			wrong("they could not begin, and there was memory");
		}
		ledger.is_stopping = true;
		gatio_system_stop(cast.system, 0);
	}
	int status = gatio_system_run(cast.system);
	check_end();
	return status;
}
