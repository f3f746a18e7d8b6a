/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stop: from the wish to stop to the end of the last driver's thread.
 *
 *     DRAIN  ports stop accepting; connections and actors that handle gatio_draining are told, everything goes on until
 *            the last of them has ended
 *     LAST   nothing new is sent, no timer fires; what had been sent is handled
 *     CUT    at the latest at the deadline, at the second signal, or at once in a destroy: all actors end, sockets close
 *     END    drivers fall quiet together, their threads end
 *
 * No step waits for a driver beyond the deadline. One whose handler does not return then ends the process.
 *
 * Thread: the system's own.
 */
#ifndef GI_ACTORS_STOP_H
#define GI_ACTORS_STOP_H

#include "actors/system.h"

/* Wait until a stop is asked for, by whomever, and the one who asked is done with the system. */
void gi_stop_wait(struct gatio_system *system, int signals_fd);

/* All steps. A stuck handler ends the process with GATIO_STATUS_STUCK. */
void gi_stop_drained(struct gatio_system *system, int signals_fd);

/* CUT and END. Waits for a stuck handler, and says so. */
void gi_stop_at_once(struct gatio_system *system);

#endif
