/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/datagram.c. */
#include "sim/datagram.h"
#include "sim/machine.h"

#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define SEEDS     300u
#define COUNT     200u
#define STEP_NS   UINT64_C(1000000)
#define SENDER_NS UINT64_C(1000)

static struct sockaddr_in address(const char *host, uint16_t port)
{
	struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, host, &made.sin_addr), 1);
	return made;
}

static struct gi_datagram *new_datagram(void)
{
	struct gi_datagram *datagram;
	CU_ASSERT_EQUAL_FATAL(gi_datagram_create(&datagram, AF_INET), 0);
	return datagram;
}

static int bind_to(struct gi_datagram *datagram, const char *host, uint16_t port)
{
	struct sockaddr_in own = address(host, port);
	return gi_datagram_bind(datagram, (void *)&own, sizeof(own), false);
}

static struct gi_datagram *new_bound(const char *host, uint16_t port)
{
	struct gi_datagram *datagram = new_datagram();
	CU_ASSERT_EQUAL_FATAL(bind_to(datagram, host, port), 0);
	return datagram;
}

static int connect_to(struct gi_datagram *datagram, const char *host, uint16_t port)
{
	struct sockaddr_in peer = address(host, port);
	return gi_datagram_connect(datagram, (void *)&peer, sizeof(peer));
}

/* To the peer, when `to` is NULL. */
static int send_bytes(struct gi_datagram *datagram, const struct sockaddr_in *to, const void *bytes,
                      size_t size)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (to) {
		message.msg_name = (void *)(uintptr_t)to;
		message.msg_namelen = sizeof(*to);
	}
	return gi_datagram_send(datagram, &message, 0);
}

static int send_text(struct gi_datagram *datagram, const char *host, uint16_t port,
                     const char *text)
{
	struct sockaddr_in to = address(host, port);
	return send_bytes(datagram, &to, text, strlen(text));
}

/* What came, and from whom. */
static struct {
	char bytes[64];
	struct sockaddr_in from;
	socklen_t from_size;
	int flags;
} got;

static int receive(struct gi_datagram *datagram, size_t size, int flags)
{
	struct iovec part = {.iov_base = got.bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_name = &got.from,
	                         .msg_namelen = sizeof(got.from)};
	int count = gi_datagram_receive(datagram, &message, flags);
	got.from_size = message.msg_namelen;
	got.flags = message.msg_flags;
	return count;
}

static bool is_readable(const struct gi_datagram *datagram)
{
	return gi_object_ready(&datagram->object) & GI_DIRECTION_BIT(GI_DIRECTION_IN);
}

static void what_is_sent_arrives_with_its_sender(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_bound("127.0.0.1", 1000);
	struct gi_datagram *b = new_bound("0.0.0.0", 2000);
	CU_ASSERT_EQUAL(send_text(a, "127.0.0.1", 2000, "hello"), 5);
	CU_ASSERT_FALSE(is_readable(b)); /* it is on its way */
	CU_ASSERT_EQUAL(receive(b, 64, 0), -EAGAIN);
	bare_go(STEP_NS);
	CU_ASSERT_TRUE(is_readable(b));
	CU_ASSERT_EQUAL(receive(b, 64, 0), 5);
	CU_ASSERT_EQUAL(memcmp(got.bytes, "hello", 5), 0);
	CU_ASSERT_EQUAL(got.flags, 0);
	CU_ASSERT_EQUAL(got.from_size, sizeof(got.from));
	CU_ASSERT_EQUAL(ntohs(got.from.sin_port), 1000);
	CU_ASSERT_EQUAL(send_bytes(b, &got.from, "back", 4), 4);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(a, 64, 0), 4);
	CU_ASSERT_EQUAL(got.from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CU_ASSERT_EQUAL(ntohs(got.from.sin_port), 2000);
}

