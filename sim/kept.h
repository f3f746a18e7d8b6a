/* SPDX-License-Identifier: Apache-2.0 */
/* Kept: a variable that is no part of the simulated process' memory: a restart does not begin it anew. */
#ifndef GI_SIM_KEPT_H
#define GI_SIM_KEPT_H

#define GI_SIM_KEPT __attribute__((section("gi_sim_kept")))

#endif
