/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actors without sockets in a simulated machine: spawns, messages, questions, timers, ends, stops. How much of what is drawn
 * here; what must hold the service checks itself.
 */
#include <gatio/sim.h>

#include <inttypes.h>
#include <stdio.h>

#define ARGUMENTS_MAX 64
#define STATUS_STUCK  70

int actors_main(int argc, char **argv);

struct line {
	char texts[ARGUMENTS_MAX][24];
	char *words[ARGUMENTS_MAX + 1];
	int count;
};

static void add(struct line *line, const char *text)
{
	snprintf(line->texts[line->count], sizeof(line->texts[0]), "%s", text);
	line->words[line->count] = line->texts[line->count];
	line->count++;
}

static void add_number(struct line *line, const char *name, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, number);
	add(line, name);
	add(line, text);
}

static bool one_in(uint64_t count)
{
	return gatio_sim_random(count) == 0;
}

static void draw_work(struct line *line)
{
	uint64_t workers = 2 + gatio_sim_random(9);
	add_number(line, "--seed", gatio_sim_random(UINT64_MAX));
	add_number(line, "--workers", workers);
	add_number(line, "--tokens", gatio_sim_random(6));
	add_number(line, "--hops", gatio_sim_random(120));
	add_number(line, "--pulsing", one_in(2) ? gatio_sim_random(workers + 1) : 0);
	add_number(line, "--pulses", 10 + gatio_sim_random(30));
	add_number(line, "--flood", one_in(3) ? gatio_sim_random(300) : 10);
	add_number(line, "--outside", gatio_sim_random(60));
	add_number(line, "--long_us", one_in(3) ? gatio_sim_random(3000000) : 0);
	add_number(line, "--repeats", one_in(2));
	add_number(line, "--exits", one_in(2));
}

static void draw_system(struct line *line)
{
	bool is_scarce = one_in(4);
	add_number(line, "--slots", UINT64_C(2) << gatio_sim_random(8));
	add_number(line, "--outbox", one_in(2) ? 1 + gatio_sim_random(64) : 0);
	add_number(line, "--budget", one_in(2) ? 1 + gatio_sim_random(80) : 0);
	add_number(line, "--actors", one_in(8) ? 64 : 0);
	add_number(line, "--memory", is_scarce ? UINT64_C(8) << 20 : 0);
	add_number(line, "--hoards", is_scarce);
	add_number(line, "--no_spin", one_in(2));
	add(line, "--backend");
	add(line, one_in(4) ? "epoll" : "auto");
}

/* The judge stops it, a worker does, or a signal; and perhaps a second one. */
static void run(struct line *line, uint64_t stops)
{
	add_number(line, "--stops", stops);
	add_number(line, "--drain_ms", one_in(2) ? 0 : 1 + gatio_sim_random(2000));
	struct gatio_sim_process *actors = gatio_sim_start("actors", actors_main, line->words);
	if (stops == 2) {
		gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(12)));
		gatio_sim_terminate(actors);
	}
	if (stops == 2 && one_in(3)) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(500)));
		gatio_sim_terminate(actors);
	}
	int status = gatio_sim_wait(actors);
	gatio_sim_check(status == 0 || (status == STATUS_STUCK && stops) ||
	                        (status == 128 + 15 && stops == 2) || gatio_sim_said_why(actors),
	                "actors end with status %d", status);
}

static void world(void)
{
	struct line line = {0};
	add(&line, "actors");
	draw_work(&line);
	draw_system(&line);
	run(&line, one_in(2) ? gatio_sim_random(3) : 0);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "actors", .world = world});
}
