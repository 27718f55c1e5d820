// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

struct person;
struct cert { // one of a person's certificates, to be found by
    struct key key;
    struct person *owner;
    char hash[CERT_HASH_BYTES];
};
struct person {
    struct registered public;
    struct registry *registry;
    struct key by_name, by_email; // by_email: only with an address
    struct cert *certs[REGISTERED_CERTS_MAX];
};

static struct person *person_of(const struct registered *registered)
{
    return OWNER_OF(registered, struct person, public);
}

static void person_free(struct person *person)
{
    for (uint32_t i = 0; i < person->public.n_certs; i++)
        free(person->certs[i]);
    free(person->public.certs);
    free(person->public.name);
    free(person->public.email);
    free(person);
}

void registry_clear(struct registry *registry)
{
    for (size_t i = 0; i < registry->n; i++)
        person_free(registry->people[i]);
    free(registry->people);
    table_clear(&registry->names);
    table_clear(&registry->certs);
    table_clear(&registry->emails);
    *registry = (struct registry){ 0 };
}

// ---- finding ----

// The first whose id is not below this one.
static size_t place_of(const struct registry *registry, int64_t id)
{
    size_t low = 0, high = registry->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (registry->people[middle]->public.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct registered *at(const struct registry *registry, size_t place)
{
    return place < registry->n ? &registry->people[place]->public : NULL;
}

struct registered *registry_find(const struct model *model, int32_t id)
{
    struct registered *found = at(&model->registry, place_of(&model->registry, id));
    return found != NULL && found->id == id ? found : NULL;
}

struct registered *registry_next(const struct model *model, int32_t after_id)
{
    return at(&model->registry, place_of(&model->registry, (int64_t)after_id + 1));
}

struct registered *registry_by_name(const struct model *model, const char *name)
{
    for (const struct key *key = table_find(&model->registry.names, str_hash_fold(name));
         key != NULL; key = table_find_next(key)) {
        struct registered *found = &OWNER_OF(key, struct person, by_name)->public;
        if (str_equal_fold(found->name, name))
            return found;
    }
    return NULL;
}

static struct cert *find_cert(const struct registry *registry, const char *hash)
{
    for (const struct key *key = table_find(&registry->certs, group_hash(hash)); key != NULL;
         key = table_find_next(key)) {
        struct cert *cert = OWNER_OF(key, struct cert, key);
        if (strcmp(cert->hash, hash) == 0)
            return cert;
    }
    return NULL;
}

struct registered *registry_by_cert(const struct model *model, const char *cert_hash)
{
    const struct cert *cert = find_cert(&model->registry, cert_hash);
    return cert != NULL ? &cert->owner->public : NULL;
}

// Several may have one address: the lowest id then, whatever the order in which they came.
struct registered *registry_by_email(const struct model *model, const char *email)
{
    struct registered *first = NULL;
    for (const struct key *key = table_find(&model->registry.emails, group_hash(email));
         key != NULL; key = table_find_next(key)) {
        struct registered *found = &OWNER_OF(key, struct person, by_email)->public;
        if (strcmp(found->email, email) == 0 && (first == NULL || found->id < first->id))
            first = found;
    }
    return first;
}

// ---- changing ----

static int32_t next_id(const struct registry *registry)
{
    int32_t last = registry->n > 0 ? registry->people[registry->n - 1]->public.id : 0;
    if (last < REGISTERED_ID_MAX)
        return last + 1;
    int32_t id = 1; // the first gap
    for (size_t i = place_of(registry, id); i < registry->n && registry->people[i]->public.id == id;
         i++)
        id++;
    return id;
}

static bool has_room(struct registry *registry)
{
    if (registry->n < registry->cap)
        return true;
    size_t cap = registry->cap != 0 ? 2 * registry->cap : 16;
    struct person **grown = realloc(registry->people, cap * sizeof(struct person *));
    if (grown == NULL)
        return false;
    registry->people = grown;
    registry->cap = cap;
    return true;
}

struct registered *registry_add(struct model *model, int32_t id, const char *name)
{
    struct registry *registry = &model->registry;
    if (id == MODEL_GUEST)
        id = next_id(registry);
    if (id < 0 || id > REGISTERED_ID_MAX || name[0] == '\0' || registry_find(model, id) != NULL ||
        registry_by_name(model, name) != NULL || !has_room(registry))
        return NULL;
    struct person *person = calloc(1, sizeof(*person));
    if (person == NULL || (person->public.name = str_dup(name)) == NULL) {
        free(person);
        return NULL;
    }
    person->public.id = id;
    person->public.last_channel = MODEL_NONE;
    person->registry = registry;
    table_put(&registry->names, &person->by_name, str_hash_fold(name));
    size_t place = place_of(registry, id);
    memmove(&registry->people[place + 1], &registry->people[place],
            (registry->n - place) * sizeof(struct person *));
    registry->people[place] = person;
    registry->n++;
    return &person->public;
}

int registry_rename(struct model *model, struct registered *registered, const char *name)
{
    const struct registered *other = registry_by_name(model, name);
    if (name[0] == '\0' || (other != NULL && other != registered))
        return MODEL_E_NAME;
    char *copy = str_dup(name);
    if (copy == NULL)
        return MODEL_E_MEMORY;
    struct person *person = person_of(registered);
    table_drop(&model->registry.names, &person->by_name);
    free(registered->name);
    registered->name = copy;
    table_put(&model->registry.names, &person->by_name, str_hash_fold(copy));
    return 0;
}

int registry_cert_add(struct model *model, struct registered *registered, const char *cert_hash)
{
    size_t len = strlen(cert_hash);
    if (len == 0 || len >= CERT_HASH_BYTES)
        return MODEL_E_UNKNOWN;
    struct person *person = person_of(registered);
    const struct cert *known = find_cert(&model->registry, cert_hash);
    if (known != NULL)
        return known->owner == person ? 0 : MODEL_E_TAKEN;
    uint32_t n = registered->n_certs;
    if (n >= REGISTERED_CERTS_MAX)
        return MODEL_E_LIMIT;
    char(*grown)[CERT_HASH_BYTES] = realloc(registered->certs, (n + 1) * sizeof(*grown));
    if (grown == NULL)
        return MODEL_E_MEMORY;
    registered->certs = grown;
    struct cert *cert = calloc(1, sizeof(*cert));
    if (cert == NULL)
        return MODEL_E_MEMORY;
    cert->owner = person;
    memcpy(cert->hash, cert_hash, len + 1);
    memcpy(grown[n], cert->hash, sizeof(cert->hash));
    person->certs[n] = cert;
    registered->n_certs++;
    table_put(&model->registry.certs, &cert->key, group_hash(cert_hash));
    return 0;
}

void registry_cert_remove(struct model *model, struct registered *registered, const char *cert_hash)
{
    struct person *person = person_of(registered);
    uint32_t i = 0;
    while (i < registered->n_certs && strcmp(registered->certs[i], cert_hash) != 0)
        i++;
    if (i == registered->n_certs)
        return;
    table_drop(&model->registry.certs, &person->certs[i]->key);
    free(person->certs[i]);
    for (registered->n_certs--; i < registered->n_certs; i++) {
        person->certs[i] = person->certs[i + 1];
        memcpy(registered->certs[i], registered->certs[i + 1], CERT_HASH_BYTES);
    }
}

bool registry_set_email(struct registered *registered, const char *email)
{
    struct person *person = person_of(registered);
    char *copy = str_dup(email);
    if (copy == NULL && email != NULL)
        return false;
    if (registered->email != NULL)
        table_drop(&person->registry->emails, &person->by_email);
    free(registered->email);
    registered->email = copy;
    if (copy != NULL)
        table_put(&person->registry->emails, &person->by_email, group_hash(copy));
    return true;
}

void registry_remove(struct model *model, int32_t id)
{
    struct registered *registered = id != MODEL_SUPERUSER ? registry_find(model, id) : NULL;
    if (registered == NULL)
        return;
    struct registry *registry = &model->registry;
    struct person *person = person_of(registered);
    while (registered->n_certs > 0)
        registry_cert_remove(model, registered, registered->certs[registered->n_certs - 1]);
    registry_set_email(registered, NULL);
    table_drop(&registry->names, &person->by_name);
    size_t place = place_of(registry, id);
    memmove(&registry->people[place], &registry->people[place + 1],
            (registry->n - place - 1) * sizeof(struct person *));
    registry->n--;
    person_free(person);
}
