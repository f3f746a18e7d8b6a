/* SPDX-License-Identifier: Apache-2.0 */
/* What a turn asks of the operations. Private to drivers/. */
#ifndef GI_DRIVERS_REAP_H
#define GI_DRIVERS_REAP_H

#include "drivers/driver.h"

struct io_uring_cqe;

/* In gi_io.op_flags: a cancel found no room in the submission queue. No flag of any prepared operation. */
#define GI_IO_CANCEL_WAITS (1u << 31)

/* A completion with GI_CQE_IO. */
void gi_io_completed(struct gi_driver *driver, const struct io_uring_cqe *cqe);

/* A completion with GI_CQE_CANCEL. */
void gi_io_cancel_completed(struct gi_driver *driver, const struct io_uring_cqe *cqe);

/* Fill the submission queue from those that wait for room. */
void gi_io_submit_queued(struct gi_driver *driver);

/* End of a turn: returned buffers become visible, some of those in line are called. */
void gi_buffers_end_turn(struct gi_driver *driver);
void gi_buffers_close(struct gi_driver *driver);

#endif
