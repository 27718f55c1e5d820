// SPDX-License-Identifier: BSD-3-Clause
//
// Meetings, from their declaration to channels and server-made users.
//
// A meeting is declared in the configuration, or known to the store from an earlier declaration.
// Its channels carry their ids from one start to the next: they are found by the part that the
// store says they have, then by name under the floor channel, and made when missing.
#include "control/display/display_int.h"
#include "control/meeting/roles.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define BOOTH_POSITION 100 // booths stand after the tracks

// How the store names a channel's part in its meeting.
void declare_role(const struct meeting_info *meeting, enum channel_role role, uint8_t index,
                  char out[ROLE_BYTES])
{
    const struct meeting_booth *booth = &meeting->booths[index];
    if (role == CHANNEL_FLOOR)
        snprintf(out, ROLE_BYTES, "floor");
    else if (role == CHANNEL_TRACK)
        snprintf(out, ROLE_BYTES, "track:%s", meeting->tracks[index].lang);
    else if (role == CHANNEL_BOOTH)
        snprintf(out, ROLE_BYTES, "booth:%s%s%s%s%s", meeting->tracks[booth->lang_a].lang,
                 booth->is_one_way ? ">" : "-", meeting->tracks[booth->lang_b].lang,
                 booth->has_third ? "-" : "",
                 booth->has_third ? meeting->tracks[booth->lang_c].lang : "");
    else
        out[0] = '\0';
}

struct search {
    const char *what; // a role, or a meeting's name
    uint32_t meeting, found;
};

static int match_role(void *context, const struct store_channel *stored)
{
    struct search *search = context;
    if (stored->meeting_role != NULL && stored->meeting_id == search->meeting &&
        strcmp(stored->meeting_role, search->what) == 0)
        search->found = stored->id;
    return 0;
}

// The part it had before, whatever people have called it since; else by name; else a new one.
static struct channel *find_or_make(struct server *server, const struct meeting_info *meeting,
                                    enum channel_role role, uint8_t index, const char *name)
{
    char part[ROLE_BYTES];
    declare_role(meeting, role, index, part);
    struct search search = { .what = part, .meeting = meeting->id, .found = MODEL_NONE };
    store_channels_each(server->store, match_role, &search);
    struct channel *channel = model_channel(server->model, search.found);
    if (channel == NULL)
        channel = model_channel_child(server->model, meeting->id, name);
    if (channel == NULL &&
        (channel = model_channel_add(server->model, MODEL_NONE, meeting->id, name)) != NULL)
        channel->position = role == CHANNEL_BOOTH ? BOOTH_POSITION + index : index;
    return channel;
}

static int match_meeting(void *context, uint32_t channel_id, const char *declaration)
{
    struct search *search = context;
    static const char head[] = "[meeting \"";
    size_t len = strlen(search->what);
    const char *name = declaration + sizeof(head) - 1;
    if (strncmp(declaration, head, sizeof(head) - 1) == 0 &&
        strncmp(name, search->what, len) == 0 && strncmp(name + len, "\"]", 2) == 0)
        search->found = channel_id;
    return 0;
}

static struct channel *find_or_make_floor(struct server *server, const char *name)
{
    struct search search = { .what = name, .found = MODEL_NONE };
    store_meetings_each(server->store, match_meeting, &search);
    struct channel *channel = model_channel(server->model, search.found);
    if (channel == NULL)
        channel = model_channel_child(server->model, MODEL_ROOT, name);
    return channel != NULL ? channel
                           : model_channel_add(server->model, MODEL_NONE, MODEL_ROOT, name);
}

static void assign(struct server *server, struct channel *channel, uint32_t meeting,
                   enum channel_role role, uint8_t index)
{
    channel->meeting = meeting;
    channel->role = role;
    channel->role_index = index;
    model_rights_changed(server->model);
    channels_save(server, channel);
}

