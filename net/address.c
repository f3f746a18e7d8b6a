/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text. */
#include "net/address.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE 256

/* The last colon parts host and port; an IPv6 host stands in brackets. */
static int split(const char *text, char *out_host, size_t size, const char **out_port)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon[1] == '\0') {
		return -EINVAL;
	}
	size_t length = (size_t)(colon - text);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return -EINVAL;
	}
	if (length == 0 || length >= size) {
		return -EINVAL;
	}
	memcpy(out_host, text, length);
	out_host[length] = '\0';
	*out_port = colon + 1;
	return 0;
}

static bool is_port(const char *text)
{
	char *end;
	errno = 0;
	long port = strtol(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && port >= 0 &&
	       port <= 65535;
}

int gi_address_parse(const char *text, struct sockaddr_storage *out_address, socklen_t *out_size)
{
	char host[HOST_SIZE];
	const char *port;
	int err = split(text, host, sizeof(host), &port);
	if (err || !is_port(port)) {
		return -EINVAL;
	}
	const char *name = strcmp(host, "*") == 0 ? "0.0.0.0" : host;
	return gi_kernel_resolve(name, port, out_address, out_size);
}

uint16_t gi_address_port(const struct sockaddr_storage *address)
{
	gi_assert(address->ss_family == AF_INET || address->ss_family == AF_INET6);
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	return ntohs(address->ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

void gi_address_format(const struct sockaddr_storage *address, char *out_text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";
	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)address;
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(out_text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
	} else {
		const struct sockaddr_in *v4 = (const void *)address;
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(out_text, size, "%s:%u", host, ntohs(v4->sin_port));
	}
}
