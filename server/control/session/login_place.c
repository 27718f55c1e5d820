// SPDX-License-Identifier: BSD-3-Clause
//
// Where a newcomer begins: where they were last, else the default channel, else the root; in the
// lobby instead of a meeting that has one. Only where they may enter and there is room.
#include "control/meeting/roles.h"
#include "control/session/login_int.h"

static bool is_remembered(const struct server *server, const struct registered *person)
{
    uint32_t limit_s = server->config->remember_channel_s;
    if (person == NULL || !server->config->is_channel_remembered ||
        person->last_channel == MODEL_NONE)
        return false;
    if (limit_s == 0)
        return true;
    // Without a later goodbye the server went down first: then it is since the start.
    int64_t left_s = person->last_disconnect_s > person->last_active_s ? person->last_disconnect_s
                                                                       : server->started_s;
    return clock_unix_s() - left_s <= (int64_t)limit_s;
}

// Whoever joins is in no channel until it is known which: groups like in, out and sub see it so.
static uint32_t newcomers_rights(const struct model *model, struct user *user, uint32_t channel)
{
    uint32_t root = user->channel;
    user->channel = MODEL_NONE;
    model_user_identified(user);
    uint32_t rights = model_permissions(model, user, channel);
    user->channel = root;
    model_user_identified(user);
    return rights;
}

// The newcomer stands in the root already; a ghost is about to go.
static bool has_room(const struct server *server, struct user *user, uint32_t channel,
                     const struct conn *ghost)
{
    const struct channel *to = model_channel(server->model, channel);
    const struct user *leaving = ghost != NULL ? model_user(server->model, ghost->session) : NULL;
    uint32_t limit = to->max_users != 0 ? to->max_users : server->config->users_per_channel;
    uint32_t n_others =
        to->n_users - (user->channel == channel) - (leaving != NULL && leaving->channel == channel);
    return limit == 0 || n_others < limit ||
           (newcomers_rights(server->model, user, channel) & PERM_WRITE) != 0;
}

uint32_t login_start_channel(const struct server *server, struct user *user,
                             const struct conn *ghost)
{
    const struct registered *person = registry_find(server->model, user->user_id);
    uint32_t wanted[] = { is_remembered(server, person) ? person->last_channel : MODEL_NONE,
                          server->config->default_channel };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint32_t lobby = door_lobby_for(server, user, wanted[i]);
        if (lobby != MODEL_NONE) {
            user->wanted = wanted[i];
            wanted[i] = lobby;
        }
        if (model_channel(server->model, wanted[i]) != NULL &&
            (newcomers_rights(server->model, user, wanted[i]) & PERM_ENTER) != 0 &&
            has_room(server, user, wanted[i], ghost))
            return wanted[i];
    }
    return has_room(server, user, MODEL_ROOT, ghost) ? MODEL_ROOT : MODEL_NONE;
}
