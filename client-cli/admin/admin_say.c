// SPDX-License-Identifier: BSD-3-Clause
//
// Texts; and the server's refusals in words.
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

// ---- refusals

static const struct {
    uint32_t bit;
    const char *name;
} rights[] = {
    { 0x1, "Write" },
    { 0x2, "Traverse" },
    { 0x4, "Enter" },
    { 0x8, "Speak" },
    { 0x10, "MuteDeafen" },
    { 0x20, "Move" },
    { 0x40, "MakeChannel" },
    { 0x80, "LinkChannel" },
    { 0x100, "Whisper" },
    { 0x200, "TextMessage" },
    { 0x400, "MakeTempChannel" },
    { 0x800, "Listen" },
    { 0x10000, "Kick" },
    { 0x20000, "Ban" },
    { 0x40000, "Register" },
    { 0x80000, "SelfRegister" },
    { 0x100000, "ResetUserContent" },
};
#define RIGHTS (sizeof rights / sizeof *rights)
#define RIGHTS_ALL 0x1F0FFFu

bool right_find(const char *name, uint32_t *out)
{
    *out = RIGHTS_ALL;
    if (strcasecmp(name, "all") == 0)
        return true;
    for (size_t i = 0; i < RIGHTS; i++) {
        *out = rights[i].bit;
        if (strcasecmp(name, rights[i].name) == 0)
            return true;
    }
    return false;
}

void rights_list(struct sheet *sheet, uint32_t bits)
{
    sheet_text(sheet, "");
    for (size_t i = 0; i < RIGHTS; i++)
        if ((bits & rights[i].bit) != 0)
            sheet_item(sheet, rights[i].name);
}

void rights_words(uint32_t bits, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < RIGHTS && len < cap; i++)
        if ((bits & rights[i].bit) != 0)
            len +=
                (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", rights[i].name);
}

static void denied_permission(const struct picture *picture,
                              const MumbleProto__PermissionDenied *denied, char *out, size_t cap)
{
    char what[200];
    rights_words(denied->has_permission ? denied->permission : 0, what, sizeof what);
    char *path = picture_path(picture, denied->has_channel_id ? denied->channel_id : 0);
    const struct admin_user *user =
        denied->has_session ? picture_user(picture, denied->session) : NULL;
    (void)snprintf(out, cap, "%s lacks the right %s in %s",
                   user != NULL ? user->name : "this login", what[0] != '\0' ? what : "for that",
                   path != NULL ? path : "that channel");
    free(path);
}

void admin_denial(const struct picture *picture, const MumbleProto__PermissionDenied *denied,
                  char *out, size_t cap)
{
    static const char *const sentences[] = {
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text] = "refused",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Permission] = NULL,
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__SuperUser] = "nobody may do that to SuperUser",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelName] =
            "the channel's name is not allowed, or a sibling has it",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong] =
            "the text is longer than the server takes",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__H9K] = "the server jokes",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TemporaryChannel] =
            "a temporary channel does not allow that",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__MissingCertificate] =
            "that needs a certificate, and there is none",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__UserName] =
            "the name is not allowed, or somebody has it",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelFull] = "the channel is full",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__NestingLimit] =
            "channels would be nested more deeply than the server allows",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelCountLimit] =
            "the server has as many channels as it may have",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelListenerLimit] =
            "the channel has as many listeners as it may have",
        [MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__UserListenerLimit] =
            "that user listens to as many channels as one may",
    };
    unsigned type = denied->has_type ? (unsigned)denied->type : 0;
    if (type == MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Permission) {
        denied_permission(picture, denied, out, cap);
        return;
    }
    const char *text = type < sizeof sentences / sizeof *sentences ? sentences[type] : "refused";
    const char *more = denied->name != NULL && denied->name[0] != '\0'       ? denied->name
                       : denied->reason != NULL && denied->reason[0] != '\0' ? denied->reason
                                                                             : NULL;
    (void)snprintf(out, cap, "%s%s%.250s", text, more != NULL ? ": " : "",
                   more != NULL ? more : "");
}

// ---- texts

// Clients take every text for HTML.
static char *escape(const char *plain)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (; *plain != '\0'; plain++) {
        if (*plain == '<')
            (void)fputs("&lt;", out);
        else if (*plain == '>')
            (void)fputs("&gt;", out);
        else if (*plain == '&')
            (void)fputs("&amp;", out);
        else if (*plain == '\n')
            (void)fputs("<br/>", out);
        else
            (void)fputc(*plain, out);
    }
    return fclose(out) == 0 ? text : NULL;
}

char *text_to_send(const struct call *call, size_t from)
{
    char *plain = call_rest(call, from);
    if (plain == NULL || plain[0] == '\0' || !str_is_utf8(plain)) {
        free(plain);
        return NULL;
    }
    if (call_option(call, "--html") != NULL)
        return plain;
    char *html = escape(plain);
    free(plain);
    return html;
}

static int say(struct call *call, uint32_t channel, bool is_tree, size_t from, const char *done)
{
    struct admin *admin = call->admin;
    char *text = text_to_send(call, from);
    if (text == NULL)
        return admin_fail(admin, ADMIN_USAGE, "the text is empty or not UTF-8");
    MumbleProto__TextMessage message = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    message.n_channel_id = !is_tree;
    message.n_tree_id = is_tree;
    message.channel_id = message.tree_id = &channel;
    message.message = text;
    int status = admin_ask(admin, MSG_TEXT_MESSAGE, &message.base, ASK_TEXT, NULL, NULL);
    free(text);
    return status == ADMIN_DONE ? admin_done(admin, "%s", done) : status;
}

int say_all(struct call *call)
{
    return say(call, 0, true, 0, "Sent to all.");
}

int say_channel(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_channel *channel = find_channel(admin, call->words[0]);
    if (channel == NULL)
        return admin_exit_of(admin);
    bool is_tree = call_option(call, "--tree") != NULL;
    char *path = picture_path(&admin->picture, channel->id);
    char done[512];
    (void)snprintf(done, sizeof done, "Sent to %s%s.", path != NULL ? path : "the channel",
                   is_tree ? " and all beneath" : "");
    free(path);
    return say(call, channel->id, is_tree, 1, done);
}
