// SPDX-License-Identifier: BSD-3-Clause
//
// The context menu that stock clients show: one entry a language, the original voices, and the acts
// of an interpreter while one sits in a booth. Clients add a second entry when told twice, so each
// is removed before it is added. At most 12 entries.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

#define MENU_EVERYWHERE 7 // server, channel and user menus
#define MENU_LISTEN "susurro.listen."
#define MENU_FLOOR "susurro.floor"

static const struct {
    const char *action;
    enum phrase phrase;
    enum mixer_command_kind command;
} booth_entries[] = {
    { "susurro.air", PHRASE_MENU_AIR, MIXER_CMD_AIR },
    { "susurro.off", PHRASE_MENU_OFF_AIR, MIXER_CMD_OFF_AIR },
    { "susurro.take", PHRASE_MENU_TAKE, MIXER_CMD_TAKE },
    { "susurro.turn", PHRASE_MENU_TURN, MIXER_CMD_OUT },
};
#define N_BOOTH_ENTRIES (sizeof(booth_entries) / sizeof(booth_entries[0]))

static void modify(struct conn *conn, const char *action, const char *text)
{
    MumbleProto__ContextActionModify entry = MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__INIT;
    entry.action = (char *)action;
    entry.has_operation = true;
    entry.operation = text != NULL ? MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__OPERATION__Add
                                   : MUMBLE_PROTO__CONTEXT_ACTION_MODIFY__OPERATION__Remove;
    entry.text = (char *)text;
    entry.has_context = text != NULL;
    entry.context = MENU_EVERYWHERE;
    send_message(conn, MSG_CONTEXT_ACTION_MODIFY, &entry.base);
}

static void modify_languages(struct conn *conn, const struct meeting_info *meeting, bool is_adding)
{
    const char *reader = reader_language(conn);
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        char action[64];
        snprintf(action, sizeof(action), MENU_LISTEN "%s", meeting->tracks[i].lang);
        // Each language in itself, so that who looks for theirs finds it.
        const char *name = lang_own_name(meeting->tracks[i].lang);
        char *text =
            is_adding ? phrase_fill(PHRASE_MENU_LISTEN, meeting->tracks[i].lang, &name) : NULL;
        modify(conn, action, text);
        free(text);
    }
    modify(conn, MENU_FLOOR, is_adding ? phrase_text(PHRASE_MENU_FLOOR, reader) : NULL);
}

// Called after every move; sends only what changes.
void menu_update(struct conn *conn)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting = meetings_default(conn);
    if (user == NULL)
        return;
    uint32_t wanted = meeting != NULL ? meeting->id : MODEL_NONE;
    if (!conn->has_menu || conn->menu_meeting != wanted) {
        const struct meeting_info *old =
            conn->has_menu ? model_meeting(server->model, conn->menu_meeting) : NULL;
        if (old != NULL)
            modify_languages(conn, old, false);
        if (meeting != NULL)
            modify_languages(conn, meeting, true);
        conn->has_menu = true;
        conn->menu_meeting = wanted;
    }
    bool is_in_booth = model_channel(server->model, user->channel)->role == CHANNEL_BOOTH;
    if (is_in_booth == conn->has_booth_menu)
        return;
    for (size_t i = 0; i < N_BOOTH_ENTRIES; i++)
        modify(conn, booth_entries[i].action,
               is_in_booth ? phrase_text(booth_entries[i].phrase, reader_language(conn)) : NULL);
    conn->has_booth_menu = is_in_booth;
}

void menu_forget(struct server *server, const struct meeting_info *meeting)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->phase != CONN_READY || !conn->has_menu || conn->menu_meeting != meeting->id)
            continue;
        modify_languages(conn, meeting, false);
        conn->menu_meeting = MODEL_NONE;
    }
}

void menu_action(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ContextAction *chosen = (const MumbleProto__ContextAction *)message;
    const struct meeting_info *meeting = meetings_default(conn);
    if (!bucket_take(&conn->messages, conn->server->now_us))
        return;
    if (meeting == NULL) {
        say(conn, PHRASE_NO_MEETING);
        return;
    }
    if (strcmp(chosen->action, MENU_FLOOR) == 0)
        commands_choose(conn, meeting, -1);
    else if (strncmp(chosen->action, MENU_LISTEN, strlen(MENU_LISTEN)) == 0) {
        int track = meeting_info_lang(meeting, chosen->action + strlen(MENU_LISTEN));
        if (track >= 0)
            commands_choose(conn, meeting, track);
    }
    for (size_t i = 0; i < N_BOOTH_ENTRIES; i++)
        if (strcmp(chosen->action, booth_entries[i].action) == 0)
            commands_act(conn, booth_entries[i].command);
}
