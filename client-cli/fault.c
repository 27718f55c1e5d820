// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <stdarg.h>

const char *cli_text(const char *english)
{
    return i18n_text(i18n_of_environment(), english);
}

int fault_set(struct fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fault->text, sizeof fault->text, cli_text(format), args);
    va_end(args);
    return -1;
}
