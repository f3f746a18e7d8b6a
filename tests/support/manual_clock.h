/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel door whose clock stands still until a test moves it. All else is the real kernel (drivers/kernel_linux.c). */
#ifndef TESTS_SUPPORT_MANUAL_CLOCK_H
#define TESTS_SUPPORT_MANUAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A pause of the program moves it as well, after this has been called if it is set. */
extern void (*manual_clock_on_pause)(void);
void manual_clock_advance(uint64_t ns);

/* All sockets have last sent bytes now; or nothing is known of it, as in the beginning. */
void manual_clock_socket_takes(bool takes);

#endif
