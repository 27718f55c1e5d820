// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUCK_LEAST_DB (-120)
#define HOLD_MAX_MS 10000
#define HISTORY_MAX 200
#define TURN_MAX_MINUTES 480
#define PASSWORD_MAX_BYTES 128

static const char *const plain_keys[] = {
    "tracks",       "booths",       "default_language", "duck_db",
    "hold_ms",      "interpreters", "moderators",       "air",
    "levelling",    "tier",         "chat_history",     "recording",
    "turn_minutes", "lobby",        "password",         "noise_suppression",
};

struct word_list keys_of_meeting(void)
{
    return (struct word_list){ plain_keys, sizeof plain_keys / sizeof plain_keys[0] };
}

static bool is_name_key(const char *key)
{
    return strncasecmp(key, "name.", 5) == 0;
}

bool key_is_of_meeting(const char *key)
{
    for (size_t i = 0; i < keys_of_meeting().n_words; i++) {
        if (str_equal_fold(plain_keys[i], key))
            return true;
    }
    return is_name_key(key);
}

void config_meeting_clear(struct config_meeting *meeting)
{
    free(meeting->name);
    for (size_t i = 0; i < CONFIG_LANGS_MAX; i++)
        free(meeting->tracks[i].name);
    for (size_t i = 0; i < CONFIG_BOOTHS_MAX; i++)
        free(meeting->booths[i].name);
    list_free(meeting->interpreters);
    list_free(meeting->moderators);
    free(meeting->tier);
    free(meeting->password);
    *meeting = (struct config_meeting){ 0 };
}

// ---- languages --------------------------------------------------------------------------------

static int add_track(struct reader *reader, const struct ini_entry *entry, const char *lang,
                     struct config_meeting *meeting)
{
    if (!lang_tag_is_valid(lang))
        return fail_entry(reader, entry,
                          "\"%s\" is no language tag; write one such as es, en, fr, ht or pt-BR",
                          lang);
    if (meeting_find_track(meeting, lang) >= 0)
        return fail_entry(reader, entry, "track \"%s\" is there twice; remove one", lang);
    if (meeting->n_tracks == CONFIG_LANGS_MAX)
        return fail_entry(reader, entry, "a meeting has at most %d tracks; remove some",
                          CONFIG_LANGS_MAX);
    struct config_track *track = &meeting->tracks[meeting->n_tracks];
    (void)snprintf(track->lang, sizeof track->lang, "%s", lang);
    lang_tag_normalise(track->lang);
    track->name = str_dup(lang_own_name(track->lang));
    if (track->name == NULL)
        return fail_memory(reader);
    meeting->n_tracks++;
    return 0;
}

typedef int (*add_fn)(struct reader *reader, const struct ini_entry *entry, const char *item,
                      struct config_meeting *meeting);

static int read_each(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting, add_fn add)
{
    char **list = NULL;
    if (ini_decode_list(reader, entry, &list) != 0)
        return -1;
    int result = 0;
    for (char **item = list; *item != NULL && result == 0; item++)
        result = add(reader, entry, *item, meeting);
    list_free(list);
    return result;
}

static int read_tracks(struct reader *reader, const struct ini_entry *entry,
                       struct config_meeting *meeting)
{
    return read_each(reader, entry, meeting, add_track);
}

static int read_booths(struct reader *reader, const struct ini_entry *entry,
                       struct config_meeting *meeting)
{
    return read_each(reader, entry, meeting, meeting_add_booth);
}

static int read_default_language(struct reader *reader, const struct ini_entry *entry,
                                 struct config_meeting *meeting)
{
    char tracks[160];
    int lang = meeting_find_track(meeting, entry->text);
    if (lang < 0)
        return fail_entry(reader, entry,
                          "default_language \"%s\" is not among the tracks (%s); write one of them",
                          entry->text, meeting_list_tracks(meeting, tracks, sizeof tracks));
    meeting->default_lang = (uint8_t)lang;
    return 0;
}

// ---- the other keys ---------------------------------------------------------------------------

static int read_duck(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting)
{
    int64_t db = DUCK_LEAST_DB;
    if (!str_equal_fold(entry->text, "off") &&
        read_number(reader, entry, DUCK_LEAST_DB, 0, &db) != 0)
        return -1;
    meeting->duck_db = (int)db;
    return 0;
}

static int read_hold(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting)
{
    int64_t ms = 0;
    if (read_number(reader, entry, 0, HOLD_MAX_MS, &ms) != 0)
        return -1;
    meeting->hold_ms = (uint32_t)ms;
    return 0;
}

static int read_history(struct reader *reader, const struct ini_entry *entry,
                        struct config_meeting *meeting)
{
    int64_t n = 0;
    if (read_number(reader, entry, 0, HISTORY_MAX, &n) != 0)
        return -1;
    meeting->history = (uint32_t)n;
    return 0;
}

