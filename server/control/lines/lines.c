// SPDX-License-Identifier: BSD-3-Clause
//
// From the ladder's tier to what a client gets and is told.
#include "control/lines/lines.h"

#include "control/meeting/run.h"

#include <stdlib.h>

const char *line_why(const struct line *line)
{
    static const char *const texts[] = {
#define X(name, text) [name] = (text),
        LINE_BOUNDS(X)
#undef X
    };
    const struct ladder *ladder = &line->ladder;
    return ladder->tier > ladder->best ? ladder_reason_text(ladder->reason)
                                       : texts[line->bounds.why];
}

// ---- direct or mixed, on the floor --------------------------------------------------------------

static bool wants_mixed(struct server *server, struct meeting_info *meeting,
                        const struct user *user)
{
    return model_channel(server->model, user->channel)->role == CHANNEL_FLOOR &&
           user->tier >= TIER_THIN && declare_floor_voice(server, meeting) != 0;
}

// Who comes anew begins as it is to be; who sits there waits for a pause.
static void choose_way(struct server *server, struct meeting_info *meeting, struct user *user,
                       struct line *line)
{
    const bool is_new = line->channel != user->channel || !line->is_placed;
    const bool is_wanted = wants_mixed(server, meeting, user);
    if (is_wanted != user->wants_floor_mixed || (is_new && is_wanted != user->is_floor_mixed))
        server->are_routes_dirty = true;
    user->wants_floor_mixed = is_wanted;
    if (is_new) {
        user->is_floor_mixed = is_wanted;
        line->is_pause_asked = false;
        line->channel = user->channel;
    }
}

// After the mixer knows where they sit.
void lines_ask_pause(struct server *server, const struct user *user)
{
    struct conn *conn = conn_of(server, user->session);
    if (conn != NULL && conn->line != NULL && conn->line->loss_told != 0)
        carrier_order_loss(server, conn->line, user);
    if (conn == NULL || conn->line == NULL || conn->line->is_pause_asked ||
        user->wants_floor_mixed == user->is_floor_mixed)
        return;
    conn->line->is_pause_asked = true;
    meetings_order(server, user, MIXER_CMD_PAUSE,
                   user->wants_floor_mixed ? LINES_MIXED_WAIT_MS : LINES_DIRECT_WAIT_MS);
}

// The epoch parts the one from the other: with the new routes direct voices end, and only from then
// on is the mix let through that was made for it.
void lines_pause(struct server *server, uint32_t session)
{
    struct user *user = model_user(server->model, session);
    struct conn *conn = conn_of(server, session);
    const struct meeting_info *meeting =
        user != NULL ? model_meeting_of(server->model, user) : NULL;
    if (conn == NULL || conn->line == NULL || meeting == NULL)
        return;
    conn->line->is_pause_asked = false;
    if (user->wants_floor_mixed == user->is_floor_mixed)
        return;
    user->is_floor_mixed = user->wants_floor_mixed;
    user->epoch++;
    server->are_routes_dirty = true;
    meetings_user_placed(server, user, meeting->id);
}

uint32_t lines_floor_holder(const struct server *server, uint32_t meeting)
{
    const struct meeting_run *run = run_of(server, meeting);
    return run != NULL && run->has_state ? run->state.floor.holder : 0;
}

// ---- what they send -----------------------------------------------------------------------------

static void cap_sending(struct conn *conn, struct line *line)
{
    const struct server *server = conn->server;
    const uint32_t kbps = line->bounds.send_kbps, most_bps = server->config->bandwidth_bps;
    if (kbps == line->send_kbps ||
        (line->send_told_us != 0 && server->now_us - line->send_told_us < LINES_SEND_EVERY_US))
        return;
    MumbleProto__ServerConfig change = MUMBLE_PROTO__SERVER_CONFIG__INIT;
    change.has_max_bandwidth = true;
    change.max_bandwidth = kbps != 0 && kbps * 1000 < most_bps ? kbps * 1000 : most_bps;
    char number[16];
    snprintf(number, sizeof(number), "%u", kbps);
    if (kbps != 0)
        say(conn, PHRASE_LINE_SEND, number);
    else
        say(conn, PHRASE_LINE_SEND_FREE);
    send_message(conn, MSG_SERVER_CONFIG, &change.base);
    line->send_kbps = kbps;
    line->send_told_us = server->now_us;
}

