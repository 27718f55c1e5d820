// SPDX-License-Identifier: BSD-3-Clause
#include "model/role.h"
#include "model/model_int.h"

#include <string.h>

// What would let one hear a booth, or be heard in it. Move is among them: with it one could move
// oneself in.
#define WALLS                                                                                      \
    (uint32_t)(PERM_ENTER | PERM_SPEAK | PERM_WHISPER | PERM_TEXT_MESSAGE | PERM_LISTEN | PERM_MOVE)
// Who makes a channel beneath stands in it; who links one hears it.
#define DOORS (uint32_t)(WALLS | PERM_MAKE_CHANNEL | PERM_MAKE_TEMP_CHANNEL | PERM_LINK_CHANNEL)
#define MODERATES (uint32_t)(PERM_DEFAULT | PERM_MUTE_DEAFEN | PERM_MOVE)
#define VOICE (uint32_t)(PERM_SPEAK | PERM_WHISPER)

static const struct {
    const char *name, *group;
} names[ROLES] = {
    [ROLE_NONE] = { "", "" },
    [ROLE_PARTICIPANT] = { "participant", "participants" },
    [ROLE_INTERPRETER] = { "interpreter", "interpreters" },
    [ROLE_MODERATOR] = { "moderator", "moderators" },
};

const char *role_name(enum role role)
{
    return names[role].name;
}

const char *role_group(enum role role)
{
    return names[role].group;
}

bool role_from_name(const char *name, enum role *role)
{
    for (int i = ROLE_PARTICIPANT; i < ROLES; i++)
        if (str_equal_fold(name, names[i].name)) {
            *role = (enum role)i;
            return true;
        }
    return false;
}

// ---- deciding ---------------------------------------------------------------------------------

bool role_is_fixed(const struct role_facts *facts)
{
    return facts->is_superuser || facts->is_server_moderator || facts->may_write ||
           facts->is_named_moderator;
}

enum role role_decide(const struct role_facts *facts)
{
    if (role_is_fixed(facts))
        return ROLE_MODERATOR;
    if (facts->given != ROLE_NONE)
        return facts->given;
    if (facts->is_in_moderators)
        return ROLE_MODERATOR;
    if (facts->is_in_interpreters)
        return ROLE_INTERPRETER;
    if (facts->is_in_participants)
        return ROLE_PARTICIPANT;
    return facts->is_named_interpreter || facts->is_anyone_interpreter ? ROLE_INTERPRETER
                                                                       : ROLE_PARTICIPANT;
}

enum door_answer door_decide(const struct door_facts *facts)
{
    if (facts->role >= ROLE_INTERPRETER || facts->is_inside)
        return DOOR_OPEN;
    if (facts->is_locked)
        return (facts->marks & DOOR_WAS_THERE) != 0 ? DOOR_OPEN : DOOR_LOCKED;
    if ((facts->marks & DOOR_LET_IN) != 0)
        return DOOR_OPEN;
    if (facts->has_password && !facts->has_token && (facts->marks & DOOR_KNOWS_PASSWORD) == 0)
        return DOOR_PASSWORD;
    return facts->has_lobby ? DOOR_LOBBY : DOOR_OPEN;
}

uint32_t role_rights(uint32_t granted, const struct role_rights_facts *facts)
{
    if (facts->role == ROLE_MODERATOR)
        return facts->place == ROLE_BENEATH ? granted : granted | MODERATES;
    if (facts->place == ROLE_AT_BOOTH)
        return facts->role == ROLE_INTERPRETER && facts->door == DOOR_OPEN ? granted | PERM_DEFAULT
                                                                           : granted & ~WALLS;
    if (facts->place == ROLE_AT_LOBBY) // who waits is not heard, and hears nobody
        return granted & ~(VOICE | (uint32_t)PERM_LISTEN);
    if (facts->door != DOOR_OPEN)
        granted &= ~DOORS;
    bool is_hall = facts->place == ROLE_AT_FLOOR || facts->place == ROLE_AT_TRACK;
    bool is_participant = facts->role == ROLE_PARTICIPANT || facts->is_by_anyone;
    if (facts->is_all_muted && is_hall && is_participant && !facts->is_voiced)
        granted &= ~VOICE;
    return granted;
}

// ---- the facts about somebody's role ----------------------------------------------------------

static bool is_named(char **list, const struct user *user)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (list[i][0] == '$') {
            if (user->cert_hash[0] != '\0' && strcmp(list[i] + 1, user->cert_hash) == 0)
                return true;
        } else if (str_equal_fold(list[i], user->name)) {
            return true;
        }
    }
    return false;
}

