/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of drivers/ above the real kernel. */
#include "drivers/kernel.h"
#include "tests/drivers/machine.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct suite kernel_suite;
extern const struct suite kernel_errors_suite;
extern const struct suite memlock_suite;

const struct suite *const suites[] = {&kernel_suite, &kernel_errors_suite, &memlock_suite, NULL};

const char *suite_skip_reason(void)
{
	static char reason[128];
	const char *backend = getenv("GATIO_BACKEND"); /* as systems choose theirs */
	if (backend && strcmp(backend, "epoll") == 0) {
		machine_backend = GI_BACKEND_EPOLL;
		return NULL;
	}
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
