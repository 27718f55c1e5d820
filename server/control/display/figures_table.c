// SPDX-License-Identifier: BSD-3-Clause
//
// Figures of a meeting as a table for a chat, in the reader's language.
#include "control/display/display_int.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_BYTES_MAX 65536u

struct sheet {
    const struct server *server;
    const struct meeting_info *meeting;
    struct meeting_run *run;
    const char *language;
    struct buffer html;
    bool has_failed;
};

static void put_raw(struct sheet *sheet, const char *html)
{
    sheet->has_failed |= !buffer_add(&sheet->html, html, strlen(html));
}

static void put_escaped(struct sheet *sheet, const char *plain)
{
    char *html = html_escape(plain);
    sheet->has_failed |= html == NULL;
    if (html != NULL)
        put_raw(sheet, html);
    free(html);
}

static void put_phrase(struct sheet *sheet, enum phrase phrase, const char *argument)
{
    char *escaped = html_escape(argument);
    const char *arguments[] = { escaped };
    char *text = escaped != NULL ? phrase_fill(phrase, sheet->language, arguments) : NULL;
    sheet->has_failed |= text == NULL;
    if (text != NULL)
        put_raw(sheet, text);
    free(text);
    free(escaped);
}

static void put_cell(struct sheet *sheet, const char *plain)
{
    put_raw(sheet, "<td>");
    put_escaped(sheet, plain);
    put_raw(sheet, "</td>");
}

static void put_heads(struct sheet *sheet, const enum phrase *phrases, size_t n)
{
    put_raw(sheet, "<table cellpadding=\"3\"><tr>");
    for (size_t i = 0; i < n; i++) {
        put_raw(sheet, "<th>");
        put_raw(sheet, phrase_text(phrases[i], sheet->language));
        put_raw(sheet, "</th>");
    }
    put_raw(sheet, "</tr>");
}

static void put_on_air(struct sheet *sheet, const struct track_state *track)
{
    const struct booth_state *booth =
        track->booth < sheet->meeting->n_booths ? &sheet->run->state.booths[track->booth] : NULL;
    const char *name = booth != NULL ? figures_name(sheet->server, booth->on_air) : NULL;
    char text[640];
    if (track->depth == 0) {
        put_cell(sheet, phrase_text(PHRASE_FIGURES_ORIGINAL, sheet->language));
    } else if (name == NULL) {
        put_cell(sheet, phrase_text(PHRASE_FIGURES_NOBODY, sheet->language));
    } else {
        uint64_t seconds = figures_on_air_s(sheet->server, booth);
        snprintf(text, sizeof(text), "%s, %llu:%02u", name, (unsigned long long)(seconds / 60),
                 (unsigned)(seconds % 60));
        put_cell(sheet, text);
    }
}

static void put_track(struct sheet *sheet, uint8_t index, float level_db)
{
    const struct track_state *track = &sheet->run->state.tracks[index];
    char text[32];
    put_raw(sheet, "<tr>");
    put_cell(sheet, lang_own_name(sheet->meeting->tracks[index].lang));
    snprintf(text, sizeof(text), "%u", track->n_people);
    put_cell(sheet, text);
    put_on_air(sheet, track);
    snprintf(text, sizeof(text), "%u.%u s", track->delay_ms / 1000, track->delay_ms / 100 % 10);
    put_cell(sheet, track->delay_ms > 0 ? text : "–");
    snprintf(text, sizeof(text), "%u", track->depth);
    put_cell(sheet, track->depth != TRACKS_NO_LANG ? text : "–");
    snprintf(text, sizeof(text), "%.0f dB", (double)level_db);
    put_cell(sheet, level_db > MIXER_GATE_DB ? text : "–");
    put_raw(sheet, "</tr>");
}

static void put_air(struct sheet *sheet, const struct figures *figures)
{
    bool has_head = false;
    for (size_t i = 0; i < figures->n_people; i++) {
        const struct person_figures *person = &figures->people[i];
        const char *name = figures_name(sheet->server, person->session);
        uint64_t seconds = figures_air_s(sheet->server, person);
        char text[640];
        if (name == NULL || (seconds == 0 && person->air_since_us == 0))
            continue;
        if (!has_head)
            put_phrase(sheet, PHRASE_FIGURES_AIR, "");
        snprintf(text, sizeof(text), "%s %s %llu:%02u", has_head ? ";" : ":", name,
                 (unsigned long long)(seconds / 60), (unsigned)(seconds % 60));
        put_escaped(sheet, text);
        has_head = true;
    }
    put_raw(sheet, has_head ? "<br/>" : "");
}

