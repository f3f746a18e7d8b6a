/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of drivers/ above the real kernel. */
#include "drivers/kernel.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

extern const struct suite kernel_suite;
extern const struct suite kernel_errors_suite;
extern const struct suite memlock_suite;

const struct suite *const suites[] = {&kernel_suite, &kernel_errors_suite, &memlock_suite, NULL};

const char *suite_skip_reason(void)
{
	static char reason[128];
	struct io_uring ring;
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	int err = gi_kernel_ring_open(&ring, 4, &params);
	if (err) {
		snprintf(reason, sizeof(reason), "no io_uring here: %s", strerror(-err));
		return reason;
	}
	gi_kernel_ring_close(&ring);
	return NULL;
}
