// SPDX-License-Identifier: BSD-3-Clause
//
// Caps and pins: the rules of the key `lines`, of the file or as admins and moderators have changed
// them since (then the database has the whole list).
#include "control/lines/lines.h"

#include "control/meeting/run.h"

#include <stdlib.h>
#include <string.h>

// ---- whom a rule is about -----------------------------------------------------------------------

static bool read_id(const char *text, uint32_t *id)
{
    char *end;
    const unsigned long number = strtoul(text + 1, &end, 10);
    *id = (uint32_t)number;
    return text[0] == '#' && text[1] >= '0' && text[1] <= '9' && *end == '\0' &&
           number < UINT32_MAX;
}

// "Assembly/English", "/" is the root, "#12" by its number. MODEL_NONE: there is none.
static uint32_t channel_at(const struct model *model, const char *path)
{
    uint32_t at = MODEL_ROOT, id;
    if (read_id(path, &id))
        return model_channel(model, id) != NULL ? id : MODEL_NONE;
    while (*path == '/')
        path++;
    while (*path != '\0') {
        char name[512];
        const size_t len = strcspn(path, "/");
        snprintf(name, sizeof(name), "%.*s", (int)(len < 511 ? len : 511), path);
        const struct channel *child = model_channel_child(model, at, name);
        if (child == NULL)
            return MODEL_NONE;
        at = child->id;
        path += len + (path[len] == '/');
    }
    return at;
}

static bool is_in_channel(const struct model *model, const struct user *user, const char *path)
{
    const uint32_t channel = channel_at(model, path);
    return channel != MODEL_NONE && model_channel_is_within(model, user->channel, channel);
}

static bool is_user(const struct user *user, const char *name)
{
    uint32_t id;
    if (read_id(name, &id))
        return user->user_id != MODEL_GUEST && (uint32_t)user->user_id == id;
    return str_equal_fold(user->name, name);
}

static bool is_about(const struct server *server, const struct user *user,
                     const struct line_rule *rule)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    switch (rule->who) {
    case LINE_SERVER:
        return true;
    case LINE_MEETING:
        return meeting != NULL && str_equal_fold(meeting->name, rule->name);
    case LINE_CHANNEL:
        return is_in_channel(server->model, user, rule->name);
    case LINE_GROUP:
        return model_group_matches(server->model, user, rule->name, user->channel, user->channel);
    case LINE_USER:
        return is_user(user, rule->name);
    }
    return false;
}

// ---- what holds for somebody --------------------------------------------------------------------

struct judged {
    struct line_bounds bounds;
    bool is_general_exempt; // a booth
    bool is_send_exempt;    // ... or who holds the floor
    int pinned_by;          // enum line_who, -1: nobody
};

static void apply(struct judged *judged, enum line_who who, enum line_what what, uint32_t value)
{
    struct line_bounds *bounds = &judged->bounds;
    const bool is_general = who != LINE_USER;
    if (what == LINE_SEND) {
        if ((!is_general || !judged->is_send_exempt) &&
            (bounds->send_kbps == 0 || value < bounds->send_kbps))
            bounds->send_kbps = value;
        return;
    }
    if (is_general && judged->is_general_exempt)
        return;
    if (what == LINE_PIN && (int)who >= judged->pinned_by) {
        judged->pinned_by = (int)who;
        bounds->worst = (enum tier)value;
    } else if (what == LINE_BEST && (enum tier)value > bounds->best) {
        bounds->best = (enum tier)value;
        bounds->why = LINE_BY_CAP;
    }
}

static bool holds_floor(const struct server *server, const struct user *user,
                        const struct meeting_info *meeting)
{
    return meeting != NULL && lines_floor_holder(server, meeting->id) == user->session;
}

struct line_bounds lines_bounds(const struct server *server, const struct user *user,
                                const struct line *line)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    const struct channel *channel = model_channel(server->model, user->channel);
    const bool is_booth = channel != NULL && channel->role == CHANNEL_BOOTH;
    struct judged judged = {
        .bounds = { .best = is_booth || meeting == NULL ? TIER_FULL : (enum tier)meeting->tier,
                    .worst = TIER_LIFELINE,
                    .why = is_booth ? LINE_BY_BOOTH : LINE_BY_MEETING },
        .is_general_exempt = is_booth,
        .is_send_exempt = is_booth || holds_floor(server, user, meeting),
        .pinned_by = -1
    };
    if (line->wish != TIERS) {
        judged.bounds.best = (enum tier)line->wish;
        judged.bounds.why = LINE_BY_WISH;
    }
    for (size_t i = 0; server->lines != NULL && i < server->lines->n_rules; i++)
        if (is_about(server, user, &server->lines->rules[i]))
            apply(&judged, server->lines->rules[i].who, server->lines->rules[i].what,
                  server->lines->rules[i].value);
    for (unsigned what = 0; what < 3; what++)
        if (line->has_guest[what])
            apply(&judged, LINE_USER, (enum line_what)what, line->guest_values[what]);
    if (judged.pinned_by >= 0) {
        judged.bounds.best = judged.bounds.worst;
        judged.bounds.why = LINE_BY_PIN;
    }
    judged.bounds.own = judged.bounds.best;
    judged.bounds.is_exempt = is_booth || judged.pinned_by >= 0;
    if (!judged.bounds.is_exempt && line->ceiling > judged.bounds.best) {
        judged.bounds.best = line->ceiling;
        judged.bounds.why = LINE_BY_CEILING;
    }
    return judged.bounds;
}

