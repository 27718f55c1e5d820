// SPDX-License-Identifier: BSD-3-Clause
//
// The context menu that stock clients show. What it offers follows from where one sits, which part
// one has and what happens there; each entry is a chat command. Its text is its state: "Go on air"
// becomes "Leave the air" in the same place.
//
// Clients show what is added at the end, and twice what is added twice. So that the order stays, an
// entry that changes is removed, and with it whatever stands behind it; then all of them are added
// anew. Nothing is sent when nothing has changed. At most MENU_MAX entries: beyond, those that
// weigh least give way (see weigh).
#include "control/chat/commands.h"

#include <stdlib.h>
#include <string.h>

#define MENU_MAX 12
#define CANDIDATES_MAX 40
#define ACTION_BYTES 64

// In which of the client's menus: of the server, of a channel, of a person.
#define IN_ALL 7
#define IN_USERS 4

enum argument { ARGUMENT_NONE, ARGUMENT_LANGUAGE, ARGUMENT_PERSON };
// What can be offered: name, action, command (with its first argument), more of it, menus.
#define ITEMS(X)                                                                                   \
    X(ITEM_AIR, "susurro.air", "air", NONE, IN_ALL)                                                \
    X(ITEM_OFF, "susurro.off", "off", NONE, IN_ALL)                                                \
    X(ITEM_TAKE, "susurro.take", "take", NONE, IN_ALL)                                             \
    X(ITEM_HANDOVER, "susurro.handover", "handover", NONE, IN_ALL)                                 \
    X(ITEM_TURN, "susurro.turn", "out", NONE, IN_ALL)                                              \
    X(ITEM_OUT, "susurro.out.", "out", LANGUAGE, IN_ALL)                                           \
    X(ITEM_RELAY_AUTO, "susurro.relay.auto", "relay auto", NONE, IN_ALL)                           \
    X(ITEM_RELAY_FLOOR, "susurro.relay.floor", "relay floor", NONE, IN_ALL)                        \
    X(ITEM_RELAY, "susurro.relay.", "relay", LANGUAGE, IN_ALL)                                     \
    X(ITEM_SLOW, "susurro.slow", "slow", NONE, IN_ALL)                                             \
    X(ITEM_LOUDER, "susurro.louder", "louder", NONE, IN_ALL)                                       \
    X(ITEM_REPEAT, "susurro.repeat", "repeat", NONE, IN_ALL)                                       \
    X(ITEM_CANNOT, "susurro.cannot", "cannot", NONE, IN_ALL)                                       \
    X(ITEM_LISTEN, "susurro.listen.", NULL, LANGUAGE, IN_ALL)                                      \
    X(ITEM_FLOOR, "susurro.floor", "floor", NONE, IN_ALL)                                          \
    X(ITEM_HAND, "susurro.hand", "hand", NONE, IN_ALL)                                             \
    X(ITEM_HAND_DOWN, "susurro.down", "down", NONE, IN_ALL)                                        \
    X(ITEM_NEXT, "susurro.next", "next", NONE, IN_ALL)                                             \
    X(ITEM_LOCK, "susurro.lock", "lock", NONE, IN_ALL)                                             \
    X(ITEM_UNLOCK, "susurro.unlock", "unlock", NONE, IN_ALL)                                       \
    X(ITEM_TURN_ALL, "susurro.turnall", "turn", NONE, IN_ALL)                                      \
    X(ITEM_GIVE, "susurro.give", "give", PERSON, IN_USERS)                                         \
    X(ITEM_ADMIT, "susurro.admit", "admit", PERSON, IN_USERS)                                      \
    X(ITEM_INTERPRETER, "susurro.interpreter", "interpreter", PERSON, IN_USERS)
enum item {
#define X(name, action, command, argument, menus) name,
    ITEMS(X)
#undef X
        N_ITEMS
};
static const struct {
    const char *action, *command;
    enum argument argument;
    uint32_t menus;
} items[N_ITEMS] = {
#define X(name, action, command, argument, menus) { action, command, ARGUMENT_##argument, menus },
    ITEMS(X)
#undef X
};

struct entry {
    uint8_t item, lang; // lang: ARGUMENT_LANGUAGE
    uint16_t phrase;
};
struct menu { // what a client was sent
    uint32_t meeting;
    const char *reader; // one of ours
    uint8_t n;
    struct entry entries[MENU_MAX];
};

