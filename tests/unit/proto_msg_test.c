// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- a message of any type with every field set, made from its descriptor ----

#define N_REPEATED 3

static ProtobufCMessage *make_full(const ProtobufCMessageDescriptor *descriptor, unsigned *seed);

static void *must_calloc(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    assert_non_null(memory);
    return memory;
}

// Stores one value at `member` and returns its size.
static size_t make_value(const ProtobufCFieldDescriptor *field, void *member, unsigned *seed)
{
    unsigned value = ++*seed;
    switch ((int)field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        char *text = must_calloc(16, 1);
        (void)snprintf(text, 16, "text %u", value);
        memcpy(member, &text, sizeof text);
        return sizeof text;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        ProtobufCBinaryData data = { 4, must_calloc(4, 1) };
        memcpy(data.data, &value, 4);
        memcpy(member, &data, sizeof data);
        return sizeof data;
    }
    case PROTOBUF_C_TYPE_MESSAGE: {
        void *child = make_full(field->descriptor, seed);
        memcpy(member, &child, sizeof child);
        return sizeof child;
    }
    case PROTOBUF_C_TYPE_FLOAT: {
        float number = (float)value / 4;
        memcpy(member, &number, sizeof number);
        return sizeof number;
    }
    case PROTOBUF_C_TYPE_UINT64: {
        uint64_t number = (uint64_t)value << 40;
        memcpy(member, &number, sizeof number);
        return sizeof number;
    }
    case PROTOBUF_C_TYPE_BOOL: {
        protobuf_c_boolean flag = 1;
        memcpy(member, &flag, sizeof flag);
        return sizeof flag;
    }
    case PROTOBUF_C_TYPE_ENUM:
        value = 1;
        memcpy(member, &value, sizeof value);
        return sizeof value;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        memcpy(member, &value, sizeof value);
        return sizeof value;
    default:
        fail_msg("field %s has a type that this test does not know", field->name);
        return 0;
    }
}

static void make_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                       unsigned *seed)
{
    char *member = (char *)message + field->offset;
    char *quantifier = (char *)message + field->quantifier_offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        char *values = must_calloc(N_REPEATED, sizeof(ProtobufCBinaryData));
        size_t used = 0;
        for (int i = 0; i < N_REPEATED; i++)
            used += make_value(field, values + used, seed);
        size_t n = N_REPEATED;
        memcpy(member, &values, sizeof values);
        memcpy(quantifier, &n, sizeof n);
        return;
    }
    (void)make_value(field, member, seed);
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0) {
        protobuf_c_boolean has = 1;
        memcpy(quantifier, &has, sizeof has);
    }
}

static ProtobufCMessage *make_full(const ProtobufCMessageDescriptor *descriptor, unsigned *seed)
{
    ProtobufCMessage *message = must_calloc(1, descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, message);
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        make_field(message, &descriptor->fields[i], seed);
    return message;
}

// ---- the types ----

// The fields are counted so that a schema which loses one is noticed.
static const struct {
    unsigned type;
    unsigned n_fields;
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
} types[] = {
    { 0, 5, "Version", &mumble_proto__version__descriptor },
    { 2, 6, "Authenticate", &mumble_proto__authenticate__descriptor },
    { 3, 11, "Ping", &mumble_proto__ping__descriptor },
    { 4, 2, "Reject", &mumble_proto__reject__descriptor },
    { 5, 4, "ServerSync", &mumble_proto__server_sync__descriptor },
    { 6, 1, "ChannelRemove", &mumble_proto__channel_remove__descriptor },
    { 7, 13, "ChannelState", &mumble_proto__channel_state__descriptor },
    { 8, 6, "UserRemove", &mumble_proto__user_remove__descriptor },
    { 9, 23, "UserState", &mumble_proto__user_state__descriptor },
    { 10, 2, "BanList", &mumble_proto__ban_list__descriptor },
    { 11, 5, "TextMessage", &mumble_proto__text_message__descriptor },
    { 12, 6, "PermissionDenied", &mumble_proto__permission_denied__descriptor },
    { 13, 5, "ACL", &mumble_proto__acl__descriptor },
    { 14, 2, "QueryUsers", &mumble_proto__query_users__descriptor },
    { 15, 3, "CryptSetup", &mumble_proto__crypt_setup__descriptor },
    { 16, 4, "ContextActionModify", &mumble_proto__context_action_modify__descriptor },
    { 17, 3, "ContextAction", &mumble_proto__context_action__descriptor },
    { 18, 1, "UserList", &mumble_proto__user_list__descriptor },
    { 19, 2, "VoiceTarget", &mumble_proto__voice_target__descriptor },
    { 20, 3, "PermissionQuery", &mumble_proto__permission_query__descriptor },
    { 21, 4, "CodecVersion", &mumble_proto__codec_version__descriptor },
    { 22, 20, "UserStats", &mumble_proto__user_stats__descriptor },
    { 23, 3, "RequestBlob", &mumble_proto__request_blob__descriptor },
    { 24, 7, "ServerConfig", &mumble_proto__server_config__descriptor },
    { 25, 4, "SuggestConfig", &mumble_proto__suggest_config__descriptor },
    { 26, 4, "PluginDataTransmission", &mumble_proto__plugin_data_transmission__descriptor },
};

