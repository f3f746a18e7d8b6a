/* SPDX-License-Identifier: Apache-2.0 */
/* Counter: see counter.h; and the calls of the door that open, raise and take one. */
#include "sim/counter.h"
#include "sim/process.h"
#include "sim/task.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

struct counter {
	struct gi_object object;
	uint64_t value;
};

static unsigned ready(const struct gi_object *object)
{
	const struct counter *counter = (const void *)object;
	return (counter->value > 0 ? GI_DIRECTION_BIT(GI_DIRECTION_IN) : 0) |
	       GI_DIRECTION_BIT(GI_DIRECTION_OUT);
}

int gi_kernel_signal_open(void)
{
	int err = gi_process_refusal();
	if (err) {
		return err;
	}
	struct counter *counter = gi_object_create(sizeof(*counter), GI_OBJECT_COUNTER);
	counter->object.ready = ready;
	return gi_descriptor_open(&counter->object);
}

int gi_kernel_signal_raise(int fd)
{
	struct counter *counter = gi_descriptor_of(fd, GI_OBJECT_COUNTER);
	if (!counter) {
		return -EBADF;
	}
	counter->value++;
	gi_object_changed(&counter->object);
	return 0;
}

int gi_counter_read(struct gi_object *object, void *bytes, size_t size)
{
	struct counter *counter = (void *)object;
	if (size < sizeof(counter->value)) {
		return -EINVAL;
	}
	if (counter->value == 0) {
		return -EAGAIN;
	}
	memcpy(bytes, &counter->value, sizeof(counter->value));
	counter->value = 0;
	return sizeof(counter->value);
}
