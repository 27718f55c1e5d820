// SPDX-License-Identifier: BSD-3-Clause
//
// The keys of the consoles: what they do, what '?' shows, what stands on the last row.
#include "client-cli/console/console.h"

#define I CONSOLE_INTERPRET
#define L CONSOLE_LISTEN
#define M CONSOLE_MODERATE
#define ALL (I | L | M)

static const struct key_row rows[] = {
    // in a booth
    { I, 'a', "a", ACT_AIR, NULL, N_("air"), N_("go on air; again: leave the air") },
    { I, ' ', N_("Space"), ACT_COUGH, NULL, N_("cough"),
      N_("cough: nobody hears you while you hold it") },
    { I, 'c', "c", ACT_COUGH_LATCH, NULL, NULL, N_("cough without holding; again: it ends") },
    { I, 'h', "h", ACT_DO, "handover", N_("handover"),
      N_("handover: ask or offer; confirm; again: at once") },
    { I, 't', "t", ACT_DO, "take", N_("take"), N_("take the air at once") },
    { I, 'd', "d", ACT_TURN, NULL, N_("direction"),
      N_("direction: the speaker has changed language") },
    { I, 'r', "r", ACT_RELAY, NULL, N_("relay"),
      N_("relay: automatic, the original, each language in turn") },
    { I, '1', "0-9", ACT_NUMBER, NULL, NULL, N_("relay from this language, 0: the original") },
    { I, '[', "[ ]", ACT_PARTNER_DOWN, NULL, NULL, N_("your partner's voice softer, louder") },
    { I, ']', NULL, ACT_PARTNER_UP, NULL, NULL, NULL },
    { I, 's', "s", ACT_DO, "slow", N_("slower"), N_("ask the speaker to slow down") },
    { I, 'l', "l", ACT_DO, "louder", NULL, N_("ask the speaker to speak up") },
    { I, 'e', "e", ACT_DO, "repeat", NULL, N_("ask the speaker to repeat") },
    { I, 'x', "x", ACT_DO, "cannot", NULL, N_("say that this cannot be interpreted") },
    { I, 'T', "T", ACT_FILL, "tr ", NULL, N_("translate a message of the chat") },
    { I, 'w', "w", ACT_FILL, "say ", NULL, N_("write to all the meeting, not to the booth") },
    // listening
    { L, '1', "0-9", ACT_NUMBER, NULL, N_("language"),
      N_("listen in this language, 0: the original voices") },
    { L, '[', "[ ]", ACT_DUCK_DOWN, NULL, N_("original"),
      N_("the original beneath the interpretation: softer, louder") },
    { L, ']', NULL, ACT_DUCK_UP, NULL, NULL, NULL },
    { L, 'u', "u", ACT_UNDERSTAND, NULL, N_("understood"),
      N_("hear the language spoken now as it is; again: interpreted") },
    // moderating
    { M, 'n', "n", ACT_DO, "next", N_("next"), N_("the floor to the next of the queue") },
    { M, TYPED_UP, "↑ ↓", ACT_SELECT_UP, NULL, NULL, N_("select somebody") },
    { M, TYPED_DOWN, NULL, ACT_SELECT_DOWN, NULL, NULL, NULL },
    { M, 'g', "g", ACT_DO_NAMED, "give", N_("give floor"), N_("the floor to who is selected") },
    { M, 'u', "u", ACT_MUTE_PERSON, NULL, N_("mute"),
      N_("mute who is selected; again: not any more") },
    { M, 'i', "i", ACT_DO_NAMED, "interpreter", NULL, N_("make who is selected an interpreter") },
    { M, 'o', "o", ACT_DO_NAMED, "moderator", NULL, N_("make who is selected a moderator") },
    { M, 'p', "p", ACT_DO_NAMED, "participant", NULL, N_("make who is selected a participant") },
    { M, 'l', "l", ACT_FILL_NAMED, "lang", NULL, N_("say which language who is selected speaks") },
    { M, 'a', "a", ACT_DO_NAMED, "allow", NULL,
      N_("let who is selected speak, though all are muted") },
    { M, 'A', "A", ACT_DO, "admit", NULL, N_("let in all who wait") },
    { M, 'I', "I", ACT_FILL, "invite ", NULL, N_("make an invitation") },
    { M, 'f', "f", ACT_FILL, "floorlang ", NULL, N_("the language of the floor") },
    { M, 'U', "U", ACT_MUTE_ALL, NULL, N_("mute all"), N_("mute everybody; again: nobody") },
    { M, 'k', "k", ACT_LOCK, NULL, N_("lock"), N_("lock the meeting; again: open it") },
    { M, 'G', "G", ACT_DO, "gather", NULL, N_("bring everybody to the floor") },
    { M, 'T', "T", ACT_DO, "turn", NULL, N_("turn the booths: the speaker has changed language") },
    { M, 'V', "V", ACT_FILL, "pivot ", NULL, N_("the language that relay goes through") },
    { M, 'L', "L", ACT_FILL, "limit ", NULL, N_("a time for each speaker") },
    { M, 'P', "P", ACT_FILL, "poll ", N_("poll"), N_("ask all a question") },
    { M, 'B', "B", ACT_FILL, "breakout ", NULL, N_("part the meeting into groups") },
    { M, 'b', "b", ACT_DO, "back", NULL, N_("everybody back from the groups") },
    { M, 'N', "N", ACT_FILL, "notice ", N_("notice"), N_("tell all something") },
    { M, 'R', "R", ACT_RECORD, NULL, NULL, N_("record the meeting; again: stop") },
    { M, 'S', "S", ACT_MUSIC, NULL, NULL, N_("music is played; again: speech") },
    { M, '\t', N_("Tab"), ACT_PANES, NULL, NULL,
      N_("people or chat, where there is no room for both") },
    // all
    { L | M, 'm', "m", ACT_MICROPHONE, NULL, N_("microphone"), N_("your microphone on, off") },
    { L | M, 'y', "y", ACT_HAND, NULL, N_("hand"), N_("raise your hand; again: take it down") },
    { ALL, 'v', "v", ACT_FILL, "vote ", NULL, N_("vote, by the number of an answer") },
    { ALL, 'H', "H", ACT_DO, "history", NULL, N_("what was written before") },
    { ALL, '-', "- +", ACT_VOLUME_DOWN, NULL, NULL, N_("all that you hear softer, louder") },
    { ALL, '+', NULL, ACT_VOLUME_UP, NULL, NULL, NULL },
    { ALL, '=', NULL, ACT_VOLUME_UP, NULL, NULL, NULL },
    { ALL, '<', "< >", ACT_TONE_DOWN, NULL, NULL, N_("tone: more bass, less bass") },
    { ALL, '>', NULL, ACT_TONE_UP, NULL, NULL, NULL },
    { ALL, TYPED_ENTER, N_("Enter"), ACT_WRITE, NULL, N_("chat"),
      N_("write to the chat: Enter sends, Esc leaves") },
    { ALL, '/', "/", ACT_WRITE_COMMAND, NULL, NULL, N_("write a command, as !help") },
    { ALL, TYPED_PAGE_UP, N_("PgUp PgDn"), ACT_PAGE_UP, NULL, NULL, N_("read back, and on") },
    { ALL, TYPED_PAGE_DOWN, NULL, ACT_PAGE_DOWN, NULL, NULL, NULL },
    { ALL, '?', "?", ACT_HELP, NULL, N_("help"), N_("the keys; again: back") },
    { ALL, TYPED_REDRAW, "^L", ACT_REDRAW, NULL, NULL, N_("draw the screen anew") },
    { ALL, 'q', "q", ACT_QUIT, NULL, N_("quit"), N_("leave the meeting; on air, twice") },
};

const struct key_row *key_row_at(size_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}