// ---- the list -----------------------------------------------------------------------------------

static void clear(struct lines *lines)
{
    for (size_t i = 0; i < lines->n_rules; i++)
        free(lines->rules[i].name);
    free(lines->rules);
    lines->rules = NULL;
    lines->n_rules = 0;
}

static bool reserve_rule(struct lines *lines)
{
    struct line_rule *rules = realloc(lines->rules, (lines->n_rules + 1) * sizeof(*rules));
    if (rules != NULL)
        lines->rules = rules;
    return rules != NULL;
}

void lines_read_rules(struct server *server)
{
    struct lines *lines = server->lines;
    clear(lines);
    for (char **text = server->config->lines; text != NULL && *text != NULL; text++) {
        if (lines->n_rules == LINES_RULES_MAX || !reserve_rule(lines) ||
            line_rule_read(*text, &lines->rules[lines->n_rules]) != 0) {
            log_error("lines", "rules are left out", "from=\"%.100s\"", *text);
            return;
        }
        lines->n_rules++;
    }
}

void lines_free_rules(struct lines *lines)
{
    clear(lines);
}

// As the key would stand in a file.
static char *written(const struct lines *lines)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    bool is_whole = true;
    for (size_t i = 0; i < lines->n_rules; i++) {
        char *text = line_rule_write(&lines->rules[i]);
        is_whole =
            is_whole && text != NULL && buffer_add(&out, i > 0 ? ", \"" : "\"", i > 0 ? 3 : 1);
        for (const char *c = text; c != NULL && *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                is_whole = is_whole && buffer_add(&out, "\\", 1);
            is_whole = is_whole && buffer_add(&out, c, 1);
        }
        is_whole = is_whole && buffer_add(&out, "\"", 1);
        free(text);
    }
    char *value = is_whole && buffer_add(&out, "", 1) ? str_dup((const char *)out.data) : NULL;
    buffer_clear(&out);
    return value;
}

// A pin and a cap of the same person are two rules; a second of the same kind replaces the first.
static size_t find(const struct lines *lines, enum line_who who, const char *name,
                   enum line_what what)
{
    size_t i = 0;
    while (i < lines->n_rules && (lines->rules[i].who != who || lines->rules[i].what != what ||
                                  !str_equal_fold(lines->rules[i].name, name)))
        i++;
    return i;
}

static int change(struct lines *lines, enum line_who who, const char *name, enum line_what what,
                  uint32_t value)
{
    const size_t at = find(lines, who, name, what);
    if (at < lines->n_rules && value != LINES_NONE) {
        lines->rules[at].value = value;
    } else if (at < lines->n_rules) {
        free(lines->rules[at].name);
        lines->rules[at] = lines->rules[--lines->n_rules];
    } else if (value != LINES_NONE) {
        if (lines->n_rules == LINES_RULES_MAX)
            return -2;
        struct line_rule rule = { .who = who, .what = what, .name = str_dup(name), .value = value };
        if (rule.name == NULL || !reserve_rule(lines)) {
            free(rule.name);
            return -1;
        }
        lines->rules[lines->n_rules++] = rule;
    }
    return 0;
}

int lines_rule_set(struct server *server, enum line_who who, const char *name, enum line_what what,
                   uint32_t value)
{
    const int result = change(server->lines, who, name, what, value);
    char *text = result == 0 ? written(server->lines) : NULL;
    if (text != NULL)
        storage_config_put(server, "lines", text);
    else if (result == 0)
        log_error("lines", "rules are not kept", "reason=memory");
    free(text);
    lines_look_all(server);
    return result;
}

int lines_rule_person(struct server *server, const struct user *user, enum line_what what,
                      uint32_t value)
{
    char name[16];
    struct conn *conn = conn_of(server, user->session);
    if (user->user_id != MODEL_GUEST) {
        snprintf(name, sizeof(name), "#%d", user->user_id);
        return lines_rule_set(server, LINE_USER, name, what, value);
    }
    struct line *line = conn != NULL ? line_of(conn) : NULL;
    if (line == NULL)
        return -1;
    line->has_guest[what] = value != LINES_NONE;
    line->guest_values[what] = value;
    lines_look_all(server);
    return 0;
}
