// SPDX-License-Identifier: BSD-3-Clause
//
// Names that people write, to users and channels; and what they may have meant.
#include "client-cli/admin/admin_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_LETTERS 64

// ---- near names

// Steps of writing from one to the other, by bytes, without regard to ASCII case; both cut.
static unsigned distance_of(const char *a, const char *b)
{
    unsigned row[NEAREST_LETTERS + 1];
    size_t len_a = strnlen(a, NEAREST_LETTERS), len_b = strnlen(b, NEAREST_LETTERS);
    for (size_t k = 0; k <= len_b; k++)
        row[k] = (unsigned)k;
    for (size_t i = 1; i <= len_a; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= len_b; k++) {
            bool is_same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[k - 1]);
            unsigned best = corner + (is_same ? 0 : 1);
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            corner = row[k];
            row[k] = best;
        }
    }
    return row[len_b];
}

void nearest_add(struct nearest *nearest, const char *word, const char *name)
{
    unsigned distance = distance_of(word, name);
    size_t len = strlen(word);
    if (len > 0 && strncasecmp(word, name, len) == 0)
        distance = 1; // its beginning
    unsigned limit = len < 4 ? 1 : len < 8 ? 2 : 3;
    if (distance > limit || (nearest->name[0] != '\0' && distance >= nearest->distance))
        return;
    nearest->distance = distance;
    (void)snprintf(nearest->name, sizeof nearest->name, " Did you mean \"%.*s\"?", NEAREST_LETTERS,
                   name);
}

// "#12" to 12; false for anything else.
static bool read_id(const char *word, uint32_t *out)
{
    if (word[0] != '#' || !isdigit((unsigned char)word[1]))
        return false;
    char *end;
    unsigned long value = strtoul(word + 1, &end, 10);
    *out = (uint32_t)value;
    return *end == '\0' && value < UINT32_MAX;
}

// ---- users

const struct admin_user *find_user(struct admin *admin, const char *word)
{
    const struct picture *picture = &admin->picture;
    uint32_t session;
    if (read_id(word, &session) && picture_user(picture, session) != NULL)
        return picture_user(picture, session);
    const struct admin_user *loose = NULL;
    struct nearest nearest = { .name = "" };
    for (size_t i = 0; i < picture->n_users; i++) {
        const struct admin_user *user = &picture->users[i];
        if (strcmp(user->name, word) == 0)
            return user;
        if (str_equal_fold(user->name, word))
            loose = user;
        nearest_add(&nearest, word, user->name);
    }
    if (loose == NULL)
        (void)admin_fail(admin, ADMIN_NOT_FOUND, "nobody here is called \"%.200s\".%s", word,
                         nearest.name);
    return loose;
}

// ---- channels

static const struct admin_channel *child_of(const struct picture *picture, uint32_t parent,
                                            const char *name, struct nearest *nearest)
{
    const struct admin_channel *loose = NULL;
    for (size_t i = 0; i < picture->n_channels; i++) {
        const struct admin_channel *channel = &picture->channels[i];
        if (channel->id == 0 || channel->parent_id != parent)
            continue;
        if (strcmp(channel->name, name) == 0)
            return channel;
        if (str_equal_fold(channel->name, name))
            loose = channel;
        nearest_add(nearest, name, channel->name);
    }
    return loose;
}

size_t path_part(const char **path, char *out, size_t cap)
{
    size_t len = 0;
    const char *at = *path;
    for (; *at != '\0' && *at != '/'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        if (len + 1 < cap)
            out[len++] = *at;
    }
    out[len] = '\0';
    *path = *at == '/' ? at + 1 : at;
    return len;
}

// The only channel of that name, wherever it is.
static const struct admin_channel *unique(const struct picture *picture, const char *name,
                                          struct nearest *nearest)
{
    const struct admin_channel *found = NULL;
    for (size_t i = 0; i < picture->n_channels; i++) {
        const struct admin_channel *channel = &picture->channels[i];
        nearest_add(nearest, name, channel->name);
        if (!str_equal_fold(channel->name, name))
            continue;
        if (found != NULL)
            return NULL;
        found = channel;
    }
    return found;
}

static const struct admin_channel *not_found(struct admin *admin, const char *word,
                                             const char *part, const struct nearest *nearest)
{
    if (strcmp(word, part) == 0)
        (void)admin_fail(admin, ADMIN_NOT_FOUND, "there is no channel \"%.200s\".%s", word,
                         nearest->name);
    else
        (void)admin_fail(admin, ADMIN_NOT_FOUND, "of \"%.200s\" there is no channel \"%.200s\".%s",
                         word, part, nearest->name);
    return NULL;
}

