// SPDX-License-Identifier: BSD-3-Clause
// Two properties of permissions, after each of thousands of random changes: what is remembered
// equals what is worked out anew; and that equals a second evaluation, written down here as plainly
// as the rules are: from the root down, with sets, reading each specification every time.
#include "model_stage.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define USERS 6
#define CHANNELS_MAX 14
#define IDS 6
#define PATH_MAX_LEN 32
#define STEPS 1500

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

// ---- the second evaluation ----

struct path {
    const struct channel *at[PATH_MAX_LEN];
    int n;
};

static struct path path_to(const struct model *model, uint32_t id)
{
    struct path path = { .n = 0 }, turned = { .n = 0 };
    for (const struct channel *c = model_channel(model, id); c != NULL;
         c = model_channel(model, c->parent))
        turned.at[turned.n++] = c;
    while (path.n < turned.n) {
        path.at[path.n] = turned.at[turned.n - 1 - path.n];
        path.n++;
    }
    return path;
}

static int index_in(const struct path *path, const struct channel *channel)
{
    for (int i = 0; i < path->n; i++)
        if (path->at[i] == channel)
            return i;
    return -1;
}

static bool is_among(const int32_t *ids, uint32_t n, int32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static bool plain_member(const struct path *path, int context, const char *name, int32_t id)
{
    const struct group *found[PATH_MAX_LEN];
    int n = 0;
    for (int i = context; i >= 0; i--) {
        const struct group *group = NULL;
        for (uint32_t k = 0; k < path->at[i]->n_groups; k++)
            if (strcmp(path->at[i]->groups[k].name, name) == 0)
                group = &path->at[i]->groups[k];
        if (group == NULL)
            continue;
        if (i != context && !group->is_inheritable)
            break;
        found[n++] = group;
        if (!group->is_inheriting)
            break;
    }
    bool is_member = false;
    while (n-- > 0) {
        is_member = is_member || is_among(found[n]->add, found[n]->n_add, id);
        is_member = is_member && !is_among(found[n]->remove, found[n]->n_remove, id);
    }
    return is_member;
}

static bool plain_sub(const struct model *model, const struct user *user, const char *numbers,
                      const struct path *target, int context)
{
    int values[3] = { 0, 1, 1000 };
    char text[64];
    strcpy(text, numbers);
    char *at = text;
    for (int i = 0; i < 3 && at != NULL; i++) {
        char *word = strsep(&at, ",");
        if (word[0] != '\0')
            values[i] = atoi(word);
    }
    struct path home = path_to(model, user->channel);
    int i = context + values[0];
    if (i >= target->n)
        return false;
    const struct channel *required = target->at[i < 0 ? 0 : i];
    if (index_in(&home, required) < 0)
        return false;
    i = i < 0 ? 0 : i;
    return home.n - 1 >= i + values[1] && home.n - 1 <= i + values[2];
}

struct persona { // what a user has that the model does not show
    const char *tokens[2];
};

static bool plain_match(const struct model *model, const struct user *user,
                        const struct persona *persona, const char *spec, const struct path *target,
                        int entry_at)
{
    bool is_not = false, is_token = false, is_hash = false, result = false;
    int context = target->n - 1;
    for (; *spec == '!' || *spec == '~' || *spec == '#' || *spec == '$'; spec++) {
        is_not = is_not || *spec == '!';
        is_token = is_token || *spec == '#';
        is_hash = is_hash || *spec == '$';
        context = *spec == '~' ? entry_at : context;
    }
    if (*spec == '\0')
        return false;
    bool is_in = user->channel == target->at[context]->id;
    if (is_token)
        for (int i = 0; i < 2; i++)
            result =
                result || (persona->tokens[i] != NULL && strcasecmp(persona->tokens[i], spec) == 0);
    else if (is_hash)
        result = strcmp(user->cert_hash, spec) == 0;
    else if (strcmp(spec, "none") == 0)
        result = false;
    else if (strcmp(spec, "all") == 0)
        result = true;
    else if (strcmp(spec, "auth") == 0)
        result = user->user_id >= 0;
    else if (strcmp(spec, "strong") == 0)
        result = user->is_strong;
    else if (strcmp(spec, "in") == 0 || strcmp(spec, "out") == 0)
        result = spec[0] == 'i' ? is_in : !is_in;
    else if (strcmp(spec, "sub") == 0 || strncmp(spec, "sub,", 4) == 0)
        result = plain_sub(model, user, spec[3] == ',' ? spec + 4 : "", target, context);
    else
        result = plain_member(target, context, spec, user->user_id);
    return result != is_not;
}

static uint32_t plain_rights(const struct model *model, const struct user *user,
                             const struct persona *persona, uint32_t id)
{
    struct path path = path_to(model, id);
    uint32_t granted = DEF;
    bool has_traverse = true, has_write = false;
    for (int i = 0; i < path.n; i++) {
        const struct channel *c = path.at[i];
        if (!c->is_inheriting)
            granted = DEF;
        for (uint32_t k = 0; k < c->n_acls; k++) {
            const struct acl_entry *e = &c->acls[k];
            bool is_user = e->user_id >= 0 && e->user_id == user->user_id;
            bool is_group =
                e->group != NULL && plain_match(model, user, persona, e->group, &path, i);
            if (!is_user && !is_group)
                continue;
            bool here = i == path.n - 1 && e->is_here, sub = i != path.n - 1 && e->is_sub;
            if ((sub || e->is_here) && ((e->grant | e->deny) & PERM_TRAVERSE) != 0)
                has_traverse = (e->deny & PERM_TRAVERSE) == 0;
            if ((here || sub) && ((e->grant | e->deny) & PERM_WRITE) != 0)
                has_write = (e->deny & PERM_WRITE) == 0;
            if (i == 0 && here)
                granted |= e->grant & ROOT_BITS;
            if (here || sub)
                granted = (granted | (e->grant & ~ROOT_BITS)) & ~e->deny;
        }
        if (!has_traverse && !has_write)
            return 0;
    }
    if ((granted & PERM_WRITE) != 0)
        granted |= BY_WRITE | (path.n == 1 ? ROOT_BITS : 0);
    return granted;
}

// ---- a world that changes ----

struct world {
    struct model *model;
    struct user *users[USERS];
    struct persona personas[USERS];
    const char *what; // the last change
    size_t n_checked, n_meeting_rights;
};

static char *const specs[] = { "all",      "none",       "auth",        "strong",     "in",
                               "out",      "~in",        "~out",        "!in",        "!out",
                               "sub",      "~sub",       "sub,0,0",     "sub,-1,1,2", "~sub,1",
                               "~sub,1,0", "!~sub,,2,2", "sub,-9,0",    "sub,1",      "g",
                               "h",        "~g",         "!g",          "~!h",        "#one",
                               "!#TWO",    "#three",     "$ab",         "!$cd",       "admin",
                               "~admin",   "sub,2,,3",   "!strong",     "",           "!",
                               "sub,x,0",  "moderators", "interpreters" };
static char *const group_names[] = { "g", "h", "admin", "moderators", "interpreters" };
static const char *const token_names[] = { "one", "Two", "THREE", NULL };
static char *const user_names[] = { "Ana", "Bea", "Caro", "Dora" };
static char *bea_moderates[] = { "bea", NULL }, *nobody_moderates[] = { NULL };

static uint32_t any_channel(const struct world *world)
{
    size_t n = 0;
    while (model_channel_at(world->model, n) != NULL)
        n++;
    return model_channel_at(world->model, below((uint32_t)n))->id;
}

static uint32_t any_bits(void)
{
    static const uint32_t bits[] = { PERM_WRITE,    PERM_TRAVERSE, PERM_ENTER,
                                     PERM_SPEAK,    PERM_MOVE,     PERM_TEXT_MESSAGE,
                                     PERM_KICK,     PERM_BAN,      PERM_SELF_REGISTER,
                                     PERM_TRAVERSE, PERM_LISTEN,   PERM_WHISPER };
    uint32_t mask = 0;
    for (uint32_t n = below(3); n > 0; n--)
        mask |= bits[below(ARRAY_LEN(bits))];
    return mask;
}

static struct acl_entry any_entry(void)
{
    bool is_user = below(4) == 0;
    return (struct acl_entry){ .is_here = below(4) != 0,
                               .is_sub = below(4) != 0,
                               .user_id = is_user ? (int32_t)below(IDS) : MODEL_GUEST,
                               .group = is_user ? NULL : specs[below(ARRAY_LEN(specs))],
                               .grant = any_bits(),
                               .deny = any_bits() };
}

static void replace_lists(struct world *world)
{
    struct acl_entry entries[4];
    struct group groups[3];
    int32_t ids[3][4];
    size_t n_entries = below(5), n_groups = below(4);
    for (size_t i = 0; i < n_entries; i++)
        entries[i] = any_entry();
    for (size_t i = 0; i < n_groups; i++) {
        for (size_t k = 0; k < 4; k++)
            ids[i][k] = (int32_t)below(IDS);
        groups[i] = (struct group){ .name = group_names[below(ARRAY_LEN(group_names))],
                                    .is_inheriting = below(4) != 0,
                                    .is_inheritable = below(4) != 0,
                                    .n_add = below(3),
                                    .n_remove = below(3),
                                    .add = ids[i],
                                    .remove = ids[i] + 2 };
    }
    assert_int_equal(model_acl_replace(world->model, any_channel(world), below(5) != 0, entries,
                                       n_entries, groups, n_groups),
                     0);
}

static void change_tree(struct world *world)
{
    struct model *model = world->model;
    size_t n = 0;
    while (model_channel_at(model, n) != NULL)
        n++;
    uint32_t id = any_channel(world), parent = any_channel(world), kind = below(3);
    if (kind == 0 && n < CHANNELS_MAX) {
        uint32_t number = below(2) == 0 ? MODEL_NONE : below(5000) + 1;
        model_channel_add(model, number, parent, "x");
    } else if (kind == 1) {
        model_channel_move(model, id, parent);
    } else if (id != MODEL_ROOT) {
        bool is_bare = model_channel(model, id)->n_users == 0 && model_meeting(model, id) == NULL;
        for (size_t i = 0; i < n; i++)
            is_bare = is_bare && model_channel_at(model, i)->parent != id;
        if (is_bare)
            model_channel_remove(model, id);
    }
}

static void change_user(struct world *world)
{
    uint32_t i = below(USERS);
    struct user *user = world->users[i];
    switch (below(6)) {
    case 0:
        user->user_id = (int32_t)below(IDS) - 1;
        break;
    case 1:
        user->is_strong = !user->is_strong;
        break;
    case 2:
        strcpy(user->cert_hash, below(2) == 0 ? "ab" : below(2) == 0 ? "cd" : "");
        break;
    case 3:
        world->personas[i].tokens[0] = token_names[below(4)];
        model_user_set_tokens(user, world->personas[i].tokens,
                              world->personas[i].tokens[0] != NULL);
        return;
    case 4:
        world->personas[i].tokens[1] = token_names[below(4)];
        model_user_lend_tokens(user, world->personas[i].tokens + 1,
                               world->personas[i].tokens[1] != NULL);
        return;
    default:
        model_user_rename(world->model, user, user_names[below(4)]);
        return;
    }
    model_user_identified(user);
}

static void change_meetings(struct world *world)
{
    struct model *model = world->model;
    uint32_t id = any_channel(world);
    struct meeting_info *meeting = model_meeting_at(model, below(2));
    switch (below(5)) {
    case 0:
        if (model_meeting(model, id) == NULL && model_meeting_at(model, 1) == NULL &&
            model_channel(model, id)->meeting == MODEL_NONE &&
            model_meeting_add(model, id, "m") != NULL) {
            model_channel(model, id)->meeting = id;
            model_channel(model, id)->role = CHANNEL_FLOOR;
            model_rights_changed(model);
        }
        break;
    case 1:
        if (meeting != NULL && model_channel(model, id)->meeting == MODEL_NONE) {
            model_channel(model, id)->meeting = meeting->id;
            model_channel(model, id)->role = below(3) == 0 ? CHANNEL_TRACK : CHANNEL_BOOTH;
            model_rights_changed(model);
        }
        break;
    case 2:
        if (meeting != NULL && below(3) == 0)
            model_meeting_remove(model, meeting->id);
        break;
    case 3:
        if (meeting != NULL)
            (void)model_role_give(model, world->users[below(USERS)], meeting,
                                  (enum role)(1 + below(3)));
        break;
    default:
        model_set_moderators(model, below(3) == 0 ? bea_moderates : nobody_moderates);
        break;
    }
}

static void change(struct world *world)
{
    struct acl_entry entry = any_entry();
    switch (below(9)) {
    case 0:
        world->what = "lists replaced";
        replace_lists(world);
        break;
    case 1:
        world->what = "an entry appended";
        assert_int_equal(model_acl_append(world->model, any_channel(world), &entry), 0);
        break;
    case 2:
        world->what = "a member admitted";
        model_group_admit(world->model, any_channel(world),
                          group_names[below(ARRAY_LEN(group_names))], (int32_t)below(IDS));
        break;
    case 3:
        world->what = "an id forgotten";
        model_forget_user_id(world->model, (int32_t)below(IDS), NULL, NULL);
        break;
    case 4:
        world->what = "the tree";
        change_tree(world);
        break;
    case 5:
        world->what = "a meeting";
        change_meetings(world);
        break;
    case 6:
        world->what = "a user";
        change_user(world);
        break;
    default:
        world->what = "a move";
        model_user_move(world->model, world->users[below(USERS)], any_channel(world));
        break;
    }
}

static void check(struct world *world, uint32_t start)
{
    const struct channel *channel;
    for (size_t c = 0; (channel = model_channel_at(world->model, c)) != NULL; c++)
        for (size_t u = 0; u < USERS; u++) {
            const struct user *user = world->users[u];
            uint32_t id = channel->id, remembered = model_permissions(world->model, user, id),
                     fresh = rights_fresh(world->model, user, id),
                     by_acl = rights_by_acl(world->model, user, node_of(channel)),
                     plain = plain_rights(world->model, user, &world->personas[u], id);
            if (remembered != fresh || by_acl != plain)
                fail_msg("seed %u, %zu checked, after %s: remembered %x, fresh %x, by entries %x, "
                         "plainly %x",
                         start, world->n_checked, world->what, remembered, fresh, by_acl, plain);
            if (channel->meeting == MODEL_NONE && user->user_id > 0 && remembered != plain)
                world->n_meeting_rights++;
            world->n_checked++;
        }
}

static void run(uint32_t start)
{
    const struct model_limits limits = { .users = USERS, .nesting = 10 };
    struct world world = { .model = model_new(&limits, "root"), .what = "nothing" };
    assert_non_null(world.model);
    seed = start;
    for (size_t i = 0; i < USERS; i++) {
        world.users[i] = someone(world.model, (int32_t)i - 1, MODEL_ROOT);
        assert_int_equal(model_user_rename(world.model, world.users[i], user_names[i % 4]), 0);
    }
    for (int step = 0; step < STEPS; step++) {
        change(&world);
        check(&world, start);
    }
    assert_true(world.n_checked > STEPS * USERS); // and not of the root alone
    assert_true(world.n_meeting_rights > 0);      // server-wide moderators came and went
    model_free(world.model);
}

static void test_remembered_fresh_and_plain_agree(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 5; start++)
        run(start * 2654435761u);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_remembered_fresh_and_plain_agree) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