static void every_type_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        unsigned seed = 1000;
        struct frame frame;
        print_message("%s\n", types[i].name);
        assert_string_equal(msg_type_name(types[i].type), types[i].name);
        assert_int_equal(types[i].descriptor->n_fields, types[i].n_fields);

        ProtobufCMessage *message = make_full(types[i].descriptor, &seed);
        size_t size = msg_packed_size(message);
        uint8_t *bytes = must_calloc(2, size);
        assert_int_equal(msg_pack(types[i].type, message, bytes), size);
        assert_int_equal(frame_read((struct span){ bytes, size }, FRAME_MAX_BYTES, &frame), size);
        assert_int_equal(frame.type, types[i].type);

        ProtobufCMessage *copy = msg_unpack(frame.type, frame.body);
        assert_non_null(copy);
        assert_ptr_equal(copy->descriptor, types[i].descriptor);
        assert_int_equal(msg_pack(types[i].type, copy, bytes + size), size);
        assert_memory_equal(bytes, bytes + size, size);
        msg_free(copy);
        msg_free(message);
        free(bytes);
    }
}

static void types_that_are_no_messages(void **state)
{
    (void)state;
    static const uint8_t tunnel[] = { 0x0A, 0x01, 0x00 };
    assert_null(msg_unpack(MSG_UDP_TUNNEL, (struct span){ tunnel, sizeof tunnel }));
    assert_null(msg_unpack(MSG_TYPES, (struct span){ NULL, 0 }));
    assert_null(msg_unpack(65535, (struct span){ NULL, 0 }));
    assert_string_equal(msg_type_name(MSG_UDP_TUNNEL), "UDPTunnel");
    assert_string_equal(msg_type_name(MSG_TYPES), "?");
    msg_free(NULL);
}

// ---- bodies that nobody should send ----

static const struct {
    unsigned type;
    bool is_accepted;
    const char *body;
    size_t len;
} bodies[] = {
#define BODY(type, is_accepted, bytes)                                                             \
    {                                                                                              \
        type, is_accepted, bytes, sizeof(bytes) - 1                                                \
    }
    BODY(MSG_CHANNEL_REMOVE, true, "\x08\x00"),
    BODY(MSG_CHANNEL_REMOVE, false, ""), // a required field is missing
    BODY(MSG_USER_REMOVE, false, "\x10\x01"),
    BODY(MSG_TEXT_MESSAGE, false, "\x08\x01"),
    BODY(MSG_ACL, false, "\x10\x01"),
    BODY(MSG_ACL, false, "\x08\x01\x1A\x02\x10\x01"), // in a group
    BODY(MSG_CODEC_VERSION, false, "\x08\x01\x18\x01"),
    BODY(MSG_CODEC_VERSION, true, "\x08\x01\x10\x01"), // but this one has a default
    BODY(MSG_CODEC_VERSION, true, "\x08\x01\x10\x01\x18\x00"),
    BODY(MSG_BAN_LIST, false, "\x0A\x02\x10\x08"), // an entry without address
    BODY(MSG_PING, true, ""),
    BODY(MSG_PING, false, "\x08"),                // ends in a value
    BODY(MSG_PING, false, "\x08\xFF\xFF"),        // also
    BODY(MSG_PING, false, "\x45\x00\x00"),        // a float of two bytes
    BODY(MSG_AUTHENTICATE, false, "\x0A\x05pep"), // a string longer than the body
    BODY(MSG_PING, true, "\xF8\x07\x01"),         // an unknown field
    BODY(MSG_VERSION, true,
         "\x2A\x03"
         "abc"),                                      // version_v2 as a string: taken as absent
    BODY(MSG_CHANNEL_REMOVE, false, "\x0A\x01\x05"),  // the same with a required field
    BODY(MSG_REQUEST_BLOB, true, "\x0A\x02\x01\x02"), // packed though the schema is not
    BODY(MSG_PLUGIN_DATA, true, "\x10\x01\x10\x02"),  // and the reverse
#undef BODY
};

