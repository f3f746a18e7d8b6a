/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarm: messages that an actor sends to itself later.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_ALARM_H
#define GI_ACTORS_ALARM_H

#include "actors/scheduler.h"

/* An alarm's message has come out of the inbox: from now on it is like any other. */
void gi_alarm_handled(struct gi_message *message);
void gi_alarms_end(struct gi_actor *actor);

#endif
