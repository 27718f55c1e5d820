// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum key_kind {
    KEY_TEXT,
    KEY_NUMBER,
    KEY_PORT,
    KEY_SWITCH,
    KEY_REGEX,
    KEY_LIST,
    KEY_LINES, // a list of rules
    KEY_LOG_LEVEL,
    KEY_LIMIT,   // a number, or -1: none
    KEY_OPINION, // true, false, or blank: none
    KEY_VERSION, // "1.5.0"
    KEY_NOT_OBEYED,
};

struct server_key {
    const char *name;
    enum key_kind kind;
    size_t offset; // of the field in struct config
    uint32_t least, most;
    const char *hint; // for KEY_NOT_OBEYED: what to do
    // For KEY_NOT_OBEYED: values (beside blank) that ask for nothing else than what happens anyhow,
    // separated by blanks; they need no warning.
    const char *harmless;
};

#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, KEY_TEXT, offsetof(struct config, field), 0, 0, NULL, NULL                           \
    }
#define NUMBER(name, field, least, most)                                                           \
    {                                                                                              \
        name, KEY_NUMBER, offsetof(struct config, field), least, most, NULL, NULL                  \
    }
#define SWITCH(name, field)                                                                        \
    {                                                                                              \
        name, KEY_SWITCH, offsetof(struct config, field), 0, 0, NULL, NULL                         \
    }
#define LIMIT(name, field)                                                                         \
    {                                                                                              \
        name, KEY_LIMIT, offsetof(struct config, field), 0, PEOPLE_MAX, NULL, NULL                 \
    }
#define OPINION(name, field)                                                                       \
    {                                                                                              \
        name, KEY_OPINION, offsetof(struct config, field), 0, 0, NULL, NULL                        \
    }
#define OTHER(name, hint)                                                                          \
    {                                                                                              \
        name, KEY_NOT_OBEYED, 0, 0, 0, hint, NULL                                                  \
    }
#define OTHER_BUT(name, harmless, hint)                                                            \
    {                                                                                              \
        name, KEY_NOT_OBEYED, 0, 0, 0, hint, harmless                                              \
    }

#define PEOPLE_MAX 100000
#define TEXT_MAX 8000000        // a control message holds 8,388,607 bytes
#define SECONDS_MAX 3155760000u // 100 years
#define HINT_DB "the data is in one SQLite file; name it with database"
#define HINT_ICE "there is no Ice here; administer with susurro admin, or over Mumble as SuperUser"
#define HINT_RPC "there is none here; administer with susurro admin, or over Mumble as SuperUser"
#define HINT_LIST "this server is not entered in the public list; remove the key"
#define HINT_LOG "the log goes to logfile or standard error; keep it with logrotate or journald"

