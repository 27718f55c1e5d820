// SPDX-License-Identifier: BSD-3-Clause
//
// Commands that change channels. The server echoes a change to everybody: a command is done when
// all that it wanted has been told so.
#include "client-cli/admin/admin_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- changes and their echoes

struct change {
    const MumbleProto__ChannelState *wanted;
    uint32_t id; // of the new one, when it is told
};

static bool has_all(const uint32_t *told, size_t n_told, const uint32_t *wanted, size_t n_wanted)
{
    for (size_t i = 0; i < n_wanted; i++) {
        size_t k = 0;
        while (k < n_told && told[k] != wanted[i])
            k++;
        if (k == n_told)
            return false;
    }
    return true;
}

static bool on_change(struct admin *admin, void *arg, unsigned type,
                      const ProtobufCMessage *message)
{
    (void)admin;
    struct change *change = arg;
    const MumbleProto__ChannelState *wanted = change->wanted, *told = (const void *)message;
    if (type != MSG_CHANNEL_STATE || !told->has_channel_id)
        return false;
    bool is_new = !wanted->has_channel_id;
    if (is_new && !(told->name != NULL && strcmp(told->name, wanted->name) == 0 &&
                    told->has_parent && told->parent == wanted->parent))
        return false;
    if (!is_new && told->channel_id != wanted->channel_id)
        return false;
    change->id = told->channel_id;
    if (is_new)
        return true;
    if (wanted->name != NULL && (told->name == NULL || strcmp(told->name, wanted->name) != 0))
        return false;
    if (wanted->has_parent && !(told->has_parent && told->parent == wanted->parent))
        return false;
    if (wanted->has_position && !(told->has_position && told->position == wanted->position))
        return false;
    if (wanted->has_max_users && !(told->has_max_users && told->max_users == wanted->max_users))
        return false;
    if (wanted->description != NULL && told->description == NULL && !told->has_description_hash)
        return false;
    return has_all(told->links_add, told->n_links_add, wanted->links_add, wanted->n_links_add) &&
           has_all(told->links_remove, told->n_links_remove, wanted->links_remove,
                   wanted->n_links_remove);
}

static int change_channel(struct admin *admin, const MumbleProto__ChannelState *wanted,
                          uint32_t *id)
{
    struct change change = { wanted, 0 };
    int status = admin_ask(admin, MSG_CHANNEL_STATE, &wanted->base,
                           wanted->has_channel_id ? ASK_ONCE : ASK_AGAIN, on_change, &change);
    if (id != NULL)
        *id = change.id;
    return status;
}

static MumbleProto__ChannelState state_of(const struct admin_channel *channel)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = 1;
    state.channel_id = channel->id;
    return state;
}

// Sends it, and says the sentence with the channel's path in it.
static int change_and_tell(struct call *call, const MumbleProto__ChannelState *wanted,
                           const char *done)
{
    int status = change_channel(call->admin, wanted, NULL);
    if (status != ADMIN_DONE)
        return status;
    char *path = picture_path(&call->admin->picture, wanted->channel_id);
    status = admin_done(call->admin, "%s %s.", path, done);
    free(path);
    return status;
}

static bool parse_integer(const char *text, int64_t least, int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out >= least && *out <= most;
}

static int read_number(struct admin *admin, const char *text, int64_t least, int64_t most,
                       int64_t *out)
{
    if (parse_integer(text, least, most, out))
        return ADMIN_DONE;
    return admin_fail(admin, ADMIN_USAGE, "\"%.60s\" is not a number from %lld to %lld", text,
                      (long long)least, (long long)most);
}

// ---- making

