// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

static void ban_clear(struct ban *ban)
{
    free(ban->name);
    free(ban->reason);
}

static void list_free(struct ban *bans, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ban_clear(&bans[i]);
    free(bans);
}

void bans_clear(struct model *model)
{
    list_free(model->bans, model->n_bans);
    model->bans = NULL;
    model->n_bans = 0;
}

static bool ban_copy(struct ban *out, const struct ban *ban)
{
    *out = *ban;
    out->hash[CERT_HASH_BYTES - 1] = '\0';
    if (out->mask_bits > 128)
        out->mask_bits = 128;
    out->name = str_dup(ban->name != NULL ? ban->name : "");
    out->reason = str_dup(ban->reason != NULL ? ban->reason : "");
    if (out->name != NULL && out->reason != NULL)
        return true;
    ban_clear(out);
    return false;
}

int bans_replace(struct model *model, const struct ban *bans, size_t n)
{
    if (n > BANS_MAX)
        return MODEL_E_LIMIT;
    struct ban *copy = n > 0 ? malloc(n * sizeof(*copy)) : NULL;
    if (n > 0 && copy == NULL)
        return MODEL_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (!ban_copy(&copy[i], &bans[i])) {
            list_free(copy, i);
            return MODEL_E_MEMORY;
        }
    bans_clear(model);
    model->bans = copy;
    model->n_bans = n;
    return 0;
}

int bans_add(struct model *model, const struct ban *ban)
{
    if (model->n_bans >= BANS_MAX)
        return MODEL_E_LIMIT;
    struct ban *grown = realloc(model->bans, (model->n_bans + 1) * sizeof(*grown));
    if (grown == NULL)
        return MODEL_E_MEMORY;
    model->bans = grown;
    if (!ban_copy(&grown[model->n_bans], ban))
        return MODEL_E_MEMORY;
    model->n_bans++;
    return 0;
}

const struct ban *bans_at(const struct model *model, size_t index)
{
    return index < model->n_bans ? &model->bans[index] : NULL;
}

static bool is_over(const struct ban *ban, int64_t now_s)
{
    return ban->duration_s != 0 && now_s >= ban->start_s &&
           (uint64_t)now_s - (uint64_t)ban->start_s >= ban->duration_s;
}

bool bans_purge(struct model *model, int64_t now_s)
{
    size_t n = 0, n_before = model->n_bans;
    for (size_t i = 0; i < n_before; i++) {
        if (is_over(&model->bans[i], now_s))
            ban_clear(&model->bans[i]);
        else
            model->bans[n++] = model->bans[i];
    }
    model->n_bans = n;
    return n < n_before;
}

static bool has_address(const struct ban *ban)
{
    static const uint8_t none[16];
    return memcmp(ban->address, none, sizeof(none)) != 0;
}

// The first mask_bits bits are equal.
static bool is_within(const uint8_t address[16], const uint8_t base[16], uint8_t mask_bits)
{
    size_t n_bytes = mask_bits / 8u, n_bits = mask_bits % 8u;
    if (memcmp(address, base, n_bytes) != 0)
        return false;
    return n_bits == 0 || ((address[n_bytes] ^ base[n_bytes]) >> (8 - n_bits)) == 0;
}

const struct ban *bans_find(const struct model *model, const uint8_t address[16],
                            const char *cert_hash, int64_t now_s)
{
    for (size_t i = 0; i < model->n_bans; i++) {
        const struct ban *ban = &model->bans[i];
        bool matches = (has_address(ban) && is_within(address, ban->address, ban->mask_bits)) ||
                       (ban->hash[0] != '\0' && strcmp(ban->hash, cert_hash) == 0);
        if (matches && !is_over(ban, now_s))
            return ban;
    }
    return NULL;
}
