// SPDX-License-Identifier: BSD-3-Clause
//
// model: who is here and where: users, channels, meetings, permissions, voice targets. Pure state,
// no I/O and no clock; owned by the control thread. Users are found by session, channels by id;
// across modules ids are passed, not pointers. A returned pointer is borrowed and valid until the
// next call that adds or removes something of its kind.
//
// Permissions are one function, model_permissions(user, channel): ACLs and groups (acl.h), the
// SuperUser's rights, and the walls around booths. registry.h has registered people and bans.
// Source: the Mumble protocol's permission bits and channel rules.
#ifndef SUSURRO_MODEL_H
#define SUSURRO_MODEL_H

#include "base/base.h"
#include "base/i18n.h"
#include "model/acl.h"
#include "model/registry.h"
#include "model/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ROOT 0u
#define MODEL_NONE UINT32_MAX
#define MODEL_GUEST (-1)
#define MODEL_SUPERUSER 0
#define MODEL_SUPERUSER_NAME "SuperUser" // nobody else's, also before that account is made
#define MODEL_LANGS_MAX 8
#define MODEL_BOOTHS_MAX 8
#define MODEL_TARGETS 31         // ids 1..30 are used
#define MODEL_TARGET_ENTRIES 64  // of one voice target; more are cut off
#define MODEL_TARGET_GROUPS 8    // entries of one target that name a group; more are cut off
#define MODEL_LISTENING_MAX 1000 // channels of one user, those off now included
#define MODEL_MUTED_MAX 1000     // of one user; more are refused
#define MODEL_GRANTS 4           // meetings in which a guest is given a role; more: the oldest ends
#define MODEL_DUCK_DEFAULT 1     // "not chosen": levels are never above 0 dB

#define MODEL_ERRORS(X)                                                                            \
    X(MODEL_E_MEMORY, -1, N_("out of memory"))                                                     \
    X(MODEL_E_UNKNOWN, -2, N_("no such user or channel"))                                          \
    X(MODEL_E_NAME, -3,                                                                            \
      N_("a channel with this name is already there, or the name is not allowed"))                 \
    X(MODEL_E_NESTING, -4, N_("channels would be nested too deeply"))                              \
    X(MODEL_E_COUNT, -5, N_("there are too many channels"))                                        \
    X(MODEL_E_LOOP, -6, N_("a channel cannot be moved into itself"))                               \
    X(MODEL_E_ROOT, -7, N_("the root channel cannot be renamed, moved or removed"))                \
    X(MODEL_E_TEMPORARY, -8, N_("a temporary channel cannot hold channels"))                       \
    X(MODEL_E_FULL, -9, N_("the server has no session number left"))                               \
    X(MODEL_E_LIMIT, -10, N_("there would be too many of them"))                                   \
    X(MODEL_E_TAKEN, -11, N_("it belongs to somebody else"))
enum model_error {
#define X(name, value, text) name = (value),
    MODEL_ERRORS(X)
#undef X
};
const char *model_error_text(int error);

enum permission {
    PERM_WRITE = 0x1,
    PERM_TRAVERSE = 0x2,
    PERM_ENTER = 0x4,
    PERM_SPEAK = 0x8,
    PERM_MUTE_DEAFEN = 0x10,
    PERM_MOVE = 0x20,
    PERM_MAKE_CHANNEL = 0x40,
    PERM_LINK_CHANNEL = 0x80,
    PERM_WHISPER = 0x100,
    PERM_TEXT_MESSAGE = 0x200,
    PERM_MAKE_TEMP_CHANNEL = 0x400,
    PERM_LISTEN = 0x800,
    PERM_KICK = 0x10000,
    PERM_BAN = 0x20000,
    PERM_REGISTER = 0x40000,
    PERM_SELF_REGISTER = 0x80000,
    PERM_RESET_USER_CONTENT = 0x100000,
    PERM_CACHED = 0x8000000, // on the wire: "this value is known"
    PERM_ALL = 0x1F0FFF,
    PERM_DEFAULT = 0xB0E // Traverse, Enter, Speak, Whisper, TextMessage, Listen
};

