/* SPDX-License-Identifier: Apache-2.0 */
/* Step: a mark before each shared access of the protocols, where a stress test delays its thread. Else nothing. */
#ifndef GI_MAILBOX_STEP_H
#define GI_MAILBOX_STEP_H

#ifdef GI_MAILBOX_STEP_HOOK
void gi_mailbox_step(const char *name);
#	define GI_MAILBOX_STEP(name) gi_mailbox_step(#        name)
#else
#	define GI_MAILBOX_STEP(name) ((void)0)
#endif

#endif
