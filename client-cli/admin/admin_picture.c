// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

static struct admin_user *user_of(struct picture *picture, uint32_t session)
{
    for (size_t i = 0; i < picture->n_users; i++)
        if (picture->users[i].session == session)
            return &picture->users[i];
    return NULL;
}

static struct admin_channel *channel_of(struct picture *picture, uint32_t id)
{
    for (size_t i = 0; i < picture->n_channels; i++)
        if (picture->channels[i].id == id)
            return &picture->channels[i];
    return NULL;
}

const struct admin_user *picture_user(const struct picture *picture, uint32_t session)
{
    return user_of((struct picture *)(uintptr_t)picture, session);
}

const struct admin_channel *picture_channel(const struct picture *picture, uint32_t id)
{
    return channel_of((struct picture *)(uintptr_t)picture, id);
}

static void set_text(char **to, const char *text)
{
    char *copy = str_dup(text);
    if (copy == NULL)
        return;
    free(*to);
    *to = copy;
}

static void user_clear_strings(struct admin_user *user)
{
    free(user->name);
    free(user->hash);
}

static void channel_clear_strings(struct admin_channel *channel)
{
    free(channel->name);
    free(channel->description);
    free(channel->links);
}

// ---- users

static struct admin_user *user_add(struct picture *picture, uint32_t session)
{
    if (picture->n_users >= CLIENT_USERS_MAX)
        return NULL;
    struct admin_user *bigger =
        realloc(picture->users, (picture->n_users + 1) * sizeof *picture->users);
    if (bigger == NULL)
        return NULL;
    picture->users = bigger;
    struct admin_user *user = &bigger[picture->n_users];
    *user = (struct admin_user){
        .session = session, .user_id = -1, .name = str_dup(""), .hash = str_dup("")
    };
    if (user->name == NULL || user->hash == NULL) {
        user_clear_strings(user);
        return NULL;
    }
    picture->n_users++;
    return user;
}

static void set_flag(bool *flag, protobuf_c_boolean has, protobuf_c_boolean value)
{
    if (has)
        *flag = value != 0;
}

static void apply_user(struct picture *picture, const MumbleProto__UserState *state)
{
    struct admin_user *user = state->has_session ? user_of(picture, state->session) : NULL;
    if (user == NULL && state->has_session)
        user = user_add(picture, state->session);
    if (user == NULL)
        return;
    if (state->name != NULL)
        set_text(&user->name, state->name);
    if (state->hash != NULL)
        set_text(&user->hash, state->hash);
    if (state->has_user_id)
        user->user_id = state->user_id == UINT32_MAX ? -1 : (int64_t)state->user_id;
    if (state->has_channel_id)
        user->channel_id = state->channel_id;
    set_flag(&user->is_muted, state->has_mute, state->mute);
    set_flag(&user->is_deafened, state->has_deaf, state->deaf);
    set_flag(&user->is_suppressed, state->has_suppress, state->suppress);
    set_flag(&user->is_self_muted, state->has_self_mute, state->self_mute);
    set_flag(&user->is_self_deafened, state->has_self_deaf, state->self_deaf);
    set_flag(&user->is_priority_speaker, state->has_priority_speaker, state->priority_speaker);
    set_flag(&user->is_recording, state->has_recording, state->recording);
    if (state->has_deaf && state->deaf)
        user->is_muted = true; // one implies the other, though not every server says so
    if (state->has_mute && !state->mute)
        user->is_deafened = false;
    if (state->comment != NULL)
        user->has_comment = state->comment[0] != '\0';
    if (state->has_comment_hash)
        user->has_comment = state->comment_hash.len > 0;
    if (state->has_texture)
        user->has_texture = state->texture.len > 0;
    if (state->has_texture_hash)
        user->has_texture = state->texture_hash.len > 0;
}

static void remove_user(struct picture *picture, uint32_t session)
{
    struct admin_user *user = user_of(picture, session);
    if (user == NULL)
        return;
    user_clear_strings(user);
    *user = picture->users[--picture->n_users];
}

// ---- channels

static struct admin_channel *channel_add_new(struct picture *picture, uint32_t id)
{
    if (picture->n_channels >= CLIENT_CHANNELS_MAX)
        return NULL;
    struct admin_channel *bigger =
        realloc(picture->channels, (picture->n_channels + 1) * sizeof *picture->channels);
    char *name = str_dup("");
    if (bigger != NULL)
        picture->channels = bigger;
    if (bigger == NULL || name == NULL) {
        free(name);
        return NULL;
    }
    struct admin_channel *channel = &bigger[picture->n_channels++];
    *channel = (struct admin_channel){ .id = id, .name = name };
    return channel;
}

static void unlink_one(struct admin_channel *channel, uint32_t id)
{
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i] == id)
            channel->links[i--] = channel->links[--channel->n_links];
}

static void link_one(struct admin_channel *channel, uint32_t id)
{
    unlink_one(channel, id);
    uint32_t *bigger = realloc(channel->links, (channel->n_links + 1) * sizeof *bigger);
    if (bigger == NULL)
        return;
    channel->links = bigger;
    bigger[channel->n_links++] = id;
}

