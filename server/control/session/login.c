// SPDX-License-Identifier: BSD-3-Clause
//
// Who may come in, as whom, and where to; and out again.
//
//   a known name        the password, else the certificate (whose owner's name then counts), else,
//                       for a verified certificate, its e-mail address, else WrongUserPW
//   any other name      the certificate likewise, else a guest: the name's rule, server password
//
// Of several reasons to refuse, the last in the protocol's order is told, as by murmur.
#include "control/meeting/roles.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define UNKNOWN_PERSON (-2) // beside ids and MODEL_GUEST: known, but not proved
#define REJECT(type) MUMBLE_PROTO__REJECT__REJECT_TYPE__##type

// ---- versions ---------------------------------------------------------------------------------

static void send_version(struct conn *conn)
{
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    struct utsname system;
    version.has_version_v1 = version.has_version_v2 = true;
    version.version_v1 = version_to_v1(PROTO_VERSION_OWN);
    version.version_v2 = PROTO_VERSION_OWN;
    if (conn->server->config->is_version_sent) {
        version.release = (char *)"Susurro " SUSURRO_VERSION;
        if (uname(&system) == 0) {
            version.os = system.sysname;
            version.os_version = system.release;
        }
    }
    send_message(conn, MSG_VERSION, &version.base);
}

static void keep_text(const char *text, char *out, size_t cap)
{
    if (text != NULL)
        snprintf(out, cap, "%s", strlen(text) < cap ? text : "[[Invalid]]");
}

// NULL: the handshake is done, say who we are.
void login_version(struct conn *conn, const ProtobufCMessage *message)
{
    if (message == NULL) {
        send_version(conn);
        return;
    }
    const MumbleProto__Version *version = (const MumbleProto__Version *)message;
    conn->version = version_read(version);
    keep_text(version->release, conn->release, sizeof(conn->release));
    keep_text(version->os, conn->os, sizeof(conn->os));
    keep_text(version->os_version, conn->os_version, sizeof(conn->os_version));
}

// ---- what was asked for -----------------------------------------------------------------------

void login_request_free(struct login_request *request)
{
    if (request == NULL)
        return;
    if (request->password != NULL)
        OPENSSL_cleanse(request->password, strlen(request->password));
    free(request->password);
    free(request->name);
    for (size_t i = 0; i < request->n_tokens; i++)
        free(request->tokens[i]);
    free(request->tokens);
    free(request);
}

char *login_trimmed_name(const char *name)
{
    name += strspn(name, " \t\r\n");
    char *copy = str_dup(name);
    for (size_t n = copy != NULL ? strlen(copy) : 0;
         n > 0 && strchr(" \t\r\n", copy[n - 1]) != NULL; n--)
        copy[n - 1] = '\0';
    return copy;
}

// Longer ones stand in no rule, and would only take room.
static size_t useful_tokens(const MumbleProto__Authenticate *login,
                            const char *out[MODEL_TOKENS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < login->n_tokens && n < MODEL_TOKENS_MAX; i++)
        if (strlen(login->tokens[i]) <= MODEL_GROUP_BYTES)
            out[n++] = login->tokens[i];
    return n;
}

static struct login_request *request_new(const MumbleProto__Authenticate *login)
{
    struct login_request *request = calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    const char *tokens[MODEL_TOKENS_MAX];
    size_t n = useful_tokens(login, tokens);
    request->is_bot = login->has_client_type && login->client_type == 1;
    request->name = login_trimmed_name(login->username != NULL ? login->username : "");
    request->password = str_dup(login->password != NULL ? login->password : "");
    request->tokens = calloc(n + 1, sizeof(char *));
    bool is_whole = request->name != NULL && request->password != NULL && request->tokens != NULL;
    while (is_whole && request->n_tokens < n) {
        request->tokens[request->n_tokens] = str_dup(tokens[request->n_tokens]);
        is_whole = request->tokens[request->n_tokens++] != NULL;
    }
    if (is_whole)
        return request;
    login_request_free(request);
    return NULL;
}

