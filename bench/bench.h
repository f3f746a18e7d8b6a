/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bench: what a measurement is, and what it is given.
 *
 * A measurement is a constant struct bench_measure. Its run function takes one sample and returns; it is called in a
 * process of its own, so it may start threads, leak and crash without harm to the next. rows.c pairs each value with
 * the bare limit and the peers that it is to be compared with, and with its goal.
 *
 * Thread: run is called from the only thread of its process.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* How a sample is to be taken. Constant for one run of the program. */
struct bench_context {
	uint64_t duration_ns; /* of one sample of a loop in memory */
	uint64_t load_ns;     /* of one sample under load from the network */
	uint64_t warmup_ns;   /* before either */
	uint32_t cpus
	        [2]; /* what is measured runs on the first; its peer or its load on the second */
	bool is_quick;
	const char *program_dir; /* where gatio-kv is */
	const char *peer_dir;    /* where the peers' programs are; NULL: peers are not asked for */
	double given;            /* what the row's `given` has measured for all its series; or 0 */
};

enum {
	BENCH_NOTE_SIZE = 160,
	BENCH_QUANTILE_COUNT = 14,
};

/* The parts of all requests for which a measurement of latency says how long they took at most; ascending. */
extern const double bench_quantile_levels[BENCH_QUANTILE_COUNT];

/* One sample, as it comes back from its process. */
struct bench_sample {
	double value;
	bool has_quantiles;
	double quantiles[BENCH_QUANTILE_COUNT]; /* in the unit of the value; NaN: too few beyond */
	char note
	        [BENCH_NOTE_SIZE]; /* what the reader should know of it, or why there is none; or empty */
};

/* Error: a negative errno, and out_sample->note says why in a sentence. */
typedef int (*bench_run_fn)(const struct bench_context *context, struct bench_sample *out_sample);

struct bench_measure {
	const char *name;
	const char *unit;
	bench_run_fn run;
	uint32_t
	        run_max; /* samples that are enough, for what does not vary; 0: as many as asked for */
	/* Tells the quantiles by timing each, in a sample of its own that does not disturb the value; or NULL. */
	const struct bench_measure *latency;
};

enum bench_better {
	BENCH_LESS, /* nanoseconds, bytes: the less the better */
	BENCH_MORE, /* so many a second */
};

/* What a row must reach: the value, or its ratio to the limit, not beyond the bound on the worse side. */
enum bench_judged {
	BENCH_NO_GOAL,
	BENCH_RATIO,
	BENCH_VALUE,
};

struct bench_goal {
	enum bench_judged judged;
	double bound;
};

/* Somebody else's program for the same work. */
struct bench_peer {
	const char *name; /* NULL: there is none */
	const struct bench_measure *measure;
	double times_min; /* how many times as fast gatio must be; 0: no goal */
};

enum {
	BENCH_PEER_MAX = 2,
};

/* One line of the table, and one below it for each peer that is measured. */
struct bench_row {
	const struct bench_measure *value;
	const struct bench_measure *limit; /* NULL: there is none to compare with */
	enum bench_better better;
	struct bench_goal goal;
	struct bench_peer peers[BENCH_PEER_MAX];
	const char *limit_name;            /* of the peer that is the limit; NULL: it is no peer */
	bool is_against_best;              /* the limit is the best of the peers */
	const struct bench_measure *given; /* measured first, for all series; or NULL */
	uint32_t slice_count; /* a sample is the median of so many shorter ones; 0: it is one */
};

/* Ends with a row without value. */
extern const struct bench_row bench_rows[];

#endif
