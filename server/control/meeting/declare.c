// SPDX-License-Identifier: BSD-3-Clause
//
// Which meetings there are: those of the configuration, and those that the store knows from an
// earlier declaration; at the start, and what of it changes when the configuration is read again.
#include "control/display/display_int.h"
#include "control/meeting/declare_int.h"
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

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
    meeting->is_denoising = config->is_denoising;
    meeting->is_air_by_voice = config->is_air_by_voice;
    meeting->is_anyone_interpreter = config->is_anyone_interpreter;
    meeting->is_recording_allowed = config->is_recording_allowed;
    names_clear(meeting->interpreters);
    names_clear(meeting->moderators);
    meeting->interpreters = names_copy(config->interpreters);
    meeting->moderators = names_copy(config->moderators);
}

static bool declare(struct server *server, const struct config_meeting *config)
{
    struct channel *floor = declare_floor(server, config->name);
    struct meeting_info *meeting =
        floor != NULL ? model_meeting_add(server->model, floor->id, config->name) : NULL;
    if (meeting == NULL)
        return false;
    meeting->default_lang = config->default_lang;
    take_settings(meeting, config);
    declare_part(server, floor, floor->id, CHANNEL_FLOOR, 0);
    return declare_tracks(server, meeting, config) && declare_booths(server, meeting, config) &&
           run_add(server, meeting) && roles_make_groups(server, meeting) &&
           door_load(server, meeting) && door_configure(server, meeting, config);
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
    char *declaration = declare_text(config);
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
        char *declaration = declare_text(config);
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
