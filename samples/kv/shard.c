/* SPDX-License-Identifier: Apache-2.0 */
/* Shard: runs batches in the order they come and sends the replies back, one message for each. */
#include "samples/kv/shard.h"
#include "samples/kv/errors.h"

#include <errno.h>

#include "samples/kv/config.h"
#include "samples/kv/connection.h"

/* Looked at for expired keys and flushed ones in one step: well below a millisecond. */
#define WORK_STEPS 512
#define WORK_NS    GATIO_MS(100)
#define BUSY_NS    GATIO_MS(2)
/* A reservation lasts some round trips between drivers. Beyond this its holder is dead or hopeless. */
#define RESERVATION_NS GATIO_SECONDS(2)
/* The reply buffer keeps this much between batches: at most, and at least, so that what changes something can always be answered. */
#define REPLY_KEPT_MAX ((size_t)1024 * 1024)
#define REPLY_KEPT_MIN ((size_t)64 * 1024)
/* Items whose keys are asked for together. Measured: with 16 the first ones run before their memory is there, 64 is no better. */
#define FETCH_COUNT 32

/* What a retry timer without memory has left behind is tried again then. One timer for life, so that it needs no memory. */
#define PULSE_NS GATIO_SECONDS(1)

GATIO_MESSAGE(kv_pulse, { uint32_t unused; });
GATIO_MESSAGE(kv_work, { uint32_t unused; });
GATIO_MESSAGE(kv_reservation_ended, { uint32_t unused; });

static bool is_nobody(struct gatio_address address)
{
	return gatio_address_equal(address, GATIO_NOBODY);
}

/* The shard of this driver, and the key that was announced last: its bucket may have come by the next one. */
static _Thread_local struct kv_shard *this_shard;
static _Thread_local struct {
	uint32_t database;
	uint64_t hash;
} expected;

void kv_shard_expect(uint32_t shard_index, uint32_t database, uint64_t hash)
{
	const struct kv_shard *shard = this_shard;
	if (!shard || shard->index != shard_index) {
		return;
	}
	const struct kv_table *databases = shard->store.databases;
	kv_table_fetch_entry(kv_table_fetch_bucket(&databases[expected.database], expected.hash),
	                     expected.hash);
	kv_table_fetch_bucket(&databases[database], hash);
	expected.database = database;
	expected.hash = hash;
}

void kv_shard_note_shortage(void)
{
	if (this_shard) {
		this_shard->store.is_short = true;
	}
}

static void on_started(struct kv_shard *shard)
{
	this_shard = shard;
	struct gatio_timer pulse = gatio_every(PULSE_NS, kv_pulse, .unused = 0);
	(void)pulse; /* without memory at the very start nothing else works either */
	kv_reserve_take(shard);
	kv_reply_resize(&shard->reply, REPLY_KEPT_MIN);
	shard->waiting_end = &shard->waiting;
	shard->unsent_end = &shard->unsent;
}

/* ---- Sending replies --------------------------------------------------------------------------------------------- */

static void retry_later(struct kv_shard *shard)
{
	if (!shard->is_retrying) {
		shard->is_retrying = gatio_after(KV_RETRY_NS, kv_retry, .unused = 0).bits != 0;
		/* Else the next pulse does it. */
	}
}

/* Send replies or the rest of a batch to its connection, behind what waits to be sent. */
static void post(struct kv_shard *shard, struct kv_batch *replies)
{
	int err = shard->unsent ? -ENOBUFS : gatio_post(replies->connection, replies);
	if (err == 0) {
		return;
	}
	if (err != -ENOBUFS && err != -ENOMEM) {
		gatio_message_free(replies); /* the connection is gone */
		return;
	}
	replies->next = NULL;
	*shard->unsent_end = replies;
	shard->unsent_end = &replies->next;
	retry_later(shard);
}

static void retry(struct kv_shard *shard)
{
	while (shard->unsent) {
		struct kv_batch *replies = shard->unsent;
		struct kv_batch *next = replies->next;
		int err = gatio_post(replies->connection, replies);
		if (err == -ENOBUFS || err == -ENOMEM) {
			retry_later(shard);
			return;
		}
		if (err != 0) {
			gatio_message_free(replies);
		}
		shard->unsent = next;
	}
	shard->unsent_end = &shard->unsent;
}

static void on_retry(struct kv_shard *shard, const struct kv_retry *message)
{
	(void)message;
	shard->is_retrying = false;
	retry(shard);
}

