/* SPDX-License-Identifier: Apache-2.0 */
/* Guest: one connection of the service; it checks what it is told. */
#include "tests/sim/net_guest.h"

#include <errno.h>
#include <string.h>

#define AID_NS   GATIO_SECONDS(5)
#define GIVEN_UP GATIO_SECONDS(900) /* the kernel's own -ETIMEDOUT comes no earlier */
#define LATE_NS  GATIO_MS(2)        /* deadlines are in milliseconds */

/* ---- Out --------------------------------------------------------------------------------------------------------- */

static void give_up(struct ng_guest *self, int reason)
{
	self->is_over = true;
	gatio_abort(reason);
}

static void fill(unsigned char *out_bytes, const struct nw_head *head, const void *bytes)
{
	memcpy(out_bytes, head, sizeof(*head));
	for (uint32_t i = 0; !bytes && i < head->size; i++) {
		out_bytes[sizeof(*head) + i] = nw_byte(head->count, i);
	}
	if (bytes) {
		memcpy(out_bytes + sizeof(*head), bytes, head->size);
	}
}

static int write_copied(const struct nw_head *head, const void *bytes)
{
	size_t size = sizeof(*head) + head->size;
	unsigned char *copy = gatio_alloc(size);
	if (!copy) {
		return -ENOMEM;
	}
	fill(copy, head, bytes);
	size_t waiting = gatio_write_waiting();
	int err = gatio_write(copy, size);
	gatio_free(copy);
	if (err == -ENOBUFS && waiting + size <= ng_house.port.output_size_max) {
		ng_wrong("a write of %zu is refused where %zu wait", size, waiting);
	}
	if (err != 0 && err != -ENOBUFS && err != -ENOMEM && err != -EPIPE) {
		ng_wrong("a write returned %d", err);
	}
	if (gatio_write_waiting() != waiting + (err ? 0 : size)) {
		ng_wrong("%zu wait after a write of %zu to %zu", gatio_write_waiting(), size,
		         waiting);
	}
	return err;
}

/* Whole, or not at all. bytes NULL: as its number says. */
static int write_record(struct ng_guest *self, enum nw_verb verb, const void *bytes, uint32_t size)
{
	struct nw_head head = {
	        .mark = NW_MARK, .verb = (uint8_t)verb, .count = self->number, .size = size};
	unsigned char *room =
	        gatio_random() % 2 ? gatio_write_room(sizeof(head) + size + 16) : NULL;
	int err = 0;
	if (room) {
		fill(room, &head, bytes);
		gatio_write_done(sizeof(head) + size);
	} else {
		gatio_write_done(0);
		err = write_copied(&head, bytes);
	}
	self->number = (uint16_t)(self->number + (err == 0));
	return err;
}

static void answer(struct ng_guest *self, enum nw_verb verb, const void *bytes, uint32_t size)
{
	int err = write_record(self, verb, bytes, size);
	if (err) {
		give_up(self, err);
	}
}

static void finish(struct ng_guest *self)
{
	answer(self, NW_LAST, NULL, 0);
	if (!self->is_over) {
		self->is_over = true;
		gatio_exit(0);
	}
}

/* ---- Asks -------------------------------------------------------------------------------------------------------- */

static void busy(struct ng_guest *self)
{
	self->is_busy = true;
	gatio_pause();
}

static void go_on(struct ng_guest *self)
{
	if (self->is_over) {
		return;
	}
	self->is_busy = false;
	if (self->has_ended) {
		finish(self);
	} else {
		gatio_resume();
	}
}

static void pour(struct ng_guest *self)
{
	self->is_pouring = false;
	while (self->pour_left > 0) {
		int err = write_record(self, NW_POUR, NULL, self->pour_size);
		if (err == -ENOBUFS) {
			self->is_pouring = true;
			busy(self);
			return;
		}
		if (err) {
			give_up(self, err);
			return;
		}
		self->pour_left--;
	}
}

