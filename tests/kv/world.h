/* SPDX-License-Identifier: Apache-2.0 */
/* World: a whole KV server on the fake runtime, and clients that send and look. */
#ifndef TESTS_KV_WORLD_H
#define TESTS_KV_WORLD_H

#include "samples/kv/config.h"
#include "samples/kv/connection.h"
#include "samples/kv/shard.h"
#include "tests/support/fake_gatio.h"
#include "tests/support/fake_inside.h"

/* kv_config has its defaults then; a test may change it before it connects clients. */
void world_start(uint64_t seed, uint32_t shard_count, uint32_t refuse_permille);
/* Asserts that nothing leaks. */
void world_stop(void);

struct gatio_address world_connect(void);
struct kv_shard *world_shard(uint32_t index);

/* Send bytes and let everything happen. */
void world_send(struct gatio_address client, const void *bytes, size_t size);
/* Send an inline line, "\r\n" comes by itself; the output since the last clear is cleared before. */
const char *world_ask(struct gatio_address client, const char *line);
/* Asserts that the line is answered like this, "\r\n" of the last line left out. */
void world_expect(struct gatio_address client, const char *line, const char *reply);
size_t world_output_size(struct gatio_address client);
/* What has been written is read by the client: it is told that it may go on. */
void world_read(struct gatio_address client);

/* A number of keys that all stand in this shard, made from a running number. Room for 24 bytes. */
void world_key_in(uint32_t shard, uint32_t number, char *out_key);

/* A text that grows; ends the program without memory. Ends with world_drop(). */
struct world_text {
	char *bytes;
	size_t size;
};
void world_add(struct world_text *text, const void *bytes, size_t size);
__attribute__((format(printf, 2, 3))) void world_addf(struct world_text *text, const char *format,
                                                      ...);
void world_drop(struct world_text *text);
bool world_output_is(struct gatio_address client, const struct world_text *expected);
/* A stream of requests of all kinds and the replies that must come. */
void world_stream(struct world_text *requests, struct world_text *replies);

/* Make some actor the one that runs, so that tests of lower floors can allocate. */
void world_enter(void);

#endif
