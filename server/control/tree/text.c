// SPDX-License-Identifier: BSD-3-Clause
//
// Text messages: what of them is allowed, whom they reach, and commands, which reach nobody else.
#include "control/chat/markup.h"
#include "control/meeting/run.h"

#include <stdlib.h>
#include <string.h>

// A text that begins with "!" is for the server, and goes to nobody else.
static bool run_command(struct conn *conn, const char *html)
{
    if (strlen(html) > TEXT_LONG_COMMAND_BYTES)
        return false;
    char *plain = html_to_plain(html);
    bool is_command = plain != NULL && commands_run(conn, plain);
    free(plain);
    return is_command;
}

// ---- what is allowed

// Without markup: sound XML gives its character data, anything else is shown as it was written.
static char *without_html(const char *text)
{
    char *plain = malloc(strlen(text) + 1), *result = NULL;
    if (plain == NULL)
        return NULL;
    struct markup markup = { .plain = plain };
    if (strchr(text, '<') == NULL) {
        result = str_dup(text);
    } else if (markup_read(text, &markup)) {
        html_collapse(plain);
        result = html_escape_tags(plain, true);
    } else {
        result = html_escape_tags(text, false);
    }
    free(plain);
    if (result != NULL)
        html_collapse(result);
    return result;
}

// With images a text may be longer than words alone may be.
static bool is_short_without_images(const char *text, size_t units, const struct config *config)
{
    struct markup markup = { .plain = NULL };
    return (config->image_message_length == 0 || units <= config->image_message_length) &&
           strchr(text, '<') != NULL && markup_read(text, &markup) &&
           units - markup.source_units <= config->text_message_length;
}

char *text_allowed(struct conn *conn, const char *text)
{
    const struct config *config = conn->server->config;
    bool is_html_allowed = config->is_html_allowed;
    if (!str_is_utf8(text)) // no client writes it, and some fall over it
        return NULL;
    char *result = is_html_allowed ? str_dup(text) : without_html(text);
    if (result == NULL)
        return NULL;
    size_t units = str_utf16_units(result);
    bool is_short = config->text_message_length == 0 || units <= config->text_message_length ||
                    (is_html_allowed && is_short_without_images(result, units, config));
    if (is_short)
        return result;
    send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
    free(result);
    return NULL;
}

// ---- whom it reaches

struct text_place { // a channel, or one with all beneath it
    uint32_t channel;
    bool is_tree;
};

// A tree stops at what the writer may not write to; so a text to a meeting never goes into a booth.
static bool covers(const struct model *model, const struct user *writer, struct text_place place,
                   uint32_t channel)
{
    if (!place.is_tree)
        return channel == place.channel;
    for (uint32_t at = channel; at != MODEL_NONE; at = model_channel(model, at)->parent) {
        if ((model_permissions(model, writer, at) & PERM_TEXT_MESSAGE) == 0)
            return false;
        if (at == place.channel)
            return true;
    }
    return false;
}

// Ears in a booth are refused; those that were there before it was one get nothing out of it.
static bool has_ears(const struct model *model, const struct user *writer, struct text_place place,
                     const struct user *reader)
{
    for (uint32_t i = 0; i < reader->n_listening; i++) {
        uint32_t channel = reader->listening[i].channel;
        if (reader->listening[i].is_on && covers(model, writer, place, channel) &&
            model_channel(model, channel)->role != CHANNEL_BOOTH)
            return true;
    }
    return false;
}

static void mark_place(const struct model *model, const struct user *writer,
                       struct text_place place, bool *is_reached)
{
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        if (!is_reached[user->session] &&
            (covers(model, writer, place, user->channel) || has_ears(model, writer, place, user)))
            is_reached[user->session] = true;
}

static bool check_place(struct conn *conn, const struct user *writer, uint32_t id)
{
    const struct model *model = conn->server->model;
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return false;
    if ((model_permissions(model, writer, id) & PERM_TEXT_MESSAGE) != 0)
        return true;
    send_denied(conn, PERM_TEXT_MESSAGE, id);
    if (channel->role == CHANNEL_BOOTH)
        say(conn, PHRASE_BOOTH_PRIVATE);
    return false;
}

// One refused receiver cancels the whole message.
static bool mark_receivers(struct conn *conn, const MumbleProto__TextMessage *text,
                           bool *is_reached)
{
    const struct model *model = conn->server->model;
    const struct user *writer = model_user(model, conn->session);
    if (text->n_channel_id + text->n_tree_id > TEXT_PLACES_MAX ||
        text->n_session > model_sessions_max(model)) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        return false;
    }
    for (size_t i = 0; i < text->n_channel_id + text->n_tree_id; i++) {
        struct text_place place = { .is_tree = i >= text->n_channel_id };
        place.channel = place.is_tree ? text->tree_id[i - text->n_channel_id] : text->channel_id[i];
        if (!check_place(conn, writer, place.channel))
            return false;
        mark_place(model, writer, place, is_reached);
    }
    for (size_t i = 0; i < text->n_session; i++) {
        const struct user *reader = model_user(model, text->session[i]);
        if (reader == NULL)
            continue;
        if ((model_permissions(model, writer, reader->channel) & PERM_TEXT_MESSAGE) == 0) {
            send_denied(conn, PERM_TEXT_MESSAGE, reader->channel);
            return false;
        }
        is_reached[reader->session] = true;
    }
    return true;
}

static bool reaches(const struct model *model, const struct user *writer,
                    const MumbleProto__TextMessage *text, const struct meeting_info *meeting)
{
    for (size_t i = 0; i < text->n_channel_id + text->n_tree_id; i++) {
        struct text_place place = { .is_tree = i >= text->n_channel_id };
        place.channel = place.is_tree ? text->tree_id[i - text->n_channel_id] : text->channel_id[i];
        if (covers(model, writer, place, meeting->id))
            return true;
        for (uint8_t track = 0; track < meeting->n_tracks; track++)
            if (covers(model, writer, place, meeting->tracks[track].channel))
                return true;
    }
    return false;
}

// What reaches the floor or a track is said to the whole meeting.
static void post(struct conn *conn, const MumbleProto__TextMessage *text, const char *message,
                 bool *is_reached)
{
    const struct model *model = conn->server->model;
    const struct user *writer = model_user(model, conn->session);
    const struct meeting_info *meeting;
    for (size_t i = 0; (meeting = model_meeting_at(model, i)) != NULL; i++)
        if (reaches(model, writer, text, meeting))
            chat_post(conn, meeting, message, is_reached);
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
        post(conn, text, message, is_reached);
        for (struct conn *to = server->conns; to != NULL; to = to->next)
            if (to->phase == CONN_READY && is_reached[to->session])
                send_message(to, MSG_TEXT_MESSAGE, &out.base);
    }
    free(is_reached);
}

void text_message(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__TextMessage *text = (const MumbleProto__TextMessage *)message;
    if (!conn_in_time(conn, &conn->messages) || text->message[0] == '\0' ||
        run_command(conn, text->message))
        return;
    char *allowed = text_allowed(conn, text->message);
    if (allowed != NULL && allowed[0] != '\0')
        deliver(conn, text, allowed);
    free(allowed);
}
