// SPDX-License-Identifier: BSD-3-Clause
//
// Meetings as the rest of control sees them: declared, begun, entered, left and described. What is
// kept of one while it runs is in run.h.
//
// Part of control_int.h, which includes it behind the types.
#ifndef SUSURRO_CONTROL_MEETINGS_H
#define SUSURRO_CONTROL_MEETINGS_H

// describe.c: descriptions as clients see them: the admin's words, and the state of a meeting
const char *describe_text(const struct server *server, const struct channel *channel);
void describe_strip(char *text); // only the admin's words, of what a client sends; in place
// declare_channels.c
#define ROLE_BYTES 64
void declare_role(const struct meeting_info *meeting, enum channel_role role, uint8_t index,
                  char out[ROLE_BYTES]);
uint32_t declare_voice(struct server *server, const char *meeting, const char *name,
                       uint32_t channel); // its session; 0: no room
// The voice of the mixed floor, made when it is needed first; 0: no memory, no session number.
uint32_t declare_floor_voice(struct server *server, struct meeting_info *meeting);
// declare.c
bool meetings_declare(struct server *server, char *error, size_t cap);
void meetings_reload(struct server *server);
// meetings.c
void meetings_start(struct server *server); // the mixers are there
void meetings_begin(struct server *server, const struct meeting_info *meeting); // one more
void meetings_reconfigure(struct server *server, const struct meeting_info *meeting);
void meetings_user_placed(struct server *server, struct user *user, uint32_t old_meeting);
void meetings_user_left(struct server *server, uint32_t session, uint32_t meeting);
void meetings_removed(struct server *server, uint32_t meeting);
void meetings_tell_ended(struct server *server, uint32_t meeting); // before it is
void meetings_event(struct server *server, const struct mixer_event *event);
void meetings_order(struct server *server, const struct user *user, enum mixer_command_kind kind,
                    int32_t value);
struct meeting_info *
meetings_default(const struct conn *conn); // where a command without a place is meant
const char *meetings_lang_name(const struct meeting_info *meeting,
                               uint8_t index);       // of a track, in that language
char *meetings_welcome(const struct server *server); // heap; NULL when there is nothing to say

#endif
