// SPDX-License-Identifier: BSD-3-Clause
//
// What the context menu offers somebody: it follows from where they sit, which part they have and
// what happens there. What there is no room for gives way by its weight.
#include "control/chat/menu_int.h"

#include <string.h>

const struct menu_item menu_items[N_ITEMS] = {
#define X(name, action, command, argument, menus) { action, command, ARGUMENT_##argument, menus },
    MENU_ITEMS(X)
#undef X
};

// The tables of commands stay as they are, so each is looked for once: menus are made for
// everybody.
bool menu_item_exists(enum item item)
{
    static enum { UNKNOWN, THERE, MISSING } known[N_ITEMS];
    char word[32];
    if (menu_items[item].command == NULL)
        return true;
    if (known[item] == UNKNOWN) {
        snprintf(word, sizeof(word), "%.*s", (int)strcspn(menu_items[item].command, " "),
                 menu_items[item].command);
        known[item] = command_find(word) != NULL ? THERE : MISSING;
    }
    return known[item] == THERE;
}

static void offer(struct menu_look *look, enum item item, uint8_t lang, enum phrase phrase,
                  uint8_t weight)
{
    if (look->n == MENU_CANDIDATES_MAX || !menu_item_exists(item))
        return;
    look->weights[look->n] = weight;
    look->entries[look->n++] =
        (struct menu_entry){ .item = (uint8_t)item, .lang = lang, .phrase = (uint16_t)phrase };
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
static void offer_handover(struct menu_look *look, const struct booth_state *booth)
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

static void offer_air(struct menu_look *look, const struct booth_state *booth)
{
    if (booth->on_air == 0)
        offer(look, ITEM_AIR, 0, PHRASE_MENU_AIR, WEIGH_ACT);
    else if (booth->on_air == look->user->session)
        offer(look, ITEM_OFF, 0, PHRASE_MENU_OFF_AIR, WEIGH_ACT);
    else
        offer(look, ITEM_TAKE, 0, PHRASE_MENU_TAKE, WEIGH_ACT);
    offer_handover(look, booth);
}

static void offer_direction(struct menu_look *look, const struct meeting_booth *booth,
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

static void offer_tracks(struct menu_look *look, uint8_t weight, uint8_t weight_of_floor)
{
    for (uint8_t i = 0; i < look->meeting->n_tracks; i++)
        offer(look, ITEM_LISTEN, i, PHRASE_MENU_LISTEN, weight);
    offer(look, ITEM_FLOOR, 0, PHRASE_MENU_FLOOR, weight_of_floor);
}

static void offer_in_booth(struct menu_look *look, uint8_t index)
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

static bool has_hand_up(const struct menu_look *look)
{
    return look->run != NULL && agenda_has_hand_up(look->run->agenda, look->user->session);
}

static void offer_to_moderators(struct menu_look *look)
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

static void drop(struct menu_look *look, uint8_t at)
{
    memmove(&look->entries[at], &look->entries[at + 1],
            (size_t)(look->n - at - 1) * sizeof(look->entries[0]));
    memmove(&look->weights[at], &look->weights[at + 1], (size_t)(look->n - at - 1));
    look->n--;
}

// The last of the lightest goes first; a list of languages that is not whole would mislead.
static void make_room(struct menu_look *look)
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

void menu_assemble(struct menu_look *look)
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
