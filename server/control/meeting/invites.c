// SPDX-License-Identifier: BSD-3-Clause
//
// Invitations of the meetings here: given, used, ended.
#include "control/meeting/roles.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char setting_key[] = "invite_key";

bool invites_open(struct server *server)
{
    size_t len = 0;
    char *kept = store_setting_get(server->store, setting_key, &len);
    bool is_there = kept != NULL && len == INVITE_KEY_BYTES;
    if (is_there) {
        memcpy(server->invite_key, kept, INVITE_KEY_BYTES);
    } else {
        random_bytes(server->invite_key, INVITE_KEY_BYTES);
        is_there = store_setting_set(server->store, setting_key, server->invite_key,
                                     INVITE_KEY_BYTES) == 0;
    }
    free(kept);
    return is_there;
}

struct invites *invites_of(struct meeting_run *run)
{
    if (run->invites == NULL)
        run->invites = calloc(1, sizeof(struct invites));
    return run->invites;
}

void invites_forget(struct meeting_run *run)
{
    struct invites *invites = run->invites;
    if (invites != NULL)
        free(invites->used);
    free(invites);
    run->invites = NULL;
}

// ---- giving ------------------------------------------------------------------------------------

static uint32_t random_number(void) // never 0
{
    uint32_t number = 0;
    while (number == 0)
        random_bytes(&number, sizeof(number));
    return number;
}

bool invites_make(struct server *server, const struct meeting_info *meeting, enum role role,
                  uint32_t hours, bool is_single, char out[INVITE_WORD_BYTES])
{
    struct meeting_run *run = run_of(server, meeting->id);
    struct invites *invites = run != NULL ? invites_of(run) : NULL;
    if (invites == NULL)
        return false;
    if (invites->generation == 0) {
        invites->generation = random_number();
        door_save(server, meeting);
    }
    const struct invite invite = { .role = role,
                                   .is_single = is_single,
                                   .meeting = meeting->id,
                                   .generation = invites->generation,
                                   .expires_s = (uint32_t)(clock_unix_s() + hours * 3600),
                                   .serial = random_number() };
    invite_write(server->invite_key, &invite, out);
    char name[256];
    log_info("control", "invitation given", "meeting=%s role=%s hours=%u single=%d",
             log_quote(meeting->name, name, sizeof(name)), role_name(role), hours, is_single);
    return out[0] != '\0';
}

void invites_revoke(struct server *server, const struct meeting_info *meeting)
{
    struct meeting_run *run = run_of(server, meeting->id);
    struct invites *invites = run != NULL ? invites_of(run) : NULL;
    if (invites == NULL)
        return;
    invites->generation = random_number();
    invites->n_used = 0;
    door_save(server, meeting);
    log_info("control", "invitations ended", "meeting=%u", meeting->id);
}

// The name that their client asked for, when it told one; else the address that they reached.
static void own_host(const struct conn *conn, char *out, size_t cap)
{
    const char *name = SSL_get_servername(conn->ssl, TLSEXT_NAMETYPE_host_name);
    struct sockaddr_in6 own = { .sin6_family = AF_UNSPEC };
    socklen_t len = sizeof(own);
    char address[INET6_ADDRSTRLEN] = "::";
    if (name != NULL && name[0] != '\0' &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
                     "OPQRSTUVWXYZ0123456789.-") == strlen(name)) {
        snprintf(out, cap, "%s", name);
        return;
    }
    if (getsockname(conn->fd, (struct sockaddr *)&own, &len) == 0 && own.sin6_family == AF_INET6 &&
        IN6_IS_ADDR_V4MAPPED(&own.sin6_addr))
        inet_ntop(AF_INET, own.sin6_addr.s6_addr + 12, address, sizeof(address));
    else if (own.sin6_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&own)->sin_addr, address,
                  sizeof(address));
    else if (own.sin6_family == AF_INET6)
        inet_ntop(AF_INET6, &own.sin6_addr, address, sizeof(address));
    snprintf(out, cap, strchr(address, ':') != NULL ? "[%s]" : "%s", address);
}

