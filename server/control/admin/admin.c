// SPDX-License-Identifier: BSD-3-Clause
//
// Questions of `susurro admin` that the Mumble protocol has no message for. They come as plug-in
// data with an id of our own, in words, and are answered in JSON in the same way to whoever asked.
#include "control/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

#define ADMIN_ID "susurro.admin"

// ---- rights and certificates -------------------------------------------------------------------

static bool read_number(const char *text, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value < UINT32_MAX;
}

// can SESSION CHANNEL
static void answer_can(const struct question *question, struct answer *answer)
{
    const struct model *model = question->server->model;
    uint32_t session, channel;
    if (question->n_words != 3 || !read_number(question->words[1], &session) ||
        !read_number(question->words[2], &channel)) {
        answer_error(answer, "usage", "can SESSION CHANNEL");
        return;
    }
    const struct user *user = model_user(model, session);
    if (user == NULL || model_channel(model, channel) == NULL) {
        answer_error(answer, "not_found", "there is no such user or channel");
        return;
    }
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_text(answer, "name", user->name);
    answer_integer(answer, "permissions", model_permissions(model, user, channel));
    answer_close(answer, '}');
}

static bool is_here_with(const struct server *server, const char *hash)
{
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (!user->is_server_made && strcmp(user->cert_hash, hash) == 0)
            return true;
    return false;
}

static void list_certs(const struct question *question, const struct registered *person,
                       struct answer *answer)
{
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_integer(answer, "user_id", person->id);
    answer_text(answer, "name", person->name);
    answer_text(answer, "email", person->email);
    answer_open(answer, "certs", '[');
    for (uint32_t i = 0; i < person->n_certs; i++) {
        answer_open(answer, NULL, '{');
        answer_text(answer, "hash", person->certs[i]);
        answer_bool(answer, "online", is_here_with(question->server, person->certs[i]));
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
}

static bool is_hash(const char *text)
{
    return strlen(text) == CERT_HASH_BYTES - 1 &&
           strspn(text, "0123456789abcdef") == CERT_HASH_BYTES - 1;
}

static bool has_cert(const struct registered *person, const char *hash)
{
    for (uint32_t i = 0; i < person->n_certs; i++)
        if (strcmp(person->certs[i], hash) == 0)
            return true;
    return false;
}

static void change_certs(const struct question *question, struct registered *person,
                         struct answer *answer)
{
    struct server *server = question->server;
    const char *hash = question->words[3];
    bool is_add = strcmp(question->words[2], "add") == 0;
    if (!is_hash(hash)) {
        answer_error(answer, "usage", "a certificate is 40 hexadecimal digits in lower case");
    } else if (person->id == MODEL_SUPERUSER) {
        answer_error(answer, "refused", "SuperUser is known by the password alone");
    } else if (is_add) {
        int result = registry_cert_add(server->model, person, hash);
        if (result == 0) {
            registry_save(server, person);
            answer_done(answer, "%s may come with that certificate.", person->name);
        } else {
            answer_error(answer, "refused", "%s", model_error_text(result));
        }
    } else if (!has_cert(person, hash)) {
        answer_error(answer, "not_found", "%s has no such certificate", person->name);
    } else {
        registry_cert_remove(server->model, person, hash);
        registry_save(server, person);
        answer_done(answer, "%s cannot come with that certificate any more.", person->name);
    }
}

// certs PERSON [add HASH | remove HASH]
static void answer_certs(const struct question *question, struct answer *answer)
{
    const char *name = question->n_words > 1 ? question->words[1] : "";
    uint32_t id;
    bool is_id = name[0] == '#' && read_number(name + 1, &id) && id <= REGISTERED_ID_MAX;
    struct registered *person = is_id ? registry_find(question->server->model, (int32_t)id)
                                      : registry_by_name(question->server->model, name);
    if (person == NULL)
        answer_error(answer, "not_found", "nobody registered is called \"%.200s\"", name);
    else if (question->n_words == 2)
        list_certs(question, person, answer);
    else if (question->n_words == 4 &&
             (strcmp(question->words[2], "add") == 0 || strcmp(question->words[2], "remove") == 0))
        change_certs(question, person, answer);
    else
        answer_error(answer, "usage", "certs PERSON [add HASH | remove HASH]");
}

// ---- which question ----------------------------------------------------------------------------

typedef void (*answer_fn)(const struct question *question, struct answer *answer);
static const struct {
    const char *word;
    answer_fn fn;
    bool is_for_moderators; // others need Write in the root for all of it
} table[] = {
    { "meetings", admin_meetings, true }, { "meeting", admin_meeting, true }, // their own only
    { "config", admin_config, false },    { "certs", answer_certs, false },
    { "can", answer_can, false },         { "line", line_admin, true },
    { "lines", lines_admin, true },
};

static bool is_any_moderator(const struct question *question)
{
    const struct model *model = question->server->model;
    const struct meeting_info *meeting;
    for (size_t i = 0; (meeting = model_meeting_at(model, i)) != NULL; i++)
        if (model_is_moderator(model, question->user, meeting))
            return true;
    return false;
}

static void answer_question(const struct question *question, struct answer *answer)
{
    const char *word = question->n_words > 0 ? question->words[0] : "";
    uint32_t rights = model_permissions(question->server->model, question->user, MODEL_ROOT);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].word, word) != 0)
            continue;
        if ((rights & PERM_WRITE) != 0 ||
            (table[i].is_for_moderators && is_any_moderator(question)))
            table[i].fn(question, answer);
        else
            answer_error(answer, "refused", "that needs the right Write in the root channel");
        return;
    }
    answer_error(answer, "usage", "there is no question \"%.60s\"", word);
}

void admin_send(struct conn *conn, struct answer *answer)
{
    if (answer->has_failed) {
        answer->has_failed = false;
        answer_error(answer, "failed", "the answer is too long, or the server lacks memory");
    }
    MumbleProto__PluginDataTransmission out = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    out.data_id = (char *)(uintptr_t)ADMIN_ID;
    out.has_data = true;
    out.data = (ProtobufCBinaryData){ answer->text.len, answer->text.data };
    send_message(conn, MSG_PLUGIN_DATA, &out.base);
}

bool admin_request(struct conn *conn, const MumbleProto__PluginDataTransmission *message)
{
    if (message->data_id == NULL || strcmp(message->data_id, ADMIN_ID) != 0)
        return false;
    struct question question = { .conn = conn,
                                 .server = conn->server,
                                 .user = model_user(conn->server->model, conn->session) };
    struct answer answer = { .has_members = false };
    buffer_init(&answer.text, ADMIN_ANSWER_BYTES);
    size_t len = message->has_data ? message->data.len : 0;
    char *line = len <= ADMIN_QUESTION_BYTES ? calloc(1, len + 1) : NULL;
    if (line != NULL && len > 0)
        memcpy(line, message->data.data, len);
    if (!bucket_take(&conn->messages, conn->server->now_us))
        answer_error(&answer, "busy", "too many questions at once");
    else if (line == NULL || strlen(line) != len || !str_is_utf8(line) ||
             !question_split(line, &question))
        answer_error(&answer, "usage", "the question cannot be read");
    else if (question.user != NULL)
        answer_question(&question, &answer);
    if (!answer.is_later)
        admin_send(conn, &answer);
    buffer_clear(&answer.text);
    free(line);
    return true;
}
