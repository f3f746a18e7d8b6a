/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: what can go wrong in the simulated machine. Each run draws which of them exist in it and how often they strike
 * (swarm testing: Groce and others, 2012): a run without one finds what it hides elsewhere.
 */
#ifndef GI_SIM_FAULT_H
#define GI_SIM_FAULT_H

#include "sim/random.h"

#include <stdbool.h>
#include <stdint.h>

/* X(name, word, per_million_min, per_million_max) */
#define GI_FAULTS(X)                                                                               \
	/* Streams. */                                                                             \
	X(STREAM_LATENCY, "stream-latency", 1000, 200000)                                          \
	X(STREAM_NARROW, "stream-narrow", 1000, 300000)                                            \
	X(STREAM_SMALL_BUFFER, "stream-small-buffer", 10000, 800000)                               \
	X(SHORT_RECEIVE, "short-receive", 1000, 500000)                                            \
	X(SHORT_SEND, "short-send", 1000, 500000)                                                  \
	X(STREAM_RESET, "stream-reset", 100, 20000)                                                \
	X(STREAM_HALF_OPEN, "stream-half-open", 100, 20000)                                        \
	X(ACCEPT_OVERFLOW, "accept-overflow", 1000, 200000)                                        \
	/* What runs out. */                                                                       \
	X(DESCRIPTORS_FEW, "descriptors-few", 300000, 1000000)                                     \
	X(DESCRIPTORS_NONE, "descriptors-none", 100, 100000)                                       \
	X(SOCKET_NO_MEMORY, "socket-no-memory", 100, 50000)                                        \
	X(CALL_REFUSED, "call-refused", 100000, 600000)                                            \
	X(MAP_FAILS, "map-fails", 100000, 900000)                                                  \
	X(ALLOCATION_FAILS, "allocation-fails", 100000, 600000)                                    \
	X(MALLOC_FAILS_AT_START, "malloc-fails-at-start", 200000, 800000)                          \
	X(MALLOC_FAILS, "malloc-fails", 100000, 900000)                                            \
	/* Time. */                                                                                \
	X(CLOCK_JUMP, "clock-jump", 10, 2000)                                                      \
	X(DRIVER_STALL, "driver-stall", 10, 2000)                                                  \
	X(TURN_LONG, "turn-long", 100, 50000)                                                      \
	/* io_uring. */                                                                            \
	X(COMPLETION_DELAYED, "completion-delayed", 1000, 300000)                                  \
	X(COMPLETION_REORDERED, "completion-reordered", 10000, 1000000)                            \
	X(COMPLETION_OVERFLOW, "completion-overflow", 100, 50000)                                  \
	X(MULTISHOT_ENDED, "multishot-ended", 100, 100000)                                         \
	X(NO_BUFFERS, "no-buffers", 100, 50000)                                                    \
	X(CANCEL_LATE, "cancel-late", 50000, 900000)                                               \
	X(MESSAGE_REFUSED, "message-refused", 1000, 300000)                                        \
	X(ENTER_INTERRUPTED, "enter-interrupted", 100, 100000)                                     \
	X(ENTER_BUSY, "enter-busy", 100, 50000)                                                    \
	X(RING_REFUSED, "ring-refused", 300000, 1000000)                                           \
	X(RING_SMALL, "ring-small", 200000, 900000)                                                \
	X(SUBMIT_SHORT, "submit-short", 1000, 200000)                                              \
	/* Processes. */                                                                           \
	X(PROCESS_KILLED, "process-killed", 100000, 700000)

/* Of models that no door opens yet, which no world can see. */
#define GI_FAULTS_WITHOUT_DOOR(X)                                                                  \
	/* Files. */                                                                               \
	X(DISK_SHORT_READ, "disk-short-read", 1000, 300000)                                        \
	X(DISK_SHORT_WRITE, "disk-short-write", 1000, 300000)                                      \
	X(DISK_ERROR, "disk-error", 100, 50000)                                                    \
	X(DISK_FULL, "disk-full", 100, 50000)                                                      \
	X(DISK_SYNC_FAILS, "disk-sync-fails", 100, 50000)                                          \
	X(DISK_TORN, "disk-torn", 100000, 1000000)                                                 \
	X(DISK_REORDERED, "disk-reordered", 100000, 1000000)                                       \
	X(DISK_RENAME_LOST, "disk-rename-lost", 100000, 1000000)                                   \
	X(POWER_CUT, "power-cut", 100, 50000)                                                      \
	/* Datagrams. */                                                                           \
	X(DATAGRAM_LOST, "datagram-lost", 1000, 300000)                                            \
	X(DATAGRAM_TWICE, "datagram-twice", 1000, 300000)                                          \
	X(DATAGRAM_REORDERED, "datagram-reordered", 1000, 300000)

enum gi_fault {
#define GI_FAULT_NAME(name, word, low, high) GI_FAULT_##name,
	GI_FAULTS(GI_FAULT_NAME) GI_FAULTS_WITHOUT_DOOR(GI_FAULT_NAME)
#undef GI_FAULT_NAME
	        GI_FAULT_COUNT,
	GI_FAULT_DOOR_COUNT = GI_FAULT_DISK_SHORT_READ, /* the first without a door */
};

struct gi_faults {
	struct gi_random random;
	uint32_t per_million[GI_FAULT_COUNT];
	uint64_t strikes[GI_FAULT_COUNT];
};

/* What the seed draws, but for the kinds of `without`, a bit each. */
void gi_faults_init(struct gi_faults *faults, uint64_t seed, uint64_t without);
/* Does it strike? Counted if it does. */
bool gi_fault_strikes(struct gi_faults *faults, enum gi_fault fault);
/* Whether it exists in this run; what it does is drawn elsewhere, and counted there. */
bool gi_fault_exists(const struct gi_faults *faults, enum gi_fault fault);

const char *gi_fault_word(enum gi_fault fault);
/* GI_FAULT_COUNT: there is none with this word. */
enum gi_fault gi_fault_find(const char *word, size_t size);

#endif
