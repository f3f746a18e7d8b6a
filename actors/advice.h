/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice: why the kernel refuses to run a driver, as a sentence for who started the program.
 *
 * The error alone does not tell which call was refused, and a seccomp profile answers as it likes: ENOSYS on a kernel
 * that has io_uring, EPERM to one of its three calls. So each call is tried once more: io_uring's on a small ring,
 * epoll's on a set of descriptors, made for the trial.
 *
 * Thread: the system's creator.
 */
#ifndef GI_ACTORS_ADVICE_H
#define GI_ACTORS_ADVICE_H

#include "actors/system.h"

struct gi_advice {
	char text[512];
};

/*
 * What `err` of making or starting a driver of that backend wants to tell, with the error's own name before it. A refusal
 * is told with the call that is refused and its error. Returns the text.
 */
const char *gi_advice(struct gi_advice *out_advice, enum gi_backend backend, int err);

/* The same of a driver of this system while it is made: what is missing may be memory that its TPC may not take. */
const char *gi_advice_on_start(struct gi_advice *out_advice, const struct gatio_system *system,
                               int err);

/* How often the memory_limit of a TPC has had no room for what was asked, of all TPCs. */
uint64_t gi_advice_no_room_count(const struct gatio_system *system);

/* That there was none for the drivers, and what to do. */
const char *gi_advice_on_limit(struct gi_advice *out_advice, const struct gatio_system *system);

/* The same of a descriptor that threads wake each other by, whatever the backend. */
const char *gi_advice_on_descriptors(struct gi_advice *out_advice, int err);

/* Would a driver's ring work here? Error: of the first of the backend's three calls that is refused, and that is told. */
int gi_advice_try_backend(struct gi_advice *out_advice, enum gi_backend backend);

/* The same of the calls of any backend that are taken for granted once the system is there. */
int gi_advice_try_granted(struct gi_advice *out_advice);

#endif
