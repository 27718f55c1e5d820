// SPDX-License-Identifier: BSD-3-Clause
//
// What a console reads of a server: a state as JSON. Whatever is taken has only indexes that are
// there, and texts in UTF-8 that end; it can be drawn, and every key pressed.
#include "base/base.h"
#include "client-cli/console/console.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct console console;

static void check_text(const char *text, size_t cap)
{
    CHECK(strnlen(text, cap) < cap);
    CHECK(str_is_utf8(text));
}

static void check_state(const struct console_state *state)
{
    CHECK(state->n_tracks <= STATE_TRACKS_MAX && state->n_booths <= STATE_BOOTHS_MAX);
    CHECK(state->n_queue <= STATE_QUEUE_MAX && state->poll.n_answers <= STATE_ANSWERS_MAX);
    CHECK(state->me.track == STATE_NONE ||
          (state->me.track >= 0 && (size_t)state->me.track < state->n_tracks));
    CHECK(state->me.booth == STATE_NONE ||
          (state->me.booth >= 0 && (size_t)state->me.booth < state->n_booths));
    check_text(state->meeting, sizeof state->meeting);
    check_text(state->floor.name, sizeof state->floor.name);
    for (size_t i = 0; i < state->n_tracks; i++) {
        int booth = state->tracks[i].booth;
        CHECK(booth == STATE_NONE || (booth >= 0 && (size_t)booth < state->n_booths));
        check_text(state->tracks[i].name, sizeof state->tracks[i].name);
    }
    for (size_t i = 0; i < state->n_booths; i++) {
        CHECK(state->booths[i].n_languages <= 3);
        CHECK(state->booths[i].n_interpreters <= STATE_INTERPRETERS_MAX);
        check_text(state->booths[i].name, sizeof state->booths[i].name);
        check_text(state->booths[i].outgoing, sizeof state->booths[i].outgoing);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum console_mode modes[] = { CONSOLE_INTERPRET, CONSOLE_LISTEN,
                                               CONSOLE_MODERATE };
    const struct key_row *row;
    for (size_t m = 0; m < 3; m++) {
        struct canvas canvas;
        console_init(&console, modes[m], "es");
        console.has_state = console_state_parse((const char *)data, size, &console.state);
        if (!console.has_state)
            return 0;
        check_state(&console.state);
        console.is_ascii = true; // widths of other characters are the locale's
        for (size_t i = 0; (row = key_row_at(i)) != NULL; i++) {
            struct effect effect = console_key(&console, row->key, 1);
            CHECK(strlen(effect.text) <= CONSOLE_INPUT_MAX_BYTES);
            console.is_writing = false;
        }
        CHECK(canvas_init(&canvas, 24, 80, true));
        (void)view_draw(&console, &canvas);
        canvas_clear(&canvas);
        console_clear(&console);
    }
    return 0;
}
