/* SPDX-License-Identifier: Apache-2.0 */
/* The service of the world `net`, inside: its connection actors, and those that help them. */
#ifndef TESTS_SIM_NET_GUEST_H
#define TESTS_SIM_NET_GUEST_H

#include "tests/sim/net.h"

#include <gatio/gatio.h>

#define NG_DRIVERS_MAX 8u
#define NG_SECOND_MAX  3u /* connections of the second port */

/* Of the process: what is constant once the first port opens, and counts. */
struct ng_house {
	struct nw_settings settings;
	struct gatio_port_options port; /* as opened, with its defaults */
	struct gatio_address relays[NG_DRIVERS_MAX];
	uint32_t relay_drivers[NG_DRIVERS_MAX];
	uint32_t relay_count;
	uint32_t io_driver; /* the first that accepts */
	uint64_t connected_count;
	uint32_t open_counts[2]; /* of each port */
	bool is_cut;             /* the log has said so */
};
extern struct ng_house ng_house;

/* What must hold does not: the process ends. */
_Noreturn void ng_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Asks one to lead another: the message may be there before the one it is for. */
GATIO_MESSAGE(ng_lead, {
	struct gatio_address aide;
	uint64_t number;
});
GATIO_MESSAGE(ng_hand, {
	struct gatio_asker asker;
	uint64_t number;
	uint64_t extra_size;
	uint8_t extra[]; /* as nw_byte() has them */
});
/* Fills the way to a driver, so that what is sent behind it comes late. */
GATIO_MESSAGE(ng_noise, { uint64_t number; });
GATIO_MESSAGE(ng_led, {
	uint64_t number;
	bool has_started;
});
GATIO_MESSAGE(ng_time, { uint64_t number; });

struct ng_guest {
	uint64_t heard_ns;
	uint64_t asked;     /* of aids */
	uint32_t pour_left; /* records */
	uint32_t pour_size;
	uint32_t left_size; /* unread */
	bool has_left_much; /* unread, and did not pause: more than it may */
	uint16_t number;    /* of the next record */
	bool is_connected;
	bool is_busy; /* paused, until something comes */
	bool is_pouring;
	bool has_ended; /* its peer */
	bool is_over;
	bool is_second; /* of the second port */
};
struct ng_relay {
	uint64_t count;
};
struct ng_aide {
	bool has_started;
};
struct ng_root {
	struct gatio_address relays[NG_DRIVERS_MAX];
	uint64_t left;
	uint64_t seen;
};
struct ng_witness {
	bool unused;
};

/*
 * A new aide on a relay's driver, and behind noise on the way there; an address that tells its error. Thread: a driver, in a
 * handler.
 */
struct gatio_address ng_aide_behind_noise(struct gatio_address relay, uint32_t driver);

GATIO_DECLARE_SHARED_BEHAVIOR(ng_guest);
GATIO_DECLARE_SHARED_BEHAVIOR(ng_relay);
GATIO_DECLARE_SHARED_BEHAVIOR(ng_aide);
GATIO_DECLARE_SHARED_BEHAVIOR(ng_root);
GATIO_DECLARE_SHARED_BEHAVIOR(ng_witness);

#endif
