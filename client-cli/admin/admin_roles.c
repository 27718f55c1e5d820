// SPDX-License-Identifier: BSD-3-Clause
//
// Who is what in a meeting, and invitations as links: susurro admin meeting MEETING roles, invite.
#include "client-cli/admin/admin_int.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_S (24u * 3600)

static const struct column role_columns[] = {
    { "name", "name", COLUMN_TEXT },
    { "user_id", "id", COLUMN_NUMBER },
    { "role", "role", COLUMN_TEXT },
    { "here", "here", COLUMN_FLAG },
};

int meeting_roles_show(struct call *call)
{
    struct node *answer;
    const char *words[] = { "meeting", call->words[0], "roles" };
    int status = admin_question(call->admin, words, sizeof words / sizeof *words, &answer);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(role_columns, sizeof role_columns / sizeof *role_columns);
    const struct node *list = node_get(answer, "roles");
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        sheet_text(sheet, node_text(one, "name"));
        sheet_number(sheet, node_integer(one, "user_id", -1));
        sheet_text(sheet, node_text(one, "role"));
        sheet_flag(sheet, node_flag(one, "here"), "yes");
    }
    node_free(answer);
    admin_begin(call->admin);
    admin_sheet(call->admin, "roles", sheet);
    return admin_end(call->admin);
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                        (*text >= '0' && *text <= '9') || strchr("-._~", *text) != NULL;
        (void)fprintf(out, is_plain ? "%c" : "%%%02X", (unsigned char)*text);
    }
}

// By the address that the admin has used: as others will reach the server. Heap.
static char *link_of(const struct url *url, const char *meeting, const char *word)
{
    char *link = NULL;
    size_t len;
    FILE *out = open_memstream(&link, &len);
    if (out == NULL)
        return NULL;
    bool is_v6 = strchr(url->host, ':') != NULL;
    (void)fprintf(out, "mumble://:%s@%s%s%s:%u/", word, is_v6 ? "[" : "", url->host,
                  is_v6 ? "]" : "", url->port);
    put_escaped(out, meeting);
    (void)fprintf(out, "?version=1.2.0");
    return fclose(out) == 0 ? link : NULL;
}

static int tell_invitation(struct admin *admin, const struct node *answer)
{
    const char *word = node_text(answer, "invitation"), *meeting = node_text(answer, "meeting");
    char *link =
        word != NULL && meeting != NULL ? link_of(&admin->options.url, meeting, word) : NULL;
    if (link == NULL)
        return admin_fail(admin, ADMIN_NO_ANSWER, "the server's answer has no sense");
    if (admin->options.is_json) {
        struct json json;
        json_begin(&json, stdout);
        json_bool(&json, "done", true);
        json_text(&json, "link", link);
        json_text(&json, "invitation", word);
        json_text(&json, "role", node_text(answer, "role"));
        json_integer(&json, "expires", (uint64_t)node_integer(answer, "expires", 0));
        json_end(&json);
    } else {
        (void)printf("%s\n%s\n", link, word);
    }
    free(link);
    return ADMIN_DONE;
}

int meeting_invite(struct call *call)
{
    uint32_t seconds = DEFAULT_S;
    const char *role = call_option(call, "--role"), *duration = call_option(call, "--for");
    if (duration != NULL && parse_duration(duration, &seconds) != 0)
        return admin_fail(call->admin, ADMIN_USAGE, "\"%.60s\" is no time as 30m, 2h or 7d",
                          duration);
    char hours[16];
    (void)snprintf(hours, sizeof hours, "%u", (seconds + 3599) / 3600);
    const char *words[] = { "meeting", call->words[0], "invite", role, hours, "once" };
    size_t n = sizeof words / sizeof *words - (call_option(call, "--once") == NULL);
    struct node *answer;
    int status = admin_question(call->admin, words, n, &answer);
    if (status == ADMIN_DONE)
        status = tell_invitation(call->admin, answer);
    node_free(answer);
    return status;
}
