// SPDX-License-Identifier: BSD-3-Clause
//
// Registered people: registering, unregistering, the list of them, and what is kept for them.
#include "control/meeting/roles.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---- registering ------------------------------------------------------------------------------

static void stand_in(const struct server *server, struct registered *person,
                     const struct user *user)
{
    const struct channel *channel = model_channel(server->model, user->channel);
    person->last_active_s = clock_unix_s();
    if (channel != NULL && !channel->is_temporary)
        person->last_channel = channel->id;
}

bool registry_register(struct server *server, struct user *user)
{
    struct model *model = server->model;
    const struct conn *conn = conn_of(server, user->session);
    if (!name_rule_matches(server->user_names, user->name) ||
        registry_by_name(model, user->name) != NULL)
        return false;
    struct registered *person = registry_add(model, MODEL_GUEST, user->name);
    if (person == NULL)
        return false;
    if (registry_cert_add(model, person, user->cert_hash) != 0) { // it is another's already
        registry_remove(model, person->id);
        return false;
    }
    if (conn != NULL && conn->cert_email[0] != '\0')
        registry_set_email(person, conn->cert_email);
    stand_in(server, person, user);
    user->user_id = person->id;
    model_user_identified(user);
    storage_user_put(server, person);
    registry_keep_blobs(server, user, user->comment.len > 0, user->texture.len > 0);
    for (uint32_t i = 0; i < user->n_listening; i++)
        storage_listening_put(server, person->id, &user->listening[i]);
    roles_registered(server, user);
    rights_changed(server);
    char name[256];
    log_info("control", "registered", "user=%d name=%s", person->id,
             log_quote(person->name, name, sizeof(name)));
    return true;
}

static void keep_acl(void *context, const struct channel *channel)
{
    if (!channel->is_temporary)
        storage_acl_put(context, channel);
}

void registry_unregister(struct server *server, int32_t user_id, uint32_t actor)
{
    struct model *model = server->model;
    if (user_id == MODEL_SUPERUSER || registry_find(model, user_id) == NULL)
        return;
    log_info("control", "unregistered", "user=%d by=%u", user_id, actor);
    model_forget_user_id(model, user_id, keep_acl, server);
    registry_remove(model, user_id);
    storage_user_remove(server, user_id);
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        if (user->user_id != user_id)
            continue;
        user->user_id = MODEL_GUEST;
        model_user_identified(user);
        MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
        state.has_session = state.has_user_id = true;
        state.session = user->session;
        state.user_id = UINT32_MAX;
        broadcast(server, MSG_USER_STATE, &state.base, NULL);
    }
    rights_changed(server);
}

// ---- the list ---------------------------------------------------------------------------------

void registry_date(int64_t at_s, char out[REGISTRY_DATE_BYTES])
{
    time_t at = (time_t)at_s;
    struct tm utc;
    out[0] = '\0';
    if (at_s != 0 && gmtime_r(&at, &utc) != NULL)
        strftime(out, REGISTRY_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

struct listed {
    MumbleProto__UserList__User user;
    char seen[REGISTRY_DATE_BYTES];
};

static void fill_listed(struct listed *listed, const struct registered *person)
{
    mumble_proto__user_list__user__init(&listed->user);
    registry_date(person->last_active_s, listed->seen);
    listed->user.user_id = (uint32_t)person->id;
    listed->user.name = person->name;
    listed->user.last_seen = listed->seen;
    listed->user.has_last_channel = person->last_channel != MODEL_NONE;
    listed->user.last_channel = person->last_channel;
}

// The protocol has no pages: what is longer than a frame cannot be shown to a Mumble client.
static void send_list(struct conn *conn)
{
    const struct model *model = conn->server->model;
    size_t n = 0;
    for (const struct registered *at = registry_next(model, 0); at != NULL;
         at = registry_next(model, at->id))
        n++;
    struct listed *listed = calloc(n + 1, sizeof(*listed));
    MumbleProto__UserList__User **pointers = calloc(n + 1, sizeof(*pointers));
    MumbleProto__UserList list = MUMBLE_PROTO__USER_LIST__INIT;
    const struct registered *person = registry_next(model, 0);
    for (; listed != NULL && pointers != NULL && person != NULL && list.n_users < n;
         person = registry_next(model, person->id)) {
        fill_listed(&listed[list.n_users], person);
        pointers[list.n_users] = &listed[list.n_users].user;
        list.n_users++;
    }
    list.users = pointers;
    if (msg_packed_size(&list.base) <= FRAME_MAX_BYTES)
        send_message(conn, MSG_USER_LIST, &list.base);
    else
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text,
                           N_("The list of users is too long for a Mumble client"), NULL);
    free(listed);
    free(pointers);
}

static bool rename_online(struct server *server, int32_t id, const char *name, uint32_t actor)
{
    struct model *model = server->model;
    struct user *user = model_user_next(model, 0);
    while (user != NULL && user->user_id != id)
        user = model_user_next(model, user->session);
    const struct user *holder = model_user_by_name(model, name);
    if (holder != NULL && holder != user)
        return false;
    if (user == NULL)
        return true;
    if (model_user_rename(model, user, name) != 0)
        return false;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_actor = true;
    state.session = user->session;
    state.actor = actor;
    state.name = user->name;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
    return true;
}

static void rename_person(struct conn *conn, struct registered *person, const char *wanted)
{
    struct server *server = conn->server;
    char *name = login_trimmed_name(wanted);
    const struct registered *holder = name != NULL ? registry_by_name(server->model, name) : NULL;
    bool is_free = name != NULL && !str_equal_fold(name, MODEL_SUPERUSER_NAME) &&
                   (holder == NULL || holder == person);
    if (is_free && name_rule_matches(server->user_names, name) &&
        rename_online(server, person->id, name, conn->session) &&
        registry_rename(server->model, person, name) == 0) {
        registry_save(server, person);
        char quoted[256];
        log_info("control", "renamed", "user=%d name=%s by=%u", person->id,
                 log_quote(name, quoted, sizeof(quoted)), conn->session);
    } else {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__UserName, NULL,
                           name != NULL && str_is_utf8(name) ? name : NULL);
    }
    free(name);
}

