// SPDX-License-Identifier: BSD-3-Clause
//
// What is held for a client on `lifeline`: a model of a client is told everything at once, another
// what comes out of the queue, in its time. At each step the second may be behind but never wrong
// (nobody moves whom it does not know, or to where it knows nothing); in the end they are equal.
// CALM_SEEDS=10000 plays so many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "control/lines/calm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000000)
#define OWN 1u
#define SESSIONS 40u
#define CHANNELS 12u

// ---- a client's picture -------------------------------------------------------------------------

struct picture {
    struct {
        bool is_there, is_muted, is_self_muted;
        uint32_t channel, actor;
        char name[16], comment[16];
        uint8_t comment_hash[2];
    } users[SESSIONS];
    struct {
        bool is_there;
        char name[16];
        uint8_t hash[2];
        uint32_t links; // bits
    } channels[CHANNELS];
    char console[16];
    size_t n_bytes;
};

static void see_user(struct picture *picture, const MumbleProto__UserState *state)
{
    assert_true(state->session < SESSIONS);
    if (state->name != NULL) {
        picture->users[state->session].is_there = true;
        (void)snprintf(picture->users[state->session].name, 16, "%s", state->name);
    }
    assert_true(picture->users[state->session].is_there);
    if (state->has_actor)
        assert_true(picture->users[state->actor].is_there);
    if (state->has_channel_id) {
        assert_true(picture->channels[state->channel_id].is_there);
        picture->users[state->session].channel = state->channel_id;
    }
    if (state->has_mute)
        picture->users[state->session].is_muted = state->mute;
    if (state->has_self_mute)
        picture->users[state->session].is_self_muted = state->self_mute;
    if (state->comment != NULL) {
        (void)snprintf(picture->users[state->session].comment, 16, "%s", state->comment);
        memset(picture->users[state->session].comment_hash, 0, 2);
    }
    if (state->has_comment_hash) {
        picture->users[state->session].comment[0] = '\0';
        memcpy(picture->users[state->session].comment_hash, state->comment_hash.data, 2);
    }
}

static void see_channel(struct picture *picture, const MumbleProto__ChannelState *state)
{
    assert_true(state->channel_id < CHANNELS);
    if (state->name != NULL) {
        picture->channels[state->channel_id].is_there = true;
        (void)snprintf(picture->channels[state->channel_id].name, 16, "%s", state->name);
    }
    assert_true(picture->channels[state->channel_id].is_there);
    if (state->has_description_hash)
        memcpy(picture->channels[state->channel_id].hash, state->description_hash.data, 2);
    for (size_t i = 0; i < state->n_links_add; i++)
        picture->channels[state->channel_id].links |= 1u << state->links_add[i];
    for (size_t i = 0; i < state->n_links_remove; i++)
        picture->channels[state->channel_id].links &= ~(1u << state->links_remove[i]);
}

static void see(void *context, const uint8_t *frame, size_t len)
{
    struct picture *picture = context;
    struct frame head;
    picture->n_bytes += len;
    assert_int_equal(frame_read((struct span){ frame, len }, 1 << 20, &head), (long)len);
    ProtobufCMessage *message = msg_unpack(head.type, head.body);
    assert_non_null(message);
    if (head.type == MSG_USER_STATE)
        see_user(picture, (MumbleProto__UserState *)message);
    else if (head.type == MSG_CHANNEL_STATE)
        see_channel(picture, (MumbleProto__ChannelState *)message);
    else if (head.type == MSG_USER_REMOVE)
        memset(&picture->users[((MumbleProto__UserRemove *)message)->session], 0,
               sizeof picture->users[0]);
    else if (head.type == MSG_CHANNEL_REMOVE)
        memset(&picture->channels[((MumbleProto__ChannelRemove *)message)->channel_id], 0,
               sizeof picture->channels[0]);
    else if (head.type == MSG_PLUGIN_DATA)
        (void)snprintf(picture->console, 16, "%.*s",
                       (int)((MumbleProto__PluginDataTransmission *)message)->data.len,
                       (char *)((MumbleProto__PluginDataTransmission *)message)->data.data);
    msg_free(message);
}

// ---- one who is told at once, one who is calm ---------------------------------------------------

struct pair {
    struct picture at_once, calmly;
    struct calm calm;
    uint64_t now_us;
    size_t n_most;
    bool is_of_others; // nothing happens to the client itself, and no links are made
};

