// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

void names_free(char **names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        free(names[i]);
    free(names);
}

void meeting_info_free(struct meeting_info *meeting)
{
    if (meeting == NULL)
        return;
    for (size_t i = 0; i < MODEL_LANGS_MAX; i++)
        free(meeting->tracks[i].name);
    for (size_t i = 0; i < MODEL_BOOTHS_MAX; i++)
        free(meeting->booths[i].name);
    names_free(meeting->interpreters);
    names_free(meeting->moderators);
    free(meeting->name);
    free(meeting);
}

struct meeting_info *model_meeting_add(struct model *model, uint32_t floor_channel,
                                       const char *name)
{
    struct meeting_info **grown =
        realloc(model->meetings, (model->n_meetings + 1) * sizeof(struct meeting_info *));
    if (grown == NULL)
        return NULL;
    model->meetings = grown;
    struct meeting_info *meeting = calloc(1, sizeof(*meeting));
    if (meeting == NULL || (meeting->name = str_dup(name)) == NULL) {
        free(meeting);
        return NULL;
    }
    meeting->id = floor_channel;
    meeting->parent = MODEL_NONE;
    model->meetings[model->n_meetings++] = meeting;
    model->rights_generation++;
    return meeting;
}

struct meeting_info *model_meeting(const struct model *model, uint32_t id)
{
    for (size_t i = 0; i < model->n_meetings; i++)
        if (model->meetings[i]->id == id)
            return model->meetings[i];
    return NULL;
}

struct meeting_info *model_meeting_at(const struct model *model, size_t index)
{
    return index < model->n_meetings ? model->meetings[index] : NULL;
}

struct meeting_info *model_meeting_of(const struct model *model, const struct user *user)
{
    const struct channel *channel = model_channel(model, user->channel);
    return channel != NULL && channel->meeting != MODEL_NONE
               ? model_meeting(model, channel->meeting)
               : NULL;
}

static size_t find_grant(const struct user *user, uint32_t meeting_id)
{
    size_t i = 0;
    while (i < MODEL_GRANTS && user->interpreter_of[i] != meeting_id)
        i++;
    return i;
}

void model_make_interpreter(struct user *user, uint32_t meeting_id)
{
    if (find_grant(user, meeting_id) < MODEL_GRANTS)
        return;
    memmove(&user->interpreter_of[1], user->interpreter_of,
            (MODEL_GRANTS - 1) * sizeof(user->interpreter_of[0]));
    user->interpreter_of[0] = meeting_id;
    rights_stale(user);
}

static void forget_grants(struct model *model, uint32_t meeting_id)
{
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        size_t i = find_grant(user, meeting_id);
        if (i < MODEL_GRANTS)
            user->interpreter_of[i] = MODEL_NONE;
    }
}

void model_meeting_remove(struct model *model, uint32_t id)
{
    model->rights_generation++;
    forget_grants(model, id);
    for (size_t i = 0; i < model->n_channels; i++) {
        struct channel *channel = model->channels[i];
        if (channel->meeting != id)
            continue;
        channel->meeting = MODEL_NONE;
        channel->role = CHANNEL_PLAIN;
    }
    for (size_t i = 0; i < model->n_meetings; i++) {
        if (model->meetings[i]->id != id)
            continue;
        meeting_info_free(model->meetings[i]);
        model->meetings[i] = model->meetings[--model->n_meetings];
        return;
    }
}

int meeting_info_lang(const struct meeting_info *meeting, const char *tag)
{
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        if (str_equal_fold(meeting->tracks[i].lang, tag))
            return i;
    // "es" also means the only track of that language with a region ("es-MX").
    size_t n = strlen(tag);
    for (uint8_t i = 0; n >= 2 && i < meeting->n_tracks; i++) {
        char head[16];
        const char *lang = meeting->tracks[i].lang;
        if (n < sizeof(head) && strlen(lang) > n && lang[n] == '-') {
            memcpy(head, lang, n);
            head[n] = '\0';
            if (str_equal_fold(head, tag))
                return i;
        }
    }
    return -1;
}

static bool is_named(char **names, const struct user *user)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (names[i][0] == '$') {
            if (user->cert_hash[0] != '\0' && strcmp(names[i] + 1, user->cert_hash) == 0)
                return true;
        } else if (str_equal_fold(names[i], user->name)) {
            return true;
        }
    }
    return false;
}

// In the ACL group of that name, as seen from the floor.
static bool is_in_group(const struct model *model, const struct user *user,
                        const struct meeting_info *meeting, const char *group)
{
    return user->user_id >= 0 && model_group_has(model, meeting->id, group, user->user_id);
}

bool model_is_moderator(const struct model *model, const struct user *user,
                        const struct meeting_info *meeting)
{
    if (user->user_id == MODEL_SUPERUSER || is_named(model->moderators, user))
        return true;
    if (meeting == NULL)
        return false;
    if (meeting->parent != MODEL_NONE)
        return model_is_moderator(model, user, model_meeting(model, meeting->parent));
    const struct channel_node *floor = model_node(model, meeting->id);
    return is_named(meeting->moderators, user) || is_in_group(model, user, meeting, "moderators") ||
           (floor != NULL && (rights_by_acl(model, user, floor) & PERM_WRITE) != 0);
}

bool meeting_invites(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting)
{
    const struct meeting_info *parent =
        meeting->parent != MODEL_NONE ? model_meeting(model, meeting->parent) : NULL;
    if (parent != NULL)
        return meeting_invites(model, user, parent);
    return meeting->is_anyone_interpreter || find_grant(user, meeting->id) < MODEL_GRANTS ||
           is_named(meeting->interpreters, user) ||
           is_in_group(model, user, meeting, "interpreters");
}

bool model_is_interpreter(const struct model *model, const struct user *user,
                          const struct meeting_info *meeting)
{
    return meeting_invites(model, user, meeting) || model_is_moderator(model, user, meeting);
}