// ---- refusing ---------------------------------------------------------------------------------

static void reject(struct conn *conn, MumbleProto__Reject__RejectType type, const char *reason)
{
    MumbleProto__Reject message = MUMBLE_PROTO__REJECT__INIT;
    message.has_type = true;
    message.type = type;
    message.reason = (char *)(uintptr_t)for_reader(conn, reason);
    send_message(conn, MSG_REJECT, &message.base);
    log_info("control", "login refused", "reason=\"%s\"", reason);
    conn_finish(conn, reason);
}

struct verdict {
    MumbleProto__Reject__RejectType type; // None: welcome
    const char *reason;
};

static void refuse(struct verdict *verdict, MumbleProto__Reject__RejectType type,
                   const char *reason)
{
    *verdict = (struct verdict){ type, reason };
}

static bool equal_secret(const char *a, const char *b)
{
    uint8_t digest_a[SHA256_DIGEST_LENGTH], digest_b[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)a, strlen(a), digest_a);
    SHA256((const uint8_t *)b, strlen(b), digest_b);
    return CRYPTO_memcmp(digest_a, digest_b, sizeof(digest_a)) == 0;
}

// ---- who is it --------------------------------------------------------------------------------

static struct registered *find_by_certificate(const struct conn *conn)
{
    struct registered *person =
        conn->cert_hash[0] != '\0' ? registry_by_cert(conn->server->model, conn->cert_hash) : NULL;
    if (person == NULL && conn->cert_hash[0] != '\0')
        person = certs_find_by_email(conn);
    return person != NULL && person->id != MODEL_SUPERUSER ? person : NULL;
}

// The id, MODEL_GUEST or UNKNOWN_PERSON.
static int32_t identify(struct conn *conn, const char *name, bool has_password,
                        struct registered **out)
{
    struct registered *person = registry_by_name(conn->server->model, name);
    bool is_superuser =
        person != NULL ? person->id == MODEL_SUPERUSER : str_equal_fold(name, MODEL_SUPERUSER_NAME);
    bool is_known = person != NULL || is_superuser;
    if (!(has_password && person != NULL))
        person = is_superuser ? NULL : find_by_certificate(conn);
    *out = person;
    return person != NULL ? person->id : is_known ? UNKNOWN_PERSON : MODEL_GUEST;
}

// The next login may come by the certificate alone.
static void learn(struct conn *conn, struct registered *person, const struct password *fresh)
{
    struct server *server = conn->server;
    bool has_changed = fresh != NULL;
    if (fresh != NULL)
        person->password = *fresh;
    if (person->id != MODEL_SUPERUSER && conn->cert_hash[0] != '\0') {
        uint32_t n_certs = person->n_certs;
        int error = registry_cert_add(server->model, person, conn->cert_hash);
        if (error != 0)
            log_info("control", "certificate not added", "user=%d reason=\"%s\"", person->id,
                     model_error_text(error));
        has_changed = has_changed || person->n_certs != n_certs;
        if (conn->cert_email[0] != '\0' &&
            (person->email == NULL || strcmp(person->email, conn->cert_email) != 0))
            has_changed = registry_set_email(person, conn->cert_email) || has_changed;
    }
    if (fresh != NULL)
        storage_user_put(server, person);
    else if (has_changed)
        registry_save(server, person);
}

// ---- may they come in -------------------------------------------------------------------------

