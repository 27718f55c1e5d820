// SPDX-License-Identifier: BSD-3-Clause
//
// What each client was told of its permissions, kept true.
//
//   sent: channel -> permissions   by PermissionQuery; a client drops all of it at a flush
//   told: channel -> may enter     by ChannelState; with hidechannels also: what it knows of
//
// Both are ordered by channel id. After a change they are compared with what holds now, once a
// turn, and only differences are sent.
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

#define SENT_MAX 20 // with so many remembered the client starts anew at the next change

struct sent {
    uint32_t channel, permissions;
};
struct told {
    uint32_t channel;
    bool can_enter, is_restricted;
};
struct rights_sent {
    uint32_t n_sent, n_told, cap_told;
    uint32_t last_asked; // channel; MODEL_NONE: none yet
    bool is_stale;       // this client alone must be looked at
    struct sent sent[SENT_MAX];
    struct told *told;
};

static struct rights_sent *rights_of(struct conn *conn)
{
    if (conn->rights_sent == NULL && (conn->rights_sent = calloc(1, sizeof(*conn->rights_sent))))
        conn->rights_sent->last_asked = MODEL_NONE;
    return conn->rights_sent;
}

void rights_forget(struct conn *conn)
{
    if (conn->rights_sent != NULL)
        free(conn->rights_sent->told);
    free(conn->rights_sent);
    conn->rights_sent = NULL;
}

// ---- may enter --------------------------------------------------------------------------------

// Where this channel stands, or would.
static uint32_t told_index(const struct rights_sent *rights, uint32_t channel)
{
    uint32_t low = 0, high = rights->n_told;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rights->told[middle].channel < channel)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct told *told_find(const struct conn *conn, uint32_t channel)
{
    const struct rights_sent *rights = conn->rights_sent;
    uint32_t i = rights != NULL ? told_index(rights, channel) : 0;
    return rights != NULL && i < rights->n_told && rights->told[i].channel == channel
               ? &rights->told[i]
               : NULL;
}

bool rights_has_told(const struct conn *conn, uint32_t channel)
{
    return told_find(conn, channel) != NULL;
}

bool rights_told(struct conn *conn, uint32_t channel, bool can_enter, bool is_restricted)
{
    struct rights_sent *rights = rights_of(conn);
    struct told *told = told_find(conn, channel);
    if (rights == NULL)
        return false;
    if (told == NULL && rights->n_told == rights->cap_told) {
        uint32_t cap = rights->cap_told != 0 ? 2 * rights->cap_told : 16;
        struct told *grown = realloc(rights->told, cap * sizeof(struct told));
        if (grown == NULL)
            return false;
        rights->told = grown;
        rights->cap_told = cap;
    }
    if (told == NULL) {
        uint32_t i = told_index(rights, channel);
        told = &rights->told[i];
        memmove(told + 1, told, (rights->n_told - i) * sizeof(struct told));
        rights->n_told++;
    }
    *told = (struct told){ channel, can_enter, is_restricted };
    return true;
}

void rights_channel_gone(struct conn *conn, uint32_t channel)
{
    struct rights_sent *rights = conn->rights_sent;
    if (rights == NULL)
        return;
    const struct told *told = told_find(conn, channel);
    if (told != NULL) {
        size_t i = (size_t)(told - rights->told);
        rights->n_told--;
        memmove(&rights->told[i], &rights->told[i + 1], (rights->n_told - i) * sizeof(struct told));
    }
    for (uint32_t i = 0; i < rights->n_sent; i++)
        if (rights->sent[i].channel == channel)
            rights->sent[i--] = rights->sent[--rights->n_sent];
    if (rights->last_asked == channel)
        rights->last_asked = MODEL_NONE;
}

static void tell_enter(struct conn *conn, uint32_t channel, bool can_enter, bool is_restricted)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = state.has_is_enter_restricted = state.has_can_enter = true;
    state.channel_id = channel;
    state.is_enter_restricted = is_restricted;
    state.can_enter = can_enter;
    send_message(conn, MSG_CHANNEL_STATE, &state.base);
}

// ---- permissions ------------------------------------------------------------------------------

static const struct user *reader_of(const struct conn *conn)
{
    const struct user *user = model_user(conn->server->model, conn->session);
    // The SuperUser knows its rights from ServerSync, and a client would believe an answer less.
    return user != NULL && user->user_id != MODEL_SUPERUSER ? user : NULL;
}

static uint32_t value_of(const struct conn *conn, const struct user *user, uint32_t channel)
{
    return model_permissions(conn->server->model, user, channel) | PERM_CACHED;
}

static void send_query(struct conn *conn, uint32_t channel, uint32_t permissions, bool is_flush)
{
    MumbleProto__PermissionQuery query = MUMBLE_PROTO__PERMISSION_QUERY__INIT;
    query.has_channel_id = query.has_permissions = true;
    query.channel_id = channel;
    query.permissions = permissions;
    query.has_flush = query.flush = is_flush;
    send_message(conn, MSG_PERMISSION_QUERY, &query.base);
}

static const struct sent *sent_find(const struct rights_sent *rights, uint32_t channel)
{
    for (uint32_t i = 0; i < rights->n_sent; i++)
        if (rights->sent[i].channel == channel)
            return &rights->sent[i];
    return NULL;
}

static void remember_sent(struct rights_sent *rights, uint32_t channel, uint32_t permissions)
{
    uint32_t i = 0;
    while (i < rights->n_sent && rights->sent[i].channel != channel)
        i++;
    if (i == SENT_MAX)
        return; // full: all of it goes at the next change
    rights->sent[i] = (struct sent){ channel, permissions };
    if (i == rights->n_sent)
        rights->n_sent++;
}