static void long_ones_are_cut_to_fit(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_datagram();
	struct gi_datagram *b = new_bound("127.0.0.1", 2000);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(send_text(a, "127.0.0.1", 2000, "hello"), 5);
	}
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(b, 3, MSG_PEEK), 3);
	CU_ASSERT_EQUAL(receive(b, 3, 0), 3);
	CU_ASSERT_EQUAL(got.flags, MSG_TRUNC);
	CU_ASSERT_EQUAL(memcmp(got.bytes, "hel", 3), 0);
	CU_ASSERT_EQUAL(receive(b, 3, MSG_TRUNC), 5);
	CU_ASSERT_EQUAL(receive(b, 5, 0), 5); /* the rest of each is gone */
	CU_ASSERT_EQUAL(got.flags, 0);
	CU_ASSERT_EQUAL(receive(b, 5, 0), -EAGAIN);
}

static void sizes_from_none_to_the_most(void)
{
	static char bytes[65508];
	bare_begin(1);
	struct gi_datagram *a = new_datagram();
	struct gi_datagram *b = new_bound("127.0.0.1", 2000);
	struct sockaddr_in to = address("127.0.0.1", 2000);
	CU_ASSERT_EQUAL(send_bytes(a, &to, bytes, 65508), -EMSGSIZE);
	CU_ASSERT_EQUAL(send_bytes(a, &to, bytes, 65507), 65507);
	CU_ASSERT_EQUAL(send_bytes(a, &to, "", 0), 0);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(b, 1, MSG_TRUNC), 65507);
	CU_ASSERT_TRUE(is_readable(b));
	CU_ASSERT_EQUAL(receive(b, 1, 0), 0);
	CU_ASSERT_FALSE(is_readable(b));
}

static void wrong_addresses_are_refused(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_bound("127.0.0.1", 1000);
	struct gi_datagram *b = new_datagram();
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	CU_ASSERT_EQUAL(gi_datagram_create(&b, AF_UNIX), -EAFNOSUPPORT);
	CU_ASSERT_EQUAL(bind_to(a, "127.0.0.1", 1001), -EINVAL);
	CU_ASSERT_EQUAL(bind_to(b, "127.0.0.1", 1000), -EADDRINUSE);
	CU_ASSERT_EQUAL(bind_to(b, "0.0.0.0", 1000), -EADDRINUSE);
	CU_ASSERT_EQUAL(bind_to(b, "10.1.2.3", 1000), -EADDRNOTAVAIL);
	CU_ASSERT_EQUAL(gi_datagram_bind(b, (void *)&v6, sizeof(v6), false), -EAFNOSUPPORT);
	CU_ASSERT_EQUAL(gi_datagram_bind(b, (void *)&v6, 4, false), -EINVAL);
	CU_ASSERT_EQUAL(bind_to(b, "127.0.0.2", 1000), 0);
	CU_ASSERT_EQUAL(send_text(a, "127.0.0.1", 0, "x"), -EINVAL);
	CU_ASSERT_EQUAL(send_bytes(a, NULL, "x", 1), -EDESTADDRREQ);
	gi_object_put(&a->object);
	new_bound("127.0.0.1", 1000);
	struct gi_datagram *c = new_bound("127.0.0.1", 0);
	CU_ASSERT_TRUE(ntohs(*gi_endpoint_port(&c->address)) >= 32768);
}

static void connected_one_hears_its_peer_only(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_bound("127.0.0.1", 1000);
	struct gi_datagram *b = new_bound("127.0.0.1", 2000);
	struct gi_datagram *other = new_bound("127.0.0.1", 3000);
	CU_ASSERT_EQUAL(connect_to(a, "127.0.0.1", 2000), 0);
	CU_ASSERT_EQUAL(send_bytes(a, NULL, "x", 1), 1);
	CU_ASSERT_EQUAL(send_text(other, "127.0.0.1", 1000, "other"), 5);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(b, 64, 0), 1);
	CU_ASSERT_EQUAL(send_bytes(b, &got.from, "y", 1), 1);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(a, 64, 0), 1);
	CU_ASSERT_EQUAL(receive(a, 64, 0), -EAGAIN);
}

