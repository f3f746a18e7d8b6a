/* SPDX-License-Identifier: Apache-2.0 */
/* Client: see client.h. */
#include "tests/net/client.h"

#include "net/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
		abort();
	}
}

void client_open_with(struct client *client, const struct client_options *options)
{
	*client = (struct client){0};
	struct sockaddr_storage address;
	socklen_t size;
	must(gi_address_parse(options->address, &address, &size) == 0, options->address);
	client->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(client->fd >= 0, "socket");
	if (options->receive_buffer_size > 0) {
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &options->receive_buffer_size,
		           sizeof(int));
	}
	if (options->send_buffer_size > 0) {
		setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &options->send_buffer_size,
		           sizeof(int));
	}
	must(connect(client->fd, (struct sockaddr *)&address, size) == 0, "connect");
	must(fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

void client_open(struct client *client, const char *address)
{
	client_open_with(client, &(struct client_options){.address = address});
}

void client_open_many(struct client *clients, uint32_t count, const char *address)
{
	for (uint32_t i = 0; i < count; i++) {
		client_open(&clients[i], address);
	}
}

long client_send(struct client *client, const void *bytes, size_t size)
{
	ssize_t sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
	if (sent >= 0) {
		return sent;
	}
	return errno == EAGAIN ? 0 : -errno;
}

void client_say(struct client *client, const char *text)
{
	size_t size = strlen(text);
	must(client_send(client, text, size) == (long)size, "send");
}

static void make_room(struct client *client)
{
	if (client->capacity - client->size >= 65536) {
		return;
	}
	client->capacity = client->capacity * 2 + 131072;
	client->bytes = realloc(client->bytes, client->capacity);
	must(client->bytes != NULL, "memory");
}

size_t client_pump(struct client *client)
{
	while (!client->has_ended && !client->err) { /* until the socket is empty */
		make_room(client);
		ssize_t got = recv(client->fd, client->bytes + client->size,
		                   client->capacity - client->size, 0);
		if (got < 0 && errno == EAGAIN) {
			break;
		}
		if (got < 0) {
			client->err = -errno;
		} else if (got == 0) {
			client->has_ended = true;
		} else {
			client->size += (size_t)got;
		}
	}
	return client->size;
}

bool client_has(struct client *client, const char *text)
{
	client_pump(client);
	return client->size == strlen(text) && memcmp(client->bytes, text, client->size) == 0;
}

void client_end(struct client *client)
{
	must(shutdown(client->fd, SHUT_WR) == 0, "shutdown");
}

void client_close(struct client *client)
{
	if (client->fd >= 0) {
		close(client->fd);
	}
	client->fd = -1;
	free(client->bytes);
	client->bytes = NULL;
	client->size = 0;
	client->capacity = 0;
}

void client_close_many(struct client *clients, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		client_close(&clients[i]);
	}
}

void client_reset(struct client *client)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	client_close(client);
}

size_t client_send_pattern(struct client *client, size_t position, size_t size)
{
	unsigned char bytes[16384];
	size_t sent = 0;
	while (sent < size) {
		size_t count = size - sent < sizeof(bytes) ? size - sent : sizeof(bytes);
		for (size_t i = 0; i < count; i++) {
			bytes[i] = client_pattern(position + sent + i);
		}
		long taken = client_send(client, bytes, count);
		if (taken <= 0) {
			break;
		}
		sent += (size_t)taken;
	}
	return sent;
}

bool client_is_pattern(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != client_pattern(i)) {
			return false;
		}
	}
	return true;
}

bool client_have_all_ended(struct client *clients, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		client_pump(&clients[i]);
		if (!clients[i].has_ended && !clients[i].err) {
			return false;
		}
	}
	return true;
}
