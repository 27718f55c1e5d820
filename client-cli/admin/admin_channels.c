// SPDX-License-Identifier: BSD-3-Clause
//
// Channels as they are: the tree with who is where, and one of them with all about it.
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>

#define DEPTH_MAX 64

// ---- the tree

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
    char name[ADMIN_NAME_BYTES];
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
