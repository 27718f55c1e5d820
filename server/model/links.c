// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

static bool is_linked(const struct channel *channel, uint32_t to)
{
    for (uint32_t i = 0; i < channel->n_links; i++)
        if (channel->links[i] == to)
            return true;
    return false;
}

// Room is made on both sides first, so that a link is there both ways or not at all.
static bool reserve(struct channel *channel)
{
    uint32_t *grown = realloc(channel->links, (channel->n_links + 1) * sizeof(*grown));
    if (grown == NULL)
        return false;
    channel->links = grown;
    return true;
}

int model_link(struct model *model, uint32_t a, uint32_t b)
{
    struct channel *one = model_channel(model, a), *other = model_channel(model, b);
    if (one == NULL || other == NULL)
        return MODEL_E_UNKNOWN;
    if (one == other)
        return MODEL_E_LOOP;
    if (is_linked(one, b))
        return 0;
    if (!reserve(one) || !reserve(other))
        return MODEL_E_MEMORY;
    one->links[one->n_links++] = b;
    other->links[other->n_links++] = a;
    return 0;
}

static void forget(struct channel *channel, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t i = 0; channel != NULL && i < channel->n_links; i++)
        if (channel->links[i] != to)
            channel->links[n++] = channel->links[i];
    if (channel != NULL)
        channel->n_links = n;
}

void model_unlink(struct model *model, uint32_t a, uint32_t b)
{
    forget(model_channel(model, a), b);
    forget(model_channel(model, b), a);
}

void channel_unlink_all(struct model *model, struct channel *channel)
{
    while (channel->n_links > 0)
        model_unlink(model, channel->id, channel->links[channel->n_links - 1]);
    free(channel->links);
    channel->links = NULL;
}

static size_t place_of(const struct model *model, uint32_t id)
{
    const struct channel_node *node = model_node(model, id);
    return node != NULL ? node->index : model->n_channels;
}

uint32_t *model_linked(const struct model *model, uint32_t channel, size_t *n)
{
    *n = 0;
    size_t start = place_of(model, channel);
    uint32_t *found = malloc((model->n_channels + 1) * sizeof(*found));
    bool *is_found = calloc(model->n_channels + 1, sizeof(*is_found));
    if (found != NULL && is_found != NULL && start < model->n_channels) {
        is_found[start] = true;
        found[(*n)++] = channel;
    }
    for (size_t i = 0; is_found != NULL && i < *n; i++) {
        const struct channel *from = model_channel(model, found[i]);
        for (uint32_t k = 0; k < from->n_links; k++) {
            size_t place = place_of(model, from->links[k]);
            if (place == model->n_channels || is_found[place])
                continue;
            is_found[place] = true;
            found[(*n)++] = from->links[k];
        }
    }
    if (is_found == NULL) {
        free(found);
        found = NULL;
    }
    free(is_found);
    return found;
}
