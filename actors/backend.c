/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a backend. */
#include "actors/backend.h"
#include "actors/advice.h"
#include "actors/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void use_epoll(struct gatio_system *system, const char *why)
{
	system->backend = GI_BACKEND_EPOLL;
	system->may_fall_back = false;
	gi_log(system, GATIO_LOG_WARNING,
	       "drivers run on epoll, which takes two system calls more for each request: %s", why);
}

/* A seccomp profile that answers like a kernel without io_uring looks the same as one. */
static void use_what_works(struct gatio_system *system)
{
	struct gi_advice advice;
	system->backend = GI_BACKEND_IO_URING;
	system->may_fall_back = true;
	if (gi_advice_try_backend(&advice, GI_BACKEND_IO_URING)) {
		use_epoll(system, advice.text);
	}
}

/* A driver that enters its ring without a wait asks epoll nothing, so it would not be told at its start. */
static int try_epoll(struct gatio_system *system)
{
	struct gi_advice advice;
	int err = gi_advice_try_backend(&advice, GI_BACKEND_EPOLL);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "drivers cannot run on epoll: %s", advice.text);
	}
	return err;
}

int gi_backend_fall_back(struct gatio_system *system)
{
	struct gi_advice advice;
	use_epoll(system, gi_advice(&advice, GI_BACKEND_IO_URING, -ENOMEM));
	return try_epoll(system);
}

static bool is_left_open(const char *name)
{
	return !name || name[0] == '\0' || strcmp(name, "auto") == 0;
}

int gi_backend_choose(struct gatio_system *system)
{
	const char *option = system->options.backend;
	bool is_named = !is_left_open(option);
	const char *name = is_named ? option : getenv("GATIO_BACKEND");
	system->options.backend = NULL; /* its string is the caller's again */
	if (is_left_open(name)) {
		use_what_works(system);
	} else if (strcmp(name, "io_uring") == 0) {
		system->backend = GI_BACKEND_IO_URING;
	} else if (strcmp(name, "epoll") == 0) {
		system->backend = GI_BACKEND_EPOLL;
	} else {
		gi_log(system, GATIO_LOG_ERROR, "%s is '%s': must be auto, io_uring or epoll",
		       is_named ? "backend" : "GATIO_BACKEND in the environment", name);
		return -EINVAL;
	}
	return system->backend == GI_BACKEND_EPOLL ? try_epoll(system) : 0;
}
