// SPDX-License-Identifier: BSD-3-Clause
//
// Authenticate: what it asks for, and what follows. Who they are and whether they may come in is
// judged in login_rules.c, where they begin in login_place.c; passwords.c compares in between.
#include "control/meeting/roles.h"
#include "control/session/login_int.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

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
    struct login_verdict verdict = { REJECT(None), NULL };
    struct registered *person;
    bool is_other;
    int32_t id = login_identify(conn, request->name, has_password, &person);
    const char *name = id == MODEL_SUPERUSER ? MODEL_SUPERUSER_NAME : request->name;
    if (person != NULL)
        name = person->name;
    struct conn *ghost = login_find_ghost(conn, name, id >= 0 ? id : MODEL_GUEST, &is_other);
    login_judge(conn, request, id, ghost, is_other, &verdict);
    struct user *user = verdict.type == REJECT(None) ? make_user(conn, request, name, id) : NULL;
    if (user != NULL)
        invites_login(conn, user, request->password, (const char *const *)request->tokens,
                      request->n_tokens);
    uint32_t start = user != NULL ? login_start_channel(conn->server, user, ghost) : MODEL_ROOT;
    if (verdict.type == REJECT(None) && user == NULL)
        login_refuse(&verdict, REJECT(ServerFull), N_("The server is full"));
    if (start == MODEL_NONE) {
        login_refuse(&verdict, REJECT(ServerFull), N_("All channels are full"));
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
