// SPDX-License-Identifier: BSD-3-Clause
//
// `susurro admin lines` and `line`: a table of everybody's line, and the rules.
#include "control/lines/lines.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

// ---- the table ----------------------------------------------------------------------------------

static bool is_v4(const struct conn *conn)
{
    return IN6_IS_ADDR_V4MAPPED(&conn->peer.sin6_addr);
}

// The client's own deviation of UDP round trips, where it tells; else TCP's.
static double jitter_ms(const struct conn *conn, const struct line *line)
{
    const MumbleProto__Ping *ping = &conn->ping_seen;
    const float var = ping->has_udp_ping_var ? ping->udp_ping_var : 0.0f;
    if (var > 0.0f && var < 1e8f)
        return sqrt((double)var);
    return (double)line->rtt_var_us / 1000;
}

static double rtt_ms(const struct conn *conn, const struct line *line)
{
    const MumbleProto__Ping *ping = &conn->ping_seen;
    const float said = ping->has_udp_ping_avg ? ping->udp_ping_avg : 0.0f;
    return said > 0.0f && said < 1e6f ? (double)said : (double)line->rtt_us / 1000;
}

static void put_usage(struct answer *answer, const struct usage *usage)
{
    answer_integer(answer, "in_bytes", (int64_t)(usage->voice_in + usage->control_in));
    answer_integer(answer, "out_bytes", (int64_t)(usage->voice_out + usage->control_out));
    answer_integer(answer, "voice_in_bytes", (int64_t)usage->voice_in);
    answer_integer(answer, "voice_out_bytes", (int64_t)usage->voice_out);
    answer_integer(answer, "control_in_bytes", (int64_t)usage->control_in);
    answer_integer(answer, "control_out_bytes", (int64_t)usage->control_out);
}

static void put_line(struct answer *answer, const struct conn *conn, const struct user *user,
                     const struct meeting_info *meeting)
{
    const struct line *line = conn->line;
    const struct channel *channel = model_channel(conn->server->model, user->channel);
    answer_open(answer, NULL, '{');
    answer_text(answer, "name", user->name);
    answer_integer(answer, "session", user->session);
    answer_text(answer, "meeting", meeting->name);
    answer_text(answer, "family", is_v4(conn) ? "IPv4" : "IPv6");
    answer_text(answer, "transport", line->has_counts && line->is_udp ? "UDP" : "TCP");
    answer_integer(answer, "loss_percent", line->ladder.loss_percent);
    answer_integer(answer, "late_percent", line->ladder.late_percent);
    answer_integer(answer, "rtt_ms", (int64_t)lround(rtt_ms(conn, line)));
    answer_integer(answer, "jitter_ms", (int64_t)lround(jitter_ms(conn, line)));
    answer_text(answer, "tier", tier_spec((enum tier)user->tier)->name);
    answer_text(answer, "why", line_why(line));
    const bool is_direct = !user->is_floor_mixed && channel->role == CHANNEL_FLOOR;
    answer_text(answer, "sound", is_direct ? "direct" : "mixed");
    answer_bool(answer, "twice", line->has_copies);
    answer_text(answer, "carrier", carrier_way_text(line->down.way));
    answer_text(answer, "carrier_in", carrier_way_text(line->up.way));
    answer_integer(answer, "loss_in_percent", line->up_percent);
    answer_integer(answer, "in_kbps", (line->in_bps + 999) / 1000);
    answer_integer(answer, "out_kbps", (line->out_bps + 999) / 1000);
    if (line->send_kbps != 0)
        answer_integer(answer, "send_kbps", line->send_kbps);
    else
        answer_text(answer, "send_kbps", NULL);
    put_usage(answer, &conn->usage);
    answer_close(answer, '}');
}

static bool is_of(const struct question *question, const struct meeting_info *meeting)
{
    const struct model *model = question->server->model;
    return (model_permissions(model, question->user, MODEL_ROOT) & PERM_WRITE) != 0 ||
           model_is_moderator(model, question->user, meeting);
}

static void put_lines(const struct question *question, struct answer *answer)
{
    const struct server *server = question->server;
    answer_open(answer, "lines", '[');
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        const struct conn *conn = conn_of(server, user->session);
        const struct meeting_info *meeting = model_meeting_of(server->model, user);
        if (conn != NULL && conn->line != NULL && meeting != NULL && is_of(question, meeting))
            put_line(answer, conn, user, meeting);
    }
    answer_close(answer, ']');
}

static void put_rules(const struct server *server, struct answer *answer)
{
    answer_open(answer, "rules", '[');
    if (server->lines != NULL && server->config->lines_ceiling_kbps != 0) {
        char text[128];
        snprintf(text, sizeof(text), "server ceiling %u", server->config->lines_ceiling_kbps);
        answer_text(answer, NULL, text);
    }
    for (size_t i = 0; server->lines != NULL && i < server->lines->n_rules; i++) {
        char *text = line_rule_write(&server->lines->rules[i]);
        answer_text(answer, NULL, text != NULL ? text : "");
        free(text);
    }
    answer_close(answer, ']');
}