static void release(struct pair *pair)
{
    calm_paid(&pair->calm, pair->calm.n_bytes + CALM_BATCH_BYTES, pair->now_us);
    pair->calmly.n_bytes += CALM_BATCH_BYTES;
    calm_take(&pair->calm, see, &pair->calmly);
}

static enum calm_way tell(struct pair *pair, unsigned type, const ProtobufCMessage *message)
{
    uint8_t frame[512];
    assert_true(msg_packed_size(message) <= sizeof frame);
    const size_t len = msg_pack(type, message, frame);
    const enum calm_way way = calm_way(type, message, OWN, false);
    see(&pair->at_once, frame, len);
    if (way == CALM_HELD) {
        assert_true(calm_hold(&pair->calm, type, message, frame, len, pair->now_us));
        pair->n_most = pair->calm.n_bytes > pair->n_most ? pair->calm.n_bytes : pair->n_most;
        if (calm_is_full(&pair->calm))
            release(pair);
        return way;
    }
    if (calm_must_go_first(&pair->calm, way))
        release(pair);
    calm_paid(&pair->calm, len + CALM_BATCH_BYTES, pair->now_us);
    if (type <= MSG_USER_STATE && type != MSG_PING)
        see(&pair->calmly, frame, len);
    return way;
}

static void pass(struct pair *pair, uint64_t for_us)
{
    pair->now_us += for_us;
    if (calm_due_us(&pair->calm) <= pair->now_us)
        release(pair);
}

static void join(struct pair *pair, uint32_t session)
{
    char name[16];
    (void)snprintf(name, sizeof name, "user %u", session);
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_channel_id = true;
    state.session = session;
    state.name = name;
    tell(pair, MSG_USER_STATE, &state.base);
}

static void make_channel(struct pair *pair, uint32_t id)
{
    char name[16];
    (void)snprintf(name, sizeof name, "channel %u", id);
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = state.has_parent = true;
    state.channel_id = id;
    state.name = name;
    tell(pair, MSG_CHANNEL_STATE, &state.base);
}

static struct pair *begin(uint32_t n_users, uint32_t n_channels)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->now_us = 100 * S;
    for (uint32_t i = 0; i < n_channels; i++)
        make_channel(pair, i);
    for (uint32_t i = 1; i <= n_users; i++)
        join(pair, i);
    release(pair);
    pair->at_once.n_bytes = pair->calmly.n_bytes = 0;
    pair->calm.paid_us = 0;
    return pair;
}

static void end(struct pair *pair, const char *what, uint32_t seed)
{
    release(pair);
    pair->at_once.n_bytes = pair->calmly.n_bytes = 0;
    if (memcmp(&pair->at_once, &pair->calmly, sizeof pair->at_once) != 0)
        fail_msg("%s, seed %u: the pictures differ in the end", what, seed);
    calm_clear(&pair->calm);
    free(pair);
}

// ---- what happens in a meeting ------------------------------------------------------------------

static uint32_t draw(uint32_t *random, uint32_t n)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % n;
}

static uint32_t anybody(const struct pair *pair, uint32_t *random)
{
    uint32_t session = 1 + draw(random, SESSIONS - 1);
    while (!pair->at_once.users[session].is_there || (pair->is_of_others && session == OWN))
        session = session % (SESSIONS - 1) + 1;
    return session;
}

static uint32_t any_channel(const struct pair *pair, uint32_t *random)
{
    uint32_t id = draw(random, CHANNELS);
    while (!pair->at_once.channels[id].is_there)
        id = (id + 1) % CHANNELS;
    return id;
}

static void change_user(struct pair *pair, uint32_t *random)
{
    uint8_t hash[20] = { (uint8_t)draw(random, 256), (uint8_t)draw(random, 256) };
    char comment[16];
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    (void)snprintf(comment, sizeof comment, "says %u", draw(random, 100));
    state.has_session = true;
    state.session = anybody(pair, random);
    switch (draw(random, 6)) {
    case 0:
        state.has_channel_id = true;
        state.channel_id = any_channel(pair, random);
        break;
    case 1:
        state.has_mute = state.has_actor = true;
        state.mute = draw(random, 2) != 0;
        state.actor = anybody(pair, random);
        break;
    case 2:
        state.comment = comment;
        break;
    case 3:
        state.has_comment_hash = true;
        state.comment_hash = (ProtobufCBinaryData){ sizeof hash, hash };
        break;
    default:
        state.has_self_mute = true;
        state.self_mute = draw(random, 2) != 0;
    }
    tell(pair, MSG_USER_STATE, &state.base);
}

