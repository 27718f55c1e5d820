// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting's declaration as the store keeps it: a section as it would stand in the file.
#include "control/meeting/declare_int.h"

#include <string.h>

// Quoted, as the reader of the file takes it.
static void add_quoted(struct buffer *out, const char *text)
{
    buffer_add(out, "\"", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add(out, "\\", 1);
        buffer_add(out, text, 1);
    }
    buffer_add(out, "\"", 1);
}

static void add_text(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text));
}

static void add_names(struct buffer *out, const char *key, char *const *names)
{
    add_text(out, key);
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        add_text(out, i > 0 ? ", " : "");
        add_text(out, names[i]);
    }
}

char *declare_text(const struct config_meeting *config)
{
    struct buffer out;
    char number[128], pair[CONFIG_BOOTH_BYTES];
    buffer_init(&out, 1 << 16);
    add_text(&out, "[meeting \"");
    add_text(&out, config->name);
    add_text(&out, "\"]\ntracks = ");
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        add_text(&out, i > 0 ? ", " : "");
        add_text(&out, config->tracks[i].lang);
    }
    add_text(&out, "\nbooths = ");
    for (uint8_t i = 0; i < config->n_booths; i++) {
        add_text(&out, i > 0 ? ", " : "");
        add_text(&out, config_booth_text(config, &config->booths[i], pair));
    }
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        snprintf(number, sizeof(number), "\nname.%s = ", config->tracks[i].lang);
        add_text(&out, number);
        add_text(&out, config->tracks[i].name);
    }
    for (uint8_t i = 0; i < config->n_booths; i++) {
        snprintf(number, sizeof(number),
                 "\nname.%s = ", config_booth_text(config, &config->booths[i], pair));
        add_text(&out, number);
        add_text(&out, config->booths[i].name);
    }
    snprintf(number, sizeof(number),
             "\ndefault_language = %s\nduck_db = %d\nhold_ms = %u\nturn_minutes = %.6g",
             config->tracks[config->default_lang].lang, config->duck_db, config->hold_ms,
             config->turn_s / 60.0);
    add_text(&out, number);
    snprintf(number, sizeof(number), "\nchat_history = %u", config->history);
    add_text(&out, number);
    add_text(&out, config->is_levelling ? "\nlevelling = on" : "\nlevelling = off");
    add_text(&out, config->is_air_by_voice ? "\nair = voice" : "\nair = act");
    if (!config->is_recording_allowed)
        add_text(&out, "\nrecording = off");
    add_names(&out, "\nmoderators = ", config->moderators);
    if (config->is_anyone_interpreter)
        add_text(&out, "\ninterpreters = anyone");
    else
        add_names(&out, "\ninterpreters = ", config->interpreters);
    add_text(&out, "\ntier = ");
    add_text(&out, config->tier != NULL ? config->tier : "standard");
    add_text(&out, config->has_lobby ? "\nlobby = on" : "\nlobby = off");
    if (config->password != NULL && config->password[0] != '\0') {
        add_text(&out, "\npassword = ");
        add_quoted(&out, config->password);
    }
    char *text = buffer_add(&out, "\n", 2) ? str_dup((const char *)out.data) : NULL;
    buffer_clear(&out);
    return text;
}
