/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint: see endpoint.h. */
#include "sim/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct sockaddr_in *v4_of(const struct sockaddr_storage *address)
{
	return (const void *)address;
}

static const struct sockaddr_in6 *v6_of(const struct sockaddr_storage *address)
{
	return (const void *)address;
}

in_port_t *gi_endpoint_port(struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)(void *)address)->sin6_port
	                                      : &((struct sockaddr_in *)(void *)address)->sin_port;
}

socklen_t gi_endpoint_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                      : sizeof(struct sockaddr_in);
}

bool gi_endpoint_is_any(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&v6_of(address)->sin6_addr)
	                                      : v4_of(address)->sin_addr.s_addr == INADDR_ANY;
}

static bool is_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return a->ss_family == AF_INET6
	               ? IN6_ARE_ADDR_EQUAL(&v6_of(a)->sin6_addr, &v6_of(b)->sin6_addr)
	               : v4_of(a)->sin_addr.s_addr == v4_of(b)->sin_addr.s_addr;
}

static bool is_same_port(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return a->ss_family == b->ss_family &&
	       (a->ss_family == AF_INET6 ? v6_of(a)->sin6_port == v6_of(b)->sin6_port
	                                 : v4_of(a)->sin_port == v4_of(b)->sin_port);
}

bool gi_endpoint_is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return is_same_port(a, b) && is_same_host(a, b);
}

bool gi_endpoint_overlaps(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return is_same_port(a, b) &&
	       (gi_endpoint_is_any(a) || gi_endpoint_is_any(b) || is_same_host(a, b));
}

int gi_endpoint_from_text(const char *host, const char *port, struct sockaddr_storage *out_address,
                          socklen_t *out_size)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
	memset(out_address, 0, sizeof(*out_address));
	if (strcmp(host, "localhost") == 0) {
		host = "127.0.0.1";
	}
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(out_address, &v4, sizeof(v4));
		*out_size = sizeof(v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(out_address, &v6, sizeof(v6));
		*out_size = sizeof(v6);
		return 0;
	}
	return -EINVAL;
}
