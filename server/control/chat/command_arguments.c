// SPDX-License-Identifier: BSD-3-Clause
//
// What stands behind a command's word: a language of the meeting, a person, on or off, a level. Who
// wrote something else is told here.
#include "control/chat/commands.h"

#include <stdlib.h>
#include <string.h>

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
