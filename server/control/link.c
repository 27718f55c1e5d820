// SPDX-License-Identifier: BSD-3-Clause
//
// The links to the voice threads and the mixers: commands out, reports and events in. A command
// that finds its lane full waits here, in order, and is tried again at the end of each turn: none
// is ever dropped.
#include "control/meeting/run.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

// ---- commands

static void queue(struct server *server, struct lane *lane, struct buffer *backlog,
                  const void *record, size_t size)
{
    if (backlog->len == 0 && lane_send(lane, record, size)) {
        lane_bell(lane);
        return;
    }
    size_t padded = (size + 7) & ~(size_t)7; // records stay aligned in the backlog
    uint64_t head = size;
    uint8_t *room = buffer_grow(backlog, sizeof(head) + padded);
    if (room == NULL) {
        if (!server->is_stopping)
            log_error("control", "a thread does not take its commands; stopping",
                      "waiting_bytes=%zu", backlog->len);
        server->is_stopping = true;
        uv_stop(&server->loop);
        return;
    }
    memcpy(room, &head, sizeof(head));
    memcpy(room + sizeof(head), record, size);
    backlog->len += sizeof(head) + padded;
}

static void retry(struct lane *lane, struct buffer *backlog)
{
    size_t done = 0;
    while (done < backlog->len) {
        uint64_t size;
        memcpy(&size, backlog->data + done, sizeof(size));
        if (!lane_send(lane, backlog->data + done + sizeof(size), (size_t)size))
            break;
        done += sizeof(size) + (((size_t)size + 7) & ~(size_t)7);
    }
    if (done > 0) {
        buffer_drop_front(backlog, done);
        lane_bell(lane);
    }
}

void link_retry(struct server *server)
{
    for (unsigned i = 0; i < server->n_threads; i++)
        retry(voice_commands(server->voice, i), &server->voice_backlog[i]);
    for (unsigned i = 0; i < server->n_mixers; i++)
        retry(mixer_commands(server->mixers[i]), &server->mixer_backlog[i]);
    if (server->recorder != NULL)
        retry(recorder_orders(server->recorder), &server->recorder_backlog);
}

// What anybody can cause as often as they like is given up when a thread falls behind: it must not
// fill the backlog, which keeps the commands that may not be lost. Voice is stale by then; a
// datagram or a nonce comes again.
static bool is_given_up(const struct server *server, unsigned thread, enum voice_command_kind kind)
{
    bool is_optional =
        kind == VOICE_CMD_TUNNEL || kind == VOICE_CMD_TRY || kind == VOICE_CMD_RESYNC;
    return is_optional && server->voice_backlog[thread].len > 0;
}

void link_voice(struct server *server, unsigned thread, const struct voice_command *command,
                const void *bytes)
{
    if (is_given_up(server, thread, command->kind))
        return;
    uint64_t
        space[(sizeof(struct voice_command) + VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES) / 8 + 1];
    uint8_t *record = (uint8_t *)space;
    size_t head = offsetof(struct voice_command, bytes);
    if (command->n_bytes > VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES)
        return;
    memcpy(record, command, head);
    if (command->n_bytes > 0 && bytes != NULL)
        memcpy(record + head, bytes, command->n_bytes);
    size_t size = head + command->n_bytes;
    queue(server, voice_commands(server->voice, thread), &server->voice_backlog[thread], record,
          size < sizeof(struct voice_command) ? sizeof(struct voice_command) : size);
}

void link_mixer(struct server *server, const struct mixer_command *command)
{
    const struct meeting_run *run = run_of(server, command->meeting);
    if (run == NULL || !run->has_mixer)
        return;
    server->dirty_mixers |= 1u << run->mixer;
    queue(server, mixer_commands(server->mixers[run->mixer]), &server->mixer_backlog[run->mixer],
          command, sizeof(*command));
}

void link_fence(struct server *server, unsigned mixer, uint64_t token)
{
    const struct mixer_command fence = { .kind = MIXER_CMD_FENCE, .token = token };
    queue(server, mixer_commands(server->mixers[mixer]), &server->mixer_backlog[mixer], &fence,
          sizeof(fence));
}

void link_recorder(struct server *server, const struct record_order *order)
{
    if (server->recorder != NULL)
        queue(server, recorder_orders(server->recorder), &server->recorder_backlog, order,
              sizeof(*order));
}

// ---- what clients ask that only the owner of their crypto state can answer

// Each question is answered; until then it counts, so that nobody asks faster than a thread
// answers.
static void answered(struct conn *asker)
{
    if (asker == NULL || asker->n_questions == 0)
        return;
    if (asker->n_questions-- == CONN_QUESTIONS)
        conn_resume(asker);
}

void link_ask_counters(struct conn *asker, const struct conn *about, uint64_t token)
{
    asker->n_questions++;
    struct voice_command ask = { .kind = VOICE_CMD_COUNTERS,
                                 .session = about->session,
                                 .counters = { .token = token } };
    link_voice(about->server, about->thread, &ask, NULL);
}

