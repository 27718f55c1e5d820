// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct listening *find(const struct user *user, uint32_t channel)
{
    for (uint32_t i = 0; i < user->n_listening; i++)
        if (user->listening[i].channel == channel)
            return &user->listening[i];
    return NULL;
}

// With no room left, a channel that is off is forgotten for the new one.
static int add(struct user *user, uint32_t channel)
{
    const struct listening fresh = { .channel = channel, .volume = 1 };
    for (uint32_t i = 0; user->n_listening == MODEL_LISTENING_MAX && i < MODEL_LISTENING_MAX; i++)
        if (!user->listening[i].is_on) {
            user->listening[i] = fresh;
            return 0;
        }
    if (user->n_listening == MODEL_LISTENING_MAX)
        return MODEL_E_LIMIT;
    struct listening *grown = realloc(user->listening, (user->n_listening + 1) * sizeof(*grown));
    if (grown == NULL)
        return MODEL_E_MEMORY;
    user->listening = grown;
    user->listening[user->n_listening++] = fresh;
    return 0;
}

int model_listen(struct model *model, struct user *user, uint32_t channel, float volume)
{
    struct channel *where = model_channel(model, channel);
    if (where == NULL)
        return MODEL_E_UNKNOWN;
    struct listening *ears = find(user, channel);
    if (ears == NULL) {
        int error = add(user, channel);
        if (error != 0)
            return error;
        ears = find(user, channel);
    }
    where->n_listeners += ears->is_on ? 0 : 1;
    model->n_ears += ears->is_on ? 0 : 1;
    ears->is_on = true;
    if (volume >= 0 && isfinite(volume))
        ears->volume = volume;
    return 0;
}

void model_unlisten(struct model *model, struct user *user, uint32_t channel)
{
    struct listening *ears = find(user, channel);
    if (ears == NULL || !ears->is_on)
        return;
    ears->is_on = false;
    model->n_ears--;
    struct channel *where = model_channel(model, channel);
    if (where != NULL)
        where->n_listeners--;
}

const struct listening *model_listening(const struct user *user, uint32_t channel)
{
    const struct listening *ears = find(user, channel);
    return ears != NULL && ears->is_on ? ears : NULL;
}

bool model_listening_set_volume(struct user *user, uint32_t channel, float volume)
{
    struct listening *ears = find(user, channel);
    if (ears != NULL)
        ears->volume = volume;
    return ears != NULL;
}

uint32_t model_listening_count(const struct user *user)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < user->n_listening; i++)
        n += user->listening[i].is_on ? 1 : 0;
    return n;
}

bool model_listening_hears(const struct model *model, const struct user *user,
                           const struct listening *ears)
{
    const struct channel *there = model_channel(model, ears->channel),
                         *here = model_channel(model, user->channel);
    if (!ears->is_on || there == NULL || here->role == CHANNEL_BOOTH)
        return false;
    if (there->role == CHANNEL_FLOOR)
        return here->role != CHANNEL_TRACK || here->meeting != there->meeting;
    return there->role == CHANNEL_PLAIN;
}

void user_unlisten_all(struct model *model, struct user *user)
{
    for (uint32_t i = 0; i < user->n_listening; i++)
        model_unlisten(model, user, user->listening[i].channel);
}

void listening_forget_channel(struct model *model, uint32_t channel)
{
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        uint32_t n = 0;
        model_unlisten(model, user, channel);
        for (uint32_t i = 0; i < user->n_listening; i++)
            if (user->listening[i].channel != channel)
                user->listening[n++] = user->listening[i];
        user->n_listening = n;
    }
}

int model_user_mute(struct user *user, uint32_t session, bool is_muted)
{
    for (uint32_t i = 0; i < user->n_muted; i++) {
        if (user->muted[i] != session)
            continue;
        if (!is_muted)
            user->muted[i] = user->muted[--user->n_muted];
        return 0;
    }
    if (!is_muted)
        return 0;
    if (user->n_muted == MODEL_MUTED_MAX)
        return MODEL_E_LIMIT;
    uint32_t *grown = realloc(user->muted, (user->n_muted + 1) * sizeof(*grown));
    if (grown == NULL)
        return MODEL_E_MEMORY;
    user->muted = grown;
    user->muted[user->n_muted++] = session;
    return 0;
}

void muted_forget_session(struct model *model, uint32_t session)
{
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        (void)model_user_mute(user, session, false);
}