// In the ACL group of that role, as seen from the floor.
static bool is_in_group(const struct model *model, const struct user *user,
                        const struct meeting_info *meeting, enum role role)
{
    return user->user_id >= 0 &&
           model_group_has(model, meeting->id, names[role].group, user->user_id);
}

static size_t find_grant(const struct user *user, uint32_t meeting_id)
{
    size_t i = 0;
    while (i < MODEL_GRANTS && user->grants[i].meeting != meeting_id)
        i++;
    return i;
}

static struct role_facts facts_of(const struct model *model, const struct user *user,
                                  const struct meeting_info *meeting)
{
    struct role_facts facts = { .is_superuser = user->user_id == MODEL_SUPERUSER,
                                .is_server_moderator = is_named(model->moderators, user),
                                .given = ROLE_NONE };
    if (meeting == NULL)
        return facts;
    meeting = model_meeting_root(model, meeting);
    const struct channel_node *floor = model_node(model, meeting->id);
    size_t grant = find_grant(user, meeting->id);
    facts.may_write = floor != NULL && (rights_by_acl(model, user, floor) & PERM_WRITE) != 0;
    facts.is_named_moderator = is_named(meeting->moderators, user);
    facts.is_named_interpreter = is_named(meeting->interpreters, user);
    facts.is_anyone_interpreter = meeting->is_anyone_interpreter;
    facts.is_in_moderators = is_in_group(model, user, meeting, ROLE_MODERATOR);
    facts.is_in_interpreters = is_in_group(model, user, meeting, ROLE_INTERPRETER);
    facts.is_in_participants = is_in_group(model, user, meeting, ROLE_PARTICIPANT);
    if (grant < MODEL_GRANTS)
        facts.given = user->grants[grant].role;
    return facts;
}

enum role model_role(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting)
{
    struct role_facts facts = facts_of(model, user, meeting);
    return role_decide(&facts);
}

enum role model_role_at_door(const struct model *model, const struct user *user,
                             const struct meeting_info *meeting)
{
    struct role_facts facts = facts_of(model, user, meeting);
    facts.is_anyone_interpreter = false;
    return role_decide(&facts);
}

bool model_role_is_fixed(const struct model *model, const struct user *user,
                         const struct meeting_info *meeting)
{
    struct role_facts facts = facts_of(model, user, meeting);
    return role_is_fixed(&facts);
}

bool model_is_moderator(const struct model *model, const struct user *user,
                        const struct meeting_info *meeting)
{
    return model_role(model, user, meeting) == ROLE_MODERATOR;
}

bool model_is_interpreter(const struct model *model, const struct user *user,
                          const struct meeting_info *meeting)
{
    return model_role(model, user, meeting) >= ROLE_INTERPRETER;
}

// ---- giving one -------------------------------------------------------------------------------

static void grant(struct user *user, uint32_t meeting_id, enum role role)
{
    size_t i = find_grant(user, meeting_id);
    if (i == MODEL_GRANTS)
        i--; // the oldest ends
    memmove(&user->grants[1], user->grants, i * sizeof(user->grants[0]));
    user->grants[0] = (struct role_grant){ meeting_id, role };
    rights_stale(user);
}

static int enrol(struct model *model, uint32_t floor, int32_t user_id, enum role role)
{
    for (int other = ROLE_PARTICIPANT; other < ROLES; other++)
        if (other != (int)role && model_group_has(model, floor, names[other].group, user_id)) {
            int error = model_group_dismiss(model, floor, names[other].group, user_id);
            if (error != 0)
                return error;
        }
    return model_group_has(model, floor, names[role].group, user_id)
               ? 0
               : model_group_admit(model, floor, names[role].group, user_id);
}

int model_role_give(struct model *model, struct user *user, const struct meeting_info *meeting,
                    enum role role)
{
    meeting = model_meeting_root(model, meeting);
    if (user->user_id < 0) {
        grant(user, meeting->id, role);
        return 0;
    }
    size_t i = find_grant(user, meeting->id);
    if (i < MODEL_GRANTS)
        user->grants[i].meeting = MODEL_NONE;
    return enrol(model, meeting->id, user->user_id, role);
}

bool model_role_keep(struct model *model, struct user *user, const struct meeting_info *meeting)
{
    size_t i = find_grant(user, meeting->id);
    return i < MODEL_GRANTS && user->user_id >= 0 &&
           model_role_give(model, user, meeting, user->grants[i].role) == 0;
}

void grants_forget(struct model *model, uint32_t meeting_id)
{
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        size_t i = find_grant(user, meeting_id);
        if (i < MODEL_GRANTS)
            user->grants[i].meeting = MODEL_NONE;
    }
}
