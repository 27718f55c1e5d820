// SPDX-License-Identifier: BSD-3-Clause
//
// The speaking queue: everybody's hand, and the acts of moderators.
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

static void do_hand(struct call *call)
{
    queue_hand(call->conn, call->run, true);
}

static void do_down(struct call *call)
{
    queue_hand(call->conn, call->run, false);
}

static void do_queue(struct call *call)
{
    queue_list(call->conn, call->run);
}

static void give(struct call *call, const struct user *person)
{
    if (queue_is_on_floor(call->server, call->run, person->session))
        queue_give(call->server, call->run, person->session, call->conn);
    else
        say(call->conn, PHRASE_NOT_ON_FLOOR, person->name);
}

static void do_give(struct call *call)
{
    const struct user *person = command_person(call, call->rest);
    if (person != NULL)
        give(call, person);
}

static void do_next(struct call *call)
{
    if (call->rest[0] != '\0')
        do_give(call);
    else if (!queue_next(call->server, call->run, call->conn))
        say(call->conn, PHRASE_QUEUE_NOBODY);
}

static void do_stacking(struct call *call)
{
    int is_on = command_bool(call->rest);
    if (is_on >= 0)
        agenda_set_stacking(call->run->agenda, is_on != 0);
    say(call->conn,
        agenda_is_stacking(call->run->agenda) ? PHRASE_STACKING_ON : PHRASE_STACKING_OFF);
    if (is_on >= 0)
        tools_changed(call->server, call->run);
}

static void do_limit(struct call *call)
{
    char *end;
    unsigned long seconds = strtoul(call->rest, &end, 10);
    bool is_number = call->rest[0] >= '0' && call->rest[0] <= '9' && *end == '\0';
    if (call->rest[0] == '\0') { // what it is now
        seconds = agenda_limit_s(call->run->agenda);
    } else if (command_bool(call->rest) == 0) {
        seconds = 0;
    } else if (!is_number || (seconds != 0 && (seconds < LIMIT_MIN_S || seconds > LIMIT_MAX_S))) {
        say(call->conn, PHRASE_LIMIT_USAGE);
        return;
    }
    if (call->rest[0] != '\0') {
        agenda_set_limit(call->run->agenda, (uint32_t)seconds);
        tools_changed(call->server, call->run);
    }
    char number[16];
    snprintf(number, sizeof(number), "%lu", seconds);
    if (seconds != 0)
        say(call->conn, PHRASE_LIMIT, number);
    else
        say(call->conn, PHRASE_LIMIT_NONE);
}

static const struct command commands[] = {
    { { "hand", "mano|palabra", "main|parole", "mão|mao|palavra", "men" },
      do_hand,
      COMMAND_MEETING,
      PHRASE_HELP_HAND,
      NULL },
    { { "down", "bajar|baja", "baisser|baisse", "baixar|baixa", "bese" },
      do_down,
      COMMAND_MEETING,
      PHRASE_HELP_DOWN,
      NULL },
    { { "queue", "lista|turnos", "liste", "fila", "lis" },
      do_queue,
      COMMAND_MEETING,
      PHRASE_HELP_QUEUE,
      NULL },
    { { "next", "siguiente", "suivant", "seguinte|próximo|proximo", "apre" },
      do_next,
      COMMAND_MODERATOR,
      PHRASE_HELP_NEXT,
      NULL },
    { { "give", "dar", "donner|donne", "dar|conceder", "bay" },
      do_give,
      COMMAND_MODERATOR,
      PHRASE_HELP_GIVE,
      "Ana" },
    { { "stacking", "progresiva|progresivo", "progressive|progressif", "progressiva|progressivo",
        "pwogresif" },
      do_stacking,
      COMMAND_MODERATOR,
      PHRASE_HELP_STACKING,
      "1" },
    { { "limit", "límite|limite", "limite", "limite", "limit" },
      do_limit,
      COMMAND_MODERATOR,
      PHRASE_HELP_LIMIT,
      "120" },
};
const struct command_table commands_of_queue = { commands, sizeof(commands) / sizeof(commands[0]) };
