/* SPDX-License-Identifier: Apache-2.0 */
/* Turn: what a driver's turn costs in virtual time, and what may hold it up. */
#ifndef GI_SIM_TURN_H
#define GI_SIM_TURN_H

/* The current task enters the kernel: the turn before has taken its time. */
void gi_turn_pass(void);

#endif
