/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace: what has happened in a run, as a hash over all events and the last of them as text. It lies in memory that the
 * run shares with whoever started it, and so outlives a run that ends in the middle.
 */
#ifndef GI_SIM_TRACE_H
#define GI_SIM_TRACE_H

#include "sim/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define GI_TRACE_KEPT 50u
#define GI_TRACE_NAME 24u
#define GI_TRACE_TEXT 400u
/* What scripts count, by names. */
#define GI_TRACE_COUNTS 8u

/* Who and what are names that outlive the run: literals, or of the table of tasks. */
struct gi_trace_event {
	uint64_t at_ns;
	uint64_t a;
	int64_t b;
	char who[GI_TRACE_NAME];
	char what[GI_TRACE_NAME];
};

struct gi_trace_count {
	char name[GI_TRACE_NAME];
	uint64_t count;
};

enum gi_trace_end {
	GI_TRACE_RUNNING = 0,
	GI_TRACE_HELD,     /* every invariant has held to the end */
	GI_TRACE_VIOLATED, /* see violation */
};

struct gi_trace {
	uint64_t hash;
	uint64_t event_count;
	uint64_t began_ns;
	uint64_t now_ns;
	uint64_t strikes[GI_FAULT_COUNT];
	enum gi_trace_end end;
	char violation[GI_TRACE_TEXT];
	struct gi_trace_event last[GI_TRACE_KEPT];
	struct gi_trace_count counts[GI_TRACE_COUNTS]; /* in the order in which names came */
	bool is_full;                                  /* every event is printed as it happens */
};

void gi_trace_init(struct gi_trace *trace, bool is_full);
/* Numbers must be the same in each run of a seed: no pointers, no ids of this machine. */
void gi_trace_event(struct gi_trace *trace, const char *who, const char *what, uint64_t a,
                    int64_t b);
/* Bytes that a program has sent or said. */
void gi_trace_bytes(struct gi_trace *trace, const void *bytes, size_t size);
/* Adds up, and is no event. false: there are too many names. */
bool gi_trace_add(struct gi_trace *trace, const char *name, uint64_t count);
/* The last events, oldest first. */
void gi_trace_print(const struct gi_trace *trace, int fd);

#endif
