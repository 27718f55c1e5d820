// SPDX-License-Identifier: BSD-3-Clause
//
// Private to what people are shown of a meeting that runs: display.c sends consoles the state as
// JSON (display_json.c writes it; docs/PROTOCOL.md, "Consoles"), describe.c puts it into channels'
// descriptions and comments, advice.c tells those whose sound is bad or too loud, figures.c and
// report.c count.
#ifndef SUSURRO_CONTROL_DISPLAY_INT_H
#define SUSURRO_CONTROL_DISPLAY_INT_H

#include "control/admin/admin_int.h"
#include "control/meeting/run.h"

#define DISPLAY_EVERY_US 200000u   // a console gets at most so many states
#define DESCRIBE_EVERY_US 2000000u // a channel's description, a track's speaker: likewise
#define DESCRIBED_CHANNELS (1 + MODEL_LANGS_MAX + MODEL_BOOTHS_MAX)
#define MENUS_EVERY_US 200000u     // menus outside of booths follow so often
#define FIGURES_WAITING_MAX 16     // questions to the mixer; more are told to wait
#define DISPLAY_STATE_BYTES 65536u // of one state; a longer one is not sent

// display_json.c: what all see alike; then what only this reader does. now_us 0: without times that
// run, to be compared with.
void display_put_meeting(struct answer *answer, const struct conn *reader,
                         const struct meeting_info *meeting, struct meeting_run *run,
                         uint64_t now_us);
void display_put_me(struct answer *answer, const struct conn *reader,
                    const struct meeting_info *meeting);

// describe.c
struct shown { // run->display
    bool is_due;
    uint64_t named_us; // the speaker was named to those on thin lines
    struct described { // the floor, tracks, booths
        char *state;   // what we say of it, HTML
        char *text;    // with what the admin has written; borrowed by messages
        uint64_t sent_us;
    } channels[DESCRIBED_CHANNELS];
};
struct shown *shown_of(struct meeting_run *run); // NULL: memory
void describe_changed(struct server *server, struct meeting_run *run);
void describe_due(struct server *server, uint64_t *next_us); // what is; and when again
void describe_forget(struct meeting_run *run);
// signals.c: the last of them, for those whom it concerns
void signals_put(struct answer *answer, const struct conn *reader,
                 const struct meeting_info *meeting, const struct meeting_run *run);
// display.c: the timer of all of it fires at this time, or before
void display_wake(struct server *server, uint64_t at_us);

// advice.c
void advice_quality(struct server *server, const struct mixer_event *event);
void advice_exposure(struct server *server, const struct mixer_event *event);

// figures.c
#define FIGURES_PEOPLE_MAX 512 // of whom figures are kept; beyond, who has gone is forgotten first
struct person_figures {        // of somebody who has spoken or interpreted
    uint32_t session;
    struct voice_quality quality; // the newest
    bool has_quality, has_exposure;
    float leq_minute_db, leq_session_db;
    uint64_t advised_us, warned_us; // the last advice; 0: none yet
    uint64_t air_us, air_since_us;  // on air so far; since when now, 0: not now
    uint8_t air_booth;
};
struct figures { // run->figures
    struct person_figures *people;
    size_t n_people;
    struct meeting_figures base;           // at the last report
    uint64_t waiting[FIGURES_WAITING_MAX]; // tokens that the mixer has not answered yet; 0: free
};
struct figures *figures_of(struct meeting_run *run); // NULL: memory
// Theirs, made when there are none; NULL: memory.
struct person_figures *figures_person(struct server *server, struct meeting_run *run,
                                      uint32_t session);

const char *figures_name(const struct server *server, uint32_t session); // NULL: gone
uint64_t figures_on_air_s(const struct server *server,
                          const struct booth_state *booth); // this time
uint64_t figures_air_s(const struct server *server, const struct person_figures *person); // in all
// figures_table.c, figures_json.c: to one who may see them
void figures_table(struct conn *conn, const struct meeting_info *meeting, struct meeting_run *run,
                   const struct mixer_event_figures *event);
void figures_json(struct conn *conn, const struct meeting_info *meeting, struct meeting_run *run,
                  const struct mixer_event_figures *event);

// report.c: who spoke how long, and which language went without interpretation, since the last end
void report_tell(struct conn *conn, const struct meeting_info *meeting,
                 const struct figures *figures, const struct meeting_figures *now);
void report_end(struct server *server, const struct meeting_info *meeting, struct figures *figures,
                const struct meeting_figures *now); // tells the moderators, logs, begins anew

#endif
