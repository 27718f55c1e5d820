// SPDX-License-Identifier: BSD-3-Clause
//
// The moderator's hand: who may come, who is heard, where everybody is, what the booths are told.
#include "control/chat/commands.h"
#include "control/meeting/roles.h"

#include <string.h>

// ---- booths ------------------------------------------------------------------------------------

// Answered by the mixer where it does not work: meetings.c tells.
static void order(const struct call *call, enum mixer_command_kind kind, int32_t value)
{
    link_mixer(call->server, &(struct mixer_command){ .kind = kind,
                                                      .meeting = call->meeting->id,
                                                      .value = value,
                                                      .token = call->user->session });
}

static void do_floor_lang(struct call *call)
{
    int lang = command_language(call, call->rest);
    if (lang < 0)
        return;
    order(call, MIXER_CMD_FLOOR_LANG, lang);
    say(call->conn, PHRASE_FLOOR_LANG_SET, lang_own_name(call->meeting->tracks[lang].lang));
}

static void do_pivot(struct call *call)
{
    bool is_none = command_bool(call->rest) == 0;
    int lang = is_none ? -1 : command_language(call, call->rest);
    if (lang < 0 && !is_none)
        return;
    order(call, MIXER_CMD_PIVOT, lang);
    if (is_none)
        say(call->conn, PHRASE_PIVOT_NONE);
    else
        say(call->conn, PHRASE_PIVOT_SET, lang_own_name(call->meeting->tracks[lang].lang));
}

static void list_booths(const struct meeting_info *meeting, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint8_t i = 0; i < meeting->n_booths && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "", meeting->booths[i].name);
}

// All of them, or one by its name or pair.
static void do_turn(struct call *call)
{
    int booth = call->rest[0] != '\0' ? meeting_info_booth(call->meeting, call->rest) : -1;
    if (call->rest[0] != '\0' && booth < 0) {
        char list[512];
        list_booths(call->meeting, list, sizeof(list));
        say(call->conn, PHRASE_NO_BOOTH, call->rest, list);
        return;
    }
    order(call, MIXER_CMD_TURN_NOW, booth);
    say(call->conn, PHRASE_TURNED);
}

// ---- the door, the voices ----------------------------------------------------------------------

static void do_lock(struct call *call)
{
    command_whole(call);
    door_lock(call->server, call->meeting, true, call->user->name);
}

static void do_unlock(struct call *call)
{
    command_whole(call);
    door_lock(call->server, call->meeting, false, call->user->name);
}

static void set_all_muted(struct call *call, bool is_muted)
{
    command_whole(call);
    door_mute_all(call->server, call->meeting, is_muted);
    const struct channel *at = model_channel(call->server->model, call->user->channel);
    if (at->meeting != call->meeting->id) // the others were told
        say(call->conn, is_muted ? PHRASE_ALL_MUTED : PHRASE_ALL_UNMUTED, call->meeting->name);
}

static void do_mute_all(struct call *call)
{
    set_all_muted(call, true);
}

static void do_unmute_all(struct call *call)
{
    set_all_muted(call, false);
}

static void do_allow(struct call *call)
{
    struct user *person = command_person(call, call->rest);
    if (person == NULL)
        return;
    command_whole(call);
    if (door_allow(call->server, call->meeting, person))
        say(call->conn, PHRASE_ALLOWED, person->name);
    else
        say(call->conn, PHRASE_NOT_IN_MEETING, person->name);
}

// "!gather", "!gather floor": also from the tracks
static void do_gather(struct call *call)
{
    command_whole(call);
    bool is_all = call->rest[0] != '\0' && command_find(call->rest) == command_find("floor");
    unsigned n = door_gather(call->server, call->meeting, is_all);
    char number[16];
    snprintf(number, sizeof(number), "%u", n);
    say(call->conn, PHRASE_GATHERED, number);
}

static const struct command commands[] = {
    { { "lock", "cerrar|cierra|bloquear", "verrouiller|fermer", "trancar|fechar", "fèmen|femen" },
      do_lock,
      COMMAND_MODERATOR,
      PHRASE_HELP_LOCK,
      NULL },
    { { "unlock", "abrir|abre", "déverrouiller|deverrouiller|ouvrir", "destrancar|abrir",
        "louvri|ouvri" },
      do_unlock,
      COMMAND_MODERATOR,
      PHRASE_HELP_UNLOCK,
      NULL },
    { { "muteall", "silencio|silencio-todos", "silence", "silêncio|silencio", "silans-tout" },
      do_mute_all,
      COMMAND_MODERATOR,
      PHRASE_HELP_MUTE_ALL,
      NULL },
    { { "unmuteall", "finsilencio", "finsilence", "fimsilêncio|fimsilencio", "fen-silans" },
      do_unmute_all,
      COMMAND_MODERATOR,
      PHRASE_HELP_UNMUTE_ALL,
      NULL },
    { { "allow", "permitir|permite", "autoriser|autorise", "permitir|permite", "pèmèt|pemet" },
      do_allow,
      COMMAND_MODERATOR,
      PHRASE_HELP_ALLOW,
      "Ana" },
    { { "gather", "reunir|reúne", "rassembler|rassemble", "reunir|reúne", "rasanble" },
      do_gather,
      COMMAND_MODERATOR,
      PHRASE_HELP_GATHER,
      NULL },
    { { "floorlang", "idiomasala", "languesalle", "idiomasala|línguasala", "langsal" },
      do_floor_lang,
      COMMAND_MODERATOR,
      PHRASE_HELP_FLOOR_LANG,
      "es" },
    { { "pivot", "pivote", "pivot", "pivô|pivo", "pivo" },
      do_pivot,
      COMMAND_MODERATOR,
      PHRASE_HELP_PIVOT,
      "en" },
    { { "turn", "girar|gira", "tourner|tourne", "virar|vira", "vire" },
      do_turn,
      COMMAND_MODERATOR,
      PHRASE_HELP_TURN,
      "en-es" },
};
const struct command_table commands_of_moderating = { commands,
                                                      sizeof(commands) / sizeof(commands[0]) };
