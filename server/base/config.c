// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- messages ---------------------------------------------------------------------------------

void cut_clean(char *text)
{
    size_t end = strlen(text);
    for (int i = 0; i < 3 && end > 0 && !str_is_utf8(text); i++)
        text[--end] = '\0';
}

static int write_error(struct reader *reader, const char *where, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static int write_error(struct reader *reader, const char *where, const char *format, va_list args)
{
    int len = snprintf(reader->error, CONFIG_ERROR_BYTES, "%s: ", where);
    if (len > 0 && len < CONFIG_ERROR_BYTES)
        (void)vsnprintf(reader->error + len, CONFIG_ERROR_BYTES - (size_t)len, format, args);
    for (char *c = reader->error; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    }
    cut_clean(reader->error);
    return -1;
}

int fail_line(struct reader *reader, int line, const char *format, ...)
{
    char where[256];
    (void)snprintf(where, sizeof where, "%.200s:%d", reader->file, line);
    va_list args;
    va_start(args, format);
    int result = write_error(reader, where, format, args);
    va_end(args);
    return result;
}

void entry_where(const struct reader *reader, const struct ini_entry *entry, char *out, size_t cap)
{
    const struct ini_section *section = &reader->ini.sections[entry->section];
    if (entry->line > 0)
        (void)snprintf(out, cap, "%.200s:%d", reader->file, entry->line);
    else if (entry->line == LINE_STORED)
        (void)snprintf(out, cap, "the database's %s", entry->key);
    else if (section->name != NULL)
        (void)snprintf(out, cap, "--set meeting.%s.%s", section->name, entry->key);
    else
        (void)snprintf(out, cap, "--set %s", entry->key);
    cut_clean(out);
}

int fail_entry(struct reader *reader, const struct ini_entry *entry, const char *format, ...)
{
    char where[256];
    entry_where(reader, entry, where, sizeof where);
    va_list args;
    va_start(args, format);
    int result = write_error(reader, where, format, args);
    va_end(args);
    return result;
}

int fail_set(struct reader *reader, const char *key, const char *format, ...)
{
    char where[256];
    (void)snprintf(where, sizeof where, "--set %s", key);
    cut_clean(where);
    va_list args;
    va_start(args, format);
    int result = write_error(reader, where, format, args);
    va_end(args);
    return result;
}

int fail_memory(struct reader *reader)
{
    (void)snprintf(reader->error, CONFIG_ERROR_BYTES, "%.200s: out of memory", reader->file);
    return -1;
}

// ---- overrides --------------------------------------------------------------------------------

// meeting.NAME.key: NAME may hold dots, so it is found among the meetings there are. Returns the
// section and sets *key; 0 (the server's) when there is no such meeting.
static size_t find_meeting(const struct ini *ini, const char *rest, const char **key)
{
    for (size_t i = 1; i < ini->n_sections; i++) {
        const char *name = ini->sections[i].name;
        size_t len = name != NULL ? strlen(name) : 0;
        if (len > 0 && strncmp(rest, name, len) == 0 && rest[len] == '.') {
            *key = rest + len + 1;
            return i;
        }
    }
    return 0;
}

static int apply_override(struct reader *reader, const char *override)
{
    const char *equals = strchr(override, '=');
    if (!str_is_utf8(override))
        return fail_set(reader, "…", "this is not UTF-8 text; write key=value in UTF-8");
    if (equals == NULL || equals == override)
        return fail_set(reader, override, "a value is missing; write --set key=value");
    size_t n_name = (size_t)(equals - override);
    while (n_name > 0 && override[n_name - 1] == ' ')
        n_name--;
    char *name = strndup(override, n_name);
    if (name == NULL)
        return fail_memory(reader);
    int result = -1;
    size_t section = 0;
    const char *key = name;
    bool is_of_meeting = strncmp(name, "meeting.", 8) == 0;
    if (is_of_meeting)
        section = find_meeting(&reader->ini, name + 8, &key);
    if (is_of_meeting && section == 0)
        result =
            fail_set(reader, name,
                     "the configuration declares no such meeting; write meeting.NAME.key=value "
                     "with the NAME of a [meeting \"NAME\"]");
    else if (ini_check_quotes(equals + 1) != 0)
        result = fail_set(reader, name,
                          "a closing quote is missing; write \"…\", and \\\" for a "
                          "quote itself");
    else if (strlen(key) > INI_KEY_MAX_BYTES)
        result = fail_set(reader, name, "this key is too long; write --set key=value");
    else
        result = ini_set(reader, section, key, equals + 1, LINE_SET);
    free(name);
    return result;
}

// ---- where a key was set ----------------------------------------------------------------------

struct config_origin {
    char *key; // "port", "meeting.Asamblea", "meeting.Asamblea.tracks"
    char *where;
};

static int add_origin(struct reader *reader, const char *meeting, const char *key,
                      const char *where)
{
    struct config *config = reader->config;
    char name[INI_KEY_MAX_BYTES + 1024];
    (void)snprintf(name, sizeof name, "%s%.900s%s%s", meeting != NULL ? "meeting." : "",
                   meeting != NULL ? meeting : "", meeting != NULL && key[0] != '\0' ? "." : "",
                   key);
    struct config_origin *origin = &config->origins[config->n_origins];
    origin->key = str_dup(name);
    origin->where = str_dup(where);
    config->n_origins++;
    return origin->key != NULL && origin->where != NULL ? 0 : fail_memory(reader);
}

static int keep_origins(struct reader *reader)
{
    const struct ini *ini = &reader->ini;
    struct config *config = reader->config;
    char where[256];
    config->origins = calloc(ini->n_entries + ini->n_sections, sizeof *config->origins);
    if (config->origins == NULL)
        return fail_memory(reader);
    for (size_t i = 0; i < ini->n_sections; i++) {
        (void)snprintf(where, sizeof where, "%.200s:%d", reader->file, ini->sections[i].line);
        if (ini->sections[i].name != NULL &&
            add_origin(reader, ini->sections[i].name, "", where) != 0)
            return -1;
    }
    for (size_t i = 0; i < ini->n_entries; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        entry_where(reader, entry, where, sizeof where);
        if (add_origin(reader, ini->sections[entry->section].name, entry->key, where) != 0)
            return -1;
    }
    return 0;
}

const char *config_where(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->n_origins; i++) {
        if (str_equal_fold(config->origins[i].key, key))
            return config->origins[i].where;
    }
    return "built-in default";
}