char *invites_link(const struct conn *conn, const struct meeting_info *meeting, const char *word)
{
    char host[300], *link = NULL;
    size_t len;
    own_host(conn, host, sizeof(host));
    FILE *out = open_memstream(&link, &len);
    if (out == NULL)
        return NULL;
    fprintf(out, "mumble://:%s@%s:%u/", word, host, conn->server->config->port);
    for (const char *at = meeting->name; *at != '\0'; at++) {
        bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                        (*at >= '0' && *at <= '9') || strchr("-._~", *at) != NULL;
        fprintf(out, is_plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    fprintf(out, "?version=1.2.0");
    return fclose(out) == 0 ? link : NULL;
}

// ---- using -------------------------------------------------------------------------------------

static void drop_expired(struct invites *invites, int64_t now_s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < invites->n_used; i++)
        if (invites->used[i].expires_s > now_s)
            invites->used[n++] = invites->used[i];
    invites->n_used = n;
}

static bool is_users(const struct used_invite *used, const struct user *user)
{
    return (used->user_id >= 0 && used->user_id == user->user_id) ||
           (user->cert_hash[0] != '\0' && strcmp(used->hash, user->cert_hash) == 0);
}

// A single one is theirs from now on, also when they connect again.
static bool take_single(struct invites *invites, const struct invite *invite,
                        const struct user *user, int64_t now_s)
{
    drop_expired(invites, now_s);
    for (uint32_t i = 0; i < invites->n_used; i++)
        if (invites->used[i].serial == invite->serial)
            return is_users(&invites->used[i], user);
    struct used_invite *grown = invites->n_used < INVITES_USED_MAX
                                    ? realloc(invites->used, (invites->n_used + 1) * sizeof(*grown))
                                    : NULL;
    if (grown == NULL)
        return false;
    invites->used = grown;
    struct used_invite *used = &grown[invites->n_used++];
    *used = (struct used_invite){ .serial = invite->serial,
                                  .expires_s = invite->expires_s,
                                  .user_id = user->user_id };
    memcpy(used->hash, user->cert_hash, sizeof(used->hash));
    return true;
}

static enum invite_result judge(const struct server *server, const char *word,
                                struct invite *invite)
{
    const struct meeting_run *run = NULL;
    if (invite_read(server->invite_key, word, invite))
        run = run_of(server, invite->meeting);
    const struct invites *invites = run != NULL ? run->invites : NULL;
    if (invites == NULL || invites->generation == 0 || invites->generation != invite->generation)
        return INVITE_BAD;
    return (int64_t)invite->expires_s > clock_unix_s() ? INVITE_GOOD : INVITE_EXPIRED;
}

bool invites_opens(const struct conn *conn, const char *word)
{
    struct invite invite;
    if (judge(conn->server, word, &invite) != INVITE_GOOD)
        return false;
    const struct invites *invites = run_of(conn->server, invite.meeting)->invites;
    for (uint32_t i = 0; invite.is_single && i < invites->n_used; i++)
        if (invites->used[i].serial == invite.serial)
            return conn->cert_hash[0] != '\0' &&
                   strcmp(invites->used[i].hash, conn->cert_hash) == 0;
    return true;
}

enum invite_result invites_redeem(struct server *server, struct user *user, const char *word,
                                  uint32_t *meeting_id)
{
    struct invite invite;
    enum invite_result result = judge(server, word, &invite);
    if (result != INVITE_GOOD)
        return result;
    struct meeting_info *meeting = model_meeting(server->model, invite.meeting);
    struct invites *invites = run_of(server, invite.meeting)->invites;
    if (invite.is_single && !take_single(invites, &invite, user, clock_unix_s()))
        return INVITE_USED;
    *meeting_id = meeting->id;
    bool is_demoted = (door_marks(&meeting->door, user) & DOOR_DEMOTED) != 0;
    bool is_more = model_role_at_door(server->model, user, meeting) < invite.role && !is_demoted;
    bool is_news = door_mark(&meeting->door, user, DOOR_LET_IN | DOOR_KNOWS_PASSWORD);
    if (is_more && roles_give(server, meeting, user, invite.role, false) != 0)
        return INVITE_BAD;
    if (is_news || invite.is_single)
        door_save(server, meeting);
    if (is_news)
        rights_changed(server);
    char name[256], where[256];
    log_info("control", "invitation used", "session=%u name=%s meeting=%s role=%s", user->session,
             log_quote(user->name, name, sizeof(name)),
             log_quote(meeting->name, where, sizeof(where)), role_name(invite.role));
    return INVITE_GOOD;
}

// ---- telling -----------------------------------------------------------------------------------

static void tell(struct conn *conn, enum invite_result result, uint32_t meeting_id)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting =
        result == INVITE_GOOD ? model_meeting(server->model, meeting_id) : NULL;
    static const enum phrase phrases[] = { [INVITE_GOOD] = PHRASE_INVITE_BAD, // it has ended since
                                           [INVITE_BAD] = PHRASE_INVITE_BAD,
                                           [INVITE_EXPIRED] = PHRASE_INVITE_EXPIRED,
                                           [INVITE_USED] = PHRASE_INVITE_USED };
    if (meeting == NULL) {
        say(conn, phrases[result]);
        return;
    }
    enum role role = model_role(server->model, user, meeting);
    bool is_inside = model_is_inside(server->model, user, meeting);
    if (!is_inside && model_meeting_around(server->model, user->channel) == NULL &&
        (model_permissions(server->model, user, meeting->id) & PERM_ENTER) != 0)
        users_move(server, user, meeting->id, 0);
    say(conn, PHRASE_JOINED, meeting->name, phrase_text(roles_phrase(role), reader_language(conn)));
    if (!is_inside)
        roles_tell_moderators(server, meeting, conn, PHRASE_TOLD_JOINED, user->name, meeting->name,
                              NULL);
}