void link_ping(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__Ping *ping = (const MumbleProto__Ping *)message;
    conn->ping_seen = *ping;
    users_state_late(conn);
    lines_ping(conn, ping);
    unsigned index = conn->ping_next++ % CONN_QUESTIONS;
    conn->ping_timestamps[index] = ping->has_timestamp ? ping->timestamp : 0;
    conn->n_questions++;
    struct voice_command ask = {
        .kind = VOICE_CMD_COUNTERS,
        .session = conn->session,
        .counters = { .token = index, .has_heard = ping->has_good, .heard = ping->good }
    };
    link_voice(conn->server, conn->thread, &ask, NULL);
}

static void answer_ping(struct conn *conn, uint64_t index, const struct voice_counters *counters)
{
    MumbleProto__Ping pong = MUMBLE_PROTO__PING__INIT;
    pong.has_timestamp = pong.has_good = pong.has_late = pong.has_lost = pong.has_resync = true;
    pong.timestamp = conn->ping_timestamps[index % CONN_QUESTIONS];
    pong.good = lines_wants_tunnel(conn) ? 0 : counters->crypt.good;
    pong.late = counters->crypt.late;
    pong.lost = counters->crypt.lost;
    pong.resync = counters->crypt.resync;
    send_message(conn, MSG_PING, &pong.base);
}

void link_crypt_setup(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__CryptSetup *setup = (const MumbleProto__CryptSetup *)message;
    struct voice_command command = { .kind = VOICE_CMD_NONCE, .session = conn->session };
    if (setup->has_client_nonce) {
        bool is_sign_of_life = probe_answered(conn) && !conn->is_nonce_wanted;
        if (is_sign_of_life || setup->client_nonce.len != sizeof(command.resync.nonce))
            return;
        conn->is_nonce_wanted = false;
        command.kind = VOICE_CMD_RESYNC;
        memcpy(command.resync.nonce, setup->client_nonce.data, sizeof(command.resync.nonce));
    } else {
        conn->n_questions++;
    }
    link_voice(conn->server, conn->thread, &command, NULL);
}

void link_tunnel(struct conn *conn, struct span packet)
{
    if (packet.len < 2 || packet.len > VOICE_PACKET_MAX_BYTES)
        return;
    conn->active_us = conn->server->now_us;
    conn->n_voice_in++;
    conn->n_voice_in_bytes += packet.len;
    struct voice_command command = { .kind = VOICE_CMD_TUNNEL,
                                     .session = conn->session,
                                     .n_bytes = (uint32_t)packet.len };
    link_voice(conn->server, conn->thread, &command, packet.data);
}

void link_client_add(struct conn *conn)
{
    uint8_t key[CRYPT_KEY_BYTES], from_client[16], to_client[16];
    random_bytes(key, sizeof(key));
    random_bytes(from_client, sizeof(from_client));
    random_bytes(to_client, sizeof(to_client));
    struct voice_command add = { .kind = VOICE_CMD_ADD, .session = conn->session };
    add.add.crypt = crypt_new(key, to_client, from_client);
    add.add.host = conn->peer.sin6_addr;
    add.add.format =
        conn->version >= PROTO_VERSION_PROTOBUF_UDP ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY;
    if (add.add.crypt == NULL) {
        conn_close(conn, "out of memory");
        return;
    }
    link_voice(conn->server, conn->thread, &add, NULL);
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    setup.has_key = setup.has_client_nonce = setup.has_server_nonce = true;
    setup.key = (ProtobufCBinaryData){ sizeof(key), key };
    setup.client_nonce = (ProtobufCBinaryData){ sizeof(from_client), from_client };
    setup.server_nonce = (ProtobufCBinaryData){ sizeof(to_client), to_client };
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
    OPENSSL_cleanse(key, sizeof(key));
}

void link_client_remove(struct conn *conn)
{
    struct voice_command remove = { .kind = VOICE_CMD_REMOVE, .session = conn->session };
    link_voice(conn->server, conn->thread, &remove, NULL);
}

// ---- reports

static void send_nonce(struct conn *conn, const uint8_t nonce[16])
{
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    setup.has_server_nonce = true;
    setup.server_nonce = (ProtobufCBinaryData){ 16, (uint8_t *)nonce };
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
}

static void ask_nonce(struct conn *conn)
{
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    conn->is_nonce_wanted = true;
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
}

static void try_one(struct server *server, const struct voice_report *report, unsigned thread,
                    uint32_t session)
{
    struct voice_command command = { .kind = VOICE_CMD_TRY,
                                     .session = session,
                                     .n_bytes = report->n_bytes };
    command.try_.remote = report->remote;
    command.try_.local = report->local;
    command.try_.socket = report->socket;
    link_voice(server, thread, &command, report->words);
}

// A datagram from an address nobody knows: those whose TCP peer is the same host are candidates;
// then any who is silent, for UDP may come by another way than TCP.
static void try_candidates(struct server *server, const struct voice_report *report)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->phase != CONN_READY || memcmp(&conn->peer.sin6_addr, &report->remote.sin6_addr,
                                                sizeof(conn->peer.sin6_addr)) != 0)
            continue;
        try_one(server, report, conn->thread, conn->session);
    }
    for (unsigned i = 0; i < server->n_threads; i++)
        try_one(server, report, i, VOICE_NONE);
}

