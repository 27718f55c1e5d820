// SPDX-License-Identifier: BSD-3-Clause
//
// What ordinary clients show of a meeting's state: who is on air, which language is spoken, which
// is not interpreted, in the descriptions of its channels. Only on the wire, behind what an admin
// has written there, between two invisible marks, so that an edit that brings it back is cut to
// the admin's own words (docs/decisions/0012). And where no indicators are sent, the comment of the
// track's voice names who speaks.
#include "control/display/display_int.h"
#include "control/tools/tools.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define MARK_BEGIN "\u2063\u2062" // invisible separator, invisible times
#define MARK_END "\u2062\u2063"
#define STATE_BYTES_MAX 4096u

struct shown *shown_of(struct meeting_run *run)
{
    if (run->display == NULL)
        run->display = calloc(1, sizeof(struct shown));
    return run->display;
}

void describe_forget(struct meeting_run *run)
{
    struct shown *shown = run->display;
    for (size_t i = 0; shown != NULL && i < DESCRIBED_CHANNELS; i++) {
        free(shown->channels[i].state);
        free(shown->channels[i].text);
    }
    free(shown);
    run->display = NULL;
}

// ---- in words ----------------------------------------------------------------------------------

struct page { // HTML being written
    const struct server *server;
    const struct meeting_info *meeting;
    const struct mixer_event_state *state;
    bool is_recording;
    const char *language;
    struct buffer html;
    bool has_failed;
};

// A sentence; its arguments are escaped.
static void put(struct page *page, enum phrase phrase, const char *one, const char *two)
{
    char *first = html_escape(one != NULL ? one : ""),
         *second = html_escape(two != NULL ? two : "");
    const char *arguments[] = { first, second };
    char *text =
        first != NULL && second != NULL ? phrase_fill(phrase, page->language, arguments) : NULL;
    page->has_failed |= text == NULL ||
                        (page->html.len > 0 && !buffer_add(&page->html, "<br/>", 5)) ||
                        !buffer_add(&page->html, text, strlen(text));
    free(text);
    free(first);
    free(second);
}

static const char *language_name(const struct page *page, uint8_t lang)
{
    return lang < page->meeting->n_tracks ? lang_own_name(page->meeting->tracks[lang].lang) : "";
}

// Whoever is on air; NULL: nobody, or they are not to be seen by everybody.
static const char *on_air_name(const struct page *page, const struct booth_state *booth)
{
    const struct user *user = booth->on_air != 0 && !page->server->is_hiding
                                  ? model_user(page->server->model, booth->on_air)
                                  : NULL;
    return user != NULL ? user->name : NULL;
}

// Who has the floor, and who waits for it.
static void put_queue(struct page *page)
{
    const struct server *server = page->server;
    const struct meeting_run *run = run_of(server, page->meeting->id);
    const struct user *speaker =
        run != NULL ? model_user(server->model, agenda_speaker(run->agenda)) : NULL;
    char names[1024] = "";
    if (speaker != NULL && !server->is_hiding)
        put(page, PHRASE_STATE_GIVEN, speaker->name, NULL);
    if (run != NULL)
        queue_names(server, run, NULL, names, sizeof(names));
    if (names[0] != '\0')
        put(page, PHRASE_STATE_WAITING, names, NULL);
}

static void put_door(struct page *page, const struct door *door)
{
    if (door->is_locked)
        put(page, PHRASE_STATE_LOCKED, NULL, NULL);
    if (door->password != NULL)
        put(page, PHRASE_STATE_PASSWORD, NULL, NULL);
    if (door->has_lobby)
        put(page, PHRASE_STATE_LOBBY, NULL, NULL);
    if (door->is_all_muted)
        put(page, PHRASE_STATE_MUTED, NULL, NULL);
}