// The last name of a path, and the channel that the rest names.
static const struct admin_channel *parent_of(struct admin *admin, const char *path, char *name,
                                             size_t cap)
{
    char *parent = str_dup(path);
    const char *rest = path;
    size_t cut = 0;
    name[0] = '\0';
    while (*rest != '\0') {
        const char *from = rest;
        char part[ADMIN_NAME_BYTES];
        if (path_part(&rest, part, sizeof part) == 0)
            continue;
        (void)snprintf(name, cap, "%s", part);
        cut = (size_t)(from - path);
    }
    if (parent == NULL || name[0] == '\0') {
        free(parent);
        (void)admin_fail(admin, ADMIN_USAGE, "the path ends without a name");
        return NULL;
    }
    parent[cut > 0 ? cut - 1 : 0] = '\0'; // without the slash
    const struct admin_channel *channel = find_channel(admin, parent);
    free(parent);
    return channel;
}

static int read_add_options(struct call *call, MumbleProto__ChannelState *state)
{
    struct admin *admin = call->admin;
    const char *position = call_option(call, "--position");
    const char *max_users = call_option(call, "--max-users");
    int64_t value = 0;
    int status = ADMIN_DONE;
    if (position != NULL)
        status = read_number(admin, position, INT32_MIN, INT32_MAX, &value);
    state->has_position = position != NULL;
    state->position = (int32_t)value;
    value = 0;
    if (status == ADMIN_DONE && max_users != NULL)
        status = read_number(admin, max_users, 0, UINT32_MAX, &value);
    state->has_max_users = max_users != NULL;
    state->max_users = (uint32_t)value;
    state->description = (char *)(uintptr_t)call_option(call, "--describe");
    state->has_temporary = call_option(call, "--temporary") != NULL;
    state->temporary = state->has_temporary;
    return status;
}

static bool has_child(const struct picture *picture, uint32_t parent, const char *name)
{
    for (size_t i = 0; i < picture->n_channels; i++)
        if (picture->channels[i].id != 0 && picture->channels[i].parent_id == parent &&
            strcmp(picture->channels[i].name, name) == 0)
            return true;
    return false;
}

int channel_add(struct call *call)
{
    struct admin *admin = call->admin;
    char name[ADMIN_NAME_BYTES];
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    const struct admin_channel *parent = parent_of(admin, call->words[0], name, sizeof name);
    if (parent == NULL || read_add_options(call, &state) != ADMIN_DONE)
        return admin_exit_of(admin);
    if (has_child(&admin->picture, parent->id, name))
        return admin_fail(admin, ADMIN_REFUSED, "there is a channel \"%s\" already", name);
    state.has_parent = 1;
    state.parent = parent->id;
    state.name = name;
    uint32_t id;
    int status = change_channel(admin, &state, &id);
    if (status != ADMIN_DONE)
        return status;
    char *path = picture_path(&admin->picture, id);
    status = admin_done(admin, "%s is made, with the id %u.", path, id);
    free(path);
    return status;
}

// ---- changing

static bool on_removed(struct admin *admin, void *arg, unsigned type,
                       const ProtobufCMessage *message)
{
    (void)admin;
    const uint32_t *id = arg;
    return type == MSG_CHANNEL_REMOVE &&
           ((const MumbleProto__ChannelRemove *)(const void *)message)->channel_id == *id;
}

// The channel that a command names, other than the root; NULL: said why not.
static const struct admin_channel *find_below_root(const struct call *call, const char *why_not)
{
    const struct admin_channel *channel = find_channel(call->admin, call->words[0]);
    if (channel == NULL || channel->id != 0)
        return channel;
    (void)admin_fail(call->admin, ADMIN_REFUSED, "%s", why_not);
    return NULL;
}

int channel_remove(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_below_root(call, "the root cannot be removed");
    if (channel == NULL)
        return admin_exit_of(admin);
    uint32_t id = channel->id;
    char *path = picture_path(&admin->picture, id);
    MumbleProto__ChannelRemove remove = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
    remove.channel_id = id;
    int status = admin_ask(admin, MSG_CHANNEL_REMOVE, &remove.base, ASK_ONCE, on_removed, &id);
    if (status == ADMIN_DONE)
        status = admin_done(admin, "%s is removed.", path);
    free(path);
    return status;
}