static void change_channel(struct pair *pair, uint32_t *random)
{
    uint8_t hash[20] = { (uint8_t)draw(random, 256), (uint8_t)draw(random, 256) };
    uint32_t other = draw(random, CHANNELS);
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = true;
    state.channel_id = any_channel(pair, random);
    if (pair->is_of_others || draw(random, 4) != 0) {
        state.has_description_hash = true;
        state.description_hash = (ProtobufCBinaryData){ sizeof hash, hash };
    } else if (draw(random, 2) == 0) {
        state.n_links_add = 1;
        state.links_add = &other;
    } else {
        state.n_links_remove = 1;
        state.links_remove = &other;
    }
    tell(pair, MSG_CHANNEL_STATE, &state.base);
}

static void show_console(struct pair *pair, uint32_t *random)
{
    char text[16];
    (void)snprintf(text, sizeof text, "state %u", draw(random, 1000));
    MumbleProto__PluginDataTransmission data = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    data.data_id = (char *)(uintptr_t)CALM_CONSOLE_ID;
    data.has_data = true;
    data.data = (ProtobufCBinaryData){ strlen(text), (uint8_t *)text };
    tell(pair, MSG_PLUGIN_DATA, &data.base);
}

static void come_or_go(struct pair *pair, uint32_t *random)
{
    const uint32_t session = 2 + draw(random, SESSIONS - 2);
    MumbleProto__UserRemove gone = MUMBLE_PROTO__USER_REMOVE__INIT;
    gone.session = session;
    if (pair->at_once.users[session].is_there)
        tell(pair, MSG_USER_REMOVE, &gone.base);
    else
        join(pair, session);
}

// A channel goes when nobody is in it.
static void build_or_remove(struct pair *pair, uint32_t *random)
{
    const uint32_t id = 1 + draw(random, CHANNELS - 1);
    MumbleProto__ChannelRemove gone = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
    gone.channel_id = id;
    if (!pair->at_once.channels[id].is_there) {
        make_channel(pair, id);
        return;
    }
    for (uint32_t i = 1; i < SESSIONS; i++)
        if (pair->at_once.users[i].is_there && pair->at_once.users[i].channel == id)
            return;
    tell(pair, MSG_CHANNEL_REMOVE, &gone.base);
}

static void anything(struct pair *pair, uint32_t *random)
{
    switch (draw(random, 12)) {
    case 0:
        come_or_go(pair, random);
        break;
    case 1:
        build_or_remove(pair, random);
        break;
    case 2:
    case 3:
    case 4:
        change_channel(pair, random);
        break;
    case 5:
        show_console(pair, random);
        break;
    default:
        change_user(pair, random);
    }
}

// ---- tests --------------------------------------------------------------------------------------

static void the_picture_is_the_same_in_the_end(void **state)
{
    (void)state;
    const char *wanted = getenv("CALM_SEEDS");
    const uint32_t n_seeds = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 10) : 200;
    for (uint32_t seed = 1; seed <= n_seeds; seed++) {
        uint32_t random = seed * 2654435761u;
        struct pair *pair = begin(20, 6);
        for (unsigned i = 0; i < 300; i++) {
            anything(pair, &random);
            pass(pair, draw(&random, 2000000));
        }
        end(pair, "anything", seed);
    }
}

// Thirty people who mute themselves and move, descriptions that change each second: ten minutes.
static void a_busy_meeting_fits_into_a_kilobit(void **state)
{
    (void)state;
    uint32_t random = 7;
    struct pair *pair = begin(31, CHANNELS);
    pair->is_of_others = true;
    for (uint64_t ms = 0; ms < 600000; ms += 100) {
        change_user(pair, &random); // ten a second
        if (ms % 300 == 0)
            change_channel(pair, &random);
        if (ms % 200 == 0)
            show_console(pair, &random);
        pass(pair, S / 10);
    }
    const double calm_bps = (double)pair->calmly.n_bytes * 8 / 600;
    const size_t n_messages = 6000 + 2000 + 3000;
    const double at_once_bps =
        (double)(pair->at_once.n_bytes + n_messages * CALM_BATCH_BYTES) * 8 / 600;
    print_message("%.0f bit/s instead of %.0f; %zu bytes held at most\n", calm_bps, at_once_bps,
                  pair->n_most);
    assert_true(calm_bps <= 1000);
    assert_true(at_once_bps > 10000);
    assert_true(pair->n_most < 4096);
    end(pair, "a busy meeting", 7);
}