// ---- channels

enum channel_role { CHANNEL_PLAIN, CHANNEL_FLOOR, CHANNEL_TRACK, CHANNEL_BOOTH };
struct channel {
    uint32_t id, parent; // the root's parent is MODEL_NONE
    char *name, *description;
    int32_t position;
    uint32_t max_users; // 0: the server's default
    bool is_temporary;
    bool is_inheriting; // the ACL entries of the channels above
    uint32_t n_acls, n_groups, n_links;
    struct acl_entry *acls; // change them by acl.h only
    struct group *groups;
    uint32_t *links; // channel ids; symmetric: model_link, model_unlink
    enum channel_role role;
    uint8_t role_index; // which track or booth
    uint32_t meeting;   // channel id of the meeting's floor, MODEL_NONE
    uint32_t n_users;   // server-made users are not counted
    uint32_t n_listeners;
    bool is_marked; // target.c's own
};

// ---- meetings

struct meeting_track {
    char lang[16];
    char *name;                // of the channel
    uint32_t channel, session; // of the server-made user whose voice is the track
};
struct meeting_booth {
    uint8_t lang_a, lang_b, lang_c; // lang_c: when has_third
    bool has_third;
    bool is_one_way; // from lang_a into lang_b only
    char *name;
    uint32_t channel, session;
    uint32_t on_air; // session, 0: nobody
};
struct meeting_info {
    uint32_t id;     // channel id of the floor
    uint32_t parent; // the meeting that it is a breakout group of, MODEL_NONE
    char *name;
    uint8_t n_tracks, n_booths, default_lang;
    struct meeting_track tracks[MODEL_LANGS_MAX];
    struct meeting_booth booths[MODEL_BOOTHS_MAX];
    int duck_db;
    uint32_t hold_ms;
    uint32_t history; // messages of the chat that late-comers are shown; 0: none
    uint32_t turn_s;  // on air for so long: a reminder; 0: none
    bool is_air_by_voice, is_anyone_interpreter, is_recording_allowed;
    char **interpreters, **moderators; // names, or $ and a certificate hash; NULL terminated
    bool is_levelling;                 // voices are brought to one loudness
    bool is_denoising;                 // and freed of steady noise
    struct door door;                  // role.h
    uint8_t tier;                      // the best that listeners get who ask for nothing
    uint32_t floor_session; // whose voice the mixed floor is: server-made when needed, 0 before
};

// ---- users

struct target_entry {
    uint32_t session; // MODEL_NONE: a channel entry
    uint32_t channel;
    bool with_children, with_links;
    char *group; // only those whom it matches, evaluated in that channel; NULL: all
};
struct voice_target {
    uint16_t n_entries;
    struct target_entry *entries; // group strings are owned
    uint64_t used_us;             // when it was set or spoken to; the caller's clock
};
struct listening { // ears in a channel that one is not in
    uint32_t channel;
    float volume; // linear factor, 1: as it is
    bool is_on;   // false: off now, the volume is remembered
};
struct blob { // a comment or a picture; sent by its hash when it is long
    uint8_t *data;
    size_t len;
    uint8_t sha1[20];
};
struct role_grant { // for a connection; MODEL_NONE: free
    uint32_t meeting;
    enum role role;
};
struct user {
    uint32_t session;
    int32_t user_id; // MODEL_GUEST, MODEL_SUPERUSER, later: registered ids
    char *name;
    char cert_hash[41]; // lower-case hex SHA-1, "" without certificate
    bool is_strong;     // the certificate's chain was verified
    uint64_t version;
    uint32_t channel, epoch; // epoch: counts the changes of place
    bool is_server_made, is_bot;
    bool is_mute, is_deaf, is_suppressed, is_self_mute, is_self_deaf, is_priority_speaker,
        is_recording;
    struct blob comment, texture;
    struct voice_target targets[MODEL_TARGETS];
    struct blob plugin_context; // positional sound goes to those with an equal one
    char *plugin_identity;      // NULL: none
    uint32_t n_listening, n_muted;
    struct listening *listening; // by model_listen
    uint32_t *muted;             // sessions whose direct voice this user does not want
    struct user_rights *rights;  // model's own: tokens, remembered permissions
    // choices about languages
    char spoken[16];                    // a language tag, "" = by where they sit
    uint32_t understood, understood_in; // mask, 0 = only the track's; the meeting it is of
    int duck_db;                        // MODEL_DUCK_DEFAULT = the meeting's
    int partner_db;                     // in a booth, likewise
    uint8_t tier;                       // of what they hear mixed
    bool is_floor_mixed;    // on the floor: what is said there comes from the mixer, as one voice
    bool wants_floor_mixed; // it will, as soon as there is a pause
    struct role_grant grants[MODEL_GRANTS]; // the newest first
    uint32_t voiced_in; // the meeting in which a moderator lets them speak though all are muted
    uint32_t home;      // the floor or track where they were last; MODEL_NONE
    uint32_t wanted;    // where they wanted to go when they came to wait; MODEL_NONE
};

