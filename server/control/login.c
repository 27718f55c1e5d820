// SPDX-License-Identifier: BSD-3-Clause
//
// From TLS to a user who has been told everything, and out again. The order of the answers is the
// protocol's: CryptSetup, CodecVersion, channels, the new user to all, the others, ServerSync,
// ServerConfig.
#include "control/control_int.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define CODEC_ALPHA                                                                                \
    ((int32_t)0x8000000b) // what clients without Opus would use; required fields even so
#define SUPERUSER "SuperUser"

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

static void reject(struct conn *conn, MumbleProto__Reject__RejectType type, const char *reason)
{
    MumbleProto__Reject reject = MUMBLE_PROTO__REJECT__INIT;
    reject.has_type = true;
    reject.type = type;
    reject.reason = (char *)reason;
    send_message(conn, MSG_REJECT, &reject.base);
    log_info("control", "login refused", "reason=\"%s\"", reason);
    conn_finish(conn, reason);
}

// ---- telling the newcomer
// ------------------------------------------------------------------------------------------------

static void send_codec(struct conn *conn)
{
    MumbleProto__CodecVersion codec = MUMBLE_PROTO__CODEC_VERSION__INIT;
    codec.alpha = CODEC_ALPHA;
    codec.beta = 0;
    codec.prefer_alpha = true;
    codec.has_opus = true;
    codec.opus = true;
    send_message(conn, MSG_CODEC_VERSION, &codec.base);
}

static void send_sync(struct conn *conn, const struct user *user)
{
    struct server *server = conn->server;
    const struct config *config = server->config;
    char *languages = meetings_welcome(server), *both = NULL;
    const char *welcome = config->welcome_text;
    if (languages != NULL && welcome != NULL &&
        (both = malloc(strlen(welcome) + strlen(languages) + 16)) != NULL)
        snprintf(both, strlen(welcome) + strlen(languages) + 16, "%s<br/>%s", welcome, languages);
    MumbleProto__ServerSync sync = MUMBLE_PROTO__SERVER_SYNC__INIT;
    sync.has_session = sync.has_max_bandwidth = sync.has_permissions = true;
    sync.session = user->session;
    sync.max_bandwidth = config->bandwidth_bps;
    sync.welcome_text = both != NULL ? both : languages != NULL ? languages : (char *)welcome;
    sync.permissions = model_permissions(server->model, user, MODEL_ROOT) | PERM_CACHED;
    send_message(conn, MSG_SERVER_SYNC, &sync.base);
    free(both);
    free(languages);
}

static void send_server_config(struct conn *conn)
{
    const struct config *config = conn->server->config;
    MumbleProto__ServerConfig info = MUMBLE_PROTO__SERVER_CONFIG__INIT;
    info.has_allow_html = info.has_message_length = info.has_image_message_length =
        info.has_max_users = true;
    info.allow_html = config->is_html_allowed;
    info.message_length = config->text_message_length;
    info.image_message_length = config->image_message_length;
    info.max_users = config->users;
    info.has_recording_allowed = info.recording_allowed = true;
    send_message(conn, MSG_SERVER_CONFIG, &info.base);
}

static uint32_t start_channel(const struct server *server, const struct user *user)
{
    uint32_t id = server->config->default_channel;
    bool may_enter = (model_permissions(server->model, user, id) & PERM_ENTER) != 0;
    return may_enter && !model_channel_is_full(server->model, id) ? id : MODEL_ROOT;
}

static void welcome(struct conn *conn, struct user *user)
{
    struct server *server = conn->server;
    conn->session = user->session;
    conn->thread = server->next_thread++ % server->n_threads;
    server->by_session[user->session] = conn;
    link_client_add(conn);
    if (conn->phase == CONN_CLOSED)
        return;
    send_codec(conn);
    size_t i = 0;
    for (const struct channel *channel = model_channel_at(server->model, 0); channel != NULL;
         channel = model_channel_at(server->model, ++i))
        channels_send(conn, channel);
    uint32_t start = start_channel(server, user);
    if (start != MODEL_ROOT)
        model_user_move(server->model, user, start);
    user->is_suppressed = (model_permissions(server->model, user, user->channel) & PERM_SPEAK) == 0;
    rights_send_entered(conn, user->channel);
    conn_enter(conn, CONN_READY, "logged in");
    users_state_broadcast(server, user);
    for (const struct user *other = model_user_next(server->model, 0); other != NULL;
         other = model_user_next(server->model, other->session))
        if (other != user)
            users_state_send(conn, other);
    send_sync(conn, user);
    send_server_config(conn);
    server->are_routes_dirty = true;
    meetings_user_placed(server, user, MODEL_NONE);
    menu_update(conn);
    char name[256], release[256];
    log_info("control", "joined",
             "session=%u name=%s cert=%s version=%u.%u.%u release=%s thread=%u", user->session,
             log_quote(user->name, name, sizeof(name)),
             user->cert_hash[0] != '\0' ? user->cert_hash : "none", (unsigned)(conn->version >> 48),
             (unsigned)(conn->version >> 32) & 0xffff, (unsigned)(conn->version >> 16) & 0xffff,
             log_quote(conn->release, release, sizeof(release)), conn->thread);
}

// ---- checks
// --------------------------------------------------------------------------------------------------------------

static bool equal_secret(const char *a, const char *b)
{
    uint8_t digest_a[SHA256_DIGEST_LENGTH], digest_b[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)a, strlen(a), digest_a);
    SHA256((const uint8_t *)b, strlen(b), digest_b);
    return CRYPTO_memcmp(digest_a, digest_b, sizeof(digest_a)) == 0;
}