static int read_turn(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting)
{
    return read_minutes(reader, entry, TURN_MAX_MINUTES, &meeting->turn_s);
}

static int replace_list(struct reader *reader, const struct ini_entry *entry, char ***out)
{
    char **list = NULL;
    if (ini_decode_list(reader, entry, &list) != 0)
        return -1;
    list_free(*out);
    *out = list;
    size_t n = 0;
    while (list[n] != NULL)
        n++;
    if (n > CONFIG_NAMES_MAX)
        return fail_entry(reader, entry, "%s holds more than %d names; use a group", entry->key,
                          CONFIG_NAMES_MAX);
    return 0;
}

static int read_interpreters(struct reader *reader, const struct ini_entry *entry,
                             struct config_meeting *meeting)
{
    if (replace_list(reader, entry, &meeting->interpreters) != 0)
        return -1;
    char **names = meeting->interpreters;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (!str_equal_fold(names[i], "anyone"))
            continue;
        if (i > 0 || names[1] != NULL)
            return fail_entry(reader, entry,
                              "interpreters = anyone lets everybody in; remove the other names");
        free(names[0]);
        names[0] = NULL;
        meeting->is_anyone_interpreter = true;
        return 0;
    }
    return 0;
}

static int read_moderators(struct reader *reader, const struct ini_entry *entry,
                           struct config_meeting *meeting)
{
    return replace_list(reader, entry, &meeting->moderators);
}

static int read_air(struct reader *reader, const struct ini_entry *entry,
                    struct config_meeting *meeting)
{
    meeting->is_air_by_voice = str_equal_fold(entry->text, "voice");
    if (meeting->is_air_by_voice || str_equal_fold(entry->text, "act"))
        return 0;
    return fail_entry(reader, entry, "air = \"%s\" is unknown; write act or voice", entry->text);
}

static int read_levelling(struct reader *reader, const struct ini_entry *entry,
                          struct config_meeting *meeting)
{
    meeting->is_levelling = str_equal_fold(entry->text, "on");
    if (meeting->is_levelling || str_equal_fold(entry->text, "off"))
        return 0;
    return fail_entry(reader, entry, "levelling = \"%s\" is unknown; write on or off", entry->text);
}

static int read_denoising(struct reader *reader, const struct ini_entry *entry,
                          struct config_meeting *meeting)
{
    meeting->is_denoising = str_equal_fold(entry->text, "on");
    if (meeting->is_denoising || str_equal_fold(entry->text, "off"))
        return 0;
    return fail_entry(reader, entry, "noise_suppression = \"%s\" is unknown; write on or off",
                      entry->text);
}

static int read_recording(struct reader *reader, const struct ini_entry *entry,
                          struct config_meeting *meeting)
{
    meeting->is_recording_allowed = str_equal_fold(entry->text, "moderators");
    if (meeting->is_recording_allowed || str_equal_fold(entry->text, "off"))
        return 0;
    return fail_entry(reader, entry, "recording = \"%s\" is unknown; write moderators or off",
                      entry->text);
}

static int read_tier(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting)
{
    const int tier = line_tier(entry->text);
    if (tier < 0)
        return fail_entry(reader, entry,
                          "tier = \"%s\" is unknown; write full, standard, thin, minimum or "
                          "lifeline",
                          entry->text);
    free(meeting->tier);
    meeting->tier = str_dup(line_tier_name((uint32_t)tier));
    return meeting->tier != NULL ? 0 : fail_memory(reader);
}

static int read_lobby(struct reader *reader, const struct ini_entry *entry,
                      struct config_meeting *meeting)
{
    return read_switch(reader, entry, &meeting->has_lobby);
}

// It has to fit among access tokens, which clients part at nothing but lines.
static int read_password(struct reader *reader, const struct ini_entry *entry,
                         struct config_meeting *meeting)
{
    free(meeting->password);
    meeting->password = str_dup(entry->text);
    if (meeting->password == NULL)
        return fail_memory(reader);
    if (strlen(entry->text) > PASSWORD_MAX_BYTES)
        return fail_entry(reader, entry, "password is longer than %d bytes; write a shorter one",
                          PASSWORD_MAX_BYTES);
    return 0;
}

// name.es = Castellano, name.en-es = Cabina
static int read_name(struct reader *reader, const struct ini_entry *entry,
                     struct config_meeting *meeting)
{
    const char *of = entry->key + 5;
    int track = meeting_find_track(meeting, of);
    int booth = track < 0 ? meeting_find_booth(meeting, of) : -1;
    if (track < 0 && booth < 0)
        return fail_entry(reader, entry,
                          "\"%s\" names no track or booth of [meeting \"%s\"]; write name.LANGUAGE "
                          "or name.BOOTH, such as name.es or name.en-es",
                          entry->key, meeting->name);
    char *text = str_dup(entry->text);
    if (text == NULL)
        return fail_memory(reader);
    char **name = track >= 0 ? &meeting->tracks[track].name : &meeting->booths[booth].name;
    free(*name);
    *name = text;
    if (!name_is_sound(text))
        return fail_entry(
            reader, entry,
            "%s = \"%s\" cannot be a channel's name; write 1 to %d characters without "
            "blanks around them",
            entry->key, text, NAME_MAX_UTF16_UNITS);
    return 0;
}

