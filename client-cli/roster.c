// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/client_int.h"

#include <stdlib.h>
#include <string.h>

void roster_clear(struct roster *roster)
{
    for (size_t i = 0; i < roster->n_users; i++)
        free(roster->users[i].name);
    for (size_t i = 0; i < roster->n_channels; i++)
        free(roster->channels[i].name);
    free(roster->users);
    free(roster->channels);
    memset(roster, 0, sizeof *roster);
}

struct client_user *roster_user(const struct roster *roster, uint32_t session)
{
    for (size_t i = 0; i < roster->n_users; i++)
        if (roster->users[i].session == session)
            return &roster->users[i];
    return NULL;
}

struct client_channel *roster_channel(const struct roster *roster, uint32_t id)
{
    for (size_t i = 0; i < roster->n_channels; i++)
        if (roster->channels[i].id == id)
            return &roster->channels[i];
    return NULL;
}

// Room for one more of `size` bytes at the end of *array; NULL: limit or memory.
static void *grow(void **array, size_t n, size_t *cap, size_t limit, size_t size)
{
    if (n >= limit)
        return NULL;
    if (n == *cap) {
        size_t new_cap = *cap == 0 ? 16 : *cap * 2;
        void *bigger = realloc(*array, new_cap * size);
        if (bigger == NULL)
            return NULL;
        *array = bigger;
        *cap = new_cap;
    }
    void *slot = (char *)*array + n * size;
    memset(slot, 0, size);
    return slot;
}

static struct client_user *add_user(struct roster *roster, uint32_t session)
{
    char *name = str_dup("");
    void *array = roster->users;
    struct client_user *user = name == NULL ? NULL
                                            : grow(&array, roster->n_users, &roster->cap_users,
                                                   CLIENT_USERS_MAX, sizeof *user);
    roster->users = array;
    if (user == NULL) {
        free(name);
        return NULL;
    }
    user->session = session;
    user->name = name;
    roster->n_users++;
    return user;
}

static struct client_channel *add_channel(struct roster *roster, uint32_t id)
{
    char *name = str_dup("");
    void *array = roster->channels;
    struct client_channel *channel = name == NULL
                                         ? NULL
                                         : grow(&array, roster->n_channels, &roster->cap_channels,
                                                CLIENT_CHANNELS_MAX, sizeof *channel);
    roster->channels = array;
    if (channel == NULL) {
        free(name);
        return NULL;
    }
    channel->id = id;
    channel->name = name;
    roster->n_channels++;
    return channel;
}

static bool set_name(char **name, const char *text)
{
    if (text == NULL || strcmp(*name, text) == 0)
        return false;
    char *copy = str_dup(text);
    if (copy == NULL)
        return false;
    free(*name);
    *name = copy;
    return true;
}

static bool set_flag(bool *flag, protobuf_c_boolean has, protobuf_c_boolean value)
{
    if (!has || *flag == (value != 0))
        return false;
    *flag = value != 0;
    return true;
}

struct client_user *roster_apply_user(struct roster *roster, const MumbleProto__UserState *state,
                                      unsigned *changes)
{
    *changes = 0;
    struct client_user *user = roster_user(roster, state->session);
    if (user == NULL) {
        user = add_user(roster, state->session);
        if (user == NULL)
            return NULL;
        *changes |= CLIENT_USER_NEW;
    }
    if (set_name(&user->name, state->name))
        *changes |= CLIENT_USER_RENAMED;
    if (state->has_channel_id && user->channel_id != state->channel_id) {
        user->channel_id = state->channel_id;
        *changes |= CLIENT_USER_MOVED;
    }
    bool has_changed = set_flag(&user->is_muted, state->has_mute, state->mute);
    has_changed |= set_flag(&user->is_deafened, state->has_deaf, state->deaf);
    has_changed |= set_flag(&user->is_suppressed, state->has_suppress, state->suppress);
    has_changed |= set_flag(&user->is_self_muted, state->has_self_mute, state->self_mute);
    has_changed |= set_flag(&user->is_self_deafened, state->has_self_deaf, state->self_deaf);
    has_changed |=
        set_flag(&user->is_priority_speaker, state->has_priority_speaker, state->priority_speaker);
    has_changed |= set_flag(&user->is_recording, state->has_recording, state->recording);
    if (has_changed)
        *changes |= CLIENT_USER_FLAGS;
    return *changes != 0 ? user : NULL;
}

struct client_channel *roster_apply_channel(struct roster *roster,
                                            const MumbleProto__ChannelState *state, bool *is_new)
{
    struct client_channel *channel = roster_channel(roster, state->channel_id);
    *is_new = channel == NULL;
    if (channel == NULL)
        channel = add_channel(roster, state->channel_id);
    if (channel == NULL)
        return NULL;
    bool has_changed = *is_new | set_name(&channel->name, state->name);
    if (state->has_parent && channel->parent_id != state->parent) {
        channel->parent_id = state->parent;
        has_changed = true;
    }
    return has_changed ? channel : NULL;
}

void roster_remove_user(struct roster *roster, uint32_t session)
{
    struct client_user *user = roster_user(roster, session);
    if (user == NULL)
        return;
    free(user->name);
    *user = roster->users[--roster->n_users];
}

void roster_remove_channel(struct roster *roster, uint32_t id)
{
    struct client_channel *channel = roster_channel(roster, id);
    if (channel == NULL)
        return;
    free(channel->name);
    *channel = roster->channels[--roster->n_channels];
}
