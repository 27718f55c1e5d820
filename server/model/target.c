// SPDX-License-Identifier: BSD-3-Clause
//
// Voice targets: what is kept, and whom it reaches. A target costs users + channels + ears to
// resolve, and that once more for each entry with a group; model_target_cost says it before, so
// that the caller can ration it.
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT_SHOUT = 1, CONTEXT_WHISPER = 2, CONTEXT_LISTEN = 3 };

// ---- keeping

void target_clear(struct voice_target *target)
{
    for (uint16_t i = 0; i < target->n_entries; i++)
        free(target->entries[i].group);
    free(target->entries);
    *target = (struct voice_target){ 0 };
}

static bool copy_entry(struct target_entry *to, const struct target_entry *from, unsigned *n_groups)
{
    *to = *from;
    to->group = NULL;
    if (from->session != MODEL_NONE || from->group == NULL)
        return true;
    (*n_groups)++;
    to->group = str_dup(from->group);
    return to->group != NULL;
}

static bool is_kept(const struct target_entry *entry, unsigned n_groups)
{
    return entry->group == NULL || entry->session != MODEL_NONE ||
           (n_groups < MODEL_TARGET_GROUPS && strlen(entry->group) <= MODEL_GROUP_BYTES);
}

int model_user_set_target(struct user *user, unsigned id, const struct target_entry *entries,
                          size_t n)
{
    if (id == 0 || id >= MODEL_TARGETS)
        return MODEL_E_UNKNOWN;
    struct voice_target target = { 0 };
    unsigned n_groups = 0;
    if (n > MODEL_TARGET_ENTRIES)
        n = MODEL_TARGET_ENTRIES;
    if (n > 0 && (target.entries = calloc(n, sizeof(*target.entries))) == NULL)
        return MODEL_E_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (!is_kept(&entries[i], n_groups))
            continue;
        if (!copy_entry(&target.entries[target.n_entries], &entries[i], &n_groups)) {
            target_clear(&target);
            return MODEL_E_MEMORY;
        }
        target.n_entries++;
    }
    target_clear(&user->targets[id]);
    user->targets[id] = target;
    if (target.n_entries == 0)
        target_clear(&user->targets[id]);
    return 0;
}

void targets_forget_session(struct model *model, uint32_t session)
{
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        for (size_t id = 0; id < MODEL_TARGETS; id++) {
            struct voice_target *target = &user->targets[id];
            uint16_t n = 0;
            for (uint16_t i = 0; i < target->n_entries; i++)
                if (target->entries[i].session != session)
                    target->entries[n++] = target->entries[i];
            target->n_entries = n;
        }
}

// ---- resolving

struct search {
    const struct model *model;
    const struct user *speaker;
    struct reached *out;
    size_t n, cap;
    uint32_t *place; // by session: 1 + the place in out, 0: not reached yet
};

static void reach(struct search *search, uint32_t session, uint8_t context, float volume)
{
    if (search->place[session] == 0) {
        if (search->n == search->cap)
            return;
        search->out[search->n++] =
            (struct reached){ .session = session, .context = context, .volume = volume };
        search->place[session] = (uint32_t)search->n;
        return;
    }
    struct reached *known = &search->out[search->place[session] - 1];
    if (context < known->context)
        known->context = context;
    if (volume > known->volume)
        known->volume = volume;
}

// What booths hear is always mixed: a whisper into one would pass the ears' guard, so none goes in.
static bool may_hear(const struct search *search, const struct user *user)
{
    return user != search->speaker && !user->is_server_made && !model_user_is_deaf(user) &&
           model_channel(search->model, user->channel)->role != CHANNEL_BOOTH;
}

static bool may_whisper(const struct search *search, uint32_t channel)
{
    return (model_permissions(search->model, search->speaker, channel) & PERM_WHISPER) != 0;
}

// The named channel, those beneath it, those joined to it by links. Not beneath the linked ones.
static void mark_channels(const struct search *search, const struct target_entry *entry)
{
    const struct model *model = search->model;
    size_t n_linked = 0;
    uint32_t *linked = entry->with_links ? model_linked(model, entry->channel, &n_linked) : NULL;
    for (size_t i = 0; i < model->n_channels; i++) {
        struct channel *channel = model->channels[i];
        if (channel->id == entry->channel ||
            (entry->with_children && model_channel_is_within(model, channel->id, entry->channel)))
            channel->is_marked = true;
    }
    for (size_t i = 0; i < n_linked; i++)
        model_channel(model, linked[i])->is_marked = true;
    free(linked);
}

static void unmark_all(const struct model *model)
{
    for (size_t i = 0; i < model->n_channels; i++)
        model->channels[i]->is_marked = false;
}

