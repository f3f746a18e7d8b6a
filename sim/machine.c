/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: see machine.h. */
#include "sim/machine.h"
#include "sim/kept.h"
#include "sim/task.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define NETWORK UINT32_C(0x0a000001) /* of the first machine */

/* A bit for each other machine. */
static GI_SIM_KEPT uint32_t links_cut[GI_MACHINES_MAX];

uint32_t gi_machine_current(void)
{
	const struct gi_task *task = gi_task_current();
	return task ? task->machine : 0;
}

uint32_t gi_machine_of(const struct sockaddr_storage *address, uint32_t from)
{
	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)address;
		bool is_own = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ||
		              IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
		return is_own ? from : GI_MACHINES_MAX;
	}
	const struct sockaddr_in *v4 = (const void *)address;
	uint32_t host = ntohl(v4->sin_addr.s_addr);
	if (host == INADDR_ANY || host >> 24 == 127) {
		return from;
	}
	return host - NETWORK < GI_MACHINES_MAX ? host - NETWORK : GI_MACHINES_MAX;
}

uint32_t gi_machine_host(uint32_t machine)
{
	gi_assert(machine < GI_MACHINES_MAX);
	return htonl(NETWORK + machine);
}

void gi_link_set_cut(uint32_t a, uint32_t b, bool is_cut)
{
	gi_assert(a < GI_MACHINES_MAX && b < GI_MACHINES_MAX && a != b);
	if (is_cut) {
		links_cut[a] |= UINT32_C(1) << b;
		links_cut[b] |= UINT32_C(1) << a;
	} else {
		links_cut[a] &= ~(UINT32_C(1) << b);
		links_cut[b] &= ~(UINT32_C(1) << a);
	}
}

bool gi_link_is_cut(uint32_t a, uint32_t b)
{
	gi_assert(a < GI_MACHINES_MAX && b < GI_MACHINES_MAX);
	return links_cut[a] >> b & 1;
}