// ---- a whole meeting --------------------------------------------------------------------------

// In the order in which they are applied: the later ones refer to the earlier ones.
static const struct {
    const char *key;
    int (*read)(struct reader *reader, const struct ini_entry *entry,
                struct config_meeting *meeting);
} steps[] = {
    { "tracks", read_tracks },
    { "booths", read_booths },
    { "default_language", read_default_language },
    { "duck_db", read_duck },
    { "hold_ms", read_hold },
    { "turn_minutes", read_turn },
    { "interpreters", read_interpreters },
    { "moderators", read_moderators },
    { "air", read_air },
    { "levelling", read_levelling },
    { "noise_suppression", read_denoising },
    { "tier", read_tier },
    { "chat_history", read_history },
    { "recording", read_recording },
    { "lobby", read_lobby },
    { "password", read_password },
};

static int check_keys(struct reader *reader, size_t section, const struct config_meeting *meeting)
{
    for (size_t i = 0; i < reader->ini.n_entries; i++) {
        const struct ini_entry *entry = &reader->ini.entries[i];
        if (entry->section != section || key_is_of_meeting(entry->key))
            continue;
        if (key_is_of_server(entry->key))
            return fail_entry(reader, entry,
                              "\"%s\" belongs to the server; move it above the first [meeting …], "
                              "or beneath [server]",
                              entry->key);
        char hint[96];
        (void)suggest(entry->key, keys_of_meeting(), hint, sizeof hint);
        return fail_entry(reader, entry, "unknown key \"%s\" in [meeting \"%s\"]%s", entry->key,
                          meeting->name,
                          hint[0] != '\0' ? hint : "; remove it, or see config/susurro.ini");
    }
    return 0;
}

// Channels beside each other need different names.
static int check_names(struct reader *reader, int line, const struct config_meeting *meeting)
{
    const char *names[CONFIG_LANGS_MAX + CONFIG_BOOTHS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < meeting->n_tracks; i++)
        names[n++] = meeting->tracks[i].name;
    for (size_t i = 0; i < meeting->n_booths; i++)
        names[n++] = meeting->booths[i].name;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (strcmp(names[i], names[j]) == 0)
                return fail_line(reader, line,
                                 "two channels of [meeting \"%s\"] are named \"%s\"; give one "
                                 "another name with name.LANGUAGE or name.BOOTH",
                                 meeting->name, names[i]);
        }
    }
    return 0;
}

static int set_defaults(struct reader *reader, struct config_meeting *meeting, const char *name)
{
    *meeting = (struct config_meeting){ .duck_db = -15,
                                        .hold_ms = 2000,
                                        .turn_s = 30 * 60,
                                        .history = 20,
                                        .is_levelling = true,
                                        .is_recording_allowed = true };
    meeting->name = str_dup(name);
    meeting->tier = str_dup("standard");
    meeting->interpreters = calloc(1, sizeof *meeting->interpreters);
    meeting->moderators = calloc(1, sizeof *meeting->moderators);
    if (meeting->name == NULL || meeting->tier == NULL || meeting->interpreters == NULL ||
        meeting->moderators == NULL)
        return fail_memory(reader);
    return 0;
}

int config_apply_meeting(struct reader *reader, size_t section, struct config_meeting *meeting)
{
    const char *name = reader->ini.sections[section].name;
    int line = reader->ini.sections[section].line;
    if (set_defaults(reader, meeting, name) != 0 || check_keys(reader, section, meeting) != 0)
        return -1;
    if (!name_is_sound(name))
        return fail_line(reader, line,
                         "\"%s\" cannot be a meeting's name; write 1 to %d characters without "
                         "blanks around them",
                         name, NAME_MAX_UTF16_UNITS);
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        for (size_t i = 0; i < reader->ini.n_entries; i++) {
            const struct ini_entry *entry = &reader->ini.entries[i];
            if (entry->section == section && str_equal_fold(entry->key, steps[s].key) &&
                steps[s].read(reader, entry, meeting) != 0)
                return -1;
        }
        if (s == 0 && meeting->n_tracks == 0)
            return fail_line(reader, line,
                             "[meeting \"%s\"] has no tracks; add a line such as tracks = en, es",
                             name);
    }
    for (size_t i = 0; i < reader->ini.n_entries; i++) {
        const struct ini_entry *entry = &reader->ini.entries[i];
        if (entry->section == section && is_name_key(entry->key) &&
            read_name(reader, entry, meeting) != 0)
            return -1;
    }
    return check_names(reader, line, meeting);
}
