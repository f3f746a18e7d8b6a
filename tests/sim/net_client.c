/* SPDX-License-Identifier: Apache-2.0 */
/* Client: see net_client.h. */
#include "tests/sim/net_client.h"

#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whoever the network has forgotten hears of it before. */
#define WAIT_NS GATIO_SECONDS(1500)

static void drop_first(struct nc_client *client)
{
	free(client->asks[client->first].bytes);
	client->first = (client->first + 1) % NC_ASKS_MAX;
	client->count--;
}

bool nc_connect(struct nc_client *client, const char *address)
{
	client->first = 0;
	client->count = 0;
	client->number = 0;
	client->record_size = 0;
	client->has_last = false;
	client->has_shut = false;
	client->has_asked_abort = false;
	client->was_refused = false;
	client->end = NC_OPEN;
	return gatio_sim_connect(&client->stream, address) == 0;
}

void nc_shut(struct nc_client *client)
{
	client->has_shut = true;
	gatio_sim_shut(client->stream);
}

void nc_close(struct nc_client *client, bool must_reset)
{
	while (client->count > 0) {
		drop_first(client);
	}
	if (must_reset) {
		gatio_sim_reset(client->stream);
	} else {
		gatio_sim_close(client->stream);
	}
	client->stream = NULL;
}

/* ---- Cut ----------------------------------------------------------------------------------------------------- */

/* The service, and room for its actors. */
static bool has_memory(const struct nc_client *client)
{
	return client->settings->memory == 0 && client->settings->actors == 0 &&
	       gi_sim_here->trace->strikes[GI_FAULT_MAP_FAILS] == 0;
}

/* There are limits to what a port takes in and lets wait. */
static bool is_within_limits(const struct nw_settings *settings)
{
	return settings->input_max == 0 && settings->max == 0;
}

