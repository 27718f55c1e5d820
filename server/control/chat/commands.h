// SPDX-License-Identifier: BSD-3-Clause
//
// Chat commands: a text that begins with "!". They are data: tables of words in every interface
// language, of who may, of the line that !help shows. Menu entries and the console ("do air") run
// the same functions. A file that has commands has one table; commands.c looks through all of them.
#ifndef SUSURRO_CONTROL_COMMANDS_H
#define SUSURRO_CONTROL_COMMANDS_H

#include "control/control_int.h"
#include "control/meeting/run.h"

#define COMMAND_LANGUAGES 5
#define COMMAND_LANGUAGE_TAGS ((const char *const[]){ "en", "es", "fr", "pt", "ht" }) // in order
#define COMMAND_LEVEL_OFF_DB (-120)

enum command_for {     // who sees it in !help; the others are told why not
    COMMAND_ANYWHERE,  // also where there is no meeting
    COMMAND_CHOICE,    // where there is a meeting, also before one enters it
    COMMAND_MEETING,   // who is in a meeting
    COMMAND_HELPER,    // interpreters and moderators who are in their meeting
    COMMAND_BOOTH,     // who sits in a booth
    COMMAND_MODERATOR, // of the meeting
};
struct call {
    struct conn *conn;
    struct server *server;
    struct user *user;
    struct meeting_info *meeting; // theirs, or the only one; NULL only for COMMAND_ANYWHERE
    struct meeting_run *run;      // of that meeting
    char *rest;                   // after the command's word, trimmed; may be cut up
};
typedef void (*command_fn)(struct call *call);
struct command {
    // One or more a language, parted by '|', the first is shown: "interpreter",
    // "intérprete|interprete".
    const char *words[COMMAND_LANGUAGES];
    command_fn run;
    enum command_for who;
    enum phrase help;    // what it does, without the word: shown as "<b>!word example</b> text"
    const char *example; // of what may follow the word, the same in every language but for the
                         // name of a tier at its end; NULL: nothing
};
struct command_table {
    const struct command *commands;
    size_t n;
};
extern const struct command_table commands_of_listening, commands_of_lines, commands_of_booth,
    commands_of_signals, commands_of_moderating, commands_of_roles, commands_of_chat,
    commands_of_queue, commands_of_poll, commands_of_breakout, commands_of_recording,
    commands_of_figures, commands_of_sound;
const struct command_table *command_table_at(size_t index); // NULL: the end

const struct command *command_find(const char *word); // any language; NULL: none
void command_help(struct call *call);                 // "!help", "!help air"

// For commands' functions.
bool command_is_in_booth(const struct call *call);
bool command_is_moderator(struct call *call); // or told
// May they speak for others there: translate, say that it is music? Where anyone may interpret,
// those who sit in a booth, and moderators.
bool command_is_helper(const struct call *call, const struct meeting_info *meeting);
void command_whole(struct call *call); // its meeting is not a group, but what the group is of
int command_language(struct call *call,
                     const char *word); // a track's index; -1: the caller was told
struct user *command_person(struct call *call,
                            const char *name); // visible, no server-made one; or told
// "NAME REST": names may hold blanks, so the name is the longest that somebody here has. Cuts.
struct user *command_person_and_rest(struct call *call, char **rest);
bool command_level(const char *word, int *db); // a duck step, or off
int command_bool(const char *word);            // 1 on, 0 off, -1 neither; any language
// Words as a table has them, "one|other". What is to be shown stays until the next call.
const char *command_word(const struct command *command, const char *language); // to be shown
const char *command_first_word(const char *words);                             // likewise
bool command_is_word(const char *words, const char *wanted);
size_t command_language_index(const char *language); // into COMMAND_LANGUAGE_TAGS

// tier_words.c: the tiers as people call them, in all languages.
const char *tier_word(enum tier tier, const char *language); // to be shown, until the next call
int tier_from_word(const char *word);                        // -1: none
bool tier_is_auto(const char *word);
const char *tier_example(const char *example, const char *language);

#endif
