// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

struct channel *model_channel(const struct model *model, uint32_t id)
{
    // The hash is the id itself.
    struct key *key = table_find(&model->channel_ids, id);
    return key != NULL ? &OWNER_OF(key, struct channel_node, by_id)->channel : NULL;
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

bool model_channel_is_within(const struct model *model, uint32_t id, uint32_t ancestor)
{
    const struct channel_node *node = model_node(model, id);
    while (node != NULL && node->channel.id != ancestor)
        node = node->above;
    return node != NULL;
}

// How many levels there are beneath it.
static uint32_t height_of(const struct model *model, uint32_t id)
{
    uint32_t depth = model_node(model, id)->depth, deepest = depth;
    for (size_t i = 0; i < model->n_channels; i++) {
        const struct channel_node *node = node_of(model->channels[i]);
        if (node->depth > deepest && model_channel_is_within(model, node->channel.id, id))
            deepest = node->depth;
    }
    return deepest - depth;
}

int model_channel_check(const struct model *model, uint32_t parent, const char *name,
                        uint32_t moving)
{
    const struct channel *above = model_channel(model, parent);
    if (above == NULL)
        return MODEL_E_UNKNOWN;
    if (moving == MODEL_ROOT)
        return MODEL_E_ROOT;
    if (moving != MODEL_NONE && model_channel(model, moving) == NULL)
        return MODEL_E_UNKNOWN;
    if (moving != MODEL_NONE && model_channel_is_within(model, parent, moving))
        return MODEL_E_LOOP;
    if (above->is_temporary)
        return MODEL_E_TEMPORARY;
    const struct channel *twin = model_channel_child(model, parent, name);
    if (name[0] == '\0' || (twin != NULL && twin->id != moving))
        return MODEL_E_NAME;
    uint32_t height = moving != MODEL_NONE ? height_of(model, moving) : 0;
    if (node_of(above)->depth + height >= model->limits.nesting)
        return MODEL_E_NESTING;
    if (moving == MODEL_NONE && model->limits.channels != 0 &&
        model->n_channels >= model->limits.channels)
        return MODEL_E_COUNT;
    return 0;
}

// As in murmur: after the highest that is stored, and past temporary ones.
static uint32_t next_id(const struct model *model)
{
    uint32_t next = 1;
    for (size_t i = 0; i < model->n_channels; i++)
        if (!model->channels[i]->is_temporary && model->channels[i]->id >= next)
            next = model->channels[i]->id + 1;
    while (model_channel(model, next) != NULL)
        next++;
    return next;
}

static void node_free(struct model *model, struct channel_node *node)
{
    acl_clear(model, node);
    free(node->channel.links);
    free(node->channel.name);
    free(node->channel.description);
    free(node);
}

void channels_free(struct model *model)
{
    for (size_t i = 0; i < model->n_channels; i++)
        node_free(model, node_of(model->channels[i]));
    free(model->channels);
    table_clear(&model->channel_ids);
}

static bool has_room(struct model *model)
{
    if (model->n_channels < model->cap_channels)
        return true;
    size_t cap = model->cap_channels != 0 ? 2 * model->cap_channels : 16;
    struct channel **grown = realloc(model->channels, cap * sizeof(struct channel *));
    if (grown == NULL)
        return false;
    model->channels = grown;
    model->cap_channels = cap;
    return true;
}

struct channel *model_channel_add(struct model *model, uint32_t id, uint32_t parent,
                                  const char *name)
{
    struct channel_node *above = model_node(model, parent);
    bool is_taken = id != MODEL_NONE && model_channel(model, id) != NULL;
    if (is_taken || (above == NULL && model->n_channels > 0) || !has_room(model))
        return NULL;
    struct channel_node *node = calloc(1, sizeof(*node));
    if (node == NULL)
        return NULL;
    struct channel *channel = &node->channel;
    channel->name = str_dup(name);
    channel->description = str_dup("");
    if (channel->name == NULL || channel->description == NULL) {
        free(channel->name);
        free(channel->description);
        free(node);
        return NULL;
    }
    channel->id = id != MODEL_NONE ? id : next_id(model);
    channel->parent = parent;
    channel->is_inheriting = true;
    channel->meeting = MODEL_NONE;
    node->above = above;
    node->depth = above != NULL ? above->depth + 1 : 0;
    node->index = model->n_channels;
    model->channels[model->n_channels++] = channel;
    table_put(&model->channel_ids, &node->by_id, channel->id);
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

static void find_depths(struct model *model)
{
    for (size_t i = 0; i < model->n_channels; i++) {
        struct channel_node *node = node_of(model->channels[i]);
        node->depth = 0;
        for (const struct channel_node *at = node->above; at != NULL; at = at->above)
            node->depth++;
    }
}

// Stable sort by depth keeps parents before children after a move.
static void sort_by_depth(struct model *model)
{
    for (size_t i = 1; i < model->n_channels; i++) {
        struct channel *channel = model->channels[i];
        size_t j = i;
        for (; j > 0 && node_of(model->channels[j - 1])->depth > node_of(channel)->depth; j--)
            model->channels[j] = model->channels[j - 1];
        model->channels[j] = channel;
    }
    for (size_t i = 0; i < model->n_channels; i++)
        node_of(model->channels[i])->index = i;
}

int model_channel_move(struct model *model, uint32_t id, uint32_t parent)
{
    struct channel_node *node = model_node(model, id), *above = model_node(model, parent);
    if (node == NULL || above == NULL)
        return MODEL_E_UNKNOWN;
    if (id == MODEL_ROOT)
        return MODEL_E_ROOT;
    if (model_channel_is_within(model, parent, id))
        return MODEL_E_LOOP;
    node->channel.parent = parent;
    node->above = above;
    find_depths(model);
    sort_by_depth(model);
    model->rights_generation++;
    return 0;
}

void model_channel_remove(struct model *model, uint32_t id)
{
    struct channel_node *node = model_node(model, id);
    if (node == NULL || id == MODEL_ROOT)
        return;
    channel_unlink_all(model, &node->channel);
    listening_forget_channel(model, id);
    for (size_t i = 0; i < model->n_meetings; i++) // the number may be another's soon
        if (model->meetings[i]->door.lobby == id)
            model->meetings[i]->door.lobby = MODEL_NONE;
    table_drop(&model->channel_ids, &node->by_id);
    model->n_channels--;
    for (size_t i = node->index; i < model->n_channels; i++) {
        model->channels[i] = model->channels[i + 1];
        node_of(model->channels[i])->index = i;
    }
    node_free(model, node);
    model->rights_generation++;
}

bool model_channel_is_full(const struct model *model, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return true;
    uint32_t limit = channel->max_users != 0 ? channel->max_users : model->limits.users_per_channel;
    return limit != 0 && channel->n_users >= limit;
}
