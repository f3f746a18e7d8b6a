/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image: the variables of the program, as one process has them. A process that starts finds them as they were when the
 * simulation began, as if it had just been loaded; what is kept (kept.h) is no part of an image.
 *
 * One image is in place at a time: that of the process which ran last. Scripts see whatever is in place.
 */
#ifndef GI_SIM_IMAGE_H
#define GI_SIM_IMAGE_H

struct gi_image;

/* Once, before the first process starts: this is what they find. */
void gi_image_take(void);

/* Owner: gives, as long as the run. NULL: no memory. */
struct gi_image *gi_image_create(void);
/* It is in place from now on. */
void gi_image_use(struct gi_image *image);
/* Its process has ended: what it had in place is of no use any more. */
void gi_image_drop(struct gi_image *image);

#endif
