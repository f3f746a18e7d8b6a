/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker does of its own accord, one thing at a time, as it is drawn. */
#include "tests/sim/actors_messages.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARCEL_SIZE_MAX 3000u
#define BLOCK_SIZE_MAX  (1u << 20)
#define DUST_MAX        80u

/* ---- Sends ------------------------------------------------------------------------------------------------------- */

uint32_t worker_pick(const struct worker *self)
{
	uint32_t count = (uint32_t)ledger.settings.workers;
	uint32_t number = (uint32_t)(gatio_random() % count);
	/* Itself as well, but seldom. */
	return number == self->number ? (uint32_t)(gatio_random() % count) : number;
}

static bool send_note(struct worker *self, struct gatio_address to, uint32_t number)
{
	struct head head = head_of(self->number, number);
	return ledger_sent_head(to, gatio_send(to, note, .head = head), head);
}

static void send_bulk(struct worker *self, struct gatio_address to, uint32_t number)
{
	struct bulk bulk = {.head = head_of(self->number, number)};
	for (uint32_t i = 0; i < BULK_WORDS; i++) {
		bulk.words[i] = bulk.head.sequence + i;
	}
	ledger_sent_head(to, gatio_actor_send(to, &gatio_message_bulk, &bulk), bulk.head);
}

static void post_parcel(struct worker *self, struct gatio_address to, uint32_t number)
{
	size_t size = gatio_random() % PARCEL_SIZE_MAX;
	size >>= gatio_random() % 12;
	struct parcel *parcel = gatio_message_new(parcel, size);
	if (!parcel) {
		ledger.is_short = true;
		return;
	}
	parcel->head = head_of(self->number, number);
	memset(parcel->bytes, (unsigned char)parcel->head.sequence, size);
	struct head head = parcel->head; /* it is the receiver's once it is posted */
	if (!ledger_sent_head(to, gatio_post(to, parcel), head)) {
		gatio_message_free(parcel);
	}
}

static void flood(struct worker *self, struct gatio_address to, uint32_t number)
{
	uint64_t count = gatio_random() % (ledger.settings.flood + 1);
	while (count-- > 0 && send_note(self, to, number)) {
	}
}

void worker_send_any(struct worker *self, struct gatio_address to, uint32_t number)
{
	switch (gatio_random() % 4) {
	case 0:
		send_bulk(self, to, number);
		break;
	case 1:
		post_parcel(self, to, number);
		break;
	default:
		send_note(self, to, number);
	}
}

/* To nobody, or what nobody handles. */
static void send_in_vain(struct worker *self)
{
	struct gatio_address to = GATIO_NOBODY;
	struct head head = head_of(self->number, NOT_NUMBERED);
	if (gatio_random() % 2) {
		to = self->peers[worker_pick(self)];
		(void)ledger_sent(to, gatio_send(to, stray, .head = head));
	} else {
		(void)ledger_sent(to, gatio_send(to, note, .head = head));
	}
}

/* ---- Spawns ------------------------------------------------------------------------------------------------------ */

static struct gatio_place draw_place(const struct worker *self, bool *out_is_possible)
{
	*out_is_possible = true;
	switch (gatio_random() % 7) {
	case 0:
		return GATIO_ANYWHERE;
	case 1:
		return GATIO_NEAR(self->peers[worker_pick(self)]);
	case 2:
		return GATIO_ON_TPC(gatio_random() % gatio_tpc_count());
	case 3:
		*out_is_possible = gatio_random() % 8 > 0;
		return GATIO_ON_DRIVER(*out_is_possible ? gatio_driver_index()
		                                        : gatio_driver_count());
	case 4:
		return GATIO_HERE;
	default:
		return GATIO_ON_DRIVER(gatio_random() % gatio_driver_count());
	}
}

/* What another driver sends to the new one may come before its spawn. */
static void introduce(struct worker *self, const struct child *child)
{
	uint32_t number = worker_pick(self);
	struct gatio_address to = self->peers[number];
	struct head head = head_of(self->number, number);
	ledger_sent_head(to,
	                 gatio_send(to, introduction, .head = head, .number = child->number,
	                            .address = child->address),
	                 head);
}

