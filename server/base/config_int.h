// SPDX-License-Identifier: BSD-3-Clause
//
// Private to base: how a configuration text becomes a struct config. First the text is read into
// entries (ini_*, which knows only the grammar), then overrides are added, then each entry is
// applied through a table of keys (config_keys.c, config_meeting.c). Every function that can find a
// mistake returns 0 or -1, with the line for a human in reader->error.
#ifndef SUSURRO_CONFIG_INT_H
#define SUSURRO_CONFIG_INT_H

#include "base/base.h"
#include "base/config.h"

#define INI_FILE_MAX_BYTES (1u << 20)
#define INI_ENTRIES_MAX 4096
#define INI_KEY_MAX_BYTES 128

enum ini_scope { SCOPE_SERVER, SCOPE_MEETING, SCOPE_ICE };

struct ini_section {
    enum ini_scope scope;
    char *name; // of the meeting; NULL otherwise
    int line;
};
struct ini_entry {
    size_t section;
    char *key;
    char *value;   // as written: quotes and escapes still in it, comment and blanks around it gone
    char *text;    // the same without quotes and escapes
    int line;      // or one of:
#define LINE_SET 0 // from --set
#define LINE_STORED (-1) // kept in the database
};
struct ini {
    struct ini_section *sections; // the first is the text before any section
    size_t n_sections;
    struct ini_entry *entries;
    size_t n_entries;
};

struct reader {
    const char *file; // name for messages
    struct ini ini;
    struct config *config;
    config_warning_fn warn;
    void *context;
    char *error; // CONFIG_ERROR_BYTES
};

// All write "FILE:LINE: …" (or "--set KEY: …") into reader->error and return -1.
int fail_line(struct reader *reader, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int fail_entry(struct reader *reader, const struct ini_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int fail_set(struct reader *reader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int fail_memory(struct reader *reader);
// Removes a character that snprintf cut in two from the end of a text.
void cut_clean(char *text);
// Where an entry stands, as messages begin: "FILE:LINE" or "--set KEY".
void entry_where(const struct reader *reader, const struct ini_entry *entry, char *out, size_t cap);

// ---- grammar ----------------------------------------------------------------------------------
int ini_read(struct reader *reader, const char *text, size_t len);
// Adds or replaces. section is an index; value is taken as written.
int ini_set(struct reader *reader, size_t section, const char *key, const char *value, int line);
int ini_check_quotes(const char *value); // -1: a quote is not closed
void ini_clear(struct ini *ini);
// Without quotes and escapes; a heap copy.
char *ini_decode(const char *value, size_t len);
// Splits at commas outside quotes; a NULL terminated heap list of decoded, non-empty entries.
// Blank gives an empty list. -1 with a message when an entry between commas is empty.
int ini_decode_list(struct reader *reader, const struct ini_entry *entry, char ***out);
void list_free(char **list);

// ---- keys -------------------------------------------------------------------------------------
struct word_list {
    const char *const *words;
    size_t n_words;
};
// `; did you mean "x"?`, or "" when nothing is near, into out.
const char *suggest(const char *word, struct word_list known, char *out, size_t cap);
bool key_is_of_server(const char *key);
bool key_is_of_process(const char *key); // cannot come from the database
bool key_is_list(const char *key);
bool key_is_of_meeting(const char *key);
struct word_list keys_of_meeting(void);
// Each leaves *out as it is when the value is blank.
int read_number(struct reader *reader, const struct ini_entry *entry, int64_t least, int64_t most,
                int64_t *out);
// A number of minutes, perhaps a broken one, as seconds.
int read_minutes(struct reader *reader, const struct ini_entry *entry, uint32_t most,
                 uint32_t *out_s);
int read_switch(struct reader *reader, const struct ini_entry *entry, bool *out);
int read_opinion(struct reader *reader, const struct ini_entry *entry, int *out);
int read_version(struct reader *reader, const struct ini_entry *entry, uint64_t *out);
int read_text(struct reader *reader, const struct ini_entry *entry, char **out);
int read_regex(struct reader *reader, const struct ini_entry *entry, char **out);
int read_log_level(struct reader *reader, const struct ini_entry *entry, char **out);
int read_list(struct reader *reader, const struct ini_entry *entry, char ***out);
int read_lines(struct reader *reader, const struct ini_entry *entry, char ***out);
int config_apply_server(struct reader *reader, const struct ini_entry *entry);
// config_booths.c: -1: none. A booth is meant by its languages: "en-es", "es-en", "en>es".
int meeting_find_track(const struct config_meeting *meeting, const char *lang);
int meeting_find_booth(const struct config_meeting *meeting, const char *text);
const char *meeting_list_tracks(const struct config_meeting *meeting, char *out,
                                size_t cap); // "en, es" for messages
int meeting_add_booth(struct reader *reader, const struct ini_entry *entry, const char *text,
                      struct config_meeting *meeting);
int config_apply_meeting(struct reader *reader, size_t section, struct config_meeting *meeting);
// Values kept in the database into the entries; those that are wrong are warned of and left out.
int config_add_stored(struct reader *reader, const struct config_stored *stored, size_t n_stored);
struct config *config_defaults(const char *path); // NULL: memory
void config_meeting_clear(struct config_meeting *meeting);

#endif
