// SPDX-License-Identifier: BSD-3-Clause
//
// The context menu that stock clients show. What it offers follows from where one sits, which part
// one has and what happens there; each entry is a chat command. Its text is its state: "Go on air"
// becomes "Leave the air" in the same place. What is offered is in menu_offer.c.
//
// Clients show what is added at the end, and twice what is added twice. So that the order stays, an
// entry that changes is removed, and with it whatever stands behind it; then all of them are added
// anew. Nothing is sent when nothing has changed. At most MENU_MAX entries: beyond, those that
// weigh least give way.
#include "control/chat/menu_int.h"

#include <stdlib.h>
#include <string.h>

#define ACTION_BYTES 64

// ---- what is sent

static void action_of(const struct meeting_info *meeting, const struct menu_entry *entry,
                      char out[ACTION_BYTES])
{
    const bool has_language = menu_items[entry->item].argument == ARGUMENT_LANGUAGE;
    snprintf(out, ACTION_BYTES, "%s%s", menu_items[entry->item].action,
             has_language ? meeting->tracks[entry->lang].lang : "");
}

static void modify(struct conn *conn, const char *action, const char *text, uint32_t menus)
{
    MumbleProto__ContextActionModify change = MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__INIT;
    change.action = (char *)(uintptr_t)action;
    change.has_operation = true;
    change.operation = text != NULL ? MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__OPERATION__Add
                                    : MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__OPERATION__Remove;
    change.text = (char *)(uintptr_t)text;
    change.has_context = text != NULL;
    change.context = menus;
    send_message(conn, MSG_CONTEXT_ACTION_MODIFY, &change.base);
}

static void add(struct conn *conn, const struct meeting_info *meeting,
                const struct menu_entry *entry)
{
    char action[ACTION_BYTES];
    const char *lang = menu_items[entry->item].argument == ARGUMENT_LANGUAGE
                           ? meeting->tracks[entry->lang].lang
                           : NULL;
    // Each track in its own language, so that who looks for theirs finds it.
    const char *reader = entry->item == ITEM_LISTEN ? lang : reader_language(conn);
    const char *name = lang != NULL ? lang_own_name(lang) : "";
    char *text = phrase_fill((enum phrase)entry->phrase, reader, &name);
    action_of(meeting, entry, action);
    if (text != NULL)
        modify(conn, action, text, menu_items[entry->item].menus);
    free(text);
}

static void remove_from(struct conn *conn, struct menu *menu, uint8_t at)
{
    const struct meeting_info *meeting = model_meeting(conn->server->model, menu->meeting);
    for (uint8_t i = at; meeting != NULL && i < menu->n; i++) {
        char action[ACTION_BYTES];
        action_of(meeting, &menu->entries[i], action);
        modify(conn, action, NULL, 0);
    }
    menu->n = at;
}

static bool is_same(const struct menu_entry *a, const struct menu_entry *b)
{
    return a->item == b->item && a->lang == b->lang && a->phrase == b->phrase;
}

// Takes away what is not wanted, where nothing else has to move for it.
static void remove_unwanted(struct conn *conn, struct menu *menu, const struct menu_look *look)
{
    const struct meeting_info *meeting = model_meeting(conn->server->model, menu->meeting);
    uint8_t n = 0;
    for (uint8_t i = 0; i < menu->n; i++) {
        bool is_wanted = false;
        for (uint8_t k = 0; k < look->n; k++)
            is_wanted = is_wanted || is_same(&menu->entries[i], &look->entries[k]);
        char action[ACTION_BYTES];
        action_of(meeting, &menu->entries[i], action);
        if (is_wanted)
            menu->entries[n++] = menu->entries[i];
        else
            modify(conn, action, NULL, 0);
    }
    menu->n = n;
}

static void show(struct conn *conn, struct menu *menu, const struct menu_look *look)
{
    const char *reader = i18n_find(reader_language(conn));
    if (menu->meeting != look->meeting->id || menu->reader != reader)
        remove_from(conn, menu, 0);
    menu->meeting = look->meeting->id;
    menu->reader = reader;
    remove_unwanted(conn, menu, look);
    uint8_t same = 0;
    while (same < menu->n && same < look->n && is_same(&menu->entries[same], &look->entries[same]))
        same++;
    remove_from(conn, menu, same);
    for (uint8_t i = same; i < look->n; i++) {
        add(conn, look->meeting, &look->entries[i]);
        menu->entries[menu->n++] = look->entries[i];
    }
}

