// SPDX-License-Identifier: BSD-3-Clause
//
// Figures of a meeting: susurro admin meeting MEETING figures.
#include "client-cli/admin_int.h"

static const struct column track_columns[] = {
    { "language", "language", COLUMN_TEXT },
    { "listeners", "listeners", COLUMN_NUMBER },
    { "on_air", "on air", COLUMN_TEXT },
    { "on_air_s", "for s", COLUMN_NUMBER },
    { "delay_ms", "behind ms", COLUMN_NUMBER },
    { "depth", "hops", COLUMN_NUMBER },
    { "level_db", "level dB", COLUMN_NUMBER },
    { "spoken_ms", "spoken ms", COLUMN_NUMBER },
    { "needed_ms", "needed ms", COLUMN_NUMBER },
    { "uncovered_ms", "uncovered ms", COLUMN_NUMBER },
    { "interpreted_ms", "interpreted ms", COLUMN_NUMBER },
};
static const struct column person_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "air_s", "on air s", COLUMN_NUMBER },
    { "score", "sound of 100", COLUMN_NUMBER },
    { "exposure_minute_db", "ears, minute dB", COLUMN_NUMBER },
    { "exposure_session_db", "ears, all dB", COLUMN_NUMBER },
};

// A row for each of the list; a member that is not there is an empty cell.
static struct sheet *sheet_of(const struct node *list, const struct column *columns, size_t n)
{
    struct sheet *sheet = sheet_new(columns, n);
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        for (size_t i = 0; i < n; i++) {
            const struct node *cell = node_get(one, columns[i].key);
            if (columns[i].kind == COLUMN_TEXT || cell == NULL || cell->kind != NODE_NUMBER)
                sheet_text(sheet, node_text(one, columns[i].key));
            else
                sheet_number(sheet, node_integer(one, columns[i].key, 0));
        }
    return sheet;
}

int meeting_figures_show(struct call *call)
{
    struct node *answer;
    const char *words[] = { "meeting", call->words[0], "figures" };
    int status = admin_question(call->admin, words, sizeof words / sizeof *words, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *tracks = sheet_of(node_get(answer, "tracks"), track_columns,
                                    sizeof track_columns / sizeof *track_columns);
    struct sheet *people = sheet_of(node_get(answer, "people"), person_columns,
                                    sizeof person_columns / sizeof *person_columns);
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "tracks", tracks);
    admin_sheet(call->admin, "people", people);
    return admin_end(call->admin);
}
