// SPDX-License-Identifier: BSD-3-Clause
//
// Private to menu*.c: the entries that a context menu can have. menu_offer.c says which ones
// somebody is offered, in their order; menu.c shows them and does what is chosen.
#ifndef SUSURRO_CONTROL_MENU_INT_H
#define SUSURRO_CONTROL_MENU_INT_H

#include "control/chat/commands.h"

#define MENU_MAX 12
#define MENU_CANDIDATES_MAX 40

enum argument { ARGUMENT_NONE, ARGUMENT_LANGUAGE, ARGUMENT_PERSON };

// In which of the client's menus: of the server, of a channel, of a person.
#define MENU_IN_ALL 7
#define MENU_IN_USERS 4

// What can be offered: name, action, command (with its first argument), more of it, menus.
#define MENU_ITEMS(X)                                                                              \
    X(ITEM_AIR, "susurro.air", "air", NONE, MENU_IN_ALL)                                           \
    X(ITEM_OFF, "susurro.off", "off", NONE, MENU_IN_ALL)                                           \
    X(ITEM_TAKE, "susurro.take", "take", NONE, MENU_IN_ALL)                                        \
    X(ITEM_HANDOVER, "susurro.handover", "handover", NONE, MENU_IN_ALL)                            \
    X(ITEM_TURN, "susurro.turn", "out", NONE, MENU_IN_ALL)                                         \
    X(ITEM_OUT, "susurro.out.", "out", LANGUAGE, MENU_IN_ALL)                                      \
    X(ITEM_RELAY_AUTO, "susurro.relay.auto", "relay auto", NONE, MENU_IN_ALL)                      \
    X(ITEM_RELAY_FLOOR, "susurro.relay.floor", "relay floor", NONE, MENU_IN_ALL)                   \
    X(ITEM_RELAY, "susurro.relay.", "relay", LANGUAGE, MENU_IN_ALL)                                \
    X(ITEM_SLOW, "susurro.slow", "slow", NONE, MENU_IN_ALL)                                        \
    X(ITEM_LOUDER, "susurro.louder", "louder", NONE, MENU_IN_ALL)                                  \
    X(ITEM_REPEAT, "susurro.repeat", "repeat", NONE, MENU_IN_ALL)                                  \
    X(ITEM_CANNOT, "susurro.cannot", "cannot", NONE, MENU_IN_ALL)                                  \
    X(ITEM_LISTEN, "susurro.listen.", NULL, LANGUAGE, MENU_IN_ALL)                                 \
    X(ITEM_FLOOR, "susurro.floor", "floor", NONE, MENU_IN_ALL)                                     \
    X(ITEM_HAND, "susurro.hand", "hand", NONE, MENU_IN_ALL)                                        \
    X(ITEM_HAND_DOWN, "susurro.down", "down", NONE, MENU_IN_ALL)                                   \
    X(ITEM_NEXT, "susurro.next", "next", NONE, MENU_IN_ALL)                                        \
    X(ITEM_LOCK, "susurro.lock", "lock", NONE, MENU_IN_ALL)                                        \
    X(ITEM_UNLOCK, "susurro.unlock", "unlock", NONE, MENU_IN_ALL)                                  \
    X(ITEM_TURN_ALL, "susurro.turnall", "turn", NONE, MENU_IN_ALL)                                 \
    X(ITEM_GIVE, "susurro.give", "give", PERSON, MENU_IN_USERS)                                    \
    X(ITEM_ADMIT, "susurro.admit", "admit", PERSON, MENU_IN_USERS)                                 \
    X(ITEM_INTERPRETER, "susurro.interpreter", "interpreter", PERSON, MENU_IN_USERS)
enum item {
#define X(name, action, command, argument, menus) name,
    MENU_ITEMS(X)
#undef X
        N_ITEMS
};

struct menu_item {
    const char *action, *command;
    enum argument argument;
    uint32_t menus;
};
extern const struct menu_item menu_items[N_ITEMS];

struct menu_entry {
    uint8_t item, lang; // lang: ARGUMENT_LANGUAGE
    uint16_t phrase;
};
struct menu { // what a client was sent
    uint32_t meeting;
    const char *reader; // one of ours
    uint8_t n;
    struct menu_entry entries[MENU_MAX];
};

struct menu_look {
    const struct conn *conn;
    const struct user *user;
    const struct meeting_info *meeting;
    const struct meeting_run *run;
    struct menu_entry entries[MENU_CANDIDATES_MAX];
    uint8_t weights[MENU_CANDIDATES_MAX];
    uint8_t n;
};

bool menu_item_exists(enum item item);      // its command does
void menu_assemble(struct menu_look *look); // its entries, at most MENU_MAX, of the rest of it

#endif
