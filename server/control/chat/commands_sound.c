// SPDX-License-Identifier: BSD-3-Clause
//
// How sound is treated: for those who hear that it is music.
#include "control/chat/commands.h"

#define MUSIC_AS_DETECTED (-1)

// "!music on", "!music off", "!music auto".
static void do_music(struct call *call)
{
    const bool is_auto = str_equal_fold(call->rest, "auto");
    const int is_on = command_bool(call->rest);
    if (!is_auto && is_on < 0) {
        say(call->conn, PHRASE_MUSIC_USAGE);
        return;
    }
    meetings_order(call->server, call->user, MIXER_CMD_MUSIC, is_auto ? MUSIC_AS_DETECTED : is_on);
    if (is_auto)
        say(call->conn, PHRASE_MUSIC_AUTO);
    else if (is_on == 0)
        say(call->conn, PHRASE_MUSIC_OFF);
    else
        say(call->conn, PHRASE_MUSIC_ON);
}

static const struct command commands[] = {
    { { "music", "música|musica", "musique", "música|musica", "mizik" },
      do_music,
      COMMAND_HELPER,
      PHRASE_HELP_MUSIC,
      "auto" },
};
const struct command_table commands_of_sound = { commands, sizeof(commands) / sizeof(commands[0]) };
