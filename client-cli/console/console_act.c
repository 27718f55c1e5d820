// SPDX-License-Identifier: BSD-3-Clause
//
// What keys do, given what is. Commands are sent in English words: the server knows them in every
// language.
#include "client-cli/console/console.h"

#include <stdio.h>
#include <string.h>

#define PAGE 5
static const int levels_db[] = { CONSOLE_LEVEL_OFF_DB, -24, -18, -15, -12, -6, 0 };
enum { N_LEVELS = sizeof levels_db / sizeof *levels_db };

static struct effect nothing(void)
{
    return (struct effect){ .kind = EFFECT_NONE };
}

static struct effect command(const char *word, const char *rest)
{
    struct effect effect = { .kind = EFFECT_DO };
    (void)snprintf(effect.text, sizeof effect.text, "%s%s%s", word, rest[0] != '\0' ? " " : "",
                   rest);
    return effect;
}

static struct effect fill(struct console *console, const char *word, const char *rest)
{
    console->is_writing = true;
    (void)snprintf(console->input, sizeof console->input, "!%s%s", word, rest);
    return nothing();
}

// ---- levels

static int step_level(int now_db, int by)
{
    int at = 0;
    while (at + 1 < N_LEVELS && levels_db[at] < now_db)
        at++;
    at += by;
    return levels_db[at < 0 ? 0 : at >= N_LEVELS ? N_LEVELS - 1 : at];
}

static struct effect level(const char *word, int db)
{
    char text[16] = "off";
    if (db != CONSOLE_LEVEL_OFF_DB)
        (void)snprintf(text, sizeof text, "%d", db);
    return command(word, text);
}

static struct effect partner(struct console *console, int by)
{
    console->partner_db = step_level(console->partner_db, by);
    return level("partner", console->partner_db);
}

static struct effect duck(struct console *console, int by)
{
    // The meeting's own default is not told: the first step starts from the usual one.
    console->duck_db = step_level(console->is_duck_known ? console->duck_db : -15, by);
    console->is_duck_known = true;
    return level("under", console->duck_db);
}

static struct effect shape(struct console *console, int volume_db, int tone)
{
    if (volume_db >= SHAPE_VOLUME_LEAST_DB && volume_db <= SHAPE_VOLUME_MOST_DB)
        console->volume_db = volume_db;
    if (tone >= -SHAPE_TONE_MOST && tone <= SHAPE_TONE_MOST)
        console->tone = tone;
    return (struct effect){ .kind = EFFECT_SHAPE };
}

// ---- in a booth

static struct effect air(const struct console *console)
{
    return command(console_state_is_on_air(&console->state) ? "off" : "air", "");
}

// Of two languages the other, which the server knows; of three the next.
static struct effect turn(const struct console *console)
{
    const struct state_booth *booth = console_state_booth(&console->state);
    if (booth == NULL || booth->n_languages < 3)
        return command("out", "");
    size_t at = 0;
    while (at < 2 && strcmp(booth->languages[at], booth->outgoing) != 0)
        at++;
    at = (at + 1) % 3;
    if (strcmp(booth->languages[at], booth->incoming) == 0)
        at = (at + 1) % 3;
    return command("out", booth->languages[at]);
}

// Automatic, the original, then the booth's languages but the outgoing one. What was asked for last
// counts, so that one goes on past what the server has refused.
static struct effect relay(struct console *console)
{
    const struct state_booth *booth = console_state_booth(&console->state);
    if (booth == NULL)
        return command("relay", "");
    const char *list[2 + 3] = { "auto", "floor" };
    size_t n = 2, at = 0;
    for (size_t i = 0; i < booth->n_languages; i++)
        if (strcmp(booth->languages[i], booth->outgoing) != 0)
            list[n++] = booth->languages[i];
    const char *now = console->relay_asked[0] != '\0' ? console->relay_asked : booth->relay;
    while (at < n && strcmp(list[at], now) != 0)
        at++;
    const char *next = list[(at + 1) % n];
    (void)snprintf(console->relay_asked, sizeof console->relay_asked, "%s", next);
    return command("relay", next);
}

