/* SPDX-License-Identifier: Apache-2.0 */
/* Opening ports. Private to net/. Thread: the system's creator, under the lock of gi_net. */
#ifndef GI_NET_PORT_H
#define GI_NET_PORT_H

#include "net/net.h"

/* What gatio_port_open() was asked, checked. */
struct gi_port_request {
	const struct gatio_port_options *options; /* with defaults filled in */
	struct gatio_behavior *behavior;
	const void *state;
	struct sockaddr_storage address;
	socklen_t address_size;
	bool *drivers; /* by driver: is to serve */
};

/* Defaults, limits, address, drivers. Error: -EINVAL, logged; -ENOMEM. Ends with gi_port_request_finish(). */
int gi_port_request_init(struct gi_port_request *out_request, struct gi_net *net,
                         struct gatio_port_options *options);
void gi_port_request_finish(struct gi_port_request *request);

/* Is the request for the configuration that the port has? Error: -EEXIST, logged with both side by side. */
int gi_port_compare(struct gi_net *net, const struct gi_port *port,
                    const struct gi_port_request *request);

/* By the text given, or by the address bound. NULL: none. */
struct gi_port *gi_port_find(struct gi_net *net, const char *listen);

int gi_port_open(struct gi_net *net, const struct gi_port_request *request);
void gi_ports_free(struct gi_net *net);

#endif
