/* SPDX-License-Identifier: Apache-2.0 */
/* What the public macros need, in the words of C 11 and later. cpp.h says the same in C++. Not for users. */
#ifndef GATIO_C_H
#define GATIO_C_H

#define GATIO_C_BEGIN
#define GATIO_C_END
#define GATIO_NOEXCEPT
#define GATIO_ASSERT(condition_, text_) _Static_assert(condition_, text_)
#define GATIO_ALIGNMENT(type_)          _Alignof(type_)
#define GATIO_CAST(type_, value_)       ((type_)(value_))

/* struct NAME_ with these fields, and its address: both live as long as the expression around them. */
#define GATIO_VALUE(name_, ...) (__extension__(struct name_){__VA_ARGS__})
#define GATIO_LEND(name_, ...)  (__extension__ & (struct name_){__VA_ARGS__})

/* A function of exactly this type? */
#define GATIO_MUST_BE(function_, type_, text_)                                                     \
	_Static_assert(_Generic(&function_, type_ : 1, default : 0), text_)

#define GATIO_CHECK_STRUCT(what_, name_)

/* A behaviour that only its file knows, or all. GATIO_SET(field, value) stands in their initialiser. */
#define GATIO_DECLARE_OWN(name_)    static struct gatio_behavior gatio_behavior_##name_
#define GATIO_DECLARE_SHARED(name_) extern struct gatio_behavior gatio_behavior_##name_
#define GATIO_OBJECT_OWN(name_, ...)                                                               \
	static struct gatio_behavior gatio_behavior_##name_ = {__VA_ARGS__};
#define GATIO_OBJECT_SHARED(name_, ...)                                                            \
	GATIO_DECLARE_SHARED(name_);                                                               \
	struct gatio_behavior gatio_behavior_##name_ = {__VA_ARGS__};
#define GATIO_SET(field_, value_) .field_ = (value_),

#endif
