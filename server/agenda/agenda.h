// SPDX-License-Identifier: BSD-3-Clause
//
// agenda: the tools of a meeting that have nothing to do with sound: who wants to speak and in
// which order, how long a turn may take, straw polls, who goes into which breakout group, what was
// said in the chat. Pure state: no I/O, time and randomness come in. Owned by the control thread,
// one object a meeting; people are sessions, their languages indices of the meeting's tracks.
//
// The queue is first come, first served. With progressive stacking, those who have spoken less
// (this meeting, in turns, then in time by steps of AGENDA_VOICE_STEP_US, so that no cough decides)
// come before those who have spoken more; equal ones in order.
#ifndef SUSURRO_AGENDA_H
#define SUSURRO_AGENDA_H

#include "base/i18n.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENDA_HANDS_MAX 256
#define AGENDA_PEOPLE_MAX 4096 // whose turns are remembered, or votes; more: not counted, refused
#define AGENDA_VOICE_STEP_US 10000000u
#define AGENDA_POLL_ANSWERS_MAX 8
#define AGENDA_LANGS_MAX 8
#define AGENDA_TEXT_BYTES 512 // of a question, an answer; a longer one is refused
#define AGENDA_GROUPS_MAX 32
#define AGENDA_CHAT_MAX 200 // messages remembered, beyond: the oldest goes
#define AGENDA_CHAT_BYTES (256u * 1024)
#define AGENDA_MESSAGE_BYTES 5000

#define AGENDA_ERRORS(X)                                                                           \
    X(AGENDA_E_MEMORY, -1, N_("out of memory"))                                                    \
    X(AGENDA_E_FULL, -2, N_("there is no room for more"))                                          \
    X(AGENDA_E_UNKNOWN, -3, N_("there is no such person, answer or message"))                      \
    X(AGENDA_E_ALREADY, -4, N_("it is so already"))                                                \
    X(AGENDA_E_NO_POLL, -5, N_("there is no poll"))
enum agenda_error {
#define X(name, value, text) name = (value),
    AGENDA_ERRORS(X)
#undef X
};
const char *agenda_error_text(int error);

struct agenda;
struct agenda *agenda_new(uint8_t n_langs); // NULL: out of memory
void agenda_free(struct agenda *agenda);
// They leave: hand and floor are free, votes stay. What they have said is kept for `who` (any
// number that stays this person's; 0: it is not), or going out and in again would be the way to the
// head of a progressive queue.
void agenda_leave(struct agenda *agenda, uint32_t session, uint64_t who);
void agenda_return(struct agenda *agenda, uint32_t session, uint64_t who);
void agenda_forget_absent(struct agenda *agenda); // the last one has left: the next meeting begins

// ---- the speaking queue -----------------------------------------------------------------------

void agenda_set_stacking(struct agenda *agenda, bool is_progressive);
bool agenda_is_stacking(const struct agenda *agenda);
// AGENDA_E_ALREADY: it is up, or they speak; AGENDA_E_FULL.
int agenda_hand_up(struct agenda *agenda, uint32_t session);
int agenda_hand_down(struct agenda *agenda, uint32_t session); // AGENDA_E_UNKNOWN: it is not up
size_t agenda_hands(const struct agenda *agenda, uint32_t *sessions, size_t cap); // in their order
bool agenda_has_hand_up(const struct agenda *agenda, uint32_t session);
// They have the floor from now on, whether they waited for it or not; the one before has ended. The
// next one is the first of agenda_hands who is there.
void agenda_give(struct agenda *agenda, uint32_t session, uint64_t now_us); // 0: to nobody
uint32_t agenda_speaker(const struct agenda *agenda);                       // 0: nobody
// Voice begins or ends: whoever hears it says so, for stacking and for the limit.
void agenda_voice(struct agenda *agenda, uint32_t session, bool is_sounding, uint64_t at_us);
uint64_t agenda_spoken_us(const struct agenda *agenda, uint32_t session,
                          uint64_t now_us); // this meeting
uint32_t agenda_turns(const struct agenda *agenda, uint32_t session);

// ---- time limits ------------------------------------------------------------------------------

