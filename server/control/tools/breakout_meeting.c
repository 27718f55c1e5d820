// SPDX-License-Identifier: BSD-3-Clause
//
// A breakout group with interpreters: a meeting within the meeting, of the same languages and
// booths, made while the server runs and kept nowhere. Who moderates and interprets the one
// moderates and interprets the other (model_is_moderator looks at its parent).
#include "control/tools/tools.h"

#include <string.h>

// Beneath the group's floor, and with a voice of its own; MODEL_NONE: no room.
static uint32_t add_place(struct server *server, const struct meeting_info *meeting,
                          enum channel_role role, uint8_t index, const char *name,
                          uint32_t *session)
{
    struct model *model = server->model;
    struct channel *channel = model_channel_check(model, meeting->id, name, MODEL_NONE) == 0
                                  ? model_channel_add(model, MODEL_NONE, meeting->id, name)
                                  : NULL;
    if (channel == NULL)
        return MODEL_NONE;
    channel->position = role == CHANNEL_BOOTH ? 100 + index : index;
    channel->meeting = meeting->id;
    channel->role = role;
    channel->role_index = index;
    *session = declare_voice(server, meeting->name, name, channel->id);
    return *session != 0 ? channel->id : MODEL_NONE;
}

static bool add_places(struct server *server, const struct meeting_info *like,
                       struct meeting_info *meeting)
{
    for (uint8_t i = 0; i < like->n_tracks; i++) {
        struct meeting_track *track = &meeting->tracks[i];
        memcpy(track->lang, like->tracks[i].lang, sizeof(track->lang));
        meeting->n_tracks++;
        if ((track->name = str_dup(like->tracks[i].name)) == NULL ||
            (track->channel = add_place(server, meeting, CHANNEL_TRACK, i, track->name,
                                        &track->session)) == MODEL_NONE)
            return false;
    }
    for (uint8_t i = 0; i < like->n_booths; i++) {
        struct meeting_booth *booth = &meeting->booths[i];
        *booth = like->booths[i];
        booth->on_air = booth->session = 0;
        meeting->n_booths++;
        if ((booth->name = str_dup(like->booths[i].name)) == NULL ||
            (booth->channel = add_place(server, meeting, CHANNEL_BOOTH, i, booth->name,
                                        &booth->session)) == MODEL_NONE)
            return false;
    }
    return run_add(server, meeting);
}

// The sessions of people are not touched.
static bool has_room(const struct server *server, const struct meeting_info *like)
{
    uint32_t n = (uint32_t)like->n_tracks + like->n_booths;
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        n += user->is_server_made;
    return n <= server_made_users(server->config);
}

struct channel *breakout_meeting_add(struct server *server, const struct meeting_info *like,
                                     const char *name)
{
    struct channel *floor = has_room(server, like)
                                ? model_channel_add(server->model, MODEL_NONE, like->id, name)
                                : NULL;
    struct meeting_info *meeting =
        floor != NULL ? model_meeting_add(server->model, floor->id, name) : NULL;
    if (meeting == NULL) {
        if (floor != NULL)
            model_channel_remove(server->model, floor->id);
        return NULL;
    }
    meeting->parent = like->id;
    meeting->default_lang = like->default_lang;
    meeting->duck_db = like->duck_db;
    meeting->hold_ms = like->hold_ms;
    meeting->is_air_by_voice = like->is_air_by_voice;
    meeting->tier = like->tier;
    floor->meeting = floor->id;
    floor->role = CHANNEL_FLOOR;
    bool is_whole = add_places(server, like, meeting);
    model_rights_changed(server->model);
    for (size_t i = 0; model_channel_at(server->model, i) != NULL; i++) {
        struct channel *channel = model_channel_at(server->model, i);
        channel->is_temporary |= channel->meeting == floor->id; // kept nowhere
    }
    if (is_whole) {
        meetings_begin(server, meeting);
        return floor;
    }
    channels_remove_tree(server, floor->id);
    return NULL;
}

void breakout_meeting_announce(struct server *server, uint32_t floor)
{
    const struct meeting_info *meeting = model_meeting(server->model, floor);
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        channels_broadcast(server, model_channel(server->model, meeting->tracks[i].channel));
    for (uint8_t i = 0; i < meeting->n_booths; i++)
        channels_broadcast(server, model_channel(server->model, meeting->booths[i].channel));
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        users_state_broadcast(server, model_user(server->model, meeting->tracks[i].session));
    for (uint8_t i = 0; i < meeting->n_booths; i++)
        users_state_broadcast(server, model_user(server->model, meeting->booths[i].session));
}
