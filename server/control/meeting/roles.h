// SPDX-License-Identifier: BSD-3-Clause
//
// Roles and the door of a meeting as control acts on them: model/role.h decides, here it is done,
// told and kept. Control thread.
//
// An invitation is a word that says: this role in this meeting until then, signed with
// HMAC-SHA256 by a key that the store keeps and that never leaves it:
//
//   inv-  base32(kind 1, meeting 4, generation 4, expires 4, serial 4, first 16 bytes of the MAC)
//
// kind is the role, + 0x80 for a single person. The generation is the meeting's own, at random: a
// new one ends all invitations before it. Small letters or capitals are the same, as for access
// tokens. Words, links and passwords are never logged.
#ifndef SUSURRO_CONTROL_ROLES_H
#define SUSURRO_CONTROL_ROLES_H

#include "control/meeting/run.h"

#define INVITE_KEY_BYTES 32
#define INVITE_WORD_BYTES 64 // with the zero
#define INVITE_HOURS_MAX (24u * 366)
#define INVITES_USED_MAX 1000 // of single ones of a meeting, until they expire; then none is taken
#define DOOR_TOLD_EVERY_US 10000000u // moderators hear of the same person at the door this often

// ---- invitations: pure --------------------------------------------------------------------------

struct invite {
    enum role role;
    bool is_single;
    uint32_t meeting, generation, expires_s, serial;
};
void invite_write(const uint8_t key[INVITE_KEY_BYTES], const struct invite *invite,
                  char out[INVITE_WORD_BYTES]);
bool invite_is_one(const char *word); // has the form; nothing is said of the signature
// False: it is not one, or is not signed with this key. What it says is to be judged yet.
bool invite_read(const uint8_t key[INVITE_KEY_BYTES], const char *word, struct invite *out);

// ---- invites.c ----------------------------------------------------------------------------------

struct used_invite { // a single one, and who may use it again
    uint32_t serial, expires_s;
    int32_t user_id;
    char hash[CERT_HASH_BYTES];
};
struct invites {         // run->invites
    uint32_t generation; // 0: none was given yet
    uint32_t n_used;
    struct used_invite *used;
};
struct invites *invites_of(struct meeting_run *run); // NULL: memory
bool invites_open(struct server *server);            // the key; false: the store fails
// A new one; false: memory. The caller may moderate the meeting.
bool invites_make(struct server *server, const struct meeting_info *meeting, enum role role,
                  uint32_t hours, bool is_single, char out[INVITE_WORD_BYTES]);
void invites_revoke(struct server *server, const struct meeting_info *meeting);
enum invite_result { INVITE_GOOD, INVITE_BAD, INVITE_EXPIRED, INVITE_USED };
// Gives the role and lets in; tells nobody. *meeting_id: to which, when it is good.
enum invite_result invites_redeem(struct server *server, struct user *user, const char *word,
                                  uint32_t *meeting_id);
// Would it bring a guest past the server's password?
bool invites_opens(const struct conn *conn, const char *word);
void invites_login(struct conn *conn, struct user *user, const char *password,
                   const char *const *words, size_t n); // before it is known where to
void invites_welcome(struct conn *conn); // what came of it: told, and they are brought in
void invites_join(struct conn *conn, const char *word);                     // of one who is here
void invites_tokens(struct conn *conn, const char *const *words, size_t n); // likewise, if there
// mumble://…: by the name under which they reach the server. Heap; NULL: memory.
char *invites_link(const struct conn *conn, const struct meeting_info *meeting, const char *word);
void invites_forget(struct meeting_run *run);

// ---- roles.c ------------------------------------------------------------------------------------

// Gives it, keeps it, tells the person; who may not be in a booth any more leaves it. By a
// moderator: a participant stays one whatever invitations say. 0, or the model's error.
int roles_give(struct server *server, const struct meeting_info *meeting, struct user *person,
               enum role role, bool is_by_moderator);
enum phrase roles_phrase(enum role role); // its name
void roles_look_again(struct conn *conn); // who lost the right to their booth leaves it
void roles_registered(struct server *server, struct user *user);
bool roles_make_groups(struct server *server, const struct meeting_info *meeting);
void roles_tell_moderators(struct server *server, const struct meeting_info *meeting,
                           const struct conn *except, enum phrase phrase, const char *one,
                           const char *two, const char *three);

// ---- door.c -------------------------------------------------------------------------------------

bool door_load(struct server *server, struct meeting_info *meeting); // as it was before the start
void door_save(struct server *server, const struct meeting_info *meeting); // at the turn's end
void door_turn_end(struct server *server);                                 // before the gate
// After the configuration was read: password, lobby and its channel. False: memory.
bool door_configure(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config);
void door_lock(struct server *server, struct meeting_info *meeting, bool is_locked, const char *by);
void door_mute_all(struct server *server, struct meeting_info *meeting, bool is_muted);
bool door_allow(struct server *server, const struct meeting_info *meeting, struct user *person);
// Somebody may not enter this channel: is it for the door? Then they are told, or brought to wait.
bool door_knock(struct conn *conn, uint32_t channel);
// Where a newcomer waits who may not enter this channel yet; MODEL_NONE.
uint32_t door_lobby_for(const struct server *server, const struct user *user, uint32_t channel);
void door_placed(struct server *server, struct user *user); // after each change of place
void door_shown_out(struct server *server, struct user *user,
                    uint32_t left); // moved by somebody else: out of that channel
bool door_admit(struct server *server, struct meeting_info *meeting, struct user *person);
unsigned door_admit_all(struct server *server, struct meeting_info *meeting);
unsigned door_waiting(const struct server *server, const struct meeting_info *meeting);
bool door_say_password(struct conn *conn, struct meeting_info *meeting, const char *word);
// Everybody who is elsewhere beneath, or waits, to where they were; is_all: from tracks to the
// floor too. Booths stay. Returns how many.
unsigned door_gather(struct server *server, struct meeting_info *meeting, bool is_all);
void door_gone(struct server *server, const struct user *user, bool is_kicked);
void door_state(struct server *server, const struct meeting_run *run); // who has the floor now

#endif
