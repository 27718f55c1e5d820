// SPDX-License-Identifier: BSD-3-Clause
//
// role: what somebody is in a meeting (participant, interpreter, moderator), who is let in through
// its door, and what both mean for the permissions in its channels. Third public header of model
// beside acl.h: a page of its own. The three functions *_decide and role_rights are pure: tables of
// facts in, an answer out; the rest gathers the facts. Control thread.
//
//   a role   registered people: the ACL groups "moderators", "interpreters", "participants" of the
//            meeting's channel (inherited ones count); guests: what was given for this connection;
//            both: the configuration's lists. A group says more than the lists, so that somebody
//            whom the file names can be a participant; but moderators by the file, by Write or of
//            the server stay moderators.
//   the door who is inside stays; interpreters and moderators always enter, but not those who are
//            interpreters only as anyone may be. For others: a lock lets nobody in who was not
//            there before it; then the password; then the lobby.
#ifndef SUSURRO_MODEL_ROLE_H
#define SUSURRO_MODEL_ROLE_H

#include "model/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOOR_SEAL_BYTES 33
#define DOOR_GUESTS_MAX 4096 // remembered of one meeting; beyond, the oldest is forgotten

struct model;
struct user;
struct meeting_info;

// ---- roles ------------------------------------------------------------------------------------

enum role { ROLE_NONE, ROLE_PARTICIPANT, ROLE_INTERPRETER, ROLE_MODERATOR, ROLES };
const char *role_name(enum role role);                  // "interpreter"
const char *role_group(enum role role);                 // "interpreters"
bool role_from_name(const char *name, enum role *role); // any case; false: none of the three

struct role_facts {
    bool is_superuser, is_server_moderator, may_write; // Write on the floor, by ACL
    bool is_named_moderator, is_named_interpreter, is_anyone_interpreter; // by configuration
    bool is_in_moderators, is_in_interpreters, is_in_participants;        // groups
    enum role given;                                                      // for this connection
};
enum role role_decide(const struct role_facts *facts);
// Does that come from what no moderator of the meeting can take away?
bool role_is_fixed(const struct role_facts *facts);

enum role model_role(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting);
// The same without what anyone may: where anyone may interpret they are participants to the door
// and to a general mute, or these would hold for nobody.
enum role model_role_at_door(const struct model *model, const struct user *user,
                             const struct meeting_info *meeting);
bool model_role_is_fixed(const struct model *model, const struct user *user,
                         const struct meeting_info *meeting);
// Registered people: into that group of the floor channel and out of the others (store its ACL);
// guests: for the connection. 0, MODEL_E_LIMIT or MODEL_E_MEMORY.
int model_role_give(struct model *model, struct user *user, const struct meeting_info *meeting,
                    enum role role);
// A guest who has registered: what was given to the connection is theirs for good. True: it
// changed the groups of the meeting's channel.
bool model_role_keep(struct model *model, struct user *user, const struct meeting_info *meeting);

// ---- the door ---------------------------------------------------------------------------------

enum door_mark {        // what is remembered of somebody; survives a new connection, and none but
                        // DOOR_DEMOTED a kick
    DOOR_WAS_THERE = 1, // when it was locked, or let in since
    DOOR_LET_IN = 2,    // past the lobby
    DOOR_KNOWS_PASSWORD = 4, // has said it
    DOOR_DEMOTED = 8         // a moderator made them a participant: invitations give them nothing
};
struct door_guest { // known again by any of these
    int32_t user_id;
    char hash[CERT_HASH_BYTES];
    uint32_t session; // 0: gone
    uint8_t marks;
};
struct door { // of a meeting
    bool is_locked, is_all_muted, has_lobby;
    char *password;             // NULL: none; by the configuration
    char seal[DOOR_SEAL_BYTES]; // by which it is known whether the password is still the same; "":
                                // there was none
    uint32_t lobby;             // channel; MODEL_NONE: none
    uint32_t given; // session that the floor was given to: may speak though all are muted
    struct door_guest *guests;
    uint32_t n_guests;
};

enum door_answer { DOOR_OPEN, DOOR_LOCKED, DOOR_PASSWORD, DOOR_LOBBY };
struct door_facts {
    enum role role; // at the door
    bool is_inside;
    bool is_locked, has_password, has_lobby;
    uint8_t marks;
    bool has_token; // the password is among their access tokens
};
enum door_answer door_decide(const struct door_facts *facts);
enum door_answer model_door(const struct model *model, const struct user *user,
                            const struct meeting_info *meeting);
bool door_is_open(const struct door *door); // to everybody
bool model_is_inside(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting); // its channel or any beneath
// The meeting whose channel this is, or lies beneath; NULL.
struct meeting_info *model_meeting_around(const struct model *model, uint32_t channel);
struct meeting_info *model_meeting_of_lobby(const struct model *model, uint32_t channel); // NULL

uint8_t door_marks(const struct door *door, const struct user *user);
bool door_mark(struct door *door, const struct user *user, uint8_t marks);       // true: news
bool door_clear_mark(struct door *door, const struct user *user, uint8_t marks); // likewise
void door_forget(struct door *door, const struct user *user);
void door_unmark(struct door *door, uint8_t marks);             // of everybody
void door_session_gone(struct door *door, uint32_t session);    // the number will be another's
bool door_add(struct door *door, const struct door_guest *one); // as it was stored
// Length of neither is told by the time it takes, nor the first difference. Case does not matter,
// as for access tokens.
bool door_is_password(const struct door *door, const char *word);
void door_clear(struct door *door);

// ---- what both mean ---------------------------------------------------------------------------

enum role_place { ROLE_AT_FLOOR, ROLE_AT_TRACK, ROLE_AT_BOOTH, ROLE_AT_LOBBY, ROLE_BENEATH };
struct role_rights_facts {
    enum role role;
    enum role_place place;
    enum door_answer door;
    bool is_by_anyone;            // an interpreter, as anyone may be one
    bool is_all_muted, is_voiced; // voiced: given the floor, or allowed by a moderator
};
// granted: by entries and groups alone.
uint32_t role_rights(uint32_t granted, const struct role_rights_facts *facts);

#endif