static void nobody_there_is_told_to_a_connected_one(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_datagram();
	struct gi_datagram *b = new_datagram();
	CU_ASSERT_EQUAL(send_text(b, "127.0.0.1", 2000, "lost"), 4);
	CU_ASSERT_EQUAL(connect_to(a, "127.0.0.1", 2000), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(send_bytes(a, NULL, "x", 1), 1);
		bare_go(STEP_NS);
		CU_ASSERT_TRUE(is_readable(a));
		CU_ASSERT_EQUAL(i == 0 ? receive(a, 64, 0) : send_bytes(a, NULL, "x", 1),
		                -ECONNREFUSED);
		CU_ASSERT_EQUAL(receive(a, 64, 0), -EAGAIN);
	}
	CU_ASSERT_EQUAL(receive(b, 64, 0), -EAGAIN);
	CU_ASSERT_EQUAL(send_bytes(a, NULL, "x", 1), 1);
	gi_object_put(&a->object); /* before the word comes back */
	bare_go(STEP_NS);
}

static void full_queue_drops_what_comes(void)
{
	static char bytes[10000];
	bare_begin(1);
	struct gi_datagram *a = new_datagram();
	struct gi_datagram *b = new_bound("127.0.0.1", 2000);
	struct sockaddr_in to = address("127.0.0.1", 2000);
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(send_bytes(a, &to, bytes, sizeof(bytes)), (int)sizeof(bytes));
	}
	bare_go(STEP_NS * 10);
	int count = 0;
	while (receive(b, 1, 0) == 1) {
		count++;
	}
	CU_ASSERT_EQUAL(count, 19); /* 212992 bytes, each of 10000 and what it costs */
	CU_ASSERT_EQUAL(b->dropped_count, 81);
}

static void shared_port_keeps_senders_together(void)
{
	bare_begin(1);
	struct sockaddr_in own = address("127.0.0.1", 2000);
	struct gi_datagram *all[4];
	for (int i = 0; i < 4; i++) {
		all[i] = new_datagram();
		CU_ASSERT_EQUAL(gi_datagram_bind(all[i], (void *)&own, sizeof(own), true), 0);
	}
	CU_ASSERT_EQUAL(bind_to(new_datagram(), "127.0.0.1", 2000), -EADDRINUSE);
	int used_count = 0;
	for (uint16_t i = 0; i < 8; i++) {
		struct gi_datagram *sender = new_bound("127.0.0.1", (uint16_t)(3000 + i));
		CU_ASSERT_EQUAL(send_text(sender, "127.0.0.1", 2000, "x"), 1);
		CU_ASSERT_EQUAL(send_text(sender, "127.0.0.1", 2000, "x"), 1);
	}
	bare_go(STEP_NS);
	for (int i = 0; i < 4; i++) {
		int count = 0;
		while (receive(all[i], 1, 0) == 1) {
			count++;
		}
		CU_ASSERT_EQUAL(count % 2, 0);
		used_count += count > 0;
	}
	CU_ASSERT_TRUE(used_count > 1);
}

/* ---- Machines ---------------------------------------------------------------------------------------------------- */

static void other_machine_is_reached_over_a_link(void)
{
	bare_begin(1);
	struct gi_datagram *a = new_bound("0.0.0.0", 1000);
	struct gi_datagram *b = new_datagram();
	struct sockaddr_in own = address("10.0.0.2", 2000);
	b->machine = 1;
	CU_ASSERT_EQUAL(gi_datagram_bind(b, (void *)&own, sizeof(own), false), 0);
	CU_ASSERT_EQUAL(send_text(a, "127.0.0.1", 2000, "none"), 4);
	CU_ASSERT_EQUAL(send_text(a, "10.0.0.2", 2000, "hello"), 5);
	CU_ASSERT_EQUAL(send_text(a, "10.9.9.9", 2000, "none"), 4);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(b, 64, 0), 5);
	CU_ASSERT_EQUAL(got.from.sin_addr.s_addr, gi_machine_host(0));
	CU_ASSERT_EQUAL(receive(b, 64, 0), -EAGAIN);
	gi_link_set_cut(0, 1, true);
	CU_ASSERT_EQUAL(send_text(a, "10.0.0.2", 2000, "lost"), 4);
	bare_go(STEP_NS);
	gi_link_set_cut(0, 1, false);
	bare_go(STEP_NS);
	CU_ASSERT_EQUAL(receive(b, 64, 0), -EAGAIN);
}

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

