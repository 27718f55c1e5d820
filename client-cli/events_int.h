// SPDX-License-Identifier: BSD-3-Clause
//
// What the printers of events share.
#ifndef SUSURRO_CLIENT_EVENTS_INT_H
#define SUSURRO_CLIENT_EVENTS_INT_H

#include "client-cli/cli.h"

// A JSON object with its name and time; ended by json_end.
void events_begin(const struct events *events, struct json *json, const char *name);
// A readable line with its time.
void events_begin_line(const struct events *events);
void events_end_line(const struct events *events);
const char *events_name_of(const struct events *events, uint32_t session);
void events_print_name_and(const struct events *events, const char *name, const char *text);
void text_print_clean(FILE *out, const char *text, bool is_html);
// HTML as plain text of some lines ('\n'), and plain text as HTML. The caller frees it; NULL: out
// of memory.
char *text_plain(const char *html);
char *text_html(const char *plain);

#endif
