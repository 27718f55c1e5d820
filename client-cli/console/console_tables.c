// SPDX-License-Identifier: BSD-3-Clause
//
// Tracks and booths: as one line of choices where one listens or interprets, as tables for
// moderators; the people; the keys that '?' shows.
#include "client-cli/console/console_view_int.h"

#include <stdio.h>
#include <string.h>

static enum style track_style(const struct state_track *track)
{
    return track->is_uncovered ? STYLE_BAD
           : track->depth == 0 ? STYLE_STRONG
           : track->is_covered ? STYLE_GOOD
                               : STYLE_DIM;
}

// The next of some that follow each other, in a row of its own when this one is full.
static bool put_choice(struct canvas *canvas, int *row, int *col, int last, enum style style,
                       const char *text)
{
    int width = canvas_width(canvas, text);
    if (*col > 1 && *col + width > canvas->cols - 1) {
        *row += 1;
        *col = 1;
    }
    if (*row > last)
        return false;
    *col += canvas_put(canvas, *row, *col, canvas->cols - 1 - *col, style, text) + 2;
    return true;
}

static int choose_booth(const struct console *console, struct canvas *canvas, int row, int rows)
{
    const struct console_state *state = &console->state;
    int at = row, col = 1, last = row + rows - 1;
    for (size_t i = 0; i < state->n_booths; i++) {
        char text[VALUE_BYTES];
        (void)snprintf(text, sizeof text, "%zu %s", i + 1, state->booths[i].name);
        if (!put_choice(canvas, &at, &col, last, STYLE_STRONG, text))
            return rows;
    }
    return at - row + (state->n_booths > 0 ? 1 : 0);
}

int view_choices(const struct console *console, struct canvas *canvas, int row, int rows)
{
    const struct console_state *state = &console->state;
    if (rows < 1 || !state->has_meeting)
        return 0;
    if (console->mode == CONSOLE_INTERPRET && console_state_booth(state) == NULL)
        return choose_booth(console, canvas, row, rows);
    int at = row, col = 1, last = row + rows - 1;
    for (size_t i = 0; i < state->n_tracks; i++) {
        const struct state_track *track = &state->tracks[i];
        char text[VALUE_BYTES];
        (void)snprintf(text, sizeof text, "%zu %s%s %u%s", i + 1,
                       (int)i == state->me.track ? "▶" : "", track->name, track->n_people,
                       track->is_uncovered ? " !" : "");
        if (!put_choice(canvas, &at, &col, last, track_style(track), text))
            return rows;
    }
    return at - row + (state->n_tracks > 0 ? 1 : 0);
}

// ---- moderators' tables

static void track_state(const struct console *console, const struct state_track *track,
                        char out[VALUE_BYTES])
{
    const struct state_booth *booth =
        track->booth != STATE_NONE ? &console->state.booths[track->booth] : NULL;
    const char *who =
        booth != NULL && booth->on_air.is_there ? view_name(console, &booth->on_air) : "";
    if (track->depth == 0)
        (void)snprintf(out, VALUE_BYTES, "%s", tr(console, N_("spoken now")));
    else if (track->is_uncovered || track->depth == STATE_NONE)
        (void)snprintf(out, VALUE_BYTES, "%s", tr(console, N_("not interpreted")));
    else if (who[0] == '\0')
        (void)snprintf(out, VALUE_BYTES, "%s", tr(console, N_("nobody on air")));
    else if (track->depth > 1)
        // TRANSLATORS: an interpreter's name; through how many booths; seconds
        (void)snprintf(out, VALUE_BYTES, tr(console, N_("%s, relay, booths: %d, %.1f s behind")),
                       who, track->depth, track->delay_ms / 1000.0);
    else
        // TRANSLATORS: an interpreter's name; seconds
        (void)snprintf(out, VALUE_BYTES, tr(console, N_("%s, %.1f s behind")), who,
                       track->delay_ms / 1000.0);
}

static void put_track(const struct console *console, struct canvas *canvas, int row, size_t index)
{
    const struct state_track *track = &console->state.tracks[index];
    char text[VALUE_BYTES];
    int name = canvas->cols / 4;
    enum style style = track_style(track);
    (void)canvas_put(canvas, row, 1, name - 1, style, track->name);
    (void)snprintf(text, sizeof text, "%4u", track->n_people);
    (void)canvas_put(canvas, row, 1 + name, 5, STYLE_PLAIN, text);
    track_state(console, track, text);
    (void)canvas_put(canvas, row, 7 + name, canvas->cols - 8 - name, style, text);
}

