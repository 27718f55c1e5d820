// SPDX-License-Identifier: BSD-3-Clause
//
// Commands that only Susurro understands: a question in words, an answer in JSON, as plug-in
// messages (docs/PROTOCOL.md, "Administration").
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

#define BUSY_MS 1100
#define BUSY_MAX 4

// ---- asking

static bool on_answer(struct admin *admin, void *arg, unsigned type,
                      const ProtobufCMessage *message)
{
    (void)admin;
    struct node **answer = arg;
    const MumbleProto__PluginDataTransmission *told = (const void *)message;
    // What has a sender comes from another client, whatever it claims.
    if (type != MSG_PLUGIN_DATA || told->data_id == NULL || !told->has_data ||
        told->has_sender_session || strcmp(told->data_id, ADMIN_QUESTION_ID) != 0)
        return false;
    *answer = node_parse((const char *)told->data.data, told->data.len);
    return true;
}

// Each word in quotes, so that it may hold anything.
static char *quote_words(const char *const *words, size_t n)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        (void)fputs(i > 0 ? " \"" : "\"", out);
        for (const char *c = words[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                (void)fputc('\\', out);
            (void)fputc(*c, out);
        }
        (void)fputc('"', out);
    }
    return fclose(out) == 0 ? text : NULL;
}

static int judge(struct admin *admin, const struct node *answer)
{
    static const struct {
        const char *error;
        enum admin_exit exit;
    } errors[] = { { "refused", ADMIN_REFUSED },
                   { "usage", ADMIN_USAGE },
                   { "not_found", ADMIN_NOT_FOUND } };
    const char *error = node_text(answer, "error"), *text = node_text(answer, "text");
    if (node_flag(answer, "ok"))
        return ADMIN_DONE;
    enum admin_exit exit = ADMIN_NO_ANSWER;
    for (size_t i = 0; error != NULL && i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].error, error) == 0)
            exit = errors[i].exit;
    return admin_fail(admin, exit, "%s", text != NULL ? text : "the server's answer has no sense");
}

static bool is_busy(const struct node *answer)
{
    const char *error = node_text(answer, "error");
    return error != NULL && strcmp(error, "busy") == 0;
}

int admin_question(struct admin *admin, const char *const *words, size_t n, struct node **answer)
{
    char *line = quote_words(words, n);
    char id[] = ADMIN_QUESTION_ID;
    MumbleProto__PluginDataTransmission question = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    question.data_id = id;
    question.has_data = 1;
    question.data = (ProtobufCBinaryData){ line != NULL ? strlen(line) : 0, (uint8_t *)line };
    int status = ADMIN_NO_ANSWER;
    *answer = NULL;
    for (int i = 0; i < BUSY_MAX; i++) {
        node_free(*answer);
        *answer = NULL;
        admin->is_quiet = true;
        status = admin_ask(admin, MSG_PLUGIN_DATA, &question.base, ASK_ONCE, on_answer, answer);
        admin->is_quiet = false;
        if (status != ADMIN_DONE || !is_busy(*answer))
            break;
        admin_pause(admin, BUSY_MS);
    }
    free(line);
    if (status != ADMIN_DONE)
        return admin_fail(admin, ADMIN_NO_ANSWER, "%s",
                          admin->is_over ? admin->end_reason
                                         : "this server does not answer that: it is no Susurro");
    status = judge(admin, *answer);
    if (status != ADMIN_DONE) {
        node_free(*answer);
        *answer = NULL;
    }
    return status;
}

// The words of the command as they stand in its pattern: the server's own are the same.
static size_t words_of(const struct call *call, const char *out[], size_t cap)
{
    const char *at = call->command->pattern;
    size_t n = 0, argument = 0;
    static char literals[8][24];
    while (*at != '\0' && n < cap && n < 8) {
        size_t len = strcspn(at, " ");
        if (at[0] >= 'a' && at[0] <= 'z') {
            (void)snprintf(literals[n], sizeof literals[n], "%.*s", (int)len, at);
            out[n] = literals[n];
            n++;
        } else if (argument < call->n_words) {
            out[n++] = call->words[argument++];
        }
        at += len + (at[len] == ' ');
    }
    return n;
}

static int question_of(struct call *call, struct node **answer)
{
    const char *words[8];
    size_t n = words_of(call, words, sizeof words / sizeof *words);
    return admin_question(call->admin, words, n, answer);
}

// A command whose answer is a sentence.
static int tell(struct call *call)
{
    struct node *answer;
    int status = question_of(call, &answer);
    if (status == ADMIN_DONE) {
        const char *text = node_text(answer, "text");
        status = admin_done(call->admin, "%s", text != NULL ? text : "Done.");
    }
    node_free(answer);
    return status;
}

int meeting_act(struct call *call)
{
    return tell(call);
}

int config_set(struct call *call)
{
    return tell(call);
}

int config_unset(struct call *call)
{
    return tell(call);
}

int certs_change(struct call *call)
{
    return tell(call);
}

// ---- configuration

static const struct column config_columns[] = {
    { "key", "key", COLUMN_TEXT },
    { "value", "value", COLUMN_TEXT },
    { "live", "at once", COLUMN_FLAG },
};

