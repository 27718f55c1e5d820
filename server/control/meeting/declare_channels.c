// SPDX-License-Identifier: BSD-3-Clause
//
// The channels of a meeting and the users that the server makes for them, by its declaration.
//
// Its channels carry their ids from one start to the next: they are found by the part that the
// store says they have, then by name under the floor channel, and made when missing.
#include "control/meeting/declare_int.h"
#include "control/meeting/roles.h"

#include <openssl/sha.h>
#include <string.h>

#define BOOTH_POSITION 100 // booths stand after the tracks

// How the store names a channel's part in its meeting.
void declare_role(const struct meeting_info *meeting, enum channel_role role, uint8_t index,
                  char out[ROLE_BYTES])
{
    const struct meeting_booth *booth = &meeting->booths[index];
    if (role == CHANNEL_FLOOR)
        snprintf(out, ROLE_BYTES, "floor");
    else if (role == CHANNEL_TRACK)
        snprintf(out, ROLE_BYTES, "track:%s", meeting->tracks[index].lang);
    else if (role == CHANNEL_BOOTH)
        snprintf(out, ROLE_BYTES, "booth:%s%s%s%s%s", meeting->tracks[booth->lang_a].lang,
                 booth->is_one_way ? ">" : "-", meeting->tracks[booth->lang_b].lang,
                 booth->has_third ? "-" : "",
                 booth->has_third ? meeting->tracks[booth->lang_c].lang : "");
    else
        out[0] = '\0';
}

struct search {
    const char *what; // a role, or a meeting's name
    uint32_t meeting, found;
};

static int match_role(void *context, const struct store_channel *stored)
{
    struct search *search = context;
    if (stored->meeting_role != NULL && stored->meeting_id == search->meeting &&
        strcmp(stored->meeting_role, search->what) == 0)
        search->found = stored->id;
    return 0;
}

// The part it had before, whatever people have called it since; else by name; else a new one.
static struct channel *find_or_make(struct server *server, const struct meeting_info *meeting,
                                    enum channel_role role, uint8_t index, const char *name)
{
    char part[ROLE_BYTES];
    declare_role(meeting, role, index, part);
    struct search search = { .what = part, .meeting = meeting->id, .found = MODEL_NONE };
    store_channels_each(server->store, match_role, &search);
    struct channel *channel = model_channel(server->model, search.found);
    if (channel == NULL)
        channel = model_channel_child(server->model, meeting->id, name);
    if (channel == NULL &&
        (channel = model_channel_add(server->model, MODEL_NONE, meeting->id, name)) != NULL)
        channel->position = role == CHANNEL_BOOTH ? BOOTH_POSITION + index : index;
    return channel;
}

static int match_meeting(void *context, uint32_t channel_id, const char *declaration)
{
    struct search *search = context;
    static const char head[] = "[meeting \"";
    size_t len = strlen(search->what);
    const char *name = declaration + sizeof(head) - 1;
    if (strncmp(declaration, head, sizeof(head) - 1) == 0 &&
        strncmp(name, search->what, len) == 0 && strncmp(name + len, "\"]", 2) == 0)
        search->found = channel_id;
    return 0;
}

struct channel *declare_floor(struct server *server, const char *name)
{
    struct search search = { .what = name, .found = MODEL_NONE };
    store_meetings_each(server->store, match_meeting, &search);
    struct channel *channel = model_channel(server->model, search.found);
    if (channel == NULL)
        channel = model_channel_child(server->model, MODEL_ROOT, name);
    return channel != NULL ? channel
                           : model_channel_add(server->model, MODEL_NONE, MODEL_ROOT, name);
}

void declare_part(struct server *server, struct channel *channel, uint32_t meeting,
                  enum channel_role role, uint8_t index)
{
    channel->meeting = meeting;
    channel->role = role;
    channel->role_index = index;
    model_rights_changed(server->model);
    channels_save(server, channel);
}

// The voice of a track or booth: a user made by the server, with a hash that stays, so that clients
// keep their local volume for it.
uint32_t declare_voice(struct server *server, const char *meeting, const char *name,
                       uint32_t channel)
{
    char label[256], seed[512];
    snprintf(label, sizeof(label), "%s 🎧", name);
    if (model_user_by_name(server->model, label) != NULL)
        snprintf(label, sizeof(label), "%s · %s 🎧", meeting, name);
    struct user *user = model_user_add(server->model, label, true);
    if (user == NULL)
        return 0;
    uint8_t digest[SHA_DIGEST_LENGTH];
    snprintf(seed, sizeof(seed), "susurro voice\n%s\n%s", meeting, name);
    SHA1((const uint8_t *)seed, strlen(seed), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(user->cert_hash + 2 * i, 3, "%02x", digest[i]);
    user->channel = channel;
    user->is_priority_speaker =
        true; // or a stock client would lower it under any other priority speaker
    return user->session;
}

// Clients know of it only from the first listener on who needs it: most meetings never do.
uint32_t declare_floor_voice(struct server *server, struct meeting_info *meeting)
{
    if (meeting->floor_session != 0)
        return meeting->floor_session;
    meeting->floor_session = declare_voice(server, meeting->name, meeting->name, meeting->id);
    struct user *voice = model_user(server->model, meeting->floor_session);
    const struct meeting_run *run = run_of(server, meeting->id);
    if (voice != NULL) {
        voice->is_recording = run != NULL && run->is_recording;
        users_state_broadcast(server, voice);
    }
    return meeting->floor_session;
}

bool declare_tracks(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config)
{
    meeting->n_tracks = config->n_tracks;
    for (uint8_t i = 0; i < config->n_tracks; i++) {
        struct meeting_track *track = &meeting->tracks[i];
        snprintf(track->lang, sizeof(track->lang), "%s", config->tracks[i].lang);
        track->name = str_dup(config->tracks[i].name);
        struct channel *channel = track->name != NULL
                                      ? find_or_make(server, meeting, CHANNEL_TRACK, i, track->name)
                                      : NULL;
        if (channel == NULL)
            return false;
        track->channel = channel->id;
        declare_part(server, channel, meeting->id, CHANNEL_TRACK, i);
        track->session = declare_voice(server, meeting->name, track->name, channel->id);
    }
    return true;
}

bool declare_booths(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config)
{
    meeting->n_booths = config->n_booths;
    for (uint8_t i = 0; i < config->n_booths; i++) {
        struct meeting_booth *booth = &meeting->booths[i];
        booth->lang_a = config->booths[i].lang_a;
        booth->lang_b = config->booths[i].lang_b;
        booth->lang_c = config->booths[i].lang_c;
        booth->has_third = config->booths[i].has_third;
        booth->is_one_way = config->booths[i].is_one_way;
        booth->name = str_dup(config->booths[i].name);
        struct channel *channel = booth->name != NULL
                                      ? find_or_make(server, meeting, CHANNEL_BOOTH, i, booth->name)
                                      : NULL;
        if (channel == NULL)
            return false;
        booth->channel = channel->id;
        declare_part(server, channel, meeting->id, CHANNEL_BOOTH, i);
        booth->session = declare_voice(server, meeting->name, booth->name, channel->id);
    }
    return true;
}
