/* SPDX-License-Identifier: Apache-2.0 */
/* Open loop: requests leave at a fixed rate, and each is timed from the moment at which it was due. */
#include "bench/load/open_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/histogram.h"
#include "bench/support.h"

enum {
	WAITING_MAX = 4096,    /* requests without a reply on one connection; a power of two */
	OUTPUT_MAX = 64 << 10, /* bytes that the socket did not take yet */
	INPUT_MAX = 16 << 10,
	EVENTS_AT_ONCE = 64,
	GRACE_MS = 2000, /* for the last replies */
	NS_A_US = 1000,
};

struct open_loop {
	const struct bench_protocol *protocol;
	double rate; /* requests a second, over all connections */
	uint64_t warmup_ns;
	uint64_t duration_ns;
};

struct connection {
	int fd;
	uint64_t asked;    /* requests made on this connection */
	uint64_t answered; /* replies checked */
	size_t output_size;
	size_t reply_size; /* of the reply that is coming; 0: none has been prepared */
	size_t checked_size;
	uint64_t due_ns[WAITING_MAX];
	char output[OUTPUT_MAX];
	char reply[BENCH_LOAD_TEXT_MAX];
};

struct generator {
	const struct open_loop *loop;
	int epoll;
	uint64_t start_ns;
	uint64_t counted_from_ns; /* requests due before are not counted */
	uint64_t end_ns;
	uint64_t asked;
	uint64_t answered;
	struct bench_histogram latencies;
	struct connection *connections;
};

static uint64_t number_of(const struct generator *generator, const struct connection *connection,
                          uint64_t index)
{
	return (uint64_t)(connection - generator->connections) << 32 | index;
}