static void put_ears(struct sheet *sheet, const struct figures *figures)
{
    bool has_head = false;
    for (size_t i = 0; i < figures->n_people; i++) {
        const struct person_figures *person = &figures->people[i];
        const char *name = figures_name(sheet->server, person->session);
        char text[640];
        if (!person->has_exposure || name == NULL)
            continue;
        if (!has_head)
            put_phrase(sheet, PHRASE_FIGURES_EARS, "");
        snprintf(text, sizeof(text), "%s %s %.0f, %.0f", has_head ? ";" : ":", name,
                 (double)person->leq_minute_db, (double)person->leq_session_db);
        put_escaped(sheet, text);
        has_head = true;
    }
    put_raw(sheet, has_head ? "<br/>" : "");
}

static const enum phrase hints[ADVICES] = {
    [ADVICE_NONE] = PHRASES,
    [ADVICE_HEADSET] = PHRASE_FIGURES_HEADSET,
    [ADVICE_NOISE] = PHRASE_FIGURES_NOISE,
    [ADVICE_CLIPPING] = PHRASE_FIGURES_CLIPPING,
    [ADVICE_LOUDER] = PHRASE_FIGURES_LOUDER,
    [ADVICE_LINE] = PHRASE_FIGURES_LINE,
};

static void put_speakers(struct sheet *sheet, const struct figures *figures)
{
    bool has_head = false;
    for (size_t i = 0; i < figures->n_people; i++) {
        const struct person_figures *person = &figures->people[i];
        const char *name = figures_name(sheet->server, person->session);
        char text[640];
        if (!person->has_quality || name == NULL)
            continue;
        if (!has_head)
            put_phrase(sheet, PHRASE_FIGURES_SPEAKERS, "");
        enum phrase hint =
            person->quality.advice < ADVICES ? hints[person->quality.advice] : PHRASES;
        snprintf(text, sizeof(text), "%s %s %u", has_head ? ";" : ":", name, person->quality.score);
        put_escaped(sheet, text);
        if (hint != PHRASES) {
            snprintf(text, sizeof(text), " (%s)", phrase_text(hint, sheet->language));
            put_escaped(sheet, text);
        }
        has_head = true;
    }
    put_raw(sheet, has_head ? "<br/>" : "");
}

void figures_table(struct conn *conn, const struct meeting_info *meeting, struct meeting_run *run,
                   const struct mixer_event_figures *event)
{
    static const enum phrase heads[] = { PHRASE_FIGURES_LANGUAGE, PHRASE_FIGURES_LISTENERS,
                                         PHRASE_FIGURES_ON_AIR,   PHRASE_FIGURES_SPAN,
                                         PHRASE_FIGURES_DEPTH,    PHRASE_FIGURES_LEVEL };
    const struct figures *figures = run->figures;
    struct sheet sheet = {
        .server = conn->server, .meeting = meeting, .run = run, .language = reader_language(conn)
    };
    char trips[16];
    buffer_init(&sheet.html, TABLE_BYTES_MAX);
    put_raw(&sheet, "<b>");
    put_phrase(&sheet, PHRASE_FIGURES, meeting->name);
    put_raw(&sheet, "</b>");
    put_heads(&sheet, heads, sizeof(heads) / sizeof(heads[0]));
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        put_track(&sheet, i, event->track_db[i]);
    put_raw(&sheet, "</table>");
    if (figures != NULL) {
        put_air(&sheet, figures);
        put_ears(&sheet, figures);
        put_speakers(&sheet, figures);
    }
    snprintf(trips, sizeof(trips), "%u", event->n_guard_trips);
    put_phrase(&sheet, PHRASE_FIGURES_GUARDS, trips);
    if (!sheet.has_failed && buffer_add(&sheet.html, "", 1))
        send_text(conn, (const char *)sheet.html.data);
    buffer_clear(&sheet.html);
}
