// SPDX-License-Identifier: BSD-3-Clause
//
// The door of a meeting: locked or open, the lobby, the password, who may speak. model/role.h says
// who is let in.
#include "control/display/display_int.h"
#include "control/meeting/roles.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

static void changed(struct server *server, const struct meeting_info *meeting)
{
    struct meeting_run *run = run_of(server, meeting->id);
    model_rights_changed(server->model);
    rights_changed(server);
    door_save(server, meeting);
    display_changed(server, meeting->id);
    if (run != NULL)
        describe_changed(server, run);
}

// Everybody in it, or beneath it.
static struct user *next_inside(const struct server *server, const struct meeting_info *meeting,
                                const struct user *after)
{
    struct user *user = model_user_next(server->model, after != NULL ? after->session : 0);
    while (user != NULL && (user->is_server_made || !model_is_inside(server->model, user, meeting)))
        user = model_user_next(server->model, user->session);
    return user;
}

static struct user *next_waiting(const struct server *server, const struct meeting_info *meeting,
                                 const struct user *after)
{
    struct user *user = model_user_next(server->model, after != NULL ? after->session : 0);
    while (user != NULL && (user->is_server_made || user->channel != meeting->door.lobby))
        user = model_user_next(server->model, user->session);
    return user;
}

// ---- locked, muted -----------------------------------------------------------------------------

void door_lock(struct server *server, struct meeting_info *meeting, bool is_locked, const char *by)
{
    struct door *door = &meeting->door;
    door_unmark(door, DOOR_WAS_THERE);
    for (struct user *user = next_inside(server, meeting, NULL); is_locked && user != NULL;
         user = next_inside(server, meeting, user))
        door_mark(door, user, DOOR_WAS_THERE);
    door->is_locked = is_locked;
    changed(server, meeting);
    roles_tell_moderators(server, meeting, NULL, is_locked ? PHRASE_LOCKED : PHRASE_UNLOCKED,
                          meeting->name, by, NULL);
    log_info("control", is_locked ? "meeting locked" : "meeting unlocked", "meeting=%u",
             meeting->id);
}

void door_mute_all(struct server *server, struct meeting_info *meeting, bool is_muted)
{
    meeting->door.is_all_muted = is_muted;
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (user->voiced_in == meeting->id)
            model_set_voiced(user, MODEL_NONE);
    changed(server, meeting);
    // Groups talk on among themselves: who comes back from one is told then.
    for (struct user *user = next_inside(server, meeting, NULL); user != NULL;
         user = next_inside(server, meeting, user)) {
        struct conn *conn = conn_of(server, user->session);
        bool is_here = model_channel(server->model, user->channel)->meeting == meeting->id;
        if (is_here && conn != NULL && conn->phase == CONN_READY)
            say(conn, is_muted ? PHRASE_ALL_MUTED : PHRASE_ALL_UNMUTED, meeting->name);
    }
    log_info("control", is_muted ? "everybody muted" : "everybody unmuted", "meeting=%u",
             meeting->id);
}

bool door_allow(struct server *server, const struct meeting_info *meeting, struct user *person)
{
    if (!model_is_inside(server->model, person, meeting))
        return false;
    struct conn *conn = conn_of(server, person->session);
    model_set_voiced(person, meeting->id);
    users_refresh_suppression(server, person);
    if (conn != NULL)
        say(conn, PHRASE_YOU_ALLOWED);
    return true;
}

// Whoever has the floor may speak, by whichever way it was given.
void door_state(struct server *server, const struct meeting_run *run)
{
    struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    uint32_t before = meeting != NULL ? meeting->door.given : 0, given = run->state.floor.given;
    if (meeting == NULL || before == given)
        return;
    model_set_given(server->model, meeting, given);
    const uint32_t sessions[] = { before, given };
    for (size_t i = 0; meeting->door.is_all_muted && i < 2; i++) {
        struct user *user = model_user(server->model, sessions[i]);
        if (user != NULL && conn_of(server, sessions[i]) != NULL)
            users_refresh_suppression(server, user);
    }
}

// ---- coming ------------------------------------------------------------------------------------