// ---- the whole --------------------------------------------------------------------------------

struct config *config_defaults(const char *path)
{
    struct config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    *config = (struct config){
        .path = str_dup(path),
        .port = 64738,
        .database = str_dup("susurro.sqlite"),
        .channel_name_regex = str_dup(CONFIG_CHANNEL_NAME_REGEX),
        .user_name_regex = str_dup(CONFIG_USER_NAME_REGEX),
        .users = 1000,
        .bandwidth_bps = 558000,
        .timeout_s = 30,
        .text_message_length = 5000,
        .image_message_length = 131072,
        .message_limit = 1,
        .message_burst = 5,
        .channel_nesting_limit = 10,
        .channel_count_limit = 1000,
        .is_html_allowed = true,
        .is_channel_remembered = true,
        .is_recording_allowed = true,
        .plugin_message_limit = 4,
        .plugin_message_burst = 15,
        .listeners_per_channel = -1,
        .listeners_per_user = -1,
        .autoban_attempts = 10,
        .autoban_timeframe_s = 120,
        .autoban_time_s = 300,
        .is_autoban_counting_successful = true,
        .suggest_positional = -1,
        .suggest_push_to_talk = -1,
        .voice_dscp = 56,
        .connections_per_host = 64,
        .is_ping_allowed = true,
        .is_version_sent = true,
        .log_level = str_dup("info"),
        .moderators = calloc(1, sizeof *config->moderators),
        .lines = calloc(1, sizeof *config->lines),
    };
    if ((path != NULL && config->path == NULL) || config->database == NULL ||
        config->channel_name_regex == NULL || config->user_name_regex == NULL ||
        config->log_level == NULL || config->moderators == NULL || config->lines == NULL) {
        config_free(config);
        return NULL;
    }
    return config;
}

static void warn_ice(struct reader *reader, const struct ini_section *section)
{
    char line[CONFIG_ERROR_BYTES];
    if (reader->warn == NULL)
        return;
    (void)snprintf(line, sizeof line,
                   "%.200s:%d: section [Ice] is not obeyed; there is no Ice here, remove it",
                   reader->file, section->line);
    reader->warn(reader->context, line);
}

static int apply_meetings(struct reader *reader)
{
    struct config *config = reader->config;
    const struct ini *ini = &reader->ini;
    config->meetings = calloc(ini->n_sections, sizeof *config->meetings);
    if (config->meetings == NULL)
        return fail_memory(reader);
    for (size_t i = 0; i < ini->n_sections; i++) {
        if (ini->sections[i].scope == SCOPE_ICE)
            warn_ice(reader, &ini->sections[i]);
        if (ini->sections[i].scope != SCOPE_MEETING)
            continue;
        if (config->n_meetings == CONFIG_MEETINGS_MAX)
            return fail_line(reader, ini->sections[i].line,
                             "a server has at most %d meetings; remove some", CONFIG_MEETINGS_MAX);
        if (config_apply_meeting(reader, i, &config->meetings[config->n_meetings++]) != 0)
            return -1;
    }
    return 0;
}

