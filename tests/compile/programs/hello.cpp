/* SPDX-License-Identifier: Apache-2.0 */
/* samples/hello.c in C++. */
#include <cstdio>
#include <gatio/gatio.h>

struct hello {
	const char *whom;
};

static void on_started(hello *self)
{
	std::printf("hello, %s\n", self->whom);
	gatio_exit(0);
}
GATIO_BEHAVIOR(hello, started(on_started));

int main()
{
	return gatio_run(hello, "world");
}
