// SPDX-License-Identifier: BSD-3-Clause
//
// What is seen of a client's line. While they hear sound, each 250 ms: TCP, which the kernel keeps
// asking once a second (keepalive; neither the client's program nor ours is woken by that), and the
// tunnel. With each Ping: what the client counted, and what its voice thread did. Nobody is looked
// at who hears nothing, and no timer runs then.
#include "control/lines/lines.h"

#include "control/lines/lines_tcp.h"
#include "control/meeting/run.h"

#include <stdlib.h>

// ---- the kernel asks ----------------------------------------------------------------------------

static void keep_asking(struct conn *conn, struct line *line, bool is_on)
{
    if (line->is_kept_alive != is_on)
        tcp_keep_asking(conn->fd, is_on);
    line->is_kept_alive = is_on;
}

void lines_rest(struct conn *conn)
{
    if (conn->line != NULL)
        keep_asking(conn, conn->line, false);
}

// Where packets are lost, so is now and then the kernel's question. An empty CryptSetup, which all
// clients take, is asked some more times; that any segment of these is acknowledged is enough.
static void ask_again(struct conn *conn, struct line *line)
{
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
    conn->n_probes++; // probe_answered() takes the answer
    line->n_asked++;
}

// Something is on its way, and nothing has come back since it was first seen so: a lower bound of
// how long that takes, as it may have been sent just after the look before. An answer that comes in
// the end says how long it took. One that was late, while what was asked since is still on its way,
// may be the first of a queue that grows: the questions that went out count on, from that answer.
static void look_at_answers(struct conn *conn, struct line *line, const struct tcp_signs *signs,
                            uint64_t now_us)
{
    const uint64_t answered_us = now_us - signs->answered_ago_us;
    const bool is_answered = line->is_outstanding && answered_us > line->outstanding_us;
    const uint64_t waited_us = (is_answered ? answered_us : now_us) - line->outstanding_us;
    if (line->is_outstanding && line->n_asked >= LINES_ASKS)
        ladder_waiting(&line->ladder, waited_us, now_us);
    const bool is_late = waited_us > line->ladder.base_rtt_us + LINES_LATE_US;
    const bool is_reset = is_answered && !(is_late && line->n_asked > 0);
    if (!signs->is_outstanding || !line->is_outstanding || is_reset) {
        line->outstanding_us = now_us;
        line->n_asked = 0;
    } else if (is_answered) {
        line->outstanding_us = answered_us;
    } else if (is_late && line->n_asked < LINES_ASKS) {
        ask_again(conn, line);
    }
    line->is_outstanding = signs->is_outstanding;
}

static void look_at_tcp(struct conn *conn, struct line *line, uint64_t now_us)
{
    struct tcp_signs signs;
    if (!tcp_signs_read(conn->fd, &signs))
        return;
    // One that is no news would look as if the queue went on being full, or empty.
    if (signs.rtt_us != 0 && signs.rtt_us != line->rtt_us)
        ladder_round_trip(&line->ladder, signs.rtt_us, signs.least_rtt_us, now_us);
    line->rtt_us = signs.rtt_us;
    line->rtt_var_us = signs.rtt_var_us;
    look_at_answers(conn, line, &signs, now_us);
}

static void look_at_tunnel(const struct conn *conn, struct line *line, uint64_t now_us)
{
    const uint64_t since_us = conn_voice_waits_since(conn);
    const uint64_t waits_us = since_us != 0 && since_us < now_us ? now_us - since_us : 0;
    ladder_tunnel(&line->ladder, waits_us, conn->n_voice_dropped - line->n_tunnel_dropped, now_us);
    line->n_tunnel_dropped = conn->n_voice_dropped;
}

// ---- each packet twice -------------------------------------------------------------------------

static void repair(struct conn *conn, struct line *line)
{
    const bool is_wanted = line->is_placed && ladder_repairs(&line->ladder, conn->server->now_us);
    if (is_wanted == line->has_copies)
        return;
    line->has_copies = is_wanted;
    struct voice_command command = { .kind = VOICE_CMD_COPIES, .session = conn->session };
    command.copies.is_on = is_wanted;
    link_voice(conn->server, conn->thread, &command, NULL);
}

// ---- the timer ----------------------------------------------------------------------------------

static void look(struct server *server, struct conn *conn, struct line *line)
{
    struct user *user = model_user(server->model, conn->session);
    look_at_tcp(conn, line, server->now_us);
    look_at_tunnel(conn, line, server->now_us);
    if (user == NULL || !ladder_look(&line->ladder, server->now_us))
        return;
    repair(conn, line);
    lines_look_again(server, user);
}

