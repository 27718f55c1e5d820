// SPDX-License-Identifier: BSD-3-Clause
//
// How much of each client's line is used, and why: susurro admin lines.
#include "client-cli/admin/admin_int.h"

static const struct column line_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "session", NULL, COLUMN_NUMBER },
    { "meeting", "meeting", COLUMN_TEXT },
    { "family", "by", COLUMN_TEXT },
    { "transport", "way", COLUMN_TEXT },
    { "carrier", "carrier", COLUMN_TEXT },
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
    { "in_bytes", "bytes in", COLUMN_NUMBER },
    { "out_bytes", "bytes out", COLUMN_NUMBER },
};
static const struct column data_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "in_bytes", "bytes in", COLUMN_NUMBER },
    { "out_bytes", "bytes out", COLUMN_NUMBER },
    { "voice_in_bytes", "voice in", COLUMN_NUMBER },
    { "voice_out_bytes", "voice out", COLUMN_NUMBER },
    { "control_in_bytes", "control in", COLUMN_NUMBER },
    { "control_out_bytes", "control out", COLUMN_NUMBER },
};
static const struct column rule_columns[] = { { "rule", "rule", COLUMN_TEXT } };
#define N_LINE_COLUMNS (sizeof line_columns / sizeof *line_columns)
#define N_DATA_COLUMNS (sizeof data_columns / sizeof *data_columns)

static void put_row(struct sheet *sheet, const struct node *row, const struct column *columns,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct node *cell = node_get(row, columns[i].key);
        if (columns[i].kind == COLUMN_FLAG)
            sheet_flag(sheet, node_flag(row, columns[i].key), "twice");
        else if (cell == NULL || cell->kind != NODE_NUMBER)
            sheet_text(sheet, node_text(row, columns[i].key));
        else
            sheet_number(sheet, node_integer(row, columns[i].key, 0));
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
        put_row(sheet, one, line_columns, N_LINE_COLUMNS);
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

// lines data [MONTH]: the first row is everybody's.
int lines_data(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines", "data", NULL };
    const bool has_month = call->n_words == 1;
    words[2] = has_month ? call->words[0] : NULL;
    int status = admin_question(call->admin, words, has_month ? 3 : 2, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(data_columns, N_DATA_COLUMNS);
    const struct node *list = node_get(answer, "data");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        put_row(sheet, one, data_columns, N_DATA_COLUMNS);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "data", sheet);
    return admin_end(call->admin);
}
