// SPDX-License-Identifier: BSD-3-Clause
//
// Roles by chat: given, taken back, by invitation; and the way in: password and lobby.
#include "control/chat/commands.h"
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void do_interpreter(struct call *call);
static void do_participant(struct call *call);
static void do_moderator(struct call *call);

// ---- giving ------------------------------------------------------------------------------------

static void give(struct call *call, enum role role)
{
    struct user *person = command_person(call, call->rest);
    if (person == NULL)
        return;
    command_whole(call);
    if (role != ROLE_MODERATOR && model_role_is_fixed(call->server->model, person, call->meeting)) {
        say(call->conn, PHRASE_ROLE_FIXED, person->name);
        return;
    }
    int error = roles_give(call->server, call->meeting, person, role, true);
    if (error != 0)
        say(call->conn, PHRASE_FAILED, for_reader(call->conn, model_error_text(error)));
    else if (role == ROLE_INTERPRETER)
        say(call->conn, PHRASE_MADE_INTERPRETER, person->name, call->meeting->name);
    else if (role == ROLE_MODERATOR)
        say(call->conn, PHRASE_MADE_MODERATOR, person->name, call->meeting->name);
    else
        say(call->conn, PHRASE_MADE_PARTICIPANT, person->name, call->meeting->name);
}

static void do_interpreter(struct call *call)
{
    give(call, ROLE_INTERPRETER);
}

static void do_participant(struct call *call)
{
    give(call, ROLE_PARTICIPANT);
}

static void do_moderator(struct call *call)
{
    give(call, ROLE_MODERATOR);
}

// ---- invitations -------------------------------------------------------------------------------

static const struct {
    command_fn run;
    enum role role;
} roles_by_command[] = { { do_interpreter, ROLE_INTERPRETER },
                         { do_participant, ROLE_PARTICIPANT },
                         { do_moderator, ROLE_MODERATOR } };

// "interpreter", "intérprete": the words of the commands, in any language.
static enum role role_of(const char *word)
{
    const struct command *command = word != NULL ? command_find(word) : NULL;
    for (size_t i = 0; command != NULL && i < 3; i++)
        if (command->run == roles_by_command[i].run)
            return roles_by_command[i].role;
    return ROLE_NONE;
}

static bool is_revoke(const char *word)
{
    static const char *const words[] = { "revoke",   "revocar", "révoquer",
                                         "revoquer", "revogar", "anile" };
    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (str_equal_fold(word, words[i]))
            return true;
    return false;
}

static void tell_invite(struct call *call, enum role role, uint32_t hours, const char *word,
                        bool is_single)
{
    char until[32];
    time_t at = (time_t)(clock_unix_s() + (int64_t)hours * 3600);
    struct tm parts;
    gmtime_r(&at, &parts);
    strftime(until, sizeof(until), "%Y-%m-%d %H:%M UTC", &parts);
    char *link = invites_link(call->conn, call->meeting, word);
    say(call->conn, PHRASE_INVITED, phrase_text(roles_phrase(role), reader_language(call->conn)),
        call->meeting->name, until, link != NULL ? link : "", word);
    if (is_single)
        say(call->conn, PHRASE_INVITED_ONCE);
    free(link);
}

// "interpreter [HOURS [1]]", "revoke"
static void do_invite(struct call *call)
{
    command_whole(call);
    char *rest = NULL, *word = strtok_r(call->rest, " ", &rest),
         *number = strtok_r(NULL, " ", &rest), *single = strtok_r(NULL, " ", &rest), *end = NULL;
    enum role role = role_of(word);
    if (is_revoke(word) && number == NULL) {
        invites_revoke(call->server, call->meeting);
        say(call->conn, PHRASE_REVOKED, call->meeting->name);
        return;
    }
    unsigned long hours = number != NULL ? strtoul(number, &end, 10) : 24;
    bool is_number = number == NULL || (*number >= '0' && *number <= '9' && *end == '\0');
    bool is_single = single != NULL && strcmp(single, "1") == 0;
    char invitation[INVITE_WORD_BYTES];
    if (role == ROLE_NONE || !is_number || hours < 1 || hours > INVITE_HOURS_MAX ||
        (single != NULL && !is_single))
        say(call->conn, PHRASE_INVITE_USAGE);
    else if (invites_make(call->server, call->meeting, role, (uint32_t)hours, is_single,
                          invitation))
        tell_invite(call, role, (uint32_t)hours, invitation, is_single);
    else
        say(call->conn, PHRASE_FAILED, for_reader(call->conn, model_error_text(MODEL_E_MEMORY)));
}

