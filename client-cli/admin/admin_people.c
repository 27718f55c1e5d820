// SPDX-License-Identifier: BSD-3-Clause
//
// Commands that do something to people.
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

// ---- a change of one user, and its echo

struct change {
    uint32_t session;
    const MumbleProto__UserState *wanted;
};

// Does the server's word say what was asked for?
static bool on_change(struct admin *admin, void *arg, unsigned type,
                      const ProtobufCMessage *message)
{
    (void)admin;
    const struct change *change = arg;
    const MumbleProto__UserState *wanted = change->wanted, *told = (const void *)message;
    if (type != MSG_USER_STATE || !told->has_session || told->session != change->session)
        return false;
    if (wanted->has_mute && !(told->has_mute && told->mute == wanted->mute))
        return wanted->mute && told->has_deaf && told->deaf;
    if (wanted->has_deaf && !(told->has_deaf && told->deaf == wanted->deaf))
        return false;
    if (wanted->has_priority_speaker &&
        !(told->has_priority_speaker && told->priority_speaker == wanted->priority_speaker))
        return false;
    if (wanted->has_suppress && !(told->has_suppress && !told->suppress))
        return false;
    if (wanted->has_channel_id && !(told->has_channel_id && told->channel_id == wanted->channel_id))
        return false;
    if (wanted->has_user_id && !(told->has_user_id && told->user_id != UINT32_MAX))
        return false;
    if (wanted->comment != NULL && told->comment == NULL && !told->has_comment_hash)
        return false;
    return !wanted->has_texture || told->has_texture || told->has_texture_hash;
}

static int change_user(struct admin *admin, const MumbleProto__UserState *wanted)
{
    struct change change = { wanted->session, wanted };
    return admin_ask(admin, MSG_USER_STATE, &wanted->base, ASK_ONCE, on_change, &change);
}

static MumbleProto__UserState state_of(const struct admin_user *user)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = user->session;
    return state;
}

// ---- flags

enum flag { FLAG_MUTE, FLAG_DEAF, FLAG_PRIORITY, FLAG_SUPPRESS };
static const struct flag_command {
    const char *word;
    enum flag flag;
    bool value;
    const char *done;
} flag_commands[] = {
    { "mute", FLAG_MUTE, true, "is muted" },
    { "unmute", FLAG_MUTE, false, "is not muted" },
    { "deafen", FLAG_DEAF, true, "is deafened and muted" },
    { "undeafen", FLAG_DEAF, false, "is not deafened" },
    { "priority", FLAG_PRIORITY, true, "is a priority speaker" },
    { "unpriority", FLAG_PRIORITY, false, "is not a priority speaker" },
    { "unsuppress", FLAG_SUPPRESS, false, "may speak" },
};

static const struct flag_command *flag_command_of(const struct call *call)
{
    const char *word = call->command->pattern + strlen("user ");
    size_t len = strcspn(word, " ");
    for (size_t i = 0; i < sizeof flag_commands / sizeof *flag_commands; i++)
        if (strlen(flag_commands[i].word) == len && strncmp(flag_commands[i].word, word, len) == 0)
            return &flag_commands[i];
    return NULL;
}

static bool has_flag(const struct admin_user *user, enum flag flag)
{
    switch (flag) {
    case FLAG_MUTE:
        return user->is_muted;
    case FLAG_DEAF:
        return user->is_deafened;
    case FLAG_PRIORITY:
        return user->is_priority_speaker;
    case FLAG_SUPPRESS:
        return user->is_suppressed;
    }
    return false;
}

int user_set_flag(struct call *call)
{
    struct admin *admin = call->admin;
    const struct flag_command *command = flag_command_of(call);
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL || command == NULL)
        return admin_exit_of(admin);
    if (has_flag(user, command->flag) == command->value)
        return admin_done(admin, "%s %s already.", user->name, command->done);
    MumbleProto__UserState state = state_of(user);
    state.has_mute = command->flag == FLAG_MUTE;
    state.has_deaf = command->flag == FLAG_DEAF;
    state.has_priority_speaker = command->flag == FLAG_PRIORITY;
    state.has_suppress = command->flag == FLAG_SUPPRESS;
    state.mute = state.deaf = state.priority_speaker = state.suppress = command->value;
    char *name = str_dup(user->name);
    int status = change_user(admin, &state);
    if (status == ADMIN_DONE)
        status = admin_done(admin, "%s %s.", name, command->done);
    free(name);
    return status;
}

// ---- moving, registering

int user_move(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    const struct admin_channel *channel = user != NULL ? find_channel(admin, call->words[1]) : NULL;
    if (channel == NULL)
        return admin_exit_of(admin);
    char *path = picture_path(&admin->picture, channel->id);
    char *name = str_dup(user->name);
    MumbleProto__UserState state = state_of(user);
    state.has_channel_id = 1;
    state.channel_id = channel->id;
    int status = ADMIN_DONE;
    bool is_there = user->channel_id == channel->id;
    if (!is_there)
        status = change_user(admin, &state);
    if (status == ADMIN_DONE)
        status = admin_done(admin, "%s is in %s%s.", name, path, is_there ? " already" : "");
    free(path);
    free(name);
    return status;
}

int user_register(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL)
        return admin_exit_of(admin);
    uint32_t session = user->session;
    if (user->user_id >= 0)
        return admin_done(admin, "%s is registered already, with the id %lld.", user->name,
                          (long long)user->user_id);
    if (user->hash[0] == '\0')
        return admin_fail(admin, ADMIN_REFUSED,
                          "%s has no certificate, and so cannot be registered", user->name);
    MumbleProto__UserState state = state_of(user);
    state.has_user_id = 1;
    int status = change_user(admin, &state);
    user = picture_user(&admin->picture, session);
    if (status != ADMIN_DONE || user == NULL)
        return status;
    return admin_done(admin, "%s is registered with the id %lld.", user->name,
                      (long long)user->user_id);
}

