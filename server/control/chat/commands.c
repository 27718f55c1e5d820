// SPDX-License-Identifier: BSD-3-Clause
//
// A text that begins with "!": which command it is, whether this one may, and its run. commands.h
// is the contract of those who have commands.
#include "control/chat/commands_int.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

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

size_t command_next_word(const char **words, char out[COMMAND_WORD_BYTES])
{
    size_t len = strcspn(*words, "|");
    snprintf(out, COMMAND_WORD_BYTES, "%.*s", (int)len, *words);
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
    static char word[COMMAND_WORD_BYTES];
    command_next_word(&words, word);
    return word;
}

const char *command_word(const struct command *command, const char *language)
{
    return command_first_word(command->words[command_language_index(language)]);
}

bool command_is_word(const char *words, const char *wanted)
{
    char word[COMMAND_WORD_BYTES];
    while (command_next_word(&words, word) > 0)
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

void command_whole(struct call *call)
{
    call->meeting = model_meeting_root(call->server->model, call->meeting);
}

bool command_may(const struct call *call, enum command_for who)
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
        command_say_unknown(&call, text);
    else if (!command_may(&call, command->who) ||
             (command->who == COMMAND_MEETING && call.run == NULL))
        say_why_not(&call, command->who);
    else
        command->run(&call);
    free(text);
    return true;
}