static void booth_people(const struct console *console, const struct state_booth *booth,
                         char out[VALUE_BYTES])
{
    char time[16];
    out[0] = '\0';
    if (booth->on_air.is_there) {
        view_duration(view_since(console, booth->on_air_s), time);
        (void)snprintf(out, VALUE_BYTES, "● %s %s", view_name(console, &booth->on_air), time);
    }
    for (size_t i = 0; i < booth->n_interpreters; i++) {
        const struct state_person *one = &booth->interpreters[i];
        size_t len = strlen(out);
        if (!booth->on_air.is_there || booth->on_air.session != one->session)
            (void)snprintf(out + len, VALUE_BYTES - len, "%s%s", len > 0 ? ", " : "",
                           view_name(console, one));
    }
    if (out[0] == '\0')
        (void)snprintf(out, VALUE_BYTES, "%s", tr(console, N_("nobody")));
}

static void put_booth(const struct console *console, struct canvas *canvas, int row, size_t index)
{
    const struct state_booth *booth = &console->state.booths[index];
    char text[VALUE_BYTES];
    int name = canvas->cols / 4;
    enum style style = booth->on_air.is_there ? STYLE_GOOD : STYLE_DIM;
    (void)canvas_put(canvas, row, 1, name - 1, style, booth->name);
    if (booth->is_resting)
        (void)snprintf(text, sizeof text, "%s", tr(console, N_("rests")));
    else
        (void)snprintf(text, sizeof text, "%.30s → %.30s", booth->incoming, booth->outgoing);
    (void)canvas_put(canvas, row, 1 + name, 14, style, text);
    booth_people(console, booth, text);
    (void)canvas_put(canvas, row, 16 + name, canvas->cols - 17 - name, STYLE_PLAIN, text);
}

int view_tables(const struct console *console, struct canvas *canvas, int row, int rows)
{
    const struct console_state *state = &console->state;
    int used = 0;
    for (size_t i = 0; state->has_meeting && i < state->n_tracks && used < rows; i++)
        put_track(console, canvas, row + used++, i);
    for (size_t i = 0; state->has_meeting && i < state->n_booths && used < rows; i++)
        put_booth(console, canvas, row + used++, i);
    return used;
}

// ---- people

static int first_shown(const struct console *console, int rows)
{
    int at = 0;
    for (size_t i = 0; i < console->n_people; i++)
        if (console->people[i].session == console->selected)
            at = (int)i;
    return at < rows ? 0 : at - rows + 1;
}

void view_people(const struct console *console, struct canvas *canvas, int row, int rows, int col,
                 int width)
{
    int first = first_shown(console, rows);
    for (int i = 0; i < rows && first + i < (int)console->n_people; i++) {
        const struct console_person *one = &console->people[first + i];
        bool is_selected = one->session == console->selected && one->session != 0;
        enum style style = is_selected ? STYLE_TITLE : one->is_talking ? STYLE_GOOD : STYLE_PLAIN;
        char text[2 * STATE_NAME_BYTES + 16];
        (void)snprintf(text, sizeof text, "%s%s", one->name,
                       one->is_muted        ? " ✕"
                       : one->is_self_muted ? " ·"
                                            : "");
        if (is_selected)
            canvas_fill(canvas, row + i, col, width, style, " ");
        int used = canvas_put(canvas, row + i, col, width, style, text);
        if (width - used > 6)
            (void)canvas_put_right(canvas, row + i, col + used + 2, width - used - 2,
                                   is_selected ? style : STYLE_DIM, one->place);
    }
}

// ---- the keys

size_t view_help(const struct console *console, struct canvas *canvas, int row, int rows)
{
    const struct key_row *one;
    size_t n = 0, most = 0;
    for (size_t i = 0; (one = key_row_at(i)) != NULL; i++)
        n += one->help != NULL && (one->modes & (unsigned)console->mode) != 0;
    most = n > (size_t)rows ? n - (size_t)rows : 0;
    size_t skipped = console->scroll < most ? console->scroll : most;
    int at = row - (int)skipped;
    for (size_t i = 0; (one = key_row_at(i)) != NULL; i++) {
        if (one->help == NULL || (one->modes & (unsigned)console->mode) == 0)
            continue;
        if (at >= row && at < row + rows) {
            (void)canvas_put(canvas, at, 1, 12, STYLE_STRONG, tr(console, one->shown));
            (void)canvas_put(canvas, at, 14, canvas->cols - 15, STYLE_PLAIN,
                             tr(console, one->help));
        }
        at++;
    }
    return most;
}
