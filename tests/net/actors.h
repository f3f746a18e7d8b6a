/* SPDX-License-Identifier: Apache-2.0 */
/* Connection actors for tests: what they do is a script, what they see is written down. */
#ifndef TESTS_NET_ACTORS_H
#define TESTS_NET_ACTORS_H

#include <gatio/net.h>

#define SEEN_SIZE    ((size_t)8 << 20)
#define SEEN_SELVES  512u
#define SEEN_DRIVERS 8u

/* What all actors of a test have seen together. */
struct seen {
	uint32_t started;
	uint32_t connected;
	uint32_t received;
	uint32_t writable;
	uint32_t peer_ended;
	uint32_t draining;
	uint32_t closed;
	uint32_t ended;
	int closed_reason; /* of the last */
	int ended_reason;
	uint64_t deadline_ns; /* of the last gatio_peer_ended or gatio_draining */
	size_t writable_waiting;
	struct gatio_connected last_connected;
	struct gatio_address selves[SEEN_SELVES]; /* in the order of connected */
	uint32_t by_driver[SEEN_DRIVERS];         /* connected */
	char order[64];                           /* one letter for each message: S C R W P D X E */
	/* Bytes consumed, those of all actors one behind another. */
	size_t size;
	unsigned char bytes[SEEN_SIZE];
};

extern struct seen seen;

/* What they do; NULL: only write down. A received handler that is set says what it consumes itself. */
struct script {
	void (*started)(void);
	void (*connected)(void);
	void (*received)(const struct gatio_received *received);
	void (*writable)(void);
	void (*peer_ended)(void);
	void (*draining)(void);
	void (*closed)(int reason);
	void (*ended)(int reason);
	void (*poked)(int number);
};

extern struct script script;

void script_forget(void);

/* For received handlers. */
void script_echo(const struct gatio_received *received);
void script_keep(const uint8_t *data, size_t size);
void script_exit(void);

/* For poked handlers: 0 resumes, any other number pauses. */
void script_pause_or_resume(int number);

GATIO_MESSAGE(poke, { int number; });

/* Has a handler for everything. */
struct scripted {
	int number;
};
GATIO_DECLARE_SHARED_BEHAVIOR(scripted);

/* Handles gatio_received and gatio_closed, and what it sees goes to the same place; the rest it does not know. */
struct plain {
	int number;
};
GATIO_DECLARE_SHARED_BEHAVIOR(plain);

/* Handles nothing at all. */
struct deaf {
	int number;
};
GATIO_DECLARE_SHARED_BEHAVIOR(deaf);

/* No connection actor, whoever spawns it: runs script.poked. */
struct bystander {
	int number;
};
GATIO_DECLARE_SHARED_BEHAVIOR(bystander);

#endif