// The voice of a track or booth: a user made by the server, with a hash that stays, so that clients
// keep their local volume for it.
uint32_t declare_voice(struct server *server, const char *meeting, const char *name,
                       uint32_t channel)
{
    char label[256], seed[512];
    snprintf(label, sizeof(label), "%s 🎧", name);
    if (model_user_by_name(server->model, label) != NULL)
        snprintf(label, sizeof(label), "%s · %s 🎧", meeting, name);
    struct user *user = model_user_add(server->model, label, true);
    if (user == NULL)
        return 0;
    uint8_t digest[SHA_DIGEST_LENGTH];
    snprintf(seed, sizeof(seed), "susurro voice\n%s\n%s", meeting, name);
    SHA1((const uint8_t *)seed, strlen(seed), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(user->cert_hash + 2 * i, 3, "%02x", digest[i]);
    user->channel = channel;
    user->is_priority_speaker =
        true; // or a stock client would lower it under any other priority speaker
    return user->session;
}

// Clients know of it only from the first listener on who needs it: most meetings never do.
uint32_t declare_floor_voice(struct server *server, struct meeting_info *meeting)
{
    if (meeting->floor_session != 0)
        return meeting->floor_session;
    meeting->floor_session = declare_voice(server, meeting->name, meeting->name, meeting->id);
    struct user *voice = model_user(server->model, meeting->floor_session);
    const struct meeting_run *run = run_of(server, meeting->id);
    if (voice != NULL) {
        voice->is_recording = run != NULL && run->is_recording;
        users_state_broadcast(server, voice);
    }
    return meeting->floor_session;
}

static char **names_copy(char *const *names)
{
    size_t n = 0;
    while (names != NULL && names[n] != NULL)
        n++;
    char **copy = calloc(n + 1, sizeof(char *));
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = str_dup(names[i]);
    return copy;
}

static void names_clear(char **names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        free(names[i]);
    free(names);
}

// What can change while people are in it.
static void take_settings(struct meeting_info *meeting, const struct config_meeting *config)
{
    enum tier tier = TIER_STANDARD;
    if (config->tier != NULL)
        tier_from_name(config->tier, &tier);
    meeting->tier = (uint8_t)tier;
    meeting->duck_db = config->duck_db;
    meeting->hold_ms = config->hold_ms;
    meeting->history = config->history;
    meeting->turn_s = config->turn_s;
    meeting->is_levelling = config->is_levelling;
    meeting->is_air_by_voice = config->is_air_by_voice;
    meeting->is_anyone_interpreter = config->is_anyone_interpreter;
    meeting->is_recording_allowed = config->is_recording_allowed;
    names_clear(meeting->interpreters);
    names_clear(meeting->moderators);
    meeting->interpreters = names_copy(config->interpreters);
    meeting->moderators = names_copy(config->moderators);
}

static bool declare_tracks(struct server *server, struct meeting_info *meeting,
                           const struct config_meeting *config)
{
    meeting->n_tracks = config->n_tracks;
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        struct meeting_track *track = &meeting->tracks[i];
        snprintf(track->lang, sizeof(track->lang), "%s", config->tracks[i].lang);
        track->name = str_dup(config->tracks[i].name);
        struct channel *channel = track->name != NULL
                                      ? find_or_make(server, meeting, CHANNEL_TRACK, i, track->name)
                                      : NULL;
        if (channel == NULL)
            return false;
        track->channel = channel->id;
        assign(server, channel, meeting->id, CHANNEL_TRACK, i);
        track->session = declare_voice(server, meeting->name, track->name, channel->id);
    }
    return true;
}

static bool declare_booths(struct server *server, struct meeting_info *meeting,
                           const struct config_meeting *config)
{
    meeting->n_booths = config->n_booths;
    for (uint8_t i = 0; i < config->n_booths; i++) {
        struct meeting_booth *booth = &meeting->booths[i];
        booth->lang_a = config->booths[i].lang_a;
        booth->lang_b = config->booths[i].lang_b;
        booth->lang_c = config->booths[i].lang_c;
        booth->has_third = config->booths[i].has_third;
        booth->is_one_way = config->booths[i].is_one_way;
        booth->name = str_dup(config->booths[i].name);
        struct channel *channel = booth->name != NULL
                                      ? find_or_make(server, meeting, CHANNEL_BOOTH, i, booth->name)
                                      : NULL;
        if (channel == NULL)
            return false;
        booth->channel = channel->id;
        assign(server, channel, meeting->id, CHANNEL_BOOTH, i);
        booth->session = declare_voice(server, meeting->name, booth->name, channel->id);
    }
    return true;
}

static bool declare(struct server *server, const struct config_meeting *config)
{
    struct channel *floor = find_or_make_floor(server, config->name);
    struct meeting_info *meeting =
        floor != NULL ? model_meeting_add(server->model, floor->id, config->name) : NULL;
    if (meeting == NULL)
        return false;
    meeting->default_lang = config->default_lang;
    take_settings(meeting, config);
    assign(server, floor, floor->id, CHANNEL_FLOOR, 0);
    return declare_tracks(server, meeting, config) && declare_booths(server, meeting, config) &&
           run_add(server, meeting) && roles_make_groups(server, meeting) &&
           door_load(server, meeting) && door_configure(server, meeting, config);
}

