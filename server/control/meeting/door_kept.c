// SPDX-License-Identifier: BSD-3-Clause
//
// What survives a restart of a meeting's door and its invitations, as lines of words in one setting
// of the store; and what the configuration says of it.
#include "control/meeting/roles.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES_MAX (1u << 20)

static void key_of(const struct meeting_info *meeting, char out[32])
{
    snprintf(out, 32, "door.%u", meeting->id);
}

static const char *or_none(const char *hash)
{
    return hash[0] != '\0' ? hash : "-";
}

__attribute__((format(printf, 2, 3))) static void put(struct buffer *out, const char *format, ...)
{
    char line[160];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    if (len > 0)
        buffer_add(out, line, (size_t)len);
}

void door_save(struct server *server, const struct meeting_info *meeting)
{
    struct meeting_run *run = run_of(server, meeting->id);
    if (run != NULL)
        run->is_door_due = true;
}

static void keep(struct server *server, const struct meeting_info *meeting,
                 const struct invites *invites)
{
    const struct door *door = &meeting->door;
    struct buffer out;
    char key[32];
    buffer_init(&out, KEPT_BYTES_MAX);
    put(&out, "locked %d\nmuted %d\n", door->is_locked, door->is_all_muted);
    if (door->seal[0] != '\0')
        put(&out, "seal %s\n", door->seal);
    for (uint32_t i = 0; i < door->n_guests; i++) {
        const struct door_guest *guest = &door->guests[i];
        if (guest->user_id >= 0 || guest->hash[0] != '\0')
            put(&out, "guest %d %s %u\n", guest->user_id, or_none(guest->hash), guest->marks);
    }
    if (invites != NULL)
        put(&out, "generation %u\n", invites->generation);
    for (uint32_t i = 0; invites != NULL && i < invites->n_used; i++) {
        const struct used_invite *used = &invites->used[i];
        put(&out, "used %u %u %d %s\n", used->serial, used->expires_s, used->user_id,
            or_none(used->hash));
    }
    key_of(meeting, key);
    storage_setting_put(server, key, out.data, out.len);
    buffer_clear(&out);
}

// A hundred who enter in one turn are written once.
void door_turn_end(struct server *server)
{
    for (struct meeting_run *run = server->runs; run != NULL; run = run->next) {
        const struct meeting_info *meeting =
            run->is_door_due ? model_meeting(server->model, run->meeting) : NULL;
        run->is_door_due = false;
        if (meeting != NULL)
            keep(server, meeting, run->invites);
    }
}

static bool read_hash(const char *text, char out[CERT_HASH_BYTES])
{
    bool is_hash = strlen(text) == CERT_HASH_BYTES - 1 &&
                   strspn(text, "0123456789abcdef") == CERT_HASH_BYTES - 1;
    snprintf(out, CERT_HASH_BYTES, "%s", is_hash ? text : "");
    return is_hash || strcmp(text, "-") == 0;
}

static bool read_used(struct invites *invites, const struct used_invite *used)
{
    struct used_invite *grown = invites->n_used < INVITES_USED_MAX
                                    ? realloc(invites->used, (invites->n_used + 1) * sizeof(*used))
                                    : NULL;
    if (grown == NULL)
        return false;
    invites->used = grown;
    grown[invites->n_used++] = *used;
    return true;
}

static bool read_number(const char *word, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = word != NULL ? strtoll(word, &end, 10) : 0;
    return word != NULL && end != word && *end == '\0' && errno == 0;
}

// USER_ID HASH MARKS
static bool read_guest(char **words, struct door *door)
{
    struct door_guest guest = { .session = 0 };
    int64_t user_id, marks;
    if (!read_number(words[0], &user_id) || words[1] == NULL || !read_number(words[2], &marks))
        return false;
    guest.user_id = (int32_t)user_id;
    guest.marks = (uint8_t)marks;
    return read_hash(words[1], guest.hash) && door_add(door, &guest);
}

// SERIAL EXPIRES USER_ID HASH
static bool read_used_line(char **words, struct invites *invites)
{
    struct used_invite used = { .serial = 0 };
    int64_t serial, expires_s, user_id;
    if (!read_number(words[0], &serial) || !read_number(words[1], &expires_s) ||
        !read_number(words[2], &user_id) || words[3] == NULL)
        return false;
    used.serial = (uint32_t)serial;
    used.expires_s = (uint32_t)expires_s;
    used.user_id = (int32_t)user_id;
    return read_hash(words[3], used.hash) && read_used(invites, &used);
}

