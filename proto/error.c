// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"

const char *proto_error_text(int error)
{
    switch (error) {
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        PROTO_ERRORS(X)
#undef X
    default:
        return "unknown error";
    }
}