static void some_things_do_not_wait(void **state)
{
    (void)state;
    struct pair *pair = begin(5, 3);
    MumbleProto__UserState user = MUMBLE_PROTO__USER_STATE__INIT;
    user.has_session = user.has_channel_id = true;
    user.session = OWN;
    assert_int_equal(calm_way(MSG_USER_STATE, &user.base, OWN, false), CALM_AFTER_ALL);
    user.session = 2;
    assert_int_equal(calm_way(MSG_USER_STATE, &user.base, OWN, false), CALM_HELD);
    assert_int_equal(calm_way(MSG_USER_STATE, &user.base, OWN, true), CALM_AFTER_ALL);
    user.has_actor = true;
    user.actor = OWN; // what one does is seen at once
    assert_int_equal(calm_way(MSG_USER_STATE, &user.base, OWN, false), CALM_AFTER_ALL);
    MumbleProto__UserRemove kick = MUMBLE_PROTO__USER_REMOVE__INIT;
    kick.session = OWN;
    assert_int_equal(calm_way(MSG_USER_REMOVE, &kick.base, OWN, false), CALM_AFTER_ALL);
    MumbleProto__PluginDataTransmission data = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    data.data_id = (char *)(uintptr_t) "susurro.admin"; // an answer
    assert_int_equal(calm_way(MSG_PLUGIN_DATA, &data.base, OWN, false), CALM_AT_ONCE);
    static const struct {
        unsigned type;
        enum calm_way way;
    } rows[] = { { MSG_PING, CALM_AT_ONCE },
                 { MSG_CRYPT_SETUP, CALM_AT_ONCE },
                 { MSG_SERVER_CONFIG, CALM_AT_ONCE },
                 { MSG_TEXT_MESSAGE, CALM_AFTER_KNOWN },
                 { MSG_PERMISSION_DENIED, CALM_AFTER_KNOWN },
                 { MSG_PERMISSION_QUERY, CALM_AFTER_KNOWN },
                 { MSG_CONTEXT_ACTION_MODIFY, CALM_AFTER_KNOWN } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(calm_way(rows[i].type, NULL, OWN, false), rows[i].way);
    // A text waits for nothing, but who writes it must be known.
    uint32_t random = 3;
    change_channel(pair, &random);
    assert_false(calm_must_go_first(&pair->calm, CALM_AFTER_KNOWN));
    join(pair, 9);
    assert_true(calm_must_go_first(&pair->calm, CALM_AFTER_KNOWN));
    assert_false(calm_must_go_first(&pair->calm, CALM_AT_ONCE));
    end(pair, "what does not wait", 0);
}

static void what_is_held_is_bounded(void **state)
{
    (void)state;
    uint32_t random = 5;
    struct pair *pair = begin(30, CHANNELS);
    for (unsigned i = 0; i < 20000; i++) // nothing of this can be merged, and no time passes
        come_or_go(pair, &random);
    assert_in_range(pair->n_most, CALM_BYTES_MAX / 4, CALM_BYTES_MAX + 512);
    end(pair, "coming and going", 5);
}

static void the_batch_goes_in_time(void **state)
{
    (void)state;
    struct pair *pair = begin(5, 3);
    uint32_t random = 1;
    assert_true(calm_due_us(&pair->calm) == UINT64_MAX);
    change_channel(pair, &random);
    assert_true(calm_due_us(&pair->calm) == pair->now_us + CALM_LEAST_US);
    calm_paid(&pair->calm, 1000, pair->now_us); // a text: 9 s of the line
    assert_true(calm_due_us(&pair->calm) == pair->now_us + 8000 * S / CALM_BPS);
    calm_paid(&pair->calm, 100000, pair->now_us);
    assert_true(calm_due_us(&pair->calm) == pair->now_us + CALM_MOST_US);
    end(pair, "time", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_is_the_same_in_the_end),
        cmocka_unit_test(a_busy_meeting_fits_into_a_kilobit),
        cmocka_unit_test(some_things_do_not_wait),
        cmocka_unit_test(what_is_held_is_bounded),
        cmocka_unit_test(the_batch_goes_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
