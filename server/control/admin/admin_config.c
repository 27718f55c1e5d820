// SPDX-License-Identifier: BSD-3-Clause
//
// The configuration that is kept in the database. A change is stored, and then read with all the
// rest as on SIGHUP (server_reload, when the gate is open again).
#include "control/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

// What is read once, at the start. Of `users` only more of them.
static const char *const restart_keys[] = { "port", "host", "bonjour" };
// Files are a matter of whoever may log in to the machine, and so are secrets about them.
static const char *const file_keys[] = { "sslCert", "sslKey",          "sslPassPhrase",
                                         "sslCA",   "welcometextfile", "certificate",
                                         "key",     "passphrase" };

static bool is_one_of(const char *key, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal_fold(list[i], key))
            return true;
    return false;
}

static bool is_live(const char *key)
{
    return !is_one_of(key, restart_keys, sizeof(restart_keys) / sizeof(restart_keys[0]));
}

static bool is_of_files(const char *key)
{
    return is_one_of(key, file_keys, sizeof(file_keys) / sizeof(file_keys[0]));
}

// ---- showing -----------------------------------------------------------------------------------

struct listing {
    struct answer *answer;
    const char *key; // only this one; NULL: all
    bool is_found;
};

static int put_one(void *context, const char *key, const char *value)
{
    struct listing *listing = context;
    if (listing->key != NULL && !str_equal_fold(listing->key, key))
        return 0;
    listing->is_found = true;
    answer_open(listing->answer, NULL, '{');
    answer_text(listing->answer, "key", key);
    answer_text(listing->answer, "value", is_of_files(key) ? NULL : value);
    answer_bool(listing->answer, "live", is_live(key));
    answer_close(listing->answer, '}');
    return 0;
}

static void show(const struct question *question, struct answer *answer, const char *key)
{
    struct listing listing = { .answer = answer, .key = key };
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_open(answer, "config", '[');
    int result = store_config_each(question->server->reader, put_one, &listing);
    answer_close(answer, ']');
    answer_close(answer, '}');
    if (result != 0)
        answer_error(answer, "failed", "the database cannot be read");
    else if (key != NULL && !listing.is_found)
        answer_error(answer, "not_found",
                     "the database keeps nothing for %.100s: the file or the default holds", key);
}

// ---- changing ----------------------------------------------------------------------------------

static void note_complaint(void *context, const char *line)
{
    char *complaint = context;
    if (complaint[0] == '\0')
        snprintf(complaint, CONFIG_ERROR_BYTES, "%s", line);
}

// Would it be taken? Not with what: that the file and it contradict each other shows when both are
// read.
static bool is_acceptable(const char *key, const char *value, char complaint[CONFIG_ERROR_BYTES])
{
    char error[CONFIG_ERROR_BYTES];
    const struct config_stored stored = { key, value };
    const struct config_sources sources = {
        .stored = &stored, .n_stored = 1, .warn = note_complaint, .context = complaint
    };
    complaint[0] = '\0';
    struct config *config = config_load_sources(NULL, &sources, error);
    if (config == NULL)
        snprintf(complaint, CONFIG_ERROR_BYTES, "%s", error);
    config_free(config);
    return complaint[0] == '\0';
}

struct stored_key {
    const char *wanted;
    char name[128]; // as it is kept; "": it is not
};

static int find_key(void *context, const char *key, const char *value)
{
    (void)value;
    struct stored_key *stored = context;
    if (str_equal_fold(key, stored->wanted))
        snprintf(stored->name, sizeof(stored->name), "%s", key);
    return 0;
}

static void change(const struct question *question, struct answer *answer, const char *value)
{
    struct server *server = question->server;
    const char *key = question->words[2];
    char complaint[CONFIG_ERROR_BYTES];
    if (is_of_files(key)) {
        answer_error(answer, "refused",
                     "%s names a file or a secret: set it in the server's "
                     "configuration file",
                     key);
        return;
    }
    if (value != NULL && !is_acceptable(key, value, complaint)) {
        answer_error(answer, "usage", "%s", complaint);
        return;
    }
    struct stored_key stored = { .wanted = key }; // keys differ by more than case
    (void)store_config_each(server->reader, find_key, &stored);
    if (value == NULL && stored.name[0] == '\0') {
        answer_error(answer, "not_found", "the database keeps nothing for %.100s", key);
        return;
    }
    storage_config_put(server, stored.name[0] != '\0' ? stored.name : key, value);
    server->wants_reload = true;
    bool needs_restart = !is_live(key) || (str_equal_fold(key, "users") && value != NULL &&
                                           strtoul(value, NULL, 10) > server->config->users);
    if (!needs_restart)
        answer_done(answer, "%s is %s, and in force.", key,
                    value != NULL ? "set" : "as in the file");
    else
        answer_done(answer, "%s is %s, and in force after a restart.", key,
                    value != NULL ? "set" : "as in the file");
}

// config [get KEY | set KEY VALUE | unset KEY]
void admin_config(const struct question *question, struct answer *answer)
{
    const char *word = question->n_words > 1 ? question->words[1] : "";
    if (question->n_words == 1)
        show(question, answer, NULL);
    else if (question->n_words == 3 && strcmp(word, "get") == 0)
        show(question, answer, question->words[2]);
    else if (question->n_words == 4 && strcmp(word, "set") == 0)
        change(question, answer, question->words[3]);
    else if (question->n_words == 3 && strcmp(word, "unset") == 0)
        change(question, answer, NULL);
    else
        answer_error(answer, "usage", "config [get KEY | set KEY VALUE | unset KEY]");
}
