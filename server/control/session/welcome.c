// SPDX-License-Identifier: BSD-3-Clause
//
// What a newcomer is told, in the protocol's order: CryptSetup, CodecVersion, channels, links,
// permissions, the newcomer (to all), the others, ServerSync, ears, ServerConfig, SuggestConfig.
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

#define CODEC_ALPHA                                                                                \
    ((int32_t)0x8000000b) // what clients without Opus would use; required fields even so

static void send_codec(struct conn *conn)
{
    MumbleProto__CodecVersion codec = MUMBLE_PROTO__CODEC_VERSION__INIT;
    codec.alpha = CODEC_ALPHA;
    codec.beta = 0;
    codec.prefer_alpha = true;
    codec.has_opus = true;
    codec.opus = true;
    send_message(conn, MSG_CODEC_VERSION, &codec.base);
    if (!conn->has_opus)
        say(conn, PHRASE_NO_OPUS);
}

static void send_channels(struct conn *conn)
{
    channels_send_all(conn);
    channels_send_links(conn);
}

static void send_others(struct conn *conn)
{
    const struct model *model = conn->server->model;
    for (const struct user *other = model_user_next(model, 0); other != NULL;
         other = model_user_next(model, other->session))
        if (other->session != conn->session && visible_user(conn, other))
            users_state_send(conn, other);
}

static void send_sync(struct conn *conn, const struct user *user)
{
    struct server *server = conn->server;
    const struct config *config = server->config;
    char *languages = meetings_welcome(server), *both = NULL;
    const char *text = config->welcome_text;
    if (languages != NULL && text != NULL &&
        (both = malloc(strlen(text) + strlen(languages) + 16)) != NULL)
        snprintf(both, strlen(text) + strlen(languages) + 16, "%s<br/>%s", text, languages);
    MumbleProto__ServerSync sync = MUMBLE_PROTO__SERVER_SYNC__INIT;
    sync.has_session = sync.has_max_bandwidth = sync.has_permissions = true;
    sync.session = user->session;
    sync.max_bandwidth = config->bandwidth_bps;
    sync.welcome_text = both != NULL ? both : languages != NULL ? languages : (char *)text;
    // SuperUser is told no other rights, so these are not only the root's.
    sync.permissions = user->user_id == MODEL_SUPERUSER
                           ? PERM_ALL
                           : model_permissions(server->model, user, MODEL_ROOT) | PERM_CACHED;
    send_message(conn, MSG_SERVER_SYNC, &sync.base);
    free(both);
    free(languages);
}

static void send_server_config(struct conn *conn)
{
    const struct config *config = conn->server->config;
    MumbleProto__ServerConfig info = MUMBLE_PROTO__SERVER_CONFIG__INIT;
    info.has_allow_html = info.has_message_length = info.has_image_message_length =
        info.has_max_users = info.has_recording_allowed = true;
    info.allow_html = config->is_html_allowed;
    info.message_length = config->text_message_length;
    info.image_message_length = config->image_message_length;
    info.max_users = config->users;
    info.recording_allowed = config->is_recording_allowed;
    send_message(conn, MSG_SERVER_CONFIG, &info.base);
}

static void send_suggestions(struct conn *conn)
{
    const struct config *config = conn->server->config;
    MumbleProto__SuggestConfig suggest = MUMBLE_PROTO__SUGGEST_CONFIG__INIT;
    suggest.has_version_v1 = suggest.has_version_v2 = config->suggest_version != 0;
    suggest.version_v1 = version_to_v1(config->suggest_version);
    suggest.version_v2 = config->suggest_version;
    suggest.has_positional = config->suggest_positional >= 0;
    suggest.positional = config->suggest_positional > 0;
    suggest.has_push_to_talk = config->suggest_push_to_talk >= 0;
    suggest.push_to_talk = config->suggest_push_to_talk > 0;
    if (suggest.has_version_v2 || suggest.has_positional || suggest.has_push_to_talk)
        send_message(conn, MSG_SUGGEST_CONFIG, &suggest.base);
}

static void log_joined(const struct conn *conn, const struct user *user)
{
    char name[256], release[256];
    log_info("control", "joined",
             "session=%u name=%s user=%d cert=%s version=%u.%u.%u release=%s thread=%u",
             user->session, log_quote(user->name, name, sizeof(name)), user->user_id,
             user->cert_hash[0] != '\0' ? user->cert_hash : "none", (unsigned)(conn->version >> 48),
             (unsigned)(conn->version >> 32) & 0xffff, (unsigned)(conn->version >> 16) & 0xffff,
             log_quote(conn->release, release, sizeof(release)), conn->thread);
}

void login_welcome(struct conn *conn, struct user *user, uint32_t start)
{
    struct server *server = conn->server;
    conn->session = user->session;
    conn->thread = server->next_thread++ % server->n_threads;
    server->by_session[user->session] = conn;
    link_client_add(conn);
    if (conn->phase == CONN_CLOSED)
        return;
    send_codec(conn);
    registry_restore(server, user);
    // A temporary channel may have gone with the ghost that was alone in it.
    if (start != MODEL_ROOT && model_channel(server->model, start) != NULL)
        model_user_move(server->model, user, start);
    send_channels(conn);
    user->is_suppressed = (model_permissions(server->model, user, user->channel) & PERM_SPEAK) == 0;
    rights_send_entered(conn, user->channel);
    conn_enter(conn, CONN_READY, "logged in");
    registry_seen(server, user, false);
    users_state_broadcast(server, user);
    send_others(conn);
    send_sync(conn, user);
    listening_announce(conn);
    send_server_config(conn);
    send_suggestions(conn);
    server->are_routes_dirty = true;
    meetings_user_placed(server, user, MODEL_NONE);
    menu_update(conn);
    log_joined(conn, user);
    door_placed(server, user);
    invites_welcome(conn);
}