/* Send the replies to the last `count` items that were run, in `replies`, which has the room. */
static void send_replies(struct kv_shard *shard, struct kv_batch *replies, uint32_t count,
                         enum kv_content content)
{
	const struct kv_reply *reply = &shard->reply;
	size_t sizes_size = count * sizeof(uint32_t);
	replies->size = (uint32_t)reply->size;
	replies->count = count;
	replies->done = 0;
	replies->offset = 0;
	replies->content = (uint8_t)content;
	memcpy(replies->items, shard->sizes, sizes_size);
	memcpy((uint8_t *)replies->items + sizes_size, reply->bytes, reply->size);
	post(shard, replies);
}

/* The same in a message of their own. False: there is no memory. */
static bool send_apart(struct kv_shard *shard, const struct kv_batch *batch, uint32_t count,
                       enum kv_content content)
{
	size_t size = count * sizeof(uint32_t) + shard->reply.size;
	struct kv_batch *replies = NULL;
	if (!shard->reply.has_failed) {
		replies = gatio_message_new(kv_batch, size);
	}
	if (!replies && !shard->reply.has_failed && kv_reserve_give(shard)) {
		replies = gatio_message_new(kv_batch, size);
	}
	if (!replies) {
		return false;
	}
	*replies = (struct kv_batch){
	        .connection = batch->connection,
	        .capacity = (uint32_t)size,
	        .shard = (uint16_t)shard->index,
	};
	send_replies(shard, replies, count, content);
	return true;
}

/* The connection cannot get its replies. It must not wait for them for ever: the batch itself goes back and says so. */
static void fail(struct kv_shard *shard, struct kv_batch *batch)
{
	batch->content = KV_LOST;
	post(shard, batch);
}

/* Whether the replies fit into the batch that they answer. */
static bool fit(const struct kv_shard *shard, const struct kv_batch *batch, uint32_t count)
{
	return count * sizeof(uint32_t) + shard->reply.size <= batch->capacity &&
	       !shard->reply.has_failed;
}

/* What answer() does when there is no memory. */
static __attribute__((noinline)) void answer_shortly(struct kv_shard *shard,
                                                     const struct kv_batch *batch,
                                                     struct kv_batch *owned, uint32_t count)
{
	if (!shard->reply.has_failed) {
		kv_reserve_shorten(shard, batch, count);
	}
	bool is_fit = fit(shard, batch, count);
	struct kv_batch *own = owned ? owned : gatio_message_keep(batch);
	if (is_fit) {
		send_replies(shard, own, count, KV_LAST_REPLIES);
	} else {
		fail(shard, own);
	}
}

/* Send the last replies to a batch, and end it: as the message that takes them, or freed. */
static void answer(struct kv_shard *shard, const struct kv_batch *batch, struct kv_batch *owned,
                   uint32_t count)
{
	if (fit(shard, batch, count)) {
		struct kv_batch *own = owned ? owned : gatio_message_keep(batch);
		send_replies(shard, own, count, KV_LAST_REPLIES);
	} else if (send_apart(shard, batch, count, KV_LAST_REPLIES)) {
		gatio_message_free(owned);
	} else {
		answer_shortly(shard, batch, owned, count);
	}
}

/* ---- Running batches --------------------------------------------------------------------------------------------- */

/* exec: what is the same for all items is there already. */
static inline __attribute__((always_inline)) void run_item(struct kv_exec *exec,
                                                           const struct kv_item *item)
{
	const struct kv_command *command = &kv_commands[item->command];
	struct kv_reply *reply = exec->reply;
	reply->is_resp3 = item->is_resp3;
	if (command->flags & KV_DENYOOM && kv_store_is_full(exec->store)) {
		kv_reply_error(reply, KV_ERROR_OOM);
		return;
	}
	exec->command = command;
	exec->database = item->database;
	exec->key.table = &exec->store->databases[item->database];
	exec->key.hash = item->hash;
	kv_item_arguments(item, exec);
	command->exec(exec);
}