static void aided(struct ng_guest *self, const struct ng_led *led, int err)
{
	if (err && err != -ETIMEDOUT && err != -ESRCH && err != -ENOMEM && err != -ESHUTDOWN) {
		ng_wrong("an aid ended with %d", err);
	}
	if (led && (led->number != gatio_tag() || !led->has_started)) {
		ng_wrong("an aid answered another question, or before it had started");
	}
	if (gatio_tag() != self->asked) {
		ng_wrong("an aid was not asked for");
	}
	if (!self->is_over) {
		enum nw_aid aid = err == -ESRCH ? NW_AID_LOST : NW_AID_FAILED;
		answer(self, NW_AID, NULL, err ? aid : NW_AID_DONE);
		go_on(self);
	}
}
GATIO_ANSWER(ng_guest, ng_led, aided);

static struct gatio_address any_relay(void)
{
	return ng_house.relays[gatio_random() % ng_house.relay_count];
}

static void aid(struct ng_guest *self)
{
	uint32_t which = (uint32_t)(gatio_random() % ng_house.relay_count);
	struct gatio_address aide =
	        ng_aide_behind_noise(ng_house.relays[which], ng_house.relay_drivers[which]);
	int err = gatio_address_error(aide);
	self->asked++;
	if (!err) {
		err = gatio_ask_tagged(self->asked, any_relay(), aided, AID_NS, ng_lead,
		                       .aide = aide, .number = self->asked);
	}
	if (err) {
		answer(self, NW_AID, NULL, NW_AID_FAILED);
	} else {
		busy(self);
	}
}

static void nap(struct ng_guest *self, uint32_t ms)
{
	struct gatio_timer timer = gatio_after(GATIO_MS(ms), ng_time, .number = 0);
	if (timer.bits == 0) {
		give_up(self, -ENOMEM);
	} else {
		busy(self);
	}
}

static void on_time(struct ng_guest *self, const struct ng_time *message)
{
	(void)message;
	if (!self->is_over) {
		answer(self, NW_NAP, NULL, 0);
		go_on(self);
	}
}

static void obey(struct ng_guest *self, const struct nw_head *head, const void *bytes)
{
	switch (head->verb) {
	case NW_ECHO:
		answer(self, NW_ECHO, bytes, head->size);
		break;
	case NW_POUR:
		self->pour_left = head->count;
		self->pour_size = head->size;
		pour(self);
		break;
	case NW_NAP:
		nap(self, head->count);
		break;
	case NW_AID:
		aid(self);
		break;
	case NW_EXIT:
		finish(self);
		break;
	case NW_ABORT:
		give_up(self, -ECONNABORTED);
		break;
	default:
		ng_wrong("an ask with verb %u", head->verb);
	}
}

/* ---- What comes -------------------------------------------------------------------------------------------------- */

static void on_connected(struct ng_guest *self, const struct gatio_connected *connected)
{
	const char *own = self->is_second ? NW_SECOND : NW_FIRST;
	if (self->is_connected || strcmp(connected->local, own) != 0) {
		ng_wrong("connected again, or at %s instead of %s", connected->local, own);
	}
	self->is_connected = true;
	self->heard_ns = gatio_now_ns();
	ng_house.connected_count++;
	uint32_t open_count = ++ng_house.open_counts[self->is_second];
	uint64_t max = self->is_second ? NG_SECOND_MAX : ng_house.settings.connections;
	if (max && open_count > max) {
		ng_wrong("%u connections are open where there is room for less", open_count);
	}
}

static void guest_ended(struct ng_guest *self, int reason)
{
	(void)reason;
	if (self->is_connected) {
		ng_house.open_counts[self->is_second]--;
	}
}

