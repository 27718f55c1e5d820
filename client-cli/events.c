// SPDX-License-Identifier: BSD-3-Clause
//
// Every event in both forms, side by side. docs/client.md tells what they mean.
#include "base/base.h"
#include "client-cli/events_int.h"

#include <string.h>

static double since_start(const struct events *events)
{
    return (double)(clock_us() - events->start_us) / 1e6;
}

void events_begin(const struct events *events, struct json *json, const char *name)
{
    json_begin(json, events->out);
    json_text(json, "event", name);
    json_number(json, "t", since_start(events), 3);
}

void events_begin_line(const struct events *events)
{
    (void)fprintf(events->out, "%8.3f  ", since_start(events));
}

void events_end_line(const struct events *events)
{
    (void)fputc('\n', events->out);
    (void)fflush(events->out);
}

const char *events_name_of(const struct events *events, uint32_t session)
{
    const struct client_user *user =
        events->client != NULL ? client_find_user(events->client, session) : NULL;
    if (user != NULL)
        return user->name;
    return session == 0 ? "the server" : "somebody";
}

static const char *channel_name(const struct events *events, uint32_t id)
{
    const struct client_channel *channel =
        events->client != NULL ? client_find_channel(events->client, id) : NULL;
    return channel != NULL ? channel->name : "";
}

// "name text" with the name cleaned.
void events_print_name_and(const struct events *events, const char *name, const char *text)
{
    text_print_clean(events->out, name, false);
    (void)fputs(text, events->out);
}

// ---- events

void events_init(struct events *events, FILE *out, bool is_json)
{
    *events = (struct events){ .out = out, .is_json = is_json, .start_us = clock_us() };
}

void events_connected(struct events *events, const struct url *url, const char *welcome_text)
{
    uint64_t version = client_server_version(events->client);
    uint32_t session = client_session(events->client);
    char text[32];
    (void)snprintf(text, sizeof text, "%u.%u.%u", (unsigned)(version >> 48) & 0xFFFF,
                   (unsigned)(version >> 32) & 0xFFFF, (unsigned)(version >> 16) & 0xFFFF);
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "connected");
        json_text(&json, "host", url->host);
        json_integer(&json, "port", url->port);
        json_text(&json, "server_version", text);
        json_text(&json, "server_release", client_server_release(events->client));
        json_integer(&json, "session", session);
        json_text(&json, "name", events_name_of(events, session));
        json_text(&json, "welcome", welcome_text);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "connected to %s:%u (%s) as ", url->host, url->port, text);
    events_print_name_and(events, events_name_of(events, session), "");
    events_end_line(events);
    if (welcome_text[0] != '\0') {
        events_begin_line(events);
        (void)fputs("welcome: ", events->out);
        text_print_clean(events->out, welcome_text, true);
        events_end_line(events);
    }
}

static void put_user(struct json *json, const struct client_user *user)
{
    json_integer(json, "session", user->session);
    json_text(json, "name", user->name);
}

static void put_place(const struct events *events, struct json *json, uint32_t channel_id)
{
    json_integer(json, "channel_id", channel_id);
    json_text(json, "channel", channel_name(events, channel_id));
}

static void put_flags(struct json *json, const struct client_user *user)
{
    json_bool(json, "mute", user->is_muted);
    json_bool(json, "deaf", user->is_deafened);
    json_bool(json, "suppress", user->is_suppressed);
    json_bool(json, "self_mute", user->is_self_muted);
    json_bool(json, "self_deaf", user->is_self_deafened);
    json_bool(json, "priority", user->is_priority_speaker);
    json_bool(json, "recording", user->is_recording);
}

static void print_flags(struct events *events, const struct client_user *user)
{
    const struct {
        bool is_set;
        const char *text;
    } flags[] = {
        { user->is_muted, " muted" },
        { user->is_deafened, " deafened" },
        { user->is_suppressed, " suppressed" },
        { user->is_self_muted, " self-muted" },
        { user->is_self_deafened, " self-deafened" },
        { user->is_priority_speaker, " priority" },
        { user->is_recording, " recording" },
    };
    bool has_any = false;
    events_begin_line(events);
    events_print_name_and(events, user->name, " is now:");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        has_any |= flags[i].is_set;
        (void)fputs(flags[i].is_set ? flags[i].text : "", events->out);
    }
    (void)fputs(has_any ? "" : " free to speak", events->out);
    events_end_line(events);
}

