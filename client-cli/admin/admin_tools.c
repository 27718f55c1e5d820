// SPDX-License-Identifier: BSD-3-Clause
//
// The speaking queue and the poll of a meeting, to be read: susurro admin meeting MEETING queue,
// … poll. What changes them is an act like any other (meeting_act).
#include "client-cli/admin/admin_int.h"

static const struct column queue_columns[] = {
    { "place", "place", COLUMN_NUMBER },
    { "name", "name", COLUMN_TEXT },
    { "turns", "turns so far", COLUMN_NUMBER },
};
static const struct column answer_columns[] = {
    { "number", "number", COLUMN_NUMBER },
    { "text", "answer", COLUMN_TEXT },
    { "count", "votes", COLUMN_NUMBER },
};

static void put_row(struct sheet *sheet, const struct node *row, const struct column *columns,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (columns[i].kind == COLUMN_NUMBER)
            sheet_number(sheet, node_integer(row, columns[i].key, 0));
        else
            sheet_text(sheet, node_text(row, columns[i].key));
}

// A list of the answer as a table, with a name in JSON.
static int show(struct call *call, const char *word, const char *list, const char *name,
                const struct column *columns, size_t n)
{
    struct node *answer;
    const char *words[] = { "meeting", call->words[0], word };
    int status = admin_question(call->admin, words, sizeof words / sizeof *words, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(columns, n);
    const struct node *rows = node_get(answer, list);
    for (const struct node *row = rows != NULL ? rows->first : NULL; row != NULL; row = row->next)
        put_row(sheet, row, columns, n);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, name, sheet);
    return admin_end(call->admin);
}

int meeting_queue_show(struct call *call)
{
    return show(call, "queue", "queue", "queue", queue_columns,
                sizeof queue_columns / sizeof *queue_columns);
}

int meeting_poll_show(struct call *call)
{
    return show(call, "poll", "answers", "answers", answer_columns,
                sizeof answer_columns / sizeof *answer_columns);
}
