// SPDX-License-Identifier: BSD-3-Clause
#include "control/tools/tools.h"
#include "control/display/display_int.h"

#include <string.h>

// ---- people -----------------------------------------------------------------------------------

struct meeting_info *tools_meeting(const struct server *server, const struct user *user)
{
    struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (meeting != NULL)
        return meeting->parent != MODEL_NONE ? model_meeting(server->model, meeting->parent)
                                             : meeting;
    const struct meeting_run *run = breakout_of(server, user->channel);
    return run != NULL ? model_meeting(server->model, run->meeting) : NULL;
}

struct meeting_run *tools_run(const struct call *call)
{
    const struct meeting_info *meeting = tools_meeting(call->server, call->user);
    return run_of(call->server, meeting != NULL ? meeting->id : call->meeting->id);
}

struct conn *tools_next(const struct server *server, const struct meeting_info *meeting,
                        struct conn *after)
{
    for (struct conn *conn = after != NULL ? after->next : server->conns; conn != NULL;
         conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && tools_meeting(server, user) == meeting)
            return conn;
    }
    return NULL;
}

bool tools_is_empty(const struct server *server, const struct meeting_run *run, uint32_t except)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (!user->is_server_made && user->session != except &&
            (model_meeting_of(server->model, user) == meeting ||
             tools_meeting(server, user) == meeting))
            return false;
    return true;
}

struct conn *tools_next_moderator(const struct server *server, const struct meeting_info *meeting,
                                  struct conn *after)
{
    struct conn *conn = tools_next(server, meeting, after);
    while (conn != NULL &&
           !model_is_moderator(server->model, model_user(server->model, conn->session), meeting))
        conn = tools_next(server, meeting, conn);
    return conn;
}

uint8_t tools_lang(const struct conn *conn, const struct meeting_info *meeting)
{
    char tag[16];
    snprintf(tag, sizeof(tag), "%s", reader_language(conn));
    int lang = meeting_info_lang(meeting, tag);
    for (char *end = strrchr(tag, '-'); lang < 0 && end != NULL; end = strrchr(tag, '-')) {
        *end = '\0'; // "es-MX" reads "es"
        lang = meeting_info_lang(meeting, tag);
    }
    return lang >= 0 ? (uint8_t)lang : meeting->default_lang;
}

void tools_changed(struct server *server, struct meeting_run *run)
{
    display_changed(server, run->meeting);
    describe_changed(server, run);
}

// ---- words and texts --------------------------------------------------------------------------

bool tools_is_word(const char *word, const char *words)
{
    char one[32];
    for (size_t len; *words != '\0'; words += len + (words[len] == '|')) {
        len = strcspn(words, "|");
        snprintf(one, sizeof(one), "%.*s", (int)len, words);
        if (str_equal_fold(one, word))
            return true;
    }
    return false;
}

// "es:" or "pt-BR:" of the meeting: the language, and where the text goes on. -1: no such word.
static int tag_of(const struct meeting_info *meeting, const char **text)
{
    char tag[16];
    size_t len = strcspn(*text, ": ");
    if (len == 0 || len >= sizeof(tag) || (*text)[len] != ':')
        return -1;
    memcpy(tag, *text, len);
    tag[len] = '\0';
    int lang = meeting_info_lang(meeting, tag);
    if (lang >= 0)
        *text += len + 1 + strspn(*text + len + 1, " ");
    return lang;
}

// Where a part ends: at a bar, or a slash with a blank or an end on both sides. NULL: the end.
static char *separator(char *text)
{
    for (char *at = strpbrk(text, "/|"); at != NULL; at = strpbrk(at + 1, "/|"))
        if (*at == '|' || ((at == text || at[-1] == ' ') && (at[1] == ' ' || at[1] == '\0')))
            return at;
    return NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
    return text;
}

static bool begins_language(const struct meeting_info *meeting, char *text)
{
    const char *at = text + strspn(text, " ");
    return tag_of(meeting, &at) >= 0;
}

static size_t split(const struct meeting_info *meeting, uint8_t lang, char *text, bool is_running,
                    struct tools_part parts[TOOLS_PARTS_MAX])
{
    size_t n = 0;
    bool is_first = true, is_tagged = false;
    while (text != NULL && n < TOOLS_PARTS_MAX) {
        char *end = n + 1 < TOOLS_PARTS_MAX ? separator(text) : NULL;
        while (is_running && end != NULL && !begins_language(meeting, end + 1))
            end = separator(end + 1);
        if (end != NULL)
            *end = '\0';
        const char *at = trim(text);
        int named = tag_of(meeting, &at);
        if (named >= 0) {
            lang = (uint8_t)named;
            is_first = is_tagged = true;
        }
        if (*at != '\0')
            parts[n++] = (struct tools_part){ lang, is_first, is_tagged, at };
        is_first = is_first && *at == '\0';
        text = end != NULL ? end + 1 : NULL;
    }
    return n;
}

size_t tools_split(const struct meeting_info *meeting, uint8_t lang, char *text,
                   struct tools_part parts[TOOLS_PARTS_MAX])
{
    return split(meeting, lang, text, false, parts);
}

size_t tools_split_texts(const struct meeting_info *meeting, uint8_t lang, char *text,
                         struct tools_part parts[TOOLS_PARTS_MAX])
{
    return split(meeting, lang, text, true, parts);
}
