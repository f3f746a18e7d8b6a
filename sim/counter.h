/* SPDX-License-Identifier: Apache-2.0 */
/* Counter: a simulated eventfd(2), by which a thread wakes a ring or another thread. */
#ifndef GI_SIM_COUNTER_H
#define GI_SIM_COUNTER_H

#include "sim/object.h"

/* As read(2): 8 bytes. Error: -EAGAIN; -EINVAL, size is less. */
int gi_counter_read(struct gi_object *object, void *bytes, size_t size);

#endif