// ---- where somebody sits, and what is known of their line ---------------------------------------

struct line *line_of(struct conn *conn)
{
    if (conn->line != NULL)
        return conn->line;
    conn->line = calloc(1, sizeof(*conn->line));
    if (conn->line != NULL) {
        conn->line->wish = TIERS;
        ladder_init(&conn->line->ladder, TIER_FULL, conn->server->now_us);
        carrier_start(conn->line, conn->server->now_us);
    }
    return conn->line;
}

// Their line is known from the meeting before; but a new place begins at what it allows.
void lines_placed(struct server *server, struct meeting_info *meeting, struct user *user)
{
    struct conn *conn = conn_of(server, user->session);
    struct line *line = conn != NULL ? line_of(conn) : NULL;
    if (line == NULL) {
        user->tier = meeting->tier;
        return;
    }
    line->bounds = lines_bounds(server, user, line);
    ladder_bound(&line->ladder, line->bounds.best, line->bounds.worst, server->now_us);
    user->tier = (uint8_t)line->ladder.tier;
    choose_way(server, meeting, user, line);
    line->is_placed = true;
    calm_set(conn, user->tier == TIER_LIFELINE);
    cap_sending(conn, line);
}

void lines_left(struct conn *conn)
{
    struct user *user = model_user(conn->server->model, conn->session);
    if (user != NULL)
        user->is_floor_mixed = user->wants_floor_mixed = false;
    if (conn->line != NULL)
        conn->line->is_placed = false;
    calm_set(conn, false);
    lines_rest(conn);
}

static void log_change(const struct conn *conn, const struct line *line)
{
    log_info("lines", "tier", "session=%u tier=%s why=\"%s\" loss=%u rtt_ms=%u", conn->session,
             tier_spec(line->ladder.tier)->name, line_why(line), line->ladder.loss_percent,
             line->rtt_us / 1000);
}

// Direct voices are the same on the two best tiers.
static bool is_held_audibly(const struct user *user, const struct line *line)
{
    return line->bounds.why == LINE_BY_CEILING &&
           (line->ladder.best >= TIER_THIN || line->bounds.own >= TIER_THIN ||
            user->is_floor_mixed);
}

// Each once when it begins, once when it is over.
static void tell_ceiling(struct conn *conn, const struct user *user, struct line *line)
{
    const bool is_held = is_held_audibly(user, line);
    if (is_held == line->is_ceiling_told)
        return;
    line->is_ceiling_told = is_held;
    say(conn, is_held ? PHRASE_LINE_CEILING : PHRASE_LINE_CEILING_OVER);
}

static void tell(struct conn *conn, struct line *line)
{
    const bool is_down = line->ladder.tier > line->ladder.best;
    if (is_down == line->is_told)
        return;
    line->is_told = is_down;
    say(conn, is_down ? PHRASE_LINE_DOWN : PHRASE_LINE_BACK);
}

void lines_look_again(struct server *server, struct user *user)
{
    struct conn *conn = conn_of(server, user->session);
    struct line *line = conn != NULL ? line_of(conn) : NULL;
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (line == NULL || meeting == NULL)
        return;
    line->bounds = lines_bounds(server, user, line);
    ladder_bound(&line->ladder, line->bounds.best, line->bounds.worst, server->now_us);
    cap_sending(conn, line);
    if (line->ladder.tier == (enum tier)user->tier)
        return;
    meetings_user_placed(server, user, meeting->id);
    log_change(conn, line);
    tell(conn, line);
    tell_ceiling(conn, user, line);
}

void lines_look_all(struct server *server)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL)
            lines_look_again(server, user);
    }
}

void lines_reload(struct server *server, bool has_told_bandwidth)
{
    if (server->lines == NULL)
        return;
    lines_read_rules(server);
    for (struct conn *conn = server->conns; conn != NULL && has_told_bandwidth; conn = conn->next)
        if (conn->line != NULL)
            conn->line->send_kbps = 0, conn->line->send_told_us = 0;
    lines_look_all(server);
    lines_share(server);
}

void lines_forget(struct conn *conn)
{
    free(conn->line);
    conn->line = NULL;
}
