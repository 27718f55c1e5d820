// SPDX-License-Identifier: BSD-3-Clause
//
// The state of a meeting as consoles get it: docs/PROTOCOL.md, "Consoles".
#include "control/display/display_int.h"
#include "control/meeting/roles.h"
#include "control/tools/tools.h"

#include <string.h>

static const char *lang_tag(const struct meeting_info *meeting, int lang)
{
    return lang >= 0 && lang < meeting->n_tracks ? meeting->tracks[lang].lang : NULL;
}

// Nobody is null. Somebody whom the reader may not know of is there, without a name.
static void put_person(struct answer *answer, const char *key, const struct conn *reader,
                       uint32_t session)
{
    const struct user *user = session != 0 ? model_user(reader->server->model, session) : NULL;
    if (user == NULL) {
        answer_text(answer, key, NULL);
        return;
    }
    bool is_known = visible_user(reader, user);
    answer_open(answer, key, '{');
    answer_integer(answer, "session", is_known ? session : 0);
    answer_text(answer, "name", is_known ? user->name : "");
    answer_close(answer, '}');
}

// ---- floor, tracks, booths ---------------------------------------------------------------------

static void put_floor(struct answer *answer, const struct conn *reader,
                      const struct meeting_info *meeting, const struct floor_state *floor)
{
    const struct user *holder =
        floor->holder != 0 ? model_user(reader->server->model, floor->holder) : NULL;
    if (holder != NULL && !visible_user(reader, holder))
        holder = NULL;
    answer_open(answer, "floor", '{');
    answer_integer(answer, "session", holder != NULL ? holder->session : 0);
    answer_text(answer, "name", holder != NULL ? holder->name : NULL);
    answer_text(answer, "language", lang_tag(meeting, floor->lang));
    answer_bool(answer, "given", floor->given != 0);
    answer_bool(answer, "drained", floor->is_drained);
    answer_close(answer, '}');
}

static void put_track(struct answer *answer, const struct meeting_track *track,
                      const struct track_state *state)
{
    answer_open(answer, NULL, '{');
    answer_text(answer, "language", track->lang);
    answer_text(answer, "name", track->name);
    if (state->depth != TRACKS_NO_LANG)
        answer_integer(answer, "depth", state->depth);
    else
        answer_text(answer, "depth", NULL);
    answer_integer(answer, "delay_ms", state->delay_ms);
    answer_integer(answer, "people", state->n_people);
    answer_bool(answer, "covered", state->is_covered);
    answer_bool(answer, "uncovered", state->is_uncovered);
    if (state->booth != TRACKS_NO_LANG)
        answer_integer(answer, "booth", state->booth);
    else
        answer_text(answer, "booth", NULL);
    answer_close(answer, '}');
}

static void put_interpreters(struct answer *answer, const struct conn *reader,
                             const struct meeting_booth *booth)
{
    const struct model *model = reader->server->model;
    answer_open(answer, "interpreters", '[');
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        if (user->channel == booth->channel && !user->is_server_made && visible_user(reader, user))
            put_person(answer, NULL, reader, user->session);
    answer_close(answer, ']');
}

static void put_languages(struct answer *answer, const struct meeting_info *meeting,
                          const struct meeting_booth *booth)
{
    answer_open(answer, "languages", '[');
    answer_text(answer, NULL, lang_tag(meeting, booth->lang_a));
    answer_text(answer, NULL, lang_tag(meeting, booth->lang_b));
    if (booth->has_third)
        answer_text(answer, NULL, lang_tag(meeting, booth->lang_c));
    answer_close(answer, ']');
}

static const char *handover_name(enum handover_state state)
{
    static const char *const names[] = {
#define X(name, text) [name] = (text),
        HANDOVER_STATES(X)
#undef X
    };
    return names[state];
}

