// SPDX-License-Identifier: BSD-3-Clause
//
// What a client has set as targets of its whispers and shouts. routes.c works out whom they reach.
#include "control/control_int.h"

static size_t read_entries(const struct conn *conn, const MumbleProto__VoiceTarget *wanted,
                           struct target_entry entries[MODEL_TARGET_ENTRIES])
{
    const struct model *model = conn->server->model;
    size_t n = 0;
    for (size_t i = 0; i < wanted->n_targets; i++) {
        const MumbleProto__VoiceTarget__Target *target = wanted->targets[i];
        for (size_t k = 0; k < target->n_session && n < MODEL_TARGET_ENTRIES; k++) {
            const struct user *user = model_user(model, target->session[k]);
            if (user != NULL)
                entries[n++] = (struct target_entry){ .session = user->session };
        }
        const struct channel *channel =
            target->has_channel_id ? model_channel(model, target->channel_id) : NULL;
        if (channel == NULL || n == MODEL_TARGET_ENTRIES)
            continue;
        bool has_group = target->group != NULL && target->group[0] != '\0';
        entries[n++] = (struct target_entry){ .session = MODEL_NONE,
                                              .channel = channel->id,
                                              .with_children = target->children,
                                              .with_links = target->links,
                                              .group = has_group ? target->group : NULL };
    }
    return n;
}

// Clients set one at most at each press of a key. Who does it faster, or with what finds no memory,
// whispers to nobody: better than to those who were meant before.
void whisper_target(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__VoiceTarget *wanted = (const MumbleProto__VoiceTarget *)message;
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    struct target_entry entries[MODEL_TARGET_ENTRIES];
    if (!wanted->has_id || wanted->id == 0 || wanted->id >= MODEL_TARGETS)
        return;
    bool is_in_time = bucket_take(&conn->targets, server->now_us);
    size_t n = is_in_time ? read_entries(conn, wanted, entries) : 0;
    if (n == 0 && user->targets[wanted->id].n_entries == 0)
        return;
    if (model_user_set_target(user, wanted->id, entries, n) != 0)
        model_user_set_target(user, wanted->id, NULL, 0);
    user->targets[wanted->id].used_us = server->now_us;
    server->are_routes_dirty = true;
}

void whisper_used(struct server *server, uint32_t session, uint8_t target, bool is_reaching)
{
    struct user *user = model_user(server->model, session);
    if (user == NULL || target >= MODEL_TARGETS || user->targets[target].n_entries == 0)
        return;
    user->targets[target].used_us = server->now_us;
    if (!is_reaching)
        server->are_routes_dirty = true;
}