// Quoted, as the reader of the file takes it.
static void add_quoted(struct buffer *out, const char *text)
{
    buffer_add(out, "\"", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add(out, "\\", 1);
        buffer_add(out, text, 1);
    }
    buffer_add(out, "\"", 1);
}

// The declaration as the store keeps it: a section as it would stand in the file.
static void add_text(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text));
}

static void add_names(struct buffer *out, const char *key, char *const *names)
{
    add_text(out, key);
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        add_text(out, i > 0 ? ", " : "");
        add_text(out, names[i]);
    }
}

static char *describe(const struct config_meeting *config)
{
    struct buffer out;
    char number[128], pair[CONFIG_BOOTH_BYTES];
    buffer_init(&out, 1 << 16);
    add_text(&out, "[meeting \"");
    add_text(&out, config->name);
    add_text(&out, "\"]\ntracks = ");
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        add_text(&out, i > 0 ? ", " : "");
        add_text(&out, config->tracks[i].lang);
    }
    add_text(&out, "\nbooths = ");
    for (uint8_t i = 0; i < config->n_booths; i++) {
        add_text(&out, i > 0 ? ", " : "");
        add_text(&out, config_booth_text(config, &config->booths[i], pair));
    }
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        snprintf(number, sizeof(number), "\nname.%s = ", config->tracks[i].lang);
        add_text(&out, number);
        add_text(&out, config->tracks[i].name);
    }
    for (uint8_t i = 0; i < config->n_booths; i++) {
        snprintf(number, sizeof(number),
                 "\nname.%s = ", config_booth_text(config, &config->booths[i], pair));
        add_text(&out, number);
        add_text(&out, config->booths[i].name);
    }
    snprintf(number, sizeof(number),
             "\ndefault_language = %s\nduck_db = %d\nhold_ms = %u\nturn_minutes = %.6g",
             config->tracks[config->default_lang].lang, config->duck_db, config->hold_ms,
             config->turn_s / 60.0);
    add_text(&out, number);
    snprintf(number, sizeof(number), "\nchat_history = %u", config->history);
    add_text(&out, number);
    add_text(&out, config->is_levelling ? "\nlevelling = on" : "\nlevelling = off");
    add_text(&out, config->is_air_by_voice ? "\nair = voice" : "\nair = act");
    if (!config->is_recording_allowed)
        add_text(&out, "\nrecording = off");
    add_names(&out, "\nmoderators = ", config->moderators);
    if (config->is_anyone_interpreter)
        add_text(&out, "\ninterpreters = anyone");
    else
        add_names(&out, "\ninterpreters = ", config->interpreters);
    add_text(&out, "\ntier = ");
    add_text(&out, config->tier != NULL ? config->tier : "standard");
    add_text(&out, config->has_lobby ? "\nlobby = on" : "\nlobby = off");
    if (config->password != NULL && config->password[0] != '\0') {
        add_text(&out, "\npassword = ");
        add_quoted(&out, config->password);
    }
    char *text = buffer_add(&out, "\n", 2) ? str_dup((const char *)out.data) : NULL;
    buffer_clear(&out);
    return text;
}

// A group with interpreters is none of those that are declared, whatever it is called.
static struct meeting_info *meeting_named(const struct server *server, const char *name)
{
    size_t i = 0;
    struct meeting_info *meeting = model_meeting_at(server->model, 0);
    while (meeting != NULL && (meeting->parent != MODEL_NONE || strcmp(meeting->name, name) != 0))
        meeting = model_meeting_at(server->model, ++i);
    return meeting;
}

static bool declare_and_keep(struct server *server, const struct config_meeting *config)
{
    char *declaration = describe(config);
    bool is_declared = declaration != NULL && declare(server, config);
    if (is_declared)
        storage_meeting_put(server, meeting_named(server, config->name)->id, declaration);
    free(declaration);
    return is_declared;
}

static bool is_in_file(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_meetings; i++)
        if (strcmp(config->meetings[i].name, name) == 0)
            return true;
    return false;
}

