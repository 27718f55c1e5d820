// SPDX-License-Identifier: BSD-3-Clause
//
// What came of an interpreter's act, when the mixer has answered: told to who did it. What they see
// anyway, by what booth_tell.c says of it, is not told again.
#include "control/meeting/run.h"

#define TOKEN_VALUE_BIAS 8 // values begin at TRACKS_RELAY_FLOOR

uint64_t booth_token(uint32_t session, enum mixer_command_kind kind, int32_t value)
{
    return (uint64_t)session | (uint64_t)kind << 32 |
           (uint64_t)((uint8_t)(value + TOKEN_VALUE_BIAS)) << 40;
}

static enum mixer_command_kind token_kind(uint64_t token)
{
    return (enum mixer_command_kind)(token >> 32 & 0xff);
}

static void tell_done(struct server *server, struct conn *conn, uint64_t token)
{
    const enum mixer_command_kind kind = token_kind(token);
    const int value = (int)(token >> 40 & 0xff) - TOKEN_VALUE_BIAS;
    const struct meeting_info *meeting =
        model_meeting_of(server->model, model_user(server->model, conn->session));
    const bool is_of_booth = kind == MIXER_CMD_AIR || kind == MIXER_CMD_OFF_AIR ||
                             kind == MIXER_CMD_TAKE || kind == MIXER_CMD_OUT ||
                             kind == MIXER_CMD_HANDOVER;
    if (kind == MIXER_CMD_RELAY && meeting != NULL) {
        if (value == TRACKS_RELAY_AUTO)
            say(conn, PHRASE_RELAY_AUTO);
        else if (value == TRACKS_RELAY_FLOOR)
            say(conn, PHRASE_RELAY_FLOOR);
        else
            say(conn, PHRASE_RELAY_FROM, meetings_lang_name(meeting, (uint8_t)value));
    } else if (is_of_booth && !conn->is_act_told) {
        say(conn, PHRASE_SO_ALREADY);
    }
}

void booth_result(struct server *server, const struct mixer_event *event)
{
    struct conn *conn = conn_of(server, (uint32_t)event->token);
    const enum mixer_command_kind kind = token_kind(event->token);
    if (conn == NULL)
        return;
    if (event->result == 0)
        tell_done(server, conn, event->token);
    else if (event->result == TRACKS_E_NOT_IN_BOOTH || event->result == TRACKS_E_UNKNOWN_MEMBER)
        say(conn, PHRASE_NOT_IN_BOOTH);
    else if (event->result == TRACKS_E_ON_AIR_TAKEN)
        say(conn, PHRASE_ON_AIR_TAKEN);
    else if (event->result == TRACKS_E_NOT_ON_AIR && kind == MIXER_CMD_HANDOVER)
        say(conn, PHRASE_PARTNER_OFF_AIR);
    else if (event->result == TRACKS_E_NOT_ON_AIR)
        say(conn, PHRASE_NOT_ON_AIR);
    else if (event->result == TRACKS_E_NO_FLOOR)
        say(conn, PHRASE_NO_FLOOR);
    else
        say(conn, PHRASE_FAILED, for_reader(conn, tracks_error_text(event->result)));
}
