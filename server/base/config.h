// SPDX-License-Identifier: BSD-3-Clause
//
// config: the server's configuration, from an INI file with mumble-server's keys, our own beside
// them, and [meeting "Name"] sections. A second public header of base because it is a page of its
// own. config_load runs at start and on SIGHUP, on the control thread; the result is immutable and
// owned by the caller.
//
// Every mistake is one line that names file, line and remedy:
//   meeting.ini:12: unknown key "trakcs" in [meeting "Asamblea"]; did you mean "tracks"?
#ifndef SUSURRO_CONFIG_H
#define SUSURRO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MEETINGS_MAX 256
#define CONFIG_NAMES_MAX 64
#define CONFIG_LANGS_MAX 8
#define CONFIG_BOOTHS_MAX 8
#define CONFIG_ERROR_BYTES 512
#define LANG_TAG_BYTES 16 // with the zero
#define NAME_MAX_UTF16_UNITS 512
#define CONFIG_BOOTH_BYTES 64 // "pt-BR-en-es", with the zero

struct config_track {
    char lang[LANG_TAG_BYTES]; // BCP 47, case as in "pt-BR"
    char *name;                // channel name; the language's own name by default ("Español")
};
struct config_booth {
    uint8_t lang_a, lang_b; // indices of tracks
    uint8_t lang_c;         // the third of "en-es-fr"
    bool has_third;
    bool is_one_way; // "en>es"
    char *name;      // "Booth en-es"
};
struct config_meeting {
    char *name; // the floor channel
    uint8_t n_tracks, n_booths;
    struct config_track tracks[CONFIG_LANGS_MAX];
    struct config_booth booths[CONFIG_BOOTHS_MAX];
    uint8_t default_lang; // index
    int duck_db;          // -120 ("off") to 0
    uint32_t hold_ms;     // 2000
    bool is_air_by_voice; // air = voice
    bool is_levelling;    // on unless told: voices are brought to one loudness
    bool is_denoising;    // noise_suppression, off unless told
    uint32_t history;     // messages of the chat that late-comers are shown; 0: none
    uint32_t turn_s;      // 30 minutes: a soft reminder to the one on air; 0: none
    // Not read from files yet: zero.
    bool is_stacking;          // progressive stacking in the speaking queue
    uint32_t speaking_limit_s; // of a turn; 0: none
    bool is_recording_allowed; // recording = moderators (default) or off
    bool is_anyone_interpreter;
    char **interpreters; // names, NULL terminated
    char **moderators;
    bool has_lobby; // newcomers wait until a moderator lets them in
    char *password; // of the meeting; NULL or blank: none
    char *tier;     // "full" to "lifeline": the best that listeners get who ask for nothing
};

struct config {
    char *path; // NULL: built-in defaults
    // mumble-server's keys
    uint16_t port;
    char *host; // blank: every address
    char *server_password, *welcome_text, *register_name;
    char *welcome_text_file; // welcometextfile; its content is in welcome_text unless that was set
    char *run_as;            // uname: whom to become when started as root
    char *database;          // SQLite path
    char *ssl_cert, *ssl_key, *ssl_passphrase;
    char *log_file, *pid_file;
    char *channel_name_regex, *user_name_regex;
    uint32_t users, users_per_channel, bandwidth_bps, timeout_s;
    uint32_t text_message_length, image_message_length;
    uint32_t message_limit, message_burst;
    uint32_t channel_nesting_limit, channel_count_limit, default_channel;
    bool is_html_allowed, is_ping_allowed, is_cert_required, is_version_sent;
    bool is_channel_remembered;  // rememberchannel
    uint32_t remember_channel_s; // rememberchannelduration; 0: for ever
    bool is_recording_allowed;
    uint32_t plugin_message_limit, plugin_message_burst;
    int32_t listeners_per_channel, listeners_per_user; // -1: no limit, 0: none
    bool is_listener_volume_broadcast;
    uint32_t autoban_attempts, autoban_timeframe_s, autoban_time_s; // attempts 0: off
    bool is_autoban_counting_successful;
    uint64_t suggest_version;                     // v2 form; 0: no opinion
    int suggest_positional, suggest_push_to_talk; // -1: no opinion, 0, 1
    char *ssl_ca; // PEM file: intermediate certificates, and who vouches for "strong" clients
    // ours
    uint32_t voice_threads;  // 0: one for every two cores, at least 1
    uint32_t mixer_threads;  // 0: one for every four cores, at least 1
    uint32_t voice_dscp;     // what voice datagrams are marked with; 0: nothing
    uint32_t voice_priority; // real-time priority of the voice threads; 0: as other programs
    char *log_level;
    char **moderators;             // of the server: names, NULL terminated
    char **lines;                  // rules of lines, each for line_rule_read, NULL terminated
    uint32_t lines_ceiling_kbps;   // of what is sent to all together; 0: none
    char *recordings;              // the folder of recordings; blank: none are made
    bool is_hiding_channels;       // hidechannels: from those who may not enter them
    uint32_t connections_per_host; // that have not logged in yet, at most
    size_t n_meetings;
    struct config_meeting *meetings;
    size_t n_origins;
    struct config_origin *origins; // for config_where
};

