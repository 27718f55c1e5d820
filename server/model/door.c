// SPDX-License-Identifier: BSD-3-Clause
//
// Who is remembered at the door of a meeting, and what is to be known to open it.
#include "model/model_int.h"
#include "model/role.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void door_clear(struct door *door)
{
    free(door->password);
    free(door->guests);
    *door = (struct door){ .lobby = MODEL_NONE };
}

bool door_is_open(const struct door *door)
{
    return !door->is_locked && !door->has_lobby && door->password == NULL;
}

// ---- who ---------------------------------------------------------------------------------------

static bool is_same(const struct door_guest *guest, const struct user *user)
{
    return (user->user_id >= 0 && guest->user_id == user->user_id) ||
           (user->cert_hash[0] != '\0' && strcmp(guest->hash, user->cert_hash) == 0) ||
           guest->session == user->session;
}

static struct door_guest *find(const struct door *door, const struct user *user)
{
    for (uint32_t i = 0; i < door->n_guests; i++)
        if (is_same(&door->guests[i], user))
            return &door->guests[i];
    return NULL;
}

uint8_t door_marks(const struct door *door, const struct user *user)
{
    uint8_t marks = 0; // one who has registered meanwhile may stand there twice
    for (uint32_t i = 0; i < door->n_guests; i++)
        if (is_same(&door->guests[i], user))
            marks |= door->guests[i].marks;
    return marks;
}

static void drop(struct door *door, uint32_t i)
{
    door->n_guests--;
    memmove(&door->guests[i], &door->guests[i + 1], (door->n_guests - i) * sizeof(door->guests[0]));
}

bool door_add(struct door *door, const struct door_guest *one)
{
    if (door->n_guests == DOOR_GUESTS_MAX)
        drop(door, 0);
    struct door_guest *grown =
        realloc(door->guests, (door->n_guests + 1) * sizeof(door->guests[0]));
    if (grown == NULL)
        return false;
    door->guests = grown;
    door->guests[door->n_guests++] = *one;
    return true;
}

bool door_mark(struct door *door, const struct user *user, uint8_t marks)
{
    struct door_guest *guest = find(door, user);
    if (guest != NULL && (guest->marks & marks) == marks && guest->session == user->session)
        return false;
    rights_stale(user);
    if (guest != NULL) {
        guest->marks |= marks;
        guest->session = user->session;
        return true;
    }
    struct door_guest fresh = { .user_id = user->user_id,
                                .session = user->session,
                                .marks = marks };
    memcpy(fresh.hash, user->cert_hash, sizeof(fresh.hash));
    return door_add(door, &fresh);
}

bool door_clear_mark(struct door *door, const struct user *user, uint8_t marks)
{
    bool is_news = false;
    for (uint32_t i = 0; i < door->n_guests; i++) {
        struct door_guest *guest = &door->guests[i];
        if (!is_same(guest, user) || (guest->marks & marks) == 0)
            continue;
        guest->marks &= (uint8_t)~marks;
        is_news = true;
    }
    if (is_news)
        rights_stale(user);
    return is_news;
}

void door_forget(struct door *door, const struct user *user)
{
    for (uint32_t i = door->n_guests; i-- > 0;) {
        if (!is_same(&door->guests[i], user))
            continue;
        door->guests[i].marks &= DOOR_DEMOTED; // what was taken from them is not given back
        if (door->guests[i].marks == 0)
            drop(door, i);
    }
    rights_stale(user);
}

void door_unmark(struct door *door, uint8_t marks)
{
    for (uint32_t i = door->n_guests; i-- > 0;) {
        door->guests[i].marks &= (uint8_t)~marks;
        if (door->guests[i].marks == 0)
            drop(door, i);
    }
}

// Who had neither a registration nor a certificate cannot be known again.
void door_session_gone(struct door *door, uint32_t session)
{
    for (uint32_t i = door->n_guests; i-- > 0;) {
        struct door_guest *guest = &door->guests[i];
        if (guest->session != session)
            continue;
        guest->session = 0;
        if (guest->user_id < 0 && guest->hash[0] == '\0')
            drop(door, i);
    }
    if (door->given == session)
        door->given = 0;
}

// ---- the password ------------------------------------------------------------------------------

// As many steps as the word is long, whatever the password is.
bool door_is_password(const struct door *door, const char *word)
{
    const char *secret = door->password;
    if (secret == NULL)
        return false;
    size_t len = strlen(secret), n = strlen(word);
    unsigned difference = len != n;
    for (size_t i = 0; i < n; i++) {
        unsigned char ours = (unsigned char)secret[i % (len + 1)];
        difference |= (unsigned)(tolower(ours) ^ tolower((unsigned char)word[i]));
    }
    return difference == 0;
}

static bool has_token(const struct door *door, const struct user *user)
{
    const struct user_rights *rights = user->rights;
    const struct tokens *lists[] = { rights != NULL ? &rights->own : NULL,
                                     rights != NULL ? &rights->lent : NULL };
    bool is_known = false;
    for (size_t k = 0; door->password != NULL && k < 2; k++)
        for (uint32_t i = 0; lists[k] != NULL && i < lists[k]->n; i++)
            is_known |= door_is_password(door, lists[k]->list[i]);
    return is_known;
}

// ---- and where ---------------------------------------------------------------------------------

bool model_is_inside(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting)
{
    return model_channel_is_within(model, user->channel, meeting->id);
}

struct meeting_info *model_meeting_around(const struct model *model, uint32_t channel)
{
    const struct channel_node *node = model_node(model, channel);
    while (node != NULL && node->channel.meeting == MODEL_NONE)
        node = node->above;
    return node != NULL ? model_meeting(model, node->channel.meeting) : NULL;
}

struct meeting_info *model_meeting_of_lobby(const struct model *model, uint32_t channel)
{
    for (size_t i = 0; channel != MODEL_NONE && i < model->n_meetings; i++)
        if (model->meetings[i]->door.lobby == channel)
            return model->meetings[i];
    return NULL;
}

enum door_answer model_door(const struct model *model, const struct user *user,
                            const struct meeting_info *meeting)
{
    meeting = model_meeting_root(model, meeting);
    const struct door *door = &meeting->door;
    if (door_is_open(door))
        return DOOR_OPEN;
    enum role role = model_role_at_door(model, user, meeting);
    bool is_inside = model_is_inside(model, user, meeting);
    if (role >= ROLE_INTERPRETER || is_inside) // spare the rest
        return DOOR_OPEN;
    const struct door_facts facts = { .role = role,
                                      .is_inside = is_inside,
                                      .is_locked = door->is_locked,
                                      .has_password = door->password != NULL,
                                      .has_lobby = door->has_lobby,
                                      .marks = door_marks(door, user),
                                      .has_token = has_token(door, user) };
    return door_decide(&facts);
}
