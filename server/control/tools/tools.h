// SPDX-License-Identifier: BSD-3-Clause
//
// What the meeting's own tools share (queue.c, poll.c, breakout.c and their commands): everybody
// of a meeting, wherever they sit, and texts that are written in several languages at once.
//
// A meeting's people are those in its channels, and those in its breakout groups. A group with
// interpreters is a meeting within the meeting: its `parent` is the one that all of this belongs
// to. Control thread.
#ifndef SUSURRO_CONTROL_TOOLS_H
#define SUSURRO_CONTROL_TOOLS_H

#include "control/chat/commands.h"
#include "control/meeting/run.h"

#define HANDS_NOTICE_US 5000000u // moderators are told of raised hands at most this often
#define DRAIN_WAIT_US 8000000u   // a speaker's sign waits for interpreters at most so long
#define LIMIT_MIN_S 10u          // of a turn
#define LIMIT_MAX_S 3600u
#define NOTICE_TRANSLATE_US 600000000u // a notice can be translated for so long
#define TOOLS_PARTS_MAX                                                                            \
    (AGENDA_LANGS_MAX * (1 + AGENDA_POLL_ANSWERS_MAX)) // of one text; the rest
                                                       // is part of the last

// The meeting that this person belongs to, from one of its groups too; NULL: none.
struct meeting_info *tools_meeting(const struct server *server, const struct user *user);
struct meeting_run *tools_run(const struct call *call); // of that meeting, where the call is for it
// Everybody of it, one after the other; NULL begins, and is the end.
struct conn *tools_next(const struct server *server, const struct meeting_info *meeting,
                        struct conn *after);
struct conn *tools_next_moderator(const struct server *server, const struct meeting_info *meeting,
                                  struct conn *after);
// Is nobody in it, nor in its groups, but perhaps this one?
bool tools_is_empty(const struct server *server, const struct meeting_run *run, uint32_t except);
// The language of the meeting in which this reader is written to; the default one when it has none.
uint8_t tools_lang(const struct conn *conn, const struct meeting_info *meeting);
bool tools_is_word(const char *word, const char *words);            // one of "one|other", any case
void tools_changed(struct server *server, struct meeting_run *run); // displays look again

// "en: one / two / es: uno / dos": parts between slashes with blanks around them, or bars. Each is
// of the language that was named last, of `lang` before any was. In place.
struct tools_part {
    uint8_t lang;
    bool is_first, is_tagged; // it begins a language; which was named
    const char *text;         // trimmed, not empty
};
size_t tools_split(const struct meeting_info *meeting, uint8_t lang, char *text,
                   struct tools_part parts[TOOLS_PARTS_MAX]);
// The same for running text: only a part that names a language ends the one before.
size_t tools_split_texts(const struct meeting_info *meeting, uint8_t lang, char *text,
                         struct tools_part parts[TOOLS_PARTS_MAX]);

// queue.c
void queue_hand(struct conn *conn, struct meeting_run *run, bool is_up);
void queue_give(struct server *server, struct meeting_run *run, uint32_t session,
                struct conn *by); // 0: to nobody; by: NULL: a script
bool queue_is_on_floor(const struct server *server, const struct meeting_run *run,
                       uint32_t session);
bool queue_next(struct server *server, struct meeting_run *run, struct conn *by); // false: nobody
void queue_list(struct conn *conn, struct meeting_run *run);                      // said
// "Ana, Luis": those who wait, as far as this reader may know of them. "": nobody.
void queue_names(const struct server *server, const struct meeting_run *run,
                 const struct conn *reader, char *out, size_t cap);
void queue_forget(struct meeting_run *run);
// They cannot be heard on the floor now: their turn ends, and their hand goes down if it is for
// good.
void queue_away(struct server *server, struct meeting_run *run, uint32_t session, bool is_for_good);
// poll.c
void poll_tell(struct server *server, struct meeting_run *run, int lang); // -1: all languages
void poll_show(struct conn *conn, const struct meeting_run *run);
int poll_open(struct server *server, struct meeting_run *run, const struct tools_part *parts,
              size_t n); // told to all; or an AGENDA_E_*
int poll_close(struct server *server, struct meeting_run *run);
uint64_t poll_voter(const struct conn *conn); // the same person's after a broken line; never 0
// Does this add a language to a notice of a little while ago? Then interpreters may do it, too.
bool poll_notice_is_translation(const struct server *server, const struct meeting_run *run,
                                const struct tools_part *parts, size_t n);
size_t poll_notice(struct server *server, struct meeting_run *run, const struct tools_part *parts,
                   size_t n); // told to all; how many

// breakout.c
enum breakout_kind { BREAKOUT_RANDOM, BREAKOUT_MIXED, BREAKOUT_LANGUAGES, BREAKOUT_INTERPRETED };
enum breakout_error {
    BREAKOUT_E_NUMBER = -1, // of groups
    BREAKOUT_E_THERE = -2,  // groups are there already
    BREAKOUT_E_NOBODY = -3,
    BREAKOUT_E_NO_BOOTHS = -4,
    BREAKOUT_E_ROOM = -5, // channels, sessions, memory
};
struct breakout_made {
    unsigned n_groups, n_people;
    char bare[256]; // names of groups with booths that nobody is in
};
// Everybody on the floor and the tracks is put into groups, but for whoever asks and for bots;
// interpreters stay in their booths, or with BREAKOUT_INTERPRETED are dealt to those of the groups.
int breakout_make(struct server *server, struct meeting_run *run, enum breakout_kind kind,
                  unsigned n_groups, uint32_t asker, struct breakout_made *made);
int breakout_put(struct server *server, struct meeting_run *run, struct user *person,
                 unsigned group); // from 1; made when missing
const struct channel *breakout_channel(const struct server *server, const struct meeting_run *run,
                                       unsigned group);            // from 1; NULL: not there
int breakout_back(struct server *server, struct meeting_run *run); // how many; 0: no groups
bool breakout_is_there(const struct meeting_run *run);
const struct meeting_run *breakout_of(const struct server *server,
                                      uint32_t channel); // whose group it lies in; NULL
// breakout_meeting.c: a meeting within the meeting, of the same languages and booths
struct channel *breakout_meeting_add(struct server *server, const struct meeting_info *like,
                                     const char *name);                // its floor; NULL: no room
void breakout_meeting_announce(struct server *server, uint32_t floor); // to all, after the floor

#endif
