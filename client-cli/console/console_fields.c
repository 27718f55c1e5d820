// SPDX-License-Identifier: BSD-3-Clause
//
// The fields above the chat, the most important first: where there is no room, the last are left
// out.
#include "client-cli/console/console_view_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void value_set(struct field *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(field->value, sizeof field->value, format, args);
    va_end(args);
}

struct field *field_add(struct fields *fields, enum style style, const char *label)
{
    struct field *field = &fields->list[fields->n < FIELDS_MAX ? fields->n++ : FIELDS_MAX - 1];
    *field = (struct field){ .label = label, .style = style };
    return field;
}

const char *view_language(const struct console *console, const char *tag)
{
    int track = console_state_track(&console->state, tag);
    return track != STATE_NONE ? console->state.tracks[track].name : tag;
}

const char *view_name(const struct console *console, const struct state_person *person)
{
    return person->name[0] != '\0' ? person->name : tr(console, N_("somebody"));
}

void view_duration(uint32_t seconds, char out[16])
{
    if (seconds >= 3600)
        (void)snprintf(out, 16, "%u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
    else
        (void)snprintf(out, 16, "%02u:%02u", seconds / 60, seconds % 60);
}

uint32_t view_since(const struct console *console, uint32_t seconds)
{
    uint64_t passed_us =
        console->now_us > console->state_at_us ? console->now_us - console->state_at_us : 0;
    return seconds + (uint32_t)(passed_us / 1000000);
}

// ---- shared

static void add_floor(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    const char *language = view_language(console, state->floor_language);
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Floor")));
    if (!state->floor.is_there)
        // TRANSLATORS: a language
        value_set(field, tr(console, N_("nobody – %s")), language);
    else if (state->is_floor_given)
        // TRANSLATORS: a name; a language
        value_set(field, tr(console, N_("%s – %s, by the queue")), state->floor.name, language);
    else
        value_set(field, "%s – %s", state->floor.name, language);
}

static void add_speaker(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    if (!state->speaker.is_there)
        return;
    char time[16], limit[16];
    uint32_t now_s = state->is_speaking ? view_since(console, state->speaker_s) : state->speaker_s;
    view_duration(now_s, time);
    view_duration(state->speaker_limit_s, limit);
    bool is_over = state->speaker_limit_s != 0 && now_s > state->speaker_limit_s;
    struct field *field =
        field_add(out, is_over ? STYLE_WARN : STYLE_PLAIN, tr(console, N_("Speaks")));
    const char *name = view_name(console, &state->speaker);
    if (state->speaker_limit_s != 0)
        // TRANSLATORS: a name; how long, as 05:12; of how long
        value_set(field, tr(console, N_("%s %s of %s")), name, time, limit);
    else
        value_set(field, "%s %s", name, time);
}

// What the booths ask of who speaks; the server tells it to those whom it concerns.
static void add_signal(const struct console *console, struct fields *out)
{
    static const char *const texts[] = {
        [SIGNAL_SLOWER] = N_("please more slowly"),
        [SIGNAL_LOUD] = N_("please louder"),
        [SIGNAL_AGAIN] = N_("please repeat"),
        [SIGNAL_IMPOSSIBLE] = N_("cannot be interpreted"),
    };
    enum state_signal kind = console->state.me.signal;
    if (kind == SIGNAL_NOTHING)
        return;
    value_set(field_add(out, STYLE_WARN, tr(console, N_("Booths ask"))), "%s",
              tr(console, texts[kind]));
}

static void add_groups(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    if (state->n_groups == 0)
        return;
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Groups")));
    for (size_t i = 0; i < state->n_groups; i++) {
        size_t len = strlen(field->value);
        (void)snprintf(field->value + len, sizeof field->value - len, "%s%s", i > 0 ? ", " : "",
                       state->groups[i]);
    }
}

static void add_queue(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Queue")));
    value_set(field, "%s", state->n_queue == 0 ? tr(console, N_("nobody")) : "");
    for (size_t i = 0; i < state->n_queue; i++) {
        size_t len = strlen(field->value);
        (void)snprintf(field->value + len, sizeof field->value - len, "%s%zu %s", i > 0 ? "  " : "",
                       i + 1, view_name(console, &state->queue[i]));
        if (state->queue[i].session != 0 && state->queue[i].session == state->me.session)
            field->style = STYLE_STRONG;
    }
}

static void add_poll(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    if (!state->poll.is_there)
        return;
    struct field *field =
        field_add(out, state->poll.is_open ? STYLE_STRONG : STYLE_PLAIN, tr(console, N_("Poll")));
    value_set(field, "%s", state->poll.question);
    for (size_t i = 0; i < state->poll.n_answers; i++) {
        size_t len = strlen(field->value);
        (void)snprintf(field->value + len, sizeof field->value - len, "  %zu %s", i + 1,
                       state->poll.answers[i].text);
        len = strlen(field->value);
        if (state->poll.answers[i].has_count)
            (void)snprintf(field->value + len, sizeof field->value - len, ": %u",
                           state->poll.answers[i].count);
    }
}

static void add_voice(const struct console *console, struct fields *out)
{
    if (!console->has_voice) {
        value_set(field_add(out, STYLE_WARN, tr(console, N_("Your voice"))), "%s",
                  tr(console, N_("no microphone")));
        return;
    }
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Your voice")));
    field->is_bar = true;
    field->level_db = console->voice_db;
    if (console->is_muted) {
        field->style = STYLE_WARN;
        value_set(field, "%s", tr(console, N_("off: m")));
    }
}

static void add_ears(const struct console *console, struct fields *out)
{
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("You hear")));
    field->is_bar = console->has_ears;
    field->level_db = console->ears_db;
    if (!console->has_ears) {
        field->style = STYLE_WARN;
        value_set(field, "%s", tr(console, N_("no sound device")));
    }
    field = field_add(out, STYLE_PLAIN, tr(console, N_("Volume")));
    // TRANSLATORS: volume in dB; the tone, from -4 (more bass) to +4 (less)
    value_set(field, tr(console, N_("%+d dB, tone %+d")), console->volume_db, console->tone);
}