// ---- what there is to offer ---------------------------------------------------------------------

struct look {
    const struct conn *conn;
    const struct user *user;
    const struct meeting_info *meeting;
    const struct meeting_run *run;
    struct entry entries[CANDIDATES_MAX];
    uint8_t weights[CANDIDATES_MAX];
    uint8_t n;
};

// The tables of commands stay as they are, so each is looked for once: menus are made for
// everybody.
static bool exists(enum item item)
{
    static enum { UNKNOWN, THERE, MISSING } known[N_ITEMS];
    char word[32];
    if (items[item].command == NULL)
        return true;
    if (known[item] == UNKNOWN) {
        snprintf(word, sizeof(word), "%.*s", (int)strcspn(items[item].command, " "),
                 items[item].command);
        known[item] = command_find(word) != NULL ? THERE : MISSING;
    }
    return known[item] == THERE;
}

static void offer(struct look *look, enum item item, uint8_t lang, enum phrase phrase,
                  uint8_t weight)
{
    if (look->n == CANDIDATES_MAX || !exists(item))
        return;
    look->weights[look->n] = weight;
    look->entries[look->n++] =
        (struct entry){ .item = (uint8_t)item, .lang = lang, .phrase = (uint16_t)phrase };
}

// How much an entry is missed: what is done in the middle of a sentence most, what channels show as
// well least.
enum weigh {
    WEIGH_TRACKS_IN_BOOTH, // all of them go, or none
    WEIGH_FLOOR_IN_BOOTH,
    WEIGH_TURN_ALL,
    WEIGH_ADMIT,
    WEIGH_LOCK,
    WEIGH_NEXT,
    WEIGH_GIVE,
    WEIGH_INTERPRETER,
    WEIGH_RELAY,
    WEIGH_SIGNAL_RARE,
    WEIGH_HAND,
    WEIGH_SIGNAL,
    WEIGH_PLACE,
    WEIGH_ACT
};

// The key of a handover says what it does now.
static void offer_handover(struct look *look, const struct booth_state *booth)
{
    const uint32_t self = look->user->session;
    const bool is_on_air = booth->on_air == self, is_successor = booth->successor == self;
    enum phrase phrase = is_on_air ? PHRASE_MENU_ASK : PHRASE_MENU_OFFER;
    if (booth->on_air == 0 || booth->n_interpreters < 2)
        return;
    if (booth->handover == HANDOVER_ASKED)
        phrase = is_on_air ? PHRASE_MENU_UNASK : PHRASE_MENU_CONFIRM_ASKED;
    else if (booth->handover == HANDOVER_OFFERED && is_on_air)
        phrase = PHRASE_MENU_CONFIRM_OFFERED;
    else if (booth->handover == HANDOVER_OFFERED && is_successor)
        phrase = PHRASE_MENU_UNOFFER;
    else if (booth->handover == HANDOVER_BOTH && (is_on_air || is_successor))
        phrase = PHRASE_MENU_SWITCH;
    else if (booth->handover == HANDOVER_BOTH)
        return; // of three: two others are at it
    offer(look, ITEM_HANDOVER, 0, phrase, WEIGH_ACT);
}

static void offer_air(struct look *look, const struct booth_state *booth)
{
    if (booth->on_air == 0)
        offer(look, ITEM_AIR, 0, PHRASE_MENU_AIR, WEIGH_ACT);
    else if (booth->on_air == look->user->session)
        offer(look, ITEM_OFF, 0, PHRASE_MENU_OFF_AIR, WEIGH_ACT);
    else
        offer(look, ITEM_TAKE, 0, PHRASE_MENU_TAKE, WEIGH_ACT);
    offer_handover(look, booth);
}

