// SPDX-License-Identifier: BSD-3-Clause
#include "control/lines/calm.h"

#include <stdlib.h>
#include <string.h>

struct calm_entry {
    unsigned type;
    uint32_t about; // a session, a channel; of a console 0
    uint32_t actor;
    bool has_actor;
    size_t len;
    uint8_t *frame;
};

// ---- what may wait ------------------------------------------------------------------------------

static bool is_console(unsigned type, const ProtobufCMessage *message)
{
    const MumbleProto__PluginDataTransmission *data =
        (const MumbleProto__PluginDataTransmission *)message;
    return type == MSG_PLUGIN_DATA && data->data_id != NULL &&
           strcmp(data->data_id, CALM_CONSOLE_ID) == 0;
}

enum calm_way calm_way(unsigned type, const ProtobufCMessage *message, uint32_t own, bool is_urgent)
{
    const MumbleProto__UserState *user = (const MumbleProto__UserState *)message;
    const MumbleProto__UserRemove *gone = (const MumbleProto__UserRemove *)message;
    switch (type) {
    case MSG_USER_STATE: // also what they did themselves to others
        return user->session == own || (user->has_actor && user->actor == own) || is_urgent
                   ? CALM_AFTER_ALL
                   : CALM_HELD;
    case MSG_USER_REMOVE:
        return gone->session == own || (gone->has_actor && gone->actor == own) ? CALM_AFTER_ALL
                                                                               : CALM_HELD;
    case MSG_CHANNEL_STATE:
    case MSG_CHANNEL_REMOVE:
        return CALM_HELD;
    case MSG_PLUGIN_DATA:
        return is_console(type, message) ? CALM_HELD : CALM_AT_ONCE;
    case MSG_PING:
    case MSG_CRYPT_SETUP:
    case MSG_SERVER_CONFIG:
    case MSG_CODEC_VERSION:
    case MSG_USER_STATS:
        return CALM_AT_ONCE;
    default:
        return CALM_AFTER_KNOWN;
    }
}

bool calm_must_go_first(const struct calm *calm, enum calm_way way)
{
    return calm->n > 0 && (way == CALM_AFTER_ALL || (way == CALM_AFTER_KNOWN && calm->has_news));
}

// ---- merging ------------------------------------------------------------------------------------

// Does the order in which this comes, among others, say something?
static bool is_parting(unsigned type, const ProtobufCMessage *message)
{
    const MumbleProto__UserState *user = (const MumbleProto__UserState *)message;
    const MumbleProto__ChannelState *channel = (const MumbleProto__ChannelState *)message;
    switch (type) {
    case MSG_USER_STATE:
        return user->name != NULL || user->n_listening_channel_add > 0 ||
               user->n_listening_channel_remove > 0 || user->n_listening_volume_adjustment > 0 ||
               user->n_temporary_access_tokens > 0;
    case MSG_CHANNEL_STATE:
        return channel->name != NULL || channel->has_parent || channel->n_links > 0 ||
               channel->n_links_add > 0 || channel->n_links_remove > 0;
    case MSG_PLUGIN_DATA:
        return false;
    default:
        return true; // gone
    }
}

static bool has_news(unsigned type, const ProtobufCMessage *message)
{
    const MumbleProto__UserState *user = (const MumbleProto__UserState *)message;
    const MumbleProto__ChannelState *channel = (const MumbleProto__ChannelState *)message;
    return (type == MSG_USER_STATE && user->name != NULL) ||
           (type == MSG_CHANNEL_STATE && channel->name != NULL);
}

static void describe(struct calm_entry *entry, unsigned type, const ProtobufCMessage *message)
{
    *entry = (struct calm_entry){ .type = type };
    if (type == MSG_USER_STATE) {
        const MumbleProto__UserState *user = (const MumbleProto__UserState *)message;
        entry->about = user->session;
        entry->has_actor = user->has_actor;
        entry->actor = user->has_actor ? user->actor : 0;
    } else if (type == MSG_CHANNEL_STATE) {
        entry->about = ((const MumbleProto__ChannelState *)message)->channel_id;
    }
}

// A long text is told by its hash, a short one as it is: the newer of the two counts.
static void forget_replaced(unsigned type, ProtobufCMessage *old, const ProtobufCMessage *fresh)
{
    if (type == MSG_USER_STATE) {
        MumbleProto__UserState *was = (MumbleProto__UserState *)old;
        const MumbleProto__UserState *is = (const MumbleProto__UserState *)fresh;
        was->has_comment_hash = was->has_comment_hash && is->comment == NULL;
        was->has_texture_hash = was->has_texture_hash && !is->has_texture;
        was->has_texture = was->has_texture && !is->has_texture_hash;
    } else {
        MumbleProto__ChannelState *was = (MumbleProto__ChannelState *)old;
        was->has_description_hash = was->has_description_hash &&
                                    ((const MumbleProto__ChannelState *)fresh)->description == NULL;
    }
}

// The text itself stands first in what is packed; an old one goes when only a hash comes.
static bool is_text_outdated(unsigned type, const ProtobufCMessage *old,
                             const ProtobufCMessage *fresh)
{
    if (type == MSG_USER_STATE)
        return ((const MumbleProto__UserState *)old)->comment != NULL &&
               ((const MumbleProto__UserState *)fresh)->has_comment_hash;
    return ((const MumbleProto__ChannelState *)old)->description != NULL &&
           ((const MumbleProto__ChannelState *)fresh)->has_description_hash;
}

