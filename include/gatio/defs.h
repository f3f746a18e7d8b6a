/* SPDX-License-Identifier: Apache-2.0 */
/* What every public header needs: visibility, version, units of time, the macro that walks a list. */
#ifndef GATIO_DEFS_H
#define GATIO_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATIO_VERSION_MAJOR  0
#define GATIO_VERSION_MINOR  1
#define GATIO_VERSION_PATCH  0
#define GATIO_VERSION_STRING "0.1.0"

#define GATIO_API        __attribute__((visibility("default")))
#define GATIO_MUST_CHECK __attribute__((warn_unused_result))

/* Durations are nanoseconds in a uint64_t everywhere. 0 means "none" where a duration is optional. */
#define GATIO_US(count)      ((uint64_t)(count)*UINT64_C(1000))
#define GATIO_MS(count)      ((uint64_t)(count)*UINT64_C(1000000))
#define GATIO_SECONDS(count) ((uint64_t)(count)*UINT64_C(1000000000))

/*
 * GATIO_MAP(macro, context, a, b, ...) is macro(context, a) macro(context, b) ... for up to 64 items.
 * Not for users: it is how GATIO_BEHAVIOR walks its items.
 */
#define GATIO_JOIN_(a, b) a##b
#define GATIO_JOIN(a, b)  GATIO_JOIN_(a, b)
#define GATIO_COUNT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,   \
                     _18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32,    \
                     _33, _34, _35, _36, _37, _38, _39, _40, _41, _42, _43, _44, _45, _46, _47,    \
                     _48, _49, _50, _51, _52, _53, _54, _55, _56, _57, _58, _59, _60, _61, _62,    \
                     _63, _64, count, ...)                                                         \
	count
#define GATIO_COUNT(...)                                                                           \
	GATIO_COUNT_(__VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49,  \
	             48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30,   \
	             29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11,   \
	             10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define GATIO_MAP(macro, context, ...)                                                             \
	GATIO_JOIN(GATIO_MAP_, GATIO_COUNT(__VA_ARGS__))(macro, context, __VA_ARGS__)
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

#endif