// A user of that name or id who is the same person gives way. NULL: none, or *is_other.
static struct conn *find_ghost(const struct conn *conn, const char *name, int32_t id,
                               bool *is_other)
{
    struct model *model = conn->server->model;
    const struct user *user = model_user_by_name(model, name);
    for (const struct user *at = model_user_next(model, 0); user == NULL && id >= 0 && at != NULL;
         at = model_user_next(model, at->session))
        if (at->user_id == id)
            user = at;
    *is_other = false;
    if (user == NULL)
        return NULL;
    struct conn *ghost = conn_of(conn->server, user->session);
    // A guest proves nothing but the certificate; who had none is known by the host.
    bool is_same = id >= 0 || (ghost != NULL && ghost->cert_hash[0] != '\0'
                                   ? strcmp(conn->cert_hash, ghost->cert_hash) == 0
                                   : ghost != NULL && memcmp(&conn->peer.sin6_addr,
                                                             &ghost->peer.sin6_addr, 16) == 0);
    *is_other = ghost == NULL || !is_same; // a server-made user's name is reserved
    return *is_other ? NULL : ghost;
}

static void judge_identity(struct conn *conn, const struct login_request *request, int32_t id,
                           struct verdict *verdict)
{
    const struct config *config = conn->server->config;
    if (id >= 0)
        return;
    bool is_braked = request->password[0] != '\0' && hosts_brake_s(conn) > 0;
    if (id == UNKNOWN_PERSON) {
        refuse(verdict, REJECT(WrongUserPW),
               is_braked ? N_("Too many wrong passwords; wait a little and try again")
                         : N_("This name is registered: wrong password or certificate"));
    } else if (!name_rule_matches(conn->server->user_names, request->name)) {
        refuse(verdict, REJECT(InvalidUsername),
               N_("This name is not allowed here; use letters, digits, blanks and - _ . ( ) [ ]"));
    } else if (config->server_password != NULL && is_braked) {
        refuse(verdict, REJECT(WrongServerPW),
               N_("Too many wrong passwords; wait a little and try again"));
        return;
    } else if (config->server_password != NULL &&
               !equal_secret(request->password, config->server_password) &&
               !invites_opens(conn, request->password)) {
        refuse(verdict, REJECT(WrongServerPW), N_("Wrong server password"));
    } else {
        return;
    }
    bool is_guess = verdict->type != REJECT(InvalidUsername) && request->password[0] != '\0';
    if (is_guess && !is_braked)
        hosts_wrong_password(conn);
}

static void judge_room(struct conn *conn, int32_t id, const struct conn *ghost,
                       struct verdict *verdict)
{
    const struct server *server = conn->server;
    uint32_t n_others = model_people(server->model) - (ghost != NULL ? 1 : 0);
    if (id == MODEL_SUPERUSER)
        return;
    if (n_others >= server->config->users)
        refuse(verdict, REJECT(ServerFull), N_("The server is full"));
    if (conn->cert_hash[0] == '\0' && server->config->is_cert_required)
        refuse(verdict, REJECT(NoCertificate), N_("This server asks for a certificate"));
}

// ---- where to ---------------------------------------------------------------------------------

static bool is_remembered(const struct server *server, const struct registered *person)
{
    uint32_t limit_s = server->config->remember_channel_s;
    if (person == NULL || !server->config->is_channel_remembered ||
        person->last_channel == MODEL_NONE)
        return false;
    if (limit_s == 0)
        return true;
    // Without a later goodbye the server went down first: then it is since the start.
    int64_t left_s = person->last_disconnect_s > person->last_active_s ? person->last_disconnect_s
                                                                       : server->started_s;
    return clock_unix_s() - left_s <= (int64_t)limit_s;
}

// Whoever joins is in no channel until it is known which: groups like in, out and sub see it so.
static uint32_t newcomers_rights(const struct model *model, struct user *user, uint32_t channel)
{
    uint32_t root = user->channel;
    user->channel = MODEL_NONE;
    model_user_identified(user);
    uint32_t rights = model_permissions(model, user, channel);
    user->channel = root;
    model_user_identified(user);
    return rights;
}