static struct meeting_info *whole_around(const struct server *server, uint32_t channel)
{
    const struct meeting_info *around = model_meeting_around(server->model, channel);
    return around != NULL ? model_meeting_root(server->model, around) : NULL;
}

uint32_t door_lobby_for(const struct server *server, const struct user *user, uint32_t channel)
{
    const struct meeting_info *meeting = whole_around(server, channel);
    bool is_for_lobby = meeting != NULL && meeting->door.has_lobby &&
                        model_channel(server->model, meeting->door.lobby) != NULL &&
                        model_door(server->model, user, meeting) == DOOR_LOBBY;
    return is_for_lobby ? meeting->door.lobby : MODEL_NONE;
}

static void wait_in_lobby(struct conn *conn, struct user *user, const struct meeting_info *meeting,
                          uint32_t channel)
{
    struct server *server = conn->server;
    uint32_t lobby = meeting->door.lobby;
    bool may_wait = model_channel(server->model, lobby) != NULL &&
                    (model_permissions(server->model, user, lobby) & PERM_ENTER) != 0;
    user->wanted = channel;
    if (user->channel == lobby)
        say(conn, PHRASE_DOOR_WAIT, meeting->name);
    else if (!may_wait)
        send_denied(conn, PERM_ENTER, channel);
    else if (!users_move(server, user, lobby, user->session)) // and told there
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelFull);
}

bool door_knock(struct conn *conn, uint32_t channel)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting = whole_around(server, channel);
    if (meeting == NULL ||
        (model_channel(server->model, channel)->role == CHANNEL_BOOTH &&
         !model_is_interpreter(server->model, user, meeting)) ||
        (model_permissions(server->model, user, channel) & PERM_ENTER) != 0)
        return false;
    switch (model_door(server->model, user, meeting)) {
    case DOOR_OPEN:
        return false;
    case DOOR_LOCKED:
        send_denied(conn, PERM_ENTER, channel);
        say(conn, PHRASE_DOOR_LOCKED, meeting->name);
        break;
    case DOOR_PASSWORD:
        send_denied(conn, PERM_ENTER, channel);
        say(conn, PHRASE_DOOR_PASSWORD, meeting->name);
        break;
    case DOOR_LOBBY:
        wait_in_lobby(conn, user, meeting, channel);
        break;
    }
    return true;
}

static void tell_waiting(struct server *server, const struct meeting_info *meeting,
                         const struct user *user, struct conn *conn)
{
    if (model_role_at_door(server->model, user, meeting) != ROLE_PARTICIPANT ||
        !meeting->door.has_lobby)
        return;
    say(conn, PHRASE_DOOR_WAIT, meeting->name);
    if (conn->waited_us != 0 && server->now_us - conn->waited_us < DOOR_TOLD_EVERY_US)
        return;
    conn->waited_us = server->now_us;
    roles_tell_moderators(server, meeting, conn, PHRASE_WAITING, user->name, meeting->name, NULL);
}

// Whoever was in may come back after a lost line.
void door_placed(struct server *server, struct user *user)
{
    struct meeting_info *meeting = whole_around(server, user->channel),
                        *waiting = model_meeting_of_lobby(server->model, user->channel);
    struct conn *conn = conn_of(server, user->session);
    if (conn == NULL || conn->phase != CONN_READY)
        return;
    if (waiting != NULL) {
        tell_waiting(server, waiting, user, conn);
        display_changed(server, waiting->id);
    }
    if (meeting == NULL || door_is_open(&meeting->door))
        return;
    const struct door *door = &meeting->door;
    uint8_t marks = 0;
    if (door->is_locked)
        marks |= DOOR_WAS_THERE;
    if (door->has_lobby || door->password != NULL)
        marks |= DOOR_LET_IN;
    if (door_mark(&meeting->door, user, marks))
        door_save(server, meeting);
    display_changed(server, meeting->id);
}

// While it is closed they do not come back by themselves.
void door_shown_out(struct server *server, struct user *user, uint32_t left)
{
    struct meeting_info *meeting = whole_around(server, left);
    struct conn *conn = conn_of(server, user->session);
    if (meeting == NULL || conn == NULL || model_is_inside(server->model, user, meeting) ||
        !door_clear_mark(&meeting->door, user, DOOR_WAS_THERE | DOOR_LET_IN))
        return;
    door_save(server, meeting);
    rights_user_changed(conn);
}