static const struct server_key keys[] = {
    // mumble-server's, obeyed
    { "port", KEY_PORT, offsetof(struct config, port), 1, 65535, NULL, NULL },
    TEXT("host", host),
    TEXT("serverpassword", server_password),
    TEXT("welcometext", welcome_text),
    TEXT("welcometextfile", welcome_text_file),
    TEXT("registerName", register_name),
    TEXT("database", database),
    TEXT("sslCert", ssl_cert),
    TEXT("sslKey", ssl_key),
    TEXT("sslPassPhrase", ssl_passphrase),
    TEXT("sslCA", ssl_ca),
    TEXT("logfile", log_file),
    TEXT("pidfile", pid_file),
    TEXT("uname", run_as),
    { "channelname", KEY_REGEX, offsetof(struct config, channel_name_regex), 0, 0, NULL, NULL },
    { "username", KEY_REGEX, offsetof(struct config, user_name_regex), 0, 0, NULL, NULL },
    NUMBER("users", users, 1, PEOPLE_MAX),
    NUMBER("usersperchannel", users_per_channel, 0, PEOPLE_MAX),
    NUMBER("bandwidth", bandwidth_bps, 8000, 10000000),
    NUMBER("timeout", timeout_s, 1, 86400),
    NUMBER("textmessagelength", text_message_length, 0, TEXT_MAX),
    NUMBER("imagemessagelength", image_message_length, 0, TEXT_MAX),
    NUMBER("messagelimit", message_limit, 1, 1000000),
    NUMBER("messageburst", message_burst, 1, 1000000),
    NUMBER("pluginmessagelimit", plugin_message_limit, 1, 1000000),
    NUMBER("pluginmessageburst", plugin_message_burst, 1, 1000000),
    NUMBER("channelnestinglimit", channel_nesting_limit, 1, 100),
    NUMBER("channelcountlimit", channel_count_limit, 0, PEOPLE_MAX),
    NUMBER("defaultchannel", default_channel, 0, INT32_MAX),
    SWITCH("rememberchannel", is_channel_remembered),
    NUMBER("rememberchannelduration", remember_channel_s, 0, SECONDS_MAX),
    LIMIT("listenersperchannel", listeners_per_channel),
    LIMIT("listenersperuser", listeners_per_user),
    SWITCH("broadcastlistenervolumeadjustments", is_listener_volume_broadcast),
    SWITCH("allowhtml", is_html_allowed),
    SWITCH("allowping", is_ping_allowed),
    SWITCH("allowRecording", is_recording_allowed),
    SWITCH("certrequired", is_cert_required),
    SWITCH("sendversion", is_version_sent),
    NUMBER("autobanAttempts", autoban_attempts, 0, 1000000),
    NUMBER("autobanTimeframe", autoban_timeframe_s, 0, SECONDS_MAX),
    NUMBER("autobanTime", autoban_time_s, 0, SECONDS_MAX),
    SWITCH("autobanSuccessfulConnections", is_autoban_counting_successful),
    { "suggestVersion", KEY_VERSION, offsetof(struct config, suggest_version), 0, 0, NULL, NULL },
    OPINION("suggestPositional", suggest_positional),
    OPINION("suggestPushToTalk", suggest_push_to_talk),
    // ours
    NUMBER("voice_threads", voice_threads, 0, 16),
    NUMBER("mixer_threads", mixer_threads, 0, 4),
    NUMBER("voice_dscp", voice_dscp, 0, 63),
    NUMBER("voice_priority", voice_priority, 0, 99),
    NUMBER("connections_per_host", connections_per_host, 1, PEOPLE_MAX),
    SWITCH("hidechannels", is_hiding_channels),
    TEXT("recordings", recordings),
    { "log_level", KEY_LOG_LEVEL, offsetof(struct config, log_level), 0, 0, NULL, NULL },
    NUMBER("lines_ceiling", lines_ceiling_kbps, 0, 100000000),
    { "lines", KEY_LINES, offsetof(struct config, lines), 0, 0, NULL, NULL },
    { "moderators", KEY_LIST, offsetof(struct config, moderators), 0, 0, NULL, NULL },
    // mumble-server's, known but not obeyed
    OTHER_BUT("sqlite_wal", "2", "the database always uses WAL with full syncs; remove the key"),
    OTHER_BUT("dbDriver", "QSQLITE sqlite", HINT_DB),
    OTHER("dbUsername", HINT_DB),
    OTHER("dbPassword", HINT_DB),
    OTHER("dbHost", HINT_DB),
    OTHER_BUT("dbPort", "0", HINT_DB),
    OTHER("dbPrefix", HINT_DB),
    OTHER("dbOpts", HINT_DB),
    OTHER("dbus", HINT_RPC),
    OTHER("dbusservice", HINT_RPC),
    OTHER("ice", HINT_ICE),
    OTHER("icesecret", HINT_ICE),
    OTHER("icesecretread", HINT_ICE),
    OTHER("icesecretwrite", HINT_ICE),
    OTHER("grpc", HINT_RPC),
    OTHER("grpccert", HINT_RPC),
    OTHER("grpckey", HINT_RPC),
    OTHER("grpcauthorized", HINT_RPC),
    OTHER_BUT("logdays", "-1", HINT_LOG),
    OTHER_BUT("loggroupchanges", "false", "changes of groups are not logged; remove the key"),
    OTHER_BUT("logaclchanges", "false", "changes of rights are not logged; remove the key"),
    OTHER_BUT("obfuscate", "false", "addresses are not logged at all; remove the key"),
    OTHER("opusthreshold", "Opus is the only codec here; remove the key"),
    OTHER("registerPassword", HINT_LIST),
    OTHER("registerUrl", HINT_LIST),
    OTHER("registerHostname", HINT_LIST),
    OTHER("registerLocation", HINT_LIST),
    OTHER_BUT("bonjour", "false",
              "this server is not announced on the local network; remove the key"),
    OTHER("sslDHParams", "key exchange is by elliptic curves only; remove the key"),
    OTHER("sslCiphers", "TLS 1.2 and later with OpenSSL's own choice; remove the key"),
    OTHER_BUT("forceExternalAuth", "false",
              "there are no external authenticators; use serverpassword or certrequired"),
    OTHER_BUT("legacypasswordhash", "false",
              "passwords are always stored as PBKDF2; remove the key"),
    OTHER_BUT("kdfiterations", "-1", "new passwords get 20,000 rounds of PBKDF2; remove the key"),
    OTHER("rollingStatsWindow", "statistics are of the whole connection; remove the key"),
};
#define N_KEYS (sizeof keys / sizeof keys[0])

