// SPDX-License-Identifier: BSD-3-Clause
//
// Who it is that logs in, and whether they may come in.
//
//   a known name        the password, else the certificate (whose owner's name then counts), else,
//                       for a verified certificate, its e-mail address, else WrongUserPW
//   any other name      the certificate likewise, else a guest: the name's rule, server password
//
// Of several reasons to refuse, the last in the protocol's order is told, as by murmur.
#include "control/meeting/roles.h"
#include "control/session/login_int.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

void login_refuse(struct login_verdict *verdict, MumbleProto__Reject__RejectType type,
                  const char *reason)
{
    *verdict = (struct login_verdict){ type, reason };
}

static struct registered *find_by_certificate(const struct conn *conn)
{
    struct registered *person =
        conn->cert_hash[0] != '\0' ? registry_by_cert(conn->server->model, conn->cert_hash) : NULL;
    if (person == NULL && conn->cert_hash[0] != '\0')
        person = certs_find_by_email(conn);
    return person != NULL && person->id != MODEL_SUPERUSER ? person : NULL;
}

int32_t login_identify(struct conn *conn, const char *name, bool has_password,
                       struct registered **out)
{
    struct registered *person = registry_by_name(conn->server->model, name);
    bool is_superuser =
        person != NULL ? person->id == MODEL_SUPERUSER : str_equal_fold(name, MODEL_SUPERUSER_NAME);
    bool is_known = person != NULL || is_superuser;
    if (!(has_password && person != NULL))
        person = is_superuser ? NULL : find_by_certificate(conn);
    *out = person;
    return person != NULL ? person->id : is_known ? LOGIN_UNKNOWN : MODEL_GUEST;
}

static bool equal_secret(const char *a, const char *b)
{
    uint8_t digest_a[SHA256_DIGEST_LENGTH], digest_b[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)a, strlen(a), digest_a);
    SHA256((const uint8_t *)b, strlen(b), digest_b);
    return CRYPTO_memcmp(digest_a, digest_b, sizeof(digest_a)) == 0;
}

struct conn *login_find_ghost(const struct conn *conn, const char *name, int32_t id, bool *is_other)
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
                           struct login_verdict *verdict)
{
    const struct config *config = conn->server->config;
    if (id >= 0)
        return;
    bool is_braked = request->password[0] != '\0' && hosts_brake_s(conn) > 0;
    if (id == LOGIN_UNKNOWN) {
        login_refuse(verdict, REJECT(WrongUserPW),
                     is_braked ? N_("Too many wrong passwords; wait a little and try again")
                               : N_("This name is registered: wrong password or certificate"));
    } else if (!name_rule_matches(conn->server->user_names, request->name)) {
        login_refuse(
            verdict, REJECT(InvalidUsername),
            N_("This name is not allowed here; use letters, digits, blanks and - _ . ( ) [ ]"));
    } else if (config->server_password != NULL && is_braked) {
        login_refuse(verdict, REJECT(WrongServerPW),
                     N_("Too many wrong passwords; wait a little and try again"));
        return;
    } else if (config->server_password != NULL &&
               !equal_secret(request->password, config->server_password) &&
               !invites_opens(conn, request->password)) {
        login_refuse(verdict, REJECT(WrongServerPW), N_("Wrong server password"));
    } else {
        return;
    }
    bool is_guess = verdict->type != REJECT(InvalidUsername) && request->password[0] != '\0';
    if (is_guess && !is_braked)
        hosts_wrong_password(conn);
}

static void judge_room(struct conn *conn, int32_t id, const struct conn *ghost,
                       struct login_verdict *verdict)
{
    const struct server *server = conn->server;
    uint32_t n_others = model_people(server->model) - (ghost != NULL ? 1 : 0);
    if (id == MODEL_SUPERUSER)
        return;
    if (n_others >= server->config->users)
        login_refuse(verdict, REJECT(ServerFull), N_("The server is full"));
    if (conn->cert_hash[0] == '\0' && server->config->is_cert_required)
        login_refuse(verdict, REJECT(NoCertificate), N_("This server asks for a certificate"));
}

void login_judge(struct conn *conn, const struct login_request *request, int32_t id,
                 const struct conn *ghost, bool is_other, struct login_verdict *verdict)
{
    judge_identity(conn, request, id, verdict);
    if (verdict->type == REJECT(None) && is_other)
        login_refuse(verdict, REJECT(UsernameInUse), N_("This name is in use"));
    judge_room(conn, id, ghost, verdict);
}