static void on_tick(uv_timer_t *timer)
{
    struct lines *lines = timer->data;
    struct server *server = lines->server;
    bool is_anybody = false, is_suspicious = false;
    server->now_us = clock_us();
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        struct line *line = conn->line;
        if (conn->phase != CONN_READY || line == NULL || !line->is_placed)
            continue;
        const bool is_active = line->active_until_us > server->now_us;
        keep_asking(conn, line, is_active);
        if (is_active)
            look(server, conn, line);
        is_anybody = is_anybody || is_active;
        is_suspicious = is_suspicious || (is_active && line->n_asked > 0);
    }
    if (server->config->lines_ceiling_kbps != 0 &&
        server->now_us - lines->looked_us >= LINES_SHARE_EVERY_US)
        lines_share(server);
    if (is_anybody)
        uv_timer_start(timer, on_tick, is_suspicious ? LINES_TICK_SUSPICIOUS_MS : LINES_TICK_MS, 0);
}

void lines_wake(struct server *server, struct conn *conn)
{
    struct lines *lines = server->lines;
    if (lines == NULL || conn->line == NULL || !conn->line->is_placed || server->is_stopping)
        return;
    const struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting =
        user != NULL ? model_meeting_of(server->model, user) : NULL;
    struct meeting_run *run = meeting != NULL ? run_of(server, meeting->id) : NULL;
    if (run != NULL)
        run->sounded_us = server->now_us;
    conn->line->active_until_us = server->now_us + LINES_ACTIVE_US;
    if (!uv_is_active((uv_handle_t *)&lines->timer))
        uv_timer_start(&lines->timer, on_tick, LINES_TICK_MS, 0);
}

void lines_speaking(struct server *server, const struct meeting_info *meeting)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && model_meeting_of(server->model, user) == meeting)
            lines_wake(server, conn);
    }
}

// ---- with each Ping -----------------------------------------------------------------------------

void lines_ping(struct conn *conn, const MumbleProto__Ping *ping)
{
    struct line *line = conn->line;
    struct user *user = model_user(conn->server->model, conn->session);
    if (line == NULL || user == NULL || !ping->has_good || !ping->has_lost)
        return;
    const uint64_t now_us = conn->server->now_us;
    ladder_report(&line->ladder, ping->good, ping->late, ping->lost, now_us);
    (void)ladder_look(&line->ladder, now_us);
    carrier_ping(conn, line);
    carrier_tell_loss(conn, line, user);
    repair(conn, line);
    lines_look_again(conn->server, user); // groups and who holds the floor may have changed too
}

static uint32_t rate_bps(uint64_t bytes, uint64_t span_us)
{
    return (uint32_t)(bytes * 8 * 1000000 / span_us);
}

// Sound has come to this client since the last time: more than the echoes of pings.
void lines_counters(struct conn *conn, const struct voice_counters *counters)
{
    struct line *line = conn->line;
    const uint64_t now_us = conn->server->now_us;
    if (line == NULL || now_us - line->counted_us < LINES_COUNT_LEAST_US)
        return;
    const uint64_t span_us = now_us - line->counted_us;
    const uint64_t in = counters->bytes_in + counters->packets_in * LINES_HEADER_BYTES;
    const uint64_t out = counters->bytes_out + conn->n_voice_bytes +
                         (counters->packets_out + conn->n_voice_sent) * LINES_HEADER_BYTES;
    const uint32_t packets = counters->packets_out + conn->n_voice_sent;
    if (line->has_counts) {
        line->in_bps = rate_bps(in - line->counted_in, span_us);
        line->out_bps = rate_bps(out - line->counted_out, span_us);
        if (packets - line->counted_packets_out > LINES_SOUND_PACKETS)
            lines_wake(conn->server, conn);
    }
    carrier_count(conn, line, counters);
    line->has_counts = true;
    line->is_udp = counters->is_udp;
    line->counted_us = now_us;
    line->counted_in = in;
    line->counted_out = out;
    line->counted_packets_out = packets;
}

// ---- life ---------------------------------------------------------------------------------------

bool lines_start(struct server *server)
{
    struct lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        return false;
    lines->server = server;
    uv_timer_init(&server->loop, &lines->timer);
    lines->timer.data = lines;
    uv_timer_init(&server->loop, &lines->calm_timer);
    lines->calm_timer.data = server;
    server->lines = lines;
    lines_read_rules(server);
    return true;
}

void lines_free(struct server *server)
{
    if (server->lines != NULL)
        lines_free_rules(server->lines);
    free(server->lines);
    server->lines = NULL;
}