void rights_send(struct conn *conn, uint32_t channel)
{
    const struct user *user = reader_of(conn);
    struct rights_sent *rights = rights_of(conn);
    if (user == NULL || rights == NULL)
        return;
    uint32_t permissions = value_of(conn, user, channel);
    rights->last_asked = channel;
    remember_sent(rights, channel, permissions);
    send_query(conn, channel, permissions, false);
}

static void push(struct conn *conn, const struct user *user, uint32_t channel)
{
    struct rights_sent *rights = rights_of(conn);
    uint32_t permissions = value_of(conn, user, channel);
    const struct sent *sent = rights != NULL ? sent_find(rights, channel) : NULL;
    if (rights == NULL || (sent != NULL && sent->permissions == permissions))
        return;
    remember_sent(rights, channel, permissions);
    send_query(conn, channel, permissions, false);
}

static bool is_sent_true(const struct conn *conn, const struct user *user)
{
    const struct rights_sent *rights = conn->rights_sent;
    if (rights->n_sent == SENT_MAX)
        return false;
    for (uint32_t i = 0; i < rights->n_sent; i++)
        if (value_of(conn, user, rights->sent[i].channel) != rights->sent[i].permissions)
            return false;
    return true;
}

// One value, and all others are forgotten: on both sides.
static void check_sent(struct conn *conn)
{
    const struct user *user = reader_of(conn);
    struct rights_sent *rights = conn->rights_sent;
    if (user == NULL || rights == NULL || is_sent_true(conn, user))
        return;
    if (rights->last_asked == MODEL_NONE)
        rights->last_asked = user->channel;
    uint32_t permissions = value_of(conn, user, rights->last_asked);
    rights->n_sent = 0;
    remember_sent(rights, rights->last_asked, permissions);
    send_query(conn, rights->last_asked, permissions, true);
}

// Groups such as "in" and "sub" go by where one is.
void rights_send_entered(struct conn *conn, uint32_t id)
{
    struct server *server = conn->server;
    struct rights_sent *rights = rights_of(conn);
    const struct user *user = reader_of(conn);
    const struct channel *channel = model_channel(server->model, id);
    visible_changed(conn);
    if (rights != NULL)
        rights->is_stale = server->has_stale_rights = true;
    if (user == NULL || channel == NULL)
        return;
    check_sent(conn);
    push(conn, user, id);
    if (channel->id != MODEL_ROOT)
        push(conn, user, channel->parent);
}

// ---- once a turn ------------------------------------------------------------------------------

void rights_changed(struct server *server)
{
    server->are_rights_dirty = true;
}

void rights_user_changed(struct conn *conn)
{
    struct rights_sent *rights = rights_of(conn);
    visible_changed(conn);
    if (rights != NULL)
        rights->is_stale = conn->server->has_stale_rights = true;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct told *)a)->channel, y = ((const struct told *)b)->channel;
    return x < y ? -1 : x > y;
}

// All channels by id, and whether entering them is restricted. NULL: memory.
static struct told *list_channels(const struct server *server, size_t *n)
{
    *n = 0;
    while (model_channel_at(server->model, *n) != NULL)
        ++*n;
    struct told *list = calloc(*n + 1, sizeof(*list));
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < *n; i++) {
        list[i].channel = model_channel_at(server->model, i)->id;
        list[i].is_restricted = model_is_enter_restricted(server->model, list[i].channel);
    }
    qsort(list, *n, sizeof(*list), by_id);
    return list;
}

static void check_told(struct conn *conn, const struct user *user, const struct told *now, size_t n)
{
    struct rights_sent *rights = conn->rights_sent;
    size_t k = 0;
    for (uint32_t i = 0; i < rights->n_told; i++) {
        struct told *told = &rights->told[i];
        while (k < n && now[k].channel < told->channel)
            k++;
        if (k == n || now[k].channel != told->channel)
            continue;
        uint32_t permissions = model_permissions(conn->server->model, user, told->channel);
        bool can_enter = (permissions & PERM_ENTER) != 0;
        if (can_enter == told->can_enter && now[k].is_restricted == told->is_restricted)
            continue;
        told->can_enter = can_enter;
        told->is_restricted = now[k].is_restricted;
        tell_enter(conn, told->channel, can_enter, told->is_restricted);
    }
}

static void look_again(struct conn *conn, const struct told *now, size_t n)
{
    struct user *user = model_user(conn->server->model, conn->session);
    if (user == NULL || conn->rights_sent == NULL)
        return;
    conn->rights_sent->is_stale = false;
    roles_look_again(conn);
    users_refresh_suppression(conn->server, user);
    check_sent(conn);
    check_told(conn, user, now, n);
    menu_update(conn);
    listening_look_again(conn);
}

void rights_turn_end(struct server *server)
{
    if (!server->are_rights_dirty && !server->has_stale_rights)
        return;
    size_t n;
    struct told *now = list_channels(server, &n);
    if (now == NULL)
        return; // still dirty: at the next turn's end
    bool is_all = server->are_rights_dirty;
    server->are_rights_dirty = server->has_stale_rights = false;
    if (is_all)
        server->are_routes_dirty = true; // whispers, and speaking through links
    const struct meeting_info *meeting;
    for (size_t i = 0; is_all && (meeting = model_meeting_at(server->model, i)) != NULL; i++)
        display_changed(server, meeting->id); // roles are shown
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY &&
            (is_all || (conn->rights_sent != NULL && conn->rights_sent->is_stale)))
            look_again(conn, now, n);
    free(now);
}
