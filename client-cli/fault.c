// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <stdarg.h>

int fault_set(struct fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    return -1;
}
