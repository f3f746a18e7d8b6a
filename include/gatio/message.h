/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: a typed value on its way to an actor.
 *
 * A message type is a struct with a name that the whole program agrees on. GATIO_MESSAGE declares the struct and
 * registers the type; it may stand in a header. Two types of one name with different fields are found when the
 * system is created, which is then refused with both shown; in a library that is loaded later, when one of its behaviours
 * is spawned.
 */
#ifndef GATIO_MESSAGE_H
#define GATIO_MESSAGE_H

#include <gatio/defs.h>

GATIO_C_BEGIN

/*
 * Names an actor. A plain value of 8 bytes that may be copied, stored and sent. It may outlive its actor: what is sent
 * to it then is counted as a dead letter. It never names another actor later.
 */
struct gatio_address {
	uint64_t bits;
};

/* The address of nobody. */
#define GATIO_NOBODY GATIO_VALUE(gatio_address, 0)

/* Why an address names nobody: 0 when it names (or named) an actor, else what the spawn failed with (-ENOMEM, ...). */
GATIO_API int gatio_address_error(struct gatio_address address);

GATIO_API bool gatio_address_equal(struct gatio_address a, struct gatio_address b);

/* What the system knows of a message type. Filled by GATIO_MESSAGE; `index` and `id` by its registration. */
struct gatio_message_type {
	const char *name;
	const char *schema; /* the fields as written */
	uint32_t size;      /* bytes of the fixed part */
	uint32_t index;     /* dense, the same for all declarations of the same; from 1 */
	uint64_t id;        /* stable between builds: a hash of name and schema */
};

/*
 * Called by GATIO_MESSAGE before main, or when its library is loaded; and when that is unloaded. Messages of its type
 * may be on their way then: what the library does not handle any more becomes a dead letter. Thread: any.
 */
GATIO_API void gatio_message_type_register(struct gatio_message_type *type);
GATIO_API void gatio_message_type_unregister(struct gatio_message_type *type);

/* The largest message, fixed part and extra bytes together. */
#define GATIO_MESSAGE_SIZE_MAX (GATIO_CAST(size_t, 1) << 30)

/*
 * Declare a message type: GATIO_MESSAGE(counter_add, { uint64_t amount; });
 *
 * The fields are copied from actor to actor, so a pointer in them stays valid only if what it points to does. The last
 * field may be a flexible array, filled through gatio_message_new().
 */
#define GATIO_MESSAGE(name_, ...)                                                                  \
	__extension__ struct name_ __VA_ARGS__;                                                    \
	GATIO_ASSERT(GATIO_ALIGNMENT(struct name_) <= 16,                                          \
	             "message " #name_ " must not need more than 16-byte alignment");              \
	GATIO_ASSERT(sizeof(struct name_) <= GATIO_MESSAGE_SIZE_MAX,                               \
	             "message " #name_ " is larger than GATIO_MESSAGE_SIZE_MAX");                  \
	GATIO_CHECK_STRUCT("message ", name_)                                                      \
	static struct gatio_message_type gatio_message_##name_                                     \
	        __attribute__((unused)) = {#name_, #__VA_ARGS__, sizeof(struct name_), 0, 0};      \
	__attribute__((constructor)) static void gatio_message_register_##name_(void)              \
	{                                                                                          \
		gatio_message_type_register(&gatio_message_##name_);                               \
	}                                                                                          \
	__attribute__((destructor)) static void gatio_message_unregister_##name_(void)             \
	{                                                                                          \
		gatio_message_type_unregister(&gatio_message_##name_);                             \
	}                                                                                          \
	GATIO_ASSERT(1, "")

/*
 * A message made in place, for what does not fit an initialiser: gatio_message_new(line, 80) gives a struct line *
 * with 80 bytes behind its fixed part, all uninitialised, or NULL when the TPC's memory is at its limit.
 *
 * Owner:  gives; ends, once, with gatio_post, gatio_post_reply or gatio_message_free.
 * Thread: a driver.
 */
#define gatio_message_new(name_, extra_size_)                                                      \
	GATIO_CAST(struct name_ *, gatio_message_create(&gatio_message_##name_, (extra_size_)))

GATIO_API void *gatio_message_create(const struct gatio_message_type *type, size_t extra_size);

/* Owner: moves. Thread: a driver. NULL is accepted. */
GATIO_API void gatio_message_free(void *message);

/* Bytes behind the fixed part. For a message that is being handled, or one from gatio_message_new(). */
GATIO_API size_t gatio_message_extra_size(const struct gatio_message_type *type,
                                          const void *message);

/*
 * Keep the message that is being handled beyond the handler's return. Once a handler; what the message points to is not
 * kept with it.
 *
 * Owner:  gives: one that was posted itself, any other itself where that is possible, else a copy; ends like that of
 *         gatio_message_new().
 * Thread: its handler.
 * Error:  NULL when it is to be copied and the TPC's memory is at its limit: not for one that was posted.
 */
GATIO_API void *gatio_message_keep(const void *message);

GATIO_C_END

#endif