void invites_join(struct conn *conn, const char *word)
{
    uint32_t meeting_id = MODEL_NONE;
    struct user *user = model_user(conn->server->model, conn->session);
    // No brake: what 128 bits sign cannot be guessed, and a slip must not keep others of that host
    // out.
    enum invite_result result = invites_redeem(conn->server, user, word, &meeting_id);
    tell(conn, result, meeting_id);
}

void invites_tokens(struct conn *conn, const char *const *words, size_t n)
{
    struct user *user = model_user(conn->server->model, conn->session);
    for (size_t i = 0; i < n; i++) {
        uint32_t meeting_id = MODEL_NONE;
        if (!invite_is_one(words[i]))
            continue;
        enum invite_result result = invites_redeem(conn->server, user, words[i], &meeting_id);
        tell(conn, result, meeting_id);
    }
}

static bool try_one(struct conn *conn, struct user *user, const char *word)
{
    if (!invite_is_one(word))
        return false;
    conn->invite_result = invites_redeem(conn->server, user, word, &conn->invited_to);
    conn->has_invite = true;
    return conn->invite_result == INVITE_GOOD;
}

void invites_login(struct conn *conn, struct user *user, const char *password,
                   const char *const *words, size_t n)
{
    bool is_done = try_one(conn, user, password);
    for (size_t i = 0; i < n; i++) {
        struct invite invite;
        // Old ones lie among the access tokens for long: nobody has to hear of them each time.
        if (!is_done && judge(conn->server, words[i], &invite) == INVITE_GOOD)
            is_done = try_one(conn, user, words[i]);
    }
}

void invites_welcome(struct conn *conn)
{
    if (conn->has_invite)
        tell(conn, conn->invite_result, conn->invited_to);
    conn->has_invite = false;
}
