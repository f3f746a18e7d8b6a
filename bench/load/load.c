/* SPDX-License-Identifier: Apache-2.0 */
/* Load: many connections that each send some requests at once, wait for all replies, check them, and go on. */
#include "bench/load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	BATCH_SIZE_MAX = BENCH_LOAD_PIPELINE_MAX * BENCH_LOAD_TEXT_MAX,
	EVENTS_AT_ONCE = 64,
	SILENCE_LIMIT_MS = 5000,
	FULL_CPU_PERCENT = 95,
};

struct load {
	const struct bench_protocol *protocol;
	uint32_t connection_count;
	uint32_t pipeline;    /* requests sent at once on a connection */
	uint64_t warmup_ns;   /* not counted */
	uint64_t duration_ns; /* counted */
};

struct result {
	uint64_t request_count;
	uint64_t wall_ns;
	uint64_t cpu_ns; /* of the server */
};

struct connection {
	int fd;
	bool waits_for_room; /* the socket took only a part of the batch */
	uint64_t number;     /* of the next request */
	size_t request_size;
	size_t sent_size;
	size_t reply_size;
	size_t checked_size;
	char request[BATCH_SIZE_MAX];
	char reply[BATCH_SIZE_MAX];
};

struct generator {
	const struct load *load;
	int epoll;
	uint64_t reply_count;
	struct connection *connections;
};

static void make_batch(const struct load *load, struct connection *connection)
{
	connection->request_size = 0;
	connection->reply_size = 0;
	connection->sent_size = 0;
	connection->checked_size = 0;
	for (uint32_t i = 0; i < load->pipeline; i++) {
		uint64_t number = connection->number++;
		connection->request_size += load->protocol->write_request(
		        number, connection->request + connection->request_size);
		connection->reply_size += load->protocol->write_reply(
		        number, connection->reply + connection->reply_size);
	}
}

static int watch(struct generator *generator, struct connection *connection, int change)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	if (connection->waits_for_room) {
		event.events |= EPOLLOUT;
	}
	return epoll_ctl(generator->epoll, change, connection->fd, &event) == 0 ? 0 : -errno;
}

static int send_batch(struct generator *generator, struct connection *connection)
{
	size_t left = connection->request_size - connection->sent_size;
	ssize_t sent = send(connection->fd, connection->request + connection->sent_size, left,
	                    MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		return -errno;
	}
	connection->sent_size += sent < 0 ? 0 : (size_t)sent;
	bool must_wait = connection->sent_size < connection->request_size;
	if (must_wait == connection->waits_for_room) {
		return 0;
	}
	connection->waits_for_room = must_wait;
	return watch(generator, connection, EPOLL_CTL_MOD);
}

/* Returns 0 or a negative errno; the batch is complete when all its replies have been checked. */
static int check_replies(struct connection *connection)
{
	char data[BATCH_SIZE_MAX];
	ssize_t size = recv(connection->fd, data, sizeof(data), 0);
	if (size < 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	if (size == 0) {
		return -ECONNRESET;
	}
	size_t left = connection->reply_size - connection->checked_size;
	const char *expected = connection->reply + connection->checked_size;
	if ((size_t)size > left || memcmp(data, expected, (size_t)size) != 0) {
		return -EPROTO;
	}
	connection->checked_size += (size_t)size;
	return 0;
}

static int on_ready(struct generator *generator, struct connection *connection, uint32_t events)
{
	int err = 0;
	if (events & EPOLLOUT) {
		err = send_batch(generator, connection);
	}
	if (err == 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
		err = check_replies(connection);
	}
	if (err == 0 && connection->checked_size == connection->reply_size) {
		generator->reply_count += generator->load->pipeline;
		make_batch(generator->load, connection);
		err = send_batch(generator, connection);
	}
	return err;
}

static int handle_events(struct generator *generator, const struct epoll_event *events, int count)
{
	int err = 0;
	for (int i = 0; i < count && err == 0; i++) {
		err = on_ready(generator, events[i].data.ptr, events[i].events);
	}
	return err;
}

/* Keep the load up until a time. */
static int load_until(struct generator *generator, uint64_t end_ns)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	while (bench_now_ns() < end_ns) {
		int count = epoll_wait(generator->epoll, events, EVENTS_AT_ONCE, SILENCE_LIMIT_MS);
		if (count < 0 && errno != EINTR) {
			return -errno;
		}
		if (count == 0) {
			return -ETIMEDOUT;
		}
		int err = handle_events(generator, events, count);
		if (err) {
			return err;
		}
	}
	return 0;
}

