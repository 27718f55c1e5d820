// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>

const char *model_error_text(int error)
{
    switch (error) {
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        MODEL_ERRORS(X)
#undef X
    default:
        return "no error";
    }
}

struct model *model_new(const struct model_limits *limits, const char *root_name)
{
    struct model *model = calloc(1, sizeof(*model));
    if (model == NULL)
        return NULL;
    model->limits = *limits;
    model->rights_generation = 1;
    // Twice as many numbers as people, so that one which was given back rests before it returns.
    model->n_sessions = 2 * limits->users + limits->server_made_users + 1;
    model->users = calloc(model->n_sessions, sizeof(struct user *));
    model->free_sessions = calloc(model->n_sessions, sizeof(uint32_t));
    if (model->users == NULL || model->free_sessions == NULL)
        goto fail;
    for (uint32_t session = 1; session < model->n_sessions; session++)
        model->free_sessions[model->n_free++] = session;
    if (model_channel_add(model, MODEL_ROOT, MODEL_NONE, root_name) == NULL)
        goto fail;
    return model;
fail:
    model_free(model);
    return NULL;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    for (uint32_t i = 0; model->users != NULL && i < model->n_sessions; i++)
        user_free(model->users[i]);
    table_clear(&model->names);
    channels_free(model);
    for (size_t i = 0; i < model->n_meetings; i++)
        meeting_info_free(model->meetings[i]);
    free(model->meetings);
    registry_clear(&model->registry);
    bans_clear(model);
    free(model->users);
    free(model->free_sessions);
    free(model);
}

void model_set_limits(struct model *model, const struct model_limits *limits)
{
    model->limits = *limits;
}

uint32_t model_sessions_max(const struct model *model)
{
    return model->n_sessions;
}

void model_set_moderators(struct model *model, char **names)
{
    model->moderators = names;
    model->rights_generation++;
}
