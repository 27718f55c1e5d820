// SPDX-License-Identifier: BSD-3-Clause
//
// The moderator's hand, for `susurro admin meeting MEETING …`: what the chat commands do.
#include "control/admin/admin_int.h"
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

// ---- roles -------------------------------------------------------------------------------------

static void give(const struct act *act, enum role role)
{
    struct server *server = act->question->server;
    if (role != ROLE_MODERATOR && model_role_is_fixed(server->model, act->person, act->meeting)) {
        answer_error(act->answer, "refused",
                     "%s moderates by the configuration or access rules: change those",
                     act->person->name);
        return;
    }
    int error = roles_give(server, act->meeting, act->person, role, true);
    if (error != 0)
        answer_error(act->answer, "failed", "%s", model_error_text(error));
    else
        answer_done(act->answer, "%s is %s %s of %s.", act->person->name,
                    role == ROLE_INTERPRETER ? "an" : "a", role_name(role), act->meeting->name);
}

void act_interpreter(const struct act *act)
{
    give(act, ROLE_INTERPRETER);
}

void act_moderator(const struct act *act)
{
    give(act, ROLE_MODERATOR);
}

void act_participant(const struct act *act)
{
    give(act, ROLE_PARTICIPANT);
}

static void put_role(const struct act *act, const char *name, int32_t user_id, enum role role,
                     bool is_here)
{
    answer_open(act->answer, NULL, '{');
    answer_text(act->answer, "name", name);
    answer_integer(act->answer, "user_id", user_id);
    answer_text(act->answer, "role", role_name(role));
    answer_bool(act->answer, "here", is_here);
    answer_close(act->answer, '}');
}

static bool is_here(const struct model *model, int32_t user_id)
{
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        if (user->user_id == user_id)
            return true;
    return false;
}

// Members of the groups who are elsewhere: of each the highest.
static void put_absent(const struct act *act)
{
    const struct model *model = act->question->server->model;
    for (int role = ROLE_MODERATOR; role > ROLE_NONE; role--) {
        int32_t *ids;
        size_t n = model_group_members(model, act->meeting->id, role_group((enum role)role), &ids);
        for (size_t i = 0; i < n; i++) {
            const struct registered *person = registry_find(model, ids[i]);
            bool is_higher = false;
            for (int above = role + 1; above < ROLES; above++)
                is_higher |=
                    model_group_has(model, act->meeting->id, role_group((enum role)above), ids[i]);
            if (person != NULL && !is_higher && !is_here(model, ids[i]))
                put_role(act, person->name, person->id, (enum role)role, false);
        }
        free(ids);
    }
}

void act_roles(const struct act *act)
{
    const struct model *model = act->question->server->model;
    answer_open(act->answer, NULL, '{');
    answer_bool(act->answer, "ok", true);
    answer_open(act->answer, "roles", '[');
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        enum role role = model_role(model, user, act->meeting);
        bool is_of_it = role != ROLE_PARTICIPANT || model_is_inside(model, user, act->meeting) ||
                        user->channel == act->meeting->door.lobby;
        if (!user->is_server_made && user != act->question->user && is_of_it)
            put_role(act, user->name, user->user_id, role, true);
    }
    put_absent(act);
    answer_close(act->answer, ']');
    answer_close(act->answer, '}');
}

// ---- invitations -------------------------------------------------------------------------------

// ROLE HOURS [once]
void act_invite(const struct act *act)
{
    const struct question *question = act->question;
    char word[INVITE_WORD_BYTES], *end;
    unsigned long hours = strtoul(question->words[4], &end, 10);
    bool is_number = question->words[4][0] >= '0' && question->words[4][0] <= '9' && *end == '\0';
    bool is_single = question->n_words == 6;
    enum role role;
    if (!role_from_name(act->word, &role) ||
        (is_single && strcmp(question->words[5], "once") != 0)) {
        answer_error(act->answer, "usage", "a role is participant, interpreter or moderator");
    } else if (!is_number || hours < 1 || hours > INVITE_HOURS_MAX) {
        answer_error(act->answer, "usage", "an invitation is good for 1 hour to %u",
                     INVITE_HOURS_MAX);
    } else if (!invites_make(question->server, act->meeting, role, (uint32_t)hours, is_single,
                             word)) {
        answer_error(act->answer, "failed", "%s", model_error_text(MODEL_E_MEMORY));
    } else {
        answer_open(act->answer, NULL, '{');
        answer_bool(act->answer, "ok", true);
        answer_text(act->answer, "invitation", word);
        answer_text(act->answer, "meeting", act->meeting->name);
        answer_text(act->answer, "role", role_name(role));
        answer_integer(act->answer, "expires", clock_unix_s() + (int64_t)hours * 3600);
        answer_close(act->answer, '}');
    }
}