/* Ask for the memory of the keys of up to FETCH_COUNT items from `offset` on, so that it comes at once, not one by one. */
static __attribute__((noinline)) void fetch_items(const struct kv_shard *shard,
                                                  const struct kv_batch *batch, uint32_t offset)
{
	const struct kv_table *databases = shard->store.databases;
	const struct kv_bucket *buckets[FETCH_COUNT];
	uint64_t hashes[FETCH_COUNT];
	uint32_t count = 0;
	for (; count < FETCH_COUNT && offset < batch->size; count++) {
		const struct kv_item *item = kv_batch_item(batch, offset);
		hashes[count] = item->hash;
		buckets[count] = kv_table_fetch_bucket(&databases[item->database], item->hash);
		offset += item->size;
	}
	for (uint32_t i = 0; i < count; i++) {
		kv_table_fetch_entry(buckets[i], hashes[i]);
	}
}

/*
 * There was no memory for a reply. What only reads is answered so instead. Of what has changed something its client must not
 * believe that it has not: the reply stays failed and the connection ends.
 */
static __attribute__((noinline)) void answer_without_memory(struct kv_shard *shard,
                                                            const struct kv_item *item, size_t size)
{
	kv_reserve_give(shard);
	if (kv_commands[item->command].flags & KV_READONLY) {
		shard->reply.has_failed = false;
		shard->reply.size = size;
		kv_reply_error(&shard->reply, KV_ERROR_OOM);
	}
}

/* Run items from batch->offset on. Returns false when there is a rest: the replies have become many. */
static bool run_items(struct kv_shard *shard, const struct kv_batch *batch, uint32_t *out_count,
                      uint32_t *out_offset)
{
	struct kv_reply *reply = &shard->reply;
	union {
		struct kv_exec exec;
		uint8_t room[sizeof(struct kv_exec) + KV_ARGUMENT_MAX * sizeof(struct kv_slice)];
	} on_stack;
	struct kv_exec *exec = &on_stack.exec;
	exec->store = &shard->store;
	exec->reply = reply;
	exec->shard_index = shard->index;
	uint32_t left = batch->count - batch->done;
	uint32_t offset = batch->offset;
	uint32_t count = 0;
	size_t size = 0;
	while (count < left && size < KV_REPLY_SIZE_HIGH && !reply->has_failed) {
		const struct kv_item *item = kv_batch_item(batch, offset);
		if (count % FETCH_COUNT == 0 && left - count > 1) {
			fetch_items(shard, batch, offset);
		}
		run_item(exec, item);
		if (reply->has_failed) {
			answer_without_memory(shard, item, size);
		}
		shard->sizes[count++] = (uint32_t)(reply->size - size);
		size = reply->size;
		offset += item->size;
	}
	*out_count = count;
	*out_offset = offset;
	return count == left || reply->has_failed;
}

/* Hand the rest of a batch back to its connection, which sends it again when its client has read. */
static void hand_back(struct kv_shard *shard, struct kv_batch *rest, uint32_t count,
                      uint32_t offset)
{
	rest->done += count;
	rest->offset = offset;
	rest->commands = 0;
	post(shard, rest);
}

static void finish_reply(struct kv_shard *shard)
{
	shard->reply.size = 0;
	shard->reply.has_failed = false;
	if (shard->reply.capacity > REPLY_KEPT_MAX) {
		kv_reply_resize(&shard->reply, REPLY_KEPT_MIN);
	}
}

static void ensure_work(struct kv_shard *shard)
{
	if (!shard->is_working && (kv_store_has_work(&shard->store) || shard->store.is_short)) {
		struct gatio_timer timer = gatio_after(WORK_NS, kv_work, .unused = 0);
		shard->is_working = timer.bits != 0;
	}
}

static void release(struct kv_shard *shard)
{
	gatio_timer_cancel(shard->reservation);
	shard->reserved_by = GATIO_NOBODY;
}

static void set_reservation(struct kv_shard *shard, const struct kv_batch *batch)
{
	if (batch->reserve == KV_ACQUIRE) {
		/* Never without an end: without memory for it, the shard is lost to the connection at once. */
		shard->reservation = gatio_after(RESERVATION_NS, kv_reservation_ended, .unused = 0);
		bool has_end = shard->reservation.bits != 0;
		shard->reserved_by = has_end ? batch->connection : GATIO_NOBODY;
	} else if (batch->reserve == KV_RELEASE) {
		release(shard);
	}
}

static bool may_run(const struct kv_shard *shard, const struct kv_batch *batch)
{
	return is_nobody(shard->reserved_by) ||
	       gatio_address_equal(shard->reserved_by, batch->connection);
}

