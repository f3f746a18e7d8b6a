/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load: many connections that each send some requests at once, wait for all replies, check them byte for byte, and go
 * on. One thread, on epoll; runs beside the server, pinned to the other CPU.
 */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "bench/server.h"

/* Thousands of requests for each second of CPU time that the server's process used. */
#define BENCH_LOAD_UNIT "k/cpu-s"

enum {
	BENCH_LOAD_CONNECTIONS = 50,
	BENCH_LOAD_PIPELINE_MAX = 64,
	BENCH_LOAD_TEXT_MAX = 256, /* bytes of one request or one reply */
};

/* How a key is stored. Both return the size. */
struct bench_store {
	size_t (*write_request)(uint64_t key, char *out_text);
	size_t (*write_reply)(uint64_t key, char *out_text);
};

/* How requests are spelled. The reply to a request is known beforehand. Both return the size. */
struct bench_protocol {
	size_t (*write_request)(uint64_t number, char *out_text);
	size_t (*write_reply)(uint64_t number, char *out_text);
	const struct bench_store
	        *store; /* of what is asked for; NULL: nothing needs to be stored */
};

extern const struct bench_protocol bench_protocol_echo;
extern const struct bench_protocol bench_protocol_get;
extern const struct bench_protocol bench_protocol_set;

/* memcached's text protocol. A get asks for as many keys at once as the name says: it is for that pipeline. */
extern const struct bench_protocol bench_protocol_text_get_p1;
extern const struct bench_protocol bench_protocol_text_get_p16;
extern const struct bench_protocol bench_protocol_text_get_p64;
extern const struct bench_protocol bench_protocol_text_set;

/* Store every key that the protocol may ask for, if any. Error: of connect, send and receive; -EPROTO a wrong reply. */
int bench_protocol_fill(const struct bench_protocol *protocol, const struct bench_server *server,
                        struct bench_sample *note);

/* What is asked of a server, and how many at once. */
struct bench_load_mix {
	const struct bench_protocol *protocol;
	uint32_t pipeline;
};

/*
 * One sample of a server: start it, store the keys, load it from the other CPU, kill it.
 *
 * Error: of start and bench_protocol_fill; -EPROTO a reply was wrong; -ECONNRESET and others: the server closed;
 *        -ETIMEDOUT it stopped replying. The note says it in a sentence.
 */
int bench_load_sample(const struct bench_context *context, bench_server_start_fn start,
                      const struct bench_load_mix *mix, struct bench_sample *out_sample);

/* The measurement of that name: such samples, by a protocol and with so many requests at once. */
#define BENCH_LOAD_MEASURE(name_, start_, protocol_, pipeline_)                                    \
	static int run_##name_(const struct bench_context *context,                                \
	                       struct bench_sample *out_sample)                                    \
	{                                                                                          \
		struct bench_load_mix mix = {&bench_protocol_##protocol_, pipeline_};              \
		return bench_load_sample(context, start_, &mix, out_sample);                       \
	}                                                                                          \
	const struct bench_measure bench_##name_ = {                                               \
	        .name = #name_, .unit = BENCH_LOAD_UNIT, .run = run_##name_}

/* The six of a server of keys and values, GET and SET at each pipeline; set_ is a protocol for all three. */
#define BENCH_LOAD_MEASURES(prefix_, start_, get_p1_, get_p16_, get_p64_, set_)                    \
	BENCH_LOAD_MEASURE(prefix_##_get_p1, start_, get_p1_, 1);                                  \
	BENCH_LOAD_MEASURE(prefix_##_get_p16, start_, get_p16_, 16);                               \
	BENCH_LOAD_MEASURE(prefix_##_get_p64, start_, get_p64_, 64);                               \
	BENCH_LOAD_MEASURE(prefix_##_set_p1, start_, set_, 1);                                     \
	BENCH_LOAD_MEASURE(prefix_##_set_p16, start_, set_, 16);                                   \
	BENCH_LOAD_MEASURE(prefix_##_set_p64, start_, set_, 64)

/*
 * The value is how many requests a second a server serves; where the load did not fill its CPU, what it would serve in a
 * second of it. The note says which. Error: as bench_load_sample.
 */
int bench_load_capacity(const struct bench_context *context, bench_server_start_fn start,
                        const struct bench_load_mix *mix, struct bench_sample *out_sample);

#endif
