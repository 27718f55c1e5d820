// SPDX-License-Identifier: BSD-3-Clause
//
// Memory that runs out on demand: while n_left is not negative, so many allocations still succeed
// and all after them fail. For a test of its own program, linked by susurro_scarce_memory(), which
// sends the calls of the libraries under test here (--wrap). Include it once.
#ifndef SUSURRO_SCARCE_MEMORY_H
#define SUSURRO_SCARCE_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);

static long n_left = -1; // allocations that still succeed; -1: all

static bool has_memory(void)
{
    if (n_left == 0)
        return false;
    n_left -= n_left > 0;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return has_memory() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return has_memory() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return has_memory() ? __real_realloc(old, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return has_memory() ? __real_strdup(text) : NULL;
}

char *__wrap_strndup(const char *text, size_t n)
{
    return has_memory() ? __real_strndup(text, n) : NULL;
}

#endif
