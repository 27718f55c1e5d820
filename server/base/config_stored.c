// SPDX-License-Identifier: BSD-3-Clause
// Values kept in the database. The server starts in spite of a wrong one: whoever could correct it
// may need the server for that.
#include "base/config_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// As it would stand in a file, in quotes; a heap copy.
static char *quote(const char *value)
{
    char *out = malloc(2 * strlen(value) + 3);
    if (out == NULL)
        return NULL;
    char *at = out;
    *at++ = '"';
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            *at++ = '\\';
        *at++ = *c;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

static void warn_of(const struct reader *reader, const char *key, const char *reason)
{
    char line[CONFIG_ERROR_BYTES];
    if (reader->warn == NULL)
        return;
    if (key != NULL)
        (void)snprintf(line, sizeof line, "the database's %.100s: %s; it is left out", key, reason);
    else
        (void)snprintf(line, sizeof line, "%.*s; it is left out", CONFIG_ERROR_BYTES - 32, reason);
    cut_clean(line);
    reader->warn(reader->context, line);
}

// Tries the value on a configuration that is thrown away. 1: good, 0: not (warned of), -1: memory.
static int try_value(struct reader *reader, const struct config_stored *stored, const char *written)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct reader trial = { .file = "database", .config = config_defaults(NULL), .error = error };
    struct ini_section section = { .scope = SCOPE_SERVER };
    struct ini_entry entry = { .key = str_dup(stored->key),
                               .value = str_dup(written),
                               .text = ini_decode(written, strlen(written)),
                               .line = LINE_STORED };
    trial.ini.sections = &section;
    trial.ini.n_sections = 1;
    int result = -1;
    if (trial.config != NULL && entry.key != NULL && entry.value != NULL && entry.text != NULL) {
        result = config_apply_server(&trial, &entry) == 0;
        if (result == 0 && strstr(error, ": out of memory") != NULL)
            result = -1;
        if (result == 0)
            warn_of(reader, NULL, error);
    }
    free(entry.key);
    free(entry.value);
    free(entry.text);
    config_free(trial.config);
    return result;
}

int config_add_stored(struct reader *reader, const struct config_stored *stored, size_t n_stored)
{
    for (size_t i = 0; i < n_stored; i++) {
        const char *key = stored[i].key;
        if (!str_is_utf8(key) || !str_is_utf8(stored[i].value)) {
            warn_of(reader, "values", "one is not UTF-8");
            continue;
        }
        if (!key_is_of_server(key) || key_is_of_process(key)) {
            warn_of(reader, key, "this key cannot be kept there");
            continue;
        }
        char *written = key_is_list(key) && ini_check_quotes(stored[i].value) == 0
                            ? str_dup(stored[i].value)
                            : quote(stored[i].value);
        int result = written != NULL ? try_value(reader, &stored[i], written) : -1;
        if (result > 0)
            result = ini_set(reader, 0, key, written, LINE_STORED) == 0 ? 0 : -1;
        free(written);
        if (result < 0)
            return fail_memory(reader);
    }
    return 0;
}
