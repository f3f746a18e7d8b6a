/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine: where tasks run. Each has an address of its own (10.0.0.1 and so on) beside the loopback ones, and between each two
 * there is a link, which can be cut and healed. What is sent over a cut link arrives when it has been healed, a reset never.
 */
#ifndef GI_SIM_MACHINE_H
#define GI_SIM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define GI_MACHINES_MAX 16u

/* Of the current task. */
uint32_t gi_machine_current(void);
/* Which machine somebody on `from` means by an address; GI_MACHINES_MAX: none. */
uint32_t gi_machine_of(const struct sockaddr_storage *address, uint32_t from);
/* Its address of IPv4, as in_addr_t. */
uint32_t gi_machine_host(uint32_t machine);

void gi_link_set_cut(uint32_t a, uint32_t b, bool is_cut);
bool gi_link_is_cut(uint32_t a, uint32_t b);

#endif