static ProtobufCMessage *both(unsigned type, ProtobufCMessage *old, const ProtobufCMessage *fresh,
                              const uint8_t *frame, size_t len)
{
    forget_replaced(type, old, fresh);
    const size_t old_len = msg_packed_size(old), body = len - FRAME_HEADER_BYTES;
    uint8_t *bytes = malloc(old_len + body);
    if (bytes == NULL)
        return NULL;
    msg_pack(type, old, bytes);
    memcpy(bytes + old_len, frame + FRAME_HEADER_BYTES, body);
    ProtobufCMessage *merged = msg_unpack(
        type, (struct span){ bytes + FRAME_HEADER_BYTES, old_len - FRAME_HEADER_BYTES + body });
    free(bytes);
    return merged;
}

// False: they stay two.
static bool merge(struct calm *calm, struct calm_entry *entry, const ProtobufCMessage *fresh,
                  const uint8_t *frame, size_t len)
{
    const bool is_replaced = entry->type == MSG_PLUGIN_DATA;
    const struct span body = { entry->frame + FRAME_HEADER_BYTES, entry->len - FRAME_HEADER_BYTES };
    ProtobufCMessage *old = is_replaced ? NULL : msg_unpack(entry->type, body);
    ProtobufCMessage *merged = old != NULL && !is_text_outdated(entry->type, old, fresh)
                                   ? both(entry->type, old, fresh, frame, len)
                                   : NULL;
    const size_t size = is_replaced ? len : merged != NULL ? msg_packed_size(merged) : 0;
    uint8_t *bytes = size > 0 ? malloc(size) : NULL;
    if (bytes != NULL && is_replaced)
        memcpy(bytes, frame, len);
    else if (bytes != NULL)
        msg_pack(entry->type, merged, bytes);
    msg_free(merged);
    msg_free(old);
    if (bytes == NULL)
        return false;
    calm->n_bytes += size;
    calm->n_bytes -= entry->len;
    free(entry->frame);
    entry->frame = bytes;
    entry->len = size;
    return true;
}

static bool add(struct calm *calm, struct calm_entry entry, const uint8_t *frame, size_t len)
{
    if (calm->n == calm->cap) {
        const size_t cap = calm->cap != 0 ? 2 * calm->cap : 16;
        struct calm_entry *grown = realloc(calm->entries, cap * sizeof(*grown));
        if (grown == NULL)
            return false;
        calm->entries = grown;
        calm->cap = cap;
    }
    entry.frame = malloc(len);
    if (entry.frame == NULL)
        return false;
    memcpy(entry.frame, frame, len);
    entry.len = len;
    calm->entries[calm->n++] = entry;
    calm->n_bytes += len;
    return true;
}

// The newest of it, since things last were parted: only into that one may be merged.
static struct calm_entry *find(struct calm *calm, const struct calm_entry *like)
{
    for (size_t i = calm->n; i-- > calm->n_parted;) {
        struct calm_entry *entry = &calm->entries[i];
        if (entry->type == like->type && entry->about == like->about)
            return entry->has_actor == like->has_actor && entry->actor == like->actor ? entry
                                                                                      : NULL;
    }
    return NULL;
}

bool calm_hold(struct calm *calm, unsigned type, const ProtobufCMessage *message,
               const uint8_t *frame, size_t len, uint64_t now_us)
{
    struct calm_entry like;
    describe(&like, type, message);
    const bool is_parted = is_parting(type, message);
    struct calm_entry *same = is_parted ? NULL : find(calm, &like);
    if ((same == NULL || !merge(calm, same, message, frame, len)) && !add(calm, like, frame, len))
        return false;
    if (is_parted)
        calm->n_parted = calm->n;
    calm->has_news = calm->has_news || has_news(type, message);
    if (calm->first_us == 0)
        calm->first_us = now_us;
    return true;
}

// ---- when ---------------------------------------------------------------------------------------

bool calm_is_full(const struct calm *calm)
{
    return calm->n_bytes > CALM_BYTES_MAX || calm->n > CALM_ENTRIES_MAX;
}

void calm_paid(struct calm *calm, size_t n_bytes, uint64_t now_us)
{
    if (calm->paid_us < now_us)
        calm->paid_us = now_us;
    calm->paid_us += (uint64_t)n_bytes * 8 * 1000000 / CALM_BPS;
}

uint64_t calm_due_us(const struct calm *calm)
{
    if (calm->n == 0)
        return UINT64_MAX;
    const uint64_t least_us = calm->first_us + CALM_LEAST_US,
                   most_us = calm->first_us + CALM_MOST_US;
    const uint64_t due_us = calm->paid_us > least_us ? calm->paid_us : least_us;
    return due_us < most_us ? due_us : most_us;
}

void calm_take(struct calm *calm, calm_fn fn, void *context)
{
    for (size_t i = 0; i < calm->n; i++) {
        fn(context, calm->entries[i].frame, calm->entries[i].len);
        free(calm->entries[i].frame);
    }
    calm->n = calm->n_parted = 0;
    calm->n_bytes = 0;
    calm->has_news = false;
    calm->first_us = 0;
}

void calm_clear(struct calm *calm)
{
    for (size_t i = 0; i < calm->n; i++)
        free(calm->entries[i].frame);
    free(calm->entries);
    *calm = (struct calm){ .entries = NULL };
}
