// SPDX-License-Identifier: BSD-3-Clause
//
// console: what susurro interpret, listen and moderate show and what their keys do, without a
// terminal, a connection or a clock. Whoever runs it (console_run.c) tells it what happens and gets
// back what is to be done:
//
//   key ─► console_key ─► effect: a command for the server, a text, silence, …
//   state, texts, levels ─► console ─► view_draw ─► canvas
//
// All actions are commands of the chat, in English words, which the server understands in every
// language. The table of keys (console_keys.c) is also the help that '?' shows and docs/client.md.
// One thread. Texts are borrowed for the call.
#ifndef SUSURRO_CLIENT_CONSOLE_H
#define SUSURRO_CLIENT_CONSOLE_H

#include "base/i18n.h"
#include "client-cli/console/canvas.h"
#include "client-cli/console/console_state.h"
#include "client-cli/console/cough.h"
#include "client-cli/shape.h"

#define CONSOLE_INPUT_MAX_BYTES 512
#define CONSOLE_LINES_MAX 400   // of the chat; of more, the oldest go
#define CONSOLE_PEOPLE_MAX 2000 // that the moderators' list shows
#define CONSOLE_ROWS_LEAST 14
#define CONSOLE_COLS_LEAST 50
#define CONSOLE_LEVEL_OFF_DB (-120)

enum console_mode { CONSOLE_INTERPRET = 1, CONSOLE_LISTEN = 2, CONSOLE_MODERATE = 4 }; // bits

// ---- the chat and what is told

enum line_kind { LINE_CHAT, LINE_SERVER, LINE_NOTICE, LINE_WARNING };
struct line {
    enum line_kind kind;
    char at[6]; // "10:42"
    char *from; // of LINE_CHAT
    char *text; // plain, may have '\n'
};

struct console_person { // of the moderators' list
    uint32_t session;
    char name[STATE_NAME_BYTES], place[STATE_NAME_BYTES];
    bool is_muted, is_self_muted, is_talking;
};

struct console {
    enum console_mode mode;
    const char *language; // of who reads it
    bool is_ascii;
    struct console_state state;
    bool has_state;
    uint64_t state_at_us; // when it came: times in it run on from there
    uint64_t now_us;
    char clock[6]; // "10:42"
    struct line lines[CONSOLE_LINES_MAX];
    size_t n_lines, first_line;
    size_t scroll;                           // lines of the screen that one has gone back
    bool is_writing, is_helping, is_leaving; // leaving: 'q' has been pressed once, on air
    char input[CONSOLE_INPUT_MAX_BYTES + 1];
    struct cough cough;
    bool is_coughing;     // as cough_is_on said last
    bool is_muted;        // one's own microphone, by its key
    bool is_denied_voice; // muted or suppressed by others
    float voice_db, ears_db;
    int volume_db, tone;
    int partner_db, duck_db;           // as last asked for
    char relay_asked[STATE_TAG_BYTES]; // by its key; "": the state says
    bool is_duck_known;
    uint32_t understood; // bits of tracks, as last asked for
    bool has_voice, has_ears;
    struct console_person *people; // borrowed; sorted by place and name
    size_t n_people;
    uint32_t selected; // session; 0: nobody
    bool shows_people; // in place of the chat, where there is no room for both
};

enum console_mode console_mode_of(const char *command); // "interpret", "listen", else moderate
void console_init(struct console *console, enum console_mode mode, const char *language);
void console_clear(struct console *console);
// Never fails: what there is no memory for is not shown.
void console_line(struct console *console, enum line_kind kind, const char *from, const char *text);
const struct line *console_line_at(const struct console *console, size_t index); // 0: the oldest
const char *tr(const struct console *console, const char *english) __attribute__((format_arg(2)));

// ---- keys

enum typed { // beside Unicode's characters
    TYPED_NOTHING = 0,
    TYPED_ENTER = '\n',
    TYPED_ESCAPE = 27,
    TYPED_TAB = '\t',
    TYPED_ERASE = 0x110000,
    TYPED_ERASE_WORD,
    TYPED_ERASE_ALL,
    TYPED_PAGE_UP,
    TYPED_PAGE_DOWN,
    TYPED_UP,
    TYPED_DOWN,
    TYPED_REDRAW,
};
enum act {
    ACT_DO,       // the command of the table
    ACT_DO_NAMED, // the same with the name of who is selected
    ACT_FILL,     // begins a command for oneself to complete
    ACT_FILL_NAMED,
    ACT_AIR,
    ACT_COUGH,
    ACT_COUGH_LATCH,
    ACT_TURN,
    ACT_RELAY,
    ACT_PARTNER_DOWN,
    ACT_PARTNER_UP,
    ACT_DUCK_DOWN,
    ACT_DUCK_UP,
    ACT_UNDERSTAND,
    ACT_VOLUME_DOWN,
    ACT_VOLUME_UP,
    ACT_TONE_DOWN,
    ACT_TONE_UP,
    ACT_HAND,
    ACT_MICROPHONE,
    ACT_NUMBER,
    ACT_MUTE_PERSON,
    ACT_MUTE_ALL,
    ACT_LOCK,
    ACT_RECORD,
    ACT_MUSIC,
    ACT_SELECT_UP,
    ACT_SELECT_DOWN,
    ACT_PANES,
    ACT_WRITE,
    ACT_WRITE_COMMAND,
    ACT_PAGE_UP,
    ACT_PAGE_DOWN,
    ACT_HELP,
    ACT_REDRAW,
    ACT_QUIT,
};
struct key_row {
    unsigned modes;
    uint32_t key;
    const char *shown; // how the key is called; marked N_ where it is a word
    enum act act;
    const char *text;  // a command, or how one begins
    const char *label; // two or three words, for the last row of the screen; NULL: not there
    const char *help;  // one line
};
const struct key_row *key_row_at(size_t index); // NULL: the end

enum effect_kind {
    EFFECT_NONE,    // nothing but what is shown has changed
    EFFECT_DO,      // text: a command for the server, without '!'
    EFFECT_SAY,     // text: for the chat
    EFFECT_SIT,     // text: the booth to go to
    EFFECT_SILENCE, // cough or microphone: console_is_silent has changed, or may have
    EFFECT_SHAPE,   // volume_db, tone
    EFFECT_MUTE,    // session, is_on: somebody else
    EFFECT_REDRAW,
    EFFECT_QUIT,
};
struct effect {
    enum effect_kind kind;
    char text[CONSOLE_INPUT_MAX_BYTES + 1];
    uint32_t session;
    bool is_on;
};
struct effect console_key(struct console *console, uint32_t key, uint64_t now_us);
// What that key does now, for console_key; console_act.c.
struct effect console_act(struct console *console, const struct key_row *row, uint32_t key);
// Whether one's own voice must not be sent: coughing, or the microphone is off.
bool console_is_silent(const struct console *console);
const struct console_person *console_selected(const struct console *console); // NULL: nobody

// ---- what is shown

// Draws all of it. The canvas is as large as the terminal; below the least size it says so. Returns
// how far back one can scroll.
size_t view_draw(const struct console *console, struct canvas *canvas);
// Whether times that run are shown: draw again in a second.
bool view_runs(const struct console *console);

#endif
