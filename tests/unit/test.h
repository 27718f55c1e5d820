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

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
