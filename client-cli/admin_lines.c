// SPDX-License-Identifier: BSD-3-Clause
//
// How much of each client's line is used, and why: susurro admin lines.
#include "client-cli/admin_int.h"

static const struct column line_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "session", NULL, COLUMN_NUMBER },
    { "meeting", "meeting", COLUMN_TEXT },
    { "family", "by", COLUMN_TEXT },
    { "transport", "way", COLUMN_TEXT },
    { "loss_percent", "loss %", COLUMN_NUMBER },
    { "late_percent", "late %", COLUMN_NUMBER },
    { "rtt_ms", "rtt ms", COLUMN_NUMBER },
    { "jitter_ms", "jitter ms", COLUMN_NUMBER },
    { "tier", "tier", COLUMN_TEXT },
    { "why", "why", COLUMN_TEXT },
    { "sound", "sound", COLUMN_TEXT },
    { "twice", "repair", COLUMN_FLAG },
    { "in_kbps", "in kbit/s", COLUMN_NUMBER },
    { "out_kbps", "out kbit/s", COLUMN_NUMBER },
    { "send_kbps", "in at most", COLUMN_NUMBER },
};
static const struct column rule_columns[] = { { "rule", "rule", COLUMN_TEXT } };
#define N_LINE_COLUMNS (sizeof line_columns / sizeof *line_columns)

static void put_line(struct sheet *sheet, const struct node *line)
{
    for (size_t i = 0; i < N_LINE_COLUMNS; i++) {
        const struct node *cell = node_get(line, line_columns[i].key);
        if (line_columns[i].kind == COLUMN_FLAG)
            sheet_flag(sheet, node_flag(line, line_columns[i].key), "twice");
        else if (cell == NULL || cell->kind != NODE_NUMBER)
            sheet_text(sheet, node_text(line, line_columns[i].key));
        else
            sheet_number(sheet, node_integer(line, line_columns[i].key, 0));
    }
}

int lines_list(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines" };
    int status = admin_question(call->admin, words, 1, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(line_columns, N_LINE_COLUMNS);
    const struct node *list = node_get(answer, "lines");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        put_line(sheet, one);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "lines", sheet);
    return admin_end(call->admin);
}

int lines_rules(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines", "rules" };
    int status = admin_question(call->admin, words, 2, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(rule_columns, 1);
    const struct node *list = node_get(answer, "rules");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        sheet_text(sheet, one->text);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "rules", sheet);
    return admin_end(call->admin);
}
