/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the public macros take their arguments apart. Not for users: what they may write stands in message.h, actor.h,
 * net.h and system.h, beside each macro.
 *
 * ISO C and C++ want at least one argument behind the last named one. So a macro that takes a name and perhaps more takes
 * them all as one list, and looks how many there are (GATIO_IS_ALONE).
 */
#ifndef GATIO_MACROS_H
#define GATIO_MACROS_H

#ifdef __cplusplus
#	include <gatio/cpp.h>
#else
#	include <gatio/c.h>
#endif

/* ---- Lists --------------------------------------------------------------------------------------------------------- */

#define GATIO_JOIN_(a, b) a##b
#define GATIO_JOIN(a, b)  GATIO_JOIN_(a, b)
/* The same below a GATIO_JOIN(), and below that: cppcheck expands no macro in what it has made of it. */
#define GATIO_JOIN_MAP_(a, b)  a##b
#define GATIO_JOIN_MAP(a, b)   GATIO_JOIN_MAP_(a, b)
#define GATIO_JOIN_ITEM_(a, b) a##b
#define GATIO_JOIN_ITEM(a, b)  GATIO_JOIN_ITEM_(a, b)

/* The 129th argument. */
#define GATIO_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,     \
                   _18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, \
                   _34, _35, _36, _37, _38, _39, _40, _41, _42, _43, _44, _45, _46, _47, _48, _49, \
                   _50, _51, _52, _53, _54, _55, _56, _57, _58, _59, _60, _61, _62, _63, _64, _65, \
                   _66, _67, _68, _69, _70, _71, _72, _73, _74, _75, _76, _77, _78, _79, _80, _81, \
                   _82, _83, _84, _85, _86, _87, _88, _89, _90, _91, _92, _93, _94, _95, _96, _97, \
                   _98, _99, _100, _101, _102, _103, _104, _105, _106, _107, _108, _109, _110,     \
                   _111, _112, _113, _114, _115, _116, _117, _118, _119, _120, _121, _122, _123,   \
                   _124, _125, _126, _127, _128, picked, ...)                                      \
	picked
/* How many: a number up to 64, or MANY, up to 128. */
#define GATIO_COUNT(...)                                                                           \
	GATIO_PICK(__VA_ARGS__, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,  \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,   \
	           46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, \
	           26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, \
	           5, 4, 3, 2, 1, 0)
/* Is it one argument alone, are there MORE, or too MANY? */
#define GATIO_IS_ALONE(...)                                                                        \
	GATIO_PICK(__VA_ARGS__, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,  \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,   \
	           MANY, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE,   \
	           MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE,   \
	           MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE,   \
	           MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE,   \
	           MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, MORE, ALONE,  \
	           0)

/* GATIO_MAP(macro, context, a, b, ...) is macro(context, a) macro(context, b) ... */
#define GATIO_MAP(macro, context, ...)                                                             \
	GATIO_JOIN_MAP(GATIO_MAP_, GATIO_COUNT(__VA_ARGS__))(macro, context, __VA_ARGS__)