static void on_received(struct ng_guest *self, const struct gatio_received *received)
{
	size_t at = 0;
	if (!self->is_connected || self->is_over || received->size < self->left_size ||
	    self->has_left_much) {
		ng_wrong("bytes to one who is not there, or less than was left, or too many");
	}
	self->heard_ns = gatio_now_ns();
	while (!self->is_busy && !self->is_over) {
		struct nw_head head;
		size_t left = received->size - at;
		if (left < sizeof(head)) {
			break;
		}
		memcpy(&head, received->data + at, sizeof(head));
		if (head.mark != NW_MARK) {
			ng_wrong("an ask begins with %u", head.mark);
		}
		size_t size = sizeof(head) + (head.verb == NW_ECHO ? head.size : 0);
		if (left < size) {
			break;
		}
		obey(self, &head, received->data + at + sizeof(head));
		at += size;
	}
	self->left_size = (uint32_t)(received->size - at);
	self->has_left_much = self->left_size > ng_house.port.input_size_max && !self->is_busy;
	gatio_unread(self->left_size);
}

static void on_writable(struct ng_guest *self, const struct gatio_writable *writable)
{
	if (writable->waiting > ng_house.port.output_size_high / 2) {
		ng_wrong("writable with %zu waiting", writable->waiting);
	}
	if (self->is_pouring && !self->is_over) {
		pour(self);
		if (!self->is_pouring) {
			go_on(self);
		}
	}
}

static void on_peer_ended(struct ng_guest *self, const struct gatio_peer_ended *ended)
{
	if (self->has_ended || self->is_over || ended->deadline_ns < gatio_now_ns()) {
		ng_wrong("the peer's end is told again, or too late");
	}
	if (ng_house.settings.linger_ms == NW_NEVER && ended->deadline_ns != UINT64_MAX) {
		ng_wrong("a linger without a deadline ends at %llu",
		         (unsigned long long)ended->deadline_ns);
	}
	self->has_ended = true;
	if (!self->is_busy) {
		finish(self);
	}
}

static void on_draining(struct ng_guest *self, const struct gatio_draining *draining)
{
	(void)draining;
	if (!self->is_connected) {
		ng_wrong("a drain before the connection");
	}
	if (!ng_house.settings.stays || gatio_random() % 2) {
		finish(self);
	}
}

static void check_late(const struct ng_guest *self, const struct nw_settings *with)
{
	uint64_t quiet_ns = gatio_now_ns() - self->heard_ns;
	uint64_t least_ns = nw_closes_idle(with) ? GATIO_MS(with->idle_ms) : GIVEN_UP;
	if (quiet_ns + LATE_NS < least_ns) {
		ng_wrong("timed out after %llu ns of quiet, not %llu", (unsigned long long)quiet_ns,
		         (unsigned long long)least_ns);
	}
}

/* One deadline is for who takes nothing of what waits, the other for who has ended. */
static void check_slow(const struct ng_guest *self, const struct nw_settings *with)
{
	bool may_be_slow = gatio_write_waiting() > 0 && with->write_ms != NW_NEVER;
	bool may_linger = self->has_ended && with->linger_ms != NW_NEVER;
	if (!may_be_slow && !may_linger) {
		ng_wrong("a peer is too slow, and %zu bytes wait, or it has ended: %d",
		         gatio_write_waiting(), self->has_ended);
	}
}

static void on_closed(struct ng_guest *self, const struct gatio_closed *closed)
{
	if (!self->is_connected || self->is_over) {
		ng_wrong("closed with %d before it was there, or after", closed->reason);
	}
	switch (closed->reason) {
	case -ETIMEDOUT:
		check_late(self, &ng_house.settings);
		break;
	case -ETIME:
		check_slow(self, &ng_house.settings);
		break;
	case -EMSGSIZE:
		if (!self->has_left_much) {
			ng_wrong("%u unread bytes are too much", self->left_size);
		}
		break;
	case 0:
		ng_wrong("closed in order, and nobody has asked for it");
	default:
		break;
	}
	if (gatio_write("x", 1) != -EPIPE) {
		ng_wrong("a closed connection takes bytes");
	}
	self->is_over = true;
}

GATIO_SHARED_BEHAVIOR(ng_guest, on(gatio_connected, on_connected), on(gatio_received, on_received),
                      on(gatio_writable, on_writable), on(gatio_peer_ended, on_peer_ended),
                      on(gatio_draining, on_draining), on(gatio_closed, on_closed),
                      on(ng_time, on_time), ended(guest_ended));
