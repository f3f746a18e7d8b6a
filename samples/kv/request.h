/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request: one command in the bytes of a client, found without copying and without reading a byte twice.
 *
 * A request is `*N` with N bulk strings (RESP), or an inline line that kv_inline_convert() rewrites as such. Nothing is
 * allocated for what has only been announced. No recursion. Pure.
 */
#ifndef KV_REQUEST_H
#define KV_REQUEST_H

#include "samples/kv/slice.h"

/* Arguments that come as an array; the rest of a long request is read with kv_arguments_next(). */
#define KV_ARGUMENT_MAX 1024

#define KV_LINE_SIZE_MAX ((size_t)64 * 1024) /* inline requests and length lines, as in Redis */
#define KV_ARGUMENT_COUNT_MAX                                                                      \
	INT32_MAX /* as in Redis; a request must fit into client-query-buffer-limit too */
/* Before the password is known. */
#define KV_STRANGER_COUNT_MAX 10
#define KV_STRANGER_BULK_MAX  16384

enum kv_parsed {
	KV_PARSED_MORE = 0, /* incomplete: call again with the same bytes and more */
	KV_PARSED_REQUEST,
	KV_PARSED_INLINE,  /* raw is a line: convert it */
	KV_PARSED_NOTHING, /* an empty line or `*0`: take size bytes away and go on */
	KV_PARSED_ERROR,   /* say error, then close */
};

struct kv_request {
	uint32_t argc;
	size_t size; /* bytes that it takes */
	struct kv_slice
	        raw; /* from the first '$' on; for KV_PARSED_INLINE the line without its end */
	struct kv_slice argv[KV_ARGUMENT_MAX];
	char error[64];
};

/* How far an incomplete request has been read. All zero at the begin of each request. */
struct kv_parser {
	size_t offset;    /* of the first bulk that was not complete */
	size_t scanned;   /* no end of line before it */
	size_t announced; /* bytes with which that bulk is complete; 0: not known */
	uint32_t argc;
	uint32_t left;
};

struct kv_parser_limits {
	size_t bulk_size_max;
	bool is_stranger; /* has not given the password yet */
};

/*
 * The two ways of kv_request_parse(). The short one takes a request of few and short arguments that is all there; whatever it
 * takes, the other would take as well. False: it is another, or not complete; out_request is not to be read.
 */
#define KV_PLAIN_SIZE_MAX 999
bool kv_request_parse_plain(struct kv_slice bytes, struct kv_request *out_request);
enum kv_parsed kv_request_parse_any(struct kv_parser *parser, const struct kv_parser_limits *limits,
                                    struct kv_slice bytes, struct kv_request *out_request);

/*
 * Read one request at the begin of `bytes`.
 *
 * Owner: out_request lends slices of `bytes`.
 */
static inline enum kv_parsed kv_request_parse(struct kv_parser *parser,
                                              const struct kv_parser_limits *limits,
                                              struct kv_slice bytes, struct kv_request *out_request)
{
	bool may_be_plain = parser->argc == 0 && !limits->is_stranger &&
	                    limits->bulk_size_max >= KV_PLAIN_SIZE_MAX;
	if (may_be_plain && kv_request_parse_plain(bytes, out_request)) {
		return KV_PARSED_REQUEST;
	}
	return kv_request_parse_any(parser, limits, bytes, out_request);
}

/* Walks all arguments of a request. */
struct kv_arguments {
	const uint8_t *at;
	uint32_t left;
};

struct kv_arguments kv_arguments_of(const struct kv_request *request);
bool kv_arguments_next(struct kv_arguments *arguments, struct kv_slice *out_argument);

/* Bytes that a line of this size can need as RESP. */
size_t kv_inline_size_max(size_t line_size);

/*
 * Rewrite an inline line ("set key "two words"") as RESP.
 *
 * Returns the bytes written to out_bytes, 0 when there is no word in it, or -1: quotes are not balanced.
 */
long kv_inline_convert(struct kv_slice line, uint8_t *out_bytes);

#endif
