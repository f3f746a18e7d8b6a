/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of the chat server that are not options. Sizes are bytes without a final zero unless they say otherwise. */
#ifndef CHAT_BOUNDS_H
#define CHAT_BOUNDS_H

enum {
	CHAT_LINE_MAX = 512,  /* a line with its CRLF, without tags */
	CHAT_TAGS_MAX = 8191, /* message tags with '@' and the space behind them */
	CHAT_PARAM_MAX = 15,
	CHAT_NICK_MAX = 30,
	CHAT_USER_MAX = 10, /* with the '~' in front */
	CHAT_HOST_MAX = 63,
	CHAT_REAL_MAX = 60,
	CHAT_CHANNEL_MAX = 50,
	CHAT_TOPIC_MAX = 300,
	CHAT_KEY_MAX = 23,
	CHAT_AWAY_MAX = 200,
	CHAT_REASON_MAX = 250, /* of PART, KICK and QUIT */
	CHAT_MASK_MAX = CHAT_NICK_MAX + CHAT_USER_MAX + CHAT_HOST_MAX + 2,
	CHAT_ROOMS_MAX = 20,   /* channels of one session */
	CHAT_BANS_MAX = 64,    /* of one channel */
	CHAT_INVITES_MAX = 64, /* open invitations of one channel; a new one replaces the oldest */
	CHAT_TARGETS_MAX = 4,  /* of one PRIVMSG, NOTICE, NAMES or WHOIS */
	CHAT_MODES_MAX = 4,    /* changes with a parameter in one MODE */
	CHAT_OUTBOX_MAX = 1 << 16, /* messages that wait for a full way to a driver */
	CHAT_UNDER_WAY_MAX = 16,   /* lines of a client that the hub has not answered yet */
	CHAT_HELD_MAX = 12 << 10,  /* of a client's lines that wait; more than the longest line */
	CHAT_INPUT_MAX =
	        32 << 10, /* a part of a line, and the buffer that the next part comes in */
	CHAT_ENDLESS_MAX = 16 << 10, /* of a line that was too long, until its client is ended */
	CHAT_MOTD_MAX = 64 << 10,
	CHAT_PAGE_SIZE = 4 << 10, /* of a long text that a session writes at once, and a line */
};

#endif
