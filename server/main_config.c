// SPDX-License-Identifier: BSD-3-Clause
// The configuration in its layers: the file, what the database keeps, the command line.
#include "main_int.h"

#include "store/import.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void print_warning(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "susurrod: warning: %s\n", line);
}

struct config *load_config(const struct arguments *arguments, config_warning_fn warn)
{
    char error[CONFIG_ERROR_BYTES];
    struct config *config = config_load(arguments->config, arguments->overrides,
                                        arguments->n_overrides, warn, NULL, error);
    if (config == NULL)
        complain(error);
    return config;
}

// ---- what the database keeps ------------------------------------------------------------------

struct kept {
    struct config_stored *values;
    size_t n;
    bool has_failed;
};

static int keep(void *context, const char *key, const char *value)
{
    struct kept *kept = context;
    struct config_stored *grown = realloc(kept->values, (kept->n + 1) * sizeof *kept->values);
    if (grown != NULL) {
        kept->values = grown;
        grown[kept->n++] = (struct config_stored){ strdup(key), strdup(value) };
    }
    kept->has_failed |=
        grown == NULL || grown[kept->n - 1].key == NULL || grown[kept->n - 1].value == NULL;
    return kept->has_failed ? -1 : 0;
}

static void kept_clear(struct kept *kept)
{
    for (size_t i = 0; i < kept->n; i++) {
        free((char *)(uintptr_t)kept->values[i].key);
        free((char *)(uintptr_t)kept->values[i].value);
    }
    free(kept->values);
}

struct config *load_config_stored(const struct arguments *arguments, struct store *store,
                                  char error[CONFIG_ERROR_BYTES])
{
    struct kept kept = { 0 };
    struct config *config = NULL;
    if (store_config_each(store, keep, &kept) != 0) {
        (void)snprintf(error, CONFIG_ERROR_BYTES, "the database's settings cannot be read: %.300s",
                       kept.has_failed ? "out of memory" : store_last_error(store));
    } else {
        struct config_sources sources = {
            .stored = kept.values,
            .n_stored = kept.n,
            .overrides = arguments->overrides,
            .n_overrides = arguments->n_overrides,
            .warn = print_warning,
        };
        config = config_load_sources(arguments->config, &sources, error);
    }
    kept_clear(&kept);
    return config;
}

// ---- the database -----------------------------------------------------------------------------

struct store *open_store(const struct arguments *arguments, const struct config *config)
{
    char error[STORE_ERROR_BYTES];
    if (import_is_mumble_server(config->database)) {
        char *copy = strdup(config->database);
        complain_with(
            "%s: %s is mumble-server's database, which stays as it is; take it over with: "
            "susurrod import %s%s%s --set database=%s/susurro.sqlite, then start with the "
            "same --set (docs/moving-from-mumble-server.md)",
            config_where(config, "database"), config->database, config->database,
            arguments->config != NULL ? " --config " : "",
            arguments->config != NULL ? arguments->config : "", copy != NULL ? dirname(copy) : ".");
        free(copy);
        return NULL;
    }
    struct store *store = store_open(config->database, error);
    if (store == NULL)
        complain(error);
    return store;
}
