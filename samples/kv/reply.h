/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reply: RESP2 or RESP3 written into memory of the running actor.
 *
 * Nothing here fails at the call: when memory is at its limit the reply is marked as failed, and who sends it looks once.
 */
#ifndef KV_REPLY_H
#define KV_REPLY_H

#include "samples/kv/slice.h"

struct kv_reply {
	uint8_t *bytes;
	size_t size;
	size_t capacity;
	bool is_resp3;
	bool has_failed;
};

/* Give its memory back. */
void kv_reply_finish(struct kv_reply *reply);

/* Have room for `capacity` bytes in all, and no more, with nothing in it; or what there is, if memory does not allow that. */
void kv_reply_resize(struct kv_reply *reply, size_t capacity);

/* Room for `size` bytes at the end, or NULL. kv_reply_added() says how many were written. */
uint8_t *kv_reply_room(struct kv_reply *reply, size_t size);
void kv_reply_added(struct kv_reply *reply, size_t size);

void kv_reply_raw(struct kv_reply *reply, const void *bytes, size_t size);
void kv_reply_bulk(struct kv_reply *reply, struct kv_slice value);
void kv_reply_text(struct kv_reply *reply, const char *value); /* bulk string */
void kv_reply_int(struct kv_reply *reply, int64_t value);
void kv_reply_null(struct kv_reply *reply);
void kv_reply_ok(struct kv_reply *reply);
void kv_reply_status(struct kv_reply *reply, const char *status); /* "+status" */
/* "-text"; the text begins with its code ("ERR ..."). Line ends in it become blanks. Counted, see errors.h. */
void kv_reply_error(struct kv_reply *reply, const char *text);
__attribute__((format(printf, 2, 3))) void kv_reply_errorf(struct kv_reply *reply,
                                                           const char *format, ...);
void kv_reply_array(struct kv_reply *reply, uint64_t count);
/* A map of `count` pairs; in RESP2 an array of twice as many. */
void kv_reply_map(struct kv_reply *reply, uint64_t count);
/* A set; in RESP2 an array. */
void kv_reply_set(struct kv_reply *reply, uint64_t count);
/* Text for people; in RESP2 a bulk string. */
void kv_reply_verbatim(struct kv_reply *reply, struct kv_slice text);

#endif
