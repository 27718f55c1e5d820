// SPDX-License-Identifier: BSD-3-Clause
//
// The configuration read again: what of it holds at once, for everybody who is here, and what waits
// for a restart.
#include "control/meeting/run.h"

#include <string.h>

static void reload_names(struct server *server)
{
    char unused[CONTROL_ERROR_BYTES]; // config has compiled them once already
    struct name_rule *users =
        name_rule_new(server->config->user_name_regex, unused, sizeof(unused));
    struct name_rule *channels =
        name_rule_new(server->config->channel_name_regex, unused, sizeof(unused));
    if (users != NULL && channels != NULL) {
        name_rule_free(server->user_names);
        name_rule_free(server->channel_names);
        server->user_names = users;
        server->channel_names = channels;
        return;
    }
    name_rule_free(users);
    name_rule_free(channels);
}

static void rename_root(struct server *server, const char *name)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    struct channel *root = model_channel(server->model, MODEL_ROOT);
    if (strcmp(root->name, name) == 0 || model_channel_rename(server->model, root->id, name) != 0)
        return;
    channels_save(server, root);
    state.has_channel_id = true;
    state.channel_id = root->id;
    state.name = root->name;
    broadcast(server, MSG_CHANNEL_STATE, &state.base, NULL);
}

static void reload_certificate(struct server *server)
{
    char error[CONTROL_ERROR_BYTES];
    SSL_CTX *tls = tls_context(server, error, sizeof(error));
    if (tls == NULL) {
        log_error("control", "certificate kept", "reason=\"%s\"", error);
        return;
    }
    SSL_CTX_free(server->tls); // connections keep theirs
    server->tls = tls;
}

static void tell_changes(struct server *server, const struct config *old)
{
    const struct config *fresh = server->config;
    MumbleProto__ServerConfig change = MUMBLE_PROTO__SERVER_CONFIG__INIT;
    change.has_max_bandwidth = fresh->bandwidth_bps != old->bandwidth_bps;
    change.max_bandwidth = fresh->bandwidth_bps;
    change.has_message_length = fresh->text_message_length != old->text_message_length;
    change.message_length = fresh->text_message_length;
    change.has_image_message_length = fresh->image_message_length != old->image_message_length;
    change.image_message_length = fresh->image_message_length;
    change.has_allow_html = fresh->is_html_allowed != old->is_html_allowed;
    change.allow_html = fresh->is_html_allowed;
    change.has_max_users = fresh->users != old->users;
    change.max_users = fresh->users;
    change.has_recording_allowed = fresh->is_recording_allowed != old->is_recording_allowed;
    change.recording_allowed = fresh->is_recording_allowed;
    if (msg_packed_size(&change.base) > FRAME_HEADER_BYTES)
        broadcast(server, MSG_SERVER_CONFIG, &change.base, NULL);
}

void server_reload(struct server *server)
{
    struct config *fresh = server->reload != NULL ? server->reload(server->reload_context) : NULL;
    if (fresh == NULL)
        return;
    struct config *old = server->config;
    server->config = fresh;
    reload_certificate(server);
    reload_names(server);
    struct model_limits limits = server_model_limits(fresh);
    model_set_limits(server->model, &limits);
    if (fresh->port != old->port)
        log_warn("control", "a new port needs a restart", "port=%u", old->port);
    if (fresh->users > old->users)
        log_warn("control", "more users need a restart", "users=%u", old->users);
    if (strcmp(fresh->recordings != NULL ? fresh->recordings : "",
               old->recordings != NULL ? old->recordings : "") != 0)
        log_warn("control", "another folder for recordings needs a restart", NULL);
    rename_root(server, server_root_name(fresh));
    meetings_reload(server);
    tell_changes(server, old);
    server->are_routes_dirty = true;
    lines_reload(server, fresh->bandwidth_bps != old->bandwidth_bps);
    config_free(old);
    log_info("control", "configuration read again", "meetings=%zu", fresh->n_meetings);
}
