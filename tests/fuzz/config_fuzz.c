// SPDX-License-Identifier: BSD-3-Clause
// Any text is either a configuration within its limits, or one line that says what is wrong with
// it.
#include "base/base.h"
#include "base/config.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_meeting(const struct config_meeting *meeting)
{
    CHECK(name_is_sound(meeting->name));
    CHECK(meeting->n_tracks >= 1 && meeting->n_tracks <= CONFIG_LANGS_MAX);
    CHECK(meeting->n_booths <= CONFIG_BOOTHS_MAX);
    CHECK(meeting->default_lang < meeting->n_tracks);
    CHECK(meeting->duck_db >= -120 && meeting->duck_db <= 0);
    CHECK(meeting->interpreters != NULL && meeting->moderators != NULL && meeting->tier != NULL);
    for (size_t i = 0; i < meeting->n_tracks; i++) {
        CHECK(lang_tag_is_valid(meeting->tracks[i].lang));
        CHECK(name_is_sound(meeting->tracks[i].name));
    }
    for (size_t i = 0; i < meeting->n_booths; i++) {
        const struct config_booth *booth = &meeting->booths[i];
        CHECK(booth->lang_a < meeting->n_tracks && booth->lang_b < meeting->n_tracks);
        CHECK(booth->lang_a != booth->lang_b && name_is_sound(booth->name));
    }
}

static void check_config(const struct config *config)
{
    CHECK(config->port >= 1);
    CHECK(config->users >= 1 && config->message_limit >= 1 && config->message_burst >= 1);
    CHECK(config->database != NULL && config->database[0] != '\0');
    CHECK(config->moderators != NULL && config->log_level != NULL);
    CHECK(config->n_meetings <= CONFIG_MEETINGS_MAX);
    for (size_t i = 0; i < config->n_meetings; i++)
        check_meeting(&config->meetings[i]);
}

static void check_line(const char *line)
{
    size_t len = strlen(line);
    CHECK(len > 0 && len < CONFIG_ERROR_BYTES && strchr(line, '\n') == NULL && str_is_utf8(line));
}

static void check_warning(void *context, const char *line)
{
    (void)context;
    check_line(line);
}

// The text, and behind a zero byte in it one override after another.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *overrides[8];
    size_t n_overrides = 0;
    char error[CONFIG_ERROR_BYTES];
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = strlen(text); i < size && n_overrides < 8; i += 1 + strlen(text + i + 1))
        overrides[n_overrides++] = text + i + 1;
    struct config *config =
        config_parse("fuzz.ini", text, overrides, n_overrides, check_warning, NULL, error);
    if (config != NULL)
        check_config(config);
    else
        check_line(error);
    config_free(config);
    free(text);
    return 0;
}
