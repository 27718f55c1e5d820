// SPDX-License-Identifier: BSD-3-Clause
//
// chat: one conversation for a meeting, whichever channel of it one sits in; what is written in a
// booth stays there. A text that reaches the floor or a track goes once to everybody in the meeting
// and to those with ears there, as if it were written to the channel they sit in. Interpreters and
// moderators see its number, by which they attach translations. Private to control/.
//
//   shown first to a reader = a translation that chat_pick() finds, else what was written
#ifndef SUSURRO_CONTROL_CHAT_H
#define SUSURRO_CONTROL_CHAT_H

#include "control/meeting/run.h"

#define CHAT_GREETING_BYTES (12u << 10) // of the history that comes by itself; the newest that fit
#define CHAT_HISTORY_BYTES (32u << 10)  // ... that was asked for

// What a reader of this meeting's chat understands, by where they sit and what they chose.
struct chat_reader {
    const struct conn *conn;
    const struct meeting_info *meeting;
    uint8_t own;         // the language that they read
    bool has_chosen_own; // by "!lang": it comes first even if they understand the other
    uint32_t understood; // a bit a language
    bool has_numbers;    // an interpreter or moderator
    bool is_in_booth;
};
struct chat_reader chat_reader_of(const struct conn *conn, const struct meeting_info *meeting);
// The language of the translation that this reader reads first; -1: they read what was written.
int chat_pick(const struct chat_reader *reader, const struct chat_message *message);
// The one who wrote it: NULL when they have left, or when the reader may not know of them.
const struct user *chat_author(const struct chat_reader *reader,
                               const struct chat_message *message);
const char *chat_name(const struct chat_reader *reader,
                      const struct chat_message *message); // to be shown; not escaped
void chat_number(const struct chat_reader *reader, const struct chat_message *message,
                 char out[64]); // "#12 es" as HTML, for those who see it; else ""

// What somebody wrote, behind their name: in its form when that is sound, its own lines apart, so
// that none of it passes for what others have written.
void chat_add_text(struct buffer *out, const char *html);

// A translation, HTML, goes to those who read it first, and to booths, but not to who wrote it.
void chat_send_translation(struct conn *from, const struct meeting_info *meeting,
                           const struct chat_message *message, uint8_t lang);

// The newest messages after that number as one text, at most n and so many bytes; NULL: none. The
// caller frees it.
char *chat_history(const struct chat_reader *reader, const struct agenda *agenda, uint32_t after,
                   uint32_t n, size_t bytes);

#endif