static void put_floor(struct page *page)
{
    const struct mixer_event_state *state = page->state;
    char with[512] = "", without[512] = "";
    for (uint8_t i = 0; i < page->meeting->n_tracks; i++) {
        const struct track_state *track = &state->tracks[i];
        bool is_on_air = track->booth < page->meeting->n_booths &&
                         state->booths[track->booth].on_air != 0 && track->depth != TRACKS_NO_LANG;
        if (track->depth == 0)
            continue;
        char *list = is_on_air ? with : without;
        size_t len = strlen(list);
        snprintf(list + len, sizeof(with) - len, "%s%s", len > 0 ? ", " : "",
                 language_name(page, i));
    }
    put(page, PHRASE_STATE_FLOOR, language_name(page, state->floor.lang), NULL);
    if (with[0] != '\0')
        put(page, PHRASE_STATE_INTO, with, NULL);
    if (without[0] != '\0')
        put(page, PHRASE_STATE_NOT_INTO, without, NULL);
    put_queue(page);
    if (page->is_recording)
        put(page, PHRASE_STATE_RECORDING, NULL, NULL);
    put_door(page, &page->meeting->door);
}

static void put_relay(struct page *page, uint8_t from, unsigned n_hops)
{
    char hops[16];
    snprintf(hops, sizeof(hops), "%u", n_hops);
    put(page, PHRASE_STATE_RELAY, language_name(page, from), hops);
}

static void put_delay(struct page *page, uint32_t delay_ms)
{
    char seconds[16];
    snprintf(seconds, sizeof(seconds), "%u", (delay_ms + 500) / 1000);
    if (delay_ms >= 500)
        put(page, PHRASE_STATE_BEHIND, seconds, NULL);
}

static void put_track(struct page *page, uint8_t index)
{
    const struct track_state *track = &page->state->tracks[index];
    const struct booth_state *booth =
        track->booth < page->meeting->n_booths ? &page->state->booths[track->booth] : NULL;
    if (track->depth == 0) {
        put(page, PHRASE_STATE_ORIGINAL, NULL, NULL);
        return;
    }
    if (track->depth == TRACKS_NO_LANG || booth == NULL || booth->on_air == 0) {
        put(page, PHRASE_STATE_NOBODY, NULL, NULL);
        return;
    }
    const char *name = on_air_name(page, booth), *from = language_name(page, booth->incoming);
    if (name != NULL)
        put(page, PHRASE_STATE_INTERPRETED_BY, name, from);
    else
        put(page, PHRASE_STATE_INTERPRETED, from, NULL);
    if (track->depth > 1)
        put_relay(page, booth->incoming, track->depth - 1u);
    put_delay(page, track->delay_ms);
}

static void put_booth(struct page *page, uint8_t index)
{
    const struct booth_state *booth = &page->state->booths[index];
    const char *name = on_air_name(page, booth);
    if (name != NULL)
        put(page, PHRASE_STATE_ON_AIR, name, NULL);
    else if (booth->on_air == 0)
        put(page, PHRASE_STATE_OFF_AIR, NULL, NULL);
    if (booth->is_resting) {
        put(page, PHRASE_STATE_RESTING, NULL, NULL);
        return;
    }
    put(page, PHRASE_STATE_DIRECTION, language_name(page, booth->incoming),
        language_name(page, booth->outgoing));
    if (booth->depth > 0 && booth->incoming < page->meeting->n_tracks) {
        put_relay(page, booth->incoming, booth->depth);
        put_delay(page, page->state->tracks[booth->incoming].delay_ms);
    }
}

// What is to be said of the channel: heap; NULL: memory.
static char *state_of(const struct server *server, const struct meeting_info *meeting,
                      const struct meeting_run *run, enum channel_role role, uint8_t index)
{
    uint8_t lang = role == CHANNEL_TRACK   ? index
                   : role == CHANNEL_BOOTH ? meeting->booths[index].lang_a
                                           : meeting->default_lang;
    struct page page = { .server = server,
                         .meeting = meeting,
                         .state = &run->state,
                         .is_recording = run->is_recording,
                         .language = meeting->tracks[lang].lang };
    buffer_init(&page.html, STATE_BYTES_MAX);
    if (role == CHANNEL_TRACK)
        put_track(&page, index);
    else if (role == CHANNEL_BOOTH)
        put_booth(&page, index);
    else
        put_floor(&page);
    bool is_whole = !page.has_failed && buffer_add(&page.html, "", 1);
    char *text = is_whole ? str_dup((const char *)page.html.data) : NULL;
    buffer_clear(&page.html);
    return text;
}