// ---- when

void menu_update(struct conn *conn)
{
    const struct server *server = conn->server;
    const struct meeting_info *meeting = meetings_default(conn);
    struct menu_look look = { .conn = conn,
                              .user = model_user(server->model, conn->session),
                              .meeting = meeting,
                              .run = meeting != NULL ? run_of(server, meeting->id) : NULL };
    if (look.user == NULL || conn->phase != CONN_READY)
        return;
    if (conn->menu == NULL && meeting != NULL) {
        conn->menu = calloc(1, sizeof(struct menu));
        if (conn->menu != NULL)
            conn->menu->meeting = MODEL_NONE;
    }
    if (conn->menu == NULL)
        return;
    if (meeting == NULL) {
        remove_from(conn, conn->menu, 0);
        conn->menu->meeting = MODEL_NONE;
        return;
    }
    menu_assemble(&look);
    show(conn, conn->menu, &look);
}

// Of those whose entries may say something else now: in booths after each state, of all when hands,
// roles or the door have changed.
void menu_changed(struct server *server, uint32_t meeting, bool is_of_booths)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        const struct channel *channel =
            user != NULL ? model_channel(server->model, user->channel) : NULL;
        if (channel != NULL && channel->meeting == meeting &&
            (!is_of_booths || channel->role == CHANNEL_BOOTH))
            menu_update(conn);
    }
}

void menu_forget(struct server *server, const struct meeting_info *meeting)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->phase != CONN_READY || conn->menu == NULL || conn->menu->meeting != meeting->id)
            continue;
        remove_from(conn, conn->menu, 0);
        conn->menu->meeting = MODEL_NONE;
    }
}

// ---- what is chosen

// Of two that fit, the longer name: "susurro.relay.auto" is no language.
static int find_item(const char *action, const char **rest)
{
    int found = -1;
    for (int i = 0; i < N_ITEMS; i++) {
        const size_t len = strlen(menu_items[i].action);
        const bool fits = menu_items[i].argument == ARGUMENT_LANGUAGE
                              ? strncmp(action, menu_items[i].action, len) == 0
                              : strcmp(action, menu_items[i].action) == 0;
        if (!fits || (found >= 0 && strlen(menu_items[found].action) >= len))
            continue;
        found = i;
        *rest = action + len;
    }
    return found;
}

static void run_command(struct conn *conn, const char *command, const char *argument)
{
    const size_t len = strlen(command) + strlen(argument) + 3;
    char *text = malloc(len);
    if (text == NULL)
        return;
    snprintf(text, len, "!%s%s%s", command, argument[0] != '\0' ? " " : "", argument);
    commands_run(conn, text);
    free(text);
}

// The name of whom the client's menu was opened on; NULL: nobody whom one may know.
static const char *person_of(const struct conn *conn, const MumbleProto__ContextAction *chosen)
{
    const struct user *user =
        chosen->has_session ? model_user(conn->server->model, chosen->session) : NULL;
    return user != NULL && visible_user(conn, user) ? user->name : NULL;
}

void menu_action(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ContextAction *chosen = (const MumbleProto__ContextAction *)message;
    const struct meeting_info *meeting = meetings_default(conn);
    const char *rest = "";
    const int item = find_item(chosen->action, &rest);
    if (!conn_in_time(conn, &conn->messages))
        return;
    if (meeting == NULL) {
        say(conn, PHRASE_NO_MEETING);
        return;
    }
    if (item < 0 || !menu_item_exists((enum item)item))
        return;
    const int lang =
        menu_items[item].argument == ARGUMENT_LANGUAGE ? meeting_info_lang(meeting, rest) : 0;
    const char *person =
        menu_items[item].argument == ARGUMENT_PERSON ? person_of(conn, chosen) : NULL;
    if (lang < 0)
        return;
    if (item == ITEM_LISTEN)
        commands_choose(conn, meeting, lang);
    else if (menu_items[item].argument == ARGUMENT_PERSON && person == NULL)
        say(conn, PHRASE_MENU_NOBODY);
    else if (person != NULL)
        run_command(conn, menu_items[item].command, person);
    else
        run_command(conn, menu_items[item].command,
                    menu_items[item].argument == ARGUMENT_LANGUAGE ? meeting->tracks[lang].lang
                                                                   : "");
}
