// SPDX-License-Identifier: BSD-3-Clause
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

#define HELP_BYTES (64u << 10)

// A file that has commands adds its table here; in the order of !help.
static const struct command_table *const tables[] = {
    &commands_of_listening, &commands_of_lines,      &commands_of_chat,      &commands_of_booth,
    &commands_of_signals,   &commands_of_moderating, &commands_of_roles,     &commands_of_queue,
    &commands_of_poll,      &commands_of_breakout,   &commands_of_recording, &commands_of_figures,
    &commands_of_sound,
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

const struct command_table *command_table_at(size_t index)
{
    return index < N_TABLES ? tables[index] : NULL;
}

// ---- words ------------------------------------------------------------------------------------

#define WORD_BYTES 32 // a longer one is none of ours

// The next of "one|other": its length, 0 at the end.
static size_t next_word(const char **words, char out[WORD_BYTES])
{
    size_t len = strcspn(*words, "|");
    snprintf(out, WORD_BYTES, "%.*s", (int)len, *words);
    *words += len + ((*words)[len] == '|' ? 1 : 0);
    return len;
}

size_t command_language_index(const char *language)
{
    const char *ours = i18n_find(language);
    for (size_t i = 0; ours != NULL && i < COMMAND_LANGUAGES; i++)
        if (strcmp(COMMAND_LANGUAGE_TAGS[i], ours) == 0)
            return i;
    return 0;
}

const char *command_first_word(const char *words)
{
    static char word[WORD_BYTES];
    next_word(&words, word);
    return word;
}

const char *command_word(const struct command *command, const char *language)
{
    return command_first_word(command->words[command_language_index(language)]);
}

bool command_is_word(const char *words, const char *wanted)
{
    char word[WORD_BYTES];
    while (next_word(&words, word) > 0)
        if (str_equal_fold(word, wanted))
            return true;
    return false;
}

static bool has_word(const struct command *command, const char *wanted)
{
    for (size_t i = 0; i < COMMAND_LANGUAGES; i++)
        if (command_is_word(command->words[i], wanted))
            return true;
    return false;
}

const struct command *command_find(const char *word)
{
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t i = 0; i < tables[t]->n; i++)
            if (has_word(&tables[t]->commands[i], word))
                return &tables[t]->commands[i];
    return NULL;
}

static void nearest_of(const char *words, const char *wanted, char out[WORD_BYTES],
                       size_t *distance)
{
    char word[WORD_BYTES];
    while (next_word(&words, word) > 0) {
        size_t here = str_distance(word, wanted);
        if (here >= *distance)
            continue;
        *distance = here;
        memcpy(out, word, WORD_BYTES);
    }
}

// ---- who may ----------------------------------------------------------------------------------

static bool is_inside(const struct call *call)
{
    return call->meeting != NULL &&
           (model_meeting_of(call->server->model, call->user) == call->meeting ||
            tools_meeting(call->server, call->user) == call->meeting);
}

bool command_is_in_booth(const struct call *call)
{
    return model_channel(call->server->model, call->user->channel)->role == CHANNEL_BOOTH;
}

static bool is_moderator(const struct call *call)
{
    return model_is_moderator(call->server->model, call->user, call->meeting);
}

bool command_is_moderator(struct call *call)
{
    if (is_moderator(call))
        return true;
    say(call->conn, PHRASE_NOT_MODERATOR);
    return false;
}

static bool is_open_to_all(const struct call *call, const struct meeting_info *meeting)
{
    return model_meeting_root(call->server->model, meeting)->is_anyone_interpreter;
}

bool command_is_helper(const struct call *call, const struct meeting_info *meeting)
{
    const struct model *model = call->server->model;
    return model_is_moderator(model, call->user, meeting) ||
           (model_is_interpreter(model, call->user, meeting) &&
            (command_is_in_booth(call) || !is_open_to_all(call, meeting)));
}

