// SPDX-License-Identifier: BSD-3-Clause
// What config_load warned of, kept for a test to look at: give keep_line and a struct lines.
#ifndef SUSURRO_CONFIG_LINES_H
#define SUSURRO_CONFIG_LINES_H

#include "base/config.h"

#include <stdio.h>

#include "test.h"

struct lines {
    size_t n;
    char text[8][CONFIG_ERROR_BYTES];
};

static void keep_line(void *context, const char *line)
{
    struct lines *lines = context;
    assert_true(lines->n < ARRAY_LEN(lines->text));
    (void)snprintf(lines->text[lines->n++], CONFIG_ERROR_BYTES, "%s", line);
}

#endif
