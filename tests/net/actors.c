/* SPDX-License-Identifier: Apache-2.0 */
/* Connection actors for tests: see actors.h. */
#include "tests/net/actors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen seen;
struct script script;

void script_forget(void)
{
	memset(&seen, 0, sizeof(seen));
	memset(&script, 0, sizeof(script));
}

static void note(char letter)
{
	size_t length = strlen(seen.order);
	if (length + 1 < sizeof(seen.order)) {
		seen.order[length] = letter;
	}
}

void script_keep(const uint8_t *data, size_t size)
{
	if (size > SEEN_SIZE - seen.size) {
		fprintf(stderr, "actors: more bytes than a test may send\n");
		abort();
	}
	memcpy(seen.bytes + seen.size, data, size);
	seen.size += size;
}

void script_echo(const struct gatio_received *received)
{
	script_keep(received->data, received->size);
	gatio_write(received->data, received->size);
}

void script_exit(void)
{
	gatio_exit(0);
}

void script_pause_or_resume(int number)
{
	if (number) {
		gatio_pause();
	} else {
		gatio_resume();
	}
}

static void on_started(void)
{
	note('S');
	seen.started++;
	if (script.started) {
		script.started();
	}
}

static void on_connected(const struct gatio_connected *connected)
{
	note('C');
	seen.last_connected = *connected;
	seen.by_driver[gatio_driver_index() % SEEN_DRIVERS]++;
	if (seen.connected < SEEN_SELVES) {
		seen.selves[seen.connected] = gatio_self();
	}
	seen.connected++;
	if (script.connected) {
		script.connected();
	}
}

static void on_received(const struct gatio_received *received)
{
	note('R');
	seen.received++;
	if (script.received) {
		script.received(received);
	} else {
		script_keep(received->data, received->size);
	}
}

static void on_writable(const struct gatio_writable *writable)
{
	note('W');
	seen.writable++;
	seen.writable_waiting = writable->waiting;
	if (script.writable) {
		script.writable();
	}
}

static void on_peer_ended(const struct gatio_peer_ended *ended)
{
	note('P');
	seen.peer_ended++;
	seen.deadline_ns = ended->deadline_ns;
	if (script.peer_ended) {
		script.peer_ended();
	}
}

static void on_draining(const struct gatio_draining *draining)
{
	note('D');
	seen.draining++;
	seen.deadline_ns = draining->deadline_ns;
	if (script.draining) {
		script.draining();
	}
}

static void on_closed(const struct gatio_closed *closed)
{
	note('X');
	seen.closed++;
	seen.closed_reason = closed->reason;
	if (script.closed) {
		script.closed(closed->reason);
	}
}

static void on_ended(int reason)
{
	note('E');
	seen.ended++;
	seen.ended_reason = reason;
	if (script.ended) {
		script.ended(reason);
	}
}

static void on_poke(const struct poke *poke)
{
	if (script.poked) {
		script.poked(poke->number);
	}
}

/* ---- Behaviours: the same for any state ------------------------------------------------------------------------------ */

#define FOR_MESSAGE(actor_, message_, function_)                                                   \
	static void actor_##_##message_(struct actor_ *self, const struct message_ *message)       \
	{                                                                                          \
		(void)self;                                                                        \
		function_(message);                                                                \
	}

static void scripted_started(struct scripted *self)
{
	(void)self;
	on_started();
}

static void scripted_ended(struct scripted *self, int reason)
{
	(void)self;
	on_ended(reason);
}

FOR_MESSAGE(scripted, gatio_connected, on_connected)
FOR_MESSAGE(scripted, gatio_received, on_received)
FOR_MESSAGE(scripted, gatio_writable, on_writable)
FOR_MESSAGE(scripted, gatio_peer_ended, on_peer_ended)
FOR_MESSAGE(scripted, gatio_draining, on_draining)
FOR_MESSAGE(scripted, gatio_closed, on_closed)
FOR_MESSAGE(scripted, poke, on_poke)

GATIO_SHARED_BEHAVIOR(scripted, started(scripted_started), ended(scripted_ended),
                      on(gatio_connected, scripted_gatio_connected),
                      on(gatio_received, scripted_gatio_received),
                      on(gatio_writable, scripted_gatio_writable),
                      on(gatio_peer_ended, scripted_gatio_peer_ended),
                      on(gatio_draining, scripted_gatio_draining),
                      on(gatio_closed, scripted_gatio_closed), on(poke, scripted_poke));

static void plain_ended(struct plain *self, int reason)
{
	(void)self;
	on_ended(reason);
}

FOR_MESSAGE(plain, gatio_received, on_received)
FOR_MESSAGE(plain, gatio_closed, on_closed)

GATIO_SHARED_BEHAVIOR(plain, ended(plain_ended), on(gatio_received, plain_gatio_received),
                      on(gatio_closed, plain_gatio_closed));

static void deaf_ended(struct deaf *self, int reason)
{
	(void)self;
	on_ended(reason);
}

GATIO_SHARED_BEHAVIOR(deaf, ended(deaf_ended));

FOR_MESSAGE(bystander, poke, on_poke)

GATIO_SHARED_BEHAVIOR(bystander, on(poke, bystander_poke));