static int read_all(struct reader *reader, const char *text, size_t len,
                    const struct config_sources *sources)
{
    if (ini_read(reader, text, len) != 0 ||
        config_add_stored(reader, sources->stored, sources->n_stored) != 0)
        return -1;
    for (size_t i = 0; i < sources->n_overrides; i++) {
        if (apply_override(reader, sources->overrides[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < reader->ini.n_entries; i++) {
        const struct ini_entry *entry = &reader->ini.entries[i];
        if (reader->ini.sections[entry->section].scope == SCOPE_SERVER &&
            config_apply_server(reader, entry) != 0)
            return -1;
    }
    return apply_meetings(reader) != 0 ? -1 : keep_origins(reader);
}

static struct config *parse(const char *name, const char *path, const char *text, size_t len,
                            const struct config_sources *sources, char *error)
{
    struct reader reader = {
        .file = name,
        .config = config_defaults(path),
        .warn = sources->warn,
        .context = sources->context,
        .error = error,
    };
    error[0] = '\0';
    int result =
        reader.config != NULL ? read_all(&reader, text, len, sources) : fail_memory(&reader);
    ini_clear(&reader.ini);
    if (result == 0)
        return reader.config;
    config_free(reader.config);
    return NULL;
}

struct config *config_parse(const char *name, const char *text, const char *const *overrides,
                            size_t n_overrides, config_warning_fn warn, void *context,
                            char error[CONFIG_ERROR_BYTES])
{
    struct config_sources sources = {
        .overrides = overrides, .n_overrides = n_overrides, .warn = warn, .context = context
    };
    return parse(name, name, text, strlen(text), &sources, error);
}

// The file's bytes on the heap, at most one more than the limit, so that the reader sees the
// excess.
static char *read_file(const char *path, size_t *len, char *error)
{
    char *text = malloc(INI_FILE_MAX_BYTES + 1);
    FILE *file = text != NULL ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        (void)snprintf(error, CONFIG_ERROR_BYTES, "%.200s: cannot be opened: %s; check the path%s",
                       path, strerror(errno), errno == EACCES ? " and its permissions" : "");
        free(text);
        return NULL;
    }
    *len = fread(text, 1, INI_FILE_MAX_BYTES + 1, file);
    if (ferror(file)) {
        (void)snprintf(error, CONFIG_ERROR_BYTES, "%.200s: cannot be read: %s; name a plain file",
                       path, strerror(errno));
        free(text);
        text = NULL;
    }
    (void)fclose(file);
    return text;
}

// welcometextfile: its content becomes the welcome text. Like mumble-server, start without it.
static bool read_welcome(struct config *config, const struct config_sources *sources)
{
    char error[CONFIG_ERROR_BYTES], line[2 * CONFIG_ERROR_BYTES];
    size_t len = 0;
    if (config->welcome_text != NULL || config->welcome_text_file == NULL)
        return true;
    char *text = read_file(config->welcome_text_file, &len, error);
    if (text != NULL && (len > INI_FILE_MAX_BYTES || memchr(text, '\0', len) != NULL))
        (void)snprintf(error, sizeof error, "%.200s: is no text", config->welcome_text_file);
    else if (text != NULL)
        config->welcome_text = strndup(text, len);
    bool is_whole = text == NULL || config->welcome_text != NULL || len > 0;
    if (config->welcome_text != NULL && !str_is_utf8(config->welcome_text)) {
        (void)snprintf(error, sizeof error, "%.200s: is not UTF-8; save it as UTF-8",
                       config->welcome_text_file);
        free(config->welcome_text);
        config->welcome_text = NULL;
    }
    free(text);
    if (config->welcome_text == NULL && sources->warn != NULL) {
        (void)snprintf(line, CONFIG_ERROR_BYTES, "%.200s: no welcome text: %.250s",
                       config_where(config, "welcometextfile"), error);
        cut_clean(line);
        sources->warn(sources->context, line);
    }
    return is_whole;
}

struct config *config_load_sources(const char *path, const struct config_sources *sources,
                                   char error[CONFIG_ERROR_BYTES])
{
    struct config *config;
    if (path == NULL) {
        config = parse("built-in defaults", NULL, "", 0, sources, error);
    } else {
        size_t len = 0;
        char *text = read_file(path, &len, error);
        config = text != NULL ? parse(path, path, text, len, sources, error) : NULL;
        free(text);
    }
    if (config != NULL && !read_welcome(config, sources)) {
        (void)snprintf(error, CONFIG_ERROR_BYTES, "%.200s: out of memory", path);
        config_free(config);
        return NULL;
    }
    return config;
}

struct config *config_load(const char *path, const char *const *overrides, size_t n_overrides,
                           config_warning_fn warn, void *context, char error[CONFIG_ERROR_BYTES])
{
    struct config_sources sources = {
        .overrides = overrides, .n_overrides = n_overrides, .warn = warn, .context = context
    };
    return config_load_sources(path, &sources, error);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->n_meetings; i++)
        config_meeting_clear(&config->meetings[i]);
    for (size_t i = 0; i < config->n_origins; i++) {
        free(config->origins[i].key);
        free(config->origins[i].where);
    }
    char *texts[] = {
        config->path,
        config->host,
        config->server_password,
        config->welcome_text,
        config->register_name,
        config->database,
        config->ssl_cert,
        config->ssl_key,
        config->ssl_passphrase,
        config->log_file,
        config->pid_file,
        config->channel_name_regex,
        config->user_name_regex,
        config->log_level,
        config->ssl_ca,
        config->welcome_text_file,
        config->run_as,
        config->recordings,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    list_free(config->moderators);
    list_free(config->lines);
    free(config->meetings);
    free(config->origins);
    free(config);
}
