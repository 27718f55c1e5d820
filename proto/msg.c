// SPDX-License-Identifier: BSD-3-Clause
//
// The message types and protobuf-c. Three things it does not do for us: unpacking is held to a
// budget of memory (a body of two-byte members would grow eighty-fold); a known field with the
// wrong wire type is ignored, as other implementations do, not an error; unknown fields are
// dropped, so that nothing unseen is relayed.
#include "proto_int.h"

#include <assert.h>
#include <stdlib.h>

#define UNPACK_BUDGET_BASE_BYTES (1u << 20)
#define UNPACK_BUDGET_FACTOR 8 // honest messages need about five times their size

static const struct {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor; // NULL: not coded as protobuf
} types[MSG_TYPES] = {
    [MSG_VERSION] = { "Version", &mumble_proto__version__descriptor },
    [MSG_UDP_TUNNEL] = { "UDPTunnel", NULL },
    [MSG_AUTHENTICATE] = { "Authenticate", &mumble_proto__authenticate__descriptor },
    [MSG_PING] = { "Ping", &mumble_proto__ping__descriptor },
    [MSG_REJECT] = { "Reject", &mumble_proto__reject__descriptor },
    [MSG_SERVER_SYNC] = { "ServerSync", &mumble_proto__server_sync__descriptor },
    [MSG_CHANNEL_REMOVE] = { "ChannelRemove", &mumble_proto__channel_remove__descriptor },
    [MSG_CHANNEL_STATE] = { "ChannelState", &mumble_proto__channel_state__descriptor },
    [MSG_USER_REMOVE] = { "UserRemove", &mumble_proto__user_remove__descriptor },
    [MSG_USER_STATE] = { "UserState", &mumble_proto__user_state__descriptor },
    [MSG_BAN_LIST] = { "BanList", &mumble_proto__ban_list__descriptor },
    [MSG_TEXT_MESSAGE] = { "TextMessage", &mumble_proto__text_message__descriptor },
    [MSG_PERMISSION_DENIED] = { "PermissionDenied", &mumble_proto__permission_denied__descriptor },
    [MSG_ACL] = { "ACL", &mumble_proto__acl__descriptor },
    [MSG_QUERY_USERS] = { "QueryUsers", &mumble_proto__query_users__descriptor },
    [MSG_CRYPT_SETUP] = { "CryptSetup", &mumble_proto__crypt_setup__descriptor },
    [MSG_CONTEXT_ACTION_MODIFY] = { "ContextActionModify",
                                    &mumble_proto__context_action_modify__descriptor },
    [MSG_CONTEXT_ACTION] = { "ContextAction", &mumble_proto__context_action__descriptor },
    [MSG_USER_LIST] = { "UserList", &mumble_proto__user_list__descriptor },
    [MSG_VOICE_TARGET] = { "VoiceTarget", &mumble_proto__voice_target__descriptor },
    [MSG_PERMISSION_QUERY] = { "PermissionQuery", &mumble_proto__permission_query__descriptor },
    [MSG_CODEC_VERSION] = { "CodecVersion", &mumble_proto__codec_version__descriptor },
    [MSG_USER_STATS] = { "UserStats", &mumble_proto__user_stats__descriptor },
    [MSG_REQUEST_BLOB] = { "RequestBlob", &mumble_proto__request_blob__descriptor },
    [MSG_SERVER_CONFIG] = { "ServerConfig", &mumble_proto__server_config__descriptor },
    [MSG_SUGGEST_CONFIG] = { "SuggestConfig", &mumble_proto__suggest_config__descriptor },
    [MSG_PLUGIN_DATA] = { "PluginDataTransmission",
                          &mumble_proto__plugin_data_transmission__descriptor },
};

const char *msg_type_name(unsigned type)
{
    return type < MSG_TYPES ? types[type].name : "?";
}

static void *budget_alloc(void *budget_bytes, size_t size)
{
    size_t *left = budget_bytes;
    if (size > *left)
        return NULL;
    *left -= size;
    return malloc(size);
}

static void budget_free(void *budget_bytes, void *memory)
{
    (void)budget_bytes;
    free(memory);
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *descriptor, struct span body)
{
    size_t budget_bytes = UNPACK_BUDGET_BASE_BYTES + UNPACK_BUDGET_FACTOR * body.len;
    ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget_bytes };
    return protobuf_c_message_unpack(descriptor, &allocator, body.len, body.data);
}

static bool is_wire_of(const ProtobufCFieldDescriptor *field, enum pb_wire wire)
{
    bool is_packable = field->label == PROTOBUF_C_LABEL_REPEATED;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return wire == PB_BYTES;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return wire == PB_FIXED32 || (is_packable && wire == PB_BYTES);
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return wire == PB_FIXED64 || (is_packable && wire == PB_BYTES);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return wire == PB_VARINT || (is_packable && wire == PB_BYTES);
    default:
        return false;
    }
}

// Unpacks again without the members whose wire type is not the schema's; NULL when there are none
// of these.
static ProtobufCMessage *unpack_filtered(const ProtobufCMessageDescriptor *descriptor,
                                         struct span body)
{
    uint8_t *copy = malloc(body.len);
    if (copy == NULL)
        return NULL;
    struct span rest = body;
    struct span kept = { copy, 0 };
    struct pb_field field;
    long size;
    while ((size = pb_read(rest, &field)) > 0) {
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field(descriptor, field.number);
        if (known != NULL && is_wire_of(known, field.wire)) {
            memcpy(copy + kept.len, rest.data, (size_t)size);
            kept.len += (size_t)size;
        }
        rest = (struct span){ rest.data + size, rest.len - (size_t)size };
    }
    ProtobufCMessage *message = size == 0 && kept.len < body.len ? unpack(descriptor, kept) : NULL;
    free(copy);
    return message;
}

// Recurses as deep as the schema nests, which is three.
static void drop_unknown(ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++)
        free(message->unknown_fields[i].data);
    free(message->unknown_fields);
    message->unknown_fields = NULL;
    message->n_unknown_fields = 0;

    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        const char *member = (const char *)message + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            const size_t *n = (const void *)((const char *)message + field->quantifier_offset);
            ProtobufCMessage **children = *(ProtobufCMessage * *const *)(const void *)member;
            for (size_t k = 0; k < *n; k++)
                drop_unknown(children[k]);
        } else {
            ProtobufCMessage *child = *(ProtobufCMessage *const *)(const void *)member;
            if (child != NULL)
                drop_unknown(child);
        }
    }
}

ProtobufCMessage *msg_unpack(unsigned type, struct span body)
{
    if (type >= MSG_TYPES || types[type].descriptor == NULL || body.len > FRAME_MAX_BYTES)
        return NULL;
    ProtobufCMessage *message = unpack(types[type].descriptor, body);
    if (message == NULL && body.len > 0)
        message = unpack_filtered(types[type].descriptor, body);
    if (message != NULL)
        drop_unknown(message);
    return message;
}

void msg_free(ProtobufCMessage *message)
{
    if (message != NULL)
        protobuf_c_message_free_unpacked(message, NULL);
}

size_t msg_packed_size(const ProtobufCMessage *message)
{
    return FRAME_HEADER_BYTES + protobuf_c_message_get_packed_size(message);
}

size_t msg_pack(unsigned type, const ProtobufCMessage *message, uint8_t *out)
{
    assert(type < MSG_TYPES && types[type].descriptor == message->descriptor);
    size_t length = protobuf_c_message_pack(message, out + FRAME_HEADER_BYTES);
    frame_write_header(out, (uint16_t)type, (uint32_t)length);
    return FRAME_HEADER_BYTES + length;
}
