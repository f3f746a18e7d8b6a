/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text, and back. */
#include "net/address.h"

#include "base/container.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Parsed and formatted again; "" when it is refused. */
static const char *round_trip(const char *text)
{
	static char out[GI_ADDRESS_TEXT_SIZE];
	struct sockaddr_storage address;
	socklen_t size;
	out[0] = '\0';
	int err = gi_address_parse(text, &address, &size);
	if (err) {
		CU_ASSERT(err == -EINVAL);
		return out;
	}
	CU_ASSERT(size == (address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                                 : sizeof(struct sockaddr_in)));
	gi_address_format(&address, out, sizeof(out));
	return out;
}

static void good_addresses_come_back(void)
{
	CU_ASSERT_STRING_EQUAL(round_trip("127.0.0.1:6379"), "127.0.0.1:6379");
	CU_ASSERT_STRING_EQUAL(round_trip("0.0.0.0:0"), "0.0.0.0:0");
	CU_ASSERT_STRING_EQUAL(round_trip("*:80"), "0.0.0.0:80");
	CU_ASSERT_STRING_EQUAL(round_trip("[::1]:65535"), "[::1]:65535");
	CU_ASSERT_STRING_EQUAL(round_trip("[::]:1"), "[::]:1");
	CU_ASSERT_STRING_EQUAL(round_trip("[1111:2222:3333:4444:5555:6666:7777:8888]:12345"),
	                       "[1111:2222:3333:4444:5555:6666:7777:8888]:12345");
}

static void bad_addresses_are_refused(void)
{
	static const char *const bad[] = {
	        "",           ":",          "127.0.0.1",       "127.0.0.1:",    ":80",
	        "6379",       "::1:80",     "[::1]",           "[::1:80",       "::1]:80",
	        "[]:80",      "1.2.3.4:-1", "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:0x50",
	        "1.2.3.4: 5", "1.2.3.4:+5", "[1.2.3]:",        "[::1]::80",     "127.0.0.1:1:2",
	};
	for (size_t i = 0; i < GI_COUNT_OF(bad); i++) {
		CU_ASSERT_STRING_EQUAL(round_trip(bad[i]), "");
	}
}

static void too_long_a_host_is_refused(void)
{
	char text[1024];
	memset(text, 'a', sizeof(text));
	snprintf(text + sizeof(text) - 4, 4, ":80");
	CU_ASSERT_STRING_EQUAL(round_trip(text), "");
}

static const CU_TestInfo tests[] = {
        {"good addresses come back", good_addresses_come_back},
        {"bad addresses are refused", bad_addresses_are_refused},
        {"too long a host is refused", too_long_a_host_is_refused},
        CU_TEST_INFO_NULL,
};

const struct suite address_suite = {.name = "address", .tests = tests};
