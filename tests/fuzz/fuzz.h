// SPDX-License-Identifier: BSD-3-Clause
//
// What every fuzz target includes. A target holds more than "it does not crash": CHECK states what
// must be true of any input, such as that what was read can be written and read again.
#ifndef SUSURRO_FUZZ_H
#define SUSURRO_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(fact)                                                                                \
    do {                                                                                           \
        if (!(fact)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact);               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