static void do_join(struct call *call)
{
    invites_join(call->conn, call->rest);
}

// ---- the way in --------------------------------------------------------------------------------

static void do_password(struct call *call)
{
    const struct user *user = call->user;
    command_whole(call);
    if (call->meeting->door.password == NULL) {
        say(call->conn, PHRASE_PASSWORD_NONE, call->meeting->name);
        return;
    }
    if (!door_say_password(call->conn, call->meeting, call->rest)) {
        say(call->conn, PHRASE_PASSWORD_WRONG, call->meeting->name);
        return;
    }
    say(call->conn, PHRASE_PASSWORD_RIGHT, call->meeting->name);
    if (!model_is_inside(call->server->model, user, call->meeting))
        commands_choose(call->conn, call->meeting, -1);
}

static void do_admit(struct call *call)
{
    command_whole(call);
    static const char *const all[] = { "all", "todos", "todas", "tous", "toutes", "tout" };
    bool is_all = call->rest[0] == '\0', is_word = false;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        is_word |= str_equal_fold(call->rest, all[i]);
    // Somebody may be called like that: then it is they who are meant, as in a client's menu.
    is_all |= is_word && model_user_by_name(call->server->model, call->rest) == NULL;
    struct user *person = is_all ? NULL : command_person(call, call->rest);
    if (is_all) {
        unsigned n = door_admit_all(call->server, call->meeting);
        char number[16];
        snprintf(number, sizeof(number), "%u", n);
        if (n > 0)
            say(call->conn, PHRASE_ADMITTED_ALL, number);
        else
            say(call->conn, PHRASE_NOBODY_WAITS);
    } else if (person != NULL && door_admit(call->server, call->meeting, person)) {
        say(call->conn, PHRASE_ADMITTED, person->name, call->meeting->name);
    } else if (person != NULL) {
        say(call->conn, PHRASE_INSIDE_ALREADY, person->name, call->meeting->name);
    }
}

static const struct command commands[] = {
    { { "interpreter", "intérprete|interprete", "interprète|interprete", "intérprete|interprete",
        "entèprèt|entepret" },
      do_interpreter,
      COMMAND_MODERATOR,
      PHRASE_HELP_MAKE_INTERPRETER,
      "Ana" },
    { { "participant", "participante", "participant|participante", "participante", "patisipan" },
      do_participant,
      COMMAND_MODERATOR,
      PHRASE_HELP_PARTICIPANT,
      "Ana" },
    { { "moderator", "moderador|moderadora|moderación", "modérateur|moderateur|modératrice",
        "moderador|moderadora", "moderatè|moderate" },
      do_moderator,
      COMMAND_MODERATOR,
      PHRASE_HELP_MODERATOR,
      "Ana" },
    { { "invite", "invitar|invita", "inviter|invite", "convidar|convida", "envite" },
      do_invite,
      COMMAND_MODERATOR,
      PHRASE_HELP_INVITE,
      NULL },
    { { "admit", "admitir|admite", "admettre|admets", "admitir|admite", "admèt|admet" },
      do_admit,
      COMMAND_MODERATOR,
      PHRASE_HELP_ADMIT,
      "Ana" },
    { { "join", "unirse|unirme", "rejoindre|rejoins", "entrar|aderir", "antre" },
      do_join,
      COMMAND_ANYWHERE,
      PHRASE_HELP_JOIN,
      "inv-…" },
    { { "password", "contraseña|contrasena|clave", "motdepasse|mdp", "senha", "modpas" },
      do_password,
      COMMAND_CHOICE,
      PHRASE_HELP_PASSWORD,
      "…" },
};
const struct command_table commands_of_roles = { commands, sizeof(commands) / sizeof(commands[0]) };
