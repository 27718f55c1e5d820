// SPDX-License-Identifier: BSD-3-Clause
//
// What the answers to `susurro admin` are written with (admin*.c): JSON into a buffer, and the
// question's words. docs/PROTOCOL.md, "Administration", has questions and answers.
#ifndef SUSURRO_CONTROL_ADMIN_INT_H
#define SUSURRO_CONTROL_ADMIN_INT_H

#include "control/control_int.h"

#define ADMIN_WORDS_MAX 8
#define ADMIN_QUESTION_BYTES 8192     // a longer one is refused
#define ADMIN_ANSWER_BYTES (4u << 20) // a longer one becomes an error

struct answer {
    struct buffer text;
    bool has_members, has_failed; // failed: memory or length
    bool is_later;                // it is sent when it is known, by admin_send
};
// key NULL: within a list. A NULL value is null.
void answer_text(struct answer *answer, const char *key, const char *value);
void answer_integer(struct answer *answer, const char *key, int64_t value);
void answer_decimal(struct answer *answer, const char *key, double value); // one digit behind
void answer_bool(struct answer *answer, const char *key, bool value);
void answer_open(struct answer *answer, const char *key, char bracket);
void answer_close(struct answer *answer, char bracket);
// Instead of all that was written. error: refused, usage, not_found, busy, failed.
void answer_error(struct answer *answer, const char *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void answer_done(struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct question {
    struct conn *conn;
    struct server *server;
    struct user *user; // who asks
    const char *words[ADMIN_WORDS_MAX];
    size_t n_words;
};
// Blanks part words; "…" holds them together; \ takes the next character as it is. In place.
bool question_split(char *line, struct question *question);

// An act of `meeting MEETING …`, while it runs.
struct act {
    const struct question *question;
    struct meeting_info *meeting;
    struct user *person; // NULL where none is named
    const char *word;    // the last one: after the act or the person; "" when there is none
    struct answer *answer;
};
int act_language(const struct act *act); // of the word; -1: the asker was told
// admin_roles.c
void act_interpreter(const struct act *act);
void act_moderator(const struct act *act);
void act_participant(const struct act *act);
void act_roles(const struct act *act);
void act_invite(const struct act *act);
void act_revoke(const struct act *act);
void act_lock(const struct act *act);
void act_unlock(const struct act *act);
void act_mute_all(const struct act *act);
void act_unmute_all(const struct act *act);
void act_allow(const struct act *act);
void act_admit(const struct act *act);
void act_gather(const struct act *act);
void act_floor_language(const struct act *act);
void act_pivot(const struct act *act);
void act_turn(const struct act *act);
// admin.c
void admin_send(struct conn *conn, struct answer *answer);
// admin_config.c
void admin_config(const struct question *question, struct answer *answer);
// admin_meetings.c
void admin_meetings(const struct question *question, struct answer *answer);
void admin_meeting(const struct question *question, struct answer *answer);
// admin_tools.c: queue, poll, groups; false: the words are none of it
bool admin_tool(const struct question *question, const struct meeting_info *meeting,
                struct answer *answer);
// lines_admin.c
void lines_admin(const struct question *question, struct answer *answer);
void line_admin(const struct question *question, struct answer *answer);
// figures.c
void figures_admin(const struct question *question, const struct meeting_info *meeting,
                   struct answer *answer);

#endif
