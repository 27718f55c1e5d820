// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about channels.
#include "client-cli/admin_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define NAME_MAX_BYTES 1024

// ---- the tree
// -------------------------------------------------------------------------------------------------------

static const struct column tree_columns[] = {
    { NULL, "channel", COLUMN_TEXT },     { "id", "id", COLUMN_NUMBER },
    { "parent_id", NULL, COLUMN_NUMBER }, { "name", NULL, COLUMN_TEXT },
    { "path", NULL, COLUMN_TEXT },        { "position", NULL, COLUMN_NUMBER },
    { "max_users", NULL, COLUMN_NUMBER }, { "users", "people", COLUMN_NUMBER },
    { "names", "who", COLUMN_LIST },      { NULL, "flags", COLUMN_LIST },
    { "temporary", NULL, COLUMN_FLAG },   { "restricted", NULL, COLUMN_FLAG },
    { "links", NULL, COLUMN_LIST },
};

static bool is_person_in(const struct admin_user *user, uint32_t channel, uint32_t own)
{
    return user->channel_id == channel && user->session != own && !user_is_voice(user);
}

static void put_people(struct admin *admin, struct sheet *sheet, uint32_t channel)
{
    const struct picture *picture = &admin->picture;
    uint32_t own = admin->client != NULL ? client_session(admin->client) : 0;
    int64_t n = 0;
    for (size_t i = 0; i < picture->n_users; i++)
        n += is_person_in(&picture->users[i], channel, own);
    sheet_number(sheet, n);
    sheet_text(sheet, "");
    for (size_t i = 0; i < picture->n_users; i++)
        if (is_person_in(&picture->users[i], channel, own))
            sheet_item(sheet, picture->users[i].name);
}

static void put_links(struct admin *admin, struct sheet *sheet, const struct admin_channel *channel)
{
    sheet_text(sheet, "");
    for (size_t i = 0; i < channel->n_links; i++) {
        char *path = picture_path(&admin->picture, channel->links[i]);
        sheet_item(sheet, path != NULL ? path : "?");
        free(path);
    }
}

static void put_channel(struct admin *admin, struct sheet *sheet,
                        const struct admin_channel *channel, const char *lines)
{
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof name, "%s%s", lines, channel->name);
    sheet_text(sheet, name);
    sheet_number(sheet, channel->id);
    put_optional(sheet, channel->id != 0 ? (int64_t)channel->parent_id : -1);
    sheet_text(sheet, channel->name);
    sheet_take(sheet, picture_path(&admin->picture, channel->id));
    sheet_number(sheet, channel->position);
    sheet_number(sheet, channel->max_users);
    put_people(admin, sheet, channel->id);
    sheet_text(sheet, "");
    if (channel->is_temporary)
        sheet_item(sheet, "temporary");
    if (channel->is_restricted)
        sheet_item(sheet, "restricted");
    if (channel->n_links > 0)
        sheet_item(sheet, "linked");
    sheet_flag(sheet, channel->is_temporary, "yes");
    sheet_flag(sheet, channel->is_restricted, "yes");
    put_links(admin, sheet, channel);
}

// `lines` is what the tree draws before children of this channel.
#define LINES_BYTES (5 * DEPTH_MAX + 8) // a piece is at most 5 bytes
static void put_tree(struct admin *admin, struct sheet *sheet, const struct admin_channel *channel,
                     const char *lines, const char *own, unsigned depth)
{
    size_t n;
    put_channel(admin, sheet, channel, own);
    if (depth == DEPTH_MAX)
        return;
    const struct admin_channel **children = picture_children(&admin->picture, channel->id, &n);
    for (size_t i = 0; children != NULL && i < n; i++) {
        bool is_last = i + 1 == n;
        char below[LINES_BYTES], at[LINES_BYTES];
        int room = LINES_BYTES - 8; // for a last piece
        (void)snprintf(below, sizeof below, "%.*s%s", room, lines, is_last ? "   " : "│  ");
        (void)snprintf(at, sizeof at, "%.*s%s", room, lines, is_last ? "└─ " : "├─ ");
        put_tree(admin, sheet, children[i], below, at, depth + 1);
    }
    free(children);
}

int channels_list(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *root = picture_channel(&admin->picture, 0);
    struct sheet *sheet = sheet_new(tree_columns, sizeof tree_columns / sizeof *tree_columns);
    if (root != NULL)
        put_tree(admin, sheet, root, "", "", 0);
    return admin_show_sheet(admin, "channels", sheet);
}

// ---- one of them
// -------------------------------------------------------------------------------------------------------

static const struct column info_columns[] = {
    { "id", "id", COLUMN_NUMBER },
    { "path", "path", COLUMN_TEXT },
    { "name", "name", COLUMN_TEXT },
    { "parent_id", NULL, COLUMN_NUMBER },
    { "position", "position", COLUMN_NUMBER },
    { "max_users", "people at most", COLUMN_NUMBER },
    { "users", "people now", COLUMN_NUMBER },
    { "names", "who", COLUMN_LIST },
    { "temporary", "temporary", COLUMN_FLAG },
    { "restricted", "not open to all", COLUMN_FLAG },
    { "links", "linked with", COLUMN_LIST },
    { "description", "description", COLUMN_TEXT },
};

static bool on_description(struct admin *admin, void *arg, unsigned type,
                           const ProtobufCMessage *message)
{
    (void)admin;
    const uint32_t *id = arg;
    const MumbleProto__ChannelState *state = (const void *)message;
    return type == MSG_CHANNEL_STATE && state->has_channel_id && state->channel_id == *id &&
           state->description != NULL;
}

static void fetch_description(struct admin *admin, uint32_t id)
{
    MumbleProto__RequestBlob request = MUMBLE_PROTO__REQUEST_BLOB__INIT;
    request.n_channel_description = 1;
    request.channel_description = &id;
    admin->is_quiet = true;
    (void)admin_ask(admin, MSG_REQUEST_BLOB, &request.base, ASK_ONCE, on_description, &id);
    admin->is_quiet = false;
}

int channel_info(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    if (channel == NULL)
        return admin_exit_of(admin);
    uint32_t id = channel->id;
    if (channel->has_long_description)
        fetch_description(admin, id);
    channel = picture_channel(&admin->picture, id);
    if (channel == NULL)
        return admin_fail(admin, ADMIN_NOT_FOUND, "the channel has gone meanwhile");
    struct sheet *sheet = sheet_new(info_columns, sizeof info_columns / sizeof *info_columns);
    sheet_number(sheet, id);
    sheet_take(sheet, picture_path(&admin->picture, id));
    sheet_text(sheet, channel->name);
    put_optional(sheet, id != 0 ? (int64_t)channel->parent_id : -1);
    sheet_number(sheet, channel->position);
    sheet_number(sheet, channel->max_users);
    put_people(admin, sheet, id);
    sheet_flag(sheet, channel->is_temporary, "yes");
    sheet_flag(sheet, channel->is_restricted, "yes");
    put_links(admin, sheet, channel);
    sheet_text(sheet, channel->description);
    return admin_show_facts(admin, sheet);
}

// ---- changes and their echoes
// ------------------------------------------------------------------------------------------

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
// ----------------------------------------------------------------------------------------------------------

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
        char part[NAME_MAX_BYTES];
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
    char name[NAME_MAX_BYTES];
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
// --------------------------------------------------------------------------------------------------------

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
// ----------------------------------------------------------------------------------------------------------

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