#define GATIO_MAP_1(m, c, x)       m(c, x)
#define GATIO_MAP_2(m, c, x, ...)  m(c, x) GATIO_MAP_1(m, c, __VA_ARGS__)
#define GATIO_MAP_3(m, c, x, ...)  m(c, x) GATIO_MAP_2(m, c, __VA_ARGS__)
#define GATIO_MAP_4(m, c, x, ...)  m(c, x) GATIO_MAP_3(m, c, __VA_ARGS__)
#define GATIO_MAP_5(m, c, x, ...)  m(c, x) GATIO_MAP_4(m, c, __VA_ARGS__)
#define GATIO_MAP_6(m, c, x, ...)  m(c, x) GATIO_MAP_5(m, c, __VA_ARGS__)
#define GATIO_MAP_7(m, c, x, ...)  m(c, x) GATIO_MAP_6(m, c, __VA_ARGS__)
#define GATIO_MAP_8(m, c, x, ...)  m(c, x) GATIO_MAP_7(m, c, __VA_ARGS__)
#define GATIO_MAP_9(m, c, x, ...)  m(c, x) GATIO_MAP_8(m, c, __VA_ARGS__)
#define GATIO_MAP_10(m, c, x, ...) m(c, x) GATIO_MAP_9(m, c, __VA_ARGS__)
#define GATIO_MAP_11(m, c, x, ...) m(c, x) GATIO_MAP_10(m, c, __VA_ARGS__)
#define GATIO_MAP_12(m, c, x, ...) m(c, x) GATIO_MAP_11(m, c, __VA_ARGS__)
#define GATIO_MAP_13(m, c, x, ...) m(c, x) GATIO_MAP_12(m, c, __VA_ARGS__)
#define GATIO_MAP_14(m, c, x, ...) m(c, x) GATIO_MAP_13(m, c, __VA_ARGS__)
#define GATIO_MAP_15(m, c, x, ...) m(c, x) GATIO_MAP_14(m, c, __VA_ARGS__)
#define GATIO_MAP_16(m, c, x, ...) m(c, x) GATIO_MAP_15(m, c, __VA_ARGS__)
#define GATIO_MAP_17(m, c, x, ...) m(c, x) GATIO_MAP_16(m, c, __VA_ARGS__)
#define GATIO_MAP_18(m, c, x, ...) m(c, x) GATIO_MAP_17(m, c, __VA_ARGS__)
#define GATIO_MAP_19(m, c, x, ...) m(c, x) GATIO_MAP_18(m, c, __VA_ARGS__)
#define GATIO_MAP_20(m, c, x, ...) m(c, x) GATIO_MAP_19(m, c, __VA_ARGS__)
#define GATIO_MAP_21(m, c, x, ...) m(c, x) GATIO_MAP_20(m, c, __VA_ARGS__)
#define GATIO_MAP_22(m, c, x, ...) m(c, x) GATIO_MAP_21(m, c, __VA_ARGS__)
#define GATIO_MAP_23(m, c, x, ...) m(c, x) GATIO_MAP_22(m, c, __VA_ARGS__)
#define GATIO_MAP_24(m, c, x, ...) m(c, x) GATIO_MAP_23(m, c, __VA_ARGS__)
#define GATIO_MAP_25(m, c, x, ...) m(c, x) GATIO_MAP_24(m, c, __VA_ARGS__)
#define GATIO_MAP_26(m, c, x, ...) m(c, x) GATIO_MAP_25(m, c, __VA_ARGS__)
#define GATIO_MAP_27(m, c, x, ...) m(c, x) GATIO_MAP_26(m, c, __VA_ARGS__)
#define GATIO_MAP_28(m, c, x, ...) m(c, x) GATIO_MAP_27(m, c, __VA_ARGS__)
#define GATIO_MAP_29(m, c, x, ...) m(c, x) GATIO_MAP_28(m, c, __VA_ARGS__)
#define GATIO_MAP_30(m, c, x, ...) m(c, x) GATIO_MAP_29(m, c, __VA_ARGS__)
#define GATIO_MAP_31(m, c, x, ...) m(c, x) GATIO_MAP_30(m, c, __VA_ARGS__)
#define GATIO_MAP_32(m, c, x, ...) m(c, x) GATIO_MAP_31(m, c, __VA_ARGS__)
#define GATIO_MAP_33(m, c, x, ...) m(c, x) GATIO_MAP_32(m, c, __VA_ARGS__)
#define GATIO_MAP_34(m, c, x, ...) m(c, x) GATIO_MAP_33(m, c, __VA_ARGS__)
#define GATIO_MAP_35(m, c, x, ...) m(c, x) GATIO_MAP_34(m, c, __VA_ARGS__)
#define GATIO_MAP_36(m, c, x, ...) m(c, x) GATIO_MAP_35(m, c, __VA_ARGS__)
#define GATIO_MAP_37(m, c, x, ...) m(c, x) GATIO_MAP_36(m, c, __VA_ARGS__)
#define GATIO_MAP_38(m, c, x, ...) m(c, x) GATIO_MAP_37(m, c, __VA_ARGS__)
#define GATIO_MAP_39(m, c, x, ...) m(c, x) GATIO_MAP_38(m, c, __VA_ARGS__)
#define GATIO_MAP_40(m, c, x, ...) m(c, x) GATIO_MAP_39(m, c, __VA_ARGS__)
#define GATIO_MAP_41(m, c, x, ...) m(c, x) GATIO_MAP_40(m, c, __VA_ARGS__)
#define GATIO_MAP_42(m, c, x, ...) m(c, x) GATIO_MAP_41(m, c, __VA_ARGS__)
#define GATIO_MAP_43(m, c, x, ...) m(c, x) GATIO_MAP_42(m, c, __VA_ARGS__)
#define GATIO_MAP_44(m, c, x, ...) m(c, x) GATIO_MAP_43(m, c, __VA_ARGS__)
#define GATIO_MAP_45(m, c, x, ...) m(c, x) GATIO_MAP_44(m, c, __VA_ARGS__)
#define GATIO_MAP_46(m, c, x, ...) m(c, x) GATIO_MAP_45(m, c, __VA_ARGS__)
#define GATIO_MAP_47(m, c, x, ...) m(c, x) GATIO_MAP_46(m, c, __VA_ARGS__)
#define GATIO_MAP_48(m, c, x, ...) m(c, x) GATIO_MAP_47(m, c, __VA_ARGS__)
#define GATIO_MAP_49(m, c, x, ...) m(c, x) GATIO_MAP_48(m, c, __VA_ARGS__)
#define GATIO_MAP_50(m, c, x, ...) m(c, x) GATIO_MAP_49(m, c, __VA_ARGS__)
#define GATIO_MAP_51(m, c, x, ...) m(c, x) GATIO_MAP_50(m, c, __VA_ARGS__)
#define GATIO_MAP_52(m, c, x, ...) m(c, x) GATIO_MAP_51(m, c, __VA_ARGS__)
#define GATIO_MAP_53(m, c, x, ...) m(c, x) GATIO_MAP_52(m, c, __VA_ARGS__)
#define GATIO_MAP_54(m, c, x, ...) m(c, x) GATIO_MAP_53(m, c, __VA_ARGS__)
#define GATIO_MAP_55(m, c, x, ...) m(c, x) GATIO_MAP_54(m, c, __VA_ARGS__)
#define GATIO_MAP_56(m, c, x, ...) m(c, x) GATIO_MAP_55(m, c, __VA_ARGS__)
#define GATIO_MAP_57(m, c, x, ...) m(c, x) GATIO_MAP_56(m, c, __VA_ARGS__)
#define GATIO_MAP_58(m, c, x, ...) m(c, x) GATIO_MAP_57(m, c, __VA_ARGS__)
#define GATIO_MAP_59(m, c, x, ...) m(c, x) GATIO_MAP_58(m, c, __VA_ARGS__)
#define GATIO_MAP_60(m, c, x, ...) m(c, x) GATIO_MAP_59(m, c, __VA_ARGS__)
#define GATIO_MAP_61(m, c, x, ...) m(c, x) GATIO_MAP_60(m, c, __VA_ARGS__)
#define GATIO_MAP_62(m, c, x, ...) m(c, x) GATIO_MAP_61(m, c, __VA_ARGS__)
#define GATIO_MAP_63(m, c, x, ...) m(c, x) GATIO_MAP_62(m, c, __VA_ARGS__)
#define GATIO_MAP_64(m, c, x, ...) m(c, x) GATIO_MAP_63(m, c, __VA_ARGS__)

