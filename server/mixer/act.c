// SPDX-License-Identifier: BSD-3-Clause
//
// Acts of interpreters and moderators: each is answered.
#include "mixer/mixer_int.h"

// Of a booth, the language that it does not speak now.
static int other_language(const struct hall *hall, uint32_t session)
{
    const struct seat *seat = hall_seat(hall, session);
    if (seat == NULL || seat->place.kind != PLACE_BOOTH)
        return -1;
    const struct booth_config *booth = &meeting_config(hall->meeting)->booths[seat->place.index];
    const struct booth_state state = meeting_booth_state(hall->meeting, seat->place.index);
    if (booth->has_third && !state.is_resting)
        return state.incoming;
    return state.outgoing == booth->lang_a ? booth->lang_b : booth->lang_a;
}

void act_turn_now(struct hall *hall, int32_t booth, uint64_t now_us)
{
    uint8_t n_booths = meeting_config(hall->meeting)->n_booths;
    for (uint8_t i = 0; i < n_booths; i++)
        if (booth < 0 || booth == i)
            meeting_turn_now(hall->meeting, i, now_us);
}

static int result_of(struct hall *hall, const struct mixer_command *command, uint64_t now_us)
{
    struct meeting *meeting = hall->meeting;
    uint32_t session = command->session;
    int32_t value = command->value;
    switch ((int)command->kind) { // of all kinds, the acts
    case MIXER_CMD_AIR:
        return meeting_go_on_air(meeting, session, now_us);
    case MIXER_CMD_OFF_AIR:
        return meeting_go_off_air(meeting, session, now_us);
    case MIXER_CMD_TAKE:
        return meeting_take(meeting, session, now_us);
    case MIXER_CMD_HANDOVER:
        return meeting_handover(meeting, session, now_us);
    case MIXER_CMD_RELAY:
        return meeting_set_relay(meeting, session, value, now_us);
    case MIXER_CMD_PIVOT:
        return meeting_set_pivot(meeting, value, now_us);
    case MIXER_CMD_FLOOR_LANG:
        return meeting_name_floor(meeting, value, now_us);
    case MIXER_CMD_GIVE_FLOOR:
        return meeting_give_floor(meeting, session, now_us);
    default: // MIXER_CMD_OUT
        return meeting_set_outgoing(meeting, session,
                                    value >= 0 ? value : other_language(hall, session), now_us);
    }
}

void act(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
         uint64_t now_us)
{
    struct mixer_event result = { .kind = MIXER_EVENT_RESULT,
                                  .meeting = hall->id,
                                  .session = command->session,
                                  .token = command->token,
                                  .result = result_of(hall, command, now_us) };
    hall_events(mixer, hall, now_us);
    mixer_event(mixer, &result);
}