static void put_direction(struct answer *answer, const struct meeting_info *meeting,
                          const struct booth_state *state)
{
    const char *relay = state->relay == TRACKS_RELAY_AUTO    ? "auto"
                        : state->relay == TRACKS_RELAY_FLOOR ? "floor"
                                                             : lang_tag(meeting, state->relay);
    const char *pending = lang_tag(meeting, state->wanted_outgoing);
    answer_text(answer, "incoming", lang_tag(meeting, state->incoming));
    answer_text(answer, "outgoing", lang_tag(meeting, state->outgoing));
    answer_integer(answer, "depth", state->depth);
    answer_text(answer, "relay", relay);
    answer_bool(answer, "resting", state->is_resting);
    answer_text(answer, "pending", !state->is_pending ? NULL : pending != NULL ? pending : "rest");
}

static void put_booth(struct answer *answer, const struct conn *reader,
                      const struct meeting_info *meeting, const struct meeting_booth *booth,
                      const struct booth_state *state, uint64_t now_us)
{
    uint64_t since_us = state->on_air != 0 ? state->on_air_since_us : now_us;
    answer_open(answer, NULL, '{');
    answer_text(answer, "name", booth->name);
    put_languages(answer, meeting, booth);
    answer_bool(answer, "one_way", booth->is_one_way);
    put_person(answer, "on_air", reader, state->on_air);
    answer_integer(answer, "on_air_s",
                   now_us > since_us ? (int64_t)((now_us - since_us) / 1000000) : 0);
    put_person(answer, "successor", reader, state->successor);
    answer_text(answer, "handover", handover_name(state->handover));
    put_direction(answer, meeting, state);
    answer_bool(answer, "interpreting", state->is_interpreting);
    answer_bool(answer, "coughing", state->is_coughing);
    answer_integer(answer, "span_ms", state->span_ms);
    put_interpreters(answer, reader, booth);
    answer_close(answer, '}');
}

// Before the mixer has said anything: nobody reaches any track.
static const struct mixer_event_state *state_of(const struct meeting_info *meeting,
                                                const struct meeting_run *run,
                                                struct mixer_event_state *nothing)
{
    if (run->has_state)
        return &run->state;
    memset(nothing, 0, sizeof(*nothing));
    nothing->floor.lang = meeting->default_lang;
    nothing->floor.is_drained = true;
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        nothing->tracks[i].depth = nothing->tracks[i].booth = TRACKS_NO_LANG;
    for (uint8_t i = 0; i < meeting->n_booths; i++) {
        nothing->booths[i].incoming = meeting->booths[i].lang_a;
        nothing->booths[i].outgoing = meeting->booths[i].lang_b;
        nothing->booths[i].relay = TRACKS_RELAY_AUTO;
    }
    return nothing;
}

// ---- queue, poll, groups -----------------------------------------------------------------------

static void put_queue(struct answer *answer, const struct conn *reader,
                      const struct meeting_run *run)
{
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(run->agenda, hands, AGENDA_HANDS_MAX);
    answer_open(answer, "queue", '[');
    for (size_t i = 0; i < n; i++)
        put_person(answer, NULL, reader, hands[i]);
    answer_close(answer, ']');
}

static void put_speaker(struct answer *answer, const struct conn *reader,
                        const struct meeting_run *run, uint64_t now_us)
{
    uint32_t session = agenda_speaker(run->agenda);
    const struct user *user = session != 0 ? model_user(reader->server->model, session) : NULL;
    if (user == NULL) {
        answer_text(answer, "speaker", NULL);
        return;
    }
    bool is_known = visible_user(reader, user);
    answer_open(answer, "speaker", '{');
    answer_integer(answer, "session", is_known ? session : 0);
    answer_text(answer, "name", is_known ? user->name : "");
    answer_bool(answer, "speaking", agenda_is_speaking(run->agenda));
    answer_integer(answer, "seconds", now_us != 0 ? agenda_used_s(run->agenda, now_us) : 0);
    answer_integer(answer, "limit_s", agenda_limit_s(run->agenda));
    answer_close(answer, '}');
}