// The limit is one of voice: it counts only while whoever was given the floor is heard, so that an
// interruption takes nothing away from them, and nothing is due in silence.
enum agenda_sign {
    AGENDA_SIGN_NONE,
    AGENDA_SIGN_SOON, // 30 s left, half of a limit of less than 60 s
    AGENDA_SIGN_OVER  // no time left
};
void agenda_set_limit(struct agenda *agenda, uint32_t seconds); // 0: none
uint32_t agenda_limit_s(const struct agenda *agenda);
bool agenda_is_speaking(const struct agenda *agenda);                 // is the speaker heard now?
uint32_t agenda_used_s(const struct agenda *agenda, uint64_t now_us); // of this turn
// A sign that has come due for the speaker, each once a turn (OVER again every minute).
enum agenda_sign agenda_sign(struct agenda *agenda, uint64_t now_us);
uint64_t agenda_deadline(const struct agenda *agenda); // of the next sign; UINT64_MAX

// ---- straw polls ------------------------------------------------------------------------------

// texts[lang * (1 + n_answers)] is the question in that language, the answers follow; NULL: as in
// the first language that has it. Copied. One poll at a time: the one before is gone.
int agenda_poll_open(struct agenda *agenda, const char *const *texts, uint8_t n_answers);
// 1 + n_answers texts in one language more, or anew. AGENDA_E_NO_POLL; AGENDA_E_UNKNOWN: the poll
// has another number of answers.
int agenda_poll_translate(struct agenda *agenda, uint8_t lang, const char *const *texts,
                          uint8_t n_answers);
// voter: any number that stays this person's, also when they come back; it is forgotten when the
// poll is closed. answer from 0. Again: changed; AGENDA_E_ALREADY: it was this one.
int agenda_poll_vote(struct agenda *agenda, uint64_t voter, uint8_t answer);
struct poll_view {
    bool is_open;
    uint8_t n_answers;
    bool is_translated; // into the language that was asked for
    bool is_original;   // it was asked in that language, not translated into it
    const char *question, *answers[AGENDA_POLL_ANSWERS_MAX]; // borrowed
    uint32_t counts[AGENDA_POLL_ANSWERS_MAX], n_votes;
};
bool agenda_poll_view(const struct agenda *agenda, uint8_t lang, struct poll_view *out);
int agenda_poll_close(struct agenda *agenda); // the counts stay to be seen

// ---- breakout groups --------------------------------------------------------------------------

struct breakout_person {
    uint32_t session;
    uint8_t lang;  // of their track
    uint8_t group; // out
};
// Groups of equal size (they differ by one at most), at random; with is_mixing languages are spread
// evenly over them (in each, too, the groups differ by one at most). The same seed gives the same
// groups. With fewer people than groups some are empty. n_groups from 1.
void agenda_breakout_random(struct breakout_person *people, size_t n, uint8_t n_groups,
                            bool is_mixing, uint64_t seed);
// One group a language that anybody has; returns how many.
uint8_t agenda_breakout_by_language(struct breakout_person *people, size_t n);

// ---- the conversation -------------------------------------------------------------------------

struct chat_message {
    uint32_t number; // from 1, as people refer to it
    uint32_t session;
    int64_t at_s;
    const char *name, *text; // of who wrote it; HTML as it was sent. Borrowed until the next change
    uint8_t lang;            // of who wrote it
    const char *translations[AGENDA_LANGS_MAX]; // NULL: none
};
// Returns its number, or an error; AGENDA_E_FULL: it is longer than AGENDA_MESSAGE_BYTES. Beyond
// the limits the oldest ones go. is_kept false: numbered, but not remembered beyond the next 20; so
// are those before it.
int agenda_chat_add(struct agenda *agenda, uint32_t session, const char *name, uint8_t lang,
                    const char *text, int64_t at_s, bool is_kept);
// In place of one into the same language. AGENDA_E_FULL: it is too long, or there is no room for it
// beside the newer messages; older ones go.
int agenda_chat_translate(struct agenda *agenda, uint32_t number, uint8_t lang, const char *text);
bool agenda_chat_get(const struct agenda *agenda, uint32_t number, struct chat_message *out);
uint32_t agenda_chat_newest(const struct agenda *agenda); // 0: none
uint32_t agenda_chat_oldest(const struct agenda *agenda); // that is remembered; 0: none
// It is over when nobody has been in the meeting for two hours: who comes then is not of those
// whose words they were. True: it was, all is forgotten, and numbers begin at 1 again.
#define AGENDA_CHAT_OVER_US (UINT64_C(7200) * 1000000)
void agenda_chat_emptied(struct agenda *agenda, uint64_t now_us); // the last one has left
void agenda_chat_entered(struct agenda *agenda);
bool agenda_chat_end_if_over(struct agenda *agenda, uint64_t now_us);

#endif
