/* SPDX-License-Identifier: Apache-2.0 */
/* Client: the peer of a connection under test; a socket that never blocks, and all bytes it has received. */
#ifndef TESTS_NET_CLIENT_H
#define TESTS_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
	int fd;
	unsigned char *bytes; /* received; freed by client_close() */
	size_t size;
	size_t capacity;
	bool has_ended; /* the server's FIN */
	int err;        /* what receiving failed with, negative; 0: nothing */
};

struct client_options {
	const char *address;     /* "127.0.0.1:41234" or "[::1]:41234" */
	int receive_buffer_size; /* 0: the kernel's choice */
	int send_buffer_size;
};

/* Aborts when it cannot; the connection may still wait in the backlog then. */
void client_open(struct client *client, const char *address);
void client_open_with(struct client *client, const struct client_options *options);
void client_open_many(struct client *clients, uint32_t count, const char *address);

/* Returns how much the socket took, 0 when it is full. Negative: errno. */
long client_send(struct client *client, const void *bytes, size_t size);
void client_say(struct client *client, const char *text);

/* Take what has come. Returns the size of all there is now. */
size_t client_pump(struct client *client);
bool client_has(struct client *client, const char *text);

/* Our FIN; we still read. */
void client_end(struct client *client);
/* An RST. */
void client_reset(struct client *client);
void client_close(struct client *client);
void client_close_many(struct client *clients, uint32_t count);

/* Byte `position` of a stream in which every mistake shows. */
static inline unsigned char client_pattern(size_t position)
{
	return (unsigned char)(position * 31 + position / 251 + (position >> 16));
}

/* The next `size` bytes of that stream. Returns how many were taken. */
size_t client_send_pattern(struct client *client, size_t position, size_t size);
bool client_is_pattern(const unsigned char *bytes, size_t size);

/* Takes what has come to them. */
bool client_have_all_ended(struct client *clients, uint32_t count);

#endif
