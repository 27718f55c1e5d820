// SPDX-License-Identifier: BSD-3-Clause
//
// Roles given and taken back: kept, told, and what follows.
#include "control/meeting/roles.h"

enum phrase roles_phrase(enum role role)
{
    return role == ROLE_MODERATOR     ? PHRASE_ROLE_MODERATOR
           : role == ROLE_INTERPRETER ? PHRASE_ROLE_INTERPRETER
                                      : PHRASE_ROLE_PARTICIPANT;
}

void roles_tell_moderators(struct server *server, const struct meeting_info *meeting,
                           const struct conn *except, enum phrase phrase, const char *one,
                           const char *two, const char *three)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && conn != except && model_is_moderator(server->model, user, meeting))
            say(conn, phrase, one, two, three);
    }
}

static void tell_person(struct conn *conn, const struct meeting_info *meeting, enum role role)
{
    if (role == ROLE_INTERPRETER && meeting->n_booths > 0)
        say(conn, PHRASE_YOU_INTERPRETER, meeting->booths[0].name);
    else if (role == ROLE_MODERATOR)
        say(conn, PHRASE_YOU_MODERATOR, meeting->name);
    else if (role == ROLE_PARTICIPANT)
        say(conn, PHRASE_YOU_PARTICIPANT, meeting->name);
}

// Out of the booth, and so off air.
static bool clear_booth(struct server *server, struct user *user)
{
    const struct channel *channel = model_channel(server->model, user->channel);
    if (channel->role != CHANNEL_BOOTH ||
        (model_permissions(server->model, user, channel->id) & PERM_ENTER) != 0)
        return false;
    users_move(server, user, channel->meeting, 0);
    return true;
}

int roles_give(struct server *server, const struct meeting_info *meeting, struct user *person,
               enum role role, bool is_by_moderator)
{
    meeting = model_meeting_root(server->model, meeting);
    struct door *door = &model_meeting(server->model, meeting->id)->door;
    enum role before = model_role(server->model, person, meeting);
    int error = model_role_give(server->model, person, meeting, role);
    if (error != 0)
        return error;
    if (person->user_id >= 0)
        storage_acl_put(server, model_channel(server->model, meeting->id));
    bool is_marked = is_by_moderator && role == ROLE_PARTICIPANT
                         ? door_mark(door, person, DOOR_DEMOTED)
                         : door_clear_mark(door, person, DOOR_DEMOTED);
    if (is_marked)
        door_save(server, meeting);
    rights_changed(server);
    char name[256], where[256];
    log_info("control", "role given", "session=%u name=%s meeting=%s role=%s", person->session,
             log_quote(person->name, name, sizeof(name)),
             log_quote(meeting->name, where, sizeof(where)), role_name(role));
    struct conn *conn = conn_of(server, person->session);
    if (conn == NULL || conn->phase != CONN_READY)
        return 0; // about to join
    clear_booth(server, person);
    users_refresh_suppression(server, person);
    if (before != role)
        tell_person(conn, meeting, role);
    display_changed(server, meeting->id);
    return 0;
}

// The ACL dialog, a reloaded file, an account that was removed: whoever may not be there leaves.
void roles_look_again(struct conn *conn)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (clear_booth(server, user) && meeting != NULL)
        say(conn, PHRASE_YOU_PARTICIPANT, meeting->name);
}

void roles_registered(struct server *server, struct user *user)
{
    const struct meeting_info *meeting;
    for (size_t i = 0; (meeting = model_meeting_at(server->model, i)) != NULL; i++)
        if (model_role_keep(server->model, user, meeting))
            storage_acl_put(server, model_channel(server->model, meeting->id));
}

bool roles_make_groups(struct server *server, const struct meeting_info *meeting)
{
    const struct channel *floor = model_channel(server->model, meeting->id);
    for (int role = ROLE_PARTICIPANT; role < ROLES; role++) {
        if (model_group(floor, role_group((enum role)role)) != NULL)
            continue;
        int error = model_group_make(server->model, meeting->id, role_group((enum role)role));
        if (error == MODEL_E_LIMIT) // an admin has made that many: it works without
            continue;
        if (error != 0)
            return false;
        storage_acl_put(server, floor);
    }
    return true;
}
