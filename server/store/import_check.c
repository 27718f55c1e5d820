// SPDX-License-Identifier: BSD-3-Clause
// What was read is made sound: one fixed way for each thing that can be wrong.
#include "store/import_int.h"

#include "base/base.h"
#include "base/config.h"

#include <stdlib.h>
#include <string.h>

// ---- names ------------------------------------------------------------------------------------

static bool is_blank_or_control(unsigned char c)
{
    return c <= ' ' || c == 0x7F;
}

// A name that name_is_sound accepts, from one that it may not; "WHAT ID" when nothing is left.
static char *sound_name(struct import *import, const char *name, const char *what, long long id)
{
    char *out = str_dup(name);
    if (out == NULL) {
        import->is_out_of_memory = true;
        return NULL;
    }
    size_t n = 0;
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c >= ' ' && *c != 0x7F && !(n == 0 && *c == ' '))
            out[n++] = *c;
    }
    while (n > 0 && is_blank_or_control((unsigned char)out[n - 1]))
        n--;
    out[n] = '\0';
    for (; n > 0 && !name_is_sound(out); n--) // too long, or controls of two bytes
        out[n - 1] = '\0';
    if (n > 0)
        return out;
    free(out);
    return import_format(import, "%s %lld", what, id);
}

static int repair_name(struct import *import, char **name, const char *what, long long id)
{
    if (*name != NULL && name_is_sound(*name))
        return 0;
    char *sound = sound_name(import, *name != NULL ? *name : "", what, id);
    if (sound == NULL)
        return -1;
    import_note(import, NOTE_REPAIRED, "%s %lld: the name cannot be used here; now \"%s\"", what,
                id, sound);
    free(*name);
    *name = sound;
    return 0;
}

// "Name (17)", cut so that it fits.
static char *numbered_name(struct import *import, const char *name, long long id)
{
    size_t len = strlen(name);
    for (;;) {
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
            len--;
        char *longer = import_format(import, "%.*s (%lld)", (int)len, name, id);
        if (longer == NULL || name_is_sound(longer) || len == 0)
            return longer;
        free(longer);
        len--;
    }
}

static int rename_twin(struct import *import, char **name, const char *what, long long id)
{
    char *longer = numbered_name(import, *name, id);
    if (longer == NULL)
        return -1;
    import_note(import, NOTE_REPAIRED, "%s %lld: another is named \"%s\", too; now \"%s\"", what,
                id, *name, longer);
    free(*name);
    *name = longer;
    return 0;
}

#define PASSES_MOST 16 // of finding twins: a new name may be another's

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
    size_t *trail_of = calloc(import->n_channels, sizeof *trail_of);
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
        if (rename_twin(import, &next->name, "channel", next->id) != 0)
            return -1;
    }
    return 0;
}

static int separate_siblings(struct import *import)
{
    struct import_channel **sorted = calloc(import->n_channels, sizeof(struct import_channel *));
    size_t n_renamed = 1;
    int result = sorted != NULL ? 0 : -1;
    import->is_out_of_memory |= sorted == NULL;
    for (int pass = 0; result == 0 && n_renamed > 0 && pass < PASSES_MOST; pass++) {
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
    size_t *n_sorted = calloc(import->n_channels, sizeof *n_sorted);
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
        if (repair_name(import, &channel->name, "channel", channel->id) != 0)
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

// ---- people -----------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b)
{
    const struct import_person *x = *(struct import_person *const *)a,
                               *y = *(struct import_person *const *)b;
    uint32_t hash_x = str_hash_fold(x->is.name), hash_y = str_hash_fold(y->is.name);
    if (hash_x != hash_y)
        return hash_x < hash_y ? -1 : 1;
    return x->is.id < y->is.id ? -1 : x->is.id > y->is.id;
}

static int rename_namesakes(struct import *import, struct import_person **sorted, size_t *n_renamed)
{
    size_t n = import->n_people;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &import->people[i];
    qsort(sorted, n, sizeof(struct import_person *), compare_names);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (str_hash_fold(sorted[first]->is.name) != str_hash_fold(sorted[i]->is.name))
            first = i;
        for (size_t j = first; j < i; j++) {
            if (!str_equal_fold(sorted[j]->is.name, sorted[i]->is.name))
                continue;
            ++*n_renamed;
            if (rename_twin(import, &sorted[i]->is.name, "person", sorted[i]->is.id) != 0)
                return -1;
            break;
        }
    }
    return 0;
}

static int separate_namesakes(struct import *import)
{
    struct import_person **sorted = calloc(import->n_people + 1, sizeof(struct import_person *));
    size_t n_renamed = 1;
    int result = sorted != NULL ? 0 : -1;
    import->is_out_of_memory |= sorted == NULL;
    for (int pass = 0; result == 0 && n_renamed > 0 && pass < PASSES_MOST; pass++) {
        n_renamed = 0;
        result = rename_namesakes(import, sorted, &n_renamed);
    }
    free(sorted);
    if (result == 0 && n_renamed > 0)
        return import_refuse(import, "too many people have the same name");
    return result;
}

static int compare_certs(const void *a, const void *b)
{
    const struct import_person *x = *(struct import_person *const *)a,
                               *y = *(struct import_person *const *)b;
    int order = strcmp(x->is.certs[0], y->is.certs[0]);
    return order != 0 ? order : x->is.id < y->is.id ? -1 : x->is.id > y->is.id;
}

// A certificate lets one person in; mumble-server takes any of them.
static int separate_certificates(struct import *import)
{
    struct import_person **sorted = calloc(import->n_people + 1, sizeof(struct import_person *));
    size_t n = 0;
    if (sorted == NULL) {
        import->is_out_of_memory = true;
        return -1;
    }
    for (size_t i = 0; i < import->n_people; i++) {
        if (import->people[i].is.n_certs > 0)
            sorted[n++] = &import->people[i];
    }
    if (n > 1)
        qsort(sorted, n, sizeof(struct import_person *), compare_certs);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(sorted[first]->is.certs[0], sorted[i]->is.certs[0]) != 0) {
            first = i;
            continue;
        }
        import_note(import, NOTE_LEFT_OUT, "person %d: the certificate is person %d's, too",
                    sorted[i]->is.id, sorted[first]->is.id);
        sorted[i]->is.n_certs = 0;
    }
    free(sorted);
    return 0;
}

int import_check_people(struct import *import)
{
    for (size_t i = 0; i < import->n_people; i++) {
        struct import_person *person = &import->people[i];
        if (repair_name(import, &person->is.name, "person", person->is.id) != 0)
            return -1;
        bool is_known = import_find_channel(import, person->last_channel) != NULL;
        person->is.last_channel = is_known ? (uint32_t)person->last_channel : MODEL_NONE;
        if (person->comment != NULL && strlen(person->comment) > IMPORT_TEXT_MAX_BYTES) {
            import_note(import, NOTE_LEFT_OUT, "person %d: a comment of %zu bytes", person->is.id,
                        strlen(person->comment));
            free(person->comment);
            person->comment = NULL;
        }
    }
    return separate_namesakes(import) != 0 || separate_certificates(import) != 0 ? -1 : 0;
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
