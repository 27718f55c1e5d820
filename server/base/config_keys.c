// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key_kind {
    KEY_TEXT,
    KEY_NUMBER,
    KEY_PORT,
    KEY_SWITCH,
    KEY_REGEX,
    KEY_LIST,
    KEY_LOG_LEVEL,
    KEY_NOT_OBEYED,
};

struct server_key {
    const char *name;
    enum key_kind kind;
    size_t offset; // of the field in struct config
    uint32_t least, most;
    const char *hint; // for KEY_NOT_OBEYED: what to do
};

#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, KEY_TEXT, offsetof(struct config, field), 0, 0, NULL                                 \
    }
#define NUMBER(name, field, least, most)                                                           \
    {                                                                                              \
        name, KEY_NUMBER, offsetof(struct config, field), least, most, NULL                        \
    }
#define SWITCH(name, field)                                                                        \
    {                                                                                              \
        name, KEY_SWITCH, offsetof(struct config, field), 0, 0, NULL                               \
    }
#define OTHER(name, hint)                                                                          \
    {                                                                                              \
        name, KEY_NOT_OBEYED, 0, 0, 0, hint                                                        \
    }

#define PEOPLE_MAX 100000
#define TEXT_MAX 8000000 // a control message holds 8,388,607 bytes
#define HINT_DB "the data is in one SQLite file; name it with database"
#define HINT_ICE "there is no Ice here; administer over Mumble, as SuperUser"
#define HINT_LIST "this server is not entered in the public list; remove the key"
#define HINT_BAN "bans come in a later release; remove the key"
#define HINT_PLUGIN "messages between plug-ins come in a later release; remove the key"
#define HINT_LISTENER "channel listeners come in a later release; remove the key"
#define HINT_SUGGEST "suggestions to clients come in a later release; remove the key"
#define HINT_LOG "the log goes to logfile or standard error; keep it with logrotate or journald"
#define HINT_RPC "remove the key"

