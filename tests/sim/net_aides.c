/* SPDX-License-Identifier: Apache-2.0 */
/* Those who have no connection: aides and who leads them, a first actor, and a witness of the end. */
#include "tests/sim/net_guest.h"

#include <errno.h>
#include <string.h>

#define LIFE_NS GATIO_SECONDS(30)

#define NOISE_MAX 60u
#define EXTRA_MAX 200u

struct gatio_address ng_aide_behind_noise(struct gatio_address relay, uint32_t driver)
{
	uint64_t count = gatio_random() % 2 ? gatio_random() % NOISE_MAX : 0;
	for (uint64_t i = 0; i < count; i++) {
		(void)gatio_send(relay, ng_noise, .number = i);
	}
	return gatio_spawn_at(GATIO_ON_DRIVER(driver), ng_aide, .has_started = false);
}

/* ---- Relay: sends on, perhaps before the one it is for is there -------------------------------------------------- */

static void on_lead(struct ng_relay *self, const struct ng_lead *lead)
{
	self->count++;
	if (gatio_random() % 2) {
		(void)gatio_forward(lead->aide);
		return;
	}
	struct gatio_address aide = lead->aide;
	uint64_t extra_size = gatio_random() % EXTRA_MAX;
	struct ng_hand *hand = gatio_message_new(ng_hand, extra_size);
	if (!hand) {
		return; /* the deadline says so */
	}
	hand->asker = gatio_asker();
	hand->number = lead->number;
	hand->extra_size = extra_size;
	for (uint32_t i = 0; i < extra_size; i++) {
		hand->extra[i] = nw_byte(1, i);
	}
	gatio_message_free(gatio_message_keep(lead)); /* a copy, where it came in a slot */
	if (gatio_post(aide, hand)) {
		gatio_message_free(hand);
	}
}

static void on_noise(struct ng_relay *self, const struct ng_noise *noise)
{
	(void)noise;
	self->count++;
}

GATIO_SHARED_BEHAVIOR(ng_relay, on(ng_lead, on_lead), on(ng_noise, on_noise));

/* ---- Aide: answers once ------------------------------------------------------------------------------------------ */

static void aide_started(struct ng_aide *self)
{
	self->has_started = true;
	(void)gatio_after(LIFE_NS, ng_time, .number = 0); /* nobody may come */
}

static void aide_led(struct ng_aide *self, const struct ng_lead *lead)
{
	(void)gatio_reply(ng_led, .number = lead->number, .has_started = self->has_started);
	gatio_exit(0);
}

static void aide_handed(struct ng_aide *self, const struct ng_hand *hand)
{
	struct gatio_asker asker = hand->asker;
	bool is_whole = gatio_message_extra_size(&gatio_message_ng_hand, hand) == hand->extra_size;
	for (uint32_t i = 0; is_whole && i < hand->extra_size; i++) {
		is_whole = hand->extra[i] == nw_byte(1, i);
	}
	if (!is_whole) {
		ng_wrong("a message has lost some of its end");
	}
	struct ng_led *led = gatio_message_new(ng_led, 0);
	if (led) {
		*led = (struct ng_led){.number = hand->number, .has_started = self->has_started};
		if (gatio_post_reply(asker, led)) {
			gatio_message_free(led);
		}
	}
	gatio_exit(0);
}

static void aide_time(struct ng_aide *self, const struct ng_time *message)
{
	(void)self;
	(void)message;
	gatio_exit(0);
}

GATIO_SHARED_BEHAVIOR(ng_aide, started(aide_started), on(ng_lead, aide_led),
                      on(ng_hand, aide_handed), on(ng_time, aide_time));

/* ---- Root: the only actor of gatio_run() ------------------------------------------------------------------------- */

static void root_led(struct ng_root *self, const struct ng_led *led, int err);
GATIO_ANSWER(ng_root, ng_led, root_led);

static void root_next(struct ng_root *self)
{
	if (self->left == 0) {
		gatio_exit(7);
		return;
	}
	self->left--;
	uint64_t count = gatio_driver_count();
	struct gatio_address relay = self->relays[gatio_random() % count];
	uint32_t driver = (uint32_t)(gatio_random() % count);
	struct gatio_address aide = ng_aide_behind_noise(self->relays[driver], driver);
	int err = gatio_ask_tagged(self->left, relay, root_led, GATIO_SECONDS(20), ng_lead,
	                           .aide = aide, .number = self->left);
	if (err) {
		gatio_exit(7);
	}
}

static void root_led(struct ng_root *self, const struct ng_led *led, int err)
{
	if (err && err != -ETIMEDOUT && err != -ESRCH && err != -ENOMEM) {
		ng_wrong("an aid of the root ended with %d", err);
	}
	if (led && (led->number != self->left || !led->has_started)) {
		ng_wrong("an aid of the root answered another question");
	}
	self->seen++;
	root_next(self);
}

static void root_started(struct ng_root *self)
{
	for (uint32_t i = 0; i < gatio_driver_count(); i++) {
		self->relays[i] = gatio_spawn_at(GATIO_ON_DRIVER(i), ng_relay, .count = 0);
	}
	root_next(self);
}

GATIO_SHARED_BEHAVIOR(ng_root, started(root_started));

/* A deadline that is never closes nobody. */
static void check_timeouts(uint32_t driver, const struct gatio_net_counters *counters)
{
	bool is_idle_wrong = counters->idle_timeouts > 0 && !nw_closes_idle(&ng_house.settings);
	bool is_write_wrong =
	        counters->write_timeouts > 0 && ng_house.settings.write_ms == NW_NEVER;
	if (is_idle_wrong || is_write_wrong) {
		ng_wrong("driver %u: %llu closed as idle, %llu as slow", driver,
		         (unsigned long long)counters->idle_timeouts,
		         (unsigned long long)counters->write_timeouts);
	}
}

/* ---- Witness: ends when all connections have ---------------------------------------------------------------------- */

static void witness_ended(struct ng_witness *self, int reason)
{
	(void)self;
	(void)reason;
	struct gatio_system *system = gatio_current_system();
	uint64_t accepted_count = 0;
	for (uint32_t i = 0; i < gatio_driver_count() && !ng_house.is_cut; i++) {
		struct gatio_net_counters counters;
		if (gatio_net_counters(system, i, &counters)) {
			ng_wrong("driver %u has no counters", i);
		}
		accepted_count += counters.accepted;
		check_timeouts(i, &counters);
		if (counters.open != 0 || counters.accepted != counters.closed) {
			ng_wrong("driver %u: %llu accepted, %llu closed, %llu open", i,
			         (unsigned long long)counters.accepted,
			         (unsigned long long)counters.closed,
			         (unsigned long long)counters.open);
		}
	}
	if (!ng_house.is_cut && accepted_count != ng_house.connected_count) {
		ng_wrong("%llu accepted, %llu told", (unsigned long long)accepted_count,
		         (unsigned long long)ng_house.connected_count);
	}
}

GATIO_SHARED_BEHAVIOR(ng_witness, ended(witness_ended));