/* ---- A name, and the fields of its struct -------------------------------------------------------------------------- */

/* (name, fields...) as two arguments of a function: the type and the message, or the behaviour and the state. */
#define GATIO_TYPED(...)              GATIO_JOIN(GATIO_TYPED_, GATIO_IS_ALONE(__VA_ARGS__))(__VA_ARGS__)
#define GATIO_TYPED_ALONE(name_)      &gatio_message_##name_, GATIO_LEND(name_, )
#define GATIO_TYPED_MORE(name_, ...)  &gatio_message_##name_, GATIO_LEND(name_, __VA_ARGS__)
#define GATIO_TYPED_MANY(name_, ...)  GATIO_TYPED_MORE(name_, __VA_ARGS__)
#define GATIO_ACTING(...)             GATIO_JOIN(GATIO_ACTING_, GATIO_IS_ALONE(__VA_ARGS__))(__VA_ARGS__)
#define GATIO_ACTING_ALONE(name_)     &gatio_behavior_##name_, GATIO_LEND(name_, )
#define GATIO_ACTING_MORE(name_, ...) &gatio_behavior_##name_, GATIO_LEND(name_, __VA_ARGS__)
#define GATIO_ACTING_MANY(name_, ...) GATIO_ACTING_MORE(name_, __VA_ARGS__)

