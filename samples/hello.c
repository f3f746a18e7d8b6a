/* SPDX-License-Identifier: Apache-2.0 */
/* hello: one actor, from its start to its end. Prints "hello, world". */
#include <gatio/gatio.h>
#include <stdio.h>

struct hello {
	const char *whom;
};

static void on_started(struct hello *self)
{
	printf("hello, %s\n", self->whom);
	gatio_exit(0);
}
GATIO_BEHAVIOR(hello, started(on_started));

int main(void)
{
	return gatio_run(hello, .whom = "world");
}
