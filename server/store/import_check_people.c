// SPDX-License-Identifier: BSD-3-Clause
#include "store/import_int.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

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
            if (import_rename_twin(import, &sorted[i]->is.name, "person", sorted[i]->is.id) != 0)
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
    for (int pass = 0; result == 0 && n_renamed > 0 && pass < IMPORT_PASSES_MOST; pass++) {
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
        if (import_repair_name(import, &person->is.name, "person", person->is.id) != 0)
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