/* Who was served, and has not asked for it, is cut by its way, by the stop, or at a limit: not by a deadline that is never. */
static void check_cut(const struct nc_client *client)
{
	const struct nw_settings *settings = client->settings;
	bool may_wait = settings->write_ms == NW_NEVER && settings->linger_ms == NW_NEVER &&
	                (settings->peer_end_ms == 0 || settings->peer_end_ms == NW_NEVER) &&
	                !nw_closes_idle(settings);
	bool may_end = client->number == 0 || client->has_asked_abort || *client->is_stopping ||
	               gatio_sim_was_hurt(client->stream);
	gatio_sim_check(!may_wait || may_end || !has_memory(client) || !is_within_limits(settings),
	                "who may take all the time is cut after record %u", client->number);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

/* It keeps the bytes, to free them: NOLINTNEXTLINE(readability-non-const-parameter) */
static void note_ask(struct nc_client *client, const struct nw_head *head, unsigned char *bytes)
{
	gatio_sim_check(client->count < NC_ASKS_MAX, "the test asks too much at once");
	client->asks[(client->first + client->count) % NC_ASKS_MAX] = (struct nc_ask){
	        .head = *head, .bytes = bytes, .left = head->verb == NW_POUR ? head->count : 1};
	client->count++;
}

/*
 * Who writes and does not read waits for ever where nobody ends it: each for the other to read. An ask without bytes always
 * fits beside the one that is being answered.
 */
static void make_room(struct nc_client *client, size_t size)
{
	if (client->settings->write_ms == NW_NEVER) {
		nc_read(client, size > sizeof(struct nw_head) ? 0 : 1);
	}
}

void nc_say(struct nc_client *client, const void *bytes, size_t size)
{
	make_room(client, size);
	if (client->end == NC_OPEN && gatio_sim_send(client->stream, bytes, size)) {
		client->end = NC_CUT; /* the error is told once: a read that follows sees an end */
		check_cut(client);
	}
}

void nc_ask(struct nc_client *client, enum nw_verb verb, uint16_t count, uint32_t size)
{
	struct nw_head head = {
	        .mark = NW_MARK, .verb = (uint8_t)verb, .count = count, .size = size};
	size_t extra = verb == NW_ECHO ? size : 0;
	unsigned char *bytes = malloc(sizeof(head) + extra + 1);
	gatio_sim_check(bytes, "the test has no memory");
	memcpy(bytes, &head, sizeof(head));
	gatio_sim_random_bytes(bytes + sizeof(head), extra);
	nc_say(client, bytes, sizeof(head) + extra);
	client->has_asked_abort |= verb == NW_ABORT;
	note_ask(client, &head, bytes);
}

/* ---- What comes back --------------------------------------------------------------------------------------------- */

static void check_bytes(const struct nc_ask *ask, const struct nw_head *head,
                        const unsigned char *bytes)
{
	if (head->verb == NW_ECHO) {
		gatio_sim_check(memcmp(bytes, ask->bytes + sizeof(*head), head->size) == 0,
		                "what comes back is what was sent");
		return;
	}
	for (uint32_t i = 0; i < head->size; i++) {
		gatio_sim_check(bytes[i] == nw_byte(head->count, i),
		                "byte %u of record %u is wrong", i, head->count);
	}
}

/* A message to who is on the way does not get lost, but for want of memory or of room for actors. */
static void check_aid(const struct nc_client *client, const struct nw_head *head)
{
	gatio_sim_check(head->size != NW_AID_LOST || !has_memory(client) || *client->is_stopping,
	                "a message to an actor on its way is lost");
}

static void check_record(struct nc_client *client)
{
	struct nw_head head;
	memcpy(&head, client->record, sizeof(head));
	gatio_sim_check(head.count == client->number, "record %u comes as %u", head.count,
	                client->number);
	gatio_sim_check(!client->has_last, "a record comes after the last");
	client->number++;
	if (head.verb == NW_LAST) {
		client->has_last = true;
		return;
	}
	gatio_sim_check(client->count > 0, "a record that nobody has asked for");
	struct nc_ask *ask = &client->asks[client->first];
	bool is_right =
	        head.verb == NW_AID ? head.size <= NW_AID_LOST : head.size == ask->head.size;
	gatio_sim_check(head.verb == ask->head.verb && is_right, "an answer to %u is a %u",
	                ask->head.verb, head.verb);
	if (head.verb == NW_AID) {
		check_aid(client, &head);
	}
	check_bytes(ask, &head, client->record + sizeof(head));
	ask->left--;
	if (ask->left == 0) {
		drop_first(client);
	}
}

/* How much of a record is wanted. */
static uint32_t wanted(const struct nc_client *client)
{
	struct nw_head head;
	if (client->record_size < sizeof(head)) {
		return sizeof(head);
	}
	memcpy(&head, client->record, sizeof(head));
	gatio_sim_check(head.mark == NW_MARK && head.size <= NW_SIZE_MAX, "a record begins with %u",
	                head.mark);
	return (uint32_t)sizeof(head) + head.size;
}

/* Words of a port that has no room: all that comes. */
static void hear_refusal(struct nc_client *client)
{
	static const char text[] = NW_REFUSAL;
	client->was_refused = true;
	gatio_sim_check(client->settings->refuses, "a refusal without words has words");
	gatio_sim_check(client->number == 0, "who was served is refused");
	gatio_sim_check(client->record_size < sizeof(text) &&
	                        memcmp(client->record, text, client->record_size) == 0,
	                "a refusal has other words");
}

static void take(struct nc_client *client)
{
	if (client->was_refused || (client->record_size > 0 && client->record[0] != NW_MARK)) {
		hear_refusal(client);
		return;
	}
	if (client->record_size == wanted(client)) {
		check_record(client);
		client->record_size = 0;
	}
}

/* A cut never looks like an end in order. */
static void check_end(const struct nc_client *client)
{
	gatio_sim_check(client->was_refused || client->record_size == 0,
	                "an end in order after %u bytes of a record", client->record_size);
	/* Who was served ends with the last record, but for who is idle, or has ended and waits for long. */
	bool is_slow = client->has_shut && client->count > 0 &&
	               client->asks[client->first].head.verb != NW_ECHO;
	gatio_sim_check(client->has_last || client->number == 0 ||
	                        nw_closes_idle(client->settings) || *client->is_stopping || is_slow,
	                "an end in order after record %u, which was not the last", client->number);
}

bool nc_read_some(struct nc_client *client, uint64_t wait_ns)
{
	uint32_t size = client->was_refused ? (uint32_t)sizeof(client->record) : wanted(client);
	if (client->record_size == 0 && !client->number) {
		size = 1; /* who knows what it is */
	}
	if (client->end != NC_OPEN) {
		return true;
	}
	int got = gatio_sim_receive_for(client->stream, client->record + client->record_size,
	                                size - client->record_size, wait_ns);
	if (got == -ETIME) {
		return false;
	}
	if (got > 0) {
		client->record_size += (uint32_t)got;
		take(client);
	} else if (got == 0) {
		client->end = NC_END;
		check_end(client);
	} else {
		client->end = NC_CUT;
		check_cut(client);
	}
	return true;
}

static void read_on(struct nc_client *client)
{
	if (client->read_pause_ns && client->record_size == 0) {
		gatio_sim_sleep(gatio_sim_random(client->read_pause_ns));
	}
	gatio_sim_check(nc_read_some(client, WAIT_NS), "a client is not served");
}

void nc_read(struct nc_client *client, uint32_t left)
{
	while (client->end == NC_OPEN && client->count > left) {
		read_on(client);
	}
}

void nc_read_end(struct nc_client *client)
{
	while (client->end == NC_OPEN) {
		read_on(client);
	}
}
