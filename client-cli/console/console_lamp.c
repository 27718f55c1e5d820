// SPDX-License-Identifier: BSD-3-Clause
//
// The lamp: the row that tells at a glance whether one is heard.
#include "client-cli/console/console_view_int.h"

struct lamp {
    enum style style;
    struct field text, right;
};

static void direction(const struct console *console, const struct state_booth *booth,
                      struct lamp *lamp)
{
    if (booth->is_resting)
        value_set(&lamp->right, "%s", tr(console, N_("the booth rests: it is not needed now")));
    else
        value_set(&lamp->right, "%s → %s", view_language(console, booth->incoming),
                  view_language(console, booth->outgoing));
}

static void lamp_of_booth(const struct console *console, const struct state_booth *booth,
                          struct lamp *lamp)
{
    char time[16];
    view_duration(view_since(console, booth->on_air_s), time);
    bool is_successor = booth->successor.is_there && booth->handover == HAND_BOTH &&
                        booth->successor.session == console->state.me.session;
    direction(console, booth, lamp);
    if (console_state_is_on_air(&console->state)) {
        lamp->style = STYLE_AIR;
        // TRANSLATORS: %s is how long, as 05:12
        value_set(&lamp->text, tr(console, N_("● ON AIR  %s")), time);
    } else if (is_successor) {
        lamp->style = STYLE_AIR;
        value_set(&lamp->text, "%s", tr(console, N_("● ON AIR  begin: your partner finishes")));
    } else if (booth->on_air.is_there) {
        lamp->style = STYLE_STRONG;
        // TRANSLATORS: a name; how long, as 05:12
        value_set(&lamp->text, tr(console, N_("○ off air – %s is on air, %s")),
                  view_name(console, &booth->on_air), time);
    } else {
        lamp->style = STYLE_STRONG;
        value_set(&lamp->text, "%s", tr(console, N_("○ off air – nobody interprets: a")));
    }
}

static void lamp_of_listener(const struct console *console, struct lamp *lamp)
{
    const struct console_state *state = &console->state;
    lamp->style = STYLE_STRONG;
    if (state->me.track != STATE_NONE)
        // TRANSLATORS: a language
        value_set(&lamp->text, tr(console, N_("You hear: %s")),
                  state->tracks[state->me.track].name);
    else if (state->me.place == PLACE_FLOOR)
        value_set(&lamp->text, "%s", tr(console, N_("You hear the original voices")));
    else if (state->me.place == PLACE_BOOTH)
        value_set(&lamp->text, "%s", tr(console, N_("You sit in a booth")));
}

static void lamp_of_nobody(const struct console *console, struct lamp *lamp)
{
    lamp->style = STYLE_WARN;
    if (!console->has_state)
        value_set(&lamp->text, "%s",
                  tr(console, N_("The server has not told anything of a meeting yet")));
    else if (!console->state.has_meeting)
        value_set(&lamp->text, "%s", tr(console, N_("You are in no meeting")));
    else
        value_set(&lamp->text, "%s", tr(console, N_("Choose your booth by its number")));
}

static void silenced(const struct console *console, struct lamp *lamp)
{
    if (console->is_denied_voice) {
        lamp->style = STYLE_WARN;
        value_set(&lamp->text, "%s", tr(console, N_("You are muted by the moderators")));
    }
    if (console->is_coughing) {
        lamp->style = STYLE_COUGH;
        value_set(&lamp->text, "%s", tr(console, N_("COUGH – nobody hears you")));
    }
}

void view_lamp(const struct console *console, struct canvas *canvas, int row)
{
    struct lamp lamp = { .style = STYLE_STRONG };
    const struct state_booth *booth = console_state_booth(&console->state);
    if (!console->state.has_meeting || (console->mode == CONSOLE_INTERPRET && booth == NULL))
        lamp_of_nobody(console, &lamp);
    else if (console->mode == CONSOLE_INTERPRET)
        lamp_of_booth(console, booth, &lamp);
    else
        lamp_of_listener(console, &lamp);
    silenced(console, &lamp);
    if (console->is_leaving)
        value_set(&lamp.text, "%s",
                  tr(console, N_("You are on air: q again to leave, Esc to stay")));
    if (lamp.style == STYLE_AIR || lamp.style == STYLE_COUGH)
        canvas_fill(canvas, row, 0, canvas->cols, lamp.style, " ");
    int used = canvas_put(canvas, row, 1, canvas->cols - 2, lamp.style, lamp.text.value);
    int left = canvas->cols - used - 4;
    if (left >= 8)
        (void)canvas_put_right(canvas, row, used + 3, left, lamp.style, lamp.right.value);
}
