/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint: a host and a port, of IPv4 or IPv6. */
#ifndef GI_SIM_ENDPOINT_H
#define GI_SIM_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

in_port_t *gi_endpoint_port(struct sockaddr_storage *address);
socklen_t gi_endpoint_size(const struct sockaddr_storage *address);
bool gi_endpoint_is_any(const struct sockaddr_storage *address);
bool gi_endpoint_is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
/* The same port, and hosts of which one is any, or which are the same. */
bool gi_endpoint_overlaps(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* A host in numbers and a port. Error: -EINVAL. */
int gi_endpoint_from_text(const char *host, const char *port, struct sockaddr_storage *out_address,
                          socklen_t *out_size);

#endif