void registry_user_list(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserList *list = (const MumbleProto__UserList *)message;
    struct server *server = conn->server;
    const struct user *actor = model_user(server->model, conn->session);
    if ((model_permissions(server->model, actor, MODEL_ROOT) & PERM_REGISTER) == 0) {
        send_denied(conn, PERM_REGISTER, MODEL_ROOT);
        return;
    }
    if (list->n_users == 0)
        send_list(conn);
    for (size_t i = 0; i < list->n_users && !conn->is_doomed; i++) {
        const MumbleProto__UserList__User *one = list->users[i];
        struct registered *person = one->user_id > 0 && one->user_id <= REGISTERED_ID_MAX
                                        ? registry_find(server->model, (int32_t)one->user_id)
                                        : NULL;
        if (person == NULL)
            continue;
        if (one->name == NULL)
            registry_unregister(server, person->id, conn->session);
        else
            rename_person(conn, person, one->name);
    }
}

// ---- what is kept for them --------------------------------------------------------------------

bool registry_read_password(struct server *server, struct registered *person)
{
    struct password stored;
    if (!store_password_get(server->reader, person->id, &stored))
        return false;
    person->password = stored;
    OPENSSL_cleanse(&stored, sizeof(stored));
    return true;
}

void registry_save(struct server *server, struct registered *person)
{
    // The command line may have set a password since: it must not be undone. While changes of our
    // own are on their way, what is stored may be older than what we know.
    if (server->ops == NULL && !server->gate.is_storing)
        registry_read_password(server, person);
    storage_user_put(server, person);
}

void registry_seen(struct server *server, const struct user *user, bool is_leaving)
{
    struct registered *person = registry_find(server->model, user->user_id);
    if (person == NULL)
        return;
    if (is_leaving)
        person->last_disconnect_s = clock_unix_s();
    else
        stand_in(server, person, user);
    registry_save(server, person);
}

void registry_keep_blobs(struct server *server, const struct user *user, bool has_comment,
                         bool has_texture)
{
    if (registry_find(server->model, user->user_id) == NULL)
        return; // guests take theirs along when they leave
    if (has_comment)
        storage_user_comment_put(server, user->user_id,
                                 user->comment.len > 0 ? (const char *)user->comment.data : "");
    if (has_texture)
        storage_user_texture_put(server, user->user_id, user->texture.data, user->texture.len);
}

static bool restore_comment(struct server *server, struct user *user)
{
    const char *text = NULL;
    char *stored = NULL;
    if (!storage_pending_comment(server, user->user_id, &text) && server->reader != NULL)
        text = stored = store_user_comment_get(server->reader, user->user_id);
    bool is_fine = text == NULL || blob_set(&user->comment, text, strlen(text));
    free(stored);
    return is_fine;
}

static bool restore_texture(struct server *server, struct user *user)
{
    const uint8_t *data = NULL;
    uint8_t *stored = NULL;
    size_t len = 0;
    if (!storage_pending_texture(server, user->user_id, &data, &len) && server->reader != NULL)
        data = stored = store_user_texture_get(server->reader, user->user_id, &len);
    bool is_fine = data == NULL || blob_set(&user->texture, data, len);
    free(stored);
    return is_fine;
}

bool registry_restore(struct server *server, struct user *user)
{
    if (registry_find(server->model, user->user_id) == NULL)
        return true;
    bool is_fine = restore_comment(server, user);
    is_fine = restore_texture(server, user) && is_fine;
    listening_restore(server, user);
    if (!is_fine)
        log_warn("control", "not all of a person's things were found", "user=%d", user->user_id);
    return is_fine;
}