// The newcomer stands in the root already; a ghost is about to go.
static bool has_room(const struct server *server, struct user *user, uint32_t channel,
                     const struct conn *ghost)
{
    const struct channel *to = model_channel(server->model, channel);
    const struct user *leaving = ghost != NULL ? model_user(server->model, ghost->session) : NULL;
    uint32_t limit = to->max_users != 0 ? to->max_users : server->config->users_per_channel;
    uint32_t n_others =
        to->n_users - (user->channel == channel) - (leaving != NULL && leaving->channel == channel);
    return limit == 0 || n_others < limit ||
           (newcomers_rights(server->model, user, channel) & PERM_WRITE) != 0;
}

// MODEL_NONE: all full.
static uint32_t start_channel(const struct server *server, struct user *user,
                              const struct conn *ghost)
{
    const struct registered *person = registry_find(server->model, user->user_id);
    uint32_t wanted[] = { is_remembered(server, person) ? person->last_channel : MODEL_NONE,
                          server->config->default_channel };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint32_t lobby = door_lobby_for(server, user, wanted[i]);
        if (lobby != MODEL_NONE) {
            user->wanted = wanted[i];
            wanted[i] = lobby;
        }
        if (model_channel(server->model, wanted[i]) != NULL &&
            (newcomers_rights(server->model, user, wanted[i]) & PERM_ENTER) != 0 &&
            has_room(server, user, wanted[i], ghost))
            return wanted[i];
    }
    return has_room(server, user, MODEL_ROOT, ghost) ? MODEL_ROOT : MODEL_NONE;
}

static struct user *make_user(struct conn *conn, const struct login_request *request,
                              const char *name, int32_t id)
{
    struct user *user = model_user_add(conn->server->model, name, false);
    if (user == NULL)
        return NULL;
    user->user_id = id;
    user->version = conn->version;
    user->is_bot = request->is_bot;
    user->is_strong = conn->is_cert_strong;
    memcpy(user->cert_hash, conn->cert_hash, sizeof(user->cert_hash));
    model_user_identified(user);
    model_user_set_tokens(user, (const char *const *)request->tokens, request->n_tokens);
    return user;
}

static void unmake_user(struct server *server, struct user *user)
{
    uint32_t session = user->session;
    door_gone(server, user, false); // an invitation may have let them in: the number is another's
    model_user_remove(server->model, session);
    model_session_release(server->model, session); // no thread has heard of it
}

static void dismiss(struct conn *ghost)
{
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = ghost->session;
    remove.reason =
        (char *)(uintptr_t)for_reader(ghost, N_("You connected to the server from another device"));
    send_message(ghost, MSG_USER_REMOVE, &remove.base);
    conn_finish(ghost, "connected again");
}

static void admit(struct conn *conn, const struct login_request *request, bool has_password,
                  const struct password *fresh)
{
    if (bans_refuse(conn) != NULL) { // since TLS was established
        conn_close(conn, "banned");
        return;
    }
    struct verdict verdict = { REJECT(None), NULL };
    struct registered *person;
    bool is_other;
    int32_t id = identify(conn, request->name, has_password, &person);
    const char *name = id == MODEL_SUPERUSER ? MODEL_SUPERUSER_NAME : request->name;
    if (person != NULL)
        name = person->name;
    struct conn *ghost = find_ghost(conn, name, id >= 0 ? id : MODEL_GUEST, &is_other);
    judge_identity(conn, request, id, &verdict);
    if (verdict.type == REJECT(None) && is_other)
        refuse(&verdict, REJECT(UsernameInUse), N_("This name is in use"));
    judge_room(conn, id, ghost, &verdict);
    struct user *user = verdict.type == REJECT(None) ? make_user(conn, request, name, id) : NULL;
    if (user != NULL)
        invites_login(conn, user, request->password, (const char *const *)request->tokens,
                      request->n_tokens);
    uint32_t start = user != NULL ? start_channel(conn->server, user, ghost) : MODEL_ROOT;
    if (verdict.type == REJECT(None) && user == NULL)
        refuse(&verdict, REJECT(ServerFull), N_("The server is full"));
    if (start == MODEL_NONE) {
        refuse(&verdict, REJECT(ServerFull), N_("All channels are full"));
        unmake_user(conn->server, user);
    }
    if (verdict.type != REJECT(None)) {
        reject(conn, verdict.type, verdict.reason);
        return;
    }
    if (person != NULL)
        learn(conn, person, fresh);
    if (ghost != NULL)
        dismiss(ghost);
    hosts_logged_in(conn);
    login_welcome(conn, user, start);
}