static struct effect number(const struct console *console, uint32_t key)
{
    const struct console_state *state = &console->state;
    int at = (int)(key - '0') - 1;
    if (console->mode == CONSOLE_INTERPRET && console_state_booth(state) == NULL) {
        struct effect effect = { .kind = EFFECT_NONE };
        if (at >= 0 && at < (int)state->n_booths) {
            effect.kind = EFFECT_SIT;
            memcpy(effect.text, state->booths[at].name, strlen(state->booths[at].name) + 1);
        }
        return effect;
    }
    bool is_relay = console->mode == CONSOLE_INTERPRET;
    if (at < 0)
        return command(is_relay ? "relay" : "floor", is_relay ? "floor" : "");
    if (at >= (int)state->n_tracks)
        return nothing();
    const char *language = state->tracks[at].language;
    return is_relay ? command("relay", language) : command(language, "");
}

static struct effect cough(struct console *console, bool is_latch)
{
    if (is_latch)
        cough_latch(&console->cough);
    else
        cough_press(&console->cough, console->now_us);
    console->is_coughing = cough_is_on(&console->cough, console->now_us);
    return (struct effect){ .kind = EFFECT_SILENCE };
}

// ---- listening

static struct effect understand(struct console *console)
{
    const struct console_state *state = &console->state;
    int spoken = console_state_track(state, state->floor_language);
    if (spoken == STATE_NONE)
        return nothing();
    console->understood ^= 1u << spoken;
    char list[CONSOLE_INPUT_MAX_BYTES] = "";
    for (size_t i = 0; i < state->n_tracks; i++)
        if ((console->understood >> i & 1) != 0) {
            size_t len = strlen(list);
            (void)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? " " : "",
                           state->tracks[i].language);
        }
    // Nothing is understood but one's own track, which the server always takes for understood.
    if (list[0] == '\0' && state->me.track != STATE_NONE)
        return command("understand", state->tracks[state->me.track].language);
    return list[0] != '\0' ? command("understand", list) : nothing();
}

static struct effect hand(const struct console *console)
{
    const struct console_state *state = &console->state;
    for (size_t i = 0; i < state->n_queue; i++)
        if (state->queue[i].session != 0 && state->queue[i].session == state->me.session)
            return command("down", "");
    return command("hand", "");
}

// ---- moderating

static struct effect named(struct console *console, const struct key_row *row)
{
    const struct console_person *person = console_selected(console);
    if (person == NULL) {
        console_line(console, LINE_NOTICE, NULL, tr(console, N_("Nobody is selected: ↑ ↓.")));
        return nothing();
    }
    if (row->act == ACT_DO_NAMED)
        return command(row->text, person->name);
    (void)fill(console, row->text, " ");
    size_t len = strlen(console->input);
    (void)snprintf(console->input + len, sizeof console->input - len, "%s ", person->name);
    return nothing();
}

static struct effect mute_person(struct console *console)
{
    const struct console_person *person = console_selected(console);
    if (person == NULL)
        return nothing();
    return (struct effect){ .kind = EFFECT_MUTE,
                            .session = person->session,
                            .is_on = !person->is_muted };
}

static struct effect select_person(struct console *console, int by)
{
    size_t at = 0;
    while (at < console->n_people && console->people[at].session != console->selected)
        at++;
    if (console->n_people == 0)
        return nothing();
    if (at == console->n_people)
        at = by > 0 ? 0 : console->n_people - 1;
    else if (by > 0 ? at + 1 < console->n_people : at > 0)
        at = by > 0 ? at + 1 : at - 1;
    console->selected = console->people[at].session;
    return nothing();
}

// ---- all of them

static struct effect quit(struct console *console)
{
    if (console_state_is_on_air(&console->state) && !console->is_leaving) {
        console->is_leaving = true;
        return nothing();
    }
    return (struct effect){ .kind = EFFECT_QUIT };
}

