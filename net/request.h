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

/* Defaults, limits, address, drivers. Error: -EINVAL, logged; -ENOMEM. Ends with gi_port_request_finish(). */
int gi_port_request_init(struct gi_port_request *out_request, struct gi_net *net,
                         struct gatio_port_options *options);
void gi_port_request_finish(struct gi_port_request *request);

#endif
