/* SPDX-License-Identifier: Apache-2.0 */
/* Request: what gatio_port_open() was asked, checked. Thread: the system's creator. */
#ifndef GI_NET_REQUEST_H
#define GI_NET_REQUEST_H

#include "net/net.h"
#include "net/port.h"

struct gi_port_request {
	struct gi_port_plan plan;
	bool *drivers; /* by driver: is to serve */
};

/* Defaults, limits, address, drivers. Error: -EINVAL, -ENOMEM, logged. Ends with gi_port_request_finish(). */
int gi_port_request_init(struct gi_port_request *out_request, struct gi_net *net,
                         struct gatio_port_options *options);
/* Says that there is no memory for a port; -ENOMEM. */
int gi_port_no_memory(const struct gatio_system *system, const char *listen);
void gi_port_request_finish(struct gi_port_request *request);

#endif
