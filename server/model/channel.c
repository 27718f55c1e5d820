// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

struct channel *model_channel(const struct model *model, uint32_t id)
{
    for (size_t i = 0; i < model->n_channels; i++)
        if (model->channels[i]->id == id)
            return model->channels[i];
    return NULL;
}

struct channel *model_channel_at(const struct model *model, size_t index)
{
    return index < model->n_channels ? model->channels[index] : NULL;
}

struct channel *model_channel_child(const struct model *model, uint32_t parent, const char *name)
{
    for (size_t i = 0; i < model->n_channels; i++)
        if (model->channels[i]->parent == parent && strcmp(model->channels[i]->name, name) == 0)
            return model->channels[i];
    return NULL;
}

static uint32_t depth_of(const struct model *model, uint32_t id)
{
    uint32_t depth = 0;
    for (const struct channel *c = model_channel(model, id); c != NULL && c->id != MODEL_ROOT;
         c = model_channel(model, c->parent))
        depth++;
    return depth;
}

bool model_channel_is_within(const struct model *model, uint32_t id, uint32_t ancestor)
{
    while (id != MODEL_NONE) {
        if (id == ancestor)
            return true;
        const struct channel *channel = model_channel(model, id);
        id = channel != NULL ? channel->parent : MODEL_NONE;
    }
    return false;
}

static uint32_t height_of(const struct model *model, uint32_t id)
{
    uint32_t base = depth_of(model, id), deepest = 0;
    for (size_t i = 0; i < model->n_channels; i++) {
        uint32_t other = model->channels[i]->id;
        if (other == id || !model_channel_is_within(model, other, id))
            continue;
        uint32_t below = depth_of(model, other) - base;
        if (below > deepest)
            deepest = below;
    }
    return deepest;
}

int model_channel_check(const struct model *model, uint32_t parent, const char *name,
                        uint32_t moving)
{
    const struct channel *above = model_channel(model, parent);
    if (above == NULL)
        return MODEL_E_UNKNOWN;
    if (moving == MODEL_ROOT)
        return MODEL_E_ROOT;
    if (moving != MODEL_NONE && model_channel_is_within(model, parent, moving))
        return MODEL_E_LOOP;
    if (above->is_temporary)
        return MODEL_E_TEMPORARY;
    const struct channel *twin = model_channel_child(model, parent, name);
    if (name[0] == '\0' || (twin != NULL && twin->id != moving))
        return MODEL_E_NAME;
    uint32_t height = moving != MODEL_NONE ? height_of(model, moving) : 0;
    if (depth_of(model, parent) + height >= model->limits.nesting)
        return MODEL_E_NESTING;
    if (moving == MODEL_NONE && model->limits.channels != 0 &&
        model->n_channels >= model->limits.channels)
        return MODEL_E_COUNT;
    return 0;
}

static uint32_t next_id(const struct model *model)
{
    uint32_t next = 1;
    for (size_t i = 0; i < model->n_channels; i++)
        if (model->channels[i]->id >= next)
            next = model->channels[i]->id + 1;
    return next;
}

struct channel *model_channel_add(struct model *model, uint32_t id, uint32_t parent,
                                  const char *name)
{
    if (model->n_channels == model->cap_channels) {
        size_t cap = model->cap_channels != 0 ? 2 * model->cap_channels : 16;
        struct channel **grown = realloc(model->channels, cap * sizeof(struct channel *));
        if (grown == NULL)
            return NULL;
        model->channels = grown;
        model->cap_channels = cap;
    }
    struct channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL)
        return NULL;
    channel->name = str_dup(name);
    channel->description = str_dup("");
    if (channel->name == NULL || channel->description == NULL) {
        free(channel->name);
        free(channel->description);
        free(channel);
        return NULL;
    }
    channel->id = id != MODEL_NONE ? id : next_id(model);
    channel->parent = parent;
    channel->meeting = MODEL_NONE;
    model->channels[model->n_channels++] = channel;
    return channel;
}

static int replace_text(char **where, const char *text)
{
    char *copy = str_dup(text);
    if (copy == NULL)
        return MODEL_E_MEMORY;
    free(*where);
    *where = copy;
    return 0;
}

int model_channel_rename(struct model *model, uint32_t id, const char *name)
{
    struct channel *channel = model_channel(model, id);
    return channel != NULL ? replace_text(&channel->name, name) : MODEL_E_UNKNOWN;
}

int model_channel_describe(struct model *model, uint32_t id, const char *description)
{
    struct channel *channel = model_channel(model, id);
    return channel != NULL ? replace_text(&channel->description, description) : MODEL_E_UNKNOWN;
}

// Stable sort by depth keeps parents before children after a move.
static void sort_by_depth(struct model *model)
{
    for (size_t i = 1; i < model->n_channels; i++) {
        struct channel *channel = model->channels[i];
        uint32_t depth = depth_of(model, channel->id);
        size_t j = i;
        while (j > 0 && depth_of(model, model->channels[j - 1]->id) > depth) {
            model->channels[j] = model->channels[j - 1];
            model->channels[j - 1] = channel;
            j--;
        }
    }
}

int model_channel_move(struct model *model, uint32_t id, uint32_t parent)
{
    struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return MODEL_E_UNKNOWN;
    channel->parent = parent;
    sort_by_depth(model);
    return 0;
}

void model_channel_remove(struct model *model, uint32_t id)
{
    for (size_t i = 0; i < model->n_channels; i++) {
        struct channel *channel = model->channels[i];
        if (channel->id != id)
            continue;
        listening_forget_channel(model, id);
        channel_unlink_all(model, channel);
        free(channel->name);
        free(channel->description);
        free(channel);
        memmove(&model->channels[i], &model->channels[i + 1],
                (model->n_channels - i - 1) * sizeof(struct channel *));
        model->n_channels--;
        return;
    }
}

bool model_channel_is_full(const struct model *model, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return true;
    uint32_t limit = channel->max_users != 0 ? channel->max_users : model->limits.users_per_channel;
    return limit != 0 && channel->n_users >= limit;
}
