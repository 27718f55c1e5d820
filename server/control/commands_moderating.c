// SPDX-License-Identifier: BSD-3-Clause
//
// The acts of moderators.
#include "control/commands.h"

static void do_interpreter(struct call *call)
{
    struct user *person = command_person(call, call->rest);
    if (person == NULL)
        return;
    model_make_interpreter(person, call->meeting->id);
    rights_changed(call->server);
    users_refresh_suppression(call->server, person);
    say(call->conn, PHRASE_MADE_INTERPRETER, person->name, call->meeting->name);
    struct conn *to = conn_of(call->server, person->session);
    if (to != NULL && call->meeting->n_booths > 0)
        say(to, PHRASE_YOU_INTERPRETER, call->meeting->booths[0].name);
}

static const struct command commands[] = {
    { { "interpreter", "intérprete|interprete", "interprète|interprete", "intérprete|interprete",
        "entèprèt|entepret" },
      do_interpreter,
      COMMAND_MODERATOR,
      PHRASE_HELP_MAKE_INTERPRETER,
      "Ana" },
};
const struct command_table commands_of_moderating = { commands,
                                                      sizeof(commands) / sizeof(commands[0]) };