static void put_poll(struct answer *answer, const struct conn *reader,
                     const struct meeting_info *meeting, const struct meeting_run *run)
{
    struct poll_view view;
    if (!agenda_poll_view(run->agenda, tools_lang(reader, meeting), &view)) {
        answer_text(answer, "poll", NULL);
        return;
    }
    // As in the chat: so that nobody votes as the others do.
    const struct model *model = reader->server->model;
    bool has_counts =
        !view.is_open || model_is_moderator(model, model_user(model, reader->session), meeting);
    answer_open(answer, "poll", '{');
    answer_bool(answer, "open", view.is_open);
    answer_text(answer, "question", view.question);
    answer_open(answer, "answers", '[');
    for (uint8_t i = 0; i < view.n_answers; i++) {
        answer_open(answer, NULL, '{');
        answer_text(answer, "text", view.answers[i]);
        if (has_counts)
            answer_integer(answer, "count", view.counts[i]);
        else
            answer_text(answer, "count", NULL);
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
}

static void put_groups(struct answer *answer, const struct conn *reader,
                       const struct meeting_run *run)
{
    const struct server *server = reader->server;
    answer_open(answer, "groups", '[');
    for (unsigned i = 1; i <= AGENDA_GROUPS_MAX; i++) {
        const struct channel *channel = breakout_channel(server, run, i);
        if (channel == NULL || !visible_channel(reader, channel))
            continue;
        answer_open(answer, NULL, '{');
        answer_integer(answer, "group", i);
        answer_text(answer, "name", channel->name);
        answer_integer(answer, "channel_id", channel->id);
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
}

// ---- all of it ---------------------------------------------------------------------------------

void display_put_meeting(struct answer *answer, const struct conn *reader,
                         const struct meeting_info *meeting, struct meeting_run *run,
                         uint64_t now_us)
{
    struct mixer_event_state nothing;
    const struct mixer_event_state *state = state_of(meeting, run, &nothing);
    put_floor(answer, reader, meeting, &state->floor);
    answer_open(answer, "tracks", '[');
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        put_track(answer, &meeting->tracks[i], &state->tracks[i]);
    answer_close(answer, ']');
    answer_open(answer, "booths", '[');
    for (uint8_t i = 0; i < meeting->n_booths; i++)
        put_booth(answer, reader, meeting, &meeting->booths[i], &state->booths[i], now_us);
    answer_close(answer, ']');
    put_queue(answer, reader, run);
    put_speaker(answer, reader, run, now_us);
    put_poll(answer, reader, meeting, run);
    put_groups(answer, reader, run);
    const struct meeting_info *whole = model_meeting_root(reader->server->model, meeting);
    answer_bool(answer, "locked", whole->door.is_locked);
    answer_bool(answer, "all_muted", meeting->door.is_all_muted);
    answer_bool(answer, "lobby", whole->door.has_lobby);
    answer_integer(answer, "waiting", door_waiting(reader->server, whole));
    answer_bool(answer, "recording", run->is_recording);
    answer_bool(answer, "music", state->is_music);
}

void display_put_me(struct answer *answer, const struct conn *reader,
                    const struct meeting_info *meeting)
{
    const struct model *model = reader->server->model;
    const struct user *user = model_user(model, reader->session);
    const struct channel *channel = model_channel(model, user->channel);
    static const char *const places[] = { [CHANNEL_PLAIN] = "elsewhere",
                                          [CHANNEL_FLOOR] = "floor",
                                          [CHANNEL_TRACK] = "track",
                                          [CHANNEL_BOOTH] = "booth" };
    answer_open(answer, "me", '{');
    answer_integer(answer, "session", user->session);
    answer_text(answer, "role", role_name(model_role(model, user, meeting)));
    answer_text(answer, "place", places[channel->role]);
    if (channel->role == CHANNEL_BOOTH)
        answer_integer(answer, "booth", channel->role_index);
    else
        answer_text(answer, "booth", NULL);
    if (channel->role == CHANNEL_TRACK)
        answer_integer(answer, "track", channel->role_index);
    else
        answer_text(answer, "track", NULL);
    answer_text(answer, "language", reader_language(reader));
    signals_put(answer, reader, meeting, run_of(reader->server, meeting->id));
    answer_close(answer, '}');
}