// A user of that name who is the same person (same password, certificate or host) is a ghost and
// gives way.
static bool clear_name(struct conn *conn, const char *name, int32_t user_id)
{
    const struct user *other = model_user_by_name(conn->server->model, name);
    if (other == NULL)
        return true;
    struct conn *ghost = conn_of(conn->server, other->session);
    if (ghost == NULL)
        return false; // a server-made user: reserved
    bool is_same = conn->cert_hash[0] != '\0'
                       ? strcmp(conn->cert_hash, ghost->cert_hash) == 0
                       : ghost->cert_hash[0] == '\0' &&
                             memcmp(&conn->peer.sin6_addr, &ghost->peer.sin6_addr, 16) == 0;
    if (!is_same && user_id == MODEL_GUEST)
        return false;
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = ghost->session;
    remove.reason = (char *)"You connected to the server from another device";
    send_message(ghost, MSG_USER_REMOVE, &remove.base);
    conn_finish(ghost, "connected again");
    return true;
}

static void admit(struct conn *conn, const char *name, int32_t user_id, bool is_bot)
{
    struct server *server = conn->server;
    if (!clear_name(conn, name, user_id)) {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__UsernameInUse, "This name is in use");
        return;
    }
    struct user *user = NULL;
    if (user_id == MODEL_SUPERUSER || model_people(server->model) < server->config->users)
        user = model_user_add(server->model, name, false);
    if (user == NULL) {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__ServerFull, "The server is full");
        return;
    }
    user->user_id = user_id;
    user->version = conn->version;
    user->is_bot = is_bot;
    memcpy(user->cert_hash, conn->cert_hash, sizeof(user->cert_hash));
    welcome(conn, user);
}

// ---- the SuperUser's password: compared on the thread pool
// -----------------------------------------------------------------

struct check {
    uv_work_t work;
    struct server *server; // the connection that waits for this check points at it
    char *password;
    struct password stored;
    bool matches;
};

static void check_work(uv_work_t *work)
{
    struct check *check = work->data;
    check->matches = password_matches(check->password, &check->stored);
}

static void check_done(uv_work_t *work, int status)
{
    struct check *check = work->data;
    check->server->now_us = clock_us();
    struct conn *conn = check->server->conns;
    while (conn != NULL && conn->check != check)
        conn = conn->next;
    if (conn != NULL) {
        conn->check = NULL;
        if (status == 0 && check->matches)
            admit(conn, SUPERUSER, MODEL_SUPERUSER, false);
        else
            reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__WrongUserPW,
                   "Wrong password for the SuperUser");
        conn_resume(conn);
    }
    OPENSSL_cleanse(check->password, strlen(check->password));
    free(check->password);
    free(check);
}

static void check_superuser(struct conn *conn, const char *password)
{
    struct server *server = conn->server;
    struct check *check = calloc(1, sizeof(*check));
    if (check != NULL && (check->password = str_dup(password)) != NULL &&
        !server->gate.is_storing &&
        store_password_get(server->store, MODEL_SUPERUSER, &check->stored)) {
        check->server = server;
        check->work.data = check;
        conn->check = check;
        conn_enter(conn, CONN_CHECKING, "SuperUser");
        if (uv_queue_work(&server->loop, &check->work, check_work, check_done) == 0)
            return;
        conn->check = NULL;
    }
    if (check != NULL)
        free(check->password);
    free(check);
    reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__WrongUserPW,
           server->gate.is_storing ? "The server is busy, please try again"
                                   : "No SuperUser password is set on this server");
}

static char *trimmed(const char *name)
{
    name += strspn(name, " \t\r\n");
    char *copy = str_dup(name);
    for (size_t n = copy != NULL ? strlen(copy) : 0;
         n > 0 && strchr(" \t\r\n", copy[n - 1]) != NULL; n--)
        copy[n - 1] = '\0';
    return copy;
}

static void check_guest(struct conn *conn, const char *name, const MumbleProto__Authenticate *login)
{
    const struct config *config = conn->server->config;
    if (!name_rule_matches(conn->server->user_names, name)) {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__InvalidUsername,
               "This name is not allowed here; use letters, digits, blanks and - _ . ( ) [ ]");
        return;
    }
    if (config->server_password != NULL &&
        !equal_secret(login->password != NULL ? login->password : "", config->server_password)) {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__WrongServerPW, "Wrong server password");
        return;
    }
    if (config->is_cert_required && conn->cert_hash[0] == '\0') {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__NoCertificate,
               "This server asks for a certificate");
        return;
    }
    admit(conn, name, MODEL_GUEST, login->has_client_type && login->client_type == 1);
}

void login_authenticate(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__Authenticate *login = (const MumbleProto__Authenticate *)message;
    if (conn->phase != CONN_NEW)
        return;
    if (login->has_opus && !login->opus) {
        reject(conn, MUMBLE_PROTO__REJECT__REJECT_TYPE__WrongVersion,
               "This server speaks Opus only; please update your client");
        return;
    }
    char *name = trimmed(login->username != NULL ? login->username : "");
    if (name == NULL)
        conn_close(conn, "out of memory");
    else if (str_equal_fold(name, SUPERUSER))
        check_superuser(conn, login->password != NULL ? login->password : "");
    else
        check_guest(conn, name, login);
    free(name);
}

// ---- leaving
// -------------------------------------------------------------------------------------------------------------

void login_leave(struct conn *conn, const char *reason)
{
    struct server *server = conn->server;
    uint32_t session = conn->session;
    const struct user *user = model_user(server->model, session);
    if (user == NULL)
        return;
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    uint32_t channel = user->channel;
    if (meeting != NULL)
        meetings_user_left(server, session, meeting->id);
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
    if (left != NULL && left->is_temporary && left->n_users == 0)
        channels_remove_tree(server, channel);
}
