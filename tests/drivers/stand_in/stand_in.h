/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for one object of the kernel door, as an archive before libgatio.a: the real one but for a few answers. */
#ifndef TESTS_DRIVERS_STAND_IN_STAND_IN_H
#define TESTS_DRIVERS_STAND_IN_STAND_IN_H

#include <stdint.h>

#define STAND_IN_DRIVERS 3

/* How often its clock has been looked at. */
uint64_t stand_in_looks(void);

#endif