// A meeting that the file does not name (any more) goes on as it was last declared, until somebody
// removes its channel.
static int restore(void *context, uint32_t channel_id, const char *declaration)
{
    struct server *server = context;
    char error[CONFIG_ERROR_BYTES];
    struct config *parsed = config_parse("database", declaration, NULL, 0, NULL, NULL, error);
    if (parsed == NULL) {
        log_error("control", "a stored meeting is not understood", "channel=%u reason=\"%s\"",
                  channel_id, error);
        return 0;
    }
    bool is_fine = true;
    for (size_t i = 0; i < parsed->n_meetings && is_fine; i++) {
        if (is_in_file(server->config, parsed->meetings[i].name))
            continue;
        char name[256];
        log_info("control", "meeting restored from the database", "meeting=%s",
                 log_quote(parsed->meetings[i].name, name, sizeof(name)));
        is_fine = declare(server, &parsed->meetings[i]);
    }
    config_free(parsed);
    return is_fine ? 0 : -1;
}

// A guest's name proves nothing: who comes by one that is not registered has its rights.
static void warn_of_names(const struct server *server, const char *where, char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        char name[256], place[256];
        if (names[i][0] == '$' || registry_by_name(server->model, names[i]) != NULL)
            continue;
        log_warn("control", "any guest of this name moderates: register it, or write $ and a hash",
                 "name=%s where=%s", log_quote(names[i], name, sizeof(name)),
                 log_quote(where, place, sizeof(place)));
    }
}

static void warn_of_guests(const struct server *server)
{
    const struct meeting_info *meeting;
    warn_of_names(server, "server", server->config->moderators);
    for (size_t i = 0; (meeting = model_meeting_at(server->model, i)) != NULL; i++)
        warn_of_names(server, meeting->name, meeting->moderators);
}

bool meetings_declare(struct server *server, char *error, size_t cap)
{
    channels_save(server, model_channel(server->model, MODEL_ROOT));
    if (!invites_open(server)) {
        snprintf(error, cap, "database: cannot keep the key of invitations: %s",
                 store_last_error(server->store));
        return false;
    }
    for (size_t i = 0; i < server->config->n_meetings; i++) {
        if (declare_and_keep(server, &server->config->meetings[i]))
            continue;
        snprintf(error, cap, "meeting \"%s\" cannot be set up: out of memory or session numbers",
                 server->config->meetings[i].name);
        return false;
    }
    if (store_meetings_each(server->store, restore, server) != 0 || !storage_write_now(server)) {
        snprintf(error, cap, "database: cannot read or write the meetings: %s",
                 store_last_error(server->store));
        return false;
    }
    warn_of_guests(server);
    return true;
}

static bool has_same_languages(const struct meeting_info *meeting,
                               const struct config_meeting *config)
{
    if (config->n_tracks != meeting->n_tracks || config->n_booths != meeting->n_booths ||
        config->default_lang != meeting->default_lang)
        return false;
    for (uint8_t i = 0; i < config->n_tracks; i++)
        if (strcmp(config->tracks[i].lang, meeting->tracks[i].lang) != 0)
            return false;
    for (uint8_t i = 0; i < config->n_booths; i++)
        if (config->booths[i].lang_a != meeting->booths[i].lang_a ||
            config->booths[i].lang_b != meeting->booths[i].lang_b ||
            config->booths[i].has_third != meeting->booths[i].has_third ||
            (config->booths[i].has_third &&
             config->booths[i].lang_c != meeting->booths[i].lang_c) ||
            config->booths[i].is_one_way != meeting->booths[i].is_one_way)
            return false;
    return true;
}

// SIGHUP: what meetings are set to changes live, for everybody in them; new meetings, and other
// languages and booths, need a restart.
void meetings_reload(struct server *server)
{
    model_set_moderators(server->model, server->config->moderators);
    for (size_t i = 0; i < server->config->n_meetings; i++) {
        const struct config_meeting *config = &server->config->meetings[i];
        struct meeting_info *meeting = meeting_named(server, config->name);
        char name[256];
        if (meeting == NULL || !has_same_languages(meeting, config)) {
            log_warn("control", "a new meeting, and its languages and booths, come with a restart",
                     "meeting=%s", log_quote(config->name, name, sizeof(name)));
            continue;
        }
        take_settings(meeting, config);
        if (!door_configure(server, meeting, config))
            log_error("control", "a meeting's lobby or password could not be set", "meeting=%u",
                      meeting->id);
        door_save(server, meeting);
        char *declaration = describe(config);
        if (declaration != NULL)
            storage_meeting_put(server, meeting->id, declaration);
        free(declaration);
        meetings_reconfigure(server, meeting);
        if (!meeting->is_recording_allowed)
            recording_revoke(server, meeting);
        if (run_of(server, meeting->id) != NULL)
            describe_changed(server, run_of(server, meeting->id));
        display_changed(server, meeting->id);
    }
    rights_changed(server);
    warn_of_guests(server);
}
