// SPDX-License-Identifier: BSD-3-Clause
//
// lines: how much of each client's line is used, and why. Private to control/.
//
//   rules (lines_rules.c) ─► best, worst ─┐
//   signs (lines_signs.c) ─► ladder ──────┴─► tier ─► the mixer; on the floor, from `thin` down,
//   what a person asked for ─► best                   direct ◄─► mixed (lines.c)
//
// Of what one hears: the rules' caps and pins, general ones (of server, meeting, channel, group)
// but for booths, which are thinned only by their own line, their own wish, or a rule that names
// the person. Of what one sends (max_bandwidth of a ServerConfig): the rules' caps, general ones
// but for booths and who holds the floor.
#ifndef SUSURRO_CONTROL_LINES_H
#define SUSURRO_CONTROL_LINES_H

#include "control/admin/admin_int.h"
#include "ladder/ladder.h"

#define LINES_RULES_MAX 500              // more are refused
#define LINES_TICK_MS 250                // while somebody hears sound
#define LINES_TICK_SUSPICIOUS_MS 50      // ... and an answer is late
#define LINES_LATE_US 150000u            // beyond the line's own round trip: it is asked again
#define LINES_ASKS 4u                    // so often, before the line is called bad
#define LINES_ACTIVE_US 7000000u         // after the last sign of sound: a ping comes each 5 s
#define LINES_MIXED_WAIT_MS 1500         // for a pause, before direct voices give way to the mix
#define LINES_DIRECT_WAIT_MS 30000       // ... and the other way
#define LINES_COUNT_LEAST_US 900000u     // shorter spans say nothing of a rate
#define LINES_HEADER_BYTES 32            // IP, UDP and encryption of each packet, as in stats.c
#define LINES_SOUND_PACKETS 4u           // more than the echoes of pings, from one Ping to the next
#define LINES_SHARE_EVERY_US 1000000u    // the server's ceiling
#define LINES_LIVE_US UINT64_C(60000000) // after its last sound a meeting counts for the ceiling
#define LINES_MONTH_PEOPLE 10000         // of a month's table; those who used least are left out
#define LINES_TUNNEL_MORE_BYTES 48u      // of a packet, through TCP instead of UDP
#define LINES_SEND_EVERY_US 60000000u    // between two caps of what one client sends

#define LINE_BOUNDS(X)                                                                             \
    X(LINE_BY_MEETING, "meeting") /* its key tier */                                               \
    X(LINE_BY_BOOTH, "booth")                                                                      \
    X(LINE_BY_WISH, "asked")                                                                       \
    X(LINE_BY_CAP, "cap")                                                                          \
    X(LINE_BY_PIN, "pin")                                                                          \
    X(LINE_BY_CEILING, "ceiling") /* the server's, lines_share.c */
enum line_bound {
#define X(name, text) name,
    LINE_BOUNDS(X)
#undef X
};
struct line_bounds {
    enum tier best, worst;
    enum tier own;  // the best without the server's ceiling
    bool is_exempt; // the ceiling leaves them alone
    enum line_bound why;
    uint32_t send_kbps; // 0: the server's
};
struct line { // of one connection
    struct ladder ladder;
    struct line_bounds bounds;
    bool is_placed; // in a meeting, and ladder is begun
    uint32_t channel;
    uint8_t wish;                 // a tier; TIERS: none
    uint32_t guest_values[3];     // rules about a guest, who is gone with them: by enum line_what
    bool has_guest[3];            //
    bool is_pause_asked, is_told; // told: that their line made the server step down
    enum tier ceiling;            // no better than this for the server's ceiling; TIER_FULL: none
    bool is_ceiling_told;
    uint32_t send_kbps;    // the cap that the client was told; 0: none
    uint64_t send_told_us; // when
    // signs
    uint64_t active_until_us;
    bool is_kept_alive, is_outstanding;
    uint64_t outstanding_us;
    unsigned n_asked; // since then, by ourselves
    uint32_t rtt_us, rtt_var_us;
    uint32_t n_tunnel_dropped; // those that the ladder knows of
    // from one answer of the voice thread to the next
    uint64_t counted_us, counted_in, counted_out;
    uint32_t counted_packets_out;
    uint32_t in_bps, out_bps;
    bool is_udp, has_counts, has_copies;
    // datagrams or the tunnel, lines_carrier.c: what they hear, what they send
    struct carrier down, up;
    enum carrier_way down_told; // the voice thread
    uint32_t up_good, up_lost;  // of the last report
    uint32_t up_percent;        // lost on the way up
    uint8_t loss_told;          // the mixer: 0, MIXER_LOSSY_PERCENT, MIXER_LOSSY_THIN_PERCENT
};
struct lines {
    struct server *server;
    uv_timer_t timer;      // runs while somebody hears sound
    uv_timer_t calm_timer; // ... while something is held for clients on `lifeline`
    struct line_rule *rules;
    size_t n_rules;
    // the server's ceiling
    uint64_t looked_us, shared_us; // last worked out; changed
    uint64_t shared_bps;           // what goes to all together then
    size_t n_held;                 // listeners who have less for it
};

// lines_rules.c
void lines_read_rules(struct server *server); // from the configuration
struct line_bounds lines_bounds(const struct server *server, const struct user *user,
                                const struct line *line);
// Adds, replaces, or (value LINES_NONE) removes; kept in the database. 0, -1: memory, -2: too many.
#define LINES_NONE UINT32_MAX
int lines_rule_set(struct server *server, enum line_who who, const char *name, enum line_what what,
                   uint32_t value);
// Of somebody who is here: by their number when registered, else until they go.
int lines_rule_person(struct server *server, const struct user *user, enum line_what what,
                      uint32_t value);
void lines_free_rules(struct lines *lines);
// lines.c
struct line *line_of(struct conn *conn); // made when it is needed; NULL: memory
void lines_look_again(struct server *server, struct user *user); // bounds, wish or ladder differ
void lines_look_all(struct server *server);
const char *line_why(const struct line *line);
// lines_carrier.c
void carrier_start(struct line *line, uint64_t now_us);
void carrier_order_loss(struct server *server, const struct line *line, const struct user *user);
void carrier_tell_loss(struct conn *conn, struct line *line, const struct user *user);
void carrier_ping(struct conn *conn, struct line *line); // after the ladder has judged a report
void carrier_count(struct conn *conn, struct line *line, const struct voice_counters *counters);
// lines_calm.c
void calm_set(struct conn *conn, bool is_on);
// lines_share.c
void lines_share(struct server *server); // the ceiling, worked out anew
uint32_t line_cost_bps(const struct conn *conn, const struct user *user, enum tier tier);
// lines_usage.c
uint32_t usage_this_month(void); // 202611
// Of a registered person, or STORE_USAGE_ALL. False: the database cannot be read.
bool usage_of_month(const struct server *server, uint32_t month, int32_t user_id,
                    struct usage *out);
// lines_signs.c
void lines_wake(struct server *server, struct conn *conn); // it hears sound
void lines_rest(struct conn *conn); // it is in no meeting any more: the kernel asks nothing

#endif
