/* SPDX-License-Identifier: Apache-2.0 */
/* Ring: what inbound.c needs of it beyond mailbox.h. */
#ifndef GI_MAILBOX_RING_H
#define GI_MAILBOX_RING_H

#include "mailbox/mailbox.h"

/*
 * Stop looking here: true, and from now the mailbox is its sender's to ring. false: something is unread, not released
 * or not answered, or was published since the last peek. Thread: the receiver.
 */
__attribute__((warn_unused_result)) bool gi_mailbox_retire(struct gi_mailbox *mailbox);

#endif
