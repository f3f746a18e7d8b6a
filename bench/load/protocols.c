/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocols: 64 bytes to be echoed, and GET and SET with 64-byte values as Redis and as memcached spell them. What a key
 * holds follows from the key, so every reply can be checked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "bench/support.h"

enum {
	VALUE_SIZE = 64,
	DIGIT_COUNT = 8,
	KEY_COUNT = 10000,
	FILL_BATCH = 500, /* requests and replies of so many fit into a socket's buffers */
};
_Static_assert(KEY_COUNT % FILL_BATCH == 0, "the last batch is a whole one");

/* Eight letters that tell the number; snprintf would be what is measured. */
static size_t write_digits(uint64_t number, char *out_text)
{
	for (int i = DIGIT_COUNT - 1; i >= 0; i--) {
		out_text[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return DIGIT_COUNT;
}

static size_t write_value(uint64_t number, char *out_text)
{
	write_digits(number, out_text);
	for (int i = DIGIT_COUNT; i < VALUE_SIZE; i += DIGIT_COUNT) {
		memcpy(out_text + i, out_text, DIGIT_COUNT);
	}
	return VALUE_SIZE;
}

/* Neighbouring numbers get keys that are far apart, and all keys come equally often. */
static uint64_t key_of(uint64_t number)
{
	return (number * UINT64_C(0x9e3779b97f4a7c15) >> 32) % KEY_COUNT;
}

/* A literal without its end. */
#define APPEND(out_text_, literal_)                                                                \
	(memcpy((out_text_), (literal_), sizeof(literal_) - 1), sizeof(literal_) - 1)

const struct bench_protocol bench_protocol_echo = {.write_request = write_value,
                                                   .write_reply = write_value};

static size_t write_set(uint64_t key, char *out_text)
{
	size_t size = APPEND(out_text, "*3\r\n$3\r\nSET\r\n$12\r\nkey:");
	size += write_digits(key, out_text + size);
	size += APPEND(out_text + size, "\r\n$64\r\n");
	size += write_value(key, out_text + size);
	return size + APPEND(out_text + size, "\r\n");
}

static size_t write_set_request(uint64_t number, char *out_text)
{
	return write_set(key_of(number), out_text);
}

static size_t write_set_reply(uint64_t number, char *out_text)
{
	(void)number;
	return APPEND(out_text, "+OK\r\n");
}

static const struct bench_store redis_store = {.write_request = write_set,
                                               .write_reply = write_set_reply};

const struct bench_protocol bench_protocol_set = {
        .write_request = write_set_request, .write_reply = write_set_reply, .store = &redis_store};

static size_t write_get_request(uint64_t number, char *out_text)
{
	size_t size = APPEND(out_text, "*2\r\n$3\r\nGET\r\n$12\r\nkey:");
	size += write_digits(key_of(number), out_text + size);
	return size + APPEND(out_text + size, "\r\n");
}

static size_t write_get_reply(uint64_t number, char *out_text)
{
	size_t size = APPEND(out_text, "$64\r\n");
	size += write_value(key_of(number), out_text + size);
	return size + APPEND(out_text + size, "\r\n");
}

const struct bench_protocol bench_protocol_get = {
        .write_request = write_get_request, .write_reply = write_get_reply, .store = &redis_store};

/* The same key and value as memcached's text protocol spells them. */
static size_t write_text_set(uint64_t key, char *out_text)
{
	size_t size = APPEND(out_text, "set key:");
	size += write_digits(key, out_text + size);
	size += APPEND(out_text + size, " 0 0 64\r\n");
	size += write_value(key, out_text + size);
	return size + APPEND(out_text + size, "\r\n");
}

static size_t write_text_set_request(uint64_t number, char *out_text)
{
	return write_text_set(key_of(number), out_text);
}

static size_t write_text_set_reply(uint64_t number, char *out_text)
{
	(void)number;
	return APPEND(out_text, "STORED\r\n");
}

static const struct bench_store memcached_store = {.write_request = write_text_set,
                                                   .write_reply = write_text_set_reply};

const struct bench_protocol bench_protocol_text_set = {.write_request = write_text_set_request,
                                                       .write_reply = write_text_set_reply,
                                                       .store = &memcached_store};

/* memcached sends the reply to each get by itself, so what is pipelined elsewhere is here one get of many keys. */
static size_t write_text_get(uint64_t number, uint32_t pipeline, char *out_text)
{
	size_t size = number % pipeline == 0 ? APPEND(out_text, "get") : 0;
	size += APPEND(out_text + size, " key:");
	size += write_digits(key_of(number), out_text + size);
	return size + (number % pipeline == pipeline - 1 ? APPEND(out_text + size, "\r\n") : 0);
}

static size_t write_text_value(uint64_t number, uint32_t pipeline, char *out_text)
{
	uint64_t key = key_of(number);
	size_t size = APPEND(out_text, "VALUE key:");
	size += write_digits(key, out_text + size);
	size += APPEND(out_text + size, " 0 64\r\n");
	size += write_value(key, out_text + size);
	size += APPEND(out_text + size, "\r\n");
	return size + (number % pipeline == pipeline - 1 ? APPEND(out_text + size, "END\r\n") : 0);
}

/* Connections begin at multiples of the pipeline, and send whole batches. */
#define TEXT_GET(pipeline_)                                                                        \
	static size_t write_text_get_##pipeline_(uint64_t number, char *out_text)                  \
	{                                                                                          \
		return write_text_get(number, pipeline_, out_text);                                \
	}                                                                                          \
	static size_t write_text_value_##pipeline_(uint64_t number, char *out_text)                \
	{                                                                                          \
		return write_text_value(number, pipeline_, out_text);                              \
	}                                                                                          \
	const struct bench_protocol bench_protocol_text_get_p##pipeline_ = {                       \
	        .write_request = write_text_get_##pipeline_,                                       \
	        .write_reply = write_text_value_##pipeline_,                                       \
	        .store = &memcached_store}

TEXT_GET(1);
TEXT_GET(16);
TEXT_GET(64);

static int send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
		if (sent < 0) {
			return -errno;
		}
		data += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static int fill_batch(int fd, const struct bench_store *store, uint64_t first_key)
{
	char requests[FILL_BATCH * BENCH_LOAD_TEXT_MAX];
	char expected[FILL_BATCH * BENCH_LOAD_TEXT_MAX];
	char replies[FILL_BATCH * BENCH_LOAD_TEXT_MAX];
	size_t request_size = 0;
	size_t expected_size = 0;
	for (uint64_t i = 0; i < FILL_BATCH; i++) {
		request_size += store->write_request(first_key + i, requests + request_size);
		expected_size += store->write_reply(first_key + i, expected + expected_size);
	}
	int err = send_all(fd, requests, request_size);
	if (err) {
		return err;
	}
	ssize_t got = recv(fd, replies, expected_size, MSG_WAITALL);
	if (got < 0) {
		return -errno;
	}
	bool is_right =
	        (size_t)got == expected_size && memcmp(replies, expected, expected_size) == 0;
	return is_right ? 0 : -EPROTO;
}

int bench_protocol_fill(const struct bench_protocol *protocol, const struct bench_server *server,
                        struct bench_sample *note)
{
	if (!protocol->store) {
		return 0;
	}
	int fd = bench_server_connect(server->port);
	if (fd < 0) {
		return bench_fail(note, fd, "connecting to store the keys");
	}
	int err = 0;
	for (uint64_t key = 0; key < KEY_COUNT && err == 0; key += FILL_BATCH) {
		err = fill_batch(fd, protocol->store, key);
	}
	bench_server_disconnect(fd);
	return err ? bench_fail(note, err, "storing the keys") : 0;
}