static bool may(const struct call *call, enum command_for who)
{
    switch (who) {
    case COMMAND_ANYWHERE:
        return true;
    case COMMAND_CHOICE:
        return call->meeting != NULL;
    case COMMAND_MEETING:
        return is_inside(call);
    case COMMAND_HELPER:
        return is_inside(call) && command_is_helper(call, call->meeting);
    case COMMAND_BOOTH:
        return is_inside(call) && command_is_in_booth(call);
    case COMMAND_MODERATOR:
        return call->meeting != NULL && is_moderator(call);
    }
    return false;
}

static void say_why_not(const struct call *call, enum command_for who)
{
    if (call->meeting == NULL)
        say(call->conn, PHRASE_NO_MEETING);
    else if (who == COMMAND_HELPER && is_inside(call))
        say(call->conn,
            is_open_to_all(call, call->meeting) ? PHRASE_NOT_IN_BOOTH : PHRASE_NOT_HELPER);
    else if (who == COMMAND_BOOTH)
        say(call->conn, PHRASE_NOT_IN_BOOTH);
    else if (who == COMMAND_MODERATOR)
        say(call->conn, PHRASE_NOT_MODERATOR);
    else
        say(call->conn, PHRASE_ENTER_FIRST, call->meeting->name);
}

// One of that language's words, no further away than the limit.
static bool suggest_in(const struct call *call, size_t language, const char *word, size_t limit,
                       char out[WORD_BYTES])
{
    size_t distance = limit + 1;
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t i = 0; i < tables[t]->n; i++)
            if (may(call, tables[t]->commands[i].who))
                nearest_of(tables[t]->commands[i].words[language], word, out, &distance);
    return distance <= limit;
}

// In the reader's own language; in another only for a slip of one letter: it is what they know.
static bool suggest_for(const struct call *call, const char *word, char out[WORD_BYTES])
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

static void say_unknown(const struct call *call, const char *word)
{
    char near[WORD_BYTES];
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

// ---- help -------------------------------------------------------------------------------------

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
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t i = 0; i < tables[t]->n; i++) {
            const struct command *command = &tables[t]->commands[i];
            if (command->who < first || command->who > last || !may(call, command->who))
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
    char word[WORD_BYTES];
    buffer_init(&out, HELP_BYTES);
    add_line(&out, command, language);
    const char *words = command->words[command_language_index(language)];
    next_word(&words, word);
    while (next_word(&words, word) > 0) {
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
        say_unknown(call, word);
}

// ---- for commands' functions ------------------------------------------------------------------

void command_whole(struct call *call)
{
    call->meeting = model_meeting_root(call->server->model, call->meeting);
}

// sign: "!", before what chooses a track.
static void list_languages(const struct meeting_info *meeting, const char *sign, char *out,
                           size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint8_t i = 0; i < meeting->n_tracks && n < cap; i++)
        n +=
            (size_t)snprintf(out + n, cap - n, "%s%s (%s%s)", n > 0 ? ", " : "",
                             lang_own_name(meeting->tracks[i].lang), sign, meeting->tracks[i].lang);
}

int command_language(struct call *call, const char *word)
{
    int lang = meeting_info_lang(call->meeting, word);
    for (uint8_t i = 0; lang < 0 && i < call->meeting->n_tracks; i++) // "español", too
        if (str_equal_fold(lang_own_name(call->meeting->tracks[i].lang), word))
            lang = i;
    char list[512];
    if (lang < 0)
        list_languages(call->meeting, word[0] != '\0' ? "!" : "", list, sizeof(list));
    if (lang < 0 && word[0] != '\0')
        say(call->conn, PHRASE_NO_LANGUAGE, word, list);
    else if (lang < 0)
        say(call->conn, PHRASE_WHICH_LANGUAGE, list);
    return lang;
}