bool door_say_password(struct conn *conn, struct meeting_info *meeting, const char *word)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    if (hosts_brake_s(conn) > 0 || !door_is_password(&meeting->door, word)) {
        hosts_wrong_password(conn);
        return false;
    }
    if (door_mark(&meeting->door, user, DOOR_KNOWS_PASSWORD))
        door_save(server, meeting);
    rights_user_changed(conn);
    return true;
}

// ---- letting in --------------------------------------------------------------------------------

static uint32_t way_of(const struct server *server, const struct meeting_info *meeting,
                       uint32_t channel)
{
    const struct channel *to = model_channel(server->model, channel);
    bool is_hall = to != NULL && to->meeting == meeting->id &&
                   (to->role == CHANNEL_TRACK || to->role == CHANNEL_FLOOR);
    return is_hall ? channel : meeting->id;
}

bool door_admit(struct server *server, struct meeting_info *meeting, struct user *person)
{
    struct conn *conn = conn_of(server, person->session);
    if (conn == NULL || model_is_inside(server->model, person, meeting))
        return false;
    door_mark(&meeting->door, person,
              DOOR_LET_IN | DOOR_KNOWS_PASSWORD |
                  (meeting->door.is_locked ? (unsigned)DOOR_WAS_THERE : 0u));
    door_save(server, meeting);
    rights_user_changed(conn);
    uint32_t to = way_of(server, meeting, person->wanted);
    person->wanted = MODEL_NONE;
    if (person->channel == meeting->door.lobby &&
        (model_permissions(server->model, person, to) & PERM_ENTER) != 0)
        users_move(server, person, to, 0);
    say(conn, PHRASE_YOU_ADMITTED, meeting->name);
    return true;
}

unsigned door_waiting(const struct server *server, const struct meeting_info *meeting)
{
    unsigned n = 0;
    for (const struct user *user = next_waiting(server, meeting, NULL); user != NULL;
         user = next_waiting(server, meeting, user))
        n += model_role_at_door(server->model, user, meeting) == ROLE_PARTICIPANT;
    return n;
}

unsigned door_admit_all(struct server *server, struct meeting_info *meeting)
{
    unsigned n = 0;
    for (struct user *user = next_waiting(server, meeting, NULL); user != NULL;
         user = next_waiting(server, meeting, user))
        n += door_admit(server, meeting, user);
    return n;
}

unsigned door_gather(struct server *server, struct meeting_info *meeting, bool is_all)
{
    struct meeting_run *run = run_of(server, meeting->id);
    unsigned n = door_admit_all(server, meeting);
    int n_back = run != NULL ? breakout_back(server, run) : 0;
    n += n_back > 0 ? (unsigned)n_back : 0;
    for (struct user *user = next_inside(server, meeting, NULL); user != NULL;
         user = next_inside(server, meeting, user)) {
        const struct channel *at = model_channel(server->model, user->channel);
        struct conn *conn = conn_of(server, user->session);
        bool stays =
            at->meeting == meeting->id && (at->role == CHANNEL_FLOOR || at->role == CHANNEL_BOOTH ||
                                           (at->role == CHANNEL_TRACK && !is_all));
        if (stays || conn == NULL)
            continue;
        uint32_t to = is_all ? meeting->id : way_of(server, meeting, user->home);
        users_move(server, user, to, 0);
        say(conn, PHRASE_YOU_GATHERED, model_channel(server->model, to)->name);
        n++;
    }
    return n;
}

void door_gone(struct server *server, const struct user *user, bool is_kicked)
{
    struct meeting_info *meeting;
    for (size_t i = 0; (meeting = model_meeting_at(server->model, i)) != NULL; i++) {
        if (is_kicked && door_marks(&meeting->door, user) != 0) {
            door_forget(&meeting->door, user);
            door_save(server, meeting);
        }
        if (!is_kicked)
            door_session_gone(&meeting->door, user->session);
        if (user->channel == meeting->door.lobby)
            display_changed(server, meeting->id);
    }
}
