/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and finding a system's ports. Thread: the system's creator, under the lock of gi_net. */
#ifndef GI_NET_OPENING_H
#define GI_NET_OPENING_H

#include "net/request.h"

/* Error: as gatio_port_open(). */
int gi_net_open_port(struct gi_net *net, const struct gi_port_request *request);

/* By the text given, or by the address bound. NULL: none. */
struct gi_port *gi_net_find_port(struct gi_net *net, const char *listen);

void gi_net_free_ports(struct gi_net *net);

#endif
