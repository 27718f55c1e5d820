// SPDX-License-Identifier: BSD-3-Clause
//
// What every unit test includes: cmocka with the headers that it wants first.
#ifndef SUSURRO_TEST_H
#define SUSURRO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// How often a test repeats itself: a few times beside a sanitizer, often in the release build,
// where susurro_repeated (CMakeLists.txt) has it run too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_TIMES(few, many) (few)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_TIMES(few, many) (few)
#endif
#endif
#ifndef TEST_TIMES
#define TEST_TIMES(few, many) (many)
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
