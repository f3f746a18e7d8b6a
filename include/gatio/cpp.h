/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public macros in C++ 17 and later. Included by the other headers; a program writes what it writes in C:
 *
 *     GATIO_MESSAGE(greeting, { uint64_t number; });
 *     struct host { uint64_t count; };
 *     static void on_greeting(struct host *self, const struct greeting *greeting) { ... }
 *     GATIO_BEHAVIOR(host, on(greeting, on_greeting));
 *
 * What differs:
 *
 * - Messages and states are copied as bytes: they must be trivially copyable, which the compiler checks. What has a
 *   destructor, like a std::string, an actor keeps behind a pointer that ended() deletes.
 * - Fields are given by position, gatio_send(to, greeting, 5), or, from C++ 20 on, by name as in C.
 * - An exception must not leave a handler: std::terminate() is called.
 * - Handlers may be noexcept, in namespaces, static members, but not lambdas: a macro needs their name.
 * - Names of messages and behaviours are plain words for the macros: use them inside their namespace, or after `using
 *   namespace`. A message's name is taken for the whole program all the same.
 */
#ifndef GATIO_CPP_H
#define GATIO_CPP_H

#if __cplusplus < 201703L
#	error "gatio needs C++ 17 or later (-std=c++17)"
#endif

/* Fields that are left out are zero, as in C: no warning of each. For g++ this says so, for clang++ GATIO_QUIETLY(). */
#pragma GCC system_header

#include <type_traits>

extern "C++" { /* whoever includes this from within extern "C" */
namespace gatio_detail
{

/* `struct name` as one word, so that it can be followed by braces. */
template <class type> using the = type;

/* The address of a value that lives until the end of the expression around it. */
template <class type> constexpr const type *lend(const type &value) noexcept
{
	return &value;
}

/* Is it a function of this type, noexcept or not? */
template <class function, class wanted>
constexpr bool is_function = std::is_convertible<function, wanted>::value;

} // namespace gatio_detail
}

/* The headers have structs and functions of one name: gatio_asker(). */
#define GATIO_C_BEGIN                                                                              \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"") extern "C"   \
	{
#define GATIO_C_END                                                                                \
	}                                                                                          \
	_Pragma("GCC diagnostic pop")
#define GATIO_NOEXCEPT                  noexcept
#define GATIO_ASSERT(condition_, text_) static_assert(condition_, text_)
#define GATIO_ALIGNMENT(type_)          alignof(type_)
#define GATIO_CAST(type_, value_)       static_cast<type_>(value_)

#ifdef __clang__
#	define GATIO_QUIETLY(...)                                                                 \
		_Pragma("clang diagnostic push")                                                   \
		        _Pragma("clang diagnostic ignored \"-Wmissing-field-initializers\"")       \
		                __VA_ARGS__ _Pragma("clang diagnostic pop")
#else
#	define GATIO_QUIETLY(...) __VA_ARGS__
#endif

#define GATIO_VALUE(name_, ...)                                                                    \
	GATIO_QUIETLY((__extension__ gatio_detail::the<struct name_>{__VA_ARGS__}))
#define GATIO_LEND(name_, ...)                                                                     \
	GATIO_QUIETLY(                                                                             \
	        gatio_detail::lend(__extension__ gatio_detail::the<struct name_>{__VA_ARGS__}))

#define GATIO_MUST_BE(function_, type_, text_)                                                     \
	static_assert(gatio_detail::is_function<decltype(&function_), type_>, text_)

#define GATIO_CHECK_STRUCT(what_, name_)                                                           \
	static_assert(std::is_trivially_copyable<struct name_>::value,                             \
	              what_ #name_ " must be trivially copyable: it is copied as bytes");

#define GATIO_DECLARE_OWN(name_)                                                                   \
	namespace                                                                                  \
	{                                                                                          \
	extern struct gatio_behavior gatio_behavior_##name_;                                       \
	}                                                                                          \
	static_assert(true, "")
#define GATIO_DECLARE_SHARED(name_) extern struct gatio_behavior gatio_behavior_##name_
#define GATIO_OBJECT_OWN(name_, ...)                                                               \
	namespace                                                                                  \
	{                                                                                          \
	struct gatio_behavior gatio_behavior_##name_ = GATIO_OBJECT(__VA_ARGS__);                  \
	}
#define GATIO_OBJECT_SHARED(name_, ...)                                                            \
	GATIO_DECLARE_SHARED(name_);                                                               \
	struct gatio_behavior gatio_behavior_##name_ = GATIO_OBJECT(__VA_ARGS__);

/* A constant: the behaviour is registered before what has to be computed at the start. */
#define GATIO_OBJECT(...)                                                                          \
	[]() constexpr                                                                             \
	{                                                                                          \
		struct gatio_behavior behavior = {};                                               \
		__VA_ARGS__ return behavior;                                                       \
	}                                                                                          \
	()
#define GATIO_SET(field_, value_) behavior.field_ = (value_);

#endif