/* A connection that works in a shard which it no longer holds must not change anything. */
static bool has_lost(const struct kv_shard *shard, const struct kv_batch *batch)
{
	bool needs = batch->reserve == KV_WITHIN || batch->reserve == KV_RELEASE;
	return needs && !gatio_address_equal(shard->reserved_by, batch->connection);
}

static void refuse(struct kv_shard *shard, const struct kv_batch *batch, struct kv_batch *owned)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		size_t size = shard->reply.size;
		kv_reply_error(&shard->reply,
		               "ERR a shard was lost on the way; the command may be incomplete");
		shard->sizes[i] = (uint32_t)(shard->reply.size - size);
	}
	answer(shard, batch, owned, batch->count);
	finish_reply(shard);
}

/* Ends with the batch: answered, handed back, or left as the message that it was lent as. */
static void run(struct kv_shard *shard, const struct kv_batch *batch, struct kv_batch *owned)
{
	if (has_lost(shard, batch)) {
		refuse(shard, batch, owned);
		return;
	}
	uint32_t count = 0;
	uint32_t offset = 0;
	kv_store_tick_clock(&shard->store);
	shard->store.commands += batch->commands;
	shard->store.memory_limit = shard->store.is_short ? 1 : kv_config.shard_memory_max;
	bool is_last = run_items(shard, batch, &count, &offset);
	if (is_last) {
		set_reservation(shard, batch);
	}
	if (is_last) {
		answer(shard, batch, owned, count);
	} else {
		bool is_sent = send_apart(shard, batch, count, KV_REPLIES);
		struct kv_batch *rest = owned ? owned : gatio_message_keep(batch);
		if (is_sent) {
			hand_back(shard, rest, count, offset);
		} else {
			fail(shard, rest);
		}
	}
	finish_reply(shard);
	ensure_work(shard);
	if (shard->store.is_short && shard->reserve) {
		kv_reserve_give(shard);
	}
}

/* Run what has waited for the end of a reservation, up to the next one. */
static void run_waiting(struct kv_shard *shard)
{
	while (shard->waiting && is_nobody(shard->reserved_by)) {
		struct kv_batch *batch = shard->waiting;
		shard->waiting = batch->next;
		if (!shard->waiting) {
			shard->waiting_end = &shard->waiting;
		}
		run(shard, batch, batch);
	}
}

static void on_batch(struct kv_shard *shard, const struct kv_batch *batch)
{
	bool may = may_run(shard, batch) && (!shard->waiting || !is_nobody(shard->reserved_by));
	if (may) {
		run(shard, batch, NULL);
		run_waiting(shard);
		return;
	}
	struct kv_batch *kept = gatio_message_keep(batch);
	kept->next = NULL;
	*shard->waiting_end = kept;
	shard->waiting_end = &kept->next;
}

/* ---- Reservations and work --------------------------------------------------------------------------------------- */

static void on_release(struct kv_shard *shard, const struct kv_release *message)
{
	if (gatio_address_equal(shard->reserved_by, message->connection)) {
		release(shard);
		run_waiting(shard);
	}
}

static void on_reservation_ended(struct kv_shard *shard, const struct kv_reservation_ended *ended)
{
	(void)ended;
	release(shard);
	run_waiting(shard);
}

static void on_work(struct kv_shard *shard, const struct kv_work *work)
{
	(void)work;
	shard->is_working = false;
	if (shard->store.is_short) {
		kv_reserve_keep(shard);
	}
	kv_store_tick_clock(&shard->store);
	bool is_busy = kv_store_work(&shard->store, WORK_STEPS);
	if (is_busy) {
		struct gatio_timer timer = gatio_after(BUSY_NS, kv_work, .unused = 0);
		shard->is_working = timer.bits != 0;
	}
	ensure_work(shard);
}

static void on_pulse(struct kv_shard *shard, const struct kv_pulse *pulse)
{
	(void)pulse;
	retry(shard);
	kv_clients_retry();
	ensure_work(shard);
}

static void on_ended(struct kv_shard *shard, int reason)
{
	(void)reason;
	if (this_shard == shard) {
		this_shard = NULL;
	}
}

GATIO_SHARED_BEHAVIOR(kv_shard, started(on_started), ended(on_ended), on(kv_batch, on_batch),
                      on(kv_retry, on_retry), on(kv_release, on_release),
                      on(kv_reservation_ended, on_reservation_ended), on(kv_work, on_work),
                      on(kv_pulse, on_pulse));