static void offer_direction(struct look *look, const struct meeting_booth *booth,
                            const struct booth_state *state)
{
    const uint8_t langs[] = { booth->lang_a, booth->lang_b, booth->lang_c };
    const uint8_t n = booth->has_third ? 3 : 2;
    if (!booth->is_one_way)
        offer(look, ITEM_TURN, 0, PHRASE_MENU_TURN, WEIGH_ACT);
    for (uint8_t i = 0; i < n && booth->has_third && !state->is_resting; i++)
        if (langs[i] != state->incoming && langs[i] != state->outgoing)
            offer(look, ITEM_OUT, langs[i], PHRASE_MENU_OUT, WEIGH_ACT);
    if (state->relay != TRACKS_RELAY_AUTO)
        offer(look, ITEM_RELAY_AUTO, 0, PHRASE_MENU_RELAY_AUTO, WEIGH_RELAY);
    else if (state->is_relay)
        offer(look, ITEM_RELAY_FLOOR, 0, PHRASE_MENU_RELAY_FLOOR, WEIGH_RELAY);
    for (uint8_t i = 0; i < n && booth->has_third && state->is_relay; i++)
        if (langs[i] != state->incoming &&
            look->run->state.tracks[langs[i]].depth != TRACKS_NO_LANG)
            offer(look, ITEM_RELAY, langs[i], PHRASE_MENU_RELAY, WEIGH_RELAY);
}

static void offer_tracks(struct look *look, uint8_t weight, uint8_t weight_of_floor)
{
    for (uint8_t i = 0; i < look->meeting->n_tracks; i++)
        offer(look, ITEM_LISTEN, i, PHRASE_MENU_LISTEN, weight);
    offer(look, ITEM_FLOOR, 0, PHRASE_MENU_FLOOR, weight_of_floor);
}

static void offer_in_booth(struct look *look, uint8_t index)
{
    static const struct booth_state nothing = { .is_resting = true, .relay = TRACKS_RELAY_AUTO };
    const struct booth_state *state =
        look->run != NULL && look->run->has_state ? &look->run->state.booths[index] : &nothing;
    offer_air(look, state);
    offer_direction(look, &look->meeting->booths[index], state);
    offer(look, ITEM_SLOW, 0, PHRASE_MENU_SLOW, WEIGH_SIGNAL);
    offer(look, ITEM_LOUDER, 0, PHRASE_MENU_LOUDER, WEIGH_SIGNAL_RARE);
    offer(look, ITEM_REPEAT, 0, PHRASE_MENU_REPEAT, WEIGH_SIGNAL_RARE);
    offer(look, ITEM_CANNOT, 0, PHRASE_MENU_CANNOT, WEIGH_SIGNAL_RARE);
    offer_tracks(look, WEIGH_TRACKS_IN_BOOTH, WEIGH_FLOOR_IN_BOOTH);
}

static bool has_hand_up(const struct look *look)
{
    return look->run != NULL && agenda_has_hand_up(look->run->agenda, look->user->session);
}

static void offer_to_moderators(struct look *look)
{
    offer(look, ITEM_NEXT, 0, PHRASE_MENU_NEXT, WEIGH_NEXT);
    if (look->meeting->door.is_locked)
        offer(look, ITEM_UNLOCK, 0, PHRASE_MENU_UNLOCK, WEIGH_LOCK);
    else
        offer(look, ITEM_LOCK, 0, PHRASE_MENU_LOCK, WEIGH_LOCK);
    if (look->meeting->door.has_lobby)
        offer(look, ITEM_ADMIT, 0, PHRASE_MENU_ADMIT, WEIGH_ADMIT);
    offer(look, ITEM_TURN_ALL, 0, PHRASE_MENU_TURN_ALL, WEIGH_TURN_ALL);
    offer(look, ITEM_GIVE, 0, PHRASE_MENU_GIVE, WEIGH_GIVE);
    offer(look, ITEM_INTERPRETER, 0, PHRASE_MENU_INTERPRETER, WEIGH_INTERPRETER);
}

// ---- what there is room for ---------------------------------------------------------------------

static void drop(struct look *look, uint8_t at)
{
    memmove(&look->entries[at], &look->entries[at + 1],
            (size_t)(look->n - at - 1) * sizeof(look->entries[0]));
    memmove(&look->weights[at], &look->weights[at + 1], (size_t)(look->n - at - 1));
    look->n--;
}

// The last of the lightest goes first; a list of languages that is not whole would mislead.
static void make_room(struct look *look)
{
    while (look->n > MENU_MAX) {
        uint8_t lightest = 0;
        for (uint8_t i = 1; i < look->n; i++)
            if (look->weights[i] <= look->weights[lightest])
                lightest = i;
        const uint8_t weight = look->weights[lightest];
        drop(look, lightest);
        for (uint8_t i = look->n; i-- > 0 && weight == WEIGH_TRACKS_IN_BOOTH;)
            if (look->weights[i] == weight)
                drop(look, i);
    }
}