/* A mayfly, and what it is to know at once: that overtakes its spawn. */
static void breed(struct worker *self)
{
	struct child *child = &self->children[gatio_random() % CHILDREN_MAX];
	uint32_t number = ledger_number();
	bool is_possible;
	struct gatio_place place = draw_place(self, &is_possible);
	if (number == NOT_NUMBERED) {
		return;
	}
	uint32_t draw = (uint32_t)gatio_random();
	struct gatio_address address =
	        gatio_spawn_at(place, mayfly, .number = number, .parent = gatio_self(),
	                       .parent_number = self->number, .life_ms = draw % 3 ? draw % 60 : 0,
	                       .messages_left = draw % 17, .reason = (int)(draw % 100));
	*child = (struct child){.address = address, .number = number};
	if (ledger_spawned(address, is_possible)) {
		worker_send_any(self, address, number);
		worker_send_any(self, address, number);
		introduce(self, child);
	}
}

static void scatter_dust(void)
{
	uint32_t driver = (uint32_t)(gatio_random() % gatio_driver_count());
	uint64_t count = gatio_random() % DUST_MAX;
	while (count-- > 0 &&
	       ledger_spawned(gatio_spawn_at(GATIO_ON_DRIVER(driver), dust, .number = 1), true)) {
	}
}

static void tell_child(struct worker *self)
{
	struct child *child = &self->children[gatio_random() % CHILDREN_MAX];
	if (child->address.bits) {
		worker_send_any(self, child->address, child->number);
	}
}

/* ---- Memory and time --------------------------------------------------------------------------------------------- */

static void free_blocks(struct worker *self)
{
	for (uint32_t i = 0; i < BLOCKS_MAX; i++) {
		gatio_free(self->blocks[i]);
		self->blocks[i] = NULL;
	}
}

/* What the program has of malloc(3): all workers', of whom one runs at a time here. */
static char *own;
static size_t own_size;

static void grow_own(void)
{
	char *grown = realloc(own, own_size % 100000 + 1000);
	ledger.is_short |= !grown;
	own = grown ? grown : own;
	own_size += 1000;
}

static void hoard(struct worker *self)
{
	size_t size_max = ledger.settings.hoards ? BLOCK_SIZE_MAX : 4096;
	void **block = &self->blocks[gatio_random() % BLOCKS_MAX];
	grow_own();
	if (gatio_random() % 3 == 0) {
		free_blocks(self);
		return;
	}
	for (uint32_t i = ledger.settings.hoards ? BLOCKS_MAX : 1; i > 0; i--) {
		void *grown = gatio_realloc(*block, gatio_random() % size_max + 1);
		ledger.is_short |= !grown;
		*block = grown ? grown : *block;
		block = &self->blocks[i - 1];
	}
}

void worker_dawdle(uint64_t long_us)
{
	if (long_us > 0) {
		uint64_t ns = GATIO_US(gatio_random() % long_us);
		struct timespec time = {.tv_sec = (time_t)(ns / GATIO_SECONDS(1)),
		                        .tv_nsec = (long)(ns % GATIO_SECONDS(1))};
		nanosleep(&time, NULL);
	}
}

static void end_now(struct worker *self)
{
	if (ledger.settings.exits && self->steps_done > 20) {
		self->must_end = true;
		self->reason = (int)(gatio_random() % 1000);
	}
}

static void stop_system(void)
{
	if (ledger.settings.stops == 1 && gatio_random() % 4 == 0) {
		gatio_system_stop(gatio_current_system(), 0);
	}
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

static void act_rarely(struct worker *self)
{
	switch (gatio_random() % 10) {
	case 0:
		scatter_dust();
		break;
	case 1:
		send_in_vain(self);
		break;
	case 2:
		worker_dawdle(ledger.settings.long_us);
		break;
	case 3:
		end_now(self);
		break;
	case 4:
		stop_system();
		break;
	case 5:
		worker_ask_much(self);
		break;
	default:
		hoard(self);
	}
}

void worker_step(struct worker *self)
{
	uint32_t number = worker_pick(self);
	struct gatio_address to = self->peers[number];
	self->steps_done++;
	uint64_t draw = gatio_random() % 32;
	if (draw < 8) {
		worker_send_any(self, to, number);
	} else if (draw < 14) {
		worker_ask(self);
		worker_answer_again(self);
	} else if (draw < 17) {
		worker_set_alarm(self);
	} else if (draw < 19) {
		worker_cancel_alarm(self);
	} else if (draw < 22) {
		breed(self);
	} else if (draw < 24) {
		tell_child(self);
	} else if (draw < 26) {
		flood(self, to, number);
	} else {
		act_rarely(self);
	}
}