// Links are told of one end and hold for both.
static void apply_links(struct picture *picture, struct admin_channel *channel,
                        const MumbleProto__ChannelState *state)
{
    if (state->n_links > 0)
        channel->n_links = 0;
    for (size_t i = 0; i < state->n_links; i++)
        link_one(channel, state->links[i]);
    for (size_t i = 0; i < state->n_links_add; i++) {
        struct admin_channel *other = channel_of(picture, state->links_add[i]);
        link_one(channel, state->links_add[i]);
        if (other != NULL)
            link_one(other, channel->id);
    }
    for (size_t i = 0; i < state->n_links_remove; i++) {
        struct admin_channel *other = channel_of(picture, state->links_remove[i]);
        unlink_one(channel, state->links_remove[i]);
        if (other != NULL)
            unlink_one(other, channel->id);
    }
}

static void apply_channel(struct picture *picture, const MumbleProto__ChannelState *state)
{
    struct admin_channel *channel =
        state->has_channel_id ? channel_of(picture, state->channel_id) : NULL;
    if (channel == NULL && state->has_channel_id)
        channel = channel_add_new(picture, state->channel_id);
    if (channel == NULL)
        return;
    if (state->name != NULL)
        set_text(&channel->name, state->name);
    if (state->has_parent)
        channel->parent_id = state->parent;
    if (state->description != NULL) {
        set_text(&channel->description, state->description);
        channel->has_long_description = false;
    }
    if (state->has_description_hash && state->description_hash.len > 0) {
        channel->has_long_description = true;
        free(channel->description);
        channel->description = NULL;
    }
    if (state->has_position)
        channel->position = state->position;
    if (state->has_max_users)
        channel->max_users = state->max_users;
    set_flag(&channel->is_temporary, state->has_temporary, state->temporary);
    set_flag(&channel->is_restricted, state->has_is_enter_restricted, state->is_enter_restricted);
    apply_links(picture, channel, state);
}

static void remove_channel(struct picture *picture, uint32_t id)
{
    struct admin_channel *channel = channel_of(picture, id);
    if (channel == NULL)
        return;
    channel_clear_strings(channel);
    *channel = picture->channels[--picture->n_channels];
    for (size_t i = 0; i < picture->n_channels; i++)
        unlink_one(&picture->channels[i], id);
}

// ---- as a whole

void picture_apply(struct picture *picture, unsigned type, const ProtobufCMessage *message)
{
    if (type == MSG_USER_STATE)
        apply_user(picture, (const void *)message);
    else if (type == MSG_USER_REMOVE)
        remove_user(picture, ((const MumbleProto__UserRemove *)(const void *)message)->session);
    else if (type == MSG_CHANNEL_STATE)
        apply_channel(picture, (const void *)message);
    else if (type == MSG_CHANNEL_REMOVE)
        remove_channel(picture,
                       ((const MumbleProto__ChannelRemove *)(const void *)message)->channel_id);
}

void picture_clear(struct picture *picture)
{
    for (size_t i = 0; i < picture->n_users; i++)
        user_clear_strings(&picture->users[i]);
    for (size_t i = 0; i < picture->n_channels; i++)
        channel_clear_strings(&picture->channels[i]);
    free(picture->users);
    free(picture->channels);
    *picture = (struct picture){ .users = NULL };
}

static bool comes_before(const struct admin_channel *a, const struct admin_channel *b)
{
    if (a->position != b->position)
        return a->position < b->position;
    int order = strcasecmp(a->name, b->name);
    return order != 0 ? order < 0 : a->id < b->id;
}

static int compare(const void *a, const void *b)
{
    const struct admin_channel *const *first = a, *const *second = b;
    return comes_before(*first, *second) ? -1 : 1;
}

const struct admin_channel **picture_children(const struct picture *picture, uint32_t parent_id,
                                              size_t *n)
{
    *n = 0;
    const struct admin_channel **list = calloc(picture->n_channels + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < picture->n_channels; i++)
        if (picture->channels[i].id != 0 && picture->channels[i].parent_id == parent_id)
            list[(*n)++] = &picture->channels[i];
    if (*n > 1)
        qsort(list, *n, sizeof *list, compare);
    return list;
}

static void put_escaped(FILE *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '/' || *name == '\\')
            (void)fputc('\\', out);
        (void)fputc(*name, out);
    }
}

char *picture_path(const struct picture *picture, uint32_t id)
{
    const struct admin_channel *chain[64];
    size_t n = 0;
    const struct admin_channel *channel = picture_channel(picture, id);
    while (channel != NULL && n < sizeof chain / sizeof *chain) {
        chain[n++] = channel;
        channel = channel->id != 0 ? picture_channel(picture, channel->parent_id) : NULL;
    }
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    if (n == 0)
        (void)fprintf(out, "#%u", id);
    while (n-- > 0) {
        put_escaped(out, chain[n]->name);
        if (n > 0)
            (void)fputc('/', out);
    }
    return fclose(out) == 0 ? text : NULL;
}