static const struct server_key keys[] = {
    // mumble-server's, obeyed
    { "port", KEY_PORT, offsetof(struct config, port), 1, 65535, NULL },
    TEXT("host", host),
    TEXT("serverpassword", server_password),
    TEXT("welcometext", welcome_text),
    TEXT("registerName", register_name),
    TEXT("database", database),
    TEXT("sslCert", ssl_cert),
    TEXT("sslKey", ssl_key),
    TEXT("sslPassPhrase", ssl_passphrase),
    TEXT("logfile", log_file),
    TEXT("pidfile", pid_file),
    { "channelname", KEY_REGEX, offsetof(struct config, channel_name_regex), 0, 0, NULL },
    { "username", KEY_REGEX, offsetof(struct config, user_name_regex), 0, 0, NULL },
    NUMBER("users", users, 1, PEOPLE_MAX),
    NUMBER("usersperchannel", users_per_channel, 0, PEOPLE_MAX),
    NUMBER("bandwidth", bandwidth_bps, 8000, 10000000),
    NUMBER("timeout", timeout_s, 1, 86400),
    NUMBER("textmessagelength", text_message_length, 0, TEXT_MAX),
    NUMBER("imagemessagelength", image_message_length, 0, TEXT_MAX),
    NUMBER("messagelimit", message_limit, 1, 1000000),
    NUMBER("messageburst", message_burst, 1, 1000000),
    NUMBER("channelnestinglimit", channel_nesting_limit, 1, 100),
    NUMBER("channelcountlimit", channel_count_limit, 0, PEOPLE_MAX),
    NUMBER("defaultchannel", default_channel, 0, INT32_MAX),
    SWITCH("allowhtml", is_html_allowed),
    SWITCH("allowping", is_ping_allowed),
    SWITCH("certrequired", is_cert_required),
    SWITCH("sendversion", is_version_sent),
    // ours
    NUMBER("voice_threads", voice_threads, 0, 16),
    { "log_level", KEY_LOG_LEVEL, offsetof(struct config, log_level), 0, 0, NULL },
    { "moderators", KEY_LIST, offsetof(struct config, moderators), 0, 0, NULL },
    // mumble-server's, known but not obeyed
    OTHER("sqlite_wal", "the database always uses WAL with full syncs; remove the key"),
    OTHER("dbDriver", HINT_DB),
    OTHER("dbUsername", HINT_DB),
    OTHER("dbPassword", HINT_DB),
    OTHER("dbHost", HINT_DB),
    OTHER("dbPort", HINT_DB),
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
    OTHER("logdays", HINT_LOG),
    OTHER("loggroupchanges", HINT_LOG),
    OTHER("logaclchanges", HINT_LOG),
    OTHER("obfuscate", "addresses are not logged at all; remove the key"),
    OTHER("welcometextfile", "put the text itself into welcometext"),
    OTHER("pluginmessageburst", HINT_PLUGIN),
    OTHER("pluginmessagelimit", HINT_PLUGIN),
    OTHER("opusthreshold", "Opus is the only codec here; remove the key"),
    OTHER("rememberchannel", "registered users come in a later release; remove the key"),
    OTHER("rememberchannelduration", "registered users come in a later release; remove the key"),
    OTHER("registerPassword", HINT_LIST),
    OTHER("registerUrl", HINT_LIST),
    OTHER("registerHostname", HINT_LIST),
    OTHER("registerLocation", HINT_LIST),
    OTHER("bonjour", "this server is not announced on the local network; remove the key"),
    OTHER("sslCA", "put the intermediate certificates into the file of sslCert, behind its own"),
    OTHER("sslDHParams", "key exchange is by elliptic curves only; remove the key"),
    OTHER("sslCiphers", "TLS 1.2 and later with OpenSSL's own choice; remove the key"),
    OTHER("uname", "start the server as that user, e.g. with User= in a systemd unit"),
    OTHER("forceExternalAuth", "there are no external authenticators; use serverpassword"),
    OTHER("suggestVersion", HINT_SUGGEST),
    OTHER("suggestPositional", HINT_SUGGEST),
    OTHER("suggestPushToTalk", HINT_SUGGEST),
    OTHER("legacypasswordhash", "passwords are always stored as PBKDF2; remove the key"),
    OTHER("kdfiterations", "the count is chosen when a password is stored; remove the key"),
    OTHER("autobanAttempts", HINT_BAN),
    OTHER("autobanTimeframe", HINT_BAN),
    OTHER("autobanTime", HINT_BAN),
    OTHER("autobanSuccessfulConnections", HINT_BAN),
    OTHER("allowRecording", "recording by clients cannot be refused yet; remove the key"),
    OTHER("listenersperchannel", HINT_LISTENER),
    OTHER("listenersperuser", HINT_LISTENER),
    OTHER("broadcastlistenervolumeadjustments", HINT_LISTENER),
    OTHER("rollingStatsWindow", "remove the key"),
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

// ---- "did you mean" ---------------------------------------------------------------------------

#define WORD_MAX 48

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Edit distance with swaps of neighbours (optimal string alignment), ASCII case folded.
static size_t distance(const char *a, const char *b)
{
    size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a > WORD_MAX || n_b > WORD_MAX)
        return SIZE_MAX;
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= n_a; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= n_b; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        for (size_t j = 1; j <= n_b; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            size_t best = least_of(d[i - 1][j], d[i][j - 1]) + 1;
            best = least_of(best, d[i - 1][j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == cb)
                best = least_of(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    }
    return d[n_a][n_b];
}

const char *suggest(const char *word, struct word_list known, char *out, size_t cap)
{
    const char *nearest = NULL;
    size_t nearest_distance = 1 + strlen(word) / 4; // further away it is another word
    for (size_t i = 0; i < known.n_words; i++) {
        size_t d = distance(word, known.words[i]);
        if (d <= nearest_distance && (nearest == NULL || d < nearest_distance)) {
            nearest = known.words[i];
            nearest_distance = d;
        }
    }
    out[0] = '\0';
    if (nearest != NULL)
        (void)snprintf(out, cap, "; did you mean \"%s\"?", nearest);
    return out;
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

// ---- values -----------------------------------------------------------------------------------

int read_number(struct reader *reader, const struct ini_entry *entry, int64_t least, int64_t most,
                int64_t *out)
{
    const char *text = entry->text;
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || isspace((unsigned char)text[0]))
        return fail_entry(reader, entry, "%s = \"%s\" is not a number; write one from %lld to %lld",
                          entry->key, text, (long long)least, (long long)most);
    if (errno == ERANGE || number < least || number > most)
        return fail_entry(reader, entry,
                          "%s = %s is out of range; write a number from %lld to %lld", entry->key,
                          text, (long long)least, (long long)most);
    *out = number;
    return 0;
}

static int read_switch(struct reader *reader, const struct ini_entry *entry, bool *out)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_equal_fold(entry->text, words[i])) {
            *out = i % 2 == 1;
            return 0;
        }
    }
    return fail_entry(reader, entry, "%s = \"%s\" is neither true nor false; write one of them",
                      entry->key, entry->text);
}

static int read_text(struct reader *reader, const struct ini_entry *entry, char **out)
{
    if (entry->text[0] == '\0') // blank: as if the key were not there
        return 0;
    char *text = str_dup(entry->text);
    if (text == NULL)
        return fail_memory(reader);
    free(*out);
    *out = text;
    return 0;
}

static int read_regex(struct reader *reader, const struct ini_entry *entry, char **out)
{
    char why[160];
    if (read_text(reader, entry, out) != 0)
        return -1;
    struct name_rule *rule = name_rule_new(*out, why, sizeof why);
    if (rule == NULL)
        return fail_entry(reader, entry,
                          "%s is not a regular expression: %s; correct it or remove the key",
                          entry->key, why);
    name_rule_free(rule);
    return 0;
}

static int read_log_level(struct reader *reader, const struct ini_entry *entry, char **out)
{
    enum log_level level;
    if (read_text(reader, entry, out) != 0)
        return -1;
    if (log_level_from_name(*out, &level))
        return 0;
    return fail_entry(reader, entry, "%s = \"%s\" is no level; write debug, info, warn or error",
                      entry->key, *out);
}

static int read_list(struct reader *reader, const struct ini_entry *entry, char ***out)
{
    char **list = NULL;
    if (ini_decode_list(reader, entry, &list) != 0)
        return -1;
    list_free(*out);
    *out = list;
    return 0;
}

static void warn_not_obeyed(struct reader *reader, const struct ini_entry *entry,
                            const struct server_key *key)
{
    char where[256], line[CONFIG_ERROR_BYTES];
    if (reader->warn == NULL)
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
    case KEY_LOG_LEVEL:
        return read_log_level(reader, entry, field);
    case KEY_NOT_OBEYED:
        warn_not_obeyed(reader, entry, key);
        return 0;
    }
    return 0;
}