static void unmark_forbidden(const struct search *search)
{
    for (size_t i = 0; i < search->model->n_channels; i++) {
        struct channel *channel = search->model->channels[i];
        channel->is_marked = channel->is_marked && channel->role != CHANNEL_BOOTH &&
                             may_whisper(search, channel->id);
    }
}

static bool is_meant(const struct search *search, const struct user *user, const char *group,
                     uint32_t channel)
{
    return group == NULL || model_group_matches(search->model, user, group, channel, channel);
}

static void reach_marked(struct search *search, const char *group)
{
    const struct model *model = search->model;
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        if (!may_hear(search, user))
            continue;
        if (model_channel(model, user->channel)->is_marked &&
            is_meant(search, user, group, user->channel))
            reach(search, user->session, CONTEXT_SHOUT, 1);
        for (uint32_t i = 0; i < user->n_listening; i++) {
            const struct listening *ears = &user->listening[i];
            if (ears->is_on && model_channel(model, ears->channel)->is_marked &&
                model_listening_hears(model, user, ears) &&
                is_meant(search, user, group, ears->channel))
                reach(search, user->session, CONTEXT_LISTEN, ears->volume);
        }
    }
}

// Entries without a group are one search, whatever their number.
static void reach_channels(struct search *search, const struct voice_target *target)
{
    bool has_plain = false;
    unmark_all(search->model);
    for (uint16_t i = 0; i < target->n_entries; i++) {
        const struct target_entry *entry = &target->entries[i];
        if (entry->session != MODEL_NONE || entry->group != NULL)
            continue;
        mark_channels(search, entry);
        has_plain = true;
    }
    if (has_plain) {
        unmark_forbidden(search);
        reach_marked(search, NULL);
    }
    for (uint16_t i = 0; i < target->n_entries; i++) {
        const struct target_entry *entry = &target->entries[i];
        if (entry->session != MODEL_NONE || entry->group == NULL)
            continue;
        unmark_all(search->model);
        mark_channels(search, entry);
        unmark_forbidden(search);
        reach_marked(search, entry->group);
    }
}

size_t model_reach_target(const struct model *model, const struct user *speaker, unsigned target,
                          struct reached *out, size_t cap)
{
    if (target == 0 || target >= MODEL_TARGETS || speaker->targets[target].n_entries == 0)
        return 0;
    const struct voice_target *list = &speaker->targets[target];
    struct search search = { .model = model, .speaker = speaker, .out = out, .cap = cap };
    search.place = calloc(model->n_sessions, sizeof(*search.place));
    if (search.place == NULL)
        return 0;
    reach_channels(&search, list);
    for (uint16_t i = 0; i < list->n_entries; i++) {
        const struct user *user = model_user(model, list->entries[i].session);
        if (user != NULL && may_hear(&search, user) && may_whisper(&search, user->channel))
            reach(&search, user->session, CONTEXT_WHISPER, 1);
    }
    free(search.place);
    return search.n;
}

static bool means_booth(const struct model *model, const struct target_entry *entry, uint32_t booth)
{
    if (entry->session != MODEL_NONE) {
        const struct user *user = model_user(model, entry->session);
        return user != NULL && user->channel == booth;
    }
    return entry->group == NULL &&
           (entry->channel == booth ||
            (entry->with_children && model_channel_is_within(model, booth, entry->channel)));
}

uint32_t model_target_booths(const struct model *model, const struct user *speaker, unsigned target)
{
    const struct meeting_info *meeting = model_meeting_of(model, speaker);
    uint32_t booths = 0;
    if (target == 0 || target >= MODEL_TARGETS || meeting == NULL ||
        !model_is_moderator(model, speaker, meeting))
        return 0;
    const struct voice_target *list = &speaker->targets[target];
    for (uint16_t i = 0; i < list->n_entries; i++)
        for (uint8_t k = 0; k < meeting->n_booths; k++)
            if (means_booth(model, &list->entries[i], meeting->booths[k].channel))
                booths |= 1u << k;
    return booths;
}

size_t model_target_cost(const struct model *model, const struct user *speaker, unsigned target)
{
    const struct voice_target *list = &speaker->targets[target];
    size_t n_searches = 0, n_channels = 0;
    bool has_plain = false;
    for (uint16_t i = 0; i < list->n_entries; i++) {
        const struct target_entry *entry = &list->entries[i];
        if (entry->session != MODEL_NONE)
            continue;
        n_channels++;
        n_searches += entry->group != NULL ? 1 : 0;
        has_plain = has_plain || entry->group == NULL;
    }
    n_searches += has_plain ? 1 : 0;
    return list->n_entries + n_channels * model->n_channels +
           n_searches * (model->n_people + model->n_channels + model->n_ears);
}
