/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice: why the kernel refuses to run a driver, as a sentence for who started the program.
 *
 * The error alone does not tell which call was refused, and a seccomp profile answers as it likes: ENOSYS on a kernel
 * that has io_uring, EPERM to one of its three calls. So each call is tried once more, on a small ring of its own.
 */
#ifndef GI_ACTORS_ADVICE_H
#define GI_ACTORS_ADVICE_H

struct gi_advice {
	char text[384];
};

/* What `err` of making or starting a driver wants to tell, with the error's own name before it. Returns the text. */
const char *gi_advice(struct gi_advice *out_advice, int err);

/*
 * Would a driver's ring work here? Tries io_uring's three calls. Returns 0, or the error of the first that is refused,
 * and then what gi_advice() says of it.
 */
int gi_advice_try_io_uring(struct gi_advice *out_advice);

#endif
