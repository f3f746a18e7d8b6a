/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel door whose clock stands still until a test moves it. All else is the real kernel (drivers/kernel_linux.c). */
#ifndef TESTS_SUPPORT_MANUAL_CLOCK_H
#define TESTS_SUPPORT_MANUAL_CLOCK_H

#include <stdint.h>

void manual_clock_advance(uint64_t ns);

#endif
