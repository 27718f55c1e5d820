// SPDX-License-Identifier: BSD-3-Clause
//
// What control keeps of a meeting while it runs, beside what the model knows of it (who sits where,
// roles): one for each, made and gone with it. Control thread.
#ifndef SUSURRO_CONTROL_RUN_H
#define SUSURRO_CONTROL_RUN_H

#include "agenda/agenda.h"
#include "control/control_int.h"

struct meeting_run {
    struct meeting_run *next;
    uint32_t meeting;
    uint8_t mixer;         // the thread that it lives on, from its beginning to its end ...
    bool has_mixer;        // ... once it has begun
    struct agenda *agenda; // queue, polls, chat
    uint32_t notice_langs; // of the last notice, one bit a track ...
    uint64_t notice_us;    // ... and when it was; 0: there was none
    struct mixer_event_state state; // the newest display of the mixer ...
    bool has_state;                 // ... once there is one
    bool is_recording, is_door_due; // due: to be kept, door_kept.c
    bool are_menus_due;             // of those outside of booths ...
    uint64_t menus_us;              // ... which were last looked at then
    uint64_t sounded_us;            // there was sound last; 0: none yet
    // each its file's own, NULL: none
    void *queue, *breakouts, *figures, *recording, *display, *booths, *signals, *invites;
};
struct meeting_run *run_of(const struct server *server, uint32_t meeting); // NULL: unknown
bool run_add(struct server *server, const struct meeting_info *meeting);   // false: memory
void run_remove(struct server *server, uint32_t meeting);
// Before the mixer is told of it: the one with the fewest people in its meetings, and of those the
// one with the fewest meetings.
void run_choose_mixer(struct server *server, struct meeting_run *run);

// display.c: what people and consoles are shown of it
void display_event(struct server *server,
                   const struct mixer_event *event); // STATE, QUALITY, EXPOSURE
void display_changed(struct server *server,
                     uint32_t meeting); // roles, queue, poll, … are different
void display_forget(struct meeting_run *run);
bool display_plugin(struct conn *conn,
                    const MumbleProto__PluginDataTransmission *message); // is it ours?
void display_leave(struct conn *conn);
void display_free(struct server *server); // its handles are closed
// figures.c: the report at the end, and what it is made of
void figures_event(struct server *server, const struct mixer_event_figures *event);
void figures_track_event(struct server *server, const struct meeting_info *meeting,
                         const struct track_event *event);
void figures_leave(struct server *server, struct meeting_run *run,
                   uint32_t session); // of the last one: the report
void figures_forget(struct server *server, struct meeting_run *run);
// booth_tell.c: what happened in booths and on tracks, in the words of those whom it concerns
void booth_track_event(struct server *server, struct meeting_info *meeting,
                       const struct track_event *event);
void booth_state_event(struct server *server, struct meeting_run *run); // run->state is new
void booth_forget(struct meeting_run *run);
// booth_result.c: what came of an act. Its token: who asked, and for what.
void booth_result(struct server *server, const struct mixer_event *event);
uint64_t booth_token(uint32_t session, enum mixer_command_kind kind, int32_t value);
// uncovered.c: which language nobody interprets into
void uncovered_track_event(struct server *server, const struct meeting_info *meeting,
                           const struct track_event *event);
void signals_forget(struct meeting_run *run); // signals.c
// probe.c: somebody on air has fallen silent without an end: are they there? One timer, which runs
// while somebody is asked.
void probe_begin(struct server *server, uint32_t meeting, uint32_t session);
bool probe_answered(struct conn *conn); // a CryptSetup came: true: only to say that they are there
void probe_leave(struct conn *conn);
void probe_free(struct server *server); // its handle is closed
// lines.c, lines_signs.c: how much of each line is used
bool lines_start(struct server *server);                           // false: memory
void lines_free(struct server *server);                            // its handle is closed
void lines_reload(struct server *server, bool has_told_bandwidth); // to all, so caps are gone
void lines_forget(struct conn *conn);
void lines_placed(struct server *server, struct meeting_info *meeting,
                  struct user *user); // decides the tier and, on the floor, direct or mixed
void lines_ask_pause(struct server *server, const struct user *user);
void lines_pause(struct server *server, uint32_t session); // MIXER_EVENT_PAUSE
void lines_left(struct conn *conn);                        // no meeting any more, or another
void lines_speaking(struct server *server, const struct meeting_info *meeting);
void lines_ping(struct conn *conn, const MumbleProto__Ping *ping);
void lines_counters(struct conn *conn, const struct voice_counters *counters);
bool lines_wants_tunnel(const struct conn *conn); // what it sends should come that way
uint32_t lines_floor_holder(const struct server *server, uint32_t meeting); // 0: nobody
// lines_usage.c: bytes moved for each client, and for all in a month
void usage_look(struct conn *conn, const struct voice_counters *counters); // with each Ping
void usage_keep(struct server *server, bool is_end); // in the store, when it is time
void usage_leave(struct conn *conn);
void usage_free(struct server *server);
// chat.c
// The text, which was allowed, goes to everybody in the meeting but who writes it, and to those
// with ears there. is_reached, by session, may be NULL: false for all of them afterwards.
void chat_post(struct conn *from, const struct meeting_info *meeting, const char *html,
               bool *is_reached);
void chat_greet(struct conn *conn,
                const struct meeting_info *meeting); // what was written while they were not there
void chat_left(struct server *server, struct meeting_run *run, uint32_t session);
// queue.c, poll.c, breakout.c: what they do by themselves
void queue_track_event(struct server *server, const struct meeting_info *meeting,
                       const struct track_event *event);
void queue_turn_end(struct server *server);
void queue_leave(struct server *server, struct meeting_run *run, uint32_t session);
void queue_enter(struct conn *conn, struct meeting_run *run);
void breakout_forget(struct server *server, struct meeting_run *run);
void breakout_moved(struct server *server, const struct user *user, uint32_t left);
void breakout_leave(struct server *server, uint32_t session); // from the server
void breakout_channel_gone(struct server *server, uint32_t channel);
const char *breakout_language(const struct server *server,
                              const struct user *user); // of who is in a group; NULL: in none
// recording.c
void recording_track_event(struct server *server, const struct meeting_info *meeting,
                           const struct track_event *event);
void recording_receive(struct server *server); // what the recorder says
void recording_greet(struct conn *conn, const struct meeting_info *meeting); // it is being recorded
void recording_leave(struct server *server, struct meeting_run *run,
                     uint32_t session); // of the last one: its end
void recording_revoke(struct server *server,
                      const struct meeting_info *meeting); // not allowed any more
void recording_forget(struct server *server, struct meeting_run *run);

#endif