int channel_rename(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel =
        find_below_root(call, "the root is renamed by the server's configuration: registerName");
    if (channel == NULL)
        return admin_exit_of(admin);
    MumbleProto__ChannelState state = state_of(channel);
    state.name = (char *)(uintptr_t)call->words[1];
    return change_and_tell(call, &state, "is the new name");
}

int channel_move(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    const struct admin_channel *parent =
        channel != NULL ? find_channel(admin, call->words[1]) : NULL;
    if (parent == NULL)
        return admin_exit_of(admin);
    for (const struct admin_channel *above = parent; above != NULL;
         above = above->id != 0 ? picture_channel(&admin->picture, above->parent_id) : NULL)
        if (above->id == channel->id)
            return admin_fail(admin, ADMIN_REFUSED, "a channel cannot be moved into itself");
    MumbleProto__ChannelState state = state_of(channel);
    state.has_parent = 1;
    state.parent = parent->id;
    if (channel->parent_id == parent->id)
        return admin_done(admin, "%s is there already.", channel->name);
    return change_and_tell(call, &state, "is where it is now");
}

int channel_describe(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    if (channel == NULL)
        return admin_exit_of(admin);
    MumbleProto__ChannelState state = state_of(channel);
    char *text = call_rest(call, 1);
    state.description = text;
    int status = change_and_tell(call, &state, "is described");
    free(text);
    return status;
}

int channel_position(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    int64_t value;
    if (channel == NULL ||
        read_number(admin, call->words[1], INT32_MIN, INT32_MAX, &value) != ADMIN_DONE)
        return admin_exit_of(admin);
    MumbleProto__ChannelState state = state_of(channel);
    state.has_position = 1;
    state.position = (int32_t)value;
    if (channel->position == state.position)
        return admin_done(admin, "%s has that position already.", channel->name);
    return change_and_tell(call, &state, "has the new position");
}

int channel_max_users(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    int64_t value;
    if (channel == NULL || read_number(admin, call->words[1], 0, UINT32_MAX, &value) != ADMIN_DONE)
        return admin_exit_of(admin);
    MumbleProto__ChannelState state = state_of(channel);
    state.has_max_users = 1;
    state.max_users = (uint32_t)value;
    if (channel->max_users == state.max_users)
        return admin_done(admin, "%s has that limit already.", channel->name);
    return change_and_tell(call, &state, "has the new limit");
}

// ---- links

static bool is_linked(const struct admin_channel *channel, uint32_t other)
{
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i] == other)
            return true;
    return false;
}

int channel_link(struct call *call)
{
    struct admin *admin = call->admin;
    bool is_unlink = strncmp(call->command->pattern, "channel unlink", 14) == 0;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    if (channel == NULL)
        return admin_exit_of(admin);
    uint32_t others[ADMIN_WORDS_MAX];
    size_t n = 0;
    for (size_t i = 1; i < call->n_words; i++) {
        const struct admin_channel *other = find_channel(admin, call->words[i]);
        if (other == NULL)
            return admin_exit_of(admin);
        if (other->id == channel->id)
            return admin_fail(admin, ADMIN_USAGE, "a channel is not linked with itself");
        if (is_linked(channel, other->id) == is_unlink)
            others[n++] = other->id;
    }
    MumbleProto__ChannelState state = state_of(channel);
    uint32_t *all = is_unlink && call->n_words == 1 ? channel->links : others;
    n = all == others ? n : channel->n_links;
    if (n == 0)
        return admin_done(admin, "%s is %s already.", channel->name,
                          is_unlink ? "not linked" : "linked");
    uint32_t *copy = calloc(n, sizeof *copy); // the picture changes while it is asked
    if (copy == NULL)
        return admin_fail(admin, ADMIN_NO_ANSWER, "out of memory");
    memcpy(copy, all, n * sizeof *copy);
    if (is_unlink) {
        state.n_links_remove = n;
        state.links_remove = copy;
    } else {
        state.n_links_add = n;
        state.links_add = copy;
    }
    int status = change_and_tell(call, &state, is_unlink ? "is unlinked" : "is linked");
    free(copy);
    return status;
}