// ---- on the wire -------------------------------------------------------------------------------

static size_t place_of(enum channel_role role, uint8_t index)
{
    return role == CHANNEL_TRACK   ? 1u + index
           : role == CHANNEL_BOOTH ? 1u + MODEL_LANGS_MAX + index
                                   : 0;
}

const char *describe_text(const struct server *server, const struct channel *channel)
{
    struct meeting_run *run =
        channel->role != CHANNEL_PLAIN ? run_of(server, channel->meeting) : NULL;
    struct shown *shown = run != NULL ? run->display : NULL;
    const char *own = channel->description != NULL ? channel->description : "";
    struct described *one =
        shown != NULL ? &shown->channels[place_of(channel->role, channel->role_index)] : NULL;
    if (one == NULL || one->state == NULL)
        return own;
    size_t len = strlen(own) + strlen(one->state) + 64;
    char *text = malloc(len);
    if (text == NULL)
        return own;
    snprintf(text, len, "%s<p>" MARK_BEGIN "%s" MARK_END "</p>", own, one->state);
    free(one->text);
    one->text = text;
    return one->text;
}

// The tag that ends right before this place, when it is a paragraph or a span that opens there.
static char *opening_before(char *from, char *at)
{
    if (at == from || at[-1] != '>')
        return NULL;
    char *tag = at - 1;
    while (tag > from && *tag != '<')
        tag--;
    bool is_ours = strncmp(tag, "<p>", 3) == 0 || strncmp(tag, "<p ", 3) == 0 ||
                   strncmp(tag, "<span ", 6) == 0 || strncmp(tag, "<span>", 6) == 0;
    return is_ours ? tag : NULL;
}

void describe_strip(char *text)
{
    for (char *begin = strstr(text, MARK_BEGIN); begin != NULL; begin = strstr(text, MARK_BEGIN)) {
        char *end = strstr(begin + strlen(MARK_BEGIN), MARK_END);
        if (end == NULL) { // somebody has cut it in two
            memmove(begin, begin + strlen(MARK_BEGIN), strlen(begin + strlen(MARK_BEGIN)) + 1);
            continue;
        }
        end += strlen(MARK_END);
        for (char *tag = opening_before(text, begin); tag != NULL;
             tag = opening_before(text, begin)) {
            const char *closing = tag[1] == 'p' ? "</p>" : "</span>";
            if (strncmp(end, closing, strlen(closing)) != 0)
                break;
            begin = tag;
            end += strlen(closing);
        }
        memmove(begin, end, strlen(end) + 1);
    }
}

// By its hash, however short: who looks at it asks for it, and thin lines are spared the rest.
static void send_description(struct server *server, const struct channel *channel)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    const char *text = describe_text(server, channel);
    uint8_t hash[SHA_DIGEST_LENGTH];
    SHA1((const uint8_t *)text, strlen(text), hash);
    state.has_channel_id = state.has_description_hash = true;
    state.channel_id = channel->id;
    state.description_hash = (ProtobufCBinaryData){ sizeof(hash), hash };
    broadcast(server, MSG_CHANNEL_STATE, &state.base, NULL);
}

// One channel: told when it says something else, at most once in a while.
static void describe(struct server *server, const struct meeting_info *meeting,
                     struct meeting_run *run, enum channel_role role, uint8_t index, uint32_t id,
                     uint64_t *next_us)
{
    struct shown *shown = run->display;
    struct described *one = &shown->channels[place_of(role, index)];
    const struct channel *channel = model_channel(server->model, id);
    char *state = state_of(server, meeting, run, role, index);
    bool is_news = state != NULL && (one->state == NULL || strcmp(one->state, state) != 0);
    uint64_t may_at_us = one->sent_us != 0 ? one->sent_us + DESCRIBE_EVERY_US : 0;
    if (is_news && channel != NULL && may_at_us <= server->now_us) {
        char *old = one->state;
        one->state = state;
        one->sent_us = server->now_us;
        state = old;
        send_description(server, channel);
    } else if (is_news && channel != NULL) {
        shown->is_due = true;
        *next_us = may_at_us < *next_us ? may_at_us : *next_us;
    }
    free(state);
}