// Sends one entry of the list of registered people, and looks whether it holds.
static int change_person(struct admin *admin, const char *word, const char *new_name, char **name)
{
    struct people people;
    *name = NULL;
    int status = people_fetch(admin, &people);
    if (status != ADMIN_DONE)
        return status;
    const struct person *person = people_find(admin, &people, word);
    if (person == NULL) {
        people_clear(&people);
        return admin_exit_of(admin);
    }
    int64_t id = person->id;
    *name = str_dup(person->name);
    people_clear(&people);
    MumbleProto__UserList__User entry = MUMBLE_PROTO__USER_LIST__USER__INIT;
    MumbleProto__UserList__User *entries = &entry;
    MumbleProto__UserList list = MUMBLE_PROTO__USER_LIST__INIT;
    entry.user_id = (uint32_t)id;
    entry.name = (char *)(uintptr_t)new_name;
    list.n_users = 1;
    list.users = &entries;
    status = admin_ask(admin, MSG_USER_LIST, &list.base, ASK_ONCE, NULL, NULL);
    if (status == ADMIN_DONE)
        status = people_fetch(admin, &people);
    if (status != ADMIN_DONE)
        return status;
    bool is_changed = new_name == NULL;
    for (size_t i = 0; i < people.n; i++)
        if (people.list[i].id == id)
            is_changed = new_name != NULL && strcmp(people.list[i].name, new_name) == 0;
    people_clear(&people);
    return is_changed ? ADMIN_DONE : admin_fail(admin, ADMIN_REFUSED, "the server has not done it");
}

int user_unregister(struct call *call)
{
    char *name;
    int status = change_person(call->admin, call->words[0], NULL, &name);
    if (status == ADMIN_DONE)
        status = admin_done(call->admin, "%s is not registered any more.", name);
    free(name);
    return status;
}

int user_rename(struct call *call)
{
    char *name;
    int status = change_person(call->admin, call->words[0], call->words[1], &name);
    if (status == ADMIN_DONE)
        status = admin_done(call->admin, "%s is called %s now.", name, call->words[1]);
    free(name);
    return status;
}

// ---- removing

static bool on_removed(struct admin *admin, void *arg, unsigned type,
                       const ProtobufCMessage *message)
{
    (void)admin;
    const uint32_t *session = arg;
    return type == MSG_USER_REMOVE &&
           ((const MumbleProto__UserRemove *)(const void *)message)->session == *session;
}

static int remove_user(struct call *call, bool is_ban, char **name, char **hash)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL)
        return admin_exit_of(admin);
    uint32_t session = user->session;
    *name = str_dup(user->name);
    *hash = str_dup(user->hash);
    char *reason = call_rest(call, 1);
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = session;
    remove.reason = reason != NULL && reason[0] != '\0' ? reason : NULL;
    remove.has_ban = is_ban;
    remove.ban = is_ban;
    int status = admin_ask(admin, MSG_USER_REMOVE, &remove.base, ASK_ONCE, on_removed, &session);
    free(reason);
    return status;
}

int user_kick(struct call *call)
{
    char *name = NULL, *hash = NULL;
    int status = remove_user(call, false, &name, &hash);
    if (status == ADMIN_DONE)
        status = admin_done(call->admin, "%s is removed.", name);
    free(name);
    free(hash);
    return status;
}

int user_ban(struct call *call)
{
    char *name = NULL, *hash = NULL;
    const char *duration = call_option(call, "--for");
    uint32_t seconds = 0;
    if (duration != NULL && parse_duration(duration, &seconds) != 0)
        return admin_fail(call->admin, ADMIN_USAGE, "\"%.60s\" is no time as 30m, 2h or 7d",
                          duration);
    int status = remove_user(call, true, &name, &hash);
    if (status == ADMIN_DONE && seconds > 0)
        status = ban_limit(call->admin, hash, name, seconds);
    if (status == ADMIN_DONE)
        status = admin_done(call->admin, "%s is removed and banned%s%s.", name,
                            seconds > 0 ? " for " : "", seconds > 0 ? duration : "");
    free(name);
    free(hash);
    return status;
}

// ---- words, comment, picture

int user_message(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL)
        return admin_exit_of(admin);
    uint32_t session = user->session;
    char *name = str_dup(user->name);
    char *text = text_to_send(call, 1);
    MumbleProto__TextMessage message = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    message.n_session = 1;
    message.session = &session;
    message.message = text;
    int status = text == NULL
                     ? admin_fail(admin, ADMIN_USAGE, "no text")
                     : admin_ask(admin, MSG_TEXT_MESSAGE, &message.base, ASK_TEXT, NULL, NULL);
    if (status == ADMIN_DONE)
        status = admin_done(admin, "Sent to %s.", name);
    free(text);
    free(name);
    return status;
}

int user_clear(struct call *call)
{
    struct admin *admin = call->admin;
    bool is_comment = call_option(call, "--comment") != NULL;
    bool is_picture = call_option(call, "--picture") != NULL;
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL)
        return admin_exit_of(admin);
    char empty[] = "";
    char *name = str_dup(user->name);
    MumbleProto__UserState state = state_of(user);
    bool is_both = is_comment == is_picture;
    state.comment = is_both || is_comment ? empty : NULL;
    state.has_texture = is_both || is_picture;
    int status = change_user(admin, &state);
    if (status == ADMIN_DONE)
        status = admin_done(admin, "%s of %s taken away.",
                            is_both      ? "Comment and picture"
                            : is_comment ? "The comment"
                                         : "The picture",
                            name);
    free(name);
    return status;
}