static void user_json(struct events *events, const struct client_user *user, unsigned changes,
                      uint32_t actor, bool was_here)
{
    struct json json;
    if (changes & CLIENT_USER_NEW) {
        events_begin(events, &json, "joined");
        put_user(&json, user);
        put_place(events, &json, user->channel_id);
        put_flags(&json, user);
        json_bool(&json, "was_here", was_here);
        json_end(&json);
        return;
    }
    if (changes & CLIENT_USER_MOVED) {
        events_begin(events, &json, "moved");
        put_user(&json, user);
        put_place(events, &json, user->channel_id);
        json_text(&json, "by", actor == user->session ? user->name : events_name_of(events, actor));
        json_end(&json);
    }
    if (changes & (CLIENT_USER_FLAGS | CLIENT_USER_RENAMED)) {
        events_begin(events, &json, "state");
        put_user(&json, user);
        put_flags(&json, user);
        json_end(&json);
    }
}

void events_user(struct events *events, const struct client_user *user, unsigned changes,
                 uint32_t actor, bool was_here)
{
    if (events->is_json) {
        user_json(events, user, changes, actor, was_here);
        return;
    }
    if (changes & (CLIENT_USER_NEW | CLIENT_USER_MOVED)) {
        events_begin_line(events);
        bool is_new = (changes & CLIENT_USER_NEW) != 0;
        events_print_name_and(events, user->name,
                              was_here ? " is in "
                              : is_new ? " joined "
                                       : " moved to ");
        events_print_name_and(events, channel_name(events, user->channel_id), "");
        events_end_line(events);
    }
    if ((changes & CLIENT_USER_FLAGS) && !(changes & CLIENT_USER_NEW))
        print_flags(events, user);
}

void events_user_left(struct events *events, const struct client_user *user, uint32_t actor,
                      const char *reason)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "left");
        put_user(&json, user);
        if (actor != 0)
            json_text(&json, "by", events_name_of(events, actor));
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    events_print_name_and(events, user->name, " left");
    if (reason[0] != '\0') {
        (void)fputs(": ", events->out);
        text_print_clean(events->out, reason, true);
    }
    events_end_line(events);
}

void events_channel(struct events *events, const struct client_channel *channel,
                    enum client_channel_change change, bool was_here)
{
    static const char *const changes[] = { "new", "changed", "removed" };
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "channel");
        json_integer(&json, "channel_id", channel->id);
        json_integer(&json, "parent_id", channel->parent_id);
        json_text(&json, "channel", channel->name);
        json_text(&json, "change", changes[change]);
        json_bool(&json, "was_here", was_here);
        json_end(&json);
        return;
    }
    if (was_here)
        return;
    events_begin_line(events);
    (void)fprintf(events->out, "%s channel ", changes[change]);
    events_print_name_and(events, channel->name, "");
    events_end_line(events);
}

void events_text(struct events *events, uint32_t actor, const char *text)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "text");
        json_integer(&json, "session", actor);
        json_text(&json, "from", events_name_of(events, actor));
        json_text(&json, "text", text);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    events_print_name_and(events, events_name_of(events, actor), ": ");
    text_print_clean(events->out, text, true);
    events_end_line(events);
}

void events_denied(struct events *events, const MumbleProto__PermissionDenied *denied)
{
    static const char *const kinds[] = {
        "text",
        "permission",
        "super user",
        "channel name",
        "text too long",
        "h9k",
        "temporary channel",
        "missing certificate",
        "user name",
        "channel full",
        "nesting limit",
        "channel count limit",
        "channel listener limit",
        "user listener limit",
    };
    unsigned type = denied->has_type ? (unsigned)denied->type : 0;
    const char *kind = type < sizeof kinds / sizeof *kinds ? kinds[type] : "unknown";
    const char *reason = denied->reason != NULL ? denied->reason : "";
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "denied");
        json_text(&json, "kind", kind);
        if (denied->has_permission)
            json_integer(&json, "permission", denied->permission);
        if (denied->has_channel_id)
            put_place(events, &json, denied->channel_id);
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "denied (%s)%s", kind, reason[0] != '\0' ? ": " : "");
    text_print_clean(events->out, reason, true);
    events_end_line(events);
}

void events_notice(struct events *events, const char *kind, const char *text)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, kind);
        json_text(&json, "text", text);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "%s: ", kind);
    text_print_clean(events->out, text, false);
    events_end_line(events);
}

void events_closed(struct events *events, const char *end, const char *reason)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "closed");
        json_text(&json, "end", end);
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "%s: ", end);
    text_print_clean(events->out, reason, true);
    events_end_line(events);
}