void login_checked(struct conn *conn, const struct login_request *request, bool matches,
                   const struct password *fresh)
{
    admit(conn, request, matches, fresh);
}

// ---- Authenticate -----------------------------------------------------------------------------

// From who is in already: other access tokens.
static void replace_tokens(struct conn *conn, const MumbleProto__Authenticate *login)
{
    struct user *user = model_user(conn->server->model, conn->session);
    if (!bucket_take(&conn->messages, conn->server->now_us))
        return;
    const char *tokens[MODEL_TOKENS_MAX];
    size_t n = useful_tokens(login, tokens);
    model_user_set_tokens(user, tokens, n);
    rights_user_changed(conn);
    conn->server->are_routes_dirty = true;
    invites_tokens(conn, tokens, n);
}

// Who is registered under that name with a password, as it is stored now. NULL: nobody.
static struct registered *find_password(struct server *server, const char *name)
{
    struct registered *person = registry_by_name(server->model, name);
    struct password unused;
    if (person == NULL && str_equal_fold(name, MODEL_SUPERUSER_NAME) &&
        registry_find(server->model, MODEL_SUPERUSER) == NULL &&
        store_password_get(server->reader, MODEL_SUPERUSER, &unused))
        person = registry_add(server->model, MODEL_SUPERUSER, MODEL_SUPERUSER_NAME);
    return person != NULL && registry_read_password(server, person) ? person : NULL;
}

void login_authenticate(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__Authenticate *login = (const MumbleProto__Authenticate *)message;
    if (conn->phase == CONN_READY)
        replace_tokens(conn, login);
    if (conn->phase != CONN_NEW)
        return;
    conn->has_opus = login->has_opus && login->opus;
    if (login->has_opus && !login->opus) {
        reject(conn, REJECT(WrongVersion),
               N_("This server speaks Opus only; please update your client"));
        return;
    }
    struct login_request *request = request_new(login);
    if (request == NULL) {
        conn_close(conn, "out of memory");
        return;
    }
    const struct registered *person = find_password(conn->server, request->name);
    bool is_checked = person != NULL && request->password[0] != '\0' && hosts_brake_s(conn) == 0;
    if (is_checked && passwords_check(conn, request, person->id, &person->password))
        return; // the request is its now
    admit(conn, request, false, NULL);
    login_request_free(request);
}

// ---- leaving ----------------------------------------------------------------------------------

void login_leave(struct conn *conn, const char *reason)
{
    struct server *server = conn->server;
    uint32_t session = conn->session;
    const struct user *user = model_user(server->model, session);
    if (user == NULL)
        return;
    registry_seen(server, user, true);
    usage_leave(conn);
    door_gone(server, user, false);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    uint32_t channel = user->channel;
    if (meeting != NULL)
        meetings_user_left(server, session, meeting->id);
    breakout_leave(server, session);
    display_leave(conn);
    probe_leave(conn);
    link_client_remove(conn);
    server->by_session[session] = NULL;
    conn->session = 0;
    char name[256];
    log_info("control", "left", "session=%u name=%s reason=\"%s\"", session,
             log_quote(user->name, name, sizeof(name)), reason);
    model_user_remove(server->model, session);
    server->are_routes_dirty = true;
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = session;
    broadcast(server, MSG_USER_REMOVE, &remove.base, conn);
    const struct channel *left = model_channel(server->model, channel);
    if (left != NULL && left->is_temporary && left->n_users == 0 && left->meeting == MODEL_NONE)
        channels_remove_tree(server, channel);
}