/* How often each of many has come; whether one has come after a later one. */
static struct {
	unsigned counts[COUNT];
	uint32_t last;
	unsigned lost_count;
	unsigned twice_count;
	bool is_out_of_order;
} seen;

static void take_all(struct gi_datagram *datagram)
{
	uint32_t number;
	while (receive(datagram, sizeof(number), 0) >= 0) {
		memcpy(&number, got.bytes, sizeof(number));
		CU_ASSERT_TRUE_FATAL(number < COUNT);
		bool is_first = seen.counts[number]++ == 0;
		seen.is_out_of_order |= is_first && number < seen.last;
		seen.last = number;
	}
}

static void send_many(void)
{
	memset(&seen, 0, sizeof(seen));
	struct gi_datagram *a = new_datagram();
	struct gi_datagram *b = new_bound("127.0.0.1", 2000);
	struct sockaddr_in to = address("127.0.0.1", 2000);
	for (uint32_t i = 0; i < COUNT; i++) {
		CU_ASSERT_EQUAL_FATAL(send_bytes(a, &to, &i, sizeof(i)), (int)sizeof(i));
		bare_go(SENDER_NS);
		take_all(b);
	}
	bare_finish();
	take_all(b);
	for (uint32_t i = 0; i < COUNT; i++) {
		CU_ASSERT_TRUE_FATAL(seen.counts[i] <= 2);
		seen.lost_count += seen.counts[i] == 0;
		seen.twice_count += seen.counts[i] == 2;
	}
	CU_ASSERT_EQUAL(b->dropped_count, 0);
}

static void without_faults_all_come_in_order(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		bare_begin(seed);
		send_many();
		CU_ASSERT_EQUAL(seen.lost_count, 0);
		CU_ASSERT_EQUAL(seen.twice_count, 0);
		CU_ASSERT_FALSE(seen.is_out_of_order);
	}
}

static void each_fault_does_its_own(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		bare_begin_with_faults(seed);
		send_many();
		CU_ASSERT_EQUAL_FATAL(seen.lost_count, bare_strikes(GI_FAULT_DATAGRAM_LOST));
		CU_ASSERT_EQUAL_FATAL(seen.twice_count, bare_strikes(GI_FAULT_DATAGRAM_TWICE));
		if (seen.is_out_of_order) {
			CU_ASSERT_TRUE(bare_strikes(GI_FAULT_DATAGRAM_REORDERED) > 0);
		}
	}
	for (enum gi_fault i = GI_FAULT_DATAGRAM_LOST; i <= GI_FAULT_DATAGRAM_REORDERED; i++) {
		CU_ASSERT_TRUE(bare_strikes_ever(i) > 0);
	}
}

static void some_are_overtaken(void)
{
	bare_begin(1);
	bare_set_rate(GI_FAULT_DATAGRAM_REORDERED, BARE_ALWAYS / 4);
	send_many();
	CU_ASSERT_TRUE(seen.is_out_of_order);
	CU_ASSERT_EQUAL(seen.lost_count, 0);
}

static CU_TestInfo datagram_tests[] = {
        {"what is sent arrives with its sender", what_is_sent_arrives_with_its_sender},
        {"long ones are cut to fit", long_ones_are_cut_to_fit},
        {"sizes from none to the most", sizes_from_none_to_the_most},
        {"wrong addresses are refused", wrong_addresses_are_refused},
        {"a connected one hears its peer only", connected_one_hears_its_peer_only},
        {"nobody there is told to a connected one", nobody_there_is_told_to_a_connected_one},
        {"a full queue drops what comes", full_queue_drops_what_comes},
        {"a shared port keeps senders together", shared_port_keeps_senders_together},
        {"another machine is reached over a link", other_machine_is_reached_over_a_link},
        {"without faults all come in order", without_faults_all_come_in_order},
        {"each fault does its own", each_fault_does_its_own},
        {"some are overtaken", some_are_overtaken},
        CU_TEST_INFO_NULL,
};

const struct suite datagram_suite = {"datagram", datagram_tests};
