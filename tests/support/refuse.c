/* SPDX-License-Identifier: Apache-2.0 */
/* Refuse: see refuse.h. The filter compares the number of the call; it does not look at the architecture, which is ours. */
#include "tests/support/refuse.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>

enum { CALLS_MAX = 16 };

bool refuse_calls(const long *calls, size_t count, int err)
{
	struct sock_filter filter[2 * CALLS_MAX + 2];
	size_t length = 0;
	if (count > CALLS_MAX) {
		return false;
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                                offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		                                                (uint32_t)calls[i], 0, 1);
		filter[length++] = (struct sock_filter)BPF_STMT(
		        BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((uint32_t)err & SECCOMP_RET_DATA));
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
