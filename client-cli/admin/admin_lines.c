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
    { "carrier_in", NULL, COLUMN_TEXT },
    { "loss_percent", "loss %", COLUMN_NUMBER },
    { "loss_in_percent", NULL, COLUMN_NUMBER },
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
    { "voice_in_bytes", NULL, COLUMN_NUMBER },
    { "voice_out_bytes", NULL, COLUMN_NUMBER },
    { "control_in_bytes", NULL, COLUMN_NUMBER },
    { "control_out_bytes", NULL, COLUMN_NUMBER },
};
static const struct column server_columns[] = {
    { "ceiling_kbps", "ceiling kbit/s", COLUMN_NUMBER },
    { "shared_kbps", "to all kbit/s", COLUMN_NUMBER },
    { "held", "held down by it", COLUMN_NUMBER },
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
#define N_COLUMNS(columns) (sizeof(columns) / sizeof *(columns))

int lines_list(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines" };
    int status = admin_question(call->admin, words, 1, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet =
        sheet_of_list(node_get(answer, "lines"), line_columns, N_COLUMNS(line_columns));
    const struct node *server = node_get(answer, "server"); // admins are told
    struct sheet *all =
        server != NULL ? sheet_new(server_columns, N_COLUMNS(server_columns)) : NULL;
    sheet_object(all, server);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "lines", sheet);
    admin_sheet(call->admin, "server", all);
    return admin_end(call->admin);
}

int lines_rules(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines", "rules" };
    int status = admin_question(call->admin, words, 2, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(rule_columns, N_COLUMNS(rule_columns));
    const struct node *list = node_get(answer, "rules");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        sheet_text(sheet, one->text);
    node_free(answer);
    return admin_show_sheet(call->admin, "rules", sheet);
}

// lines data [MONTH]: the first row is everybody's.
int lines_data(struct call *call)
{
    struct node *answer;
    const char *words[] = { "lines", "data", call->n_words > 0 ? call->words[0] : NULL };
    int status = admin_question(call->admin, words, 2 + call->n_words, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet =
        sheet_of_list(node_get(answer, "data"), data_columns, N_COLUMNS(data_columns));
    node_free(answer);
    return admin_show_sheet(call->admin, "data", sheet);
}