void act_revoke(const struct act *act)
{
    invites_revoke(act->question->server, act->meeting);
    answer_done(act->answer, "The invitations to %s have ended.", act->meeting->name);
}

// ---- the door, the voices ----------------------------------------------------------------------

void act_lock(const struct act *act)
{
    door_lock(act->question->server, act->meeting, true, act->question->user->name);
    answer_done(act->answer, "%s is locked.", act->meeting->name);
}

void act_unlock(const struct act *act)
{
    door_lock(act->question->server, act->meeting, false, act->question->user->name);
    answer_done(act->answer, "%s is not locked any more.", act->meeting->name);
}

void act_mute_all(const struct act *act)
{
    door_mute_all(act->question->server, act->meeting, true);
    answer_done(act->answer, "The participants of %s are muted.", act->meeting->name);
}

void act_unmute_all(const struct act *act)
{
    door_mute_all(act->question->server, act->meeting, false);
    answer_done(act->answer, "Everybody in %s may speak.", act->meeting->name);
}

void act_allow(const struct act *act)
{
    if (door_allow(act->question->server, act->meeting, act->person))
        answer_done(act->answer, "%s may speak.", act->person->name);
    else
        answer_error(act->answer, "refused", "%s is not in that meeting", act->person->name);
}

void act_admit(const struct act *act)
{
    struct server *server = act->question->server;
    if (act->person == NULL)
        answer_done(act->answer, "People let in: %u.", door_admit_all(server, act->meeting));
    else if (door_admit(server, act->meeting, act->person))
        answer_done(act->answer, "%s is let in.", act->person->name);
    else
        answer_error(act->answer, "refused", "%s is in %s already", act->person->name,
                     act->meeting->name);
}

void act_gather(const struct act *act)
{
    bool is_all = strcmp(act->word, "floor") == 0;
    if (act->word[0] != '\0' && !is_all)
        answer_error(act->answer, "usage", "gather, or gather floor");
    else
        answer_done(act->answer, "People brought back: %u.",
                    door_gather(act->question->server, act->meeting, is_all));
}

// ---- booths ------------------------------------------------------------------------------------

static void order(const struct act *act, enum mixer_command_kind kind, int32_t value)
{
    link_mixer(act->question->server,
               &(struct mixer_command){
                   .kind = kind, .meeting = act->meeting->id, .value = value, .token = 0 });
}

void act_floor_language(const struct act *act)
{
    int lang = act_language(act);
    if (lang < 0)
        return;
    order(act, MIXER_CMD_FLOOR_LANG, lang);
    answer_done(act->answer, "%s is spoken on the floor.",
                lang_own_name(act->meeting->tracks[lang].lang));
}

void act_pivot(const struct act *act)
{
    int lang = act->word[0] != '\0' ? act_language(act) : -1;
    if (lang < 0 && act->word[0] != '\0')
        return;
    order(act, MIXER_CMD_PIVOT, lang);
    if (lang >= 0)
        answer_done(act->answer, "Relay goes through %s where there is a choice.",
                    lang_own_name(act->meeting->tracks[lang].lang));
    else
        answer_done(act->answer, "No language is preferred for relay.");
}

void act_turn(const struct act *act)
{
    int booth = act->word[0] != '\0' ? meeting_info_booth(act->meeting, act->word) : -1;
    if (booth < 0 && act->word[0] != '\0') {
        answer_error(act->answer, "not_found", "the meeting has no booth \"%.100s\"", act->word);
        return;
    }
    order(act, MIXER_CMD_TURN_NOW, booth);
    if (booth >= 0)
        answer_done(act->answer, "The booth %s turns.", act->meeting->booths[booth].name);
    else
        answer_done(act->answer, "The booths of %s turn.", act->meeting->name);
}