static struct effect act_on_screen(struct console *console, enum act act)
{
    if (act == ACT_WRITE || act == ACT_WRITE_COMMAND) {
        console->is_writing = true;
        console->is_helping = false;
        (void)snprintf(console->input, sizeof console->input, "%s",
                       act == ACT_WRITE_COMMAND ? "!" : "");
    } else if (act == ACT_PAGE_UP || act == ACT_PAGE_DOWN) {
        // The chat is read from its end, the keys from their beginning.
        if ((act == ACT_PAGE_UP) != console->is_helping)
            console->scroll += PAGE;
        else
            console->scroll -= console->scroll < PAGE ? console->scroll : PAGE;
    } else if (act == ACT_HELP) {
        console->is_helping = !console->is_helping;
        console->scroll = 0;
    } else if (act == ACT_PANES) {
        console->shows_people = !console->shows_people;
    } else if (act == ACT_REDRAW) {
        return (struct effect){ .kind = EFFECT_REDRAW };
    } else if (act == ACT_QUIT) {
        return quit(console);
    }
    return nothing();
}

static struct effect act_on_sound(struct console *console, enum act act)
{
    if (act == ACT_VOLUME_DOWN || act == ACT_VOLUME_UP) {
        int by = act == ACT_VOLUME_UP ? SHAPE_VOLUME_STEP_DB : -SHAPE_VOLUME_STEP_DB;
        return shape(console, console->volume_db + by, console->tone);
    }
    if (act == ACT_TONE_DOWN || act == ACT_TONE_UP)
        return shape(console, console->volume_db, console->tone + (act == ACT_TONE_UP ? 1 : -1));
    if (act == ACT_PARTNER_DOWN || act == ACT_PARTNER_UP)
        return partner(console, act == ACT_PARTNER_UP ? 1 : -1);
    if (act == ACT_DUCK_DOWN || act == ACT_DUCK_UP)
        return duck(console, act == ACT_DUCK_UP ? 1 : -1);
    if (act == ACT_MICROPHONE) {
        console->is_muted = !console->is_muted;
        return (struct effect){ .kind = EFFECT_SILENCE };
    }
    return act_on_screen(console, act);
}

static struct effect act_of_moderator(struct console *console, enum act act)
{
    const struct console_state *state = &console->state;
    if (act == ACT_MUTE_PERSON)
        return mute_person(console);
    if (act == ACT_MUTE_ALL)
        return command(state->is_all_muted ? "unmuteall" : "muteall", "");
    if (act == ACT_LOCK)
        return command(state->is_locked ? "unlock" : "lock", "");
    if (act == ACT_RECORD)
        return command("record", state->is_recording ? "off" : "on");
    if (act == ACT_MUSIC)
        return command("music", state->is_music ? "off" : "on");
    if (act == ACT_SELECT_UP || act == ACT_SELECT_DOWN)
        return select_person(console, act == ACT_SELECT_UP ? -1 : 1);
    return act_on_sound(console, act);
}

struct effect console_act(struct console *console, const struct key_row *row, uint32_t key)
{
    if (row->act == ACT_DO)
        return command(row->text, "");
    if (row->act == ACT_FILL)
        return fill(console, row->text, "");
    if (row->act == ACT_DO_NAMED || row->act == ACT_FILL_NAMED)
        return named(console, row);
    if (row->act == ACT_AIR)
        return air(console);
    if (row->act == ACT_COUGH || row->act == ACT_COUGH_LATCH)
        return cough(console, row->act == ACT_COUGH_LATCH);
    if (row->act == ACT_TURN)
        return turn(console);
    if (row->act == ACT_RELAY)
        return relay(console);
    if (row->act == ACT_NUMBER)
        return number(console, key);
    if (row->act == ACT_UNDERSTAND)
        return understand(console);
    if (row->act == ACT_HAND)
        return hand(console);
    return act_of_moderator(console, row->act);
}
