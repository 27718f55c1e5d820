// SPDX-License-Identifier: BSD-3-Clause
//
// The fields of the booth that one sits in: partner, direction, handover, relay; what comes of it.
#include "client-cli/console/console_view_int.h"

#include <stdio.h>
#include <string.h>

// Who is on air in the booth that this one listens to.
static const struct state_person *relays(const struct console *console,
                                         const struct state_booth *booth)
{
    const struct console_state *state = &console->state;
    int track = console_state_track(state, booth->incoming);
    int from = track != STATE_NONE ? state->tracks[track].booth : STATE_NONE;
    bool is_there = from != STATE_NONE && state->booths[from].on_air.is_there;
    return is_there ? &state->booths[from].on_air : NULL;
}

static void add_ways(const struct console *console, const struct state_booth *booth,
                     struct fields *out)
{
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Incoming")));
    const char *incoming = view_language(console, booth->incoming);
    const struct state_person *from = relays(console, booth);
    if (booth->depth <= 0)
        // TRANSLATORS: a language
        value_set(field, tr(console, N_("%s – the original")), incoming);
    else if (from != NULL && booth->depth == 1)
        // TRANSLATORS: a language; the interpreter whom one hears
        value_set(field, tr(console, N_("%s – relay from %s")), incoming, view_name(console, from));
    else
        // TRANSLATORS: a language; through how many booths it has come
        value_set(field, tr(console, N_("%s – relay, booths: %d")), incoming, booth->depth);
    bool is_pending = booth->pending[0] != '\0';
    field = field_add(out, is_pending ? STYLE_WARN : STYLE_PLAIN, tr(console, N_("Outgoing")));
    const char *outgoing = view_language(console, booth->outgoing);
    if (!is_pending)
        value_set(field, "%s", outgoing);
    else if (strcmp(booth->pending, "rest") == 0)
        // TRANSLATORS: a language
        value_set(field, tr(console, N_("%s, soon: rest")), outgoing);
    else
        // TRANSLATORS: the language now; the language at the next pause
        value_set(field, tr(console, N_("%s, soon: %s")), outgoing,
                  view_language(console, booth->pending));
}

static void add_partner(const struct console *console, const struct state_booth *booth,
                        struct fields *out)
{
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Partner")));
    for (size_t i = 0; i < booth->n_interpreters; i++) {
        const struct state_person *one = &booth->interpreters[i];
        if (one->session == console->state.me.session)
            continue;
        bool is_on_air = booth->on_air.is_there && booth->on_air.session == one->session;
        size_t len = strlen(field->value);
        (void)snprintf(field->value + len, sizeof field->value - len, "%s%s%s%s",
                       len > 0 ? ", " : "", is_on_air ? "● " : "", view_name(console, one),
                       is_on_air && booth->is_coughing ? tr(console, N_(" (coughs)")) : "");
    }
    if (field->value[0] == '\0') {
        value_set(field, "%s", tr(console, N_("nobody")));
        return;
    }
    size_t len = strlen(field->value);
    if (console->partner_db == CONSOLE_LEVEL_OFF_DB)
        (void)snprintf(field->value + len, sizeof field->value - len, "  %s",
                       tr(console, N_("not heard")));
    else
        (void)snprintf(field->value + len, sizeof field->value - len, "  %d dB",
                       console->partner_db);
}

static void add_handover(const struct console *console, const struct state_booth *booth,
                         struct fields *out)
{
    bool is_mine = console_state_is_on_air(&console->state);
    bool is_successor = booth->successor.session == console->state.me.session;
    struct field *field = field_add(out, booth->handover != HAND_NONE ? STYLE_WARN : STYLE_PLAIN,
                                    tr(console, N_("Handover")));
    const char *name = view_name(console, is_mine ? &booth->successor : &booth->on_air);
    if (booth->handover == HAND_NONE)
        value_set(field, "–");
    else if (booth->handover == HAND_ASKED && is_mine)
        value_set(field, "%s", tr(console, N_("you ask to be relieved")));
    else if (booth->handover == HAND_ASKED)
        // TRANSLATORS: a name
        value_set(field, tr(console, N_("h: %s asks to be relieved")), name);
    else if (booth->handover == HAND_OFFERED && is_mine)
        // TRANSLATORS: a name
        value_set(field, tr(console, N_("h: %s offers to go on")), name);
    else if (booth->handover == HAND_OFFERED)
        value_set(field, "%s",
                  is_successor ? tr(console, N_("you offer to go on"))
                               : view_name(console, &booth->successor));
    else if (is_mine)
        // TRANSLATORS: a name
        value_set(field, tr(console, N_("finish: %s begins")), name);
    else
        value_set(field, "%s", tr(console, N_("under way")));
}

static void add_relay(const struct console *console, const struct state_booth *booth,
                      struct fields *out)
{
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Relay")));
    if (strcmp(booth->relay, "auto") == 0 || booth->relay[0] == '\0')
        value_set(field, "%s", tr(console, N_("automatic")));
    else if (strcmp(booth->relay, "floor") == 0)
        value_set(field, "%s", tr(console, N_("the original, by hand")));
    else
        // TRANSLATORS: a language
        value_set(field, tr(console, N_("%s, by hand")), view_language(console, booth->relay));
}

void view_booth_results(const struct console *console, const struct state_booth *booth,
                        struct fields *out)
{
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Listeners")));
    int track = console_state_track(&console->state, booth->outgoing);
    if (track != STATE_NONE)
        value_set(field, "%u – %s", console->state.tracks[track].n_people,
                  console->state.tracks[track].name);
    else
        value_set(field, "–");
    field = field_add(out, STYLE_PLAIN, tr(console, N_("Behind")));
    if (booth->span_ms > 0)
        value_set(field, "%.1f s", booth->span_ms / 1000.0);
    else
        value_set(field, "–");
}

void view_booth_fields(const struct console *console, const struct state_booth *booth,
                       struct fields *out)
{
    add_partner(console, booth, out);
    add_ways(console, booth, out);
    add_handover(console, booth, out);
    add_relay(console, booth, out);
}
