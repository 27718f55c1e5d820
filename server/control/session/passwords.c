// SPDX-License-Identifier: BSD-3-Clause
//
// Passwords compared on the thread pool, where a comparison may take its 20 ms: from a copy of what
// is stored, for a copy of what the client said, as both may be gone when it ends. Few at a time,
// so that a crowd of logins leaves a thread to the store; the others wait in the order they came.
#include "control/control_int.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct check {
    uv_work_t work;
    struct check *next; // of those waiting
    struct server *server;
    struct conn *conn; // NULL: it has gone meanwhile
    struct login_request *request;
    int32_t user_id;
    struct password stored, fresh; // fresh: the same password, hashed as it is done today
    bool matches, has_fresh;
};

static void compare(uv_work_t *work)
{
    struct check *check = work->data;
    const char *password = check->request->password;
    check->matches = password_matches(password, &check->stored);
    check->has_fresh = check->matches && !password_is_current(&check->stored) &&
                       password_hash(password, &check->fresh);
}

static void check_free(struct check *check)
{
    if (check == NULL)
        return;
    login_request_free(check->request);
    OPENSSL_cleanse(&check->stored, sizeof(check->stored));
    OPENSSL_cleanse(&check->fresh, sizeof(check->fresh));
    free(check);
}

static void start_waiting(struct server *server);

// Somebody may have changed or renamed that person meanwhile.
static bool is_still_stored(const struct check *check)
{
    const struct model *model = check->server->model;
    const struct registered *person = registry_by_name(model, check->request->name);
    return person != NULL && person->id == check->user_id &&
           strcmp(person->password.hash, check->stored.hash) == 0;
}

static void compared(uv_work_t *work, int status)
{
    struct check *check = work->data;
    struct server *server = check->server;
    struct conn *conn = check->conn;
    server->now_us = clock_us();
    server->n_checks--;
    start_waiting(server);
    if (conn != NULL) {
        conn->check = NULL;
        bool matches = status == 0 && check->matches && is_still_stored(check);
        login_checked(conn, check->request, matches,
                      matches && check->has_fresh ? &check->fresh : NULL);
        conn_resume(conn);
    }
    check_free(check);
}

static void start_waiting(struct server *server)
{
    while (server->checks != NULL && server->n_checks < PASSWORD_CHECKS_MAX) {
        struct check *check = server->checks;
        server->checks = check->next;
        server->n_checks++;
        if (uv_queue_work(&server->loop, &check->work, compare, compared) != 0) {
            compare(&check->work); // slow, but neither a lie nor a stall for ever
            compared(&check->work, 0);
        }
    }
}

bool passwords_check(struct conn *conn, struct login_request *request, int32_t user_id,
                     const struct password *stored)
{
    struct server *server = conn->server;
    struct check *check = calloc(1, sizeof(*check)), **at = &server->checks;
    if (check == NULL)
        return false;
    *check = (struct check){
        .server = server, .conn = conn, .request = request, .user_id = user_id, .stored = *stored
    };
    check->work.data = check;
    conn->check = check;
    conn_enter(conn, CONN_CHECKING, "password");
    while (*at != NULL)
        at = &(*at)->next;
    *at = check;
    start_waiting(server);
    return true;
}

void passwords_forget(struct conn *conn)
{
    struct check *check = conn->check;
    if (check == NULL)
        return;
    conn->check = NULL;
    check->conn = NULL;
    for (struct check **at = &conn->server->checks; *at != NULL; at = &(*at)->next)
        if (*at == check) { // had not begun
            *at = check->next;
            check_free(check);
            return;
        }
}