/* Open connections and let each send its first batch. */
static int connect_all(struct generator *generator, uint16_t port)
{
	for (uint32_t i = 0; i < generator->load->connection_count; i++) {
		struct connection *connection = &generator->connections[i];
		connection->fd = bench_server_connect(port);
		if (connection->fd < 0) {
			return connection->fd;
		}
		fcntl(connection->fd, F_SETFL, O_NONBLOCK);
		connection->number = (uint64_t)i << 32;
		int err = watch(generator, connection, EPOLL_CTL_ADD);
		if (err == 0) {
			make_batch(generator->load, connection);
			err = send_batch(generator, connection);
		}
		if (err) {
			return err;
		}
	}
	return 0;
}

static int measure(struct generator *generator, const struct bench_server *server,
                   struct result *out_result)
{
	int err = connect_all(generator, server->port);
	if (err == 0) {
		err = load_until(generator, bench_now_ns() + generator->load->warmup_ns);
	}
	if (err) {
		return err;
	}
	uint64_t start_ns = bench_now_ns();
	uint64_t start_cpu_ns = bench_cpu_ns(server->child.process);
	uint64_t start_count = generator->reply_count;
	err = load_until(generator, start_ns + generator->load->duration_ns);
	out_result->wall_ns = bench_now_ns() - start_ns;
	out_result->cpu_ns = bench_cpu_ns(server->child.process) - start_cpu_ns;
	out_result->request_count = generator->reply_count - start_count;
	return err;
}

static int run_load(const struct load *load, const struct bench_server *server,
                    struct result *out_result, struct bench_sample *note)
{
	struct generator generator = {.load = load, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (generator.epoll < 0) {
		return bench_fail(note, -errno, "no epoll");
	}
	generator.connections = calloc(load->connection_count, sizeof(*generator.connections));
	if (!generator.connections) {
		close(generator.epoll);
		return bench_fail(note, -ENOMEM, "no memory for the connections");
	}
	for (uint32_t i = 0; i < load->connection_count; i++) {
		generator.connections[i].fd = -1;
	}
	int err = measure(&generator, server, out_result);
	for (uint32_t i = 0; i < load->connection_count; i++) {
		if (generator.connections[i].fd >= 0) {
			bench_server_disconnect(generator.connections[i].fd);
		}
	}
	free(generator.connections);
	close(generator.epoll);
	if (err == -EPROTO) {
		return bench_fail(note, err, "a reply was not what it must be");
	}
	return err ? bench_fail(note, err, "the server under load") : 0;
}

/* Load a server that is ready, from the other CPU. */
static int load_server(const struct bench_context *context, const struct bench_server *server,
                       const struct bench_load_mix *mix, struct result *out_result,
                       struct bench_sample *note)
{
	struct load load = {.protocol = mix->protocol,
	                    .connection_count = BENCH_LOAD_CONNECTIONS,
	                    .pipeline = mix->pipeline,
	                    .warmup_ns = context->warmup_ns,
	                    .duration_ns = context->load_ns};
	int err = bench_protocol_fill(mix->protocol, server, note);
	if (err) {
		return err;
	}
	bench_pin(context->cpus[1]);
	err = run_load(&load, server, out_result, note);
	if (err) {
		return err;
	}
	return out_result->cpu_ns > 0 ? 0 : bench_fail(note, -ESRCH, "the server's CPU time");
}

static int load_new_server(const struct bench_context *context, bench_server_start_fn start,
                           const struct bench_load_mix *mix, struct result *out_result,
                           struct bench_sample *note)
{
	struct bench_server server;
	int err = start(context, &server, note);
	if (err) {
		return err;
	}
	err = load_server(context, &server, mix, out_result, note);
	bench_server_kill(&server);
	return err;
}

int bench_load_sample(const struct bench_context *context, bench_server_start_fn start,
                      const struct bench_load_mix *mix, struct bench_sample *out_sample)
{
	struct result result = {.cpu_ns = 0};
	int err = load_new_server(context, start, mix, &result, out_sample);
	if (err == 0) {
		out_sample->value = (double)result.request_count * 1e6 / (double)result.cpu_ns;
	}
	return err;
}

int bench_load_capacity(const struct bench_context *context, bench_server_start_fn start,
                        const struct bench_load_mix *mix, struct bench_sample *out_sample)
{
	struct result result = {.cpu_ns = 0};
	int err = load_new_server(context, start, mix, &result, out_sample);
	if (err) {
		return err;
	}
	/* A server with time to spare was not asked for all it can serve. */
	double cpu_percent = 100 * (double)result.cpu_ns / (double)result.wall_ns;
	bool is_full = cpu_percent >= FULL_CPU_PERCENT;
	uint64_t ns = is_full ? result.wall_ns : result.cpu_ns;
	out_sample->value = (double)result.request_count * 1e9 / (double)ns;
	bench_note(out_sample, "capacity: found with the server's CPU %.1f %% busy%s", cpu_percent,
	           is_full ? "" : ", so by CPU time");
	return 0;
}