const struct admin_channel *find_channel(struct admin *admin, const char *word)
{
    const struct picture *picture = &admin->picture;
    const struct admin_channel *at = picture_channel(picture, 0);
    const char *rest = word;
    char part[ADMIN_NAME_BYTES];
    uint32_t id;
    if (read_id(word, &id) && picture_channel(picture, id) != NULL)
        return picture_channel(picture, id);
    bool is_first = true;
    while (at != NULL && *rest != '\0') {
        struct nearest nearest = { .name = "" };
        if (path_part(&rest, part, sizeof part) == 0)
            continue;
        const struct admin_channel *next = child_of(picture, at->id, part, &nearest);
        if (next == NULL && is_first && str_equal_fold(part, at->name))
            next = at; // the root, by its name
        if (next == NULL && is_first && *rest == '\0')
            next = unique(picture, part, &nearest);
        if (next == NULL)
            return not_found(admin, word, part, &nearest);
        at = next;
        is_first = false;
    }
    return at;
}

// ---- registered people

static bool on_people(struct admin *admin, void *arg, unsigned type,
                      const ProtobufCMessage *message)
{
    (void)admin;
    struct people *out = arg;
    if (type != MSG_USER_LIST)
        return false;
    const MumbleProto__UserList *list = (const void *)message;
    people_clear(out);
    out->list = calloc(list->n_users + 1, sizeof *out->list);
    for (size_t i = 0; out->list != NULL && i < list->n_users; i++) {
        const MumbleProto__UserList__User *user = list->users[i];
        out->list[out->n++] = (struct person){
            .id = user->user_id,
            .name = str_dup(user->name != NULL ? user->name : ""),
            .last_seen = str_dup(user->last_seen),
            .last_channel = user->has_last_channel ? (int64_t)user->last_channel : -1,
        };
    }
    return true;
}

int people_fetch(struct admin *admin, struct people *out)
{
    MumbleProto__UserList query = MUMBLE_PROTO__USER_LIST__INIT;
    *out = (struct people){ .list = NULL };
    int status = admin_ask(admin, MSG_USER_LIST, &query.base, ASK_ONCE, on_people, out);
    if (status != ADMIN_DONE)
        people_clear(out);
    return status;
}

void people_clear(struct people *people)
{
    for (size_t i = 0; i < people->n; i++) {
        free(people->list[i].name);
        free(people->list[i].last_seen);
    }
    free(people->list);
    *people = (struct people){ .list = NULL };
}

const struct person *people_find(struct admin *admin, const struct people *people, const char *word)
{
    uint32_t id = UINT32_MAX;
    bool is_id = read_id(word, &id);
    struct nearest nearest = { .name = "" };
    const struct person *loose = NULL;
    for (size_t i = 0; i < people->n; i++) {
        const struct person *person = &people->list[i];
        if (strcmp(person->name, word) == 0 || (is_id && person->id == (int64_t)id))
            return person;
        if (str_equal_fold(person->name, word))
            loose = person;
        nearest_add(&nearest, word, person->name);
    }
    if (loose == NULL)
        (void)admin_fail(admin, ADMIN_NOT_FOUND, "nobody registered is called \"%.200s\".%s", word,
                         nearest.name);
    return loose;
}

// ---- ids by name, through QueryUsers: it needs less than the list of all

struct id_ask {
    const char *word;
    uint32_t id;
    bool is_found;
};

static bool on_ids(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    (void)admin;
    struct id_ask *ask = arg;
    const MumbleProto__QueryUsers *answer = (const void *)message;
    if (type != MSG_QUERY_USERS)
        return false;
    for (size_t i = 0; i < answer->n_ids && i < answer->n_names; i++) {
        if (str_equal_fold(answer->names[i], ask->word)) {
            ask->id = answer->ids[i];
            ask->is_found = true;
        }
    }
    return true;
}

int find_person_id(struct admin *admin, const char *word, uint32_t *id)
{
    const struct picture *picture = &admin->picture;
    struct nearest nearest = { .name = "" };
    if (read_id(word, id))
        return ADMIN_DONE;
    for (size_t i = 0; i < picture->n_users; i++) {
        const struct admin_user *user = &picture->users[i];
        nearest_add(&nearest, word, user->name);
        if (!str_equal_fold(user->name, word))
            continue;
        if (user->user_id < 0)
            return admin_fail(admin, ADMIN_NOT_FOUND,
                              "%s is here but not registered; try: user register", user->name);
        *id = (uint32_t)user->user_id;
        return ADMIN_DONE;
    }
    MumbleProto__QueryUsers query = MUMBLE_PROTO__QUERY_USERS__INIT;
    char *name = (char *)(uintptr_t)word;
    query.n_names = 1;
    query.names = &name;
    struct id_ask ask = { .word = word };
    int status = admin_ask(admin, MSG_QUERY_USERS, &query.base, ASK_ONCE, on_ids, &ask);
    *id = ask.id;
    if (status == ADMIN_DONE && !ask.is_found)
        return admin_fail(admin, ADMIN_NOT_FOUND, "nobody registered is called \"%.200s\".%s", word,
                          nearest.name);
    return status;
}
