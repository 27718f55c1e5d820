// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/console_state.h"

#include "client-cli/node.h"

#include <stdlib.h>
#include <string.h>

#define STATE_VERSION 1

static void copy(char *out, size_t cap, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len >= cap)
        for (len = cap - 1; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80; len--)
            ;
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

static void read_text(const struct node *object, const char *key, char *out, size_t cap)
{
    const struct node *node = node_get(object, key);
    copy(out, cap, node != NULL && node->kind == NODE_TEXT ? node->text : NULL);
}

static uint32_t read_count(const struct node *object, const char *key)
{
    int64_t value = node_integer(object, key, 0);
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

// An index below n, or STATE_NONE.
static int read_index(const struct node *object, const char *key, size_t n)
{
    int64_t value = node_integer(object, key, STATE_NONE);
    return value >= 0 && (uint64_t)value < n ? (int)value : STATE_NONE;
}

static size_t read_word(const struct node *object, const char *key, const char *const *words,
                        size_t n)
{
    const char *text = node_text(object, key);
    for (size_t i = 0; text != NULL && i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return 0;
}

static struct state_person person_of(const struct node *node)
{
    struct state_person person = { .is_there = node != NULL && node->kind == NODE_OBJECT };
    if (person.is_there) {
        person.session = read_count(node, "session");
        read_text(node, "name", person.name, sizeof person.name);
    }
    return person;
}

static size_t read_people(const struct node *list, struct state_person *out, size_t most)
{
    size_t n = 0;
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL && n < most;
         one = one->next)
        if (one->kind == NODE_OBJECT)
            out[n++] = person_of(one);
    return n;
}

static void read_me(const struct node *me, struct console_state *out)
{
    static const char *const roles[] = { "participant", "interpreter", "moderator" };
    static const char *const places[] = { "elsewhere", "floor", "track", "booth" };
    static const char *const signals[] = { "", "slow", "louder", "repeat", "cannot" };
    out->me.session = read_count(me, "session");
    out->me.signal = (enum state_signal)read_word(node_get(me, "signal"), "kind", signals, 5);
    out->me.role = (enum state_role)read_word(me, "role", roles, 3);
    out->me.place = (enum state_place)read_word(me, "place", places, 4);
    out->me.booth = read_index(me, "booth", out->n_booths);
    out->me.track = read_index(me, "track", out->n_tracks);
    read_text(me, "language", out->me.language, sizeof out->me.language);
}

static void read_floor(const struct node *floor, struct console_state *out)
{
    out->floor.session = read_count(floor, "session");
    read_text(floor, "name", out->floor.name, sizeof out->floor.name);
    out->floor.is_there = out->floor.name[0] != '\0';
    read_text(floor, "language", out->floor_language, sizeof out->floor_language);
    out->is_floor_given = node_flag(floor, "given");
    out->is_floor_drained = node_flag(floor, "drained");
}

static void read_tracks(const struct node *list, struct console_state *out)
{
    for (const struct node *one = list != NULL ? list->first : NULL;
         one != NULL && out->n_tracks < STATE_TRACKS_MAX; one = one->next) {
        struct state_track *track = &out->tracks[out->n_tracks++];
        read_text(one, "language", track->language, sizeof track->language);
        read_text(one, "name", track->name, sizeof track->name);
        track->depth = read_index(one, "depth", STATE_TRACKS_MAX);
        track->booth = read_index(one, "booth", STATE_BOOTHS_MAX);
        track->delay_ms = read_count(one, "delay_ms");
        track->n_people = read_count(one, "people");
        track->is_covered = node_flag(one, "covered");
        track->is_uncovered = node_flag(one, "uncovered");
    }
}

static void read_languages(const struct node *list, struct state_booth *booth)
{
    for (const struct node *one = list != NULL ? list->first : NULL;
         one != NULL && booth->n_languages < 3; one = one->next)
        if (one->kind == NODE_TEXT)
            copy(booth->languages[booth->n_languages++], STATE_TAG_BYTES, one->text);
}

static void read_booth(const struct node *one, struct state_booth *booth)
{
    static const char *const handovers[] = { "none", "asked", "offered", "both" };
    read_text(one, "name", booth->name, sizeof booth->name);
    read_languages(node_get(one, "languages"), booth);
    booth->is_one_way = node_flag(one, "one_way");
    booth->is_resting = node_flag(one, "resting");
    booth->is_interpreting = node_flag(one, "interpreting");
    booth->is_coughing = node_flag(one, "coughing");
    booth->on_air = person_of(node_get(one, "on_air"));
    booth->successor = person_of(node_get(one, "successor"));
    booth->n_interpreters =
        read_people(node_get(one, "interpreters"), booth->interpreters, STATE_INTERPRETERS_MAX);
    booth->on_air_s = read_count(one, "on_air_s");
    booth->span_ms = read_count(one, "span_ms");
    booth->handover = (enum state_handover)read_word(one, "handover", handovers, 4);
    read_text(one, "incoming", booth->incoming, sizeof booth->incoming);
    read_text(one, "outgoing", booth->outgoing, sizeof booth->outgoing);
    read_text(one, "relay", booth->relay, sizeof booth->relay);
    read_text(one, "pending", booth->pending, sizeof booth->pending);
    booth->depth = read_index(one, "depth", STATE_TRACKS_MAX);
}

static void read_booths(const struct node *list, struct console_state *out)
{
    for (const struct node *one = list != NULL ? list->first : NULL;
         one != NULL && out->n_booths < STATE_BOOTHS_MAX; one = one->next)
        read_booth(one, &out->booths[out->n_booths++]);
    for (size_t i = 0; i < out->n_tracks; i++) // whose booths are not among them
        if (out->tracks[i].booth >= (int)out->n_booths)
            out->tracks[i].booth = STATE_NONE;
}

static void read_poll(const struct node *poll, struct console_state *out)
{
    out->poll.is_there = poll != NULL && poll->kind == NODE_OBJECT;
    out->poll.is_open = node_flag(poll, "open");
    read_text(poll, "question", out->poll.question, sizeof out->poll.question);
    const struct node *list = node_get(poll, "answers");
    for (const struct node *one = list != NULL ? list->first : NULL;
         one != NULL && out->poll.n_answers < STATE_ANSWERS_MAX; one = one->next) {
        struct state_answer *answer = &out->poll.answers[out->poll.n_answers++];
        read_text(one, "text", answer->text, sizeof answer->text);
        const struct node *count = node_get(one, "count"); // null: not before it is closed
        answer->has_count = count != NULL && count->kind == NODE_NUMBER;
        answer->count = read_count(one, "count");
    }
}

static void read_groups(const struct node *list, struct console_state *out)
{
    for (const struct node *one = list != NULL ? list->first : NULL;
         one != NULL && out->n_groups < STATE_GROUPS_MAX; one = one->next)
        read_text(one, "name", out->groups[out->n_groups++], STATE_NAME_BYTES);
}

static void read_state(const struct node *root, struct console_state *out)
{
    const struct node *meeting = node_get(root, "meeting");
    out->me.track = out->me.booth = STATE_NONE;
    out->has_meeting = meeting != NULL && meeting->kind == NODE_OBJECT;
    if (!out->has_meeting)
        return;
    out->meeting_id = read_count(meeting, "id");
    read_text(meeting, "name", out->meeting, sizeof out->meeting);
    read_floor(node_get(root, "floor"), out);
    read_tracks(node_get(root, "tracks"), out);
    read_booths(node_get(root, "booths"), out);
    read_me(node_get(root, "me"), out);
    out->n_queue = read_people(node_get(root, "queue"), out->queue, STATE_QUEUE_MAX);
    const struct node *speaker = node_get(root, "speaker");
    out->speaker = person_of(speaker);
    out->speaker_s = read_count(speaker, "seconds");
    out->speaker_limit_s = read_count(speaker, "limit_s");
    out->is_speaking = node_flag(speaker, "speaking");
    read_groups(node_get(root, "groups"), out);
    read_poll(node_get(root, "poll"), out);
    out->is_locked = node_flag(root, "locked");
    out->is_all_muted = node_flag(root, "all_muted");
    out->has_lobby = node_flag(root, "lobby");
    out->n_waiting = read_count(root, "waiting");
    out->is_recording = node_flag(root, "recording");
    out->is_music = node_flag(root, "music");
}

bool console_state_parse(const char *text, size_t len, struct console_state *out)
{
    struct node *root = node_parse(text, len);
    bool is_known =
        root != NULL && root->kind == NODE_OBJECT && node_integer(root, "v", 0) == STATE_VERSION;
    if (is_known) {
        memset(out, 0, sizeof *out);
        read_state(root, out);
    }
    node_free(root);
    return is_known;
}

int console_state_track(const struct console_state *state, const char *language)
{
    for (size_t i = 0; language != NULL && i < state->n_tracks; i++)
        if (strcmp(state->tracks[i].language, language) == 0)
            return (int)i;
    return STATE_NONE;
}

const struct state_booth *console_state_booth(const struct console_state *state)
{
    bool is_seated =
        state->has_meeting && state->me.place == PLACE_BOOTH && state->me.booth != STATE_NONE;
    return is_seated ? &state->booths[state->me.booth] : NULL;
}

bool console_state_is_on_air(const struct console_state *state)
{
    const struct state_booth *booth = console_state_booth(state);
    return booth != NULL && booth->on_air.is_there && state->me.session != 0 &&
           booth->on_air.session == state->me.session;
}
