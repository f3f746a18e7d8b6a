/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage: counts of lines, in a build that has them (GATIO_COVERAGE): they are variables of the program, which ends by _exit. */
#ifndef GI_SIM_COVERAGE_H
#define GI_SIM_COVERAGE_H

#ifdef GATIO_COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);

static inline void gi_coverage_save(void)
{
	__gcov_dump();
	__gcov_reset();
}
#else
static inline void gi_coverage_save(void)
{
}
#endif

#endif