// Reads the file (NULL: only defaults), then the `--set key=value` overrides (also
// `meeting.NAME.key=value`). Returns NULL and a line for a human in error[] when anything is wrong.
// Keys of mumble-server that this release does not obey are listed, one warning each, through the
// callback (may be NULL).
typedef void (*config_warning_fn)(void *context, const char *line);
struct config *config_load(const char *path, const char *const *overrides, size_t n_overrides,
                           config_warning_fn warn, void *context, char error[CONFIG_ERROR_BYTES]);
// The same with values that are kept in the database: they come after the file and before the
// overrides. One that is wrong there, or cannot be kept there (database, logfile, pidfile, uname,
// log_level, voice_threads, mixer_threads, voice_dscp, voice_priority), is left out with a warning.
struct config_stored {
    const char *key, *value; // the value as it is, without quotes and escapes
};
struct config_sources {
    const struct config_stored *stored;
    size_t n_stored;
    const char *const *overrides;
    size_t n_overrides;
    config_warning_fn warn;
    void *context;
};
struct config *config_load_sources(const char *path, const struct config_sources *sources,
                                   char error[CONFIG_ERROR_BYTES]);
// The same from memory; `name` stands in messages for the file. For tests and the fuzzer.
struct config *config_parse(const char *name, const char *text, const char *const *overrides,
                            size_t n_overrides, config_warning_fn warn, void *context,
                            char error[CONFIG_ERROR_BYTES]);
void config_free(struct config *config);
// A booth as it is written: "en-es", "en-es-fr", "en>es". Returns out.
const char *config_booth_text(const struct config_meeting *meeting,
                              const struct config_booth *booth, char out[CONFIG_BOOTH_BYTES]);
// Where a key was set, for messages about what is found out later (a port in use, an unreadable
// key): "susurro.ini:12", "the database's port", "--set port" or "built-in default". Keys:
// "sslKey", "meeting.NAME" (its section), "meeting.NAME.tracks".
const char *config_where(const struct config *config, const char *key);

// ---- lines: caps and pins of what is heard, caps of what is sent ------------------------------
// A rule is "WHO max TIER" (no better), "WHO pin TIER" (exactly) or "WHO send KBPS" (54, 38, 24 or
// 16), where WHO is: server | meeting NAME | channel PATH | group NAME | user NAME or #ID.
enum line_who { LINE_SERVER, LINE_MEETING, LINE_CHANNEL, LINE_GROUP, LINE_USER };
enum line_what { LINE_BEST, LINE_PIN, LINE_SEND };
struct line_rule {
    enum line_who who;
    enum line_what what;
    char *name;     // heap; "" of the server
    uint32_t value; // MAX, PIN: 0 full to 4 lifeline; SEND: kbit/s
};
int line_rule_read(const char *text, struct line_rule *rule); // 0; -1: no rule; -2: memory
char *line_rule_write(const struct line_rule *rule);          // heap; NULL: memory
int line_tier(const char *word); // 0 full to 4 lifeline, -1: none; any case
const char *line_tier_name(uint32_t tier);
uint32_t line_send(const char *word); // 54, 38, 24, 16; 0: none

// ---- languages -------------------------------------------------------------------------------
// A language's own name ("es" -> "Español"); the tag itself when unknown.
const char *lang_own_name(const char *tag);
bool lang_tag_is_valid(const char *tag);
void lang_tag_normalise(char *tag); // "ES-mx" -> "es-MX", in place; the tag must be valid

// ---- names of users and channels ---------------------------------------------------------------
// A rule is a compiled regular expression (PCRE, \w with all letters of Unicode) that must match
// the whole name. One thread at a time uses a rule.
#define CONFIG_USER_NAME_REGEX "[ -=\\w\\[\\]\\{\\}\\(\\)\\@\\|\\.]+"
#define CONFIG_CHANNEL_NAME_REGEX "[ -=\\w\\#\\[\\]\\{\\}\\(\\)\\@\\|]+"
struct name_rule;
// NULL and the reason in why[] when it does not compile.
struct name_rule *name_rule_new(const char *regex, char *why, size_t cap);
void name_rule_free(struct name_rule *rule);
bool name_rule_matches(const struct name_rule *rule, const char *name); // implies name_is_sound
// What any name must be: UTF-8, 1 to 512 UTF-16 units, no control characters, no white space at its
// ends.
bool name_is_sound(const char *name);

#endif