// ---- a month ------------------------------------------------------------------------------------

struct month {
    const struct server *server;
    struct answer *answer;
    uint32_t number;
};

static void put_month_of(const struct month *month, const char *name, int32_t user_id)
{
    struct usage usage;
    if (!usage_of_month(month->server, month->number, user_id, &usage))
        return;
    answer_open(month->answer, NULL, '{');
    answer_text(month->answer, "name", name);
    put_usage(month->answer, &usage);
    answer_close(month->answer, '}');
}

struct noted {
    int32_t ids[LINES_MONTH_PEOPLE];
    size_t n;
};

static int note_person(void *context, const char *name, const struct store_usage *usage)
{
    (void)name;
    struct noted *noted = context;
    noted->ids[noted->n++] = usage->user_id;
    return noted->n == LINES_MONTH_PEOPLE;
}

// Who is here and has nothing stored yet comes last.
static void note_those_here(const struct server *server, struct noted *noted)
{
    for (const struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user = model_user(server->model, conn->session);
        size_t i = 0;
        while (user != NULL && i < noted->n && noted->ids[i] != user->user_id)
            i++;
        if (user != NULL && user->user_id != MODEL_GUEST && i == noted->n &&
            noted->n < LINES_MONTH_PEOPLE)
            noted->ids[noted->n++] = user->user_id;
    }
}

