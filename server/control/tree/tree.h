// SPDX-License-Identifier: BSD-3-Clause
//
// Channels and users as the protocol shows and changes them: what tree/ offers the rest of control.
// Rights are checked here, and the model changed; whoever may know of it is told.
//
// Part of control_int.h, which includes it behind the types.
#ifndef SUSURRO_CONTROL_TREE_H
#define SUSURRO_CONTROL_TREE_H

// rights.c: what clients were told of their permissions, kept true
void rights_send(struct conn *conn, uint32_t channel);         // the answer to a query
void rights_send_entered(struct conn *conn, uint32_t channel); // and those in its parent, if new
void rights_changed(struct server *server);  // ACL, group, token, registration, tree: look again
void rights_user_changed(struct conn *conn); // the same for one client alone: tokens, identity
void rights_turn_end(struct server *server); // suppression, can_enter, flushes; before the gate
void rights_forget(struct conn *conn);       // frees rights_sent
bool rights_told(struct conn *conn, uint32_t channel, bool can_enter,
                 bool is_restricted); // a complete ChannelState goes out; false: memory
bool rights_has_told(const struct conn *conn, uint32_t channel);
void rights_channel_gone(struct conn *conn, uint32_t channel); // a ChannelRemove goes out
// visibility.c: hidechannels, off by default
bool visible_channel(const struct conn *conn, const struct channel *channel);
bool visible_user(const struct conn *conn, const struct user *user);
void visible_turn_end(struct server *server);
void visible_forget(struct conn *conn);
void visible_changed(struct conn *conn); // what it may know of: looked at at the turn's end
void visible_welcome(struct conn *conn); // the channels it may know of, at login
void visible_reveal(struct conn *conn, const struct channel *channel);    // and those above it
bool visible_may_learn(struct conn *conn, const struct channel *channel); // one that is new
// acl.c
void acl_message(struct conn *conn, const ProtobufCMessage *message);
void acl_query_users(struct conn *conn, const ProtobufCMessage *message);
void acl_keep_write(struct server *server, const struct user *user,
                    uint32_t channel);                          // by an entry, when they lack it
const char *acl_name_of(const struct model *model, int32_t id); // NULL: nobody
// acl_show.c
void acl_show(struct conn *conn, const struct channel *channel); // the answer to a query
// registry.c: registered people
bool registry_register(struct server *server,
                       struct user *user); // false: name taken or not allowed
void registry_unregister(struct server *server, int32_t user_id, uint32_t actor);
void registry_user_list(struct conn *conn, const ProtobufCMessage *message);
void registry_seen(struct server *server, const struct user *user, bool is_leaving);
bool registry_restore(struct server *server, struct user *user); // comment, picture, ears
void registry_keep_blobs(struct server *server, const struct user *user, bool has_comment,
                         bool has_texture); // of a registered person; guests take theirs along
bool registry_read_password(struct server *server,
                            struct registered *person); // as it is stored now; false: none
void registry_save(struct server *server, struct registered *person);
#define REGISTRY_DATE_BYTES 32
void registry_date(int64_t at_s, char out[REGISTRY_DATE_BYTES]); // as the protocol writes it
// listening.c: ears in other channels
bool listening_check(struct conn *conn, const MumbleProto__UserState *state,
                     MumbleProto__UserState *accepted); // what is left of the lists after refusals
void listening_apply(struct server *server, struct user *user,
                     const MumbleProto__UserState *accepted);
void listening_restore(struct server *server, struct user *user); // at login, of registered people
void listening_look_again(struct conn *conn);                     // ears whose right is gone go
void listening_announce(struct conn *conn); // at login: those restored, after ServerSync
void listening_channel_gone(struct server *server, uint32_t channel); // told to all, before it goes
// whisper.c
void whisper_target(struct conn *conn, const ProtobufCMessage *message);
void whisper_used(struct server *server, uint32_t session, uint8_t target, bool is_reaching);
// user_change.c
void users_state(struct conn *conn, const ProtobufCMessage *message);
void users_state_late(struct conn *conn); // at each of its pings
// blobs.c: short ones inline, long ones by their hash
void blobs_put_comment(MumbleProto__UserState *state, const struct user *user);
void blobs_put_texture(MumbleProto__UserState *state, const struct user *user);
void users_request_blob(struct conn *conn, const ProtobufCMessage *message);
// users.c
void users_remove(struct conn *conn, const ProtobufCMessage *message);
void users_state_send(struct conn *to, const struct user *user); // complete, as at login
void users_state_broadcast(struct server *server, const struct user *user);
bool users_move(struct server *server, struct user *user, uint32_t channel,
                uint32_t actor); // rights were checked; false: full, never without an actor
bool users_fit(const struct server *server, const struct user *mover, uint32_t channel);
struct users_left { // where somebody has been
    uint32_t channel, meeting;
};
// The two halves of a move: the change of place, noted in the message that is to tell of it; and,
// after it was told, what follows.
struct users_left users_enter(struct server *server, struct user *user, uint32_t channel,
                              MumbleProto__UserState *change);
void users_entered(struct server *server, struct user *user, struct users_left left);
void users_refresh_suppression(struct server *server,
                               struct user *user); // after rights have changed
// channels.c
void channels_permission_query(struct conn *conn, const ProtobufCMessage *message);
void channels_send(struct conn *conn, const struct channel *channel);
void channels_send_all(struct conn *conn); // at login
void channels_send_links_of(struct conn *conn, const struct channel *channel);
void channels_broadcast(struct server *server, const struct channel *channel); // complete
void channels_put_description(const struct server *server, MumbleProto__ChannelState *state,
                              const struct channel *channel,
                              uint8_t hash[20]); // or its hash, when it is long
void channels_save(struct server *server, const struct channel *channel);
void channels_send_links(struct conn *conn); // at login, after all channels
bool channels_load(struct server *server, char *error, size_t cap);
// channel_change.c
void channels_state(struct conn *conn, const ProtobufCMessage *message);
// channel_remove.c
void channels_remove(struct conn *conn, const ProtobufCMessage *message);
void channels_remove_tree(struct server *server, uint32_t id);
// text.c
// What may be kept or sent on: the text, or without HTML where that is not allowed. NULL: too long
// (said so) or no memory. Of messages, comments and descriptions. The caller frees it.
char *text_allowed(struct conn *conn, const char *text);
void text_message(struct conn *conn, const ProtobufCMessage *message);

#endif
