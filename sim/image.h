/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image: the variables of the program, as they were when the simulation began. A process that starts finds them so, as if it
 * had just been loaded; what is kept (kept.h) stays.
 */
#ifndef GI_SIM_IMAGE_H
#define GI_SIM_IMAGE_H

/* Once, before the first process starts. */
void gi_image_take(void);
void gi_image_restore(void);

#endif