static bool read_line(char *line, struct door *door, struct invites *invites)
{
    char *rest = NULL, *words[5];
    int64_t number;
    for (size_t i = 0; i < 5; i++)
        words[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
    const char *kind = words[0] != NULL ? words[0] : "";
    if (strcmp(kind, "guest") == 0)
        return read_guest(words + 1, door);
    if (strcmp(kind, "used") == 0)
        return read_used_line(words + 1, invites);
    if (strcmp(kind, "seal") == 0) {
        snprintf(door->seal, sizeof(door->seal), "%s", words[1] != NULL ? words[1] : "");
        return words[1] != NULL;
    }
    if (!read_number(words[1], &number))
        return false;
    if (strcmp(kind, "locked") == 0)
        door->is_locked = number == 1;
    else if (strcmp(kind, "muted") == 0)
        door->is_all_muted = number == 1;
    else if (strcmp(kind, "generation") == 0)
        invites->generation = (uint32_t)number;
    else
        return false;
    return true;
}

bool door_load(struct server *server, struct meeting_info *meeting)
{
    struct meeting_run *run = run_of(server, meeting->id);
    struct invites *invites = run != NULL ? invites_of(run) : NULL;
    char key[32], *rest = NULL;
    size_t len;
    if (invites == NULL)
        return false;
    key_of(meeting, key);
    char *kept = store_setting_get(server->store, key, &len);
    for (char *line = kept != NULL ? strtok_r(kept, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (!read_line(line, &meeting->door, invites))
            log_warn("control", "what is kept of a door is not understood", "meeting=%u",
                     meeting->id);
    free(kept);
    model_rights_changed(server->model);
    return true;
}

// ---- the configuration -------------------------------------------------------------------------

static int match_lobby(void *context, const struct store_channel *stored)
{
    uint32_t *search = context; // the meeting, then its lobby
    if (stored->meeting_role != NULL && strcmp(stored->meeting_role, "lobby") == 0 &&
        stored->meeting_id == search[0])
        search[1] = stored->id;
    return 0;
}

// Beside the floor rather than beneath: who waits does not stand in the meeting.
static bool make_lobby(struct server *server, struct meeting_info *meeting)
{
    struct model *model = server->model;
    uint32_t search[2] = { meeting->id, MODEL_NONE };
    store_channels_each(server->reader, match_lobby, search);
    const struct channel *floor = model_channel(model, meeting->id);
    uint32_t parent = floor->parent != MODEL_NONE ? floor->parent : MODEL_ROOT;
    const char *arguments[] = { meeting->name };
    char *name =
        phrase_fill(PHRASE_LOBBY_NAME, meeting->tracks[meeting->default_lang].lang, arguments);
    struct channel *channel = model_channel(model, search[1]);
    bool is_new = false;
    if (channel == NULL && name != NULL)
        channel = model_channel_child(model, parent, name);
    if (channel == NULL && name != NULL) {
        channel = model_channel_add(model, MODEL_NONE, parent, name);
        is_new = channel != NULL;
    }
    if (is_new &&
        model_channel_describe(
            model, channel->id,
            phrase_text(PHRASE_STATE_LOBBY, meeting->tracks[meeting->default_lang].lang)) != 0)
        log_warn("control", "a lobby has no description", "meeting=%u", meeting->id);
    free(name);
    if (channel == NULL)
        return false;
    channel->position = floor->position;
    meeting->door.lobby = channel->id;
    channels_save(server, channel);
    if (is_new)
        channels_broadcast(server, channel);
    return true;
}

// Tells another password from the same one, after a restart too, and nothing of either.
static void seal_of(const struct server *server, const char *password, char out[DOOR_SEAL_BYTES])
{
    static const char domain[] = "susurro password 1 ";
    uint8_t digest[EVP_MAX_MD_SIZE] = { 0 };
    char text[1024]; // of the password, what a configuration may hold
    snprintf(text, sizeof(text), "%s%s", domain, password);
    (void)HMAC(EVP_sha256(), server->invite_key, INVITE_KEY_BYTES, (const uint8_t *)text,
               strlen(text), digest, NULL);
    for (size_t i = 0; i < (DOOR_SEAL_BYTES - 1) / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool door_configure(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config)
{
    struct door *door = &meeting->door;
    char seal[DOOR_SEAL_BYTES] = "";
    char *password =
        config->password != NULL && config->password[0] != '\0' ? str_dup(config->password) : NULL;
    if (password != NULL)
        seal_of(server, password, seal);
    // Who knew the old one, or came in by it, does not know this.
    const bool was_let_in_by_it = password != NULL || !config->has_lobby;
    if (strcmp(door->seal, seal) != 0 && door->seal[0] != '\0')
        door_unmark(door, DOOR_KNOWS_PASSWORD | (was_let_in_by_it ? DOOR_LET_IN : 0));
    if (strcmp(door->seal, seal) != 0)
        door_save(server, meeting);
    memcpy(door->seal, seal, sizeof(seal));
    free(door->password);
    door->password = password;
    door->has_lobby = config->has_lobby;
    bool is_whole = (password != NULL) == (config->password != NULL && config->password[0] != '\0');
    if (door->has_lobby && model_channel(server->model, door->lobby) == NULL)
        is_whole = make_lobby(server, meeting) && is_whole;
    model_rights_changed(server->model);
    return is_whole;
}