static void odd_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        print_message("row %zu\n", i);
        struct span body = { (const uint8_t *)bodies[i].body, bodies[i].len };
        ProtobufCMessage *message = msg_unpack(bodies[i].type, body);
        assert_int_equal(message != NULL, bodies[i].is_accepted);
        msg_free(message);
    }
}

static void wrong_wire_type_spares_the_rest(void **state)
{
    (void)state;
    static const uint8_t body[] = { 0x2A, 1, 'x', 0x08, 0x05, 0x12, 2, 'o', 'k' };
    ProtobufCMessage *message = msg_unpack(MSG_VERSION, (struct span){ body, sizeof body });
    assert_non_null(message);
    const MumbleProto__Version *version = (const MumbleProto__Version *)message;
    assert_false(version->has_version_v2);
    assert_true(version->has_version_v1);
    assert_int_equal(version->version_v1, 5);
    assert_string_equal(version->release, "ok");
    msg_free(message);
}

static void unknown_fields_are_not_relayed(void **state)
{
    (void)state;
    // At the top, in a group of an ACL, and in an entry of it.
    static const uint8_t body[] = { 0x08, 0x01, 0xF8, 0x07, 0x01, 0x1A, 0x06, 0x0A, 0x01, 'g',
                                    0xF8, 0x07, 0x01, 0x22, 0x05, 0x08, 0x01, 0xF8, 0x07, 0x01 };
    static const uint8_t want[] = {
        0x08, 0x01, 0x1A, 0x03, 0x0A, 0x01, 'g', 0x22, 0x02, 0x08, 0x01
    };
    uint8_t out[64];
    ProtobufCMessage *message = msg_unpack(MSG_ACL, (struct span){ body, sizeof body });
    assert_non_null(message);
    assert_int_equal(msg_pack(MSG_ACL, message, out), FRAME_HEADER_BYTES + sizeof want);
    assert_memory_equal(out + FRAME_HEADER_BYTES, want, sizeof want);
    msg_free(message);
}

// A megabyte of empty targets would take eighty; the budget refuses it, and an honest list of about
// the same size passes.
static void memory_is_budgeted(void **state)
{
    (void)state;
    size_t len = 1u << 20;
    uint8_t *body = must_calloc(1, len);
    for (size_t i = 0; i + 1 < len; i += 2)
        body[i] = 0x12; // VoiceTarget.targets, each empty
    assert_null(msg_unpack(MSG_VOICE_TARGET, (struct span){ body, len }));

    MumbleProto__QueryUsers list = MUMBLE_PROTO__QUERY_USERS__INIT;
    enum { N = 40000 };
    char **names = must_calloc(N, sizeof *names);
    char name[] = "a name of some length";
    for (size_t i = 0; i < N; i++)
        names[i] = name;
    list.n_names = N;
    list.names = names;
    assert_true(msg_packed_size(&list.base) < len);
    size_t size = msg_pack(MSG_QUERY_USERS, &list.base, body);
    ProtobufCMessage *message = msg_unpack(
        MSG_QUERY_USERS, (struct span){ body + FRAME_HEADER_BYTES, size - FRAME_HEADER_BYTES });
    assert_non_null(message);
    msg_free(message);
    free(names);
    free(body);
}

static void defaults_of_absent_fields(void **state)
{
    (void)state;
    static const uint8_t acl[] = { 0x08, 0x00, 0x22, 0x00 };
    ProtobufCMessage *message = msg_unpack(MSG_ACL, (struct span){ acl, sizeof acl });
    assert_non_null(message);
    const MumbleProto__ACL *list = (const MumbleProto__ACL *)message;
    assert_int_equal(list->n_acls, 1);
    assert_true(list->inherit_acls && !list->has_inherit_acls && !list->query);
    assert_true(list->acls[0]->apply_here && list->acls[0]->apply_subs);
    assert_true(list->acls[0]->inherited && !list->acls[0]->has_inherited);
    msg_free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives_a_round_trip),
        cmocka_unit_test(types_that_are_no_messages),
        cmocka_unit_test(odd_bodies),
        cmocka_unit_test(wrong_wire_type_spares_the_rest),
        cmocka_unit_test(unknown_fields_are_not_relayed),
        cmocka_unit_test(memory_is_budgeted),
        cmocka_unit_test(defaults_of_absent_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
