/* SPDX-License-Identifier: Apache-2.0 */
/* Scratch: a disk of a run without faults, and what tests do with files in few words. */
#ifndef TESTS_SIM_SCRATCH_H
#define TESTS_SIM_SCRATCH_H

#include "sim/file.h"

#define SCRATCH_SIZE ((uint64_t)1 << 20)

/* A new run, and an empty disk in it. */
struct gi_disk *scratch_begin(uint64_t seed);

/* It must open. */
struct gi_file *scratch_open(struct gi_disk *disk, const char *path, int flags);
/* The error of an open that must fail. */
int scratch_open_error(struct gi_disk *disk, const char *path, int flags);
/* For reading and writing, made if it is not there. */
struct gi_file *scratch_make(struct gi_disk *disk, const char *path);
void scratch_close(struct gi_file *file);

/* All of it must be written. */
void scratch_put(struct gi_file *file, const char *text, uint64_t offset);
bool scratch_holds(struct gi_disk *disk, const char *path, const char *text);
bool scratch_is_there(struct gi_disk *disk, const char *path);
/* The result of a sync of a directory. */
int scratch_sync_directory(struct gi_disk *disk, const char *path);
/* What is on it is durable: its bytes, and its name in the root. */
void scratch_make_durable(struct gi_disk *disk, const char *path, const char *text);

#endif
