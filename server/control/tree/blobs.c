// SPDX-License-Identifier: BSD-3-Clause
//
// Comments, pictures and descriptions: short ones are sent as they are, long ones by their hash,
// and then fetched by whoever does not know that hash yet.
#include "control/control_int.h"

#include <stdlib.h>

#define BLOB_INLINE_TEXT_UNITS 128
#define BLOB_INLINE_BYTES 128

static ProtobufCBinaryData hash_of(const struct blob *blob)
{
    return (ProtobufCBinaryData){ sizeof(blob->sha1), (uint8_t *)blob->sha1 };
}

void blobs_put_comment(MumbleProto__UserState *state, const struct user *user)
{
    state->has_comment_hash =
        user->comment.len > 0 &&
        str_utf16_units((const char *)user->comment.data) >= BLOB_INLINE_TEXT_UNITS;
    if (state->has_comment_hash)
        state->comment_hash = hash_of(&user->comment);
    else
        state->comment = user->comment.len > 0 ? (char *)user->comment.data : NULL;
}

void blobs_put_texture(MumbleProto__UserState *state, const struct user *user)
{
    state->has_texture_hash = user->texture.len >= BLOB_INLINE_BYTES;
    state->has_texture = user->texture.len > 0 && !state->has_texture_hash;
    if (state->has_texture_hash)
        state->texture_hash = hash_of(&user->texture);
    else if (state->has_texture)
        state->texture = (ProtobufCBinaryData){ user->texture.len, user->texture.data };
}

static void send_description(struct conn *conn, uint32_t id)
{
    const struct channel *channel = model_channel(conn->server->model, id);
    const char *text = channel != NULL ? describe_text(conn->server, channel) : "";
    if (text[0] == '\0' || !visible_channel(conn, channel))
        return;
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = true;
    state.channel_id = channel->id;
    state.description = (char *)(uintptr_t)text;
    send_message(conn, MSG_CHANNEL_STATE, &state.base);
}

static const struct user *seen_user(const struct conn *conn, uint32_t session)
{
    const struct user *user = model_user(conn->server->model, session);
    return user != NULL && visible_user(conn, user) ? user : NULL;
}

static void send_texture(struct conn *conn, uint32_t session)
{
    const struct user *user = seen_user(conn, session);
    if (user == NULL || user->texture.len == 0)
        return;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_texture = true;
    state.session = user->session;
    state.texture = (ProtobufCBinaryData){ user->texture.len, user->texture.data };
    send_message(conn, MSG_USER_STATE, &state.base);
}

static void send_comment(struct conn *conn, uint32_t session)
{
    const struct user *user = seen_user(conn, session);
    if (user == NULL || user->comment.len == 0)
        return;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = true;
    state.session = user->session;
    state.comment = (char *)user->comment.data;
    send_message(conn, MSG_USER_STATE, &state.base);
}

static int compare_ids(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

// Each is answered once, however often it is named: a short question must not cost a long answer
// many times over. Who asks for more than can be staged is cut off; then the rest need not be
// looked at.
static void send_each(struct conn *conn, uint32_t *ids, size_t n,
                      void (*send)(struct conn *conn, uint32_t id))
{
    if (n > BLOB_IDS_MAX)
        n = BLOB_IDS_MAX;
    if (n > 1)
        qsort(ids, n, sizeof(*ids), compare_ids);
    for (size_t i = 0; i < n && !conn->is_doomed; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            send(conn, ids[i]);
}

void users_request_blob(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__RequestBlob *ask = (const MumbleProto__RequestBlob *)message;
    struct calm *calm = conn->calm;
    calm_release(conn); // answers do not wait, but come after what is older
    conn->calm = NULL;
    send_each(conn, ask->channel_description, ask->n_channel_description, send_description);
    send_each(conn, ask->session_texture, ask->n_session_texture, send_texture);
    send_each(conn, ask->session_comment, ask->n_session_comment, send_comment);
    conn->calm = calm;
}