// ---- life and limits

struct model_limits {
    uint32_t users;             // people, at most
    uint32_t server_made_users; // reserved besides
    uint32_t users_per_channel; // 0: no limit
    uint32_t nesting, channels; // channelnestinglimit, channelcountlimit (0: no limit)
};
struct model;
struct model *model_new(const struct model_limits *limits,
                        const char *root_name); // NULL: out of memory
void model_free(struct model *model);
void model_set_limits(struct model *model,
                      const struct model_limits *limits); // sessions keep their first bound
uint32_t model_sessions_max(const struct model *model);   // sessions are below this

// Users. A session number is taken from the front of a queue and comes back at its end by
// model_session_release, once no thread uses it any more.
struct user *model_user_add(struct model *model, const char *name,
                            bool is_server_made); // in the root; NULL: full, memory
void model_user_remove(struct model *model,
                       uint32_t session); // also from others' targets; the number stays taken
void model_session_release(struct model *model, uint32_t session);
struct user *model_user(const struct model *model, uint32_t session); // NULL: unknown
struct user *model_user_next(const struct model *model,
                             uint32_t after_session); // ascending, 0 starts; NULL: the end
struct user *model_user_by_name(const struct model *model, const char *name); // any case
uint32_t model_people(const struct model *model); // without server-made users
int model_user_rename(struct model *model, struct user *user, const char *name);
bool model_user_may_speak(const struct user *user);
bool model_user_is_deaf(const struct user *user);
int model_user_set_target(struct user *user, unsigned id, const struct target_entry *entries,
                          size_t n);
bool blob_set(struct blob *blob, const void *data,
              size_t len); // computes the hash; len 0 clears; false: memory

// Channels. model_channel_check_* say why not, before anything changes.
struct channel *model_channel(const struct model *model, uint32_t id);
struct channel *model_channel_at(const struct model *model,
                                 size_t index); // parents before children; NULL: the end
struct channel *model_channel_child(const struct model *model, uint32_t parent, const char *name);
int model_channel_check(const struct model *model, uint32_t parent, const char *name,
                        uint32_t moving);
struct channel *model_channel_add(struct model *model, uint32_t id, uint32_t parent,
                                  const char *name); // id MODEL_NONE: next
int model_channel_rename(struct model *model, uint32_t id, const char *name);
int model_channel_describe(struct model *model, uint32_t id, const char *description);
int model_channel_move(struct model *model, uint32_t id, uint32_t parent);
void model_channel_remove(struct model *model, uint32_t id); // must be empty of users and channels
bool model_channel_is_within(const struct model *model, uint32_t id,
                             uint32_t ancestor); // or the same
