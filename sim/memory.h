/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: what simulated programs ask malloc(3) and the like for, and which of it they are refused. */
#ifndef GI_SIM_MEMORY_H
#define GI_SIM_MEMORY_H

#include <stdint.h>

/* Drawn for a process that starts: which of its allocations fails while it does. 0: none. */
uint64_t gi_memory_draw_refused(void);

#endif
