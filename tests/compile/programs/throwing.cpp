/* SPDX-License-Identifier: Apache-2.0 */
/* An exception that leaves a handler ends the program by std::terminate(). */
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <gatio/gatio.h>
#include <stdexcept>

struct thrower {
	uint64_t count;
};

static void on_started(thrower *)
{
	throw std::runtime_error("nobody takes it");
}
GATIO_BEHAVIOR(thrower, started(on_started));

static void on_terminate()
{
	std::puts("terminated");
	std::fflush(stdout);
	std::_Exit(0);
}

int main()
{
	std::set_terminate(on_terminate);
	return gatio_run(thrower, 0);
}
