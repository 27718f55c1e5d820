// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/join_int.h"

#define MOVE_TIMEOUT_MS 5000

// ---- arriving

static void on_start_time(uv_timer_t *timer)
{
    struct join *join = timer->data;
    if (join->member.out != NULL)
        voice_out_start(join->member.out, clock_us());
}

static void on_end_time(uv_timer_t *timer)
{
    struct join *join = timer->data;
    member_leave(&join->member, "the time is over");
}

static void arrive(struct join *join)
{
    if (join->is_there)
        return;
    join->is_there = true;
    (void)uv_timer_stop(&join->move_timer);
    uint64_t heard_from_us = voice_in_start(join->member.in);
    if (join->member.options->record != NULL)
        events_recording(&join->events, join->member.options->record, heard_from_us);
    join_texts_read(join);
    if (join->member.out != NULL)
        (void)uv_timer_start(&join->start_timer, on_start_time,
                             (uint64_t)(join->member.options->start_at_s * 1000.0), 0);
    if (join->member.options->for_s > 0)
        (void)uv_timer_start(&join->end_timer, on_end_time,
                             (uint64_t)(join->member.options->for_s * 1000.0), 0);
}

static void on_move_timeout(uv_timer_t *timer)
{
    struct join *join = timer->data;
    member_fail(&join->member, CLIENT_END_FAILED, "the server did not let us into the channel");
}

static bool find_channel(struct join *join)
{
    const char *part = NULL;
    uint32_t id = 0;
    while ((part = url_path_next(&join->member.options->url, part)) != NULL) {
        const struct client_channel *channel = client_find_child(join->member.client, id, part);
        if (channel == NULL) {
            char reason[300];
            (void)snprintf(reason, sizeof reason, "the server has no channel \"%s\"", part);
            member_fail(&join->member, CLIENT_END_FAILED, reason);
            return false;
        }
        id = channel->id;
    }
    join->wanted_channel =
        join->member.options->url.n_path > 0 ? id : client_own_channel(join->member.client);
    return true;
}

// One message for the move and for the word that we record: servers count messages.
static void move(struct join *join)
{
    bool must_move = join->wanted_channel != client_own_channel(join->member.client);
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = client_session(join->member.client);
    state.has_channel_id = must_move;
    state.channel_id = join->wanted_channel;
    state.has_recording = join->member.record != NULL;
    state.recording = 1;
    if (must_move || join->member.record != NULL)
        (void)client_send(join->member.client, MSG_USER_STATE, &state.base);
    if (must_move)
        (void)uv_timer_start(&join->move_timer, on_move_timeout, MOVE_TIMEOUT_MS, 0);
    else
        arrive(join);
}

// ---- the client's handlers

static bool on_certificate(void *arg, const struct client_certificate *certificate)
{
    struct join *join = arg;
    enum known known;
    bool is_fine = known_servers_accept(&join->member.options->url, certificate,
                                        join->member.options->is_insecure, &known);
    if (known == KNOWN_NEW && is_fine && !certificate->is_trusted) {
        char text[128];
        (void)snprintf(text, sizeof text, "first visit: certificate sha256:%s remembered",
                       certificate->fingerprint);
        events_notice(&join->events, "notice", text);
    } else if (known == KNOWN_CHANGED && !certificate->is_trusted) {
        events_notice(&join->events, "warning", "the server's certificate has changed");
    }
    return is_fine;
}

static void on_joined(void *arg, const char *welcome_text)
{
    struct join *join = arg;
    events_connected(&join->events, &join->member.options->url, welcome_text);
    for (size_t i = 0; i < client_n_channels(join->member.client); i++)
        events_channel(&join->events, client_channel_at(join->member.client, i), CLIENT_CHANNEL_NEW,
                       true);
    for (size_t i = 0; i < client_n_users(join->member.client); i++)
        events_user(&join->events, client_user_at(join->member.client, i), CLIENT_USER_NEW, 0,
                    true);
    if (find_channel(join))
        move(join);
}

static void on_user(void *arg, const struct client_user *user, unsigned changes, uint32_t actor)
{
    struct join *join = arg;
    events_user(&join->events, user, changes, actor, false);
    // A server may lead us on to another channel at once, e.g. to a track: any move by it is an
    // arrival.
    if (user->session == client_session(join->member.client) && (changes & CLIENT_USER_MOVED))
        arrive(join);
}

static void on_user_left(void *arg, const struct client_user *user, uint32_t actor,
                         const char *reason)
{
    struct join *join = arg;
    voice_in_forget(join->member.in, user->session);
    events_user_left(&join->events, user, actor, reason);
}

static void on_channel(void *arg, const struct client_channel *channel,
                       enum client_channel_change change)
{
    struct join *join = arg;
    events_channel(&join->events, channel, change, false);
}

static void on_text(void *arg, uint32_t actor, const char *text)
{
    struct join *join = arg;
    events_text(&join->events, actor, text);
}

static void on_denied(void *arg, const MumbleProto__PermissionDenied *denied)
{
    struct join *join = arg;
    events_denied(&join->events, denied);
    if (!join->is_there)
        member_fail(&join->member, CLIENT_END_REFUSED,
                    "the server does not let us into the channel");
}

static void on_bandwidth(void *arg, uint32_t max_bandwidth_bps)
{
    struct join *join = arg;
    if (join->member.out != NULL)
        voice_out_set_bandwidth(join->member.out, max_bandwidth_bps);
}

static void on_voice(void *arg, const struct voice_packet *packet, uint64_t now_us)
{
    struct join *join = arg;
    const struct client_user *user = client_find_user(join->member.client, packet->session);
    if (user != NULL)
        voice_in_put(join->member.in, packet, user->is_priority_speaker, now_us);
}

static void on_transport(void *arg, bool is_udp)
{
    struct join *join = arg;
    events_notice(&join->events, "transport", is_udp ? "udp" : "tunnel");
}

static void on_ping(void *arg)
{
    struct join *join = arg;
    struct client_stats stats = client_stats(join->member.client);
    struct voice_in_stats heard = voice_in_stats(join->member.in);
    events_stats(&join->events, &stats, &heard);
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    static const char *const ends[] = { "left", "refused", "kicked", "failed" };
    static const enum exit_code codes[] = { CLI_FINE, CLI_REFUSED, CLI_REFUSED, CLI_FAILED };
    struct join *join = arg;
    if (client_session(join->member.client) != 0)
        on_ping(join);
    events_closed(&join->events, ends[end], reason);
    join->member.exit_code = codes[end];
    if (end != CLIENT_END_ASKED)
        (void)fprintf(stderr, "susurro: %s: %s\n", ends[end], reason);
    join->member.client = NULL;
    join->events.client = NULL;
    join_close_all(join);
}

const struct client_handlers join_client_handlers = {
    .on_certificate = on_certificate,
    .on_joined = on_joined,
    .on_user = on_user,
    .on_user_left = on_user_left,
    .on_channel = on_channel,
    .on_text = on_text,
    .on_denied = on_denied,
    .on_bandwidth = on_bandwidth,
    .on_voice = on_voice,
    .on_transport = on_transport,
    .on_ping = on_ping,
    .on_closed = on_closed,
};
