// SPDX-License-Identifier: BSD-3-Clause
//
// console_state: the state of a meeting as the server tells its consoles, out of JSON
// (docs/PROTOCOL.md, "Consoles"). Pure. What is not there, or of another kind, is as if it were
// empty; what is more than the limits is left out, names are cut between two characters.
#ifndef SUSURRO_CLIENT_CONSOLE_STATE_H
#define SUSURRO_CLIENT_CONSOLE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_NAME_BYTES 256
#define STATE_TEXT_BYTES 512
#define STATE_TAG_BYTES 36
#define STATE_TRACKS_MAX 16
#define STATE_BOOTHS_MAX 16
#define STATE_QUEUE_MAX 256
#define STATE_ANSWERS_MAX 16
#define STATE_INTERPRETERS_MAX 16
#define STATE_GROUPS_MAX 32
#define STATE_NONE (-1) // no track, no booth, no depth

enum state_role { ROLE_PARTICIPANT, ROLE_INTERPRETER, ROLE_MODERATOR };
enum state_place { PLACE_ELSEWHERE, PLACE_FLOOR, PLACE_TRACK, PLACE_BOOTH };
enum state_signal { SIGNAL_NOTHING, SIGNAL_SLOWER, SIGNAL_LOUD, SIGNAL_AGAIN, SIGNAL_IMPOSSIBLE };
enum state_handover { HAND_NONE, HAND_ASKED, HAND_OFFERED, HAND_BOTH };

struct state_person { // somebody whom we may not know of has session 0 and no name
    bool is_there;
    uint32_t session;
    char name[STATE_NAME_BYTES];
};
struct state_track {
    char language[STATE_TAG_BYTES], name[STATE_NAME_BYTES];
    int depth, booth; // STATE_NONE: nobody reaches it; of nobody
    uint32_t delay_ms, n_people;
    bool is_covered, is_uncovered;
};
struct state_booth {
    char name[STATE_NAME_BYTES];
    char languages[3][STATE_TAG_BYTES];
    size_t n_languages;
    bool is_one_way, is_resting, is_interpreting, is_coughing;
    struct state_person on_air, successor, interpreters[STATE_INTERPRETERS_MAX];
    size_t n_interpreters;
    uint32_t on_air_s, span_ms;
    enum state_handover handover;
    char incoming[STATE_TAG_BYTES], outgoing[STATE_TAG_BYTES];
    char relay[STATE_TAG_BYTES];   // "auto", "floor", a language
    char pending[STATE_TAG_BYTES]; // "", a language, "rest"
    int depth;
};
struct state_answer {
    char text[STATE_NAME_BYTES];
    bool has_count; // participants see them when the poll is closed
    uint32_t count;
};
struct console_state {
    bool has_meeting;
    uint32_t meeting_id;
    char meeting[STATE_NAME_BYTES];
    struct {
        uint32_t session;
        enum state_role role;
        enum state_place place;
        int booth, track;
        char language[STATE_TAG_BYTES];
        enum state_signal signal; // the last that the present speaker was given
    } me;
    struct state_person floor;
    char floor_language[STATE_TAG_BYTES];
    bool is_floor_given, is_floor_drained;
    struct state_track tracks[STATE_TRACKS_MAX];
    size_t n_tracks;
    struct state_booth booths[STATE_BOOTHS_MAX];
    size_t n_booths;
    struct state_person queue[STATE_QUEUE_MAX];
    size_t n_queue;
    struct state_person speaker;
    uint32_t speaker_s, speaker_limit_s;
    bool is_speaking; // the speaker of the queue, now: the time runs
    char groups[STATE_GROUPS_MAX][STATE_NAME_BYTES];
    size_t n_groups;
    struct {
        bool is_there, is_open;
        char question[STATE_TEXT_BYTES];
        struct state_answer answers[STATE_ANSWERS_MAX];
        size_t n_answers;
    } poll;
    bool is_locked, is_all_muted, is_recording, is_music, has_lobby;
    uint32_t n_waiting; // in the lobby
};

// False, and *out untouched: this is not a state of a version that we know.
bool console_state_parse(const char *text, size_t len, struct console_state *out);

// STATE_NONE when the meeting has no such track.
int console_state_track(const struct console_state *state, const char *language);
// The booth that one sits in; NULL: in none.
const struct state_booth *console_state_booth(const struct console_state *state);
bool console_state_is_on_air(const struct console_state *state); // oneself

#endif
