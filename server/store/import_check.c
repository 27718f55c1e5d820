// SPDX-License-Identifier: BSD-3-Clause
// What was read is made sound: one fixed way for each thing that can be wrong. Channels, rights,
// bans.
#include "store/import_int.h"

#include <stdlib.h>
#include <string.h>

// ---- the tree ---------------------------------------------------------------------------------

static int make_root(struct import *import)
{
    if (import->n_channels > 0 && import->channels[0].id == 0) {
        if (import->channels[0].parent != NO_PARENT)
            import_note(import, NOTE_REPAIRED, "channel 0: the root lies in no other channel");
        import->channels[0].parent = NO_PARENT;
        return 0;
    }
    struct import_channel *last =
        import_grow(import, &import->channels, &import->n_channels, sizeof *last);
    if (last == NULL)
        return -1;
    memmove(import->channels + 1, import->channels,
            (import->n_channels - 1) * sizeof *import->channels);
    import->channels[0] =
        (struct import_channel){ .parent = NO_PARENT, .name = import_format(import, "Root") };
    import_note(import, NOTE_REPAIRED, "channel 0: there was no root; it was made, without rights");
    return import->channels[0].name != NULL ? 0 : -1;
}

static void attach_orphans(struct import *import)
{
    for (size_t i = 1; i < import->n_channels; i++) {
        struct import_channel *channel = &import->channels[i];
        if (channel->parent != NO_PARENT && import_find_channel(import, channel->parent) != NULL &&
            channel->parent != channel->id)
            continue;
        import_note(import, NOTE_REPAIRED, "channel %u: has no parent; it is in the root now",
                    channel->id);
        channel->parent = 0;
    }
}

// Walks up from each channel; what meets its own trail lies in a loop, and its first channel goes
// into the root.
static int cut_loops(struct import *import)
{
    size_t *trail_of = calloc(import->n_channels + 1, sizeof *trail_of);
    if (trail_of == NULL) {
        import->is_out_of_memory = true;
        return -1;
    }
    for (size_t i = 1; i < import->n_channels; i++) {
        size_t at = i;
        while (at != 0 && trail_of[at] == 0) {
            trail_of[at] = i;
            struct import_channel *up = import_find_channel(import, import->channels[at].parent);
            at = (size_t)(up - import->channels);
        }
        if (at == 0 || trail_of[at] != i)
            continue;
        import_note(import, NOTE_REPAIRED, "channel %u: lies beneath itself; it is in the root now",
                    import->channels[at].id);
        import->channels[at].parent = 0;
    }
    free(trail_of);
    return 0;
}

static int compare_siblings(const void *a, const void *b)
{
    const struct import_channel *x = *(struct import_channel *const *)a,
                                *y = *(struct import_channel *const *)b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : x->id < y->id ? -1 : x->id > y->id;
}

// One pass; *n_renamed counts.
static int rename_siblings(struct import *import, struct import_channel **sorted, size_t *n_renamed)
{
    size_t n = import->n_channels;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &import->channels[i];
    qsort(sorted, n, sizeof(struct import_channel *), compare_siblings);
    for (size_t i = 0, first = 0; i + 1 < n; i++) {
        struct import_channel *next = sorted[i + 1];
        bool is_twin = sorted[first]->parent == next->parent && next->id != 0 &&
                       strcmp(sorted[first]->name, next->name) == 0;
        if (!is_twin) {
            first = i + 1;
            continue;
        }
        ++*n_renamed;
        if (import_rename_twin(import, &next->name, "channel", next->id) != 0)
            return -1;
    }
    return 0;
}

static int separate_siblings(struct import *import)
{
    struct import_channel **sorted =
        calloc(import->n_channels + 1, sizeof(struct import_channel *));
    size_t n_renamed = 1;
    int result = sorted != NULL ? 0 : -1;
    import->is_out_of_memory |= sorted == NULL;
    for (int pass = 0; result == 0 && n_renamed > 0 && pass < IMPORT_PASSES_MOST; pass++) {
        n_renamed = 0;
        result = rename_siblings(import, sorted, &n_renamed);
    }
    free(sorted);
    if (result == 0 && n_renamed > 0)
        return import_refuse(import, "too many channels have the same names");
    return result;
}

