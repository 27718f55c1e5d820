// SPDX-License-Identifier: BSD-3-Clause
//
// Breakout groups, for moderators: made, changed by hand, ended.
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    enum breakout_kind kind;
    const char *words;
} kinds[] = {
    { BREAKOUT_LANGUAGES, "languages|idiomas|lenguas|langues|línguas|linguas|lang" },
    { BREAKOUT_MIXED,
      "mixed|mezcla|mezclados|mélange|melange|mélangés|mistura|misturados|melanje" },
    { BREAKOUT_INTERPRETED, "interpreters|intérpretes|interpretes|interprètes|entèprèt|entepret" },
};

static int kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (tools_is_word(word, kinds[i].words))
            return (int)kinds[i].kind;
    return -1;
}

// A number alone; 0: it is none.
static unsigned number_of(const char *word)
{
    bool is_number = word[0] != '\0' && strspn(word, "0123456789") == strlen(word);
    return is_number && strlen(word) < 6 ? (unsigned)strtoul(word, NULL, 10) : 0;
}

static void say_error(struct call *call, int error)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", AGENDA_GROUPS_MAX);
    switch (error) {
    case BREAKOUT_E_NUMBER:
        say(call->conn, PHRASE_GROUPS_NUMBER, number);
        break;
    case BREAKOUT_E_THERE:
        say(call->conn, PHRASE_GROUPS_THERE);
        break;
    case BREAKOUT_E_NOBODY:
        say(call->conn, PHRASE_GROUPS_NOBODY);
        break;
    case BREAKOUT_E_NO_BOOTHS:
        say(call->conn, PHRASE_GROUPS_NO_BOOTHS);
        break;
    default:
        say(call->conn, PHRASE_GROUPS_NO_ROOM);
    }
}

static void make(struct call *call, struct meeting_run *run, enum breakout_kind kind,
                 unsigned n_groups)
{
    struct breakout_made made;
    char groups[16], people[16];
    int error = breakout_make(call->server, run, kind, n_groups, call->user->session, &made);
    if (error != 0) {
        say_error(call, error);
        return;
    }
    snprintf(groups, sizeof(groups), "%u", made.n_groups);
    snprintf(people, sizeof(people), "%u", made.n_people);
    say(call->conn, PHRASE_GROUPS_MADE, groups, people);
    if (made.bare[0] != '\0')
        say(call->conn, PHRASE_GROUPS_BARE, made.bare);
}

// "Ana 2", as long as Ana is of this meeting.
static void put(struct call *call, struct meeting_run *run)
{
    char *rest;
    struct user *person = command_person_and_rest(call, &rest);
    if (person == NULL)
        return;
    const struct meeting_info *meeting = tools_meeting(call->server, person);
    unsigned group = number_of(rest);
    if (rest[0] == '\0') {
        say(call->conn, PHRASE_GROUPS_USAGE);
    } else if (meeting == NULL || meeting->id != run->meeting) {
        say(call->conn, PHRASE_NOT_IN_MEETING, person->name);
    } else {
        int error = breakout_put(call->server, run, person, group);
        if (error != 0)
            say_error(call, error);
        else if (person != call->user)
            say(call->conn, PHRASE_GROUP_MOVED, person->name,
                breakout_channel(call->server, run, group)->name);
    }
}

static void do_breakout(struct call *call)
{
    struct meeting_run *run = tools_run(call);
    size_t len = strcspn(call->rest, " ");
    char word[32];
    snprintf(word, sizeof(word), "%.*s", (int)len, call->rest);
    const char *option = call->rest + len + strspn(call->rest + len, " ");
    bool is_number = word[0] != '\0' && strspn(word, "0123456789") == strlen(word);
    int kind = option[0] != '\0' ? kind_of(option) : (int)BREAKOUT_RANDOM;
    if (call->rest[0] == '\0')
        say(call->conn, PHRASE_GROUPS_USAGE);
    else if (is_number && kind >= 0 && kind != BREAKOUT_LANGUAGES)
        make(call, run, (enum breakout_kind)kind, number_of(word));
    else if (kind_of(call->rest) == BREAKOUT_LANGUAGES)
        make(call, run, BREAKOUT_LANGUAGES, 0);
    else if (is_number || kind_of(word) >= 0)
        say(call->conn, PHRASE_GROUPS_USAGE);
    else
        put(call, run);
}

static void do_back(struct call *call)
{
    struct meeting_run *run = tools_run(call);
    bool is_there = breakout_is_there(run);
    int n = breakout_back(call->server, run);
    char number[16];
    snprintf(number, sizeof(number), "%d", n);
    if (is_there)
        say(call->conn, PHRASE_GROUPS_ENDED, number);
    else
        say(call->conn, PHRASE_GROUPS_NONE);
}

static const struct command commands[] = {
    { { "breakout|groups", "grupos", "groupes", "grupos", "gwoup" },
      do_breakout,
      COMMAND_MODERATOR,
      PHRASE_HELP_BREAKOUT,
      "4" },
    { { "back", "regreso|volver", "retour", "regresso|voltar", "tounen" },
      do_back,
      COMMAND_MODERATOR,
      PHRASE_HELP_BACK,
      NULL },
};
const struct command_table commands_of_breakout = { commands,
                                                    sizeof(commands) / sizeof(commands[0]) };
