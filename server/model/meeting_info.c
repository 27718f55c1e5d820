// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdio.h>
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
    door_clear(&meeting->door);
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
    meeting->door.lobby = MODEL_NONE;
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

void model_meeting_remove(struct model *model, uint32_t id)
{
    grants_forget(model, id);
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
        break;
    }
    model_rights_changed(model);
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

struct meeting_info *model_meeting_root(const struct model *model,
                                        const struct meeting_info *meeting)
{
    struct meeting_info *parent =
        meeting->parent != MODEL_NONE ? model_meeting(model, meeting->parent) : NULL;
    return parent != NULL ? parent : (struct meeting_info *)(uintptr_t)meeting;
}

int meeting_info_booth(const struct meeting_info *meeting, const char *word)
{
    for (uint8_t i = 0; i < meeting->n_booths; i++) {
        const struct meeting_booth *booth = &meeting->booths[i];
        const char *a = meeting->tracks[booth->lang_a].lang,
                   *b = meeting->tracks[booth->lang_b].lang;
        const char *c = booth->has_third ? meeting->tracks[booth->lang_c].lang : "";
        char pair[64], turned[64], one_way[64];
        snprintf(pair, sizeof(pair), "%s-%s%s%s", a, b, booth->has_third ? "-" : "", c);
        snprintf(turned, sizeof(turned), "%s-%s", b, a);
        snprintf(one_way, sizeof(one_way), "%s>%s", a, b);
        if (str_equal_fold(booth->name, word) || str_equal_fold(pair, word) ||
            (!booth->has_third && !booth->is_one_way && str_equal_fold(turned, word)) ||
            (booth->is_one_way && str_equal_fold(one_way, word)))
            return i;
    }
    return -1;
}

void model_set_voiced(struct user *user, uint32_t meeting_id)
{
    user->voiced_in = meeting_id;
    rights_stale(user);
}

void model_set_given(struct model *model, struct meeting_info *meeting, uint32_t session)
{
    const uint32_t changed[] = { meeting->door.given, session };
    meeting->door.given = session;
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        const struct user *user = model_user(model, changed[i]);
        if (user != NULL)
            rights_stale(user);
    }
}