static void repair_numbers(struct import *import, struct import_channel *channel)
{
    if (channel->position < INT32_MIN || channel->position > INT32_MAX) {
        import_note(import, NOTE_REPAIRED, "channel %u: the position was %lld and is 0",
                    channel->id, (long long)channel->position);
        channel->position = 0;
    }
    if (channel->max_users < 0 || channel->max_users > INT32_MAX) {
        import_note(import, NOTE_REPAIRED,
                    "channel %u: the most users were %lld and are 0: no limit", channel->id,
                    (long long)channel->max_users);
        channel->max_users = 0;
    }
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool has_link(const struct import_channel *channel, uint32_t id, size_t n_sorted)
{
    return n_sorted > 0 && bsearch(&id, channel->links, n_sorted, sizeof id, compare_ids) != NULL;
}

static void sort_links(struct import_channel *channel)
{
    size_t n = 0;
    if (channel->n_links > 1)
        qsort(channel->links, channel->n_links, sizeof *channel->links, compare_ids);
    for (size_t i = 0; i < channel->n_links; i++) {
        if (n == 0 || channel->links[n - 1] != channel->links[i])
            channel->links[n++] = channel->links[i];
    }
    // n_links tells import_grow how much there is, so only lists that do not grow may shrink.
    channel->n_links = n;
}

// Both directions, each once.
static int complete_links(struct import *import)
{
    for (size_t i = 0; i < import->n_channels; i++)
        sort_links(&import->channels[i]);
    size_t *n_sorted = calloc(import->n_channels + 1, sizeof *n_sorted);
    if (n_sorted == NULL) {
        import->is_out_of_memory = true;
        return -1;
    }
    for (size_t i = 0; i < import->n_channels; i++)
        n_sorted[i] = import->channels[i].n_links;
    int result = 0;
    for (size_t i = 0; i < import->n_channels && result == 0; i++) {
        for (size_t j = 0; j < n_sorted[i] && result == 0; j++) {
            struct import_channel *one = &import->channels[i];
            struct import_channel *other = import_find_channel(import, one->links[j]);
            if (has_link(other, one->id, n_sorted[other - import->channels]))
                continue;
            // Room for one more, whatever its size was before it shrank.
            uint32_t *grown = realloc(other->links, (other->n_links + 1) * sizeof *other->links);
            result = grown != NULL ? 0 : -1;
            if (grown != NULL) {
                other->links = grown;
                other->links[other->n_links++] = one->id;
            }
        }
    }
    import->is_out_of_memory |= result != 0;
    for (size_t i = 0; i < import->n_channels; i++)
        sort_links(&import->channels[i]);
    free(n_sorted);
    return result;
}

int import_check_channels(struct import *import)
{
    if (make_root(import) != 0 || import_name_root(import) != 0)
        return -1;
    attach_orphans(import);
    if (cut_loops(import) != 0)
        return -1;
    for (size_t i = 0; i < import->n_channels; i++) {
        struct import_channel *channel = &import->channels[i];
        repair_numbers(import, channel);
        if (import_repair_name(import, &channel->name, "channel", channel->id) != 0)
            return -1;
        if (channel->description != NULL && strlen(channel->description) > IMPORT_TEXT_MAX_BYTES) {
            import_note(import, NOTE_LEFT_OUT, "channel %u: a description of %zu bytes",
                        channel->id, strlen(channel->description));
            free(channel->description);
            channel->description = NULL;
        }
    }
    return separate_siblings(import) != 0 || complete_links(import) != 0 ? -1 : 0;
}

// ---- rights, bans -----------------------------------------------------------------------------

static void remove_group(struct import_channel *channel, size_t at)
{
    struct group *group = &channel->groups[at];
    free(group->name);
    free(group->add);
    free(group->remove);
    memmove(group, group + 1, (channel->n_groups - at - 1) * sizeof *group);
    channel->n_groups--;
}

static void check_groups(struct import *import, struct import_channel *channel)
{
    for (size_t i = 0; i < channel->n_groups;) {
        const char *name = channel->groups[i].name, *why = NULL;
        if (name == NULL || name[0] == '\0')
            why = "has no name";
        else if (strlen(name) >= MODEL_GROUP_BYTES)
            why = "has too long a name";
        for (size_t j = 0; why == NULL && j < i; j++) {
            if (strcmp(channel->groups[j].name, name) == 0)
                why = "is there twice";
        }
        if (why != NULL) {
            import_note(import, NOTE_LEFT_OUT, "channel %u: a group %s", channel->id, why);
            remove_group(channel, i);
        } else {
            i++;
        }
    }
}

int import_check_rights(struct import *import)
{
    for (size_t i = 0; i < import->n_channels; i++) {
        struct import_channel *channel = &import->channels[i];
        // Leaving some out would change what the others mean.
        if (channel->n_entries > MODEL_ACLS_MAX)
            return import_refuse(import,
                                 "channel %u has %zu entries in its rights, here at most %d; "
                                 "simplify them in mumble-server first",
                                 channel->id, channel->n_entries, MODEL_ACLS_MAX);
        if (channel->n_groups > MODEL_GROUPS_MAX)
            return import_refuse(import,
                                 "channel %u has %zu groups, here at most %d; remove some in "
                                 "mumble-server first",
                                 channel->id, channel->n_groups, MODEL_GROUPS_MAX);
        check_groups(import, channel);
    }
    return 0;
}

int import_check_bans(struct import *import)
{
    static const uint8_t nowhere[16] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < import->n_bans; i++) {
        struct ban *ban = &import->bans[i];
        if (memcmp(ban->address, nowhere, sizeof nowhere) == 0 && ban->hash[0] == '\0') {
            import_note(import, NOTE_LEFT_OUT, "ban %zu: has neither an address nor a certificate",
                        i + 1);
            free(ban->name);
            free(ban->reason);
        } else {
            import->bans[n++] = *ban;
        }
    }
    import->n_bans = n;
    return 0;
}
