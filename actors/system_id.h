/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System id: what tells the addresses of one system from those of the others in this process.
 *
 * Thread: any.
 */
#ifndef GI_ACTORS_SYSTEM_ID_H
#define GI_ACTORS_SYSTEM_ID_H

#include <stdint.h>

/* 0 is no system, as in the address of nobody. */
#define GI_SYSTEM_COUNT_MAX 63u

/* The id that has been free for longest: old addresses stay wrong for long. Error: -EAGAIN all are in use. */
int gi_system_id_take(uint32_t *out_id);
/* 0 is accepted. */
void gi_system_id_put(uint32_t id);

#endif
