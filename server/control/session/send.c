// SPDX-License-Identifier: BSD-3-Clause
//
// Messages to one client or to everybody, and what people are told in words: refusals and texts, in
// their own language. What a client on a thin line need not know at once is held by lines_calm.c.
#include "control/meeting/run.h"
#include "control/tree/visibility.h"

#include <stdarg.h>
#include <stdlib.h>

#define SEND_STACK_BYTES 1024

static void send_packed(struct conn *conn, unsigned type, const ProtobufCMessage *message)
{
    uint8_t small[SEND_STACK_BYTES];
    size_t size = msg_packed_size(message);
    uint8_t *frame = size <= sizeof(small) ? small : malloc(size);
    if (frame == NULL) {
        conn_doom(conn);
        return;
    }
    size = msg_pack(type, message, frame);
    if (conn->calm != NULL)
        calm_stage(conn, type, message, frame, size);
    else
        conn_stage(conn, frame, size);
    if (frame != small)
        free(frame);
}

void send_message(struct conn *conn, unsigned type, const ProtobufCMessage *message)
{
    struct visible_copy copy = { .room = NULL };
    if (conn->visible != NULL)
        message = visible_look(conn, type, message, &copy);
    if (message != NULL)
        send_packed(conn, type, message);
    free(copy.room);
}

// Packed once for everybody; while channels are hidden, for each as they may have it.
void broadcast(struct server *server, unsigned type, const ProtobufCMessage *message,
               const struct conn *except)
{
    uint8_t small[SEND_STACK_BYTES];
    size_t size = msg_packed_size(message);
    uint8_t *frame = size <= sizeof(small) ? small : malloc(size);
    if (frame == NULL) {
        log_error("control", "broadcast lost", "type=%s reason=memory", msg_type_name(type));
        return;
    }
    size = msg_pack(type, message, frame);
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase != CONN_READY || conn == except)
            continue;
        else if (conn->visible != NULL)
            send_message(conn, type, message);
        else if (conn->calm != NULL)
            calm_stage(conn, type, message, frame, size);
        else
            conn_stage(conn, frame, size);
    if (frame != small)
        free(frame);
}

void send_denied_user(struct conn *conn, uint32_t permission, uint32_t channel, uint32_t session)
{
    MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
    denied.has_type = denied.has_permission = denied.has_channel_id = denied.has_session = true;
    denied.type = MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Permission;
    denied.permission = permission;
    denied.channel_id = channel;
    denied.session = session;
    send_message(conn, MSG_PERMISSION_DENIED, &denied.base);
}

void send_denied(struct conn *conn, uint32_t permission, uint32_t channel)
{
    send_denied_user(conn, permission, channel, conn->session);
}

// Only old clients show the reason of some: newer ones have their own sentence.
void send_denied_reason(struct conn *conn, MumbleProto__PermissionDenied__DenyType type,
                        const char *reason, const char *name)
{
    MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
    denied.has_type = true;
    denied.type = type;
    denied.reason = reason != NULL ? (char *)(uintptr_t)for_reader(conn, reason) : NULL;
    denied.name = (char *)name;
    send_message(conn, MSG_PERMISSION_DENIED, &denied.base);
}

void send_denied_type(struct conn *conn, MumbleProto__PermissionDenied__DenyType type)
{
    send_denied_reason(conn, type, NULL, NULL);
}

void send_denied_certificate(struct conn *conn, uint32_t session)
{
    MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
    denied.has_type = denied.has_session = true;
    denied.type = MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__MissingCertificate;
    denied.session = session;
    send_message(conn, MSG_PERMISSION_DENIED, &denied.base);
}

void send_text(struct conn *conn, const char *html)
{
    MumbleProto__TextMessage text = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    uint32_t session = conn->session;
    text.n_session = 1;
    text.session = &session;
    text.message = (char *)html;
    send_message(conn, MSG_TEXT_MESSAGE, &text.base);
}

#define FLOOD_TOLD_US 5000000u

bool conn_in_time(struct conn *conn, struct bucket *bucket)
{
    const uint64_t now_us = conn->server->now_us;
    if (bucket_take(bucket, now_us))
        return true;
    if (conn->flood_told_us == 0 || now_us - conn->flood_told_us >= FLOOD_TOLD_US) {
        conn->flood_told_us = now_us;
        say(conn, PHRASE_TOO_FAST);
    }
    return false;
}

const char *reader_language(const struct conn *conn)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    const struct meeting_info *first = model_meeting_at(model, 0);
    if (user == NULL) // not logged in yet: the language of those who meet here
        return first != NULL ? first->tracks[first->default_lang].lang : PHRASE_DEFAULT_LANGUAGE;
    const struct meeting_info *meeting = model_meeting_of(model, user);
    const struct channel *channel = model_channel(model, user->channel);
    if (conn->chosen_language[0] != '\0')
        return conn->chosen_language;
    if (meeting != NULL && channel->role == CHANNEL_TRACK)
        return meeting->tracks[channel->role_index].lang;
    if (user->spoken[0] != '\0')
        return user->spoken;
    const char *seat = meeting == NULL ? breakout_language(conn->server, user) : NULL;
    if (seat != NULL)
        return seat;
    if (conn->console_language[0] != '\0')
        return conn->console_language;
    return meeting != NULL ? meeting->tracks[meeting->default_lang].lang : PHRASE_DEFAULT_LANGUAGE;
}

const char *for_reader(const struct conn *conn, const char *english)
{
    return i18n_text(reader_language(conn), english);
}

void say(struct conn *conn, enum phrase phrase, ...)
{
    char *escaped[PHRASE_ARGUMENTS_MAX] = { NULL };
    unsigned n = phrase_arguments(phrase);
    bool is_escaped = true;
    va_list arguments;
    va_start(arguments, phrase);
    for (unsigned i = 0; i < n; i++) {
        escaped[i] = html_escape(va_arg(arguments, const char *));
        is_escaped = is_escaped && escaped[i] != NULL;
    }
    va_end(arguments);
    char *html = is_escaped
                     ? phrase_fill(phrase, reader_language(conn), (const char *const *)escaped)
                     : NULL;
    if (html != NULL)
        send_text(conn, html);
    free(html);
    for (unsigned i = 0; i < n; i++)
        free(escaped[i]);
}
