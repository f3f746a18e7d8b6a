/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backend: what the drivers' rings are of: io_uring, or epoll where that is refused or not wanted.
 *
 * Thread: the system's creator.
 */
#ifndef GI_ACTORS_BACKEND_H
#define GI_ACTORS_BACKEND_H

#include "actors/system.h"

/*
 * By the option, else, as "auto" leaves it open, by GATIO_BACKEND in the environment, else io_uring, unless a trial is
 * refused: then epoll, with a warning. Error, logged: -EINVAL no such backend; of epoll's calls, where they are refused as
 * well.
 */
int gi_backend_choose(struct gatio_system *system);

/*
 * For a system that may fall back, when the memory that may be locked is too short for its rings: epoll, with the same
 * warning. Error, logged: of epoll's calls.
 */
int gi_backend_fall_back(struct gatio_system *system);

#endif
