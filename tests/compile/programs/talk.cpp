/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, behaviours, asks and a port in C++: "3 4" on a connection is answered with "7 24 1". */
#include "tests/compile/programs/talk.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace talk
{

GATIO_MESSAGE(tick, {});

struct client {
	struct gatio_address adder;
	struct gatio_address multiplier;
	uint64_t a;
	uint64_t b;

	static void on_sum(struct client *self, const struct answer *answer, int err);
	static void on_session(struct client *self, const struct answer *answer);
};

static void write_number(uint64_t number, char behind)
{
	std::string text = std::to_string(number) + behind;
	(void)gatio_write(text.data(), text.size());
}

static void on_product(client *self, const answer *answer, int err)
{
	(void)self;
	write_number(err ? 999 : answer->sum, ' ');
}
GATIO_ANSWER(client, answer, on_product);

static void on_sum(client *self, const answer *answer, int err)
{
	write_number(err ? 999 : answer->sum, ' ');
#if __cplusplus >= 202002L
	(void)gatio_ask(self->multiplier, on_product, GATIO_SECONDS(30), question, .a = self->a, .b = self->b);
#else
	(void)gatio_ask(self->multiplier, on_product, GATIO_SECONDS(30), question, self->a, self->b);
#endif
}
GATIO_ANSWER(client, answer, on_sum);

void client::on_session(client *, const answer *answer)
{
	write_number(answer->sum, '\n');
	gatio_exit(0);
}

static void on_tick(client *self, const tick *)
{
	(void)gatio_ask(self->adder, on_sum, GATIO_SECONDS(30), question, self->a, self->b);
}

static void on_received(client *self, const gatio_received *received)
{
	std::string text(reinterpret_cast<const char *>(received->data), received->size);
	if (text.back() != '\n') {
		gatio_unread(received->size);
		return;
	}
	self->a = std::strtoull(text.c_str(), nullptr, 10);
	self->b = std::strtoull(text.c_str() + text.find(' '), nullptr, 10);
	(void)gatio_after(GATIO_MS(1), tick);
}

GATIO_BEHAVIOR(client, on(gatio_received, on_received), on(tick, on_tick), on(answer, client::on_session));

} // namespace talk

using namespace talk;

/* What the port answers to a client that sends 3 and 4. */
static std::string ask_port(struct gatio_system *system)
{
	char text[64];
	if (gatio_port_address(system, "127.0.0.1:0", text, sizeof(text)) != 0) {
		return "no address";
	}
	struct sockaddr_in address = {};
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(static_cast<uint16_t>(std::atoi(std::strchr(text, ':') + 1)));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, reinterpret_cast<struct sockaddr *>(&address), sizeof(address)) != 0 || write(fd, "3 4\n", 4) != 4) {
		return std::strerror(errno);
	}
	std::string answer;
	char bytes[64];
	for (ssize_t count; (count = read(fd, bytes, sizeof(bytes))) > 0;) {
		answer.append(bytes, static_cast<size_t>(count));
	}
	close(fd);
	return answer;
}

int main()
{
	struct gatio_options options = {};
	options.driver_count = 2;
	options.log = gatio_log_stderr;
	struct gatio_system *system;
	if (gatio_system_create(&system, &options)) {
		return 1;
	}
	struct gatio_address adder = gatio_system_spawn(system, GATIO_ON_DRIVER(1), adder);
	struct gatio_address multiplier = gatio_system_spawn(system, GATIO_ON_DRIVER(0), multiplier, 2);
	struct gatio_port_options port = {};
	port.listen = "127.0.0.1:0";
	if (gatio_port_open(system, &port, client, adder, multiplier, 0, 0)) {
		return 1;
	}
	std::fputs(ask_port(system).c_str(), stdout);
	gatio_system_stop(system, 0);
	return gatio_system_run(system);
}