static void assemble(struct look *look)
{
    const struct model *model = look->conn->server->model;
    const struct channel *channel = model_channel(model, look->user->channel);
    const bool is_inside = model_meeting_of(model, look->user) == look->meeting;
    if (channel->role == CHANNEL_BOOTH) {
        offer_in_booth(look, channel->role_index);
    } else {
        offer_tracks(look, WEIGH_PLACE, WEIGH_PLACE);
        if (is_inside && look->run != NULL &&
            agenda_speaker(look->run->agenda) == look->user->session)
            offer(look, ITEM_HAND_DOWN, 0, PHRASE_MENU_FINISHED, WEIGH_HAND);
        else if (is_inside && has_hand_up(look))
            offer(look, ITEM_HAND_DOWN, 0, PHRASE_MENU_HAND_DOWN, WEIGH_HAND);
        else if (is_inside)
            offer(look, ITEM_HAND, 0, PHRASE_MENU_HAND, WEIGH_HAND);
    }
    if (model_is_moderator(model, look->user, look->meeting))
        offer_to_moderators(look);
    make_room(look);
}

// ---- what is sent
// ---------------------------------------------------------------------------------

static void action_of(const struct meeting_info *meeting, const struct entry *entry,
                      char out[ACTION_BYTES])
{
    const bool has_language = items[entry->item].argument == ARGUMENT_LANGUAGE;
    snprintf(out, ACTION_BYTES, "%s%s", items[entry->item].action,
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

static void add(struct conn *conn, const struct meeting_info *meeting, const struct entry *entry)
{
    char action[ACTION_BYTES];
    const char *lang =
        items[entry->item].argument == ARGUMENT_LANGUAGE ? meeting->tracks[entry->lang].lang : NULL;
    // Each track in its own language, so that who looks for theirs finds it.
    const char *reader = entry->item == ITEM_LISTEN ? lang : reader_language(conn);
    const char *name = lang != NULL ? lang_own_name(lang) : "";
    char *text = phrase_fill((enum phrase)entry->phrase, reader, &name);
    action_of(meeting, entry, action);
    if (text != NULL)
        modify(conn, action, text, items[entry->item].menus);
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

static bool is_same(const struct entry *a, const struct entry *b)
{
    return a->item == b->item && a->lang == b->lang && a->phrase == b->phrase;
}

// Takes away what is not wanted, where nothing else has to move for it.
static void remove_unwanted(struct conn *conn, struct menu *menu, const struct look *look)
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

static void show(struct conn *conn, struct menu *menu, const struct look *look)
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
// -----------------------------------------------------------------------------------------

void menu_update(struct conn *conn)
{
    const struct server *server = conn->server;
    const struct meeting_info *meeting = meetings_default(conn);
    struct look look = { .conn = conn,
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
    assemble(&look);
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
// -------------------------------------------------------------------------------

// Of two that fit, the longer name: "susurro.relay.auto" is no language.
static int find_item(const char *action, const char **rest)
{
    int found = -1;
    for (int i = 0; i < N_ITEMS; i++) {
        const size_t len = strlen(items[i].action);
        const bool fits = items[i].argument == ARGUMENT_LANGUAGE
                              ? strncmp(action, items[i].action, len) == 0
                              : strcmp(action, items[i].action) == 0;
        if (!fits || (found >= 0 && strlen(items[found].action) >= len))
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
    if (item < 0 || !exists((enum item)item))
        return;
    const int lang =
        items[item].argument == ARGUMENT_LANGUAGE ? meeting_info_lang(meeting, rest) : 0;
    const char *person = items[item].argument == ARGUMENT_PERSON ? person_of(conn, chosen) : NULL;
    if (lang < 0)
        return;
    if (item == ITEM_LISTEN)
        commands_choose(conn, meeting, lang);
    else if (items[item].argument == ARGUMENT_PERSON && person == NULL)
        say(conn, PHRASE_MENU_NOBODY);
    else if (person != NULL)
        run_command(conn, items[item].command, person);
    else
        run_command(conn, items[item].command,
                    items[item].argument == ARGUMENT_LANGUAGE ? meeting->tracks[lang].lang : "");
}