static int show_config(struct call *call)
{
    struct node *answer;
    int status = question_of(call, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_of_list(node_get(answer, "config"), config_columns,
                                        sizeof config_columns / sizeof *config_columns);
    node_free(answer);
    return admin_show_sheet(call->admin, "config", sheet);
}

int config_list(struct call *call)
{
    return show_config(call);
}

int config_get(struct call *call)
{
    return show_config(call);
}

// ---- certificates

static const struct column cert_columns[] = {
    { "hash", "certificate", COLUMN_TEXT },
    { "online", "here with it", COLUMN_FLAG },
};

int certs_list(struct call *call)
{
    struct node *answer;
    int status = question_of(call, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_of_list(node_get(answer, "certs"), cert_columns,
                                        sizeof cert_columns / sizeof *cert_columns);
    struct admin *admin = call->admin;
    admin_begin(admin);
    if (admin->options.is_json) {
        json_text(&admin->json, "name",
                  node_text(answer, "name") != NULL ? node_text(answer, "name") : "");
        json_integer(&admin->json, "user_id", (uint64_t)node_integer(answer, "user_id", 0));
        const char *email = node_text(answer, "email");
        if (email != NULL)
            json_text(&admin->json, "email", email);
        else
            json_null(&admin->json, "email");
    } else if (node_text(answer, "email") != NULL) {
        (void)printf("e-mail: ");
        text_print_clean(stdout, node_text(answer, "email"), false);
        (void)printf("\n\n");
    }
    admin_sheet(admin, "certs", sheet);
    node_free(answer);
    return admin_end(admin);
}

// ---- rights of somebody

static const struct column right_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "channel", "channel", COLUMN_TEXT },
    { "rights", "may", COLUMN_LIST },
};

static int show_rights(struct admin *admin, const char *name, uint32_t channel, uint32_t rights)
{
    struct sheet *sheet = sheet_new(right_columns, sizeof right_columns / sizeof *right_columns);
    sheet_text(sheet, name);
    sheet_take(sheet, picture_path(&admin->picture, channel));
    rights_list(sheet, rights);
    return admin_show_facts(admin, sheet);
}

struct own_rights {
    uint32_t channel, rights;
};

static bool on_rights(struct admin *admin, void *arg, unsigned type,
                      const ProtobufCMessage *message)
{
    (void)admin;
    struct own_rights *ask = arg;
    const MumbleProto__PermissionQuery *told = (const void *)message;
    if (type != MSG_PERMISSION_QUERY || !told->has_channel_id || told->channel_id != ask->channel)
        return false;
    ask->rights = told->has_permissions ? told->permissions : 0;
    return true;
}

// About oneself every server answers, but not to SuperUser.
static int own_rights(struct admin *admin, const char *name, uint32_t channel)
{
    MumbleProto__PermissionQuery query = MUMBLE_PROTO__PERMISSION_QUERY__INIT;
    struct own_rights ask = { .channel = channel };
    query.has_channel_id = 1;
    query.channel_id = channel;
    int status = admin_ask(admin, MSG_PERMISSION_QUERY, &query.base, ASK_ONCE, on_rights, &ask);
    return status == ADMIN_DONE ? show_rights(admin, name, channel, ask.rights) : status;
}

int rights_of(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    const struct admin_channel *channel = user != NULL ? find_channel(admin, call->words[1]) : NULL;
    if (channel == NULL)
        return admin_exit_of(admin);
    uint32_t id = channel->id;
    if (user->session == client_session(admin->client) && user->user_id != 0)
        return own_rights(admin, user->name, id);
    char session[16], number[16];
    (void)snprintf(session, sizeof session, "%u", user->session);
    (void)snprintf(number, sizeof number, "%u", id);
    const char *const words[] = { "can", session, number };
    char *name = str_dup(user->name);
    struct node *answer;
    int status = admin_question(admin, words, 3, &answer);
    if (status == ADMIN_DONE)
        status = show_rights(admin, name, id, (uint32_t)node_integer(answer, "permissions", 0));
    node_free(answer);
    free(name);
    return status;
}

// ---- meetings

static const struct column meeting_columns[] = {
    { "meeting", "meeting", COLUMN_TEXT },
    { "id", "id", COLUMN_NUMBER },
    { "kind", "kind", COLUMN_TEXT },
    { "channel", "channel", COLUMN_TEXT },
    { "channel_id", "channel id", COLUMN_NUMBER },
    { "languages", "languages", COLUMN_LIST },
    { "users", "people", COLUMN_NUMBER },
    { "on_air", "on air", COLUMN_TEXT },
    { "names", "who", COLUMN_LIST },
};

static void put_items(struct sheet *sheet, const struct node *list)
{
    sheet_text(sheet, "");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        if (one->text != NULL)
            sheet_item(sheet, one->text);
}

static void put_place(struct sheet *sheet, const struct node *meeting, const struct node *place)
{
    sheet_text(sheet, node_text(meeting, "name"));
    sheet_number(sheet, node_integer(meeting, "id", 0));
    sheet_text(sheet, node_text(place, "kind"));
    sheet_text(sheet, node_text(place, "name"));
    sheet_number(sheet, node_integer(place, "channel_id", 0));
    put_items(sheet, node_get(place, "languages"));
    sheet_number(sheet, node_integer(place, "users", 0));
    sheet_text(sheet, node_text(place, "on_air"));
    put_items(sheet, node_get(place, "names"));
}

int meetings_list(struct call *call)
{
    struct node *answer;
    int status = question_of(call, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet =
        sheet_new(meeting_columns, sizeof meeting_columns / sizeof *meeting_columns);
    const struct node *list = node_get(answer, "meetings");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        const struct node *places = node_get(one, "places");
        for (const struct node *place = places != NULL ? places->first : NULL; place != NULL;
             place = place->next)
            put_place(sheet, one, place);
    }
    node_free(answer);
    return admin_show_sheet(call->admin, "places", sheet);
}