bool model_channel_is_full(const struct model *model, uint32_t id);
void model_user_move(struct model *model, struct user *user,
                     uint32_t channel); // counts, epoch, priority speaker

// Links, both ways at once; and all channels that are joined to this one through links, itself
// included and first. The list is the caller's to free; NULL: memory.
int model_link(struct model *model, uint32_t a, uint32_t b); // MODEL_E_LOOP: with itself
void model_unlink(struct model *model, uint32_t a, uint32_t b);
uint32_t *model_linked(const struct model *model, uint32_t channel, size_t *n);

// Ears elsewhere. volume < 0: as it was, or 1.
int model_listen(struct model *model, struct user *user, uint32_t channel, float volume);
void model_unlisten(struct model *model, struct user *user, uint32_t channel); // volume is kept
const struct listening *model_listening(const struct user *user, uint32_t channel); // on; or NULL
bool model_listening_set_volume(struct user *user, uint32_t channel, float volume); // false: none
uint32_t model_listening_count(const struct user *user);                            // those on
// Do these ears hear anything? Booths and tracks have no direct sound, who sits in a booth gets
// none from elsewhere, and who sits on a track has the floor in their mix already.
bool model_listening_hears(const struct model *model, const struct user *user,
                           const struct listening *ears);
int model_user_mute(struct user *user, uint32_t session, bool is_muted); // not wanted, for oneself

// Meetings.
struct meeting_info *model_meeting_add(struct model *model, uint32_t floor_channel,
                                       const char *name);                       // NULL: memory
struct meeting_info *model_meeting(const struct model *model, uint32_t id);     // NULL: unknown
struct meeting_info *model_meeting_at(const struct model *model, size_t index); // NULL: the end
struct meeting_info *model_meeting_of(const struct model *model,
                                      const struct user *user); // by where they are; NULL
void model_meeting_remove(struct model *model, uint32_t id);    // its channels become plain
int meeting_info_lang(const struct meeting_info *meeting,
                      const char *tag); // index or -1; any case, "es" finds "es-MX"
// The one that it is a group of, or itself: roles and the door are that one's.
struct meeting_info *model_meeting_root(const struct model *model,
                                        const struct meeting_info *meeting);
int meeting_info_booth(const struct meeting_info *meeting,
                       const char *word); // by its name or pair ("en-es"), any case; or -1
bool model_is_moderator(const struct model *model, const struct user *user,
                        const struct meeting_info *meeting);
bool model_is_interpreter(const struct model *model, const struct user *user,
                          const struct meeting_info *meeting);
void model_set_voiced(struct user *user, uint32_t meeting_id); // MODEL_NONE: as everybody
void model_set_given(struct model *model, struct meeting_info *meeting,
                     uint32_t session); // who has the floor; 0: nobody
void model_set_moderators(struct model *model,
                          char **names); // of the server; borrowed, NULL terminated

// Permissions of a user in a channel, without PERM_CACHED.
uint32_t model_permissions(const struct model *model, const struct user *user, uint32_t channel);
bool model_is_enter_restricted(const struct model *model, uint32_t channel);
// After what they stem from was set directly: a channel's role, its inherit flag, a meeting's
// people.
void model_rights_changed(struct model *model);

// Who is reached by a voice target now. Fills up to cap entries, each session once, in no order;
// returns how many.
struct reached {
    uint32_t session;
    uint8_t context; // 1 shout, 2 whisper, 3 by listening; the lowest of those that match
    float volume;    // the highest of those that match
};
size_t model_reach_target(const struct model *model, const struct user *speaker, unsigned target,
                          struct reached *out, size_t cap);
// The booths that a moderator of the meeting they are in means by this target, bit i: its booth i.
// Nobody else's words go in; and these are not among the reached: the mixer brings them.
uint32_t model_target_booths(const struct model *model, const struct user *speaker,
                             unsigned target);
// What that would cost: about how many users and channels would be looked at.
size_t model_target_cost(const struct model *model, const struct user *speaker, unsigned target);

#endif
