// SPDX-License-Identifier: BSD-3-Clause
// A virtual server's own settings: under our names, with values that our configuration accepts.
#include "store/import_int.h"

#include "base/base.h"
#include "base/config.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

// ---- settings ---------------------------------------------------------------------------------

// What mumble-server calls it, and we.
static const struct {
    const char *theirs, *ours;
} names[] = {
    { "password", "serverpassword" },
    { "mpluginessagelimit", "pluginmessagelimit" }, // misspelt there
    { "registername", "registerName" },
};

struct verdict {
    bool is_warned;
    char text[CONFIG_ERROR_BYTES];
};

static void keep_warning(void *context, const char *line)
{
    struct verdict *verdict = context;
    if (!verdict->is_warned)
        (void)snprintf(verdict->text, sizeof verdict->text, "%s", line);
    verdict->is_warned = true;
}

// Does our configuration take this value? Otherwise its reason is in the verdict.
static bool is_obeyed(const struct import_setting *setting, struct verdict *verdict)
{
    char error[CONFIG_ERROR_BYTES];
    struct config_stored stored = { setting->key, setting->value };
    struct config_sources sources = {
        .stored = &stored, .n_stored = 1, .warn = keep_warning, .context = verdict
    };
    struct config *config = config_load_sources(NULL, &sources, error);
    if (config == NULL)
        keep_warning(verdict, error);
    config_free(config);
    return !verdict->is_warned;
}

static bool is_file_key(const char *key)
{
    return str_equal_fold(key, "welcometextfile") || str_equal_fold(key, "sslCA");
}

// Takes the text of a key that is kept elsewhere.
static bool take_special(struct import *import, struct import_setting *setting)
{
    char **place = str_equal_fold(setting->key, "certificate")  ? &import->certificate
                   : str_equal_fold(setting->key, "key")        ? &import->key
                   : str_equal_fold(setting->key, "passphrase") ? &import->passphrase
                                                                : NULL;
    if (place != NULL) {
        import_set_secret(place, setting->value[0] != '\0' ? setting->value : NULL);
        if (setting->value[0] != '\0')
            setting->value = NULL;
        return true;
    }
    if (str_equal_fold(setting->key, "boot")) {
        if (str_equal_fold(setting->value, "false"))
            import_note(import, NOTE_LEFT_OUT,
                        "setting \"boot\": mumble-server did not start this server; here it starts "
                        "when its service does");
        return true;
    }
    return false;
}

// False: it does not come.
static bool take_setting(struct import *import, struct import_setting *setting)
{
    struct verdict verdict = { 0 };
    if (take_special(import, setting) || setting->value[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal_fold(setting->key, names[i].theirs)) {
            free(setting->key);
            setting->key = import_format(import, "%s", names[i].ours);
            break;
        }
    }
    if (setting->key == NULL)
        return false;
    if (is_file_key(setting->key) || is_obeyed(setting, &verdict))
        return true;
    // The reason repeats the name as our configuration has it: "the database's x: …".
    const char *reason = strncmp(verdict.text, "the database's ", 15) == 0
                             ? strchr(verdict.text, ':') + 1
                             : verdict.text;
    size_t len = strlen(reason);
    if (len > 16 && strcmp(reason + len - 16, "; it is left out") == 0)
        len -= 16;
    import_note(import, NOTE_LEFT_OUT, "setting \"%s\":%.*s", setting->key, (int)len, reason);
    return false;
}

// Server n listens on the first one's port + n - 1, unless it has its own. Ids begin with 1, from
// 1.6 on with 0.
static int add_port(struct import *import)
{
    int64_t nth = import->server_id - (import->schema >= 10 ? 0 : 1), port = import->port + nth;
    for (size_t i = 0; i < import->n_settings; i++) {
        if (str_equal_fold(import->settings[i].key, "port"))
            return 0;
    }
    if (nth == 0)
        return 0;
    if (port < 1 || port > 65535) {
        import_note(import, NOTE_LEFT_OUT, "the port: server %lld has none of its own",
                    (long long)import->server_id);
        return 0;
    }
    // The list may have shrunk, so that import_grow does not know its room.
    struct import_setting *grown =
        realloc(import->settings, (import->n_settings + 1) * sizeof *grown);
    if (grown == NULL) {
        import->is_out_of_memory = true;
        return -1;
    }
    import->settings = grown;
    grown[import->n_settings++] = (struct import_setting){
        .key = import_format(import, "port"),
        .value = import_format(import, "%lld", (long long)port),
    };
    return 0;
}

// The server's name is the root channel's.
int import_name_root(struct import *import)
{
    struct import_channel *root = import_find_channel(import, 0);
    for (size_t i = 0; i < import->n_settings && root != NULL; i++) {
        if (!str_equal_fold(import->settings[i].key, "registerName"))
            continue;
        char *name = str_dup(import->settings[i].value);
        import->is_out_of_memory |= name == NULL;
        if (name == NULL)
            return -1;
        free(root->name);
        root->name = name;
    }
    return 0;
}

int import_check_settings(struct import *import)
{
    size_t n = 0;
    for (size_t i = 0; i < import->n_settings; i++) {
        struct import_setting *setting = &import->settings[i];
        bool is_twin = n > 0 && str_equal_fold(import->settings[n - 1].key, setting->key);
        if (!is_twin && take_setting(import, setting)) {
            import->settings[n++] = *setting;
        } else {
            free(setting->key);
            if (setting->value != NULL)
                OPENSSL_cleanse(setting->value, strlen(setting->value));
            free(setting->value);
        }
    }
    import->n_settings = n;
    import_check_certificate(import);
    return import->is_out_of_memory || add_port(import) != 0 ? -1 : 0;
}
