// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz.h"
#include "proto/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    uint64_t copy = 0;
    uint8_t out[VARINT_MAX_BYTES];
    int n = varint_read((struct span){ data, size }, &value);
    if (n < 0) {
        CHECK(n == PROTO_E_SHORT || n == PROTO_E_MALFORMED);
        return 0;
    }
    CHECK(n > 0 && (size_t)n <= size);
    size_t n_written = varint_write(value, out);
    CHECK(n_written > 0 && n_written <= (size_t)n); // never longer than what was read
    CHECK(varint_read((struct span){ out, n_written }, &copy) == (int)n_written);
    CHECK(copy == value);
    return 0;
}