/* ---- The items of a behaviour -------------------------------------------------------------------------------------- */

/* A known item becomes several arguments, its kind first. What is not known stays the one argument that it is. */
#define GATIO_ITEM_on(message_, handler_) ON, message_, handler_
#define GATIO_ITEM_started(function_)     STARTED, function_
#define GATIO_ITEM_ended(function_)       ENDED, function_
#define GATIO_ITEM_other(handler_)        OTHER, handler_
#define GATIO_ITEM_priority(class_)       PRIORITY, class_
#define GATIO_ITEM_budget(count_)         BUDGET, count_

/* GATIO_EACH(WHAT, name, item) is GATIO_WHAT_KIND(name, ...) for a known item, and nothing for another. */
#define GATIO_EACH(what_, name_, ...)                                                              \
	GATIO_JOIN_ITEM(GATIO_EACH_, GATIO_IS_ALONE(__VA_ARGS__))(what_, name_, __VA_ARGS__)
#define GATIO_EACH_ALONE(what_, name_, item_)
#define GATIO_EACH_MORE(what_, name_, kind_, ...) GATIO_##what_##_##kind_(name_, __VA_ARGS__)

#define GATIO_THUNK(name_, item_) GATIO_EACH(THUNK, name_, GATIO_ITEM_##item_)
#define GATIO_ENTRY(name_, item_) GATIO_EACH(ENTRY, name_, GATIO_ITEM_##item_)
#define GATIO_FIELD(name_, item_) GATIO_EACH(FIELD, name_, GATIO_ITEM_##item_)

/* First of all, so that the compiler's first line is the one that helps. */
#define GATIO_CHECK(name_, item_) GATIO_CHECK_1(name_, #item_, GATIO_ITEM_##item_)
#define GATIO_CHECK_1(name_, text_, ...)                                                           \
	GATIO_JOIN_ITEM(GATIO_CHECK_, GATIO_IS_ALONE(__VA_ARGS__))(name_, text_, __VA_ARGS__)
#define GATIO_CHECK_ALONE(name_, text_, item_)                                                     \
	GATIO_ASSERT(0, "GATIO_BEHAVIOR(" #name_ ", ...): unknown item: " text_                    \
	                "; there are on(message, handler), started(function), ended(function), "   \
	                "other(handler), priority(class), budget(count)");