static void put_month(const struct question *question, struct answer *answer, uint32_t number)
{
    struct server *server = question->server;
    const struct month month = { server, answer, number };
    struct noted *noted = calloc(1, sizeof(*noted));
    if (noted == NULL || store_usage_each(server->reader, number, note_person, noted) < 0) {
        answer_error(answer, "failed", "the database cannot be read");
        free(noted);
        return;
    }
    if (number == usage_this_month())
        note_those_here(server, noted);
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_integer(answer, "month", number);
    answer_open(answer, "data", '[');
    put_month_of(&month, NULL, STORE_USAGE_ALL);
    for (size_t i = 0; i < noted->n; i++) {
        const struct registered *person = registry_find(server->model, noted->ids[i]);
        put_month_of(&month, person != NULL ? person->name : "?", noted->ids[i]);
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
    free(noted);
}

// "2026-11"; the present one without.
static void answer_month(const struct question *question, struct answer *answer)
{
    uint32_t number = usage_this_month();
    unsigned year, month;
    char rest;
    if (question->n_words == 3) {
        if (sscanf(question->words[2], "%4u-%2u%c", &year, &month, &rest) != 2 || month < 1 ||
            month > 12) {
            answer_error(answer, "usage", "lines data [YYYY-MM]");
            return;
        }
        number = year * 100 + month;
    }
    put_month(question, answer, number);
}

// ---- changing -----------------------------------------------------------------------------------

static void answer_result(struct answer *answer, int result, const char *text)
{
    if (result == 0)
        answer_done(answer, "%s", text);
    else
        answer_error(answer, "failed",
                     result == -2 ? "there are %d rules already" : "out of memory (%d rules)",
                     LINES_RULES_MAX);
}

// "max", "send" or "pin", and a value or "auto".
static bool read_act(const char *word, const char *value, enum line_what *what, uint32_t *number)
{
    *what = strcmp(word, "max") == 0 ? LINE_BEST : strcmp(word, "send") == 0 ? LINE_SEND : LINE_PIN;
    if (*what == LINE_PIN && strcmp(word, "pin") != 0)
        return false;
    const int tier = line_tier(value);
    const uint32_t kbps = line_send(value);
    if (strcmp(value, "auto") == 0)
        *number = LINES_NONE;
    else if (*what == LINE_SEND && kbps != 0)
        *number = kbps;
    else if (*what != LINE_SEND && tier >= 0)
        *number = (uint32_t)tier;
    else
        return false;
    return true;
}

// Kept, and in force with the turn in which it is.
static void change_ceiling(const struct question *question, struct answer *answer)
{
    struct server *server = question->server;
    const char *word = question->words[3];
    char *end;
    const unsigned long kbps = strtoul(word, &end, 10);
    const bool is_auto = strcmp(word, "auto") == 0;
    if (!is_auto && (word[0] < '0' || word[0] > '9' || *end != '\0' || kbps > 100000000)) {
        answer_error(answer, "usage", "lines server ceiling KBPS|auto");
        return;
    }
    storage_config_put(server, "lines_ceiling", is_auto ? NULL : word);
    server->wants_reload = true;
    answer_done(answer, "server ceiling %s.", is_auto ? "as in the file" : word);
}

// WHO is "server", or "meeting NAME", "channel PATH", "group NAME", "user NAME" in quotes.
static void change_rule(const struct question *question, struct answer *answer)
{
    char text[1024];
    uint32_t value;
    enum line_what what;
    struct line_rule rule = { .name = NULL };
    snprintf(text, sizeof(text), "%s max full", question->words[1]);
    const bool is_read = read_act(question->words[2], question->words[3], &what, &value) &&
                         strlen(question->words[1]) < sizeof(text) - 16 &&
                         line_rule_read(text, &rule) == 0;
    if (is_read) {
        snprintf(text, sizeof(text), "%.900s %s %.40s.", question->words[1], question->words[2],
                 question->words[3]);
        answer_result(answer, lines_rule_set(question->server, rule.who, rule.name, what, value),
                      text);
    } else {
        answer_error(
            answer, "usage",
            "lines [rules | WHO max TIER | WHO pin TIER | WHO send KBPS], WHO is server, or in "
            "quotes: meeting NAME, channel PATH, group NAME, user NAME; auto removes");
    }
    free(rule.name);
}

// The ceiling, what goes to all together by that reckoning, and how many have less for it.
static void put_server(const struct server *server, struct answer *answer)
{
    const struct lines *lines = server->lines;
    const uint32_t kbps = server->config->lines_ceiling_kbps;
    answer_open(answer, "server", '{');
    answer_integer(answer, "ceiling_kbps", kbps);
    answer_integer(answer, "shared_kbps", kbps != 0 ? (int64_t)(lines->shared_bps / 1000) : 0);
    answer_integer(answer, "held", kbps != 0 ? (int64_t)lines->n_held : 0);
    answer_close(answer, '}');
}

// lines [rules | data [YYYY-MM] | WHO max|pin TIER | WHO send KBPS | server ceiling KBPS]
void lines_admin(const struct question *question, struct answer *answer)
{
    const struct model *model = question->server->model;
    const bool may_write = (model_permissions(model, question->user, MODEL_ROOT) & PERM_WRITE) != 0;
    const bool is_rules = question->n_words == 2 && strcmp(question->words[1], "rules") == 0;
    const bool is_data = (question->n_words == 2 || question->n_words == 3) &&
                         strcmp(question->words[1], "data") == 0;
    if (question->n_words == 1 || (is_rules && may_write)) {
        answer_open(answer, NULL, '{');
        answer_bool(answer, "ok", true);
        if (is_rules)
            put_rules(question->server, answer);
        else
            put_lines(question, answer);
        if (may_write && question->server->lines != NULL)
            put_server(question->server, answer);
        answer_close(answer, '}');
    } else if (!may_write || question->server->lines == NULL) {
        answer_error(answer, "refused", "that needs the right Write in the root channel");
    } else if (is_data) {
        answer_month(question, answer);
    } else if (question->n_words == 4 && strcmp(question->words[1], "server") == 0 &&
               strcmp(question->words[2], "ceiling") == 0) {
        change_ceiling(question, answer);
    } else if (question->n_words == 4) {
        change_rule(question, answer);
    } else {
        answer_error(answer, "usage",
                     "lines [rules | data [YYYY-MM] | WHO max|pin TIER | WHO send KBPS | server "
                     "ceiling KBPS]");
    }
}

static void change_person(const struct question *question, struct answer *answer, const char *word,
                          const char *value)
{
    struct server *server = question->server;
    uint32_t number;
    enum line_what what;
    const struct user *person = model_user_by_name(server->model, question->words[1]);
    const struct registered *registered = registry_by_name(server->model, question->words[1]);
    const struct meeting_info *meeting =
        person != NULL ? model_meeting_of(server->model, person) : NULL;
    const bool may_write =
        (model_permissions(server->model, question->user, MODEL_ROOT) & PERM_WRITE) != 0;
    char name[16];
    if (!read_act(word, value, &what, &number)) {
        answer_error(answer, "usage",
                     "line NAME TIER|auto, line NAME max TIER|auto, line NAME send "
                     "54|38|24|16|auto");
    } else if (!may_write && (meeting == NULL || !is_of(question, meeting))) {
        answer_error(answer, "refused", "only of people in a meeting that one moderates");
    } else if (person != NULL && !person->is_server_made) {
        answer_result(answer, lines_rule_person(server, person, what, number),
                      person->user_id != MODEL_GUEST ? "Done, and kept."
                                                     : "Done, until this guest goes.");
    } else if (registered != NULL) {
        snprintf(name, sizeof(name), "#%d", registered->id);
        answer_result(answer, lines_rule_set(server, LINE_USER, name, what, number),
                      "Done, for when they come.");
    } else {
        answer_error(answer, "not_found", "nobody here or registered is called \"%.200s\"",
                     question->words[1]);
    }
}

// line NAME TIER|auto | line NAME max TIER|auto | line NAME send KBPS|auto
void line_admin(const struct question *question, struct answer *answer)
{
    if (question->server->lines != NULL && question->n_words == 3)
        change_person(question, answer, "pin", question->words[2]);
    else if (question->server->lines != NULL && question->n_words == 4)
        change_person(question, answer, question->words[2], question->words[3]);
    else
        answer_error(answer, "usage",
                     "line NAME TIER|auto | line NAME max TIER|auto | line NAME "
                     "send 54|38|24|16|auto");
}