static int flush(struct connection *connection)
{
	if (connection->output_size == 0) {
		return 0;
	}
	ssize_t sent = send(connection->fd, connection->output, connection->output_size,
	                    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	connection->output_size -= (size_t)sent;
	memmove(connection->output, connection->output + sent, connection->output_size);
	return 0;
}

static int ask(struct generator *generator, struct connection *connection, uint64_t due_ns)
{
	bool is_full = connection->asked - connection->answered == WAITING_MAX ||
	               connection->output_size + BENCH_LOAD_TEXT_MAX > OUTPUT_MAX;
	if (is_full) {
		return -ENOBUFS;
	}
	uint64_t number = number_of(generator, connection, connection->asked);
	connection->due_ns[connection->asked++ % WAITING_MAX] = due_ns;
	connection->output_size += generator->loop->protocol->write_request(
	        number, connection->output + connection->output_size);
	generator->asked++;
	return flush(connection);
}

/* Make all requests that are due by now. */
static int ask_due(struct generator *generator, uint64_t now_ns)
{
	double interval_ns = 1e9 / generator->loop->rate;
	int err = 0;
	while (err == 0) {
		uint64_t due_ns =
		        generator->start_ns + (uint64_t)((double)generator->asked * interval_ns);
		if (due_ns > now_ns || due_ns >= generator->end_ns) {
			break;
		}
		err = ask(generator,
		          &generator->connections[generator->asked % BENCH_LOAD_CONNECTIONS],
		          due_ns);
	}
	return err;
}

static void count_reply(struct generator *generator, struct connection *connection, uint64_t now_ns)
{
	uint64_t due_ns = connection->due_ns[connection->answered++ % WAITING_MAX];
	generator->answered++;
	if (due_ns >= generator->counted_from_ns) {
		bench_histogram_add(&generator->latencies, now_ns - due_ns);
	}
}

/* Check bytes of replies, which come in any pieces. */
static int check(struct generator *generator, struct connection *connection, const char *data,
                 size_t size)
{
	uint64_t now_ns = bench_now_ns();
	while (size > 0) {
		if (connection->answered == connection->asked) {
			return -EPROTO;
		}
		if (connection->reply_size == 0) {
			connection->reply_size = generator->loop->protocol->write_reply(
			        number_of(generator, connection, connection->answered),
			        connection->reply);
			connection->checked_size = 0;
		}
		size_t left = connection->reply_size - connection->checked_size;
		size_t piece = size < left ? size : left;
		if (memcmp(data, connection->reply + connection->checked_size, piece) != 0) {
			return -EPROTO;
		}
		data += piece;
		size -= piece;
		connection->checked_size += piece;
		if (connection->checked_size == connection->reply_size) {
			connection->reply_size = 0;
			count_reply(generator, connection, now_ns);
		}
	}
	return 0;
}

static int receive(struct generator *generator, struct connection *connection)
{
	char data[INPUT_MAX];
	ssize_t size = recv(connection->fd, data, sizeof(data), MSG_DONTWAIT);
	if (size < 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	if (size == 0) {
		return -ECONNRESET;
	}
	int err = check(generator, connection, data, (size_t)size);
	return err ? err : flush(connection);
}

static int receive_ready(struct generator *generator)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count = epoll_wait(generator->epoll, events, EVENTS_AT_ONCE, 0);
	int err = count < 0 && errno != EINTR ? -errno : 0;
	for (int i = 0; i < count && err == 0; i++) {
		err = receive(generator, events[i].data.ptr);
	}
	return err;
}

/* Never sleeps: it has a CPU of its own, and a late request would be measured as a late reply. */
static int run_loop(struct generator *generator)
{
	uint64_t grace_ns = generator->end_ns + (uint64_t)GRACE_MS * 1000000;
	int err = 0;
	while (err == 0) {
		uint64_t now_ns = bench_now_ns();
		if (now_ns >= generator->end_ns && generator->answered == generator->asked) {
			break;
		}
		if (now_ns >= grace_ns) {
			return -ETIMEDOUT;
		}
		err = ask_due(generator, now_ns);
		if (err == 0) {
			err = receive_ready(generator);
		}
	}
	return err;
}

static int connect_all(struct generator *generator, uint16_t port)
{
	for (uint32_t i = 0; i < BENCH_LOAD_CONNECTIONS; i++) {
		struct connection *connection = &generator->connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
		connection->fd = bench_server_connect(port);
		if (connection->fd < 0) {
			return connection->fd;
		}
		if (epoll_ctl(generator->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
			return -errno;
		}
	}
	return 0;
}

static int measure(struct generator *generator, const struct bench_server *server)
{
	int err = connect_all(generator, server->port);
	if (err) {
		return err;
	}
	generator->start_ns = bench_now_ns();
	generator->counted_from_ns = generator->start_ns + generator->loop->warmup_ns;
	generator->end_ns = generator->counted_from_ns + generator->loop->duration_ns;
	return run_loop(generator);
}

static void disconnect_all(struct generator *generator)
{
	for (uint32_t i = 0; i < BENCH_LOAD_CONNECTIONS; i++) {
		if (generator->connections[i].fd >= 0) {
			bench_server_disconnect(generator->connections[i].fd);
		}
	}
}

static int run_open_loop(const struct open_loop *loop, const struct bench_server *server,
                         struct bench_sample *out_sample)
{
	static struct generator generator;
	static struct connection connections[BENCH_LOAD_CONNECTIONS];
	memset(&generator, 0, sizeof(generator));
	memset(connections, 0, sizeof(connections));
	generator.loop = loop;
	generator.connections = connections;
	for (uint32_t i = 0; i < BENCH_LOAD_CONNECTIONS; i++) {
		connections[i].fd = -1;
	}
	generator.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (generator.epoll < 0) {
		return bench_fail(out_sample, -errno, "no epoll");
	}
	int err = measure(&generator, server);
	disconnect_all(&generator);
	close(generator.epoll);
	if (err) {
		return bench_fail(out_sample, err, "the server at %.0f requests a second",
		                  loop->rate);
	}
	bench_histogram_tell(&generator.latencies, NS_A_US, out_sample);
	out_sample->value = bench_histogram_quantile(&generator.latencies, 0.99) / NS_A_US;
	return 0;
}

static int sample_server(const struct bench_context *context, const struct bench_server *server,
                         const struct bench_protocol *protocol, struct bench_sample *out_sample)
{
	struct open_loop loop = {.protocol = protocol,
	                         .rate = context->given,
	                         .warmup_ns = context->warmup_ns,
	                         .duration_ns = context->load_ns};
	int err = bench_protocol_fill(protocol, server, out_sample);
	if (err) {
		return err;
	}
	bench_pin(context->cpus[1]);
	err = run_open_loop(&loop, server, out_sample);
	if (err == 0) {
		bench_note(out_sample, "at %.0f requests a second", loop.rate);
	}
	return err;
}

int bench_open_loop_sample(const struct bench_context *context, bench_server_start_fn start,
                           const struct bench_protocol *protocol, struct bench_sample *out_sample)
{
	struct bench_server server;
	int err = start(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = sample_server(context, &server, protocol, out_sample);
	bench_server_kill(&server);
	return err;
}
