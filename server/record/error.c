// SPDX-License-Identifier: BSD-3-Clause
#include "record/record_int.h"

#include <errno.h>

static const struct {
    int error;
    const char *text;
} texts[] = {
#define X(name, value, text) { name, text },
    RECORD_ERRORS(X)
#undef X
};

const char *record_error_text(int error)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].error == error)
            return texts[i].text;
    return "";
}

int record_error_of(int error)
{
    switch (error) {
    case 0:
        return 0;
    case ENOMEM:
        return RECORD_E_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return RECORD_E_DISK_FULL;
    default:
        return RECORD_E_WRITE;
    }
}
