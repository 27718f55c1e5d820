// SPDX-License-Identifier: BSD-3-Clause
//
// What people are told of commands: the answers of !help, and of a word that is none, with the
// command that they may have meant. Only of what they may do where they are.
#include "control/chat/commands_int.h"

#include <string.h>

#define HELP_BYTES (64u << 10)

static void nearest_of(const char *words, const char *wanted, char out[COMMAND_WORD_BYTES],
                       size_t *distance)
{
    char word[COMMAND_WORD_BYTES];
    while (command_next_word(&words, word) > 0) {
        size_t here = str_distance(word, wanted);
        if (here >= *distance)
            continue;
        *distance = here;
        memcpy(out, word, COMMAND_WORD_BYTES);
    }
}

// One of that language's words, no further away than the limit.
static bool suggest_in(const struct call *call, size_t language, const char *word, size_t limit,
                       char out[COMMAND_WORD_BYTES])
{
    size_t distance = limit + 1;
    const struct command_table *table;
    for (size_t t = 0; (table = command_table_at(t)) != NULL; t++)
        for (size_t i = 0; i < table->n; i++)
            if (command_may(call, table->commands[i].who))
                nearest_of(table->commands[i].words[language], word, out, &distance);
    return distance <= limit;
}

// In the reader's own language; in another only for a slip of one letter: it is what they know.
static bool suggest_for(const struct call *call, const char *word, char out[COMMAND_WORD_BYTES])
{
    const size_t len = strlen(word), own = command_language_index(reader_language(call->conn));
    if (len < 3) // everything short is near
        return false;
    if (suggest_in(call, own, word, 1 + len / 4, out)) // further away it is another word
        return true;
    size_t i = 0;
    while (i < COMMAND_LANGUAGES && !suggest_in(call, i, word, 1, out))
        i++;
    return i < COMMAND_LANGUAGES;
}

void command_say_unknown(const struct call *call, const char *word)
{
    char near[COMMAND_WORD_BYTES];
    bool is_language = lang_tag_is_valid(word) && strcmp(lang_own_name(word), word) != 0;
    if (is_language && call->meeting == NULL)
        say(call->conn, PHRASE_NO_MEETING);
    else if (is_language)
        command_language(&(struct call){ .conn = call->conn, .meeting = call->meeting }, word);
    else if (suggest_for(call, word, near))
        say(call->conn, PHRASE_UNKNOWN_NEAR, word, near);
    else
        say(call->conn, PHRASE_UNKNOWN_COMMAND, word);
}

// ---- help

static void add(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text));
}

static void add_line(struct buffer *out, const struct command *command, const char *language)
{
    add(out, "<br/><b>!");
    add(out, command_word(command, language));
    if (command->example != NULL) {
        add(out, " ");
        add(out, tier_example(command->example, language));
    }
    add(out, "</b> ");
    add(out, phrase_text(command->help, language));
}

static void add_heading(struct buffer *out, enum phrase heading, const char *language)
{
    if (out->len > 0)
        add(out, "<br/><br/>");
    add(out, "<b>");
    add(out, phrase_text(heading, language));
    add(out, "</b>");
}

// Those of one readership, from all tables.
static void add_group(struct buffer *out, const struct call *call, enum phrase heading,
                      enum command_for first, enum command_for last)
{
    const char *language = reader_language(call->conn);
    bool is_begun = false;
    const struct command_table *table;
    for (size_t t = 0; (table = command_table_at(t)) != NULL; t++)
        for (size_t i = 0; i < table->n; i++) {
            const struct command *command = &table->commands[i];
            if (command->who < first || command->who > last || !command_may(call, command->who))
                continue;
            if (!is_begun)
                add_heading(out, heading, language);
            is_begun = true;
            add_line(out, command, language);
        }
}

// "!en, !es, !fr": which nobody could guess from a word.
static void add_languages(struct buffer *out, const struct call *call)
{
    if (call->meeting == NULL)
        return;
    add(out, "<br/><b>");
    for (uint8_t i = 0; i < call->meeting->n_tracks; i++) {
        add(out, i > 0 ? ", !" : "!");
        add(out, call->meeting->tracks[i].lang);
    }
    add(out, "</b> ");
    add(out, phrase_text(PHRASE_HELP_CHOOSE, reader_language(call->conn)));
}

static void help_all(const struct call *call)
{
    struct buffer out;
    buffer_init(&out, HELP_BYTES);
    add_group(&out, call, PHRASE_HELP_EVERYBODY, COMMAND_ANYWHERE, COMMAND_MEETING);
    add_languages(&out, call);
    add_group(&out, call, PHRASE_HELP_INTERPRETERS, COMMAND_HELPER, COMMAND_BOOTH);
    add_group(&out, call, PHRASE_HELP_MODERATORS, COMMAND_MODERATOR, COMMAND_MODERATOR);
    if (buffer_add(&out, "", 1))
        send_text(call->conn, (const char *)out.data);
    buffer_clear(&out);
}

// One command, with its other words.
static void help_one(const struct call *call, const struct command *command)
{
    const char *language = reader_language(call->conn);
    struct buffer out;
    char word[COMMAND_WORD_BYTES];
    buffer_init(&out, HELP_BYTES);
    add_line(&out, command, language);
    const char *words = command->words[command_language_index(language)];
    command_next_word(&words, word);
    while (command_next_word(&words, word) > 0) {
        add(&out, " · !");
        add(&out, word);
    }
    if (buffer_add(&out, "", 1))
        send_text(call->conn, (const char *)out.data + strlen("<br/>"));
    buffer_clear(&out);
}

void command_help(struct call *call)
{
    const char *word = call->rest[0] == '!' ? call->rest + 1 : call->rest;
    const struct command *command = word[0] != '\0' ? command_find(word) : NULL;
    if (word[0] == '\0')
        help_all(call);
    else if (command != NULL)
        help_one(call, command);
    else
        command_say_unknown(call, word);
}