// ---- who speaks, where no indicators are sent --------------------------------------------------

static void send_comment(struct conn *conn, uint32_t voice, const char *comment)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = true;
    state.session = voice;
    state.comment = (char *)(uintptr_t)comment;
    send_message(conn, MSG_USER_STATE, &state.base);
}

// The voice that this client is to see named, and whom: false when no name is needed.
static bool wants_name(const struct conn *conn, const struct meeting_info *meeting,
                       const struct meeting_run *run, uint32_t *voice)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    const struct channel *channel = user != NULL ? model_channel(model, user->channel) : NULL;
    const struct user *holder = model_user(model, run->state.floor.holder);
    const bool is_on_track = channel != NULL && channel->role == CHANNEL_TRACK;
    const bool is_on_floor = channel != NULL && channel->role == CHANNEL_FLOOR;
    if ((!is_on_track && !(is_on_floor && user->is_floor_mixed)) ||
        channel->meeting != meeting->id || user->tier <= TIER_STANDARD || holder == NULL ||
        !visible_user(conn, holder))
        return false;
    *voice = is_on_track ? meeting->tracks[channel->role_index].session : meeting->floor_session;
    return true;
}

static void name_speaker(struct server *server, const struct meeting_info *meeting,
                         const struct meeting_run *run, struct conn *conn)
{
    uint32_t voice = 0, holder = run->state.floor.holder;
    bool is_wanted = wants_name(conn, meeting, run, &voice);
    if (conn->named_in != meeting->id && !is_wanted)
        return;
    if (conn->named_voice == voice && conn->named_holder == (is_wanted ? holder : 0))
        return;
    if (conn->named_voice != 0 && conn->named_voice != voice &&
        model_user(server->model, conn->named_voice) != NULL)
        send_comment(conn, conn->named_voice, "");
    conn->named_in = meeting->id;
    conn->named_voice = voice;
    conn->named_holder = is_wanted ? holder : 0;
    if (!is_wanted)
        return;
    char *name = html_escape(model_user(server->model, holder)->name);
    const char *arguments[] = { name };
    char *comment =
        name != NULL ? phrase_fill(PHRASE_STATE_SPEAKER, reader_language(conn), arguments) : NULL;
    if (comment != NULL)
        send_comment(conn, voice, comment);
    free(comment);
    free(name);
}

static void name_speakers(struct server *server, const struct meeting_info *meeting,
                          struct meeting_run *run, uint64_t *next_us)
{
    struct shown *shown = run->display;
    uint64_t may_at_us = shown->named_us != 0 ? shown->named_us + DESCRIBE_EVERY_US : 0;
    if (may_at_us > server->now_us) {
        shown->is_due = true;
        *next_us = may_at_us < *next_us ? may_at_us : *next_us;
        return;
    }
    shown->named_us = server->now_us;
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY)
            name_speaker(server, meeting, run, conn);
}

// ---- when --------------------------------------------------------------------------------------

void describe_changed(struct server *server, struct meeting_run *run)
{
    struct shown *shown = run->has_state ? shown_of(run) : NULL; // its first state comes here, too
    if (shown == NULL || shown->is_due)
        return;
    shown->is_due = true;
    display_wake(server, server->now_us);
}

void describe_due(struct server *server, uint64_t *next_us)
{
    const struct meeting_info *meeting;
    for (size_t m = 0; (meeting = model_meeting_at(server->model, m)) != NULL; m++) {
        struct meeting_run *run = run_of(server, meeting->id);
        struct shown *shown = run != NULL ? run->display : NULL;
        if (shown == NULL || !shown->is_due || !run->has_state)
            continue;
        shown->is_due = false; // what is too early makes it due again
        describe(server, meeting, run, CHANNEL_FLOOR, 0, meeting->id, next_us);
        for (uint8_t i = 0; i < meeting->n_tracks; i++)
            describe(server, meeting, run, CHANNEL_TRACK, i, meeting->tracks[i].channel, next_us);
        for (uint8_t i = 0; i < meeting->n_booths; i++)
            describe(server, meeting, run, CHANNEL_BOOTH, i, meeting->booths[i].channel, next_us);
        name_speakers(server, meeting, run, next_us);
    }
}