// ---- each console

static void fields_interpret(const struct console *console, struct fields *out)
{
    const struct state_booth *booth = console_state_booth(&console->state);
    add_floor(console, out);
    if (booth != NULL)
        view_booth_fields(console, booth, out);
    add_voice(console, out);
    add_ears(console, out);
    if (booth != NULL)
        view_booth_results(console, booth, out);
    add_signal(console, out);
    add_speaker(console, out);
}

static void add_interpreter(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    if (state->me.track == STATE_NONE)
        return;
    const struct state_track *track = &state->tracks[state->me.track];
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Interpreter")));
    if (track->depth == 0) {
        value_set(field, "%s", tr(console, N_("not needed: spoken now")));
    } else if (track->booth == STATE_NONE || !state->booths[track->booth].on_air.is_there) {
        field->style = track->is_uncovered ? STYLE_BAD : STYLE_WARN;
        value_set(field, "%s", tr(console, N_("nobody – the original")));
    } else {
        value_set(field, "%s", view_name(console, &state->booths[track->booth].on_air));
        if (track->delay_ms > 0) {
            field = field_add(out, STYLE_PLAIN, tr(console, N_("Behind")));
            if (track->depth > 1)
                // TRANSLATORS: seconds; through how many booths it has come
                value_set(field, tr(console, N_("%.1f s – relay, booths: %d")),
                          track->delay_ms / 1000.0, track->depth);
            else
                value_set(field, "%.1f s", track->delay_ms / 1000.0);
        }
    }
}

static void add_choices(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    struct field *field = field_add(out, STYLE_PLAIN, tr(console, N_("Original")));
    if (!console->is_duck_known)
        value_set(field, "%s", tr(console, N_("as the meeting has it")));
    else if (console->duck_db == CONSOLE_LEVEL_OFF_DB)
        value_set(field, "%s", tr(console, N_("off")));
    else
        value_set(field, "%d dB", console->duck_db);
    field = field_add(out, STYLE_PLAIN, tr(console, N_("Understood")));
    for (size_t i = 0; i < state->n_tracks; i++)
        if ((console->understood >> i & 1) != 0 || (int)i == state->me.track) {
            size_t len = strlen(field->value);
            (void)snprintf(field->value + len, sizeof field->value - len, "%s%s",
                           len > 0 ? ", " : "", state->tracks[i].name);
        }
    if (field->value[0] == '\0')
        value_set(field, "–");
}

static void add_door(const struct console *console, struct fields *out)
{
    const struct console_state *state = &console->state;
    struct field *field =
        field_add(out, state->n_waiting > 0 ? STYLE_WARN : STYLE_PLAIN, tr(console, N_("Meeting")));
    const char *door = state->is_locked   ? tr(console, N_("locked"))
                       : state->has_lobby ? tr(console, N_("lobby"))
                                          : tr(console, N_("open"));
    value_set(field, "%s%s%s", door, state->is_all_muted ? ", " : "",
              state->is_all_muted ? tr(console, N_("all muted")) : "");
    size_t len = strlen(field->value);
    if (state->n_waiting > 0)
        // TRANSLATORS: how many wait to be let in
        (void)snprintf(field->value + len, sizeof field->value - len,
                       tr(console, N_(", waiting: %u")), state->n_waiting);
}

static void fields_moderate(const struct console *console, struct fields *out)
{
    add_floor(console, out);
    add_speaker(console, out);
    add_queue(console, out);
    add_signal(console, out);
    add_poll(console, out);
    add_groups(console, out);
    add_door(console, out);
    add_voice(console, out);
    add_ears(console, out);
}

void view_fields(const struct console *console, struct fields *out)
{
    out->n = 0;
    if (!console->state.has_meeting) {
        add_voice(console, out);
        add_ears(console, out);
    } else if (console->mode == CONSOLE_INTERPRET) {
        fields_interpret(console, out);
    } else if (console->mode == CONSOLE_MODERATE) {
        fields_moderate(console, out);
    } else {
        add_signal(console, out);
        add_floor(console, out);
        add_interpreter(console, out);
        add_choices(console, out);
        add_ears(console, out);
        add_voice(console, out);
        add_speaker(console, out);
        add_queue(console, out);
        add_poll(console, out);
    }
}