static void spread_address(struct server *server, const struct voice_report *report)
{
    struct voice_command command = { .kind = VOICE_CMD_ADDRESS, .session = report->session };
    command.address.remote = report->remote;
    command.address.thread = report->thread;
    for (unsigned i = 0; i < server->n_threads; i++)
        if (i != report->thread)
            link_voice(server, i, &command, NULL);
}

static void send_tunnel(struct server *server, const struct voice_report *report)
{
    if (server->now_us - report->tunnel.made_us > CONN_VOICE_STALE_US &&
        server->now_us > report->tunnel.made_us)
        return;
    const uint32_t *sessions = report->words;
    struct span packet = { (const uint8_t *)(sessions + report->tunnel.n_sessions),
                           report->n_bytes };
    for (uint32_t i = 0; i < report->tunnel.n_sessions; i++) {
        struct conn *conn = conn_of(server, sessions[i]);
        if (conn != NULL)
            conn_send_voice(conn, packet, report->tunnel.made_us);
    }
}

static void take_counters(struct server *server, const struct voice_report *report)
{
    uint64_t token = report->counters.token;
    bool is_stats = (token & TOKEN_STATS) != 0;
    struct conn *asker = conn_of(server, is_stats ? (uint32_t)token : report->session);
    struct conn *about = conn_of(server, report->session);
    if (about != NULL)
        stats_sample(about, &report->counters.values);
    if (about != NULL)
        lines_counters(about, &report->counters.values);
    if (about != NULL)
        usage_look(about, &report->counters.values);
    usage_keep(server, false);
    if (is_stats)
        users_stats_reply(server, (uint32_t)token, report->session, &report->counters.values,
                          (token & TOKEN_STATS_ONLY) != 0);
    else if (asker != NULL)
        answer_ping(asker, token, &report->counters.values);
    answered(asker);
}

static void take_report(struct server *server, const struct voice_report *report)
{
    struct conn *conn = conn_of(server, report->session);
    switch (report->kind) {
    case VOICE_REPORT_ROUTE:
        if (report->version > server->gate.acked[report->thread])
            server->gate.acked[report->thread] = report->version;
        break;
    case VOICE_REPORT_TUNNEL:
        send_tunnel(server, report);
        break;
    case VOICE_REPORT_COUNTERS:
        take_counters(server, report);
        break;
    case VOICE_REPORT_NONCE:
        if (conn != NULL)
            send_nonce(conn, report->nonce);
        answered(conn);
        break;
    case VOICE_REPORT_RESYNC:
        if (conn != NULL)
            ask_nonce(conn);
        break;
    case VOICE_REPORT_UNKNOWN:
        try_candidates(server, report);
        break;
    case VOICE_REPORT_ADDRESS:
        spread_address(server, report);
        break;
    case VOICE_REPORT_REMOVED:
        model_session_release(server->model, report->session);
        break;
    case VOICE_REPORT_TARGET:
        whisper_used(server, report->session, report->target.id, report->target.is_known);
        break;
    }
}

// A meeting that has ended may have left events behind; another may have come by its number.
static bool is_of_another(const struct server *server, unsigned mixer, uint32_t meeting)
{
    const struct meeting_run *run = run_of(server, meeting);
    return run != NULL && run->mixer != mixer;
}

static void take_event(struct server *server, unsigned mixer, const struct mixer_event *event)
{
    if (event->kind != MIXER_EVENT_FENCE && is_of_another(server, mixer, event->meeting))
        return;
    switch (event->kind) {
    case MIXER_EVENT_FENCE:
        server->gate.fence_seen[mixer] = event->token;
        break;
    case MIXER_EVENT_PAUSE:
        lines_pause(server, event->session);
        break;
    case MIXER_EVENT_STATE:
    case MIXER_EVENT_QUALITY:
    case MIXER_EVENT_EXPOSURE:
        display_event(server, event);
        break;
    case MIXER_EVENT_FIGURES:
        figures_event(server, (const struct mixer_event_figures *)event);
        break;
    case MIXER_EVENT_TRACK:
    case MIXER_EVENT_RESULT:
    case MIXER_EVENT_SNAPPED:
        meetings_event(server, event);
        break;
    }
}

void link_receive(struct server *server)
{
    size_t size;
    for (unsigned i = 0; i < server->n_threads; i++) {
        struct ring *reports = voice_reports(server->voice, i);
        for (const void *record = ring_peek(reports, &size); record != NULL;
             record = ring_peek(reports, &size)) {
            take_report(server, record);
            ring_consume(reports);
        }
    }
    for (unsigned i = 0; i < server->n_mixers; i++) {
        struct ring *events = mixer_events(server->mixers[i]);
        for (const void *record = ring_peek(events, &size); record != NULL;
             record = ring_peek(events, &size)) {
            take_event(server, i, record);
            ring_consume(events);
        }
    }
    recording_receive(server);
}
