// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

enum { CONTEXT_SHOUT = 1, CONTEXT_WHISPER = 2 };

static bool is_reached(const struct reached *out, size_t n, uint32_t session)
{
    for (size_t i = 0; i < n; i++)
        if (out[i].session == session)
            return true;
    return false;
}

// What booths hear is always mixed: a whisper into one would pass the ears' guard, so none goes in.
static bool may_reach(const struct model *model, const struct user *speaker,
                      const struct user *user)
{
    const struct channel *channel = model_channel(model, user->channel);
    return user != speaker && !user->is_server_made && !model_user_is_deaf(user) &&
           channel->role != CHANNEL_BOOTH &&
           (model_permissions(model, speaker, user->channel) & PERM_WHISPER) != 0;
}

static bool is_shouted_at(const struct model *model, const struct voice_target *list,
                          const struct user *user)
{
    for (uint16_t i = 0; i < list->n_entries; i++) {
        const struct target_entry *entry = &list->entries[i];
        if (entry->session == MODEL_NONE &&
            (user->channel == entry->channel ||
             (entry->with_children &&
              model_channel_is_within(model, user->channel, entry->channel))))
            return true;
    }
    return false;
}

static bool has_channels(const struct voice_target *list)
{
    for (uint16_t i = 0; i < list->n_entries; i++)
        if (list->entries[i].session == MODEL_NONE)
            return true;
    return false;
}

size_t model_reach_target(const struct model *model, const struct user *speaker, unsigned target,
                          struct reached *out, size_t cap)
{
    if (target == 0 || target >= MODEL_TARGETS)
        return 0;
    const struct voice_target *list = &speaker->targets[target];
    size_t n = 0;
    // Each user once, whatever the entries: comparing all with all would let one client with many
    // targets hold everybody up.
    if (has_channels(list))
        for (const struct user *user = model_user_next(model, 0); user != NULL && n < cap;
             user = model_user_next(model, user->session))
            if (is_shouted_at(model, list, user) && may_reach(model, speaker, user))
                out[n++] = (struct reached){ .session = user->session, .context = CONTEXT_SHOUT };
    for (uint16_t i = 0; i < list->n_entries && n < cap; i++) {
        const struct user *user = model_user(model, list->entries[i].session);
        if (user != NULL && may_reach(model, speaker, user) && !is_reached(out, n, user->session))
            out[n++] = (struct reached){ .session = user->session, .context = CONTEXT_WHISPER };
    }
    return n;
}
