// SPDX-License-Identifier: BSD-3-Clause
//
// Figures of a meeting: susurro admin meeting MEETING figures.
#include "client-cli/admin/admin_int.h"

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
    { "advice", "advice", COLUMN_TEXT },
    { "bandwidth_hz", NULL, COLUMN_NUMBER },
    { "snr_db", NULL, COLUMN_NUMBER },
    { "clipped_percent", NULL, COLUMN_NUMBER },
    { "lost_percent", NULL, COLUMN_NUMBER },
    { "level_lufs", NULL, COLUMN_NUMBER },
    { "exposure_minute_db", "ears, minute dB", COLUMN_NUMBER },
    { "exposure_session_db", "ears, all dB", COLUMN_NUMBER },
};

static const struct column booth_columns[] = {
    { "name", "booth", COLUMN_TEXT },
    { "span_ms", "behind ms", COLUMN_NUMBER },
    { "spans", NULL, COLUMN_NUMBER },
    { "handovers", "handovers", COLUMN_NUMBER },
    { "vanished", "lost lines", COLUMN_NUMBER },
};
static const struct column mixer_columns[] = {
    { "thread", "mixer thread", COLUMN_NUMBER },
    { "encoders", "encoders", COLUMN_NUMBER },
    { "core_percent", "core %", COLUMN_NUMBER },
    { "tick_worst_us", "worst tick us", COLUMN_NUMBER },
    { "ticks_late", "ticks late", COLUMN_NUMBER },
};
static const struct column guard_columns[] = {
    { "guard_trips", "howls and tones kept from booths", COLUMN_NUMBER },
};

#define N_COLUMNS(columns) (sizeof(columns) / sizeof *(columns))

int meeting_figures_show(struct call *call)
{
    struct node *answer;
    const char *words[] = { "meeting", call->words[0], "figures" };
    int status = admin_question(call->admin, words, sizeof words / sizeof *words, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *tracks =
        sheet_of_list(node_get(answer, "tracks"), track_columns, N_COLUMNS(track_columns));
    struct sheet *people =
        sheet_of_list(node_get(answer, "people"), person_columns, N_COLUMNS(person_columns));
    struct sheet *booths =
        sheet_of_list(node_get(answer, "booths"), booth_columns, N_COLUMNS(booth_columns));
    struct sheet *guard = sheet_new(guard_columns, N_COLUMNS(guard_columns));
    sheet_object(guard, answer);
    struct sheet *mixer = sheet_new(mixer_columns, N_COLUMNS(mixer_columns));
    if (node_get(answer, "mixer") != NULL) // an older server does not tell
        sheet_object(mixer, node_get(answer, "mixer"));
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "tracks", tracks);
    admin_sheet(call->admin, "booths", booths);
    admin_sheet(call->admin, "people", people);
    admin_sheet(call->admin, "mixer", mixer);
    admin_facts(call->admin, guard);
    return admin_end(call->admin);
}