#define GATIO_CHECK_MORE(name_, text_, kind_, ...) GATIO_CHECK_##kind_(name_, __VA_ARGS__)
#define GATIO_CHECK_ON(name_, message_, handler_)                                                  \
	GATIO_CHECK_GIVEN(name_, #message_, "on(message, handler)")                                \
	GATIO_CHECK_GIVEN(name_, #handler_, "on(message, handler)")                                \
	GATIO_ASSERT(sizeof(gatio_message_##message_) > 0, "declare it with GATIO_MESSAGE");
#define GATIO_CHECK_STARTED(name_, function_)                                                      \
	GATIO_CHECK_GIVEN(name_, #function_, "started(function)")
#define GATIO_CHECK_ENDED(name_, function_) GATIO_CHECK_GIVEN(name_, #function_, "ended(function)")
#define GATIO_CHECK_OTHER(name_, handler_)  GATIO_CHECK_GIVEN(name_, #handler_, "other(handler)")
#define GATIO_CHECK_PRIORITY(name_, class_)                                                        \
	GATIO_CHECK_GIVEN(name_, #class_, "priority(class)")                                       \
	GATIO_ASSERT(GATIO_CAST(unsigned, class_ + 0) <= GATIO_BACKGROUND,                         \
	             "GATIO_BEHAVIOR(" #name_ ", ...): priority(" #class_ ") is no class; there "  \
	             "are GATIO_URGENT, GATIO_NORMAL, GATIO_BACKGROUND");                          \
	struct gatio_priority_of_##name_ { /* a second one is refused */                           \
		int once;                                                                          \
	};
#define GATIO_CHECK_BUDGET(name_, count_)                                                          \
	GATIO_CHECK_GIVEN(name_, #count_, "budget(count)")                                         \
	struct gatio_budget_of_##name_ {                                                           \
		int once;                                                                          \
	};
/* Nothing between its parentheses is a text of one character, the end. */
#define GATIO_CHECK_GIVEN(name_, text_, item_)                                                     \
	GATIO_ASSERT(sizeof(text_) > 1,                                                            \
	             "GATIO_BEHAVIOR(" #name_ ", ...): something is missing in " item_);

/* A handler is called through a function of one type for all: it checks the handler's own type. */
#define GATIO_THUNK_ON(name_, message_, handler_)                                                  \
	static void gatio_on_##name_##_##message_(void *self, const void *message) GATIO_NOEXCEPT  \
	{                                                                                          \
		GATIO_MUST_BE(handler_, void (*)(struct name_ *, const struct message_ *),         \
		              "handler " #handler_ " must be void (struct " #name_                 \
		              " *, const struct " #message_ " *)");                                \
		handler_(GATIO_CAST(struct name_ *, self),                                         \
		         GATIO_CAST(const struct message_ *, message));                            \
	}
#define GATIO_THUNK_STARTED(name_, function_)                                                      \
	static void gatio_started_##name_(void *self) GATIO_NOEXCEPT                               \
	{                                                                                          \
		GATIO_MUST_BE(function_, void (*)(struct name_ *),                                 \
		              "started function " #function_ " must be void (struct " #name_       \
		              " *)");                                                              \
		function_(GATIO_CAST(struct name_ *, self));                                       \
	}
#define GATIO_THUNK_ENDED(name_, function_)                                                        \
	static void gatio_ended_##name_(void *self, int reason) GATIO_NOEXCEPT                     \
	{                                                                                          \
		GATIO_MUST_BE(function_, void (*)(struct name_ *, int),                            \
		              "ended function " #function_ " must be void (struct " #name_         \
		              " *, int)");                                                         \
		function_(GATIO_CAST(struct name_ *, self), reason);                               \
	}
#define GATIO_THUNK_OTHER(name_, handler_)                                                         \
	static void gatio_other_##name_(void *self, const void *message) GATIO_NOEXCEPT            \
	{                                                                                          \
		GATIO_MUST_BE(handler_, void (*)(struct name_ *, const void *),                    \
		              "handler " #handler_ " must be void (struct " #name_                 \
		              " *, const void *)");                                                \
		handler_(GATIO_CAST(struct name_ *, self), message);                               \
	}
#define GATIO_THUNK_PRIORITY(name_, class_)
#define GATIO_THUNK_BUDGET(name_, count_)

#define GATIO_ENTRY_ON(name_, message_, handler_)                                                  \
	{&gatio_message_##message_, gatio_on_##name_##_##message_},
#define GATIO_ENTRY_STARTED(name_, function_)
#define GATIO_ENTRY_ENDED(name_, function_)
#define GATIO_ENTRY_OTHER(name_, handler_)
#define GATIO_ENTRY_PRIORITY(name_, class_)
#define GATIO_ENTRY_BUDGET(name_, count_)

#define GATIO_FIELD_ON(name_, message_, handler_)
#define GATIO_FIELD_STARTED(name_, function_) GATIO_SET(started, gatio_started_##name_)
#define GATIO_FIELD_ENDED(name_, function_)   GATIO_SET(ended, gatio_ended_##name_)
#define GATIO_FIELD_OTHER(name_, handler_)    GATIO_SET(other, gatio_other_##name_)
#define GATIO_FIELD_PRIORITY(name_, class_)   GATIO_SET(priority, class_)
#define GATIO_FIELD_BUDGET(name_, count_)     GATIO_SET(budget, count_)

/* ---- A behaviour --------------------------------------------------------------------------------------------------- */

/* scope: OWN or SHARED. Then the name and its items. */
#define GATIO_DEFINE(scope_, ...)                                                                  \
	GATIO_JOIN(GATIO_DEFINE_, GATIO_IS_ALONE(__VA_ARGS__))(scope_, __VA_ARGS__)
#define GATIO_DEFINE_ALONE(scope_, name_)                                                          \
	GATIO_ASSERT(0, "GATIO_BEHAVIOR(" #name_ ") says nothing about it; give it items, as in "  \
	                "GATIO_BEHAVIOR(" #name_ ", on(message, handler))");                       \
	GATIO_DECLARE_##scope_(name_)
#define GATIO_DEFINE_MANY(scope_, name_, ...)                                                      \
	GATIO_ASSERT(0, "GATIO_BEHAVIOR(" #name_ ", ...) has more than 63 items; "                 \
	                "handle some messages in other()");                                        \
	GATIO_DECLARE_##scope_(name_)
#define GATIO_DEFINE_MORE(scope_, name_, ...)                                                      \
	GATIO_ASSERT(sizeof(struct name_) < 0xffffffff, "state " #name_ " is too large");          \
	GATIO_ASSERT(GATIO_ALIGNMENT(struct name_) <= 16,                                          \
	             "state " #name_ " must not need more than 16-byte alignment");                \
	GATIO_CHECK_STRUCT("state ", name_)                                                        \
	GATIO_MAP(GATIO_CHECK, name_, __VA_ARGS__)                                                 \
	GATIO_MAP(GATIO_THUNK, name_, __VA_ARGS__)                                                 \
	static const struct gatio_handler gatio_handlers_##name_[] = {                             \
	        GATIO_MAP(GATIO_ENTRY, name_, __VA_ARGS__){NULL, NULL}};                           \
	GATIO_OBJECT_##scope_(                                                                     \
	        name_,                                                                             \
	        GATIO_SET(name, #name_) GATIO_SET(state_size, sizeof(struct name_))                \
	                GATIO_SET(handlers, gatio_handlers_##name_) GATIO_SET(                     \
	                        handler_count,                                                     \
	                        sizeof(gatio_handlers_##name_) / sizeof(struct gatio_handler) - 1) \
	                        GATIO_MAP(GATIO_FIELD, name_, __VA_ARGS__))                        \
	        __attribute__((constructor)) static void gatio_behavior_register_##name_(void)     \
	{                                                                                          \
		gatio_behavior_register(&gatio_behavior_##name_);                                  \
	}                                                                                          \
	__attribute__((destructor)) static void gatio_behavior_unregister_##name_(void)            \
	{                                                                                          \
		gatio_behavior_unregister(&gatio_behavior_##name_);                                \
	}                                                                                          \
	GATIO_ASSERT(1, "")

#endif
