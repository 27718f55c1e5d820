// SPDX-License-Identifier: BSD-3-Clause
//
// The acts of interpreters. What comes of them the mixer answers; meetings.c tells.
#include "control/chat/commands.h"

#define OUT_THE_OTHER (-1) // whichever language of the booth is not the outgoing one now

void commands_act(struct conn *conn, enum mixer_command_kind kind)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    if (model_channel(server->model, user->channel)->role == CHANNEL_BOOTH)
        meetings_order(server, user, kind, OUT_THE_OTHER);
    else
        say(conn, PHRASE_NOT_IN_BOOTH);
}

static void do_air(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_AIR);
}

static void do_off(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_OFF_AIR);
}

static void do_handover(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_HANDOVER);
}

static void do_take(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_TAKE);
}

static void do_out(struct call *call)
{
    bool is_named = call->rest[0] != '\0';
    int lang = is_named ? command_language(call, call->rest) : OUT_THE_OTHER;
    if (lang >= 0 || !is_named)
        meetings_order(call->server, call->user, MIXER_CMD_OUT, lang);
}

// "!relay fr", "!relay floor" in any language, "!relay auto".
static void do_relay(struct call *call)
{
    int relay = TRACKS_RELAY_AUTO;
    const struct command *floor = command_find("floor");
    if (call->rest[0] == '\0' || str_equal_fold(call->rest, "auto"))
        relay = TRACKS_RELAY_AUTO;
    else if (command_find(call->rest) == floor)
        relay = TRACKS_RELAY_FLOOR;
    else if ((relay = command_language(call, call->rest)) < 0)
        return;
    meetings_order(call->server, call->user, MIXER_CMD_RELAY, relay);
}

static void do_partner(struct call *call)
{
    int level;
    if (!command_level(call->rest, &level)) {
        say(call->conn, PHRASE_PARTNER_USAGE);
        return;
    }
    call->user->partner_db = level;
    meetings_order(call->server, call->user, MIXER_CMD_PARTNER_LEVEL, level);
    if (level == COMMAND_LEVEL_OFF_DB)
        say(call->conn, PHRASE_PARTNER_SILENT);
    else
        say(call->conn, PHRASE_PARTNER_LEVEL, call->rest);
}

static const struct command commands[] = {
    { { "air", "aire", "antenne", "noar", "antèn|anten" },
      do_air,
      COMMAND_BOOTH,
      PHRASE_HELP_AIR,
      NULL },
    { { "off", "fuera", "quitter", "fora", "soti" }, do_off, COMMAND_BOOTH, PHRASE_HELP_OFF, NULL },
    { { "handover", "relevo", "relève|releve", "revezar|revezamento", "ranplase" },
      do_handover,
      COMMAND_BOOTH,
      PHRASE_HELP_HANDOVER,
      NULL },
    { { "take", "tomar|toma", "prendre|prends", "assumir|tomar", "pran" },
      do_take,
      COMMAND_BOOTH,
      PHRASE_HELP_TAKE,
      NULL },
    { { "out", "hacia", "vers", "para", "direksyon" },
      do_out,
      COMMAND_BOOTH,
      PHRASE_HELP_OUT,
      "es" },
    { { "relay", "relé|rele|relay", "relais|relai", "relé|rele|relay", "relè|rele" },
      do_relay,
      COMMAND_BOOTH,
      PHRASE_HELP_RELAY,
      "fr" },
    { { "partner", "pareja", "collègue|collegue", "colega", "patnè|patne" },
      do_partner,
      COMMAND_BOOTH,
      PHRASE_HELP_PARTNER,
      "-12" },
};
const struct command_table commands_of_booth = { commands, sizeof(commands) / sizeof(commands[0]) };
