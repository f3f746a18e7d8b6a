/* SPDX-License-Identifier: Apache-2.0 */
/* Refuse: a seccomp filter for this process, as containers have them, that answers some system calls with an error. */
#ifndef TESTS_SUPPORT_REFUSE_H
#define TESTS_SUPPORT_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on each of these calls (SYS_...) is answered with `err` (EPERM, ENOSYS), for this thread and those that it
 * starts; for ever, so do it in a child. false: there is no seccomp here.
 */
bool refuse_calls(const long *calls, size_t count, int err);

#endif