static struct user *find_person(const struct call *call, const char *name)
{
    struct user *person = model_user_by_name(call->server->model, name);
    bool is_known = person != NULL && !person->is_server_made && visible_user(call->conn, person);
    return is_known ? person : NULL;
}

static void say_nobody(const struct call *call, const char *name)
{
    if (name[0] != '\0')
        say(call->conn, PHRASE_WHO, name);
    else
        say(call->conn, PHRASE_WHO_NAME);
}

struct user *command_person(struct call *call, const char *name)
{
    struct user *person = find_person(call, name);
    if (person == NULL)
        say_nobody(call, name);
    return person;
}

struct user *command_person_and_rest(struct call *call, char **rest)
{
    char *text = call->rest;
    size_t len = strlen(text);
    for (size_t at = len; at > 0; at--) {
        if (text[at] != '\0' && text[at] != ' ')
            continue;
        char was = text[at];
        text[at] = '\0';
        struct user *person = find_person(call, text);
        if (person != NULL) {
            *rest = at < len ? text + at + 1 + strspn(text + at + 1, " ") : text + len;
            return person;
        }
        text[at] = was;
    }
    say_nobody(call, text);
    return NULL;
}

int command_bool(const char *word)
{
    static const char *const yes[] = { "on", "yes", "sí", "si", "oui", "sim", "wi", "1" };
    static const char *const no[] = { "off", "no", "non", "não", "nao", "pa", "0" };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (str_equal_fold(word, yes[i]))
            return 1;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (str_equal_fold(word, no[i]))
            return 0;
    return -1;
}

bool command_level(const char *word, int *db)
{
    static const int steps[] = { -24, -18, -15, -12, -6, 0 };
    char *end;
    long value = strtol(word, &end, 10);
    for (size_t i = 0; end != word && *end == '\0' && i < sizeof(steps) / sizeof(steps[0]); i++)
        if (value == steps[i]) {
            *db = steps[i];
            return true;
        }
    if (command_bool(word) != 0)
        return false;
    *db = COMMAND_LEVEL_OFF_DB;
    return true;
}

// ---- a text that may be one -------------------------------------------------------------------

static void trim_end(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
}

// What people write to others: messages, translations, questions, notices.
static bool may_be_long(const struct command *command)
{
    const struct command_table *const longs[] = { &commands_of_chat, &commands_of_poll };
    for (size_t i = 0; command != NULL && i < sizeof(longs) / sizeof(longs[0]); i++)
        if (command >= longs[i]->commands && command < longs[i]->commands + longs[i]->n)
            return true;
    return false;
}

bool commands_run(struct conn *conn, const char *plain)
{
    if (plain[0] != '!' || plain[1] == '\0' || plain[1] == ' ' || plain[1] == '!')
        return false; // "!" alone and "!!!" are words of people
    char *text = str_dup(plain + 1);
    if (text == NULL)
        return true;
    trim_end(text);
    size_t len = strcspn(text, " ");
    char *rest = text + len + (text[len] != '\0' ? 1 : 0);
    text[len] = '\0';
    rest += strspn(rest, " ");
    struct call call = { .conn = conn,
                         .server = conn->server,
                         .user = model_user(conn->server->model, conn->session),
                         .meeting = meetings_default(conn),
                         .rest = rest };
    call.run = call.meeting != NULL ? run_of(conn->server, call.meeting->id) : NULL;
    const struct command *command = command_find(text);
    if (strlen(plain) > TEXT_COMMAND_BYTES && !may_be_long(command)) {
        free(text);
        return false; // what people write
    }
    int track = call.meeting != NULL ? meeting_info_lang(call.meeting, text) : -1;
    if (command == NULL && track >= 0)
        commands_choose(conn, call.meeting, track);
    else if (command == NULL)
        say_unknown(&call, text);
    else if (!may(&call, command->who) || (command->who == COMMAND_MEETING && call.run == NULL))
        say_why_not(&call, command->who);
    else
        command->run(&call);
    free(text);
    return true;
}