static const struct server_key *find_key(const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        if (str_equal_fold(keys[i].name, name))
            return &keys[i];
    }
    return NULL;
}

bool key_is_of_server(const char *key)
{
    return find_key(key) != NULL;
}

bool key_is_of_process(const char *key)
{
    static const char *const names[] = { "database",      "logfile",    "pidfile",
                                         "uname",         "log_level",  "voice_threads",
                                         "mixer_threads", "voice_dscp", "voice_priority",
                                         "recordings" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal_fold(names[i], key))
            return true;
    }
    return false;
}

bool key_is_list(const char *key)
{
    const struct server_key *found = find_key(key);
    return found != NULL && (found->kind == KEY_LIST || found->kind == KEY_LINES);
}

static int fail_unknown_key(struct reader *reader, const struct ini_entry *entry)
{
    if (key_is_of_meeting(entry->key))
        return fail_entry(reader, entry,
                          "\"%s\" belongs to a meeting; move it beneath [meeting \"Name\"]",
                          entry->key);
    const char *names[N_KEYS];
    for (size_t i = 0; i < N_KEYS; i++)
        names[i] = keys[i].name;
    char hint[96];
    (void)suggest(entry->key, (struct word_list){ names, N_KEYS }, hint, sizeof hint);
    return fail_entry(reader, entry, "unknown key \"%s\"%s", entry->key,
                      hint[0] != '\0' ? hint : "; remove it, or see config/susurro.ini");
}

static bool is_word_of(const char *words, const char *word)
{
    for (size_t n; words != NULL && *words != '\0'; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        if (strncasecmp(words, word, n) == 0 && word[n] == '\0')
            return true;
    }
    return false;
}

static void warn_not_obeyed(struct reader *reader, const struct ini_entry *entry,
                            const struct server_key *key)
{
    char where[256], line[CONFIG_ERROR_BYTES];
    if (reader->warn == NULL || entry->text[0] == '\0' || is_word_of(key->harmless, entry->text))
        return;
    entry_where(reader, entry, where, sizeof where);
    (void)snprintf(line, sizeof line, "%s: \"%s\" is not obeyed; %s", where, key->name, key->hint);
    reader->warn(reader->context, line);
}

int config_apply_server(struct reader *reader, const struct ini_entry *entry)
{
    const struct server_key *key = find_key(entry->key);
    if (key == NULL)
        return fail_unknown_key(reader, entry);
    void *field = (char *)reader->config + key->offset;
    int64_t number = 0;
    switch (key->kind) {
    case KEY_TEXT:
        return read_text(reader, entry, field);
    case KEY_NUMBER:
    case KEY_PORT:
        if (entry->text[0] == '\0')
            return 0;
        if (read_number(reader, entry, key->least, key->most, &number) != 0)
            return -1;
        if (key->kind == KEY_PORT)
            *(uint16_t *)field = (uint16_t)number;
        else
            *(uint32_t *)field = (uint32_t)number;
        return 0;
    case KEY_SWITCH:
        return read_switch(reader, entry, field);
    case KEY_REGEX:
        return read_regex(reader, entry, field);
    case KEY_LIST:
        return read_list(reader, entry, field);
    case KEY_LINES:
        return read_lines(reader, entry, field);
    case KEY_LOG_LEVEL:
        return read_log_level(reader, entry, field);
    case KEY_LIMIT:
        number = -1;
        if (read_number(reader, entry, -1, key->most, &number) != 0)
            return -1;
        *(int32_t *)field = (int32_t)number;
        return 0;
    case KEY_OPINION:
        return read_opinion(reader, entry, field);
    case KEY_VERSION:
        return read_version(reader, entry, field);
    case KEY_NOT_OBEYED:
        warn_not_obeyed(reader, entry, key);
        return 0;
    }
    return 0;
}
