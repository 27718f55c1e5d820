// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

// A text that begins with "!" is for the server, and goes to nobody else.
static bool run_command(struct conn *conn, const char *html)
{
    if (strlen(html) > TEXT_COMMAND_BYTES)
        return false;
    char *plain = html_to_plain(html);
    bool is_command = plain != NULL && commands_run(conn, plain);
    free(plain);
    return is_command;
}

// What may be sent on: the text itself, or without HTML where that is not allowed. NULL: refused,
// and said so.
static char *allowed_text(struct conn *conn, const char *text)
{
    const struct config *config = conn->server->config;
    char *result;
    if (config->is_html_allowed) {
        result = str_dup(text);
    } else {
        char *plain = html_to_plain(text);
        result = plain != NULL ? html_escape(plain) : NULL;
        free(plain);
    }
    if (result == NULL)
        return NULL;
    // With HTML, images may make a text longer than words alone may be.
    bool has_image = config->is_html_allowed && strstr(result, "<img") != NULL;
    uint32_t limit = has_image ? config->image_message_length : config->text_message_length;
    if (limit != 0 && str_utf16_units(result) > limit) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        free(result);
        return NULL;
    }
    return result;
}

static void mark_channel(struct server *server, uint32_t id, bool *is_reached)
{
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (user->channel == id)
            is_reached[user->session] = true;
}

// A tree stops at what the writer may not write to; so a text to a meeting never goes into a booth.
static void mark_tree(struct server *server, const struct user *writer, uint32_t id,
                      bool *is_reached)
{
    size_t i = 0;
    for (const struct channel *channel = model_channel_at(server->model, 0); channel != NULL;
         channel = model_channel_at(server->model, ++i)) {
        bool may_write = model_channel_is_within(server->model, channel->id, id);
        for (uint32_t at = channel->id; may_write; at = model_channel(server->model, at)->parent) {
            may_write = (model_permissions(server->model, writer, at) & PERM_TEXT_MESSAGE) != 0;
            if (at == id || at == MODEL_ROOT)
                break;
        }
        if (may_write)
            mark_channel(server, channel->id, is_reached);
    }
}

// One refused receiver cancels the whole message.
static bool mark_receivers(struct conn *conn, const MumbleProto__TextMessage *text,
                           bool *is_reached)
{
    struct server *server = conn->server;
    const struct user *writer = model_user(server->model, conn->session);
    if (text->n_channel_id + text->n_tree_id > TEXT_PLACES_MAX ||
        text->n_session > model_sessions_max(server->model)) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        return false;
    }
    for (size_t i = 0; i < text->n_channel_id + text->n_tree_id; i++) {
        bool is_tree = i >= text->n_channel_id;
        uint32_t id = is_tree ? text->tree_id[i - text->n_channel_id] : text->channel_id[i];
        const struct channel *channel = model_channel(server->model, id);
        if (channel == NULL)
            return false;
        if ((model_permissions(server->model, writer, id) & PERM_TEXT_MESSAGE) == 0) {
            send_denied(conn, PERM_TEXT_MESSAGE, id);
            if (channel->role == CHANNEL_BOOTH)
                say(conn, PHRASE_BOOTH_PRIVATE);
            return false;
        }
        if (is_tree)
            mark_tree(server, writer, id, is_reached);
        else
            mark_channel(server, id, is_reached);
    }
    for (size_t i = 0; i < text->n_session; i++) {
        const struct user *reader = model_user(server->model, text->session[i]);
        if (reader == NULL)
            continue;
        if ((model_permissions(server->model, writer, reader->channel) & PERM_TEXT_MESSAGE) == 0) {
            send_denied(conn, PERM_TEXT_MESSAGE, reader->channel);
            return false;
        }
        is_reached[reader->session] = true;
    }
    return true;
}

static void deliver(struct conn *conn, const MumbleProto__TextMessage *text, char *message)
{
    struct server *server = conn->server;
    bool *is_reached = calloc(model_sessions_max(server->model), sizeof(bool));
    if (is_reached != NULL && mark_receivers(conn, text, is_reached)) {
        MumbleProto__TextMessage out = *text;
        out.has_actor = true;
        out.actor = conn->session;
        out.message = message;
        is_reached[conn->session] = false;
        for (struct conn *to = server->conns; to != NULL; to = to->next)
            if (to->phase == CONN_READY && is_reached[to->session])
                send_message(to, MSG_TEXT_MESSAGE, &out.base);
    }
    free(is_reached);
}

void text_message(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__TextMessage *text = (const MumbleProto__TextMessage *)message;
    if (!bucket_take(&conn->messages, conn->server->now_us) || text->message[0] == '\0' ||
        run_command(conn, text->message))
        return;
    char *allowed = allowed_text(conn, text->message);
    if (allowed != NULL && allowed[0] != '\0')
        deliver(conn, text, allowed);
    free(allowed);
}
