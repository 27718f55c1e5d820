// SPDX-License-Identifier: BSD-3-Clause
//
// Private to recording.c, commands_recording.c and admin_meetings.c: a meeting's recording, by
// whichever way it was asked for.
//
//   NONE ─ recording_start ─► BEGINNING ─ the recorder began ─► RUNNING ─ recording_stop ─► ENDING
//    ▲─────────────────── it could not ──┘                         │                           │
//    └──────────────── it ended by itself ─────────────────────────┴── the recorder ended ─────┘
//
// People are told, and see the sign, in RUNNING alone. The mixer's sound goes to the recorder in
// RUNNING alone: the announcement leaves with it (the gate), never after.
#ifndef SUSURRO_CONTROL_RECORDING_INT_H
#define SUSURRO_CONTROL_RECORDING_INT_H

#include "control/admin/admin_int.h"
#include "control/meeting/run.h"
#include "record/record.h"

#define RECORDING_SOUNDING_MAX 64 // voices at the same time that are listed
#define RECORDING_DURATION_BYTES 32

enum recording_phase { RECORDING_NONE, RECORDING_BEGINNING, RECORDING_RUNNING, RECORDING_ENDING };
struct recording {
    enum recording_phase phase;
    uint64_t since_us;
    uint32_t asker; // who has started or ended it last: they are told what came of it
    char by[RECORD_NAME_BYTES];
    uint32_t waiting; // the session of an administrator who waits for the answer, 0: nobody
    struct sounding { // whose voices are heard now, recorded or not
        uint32_t session;
        uint8_t stream; // 0: on the floor, 1 + i: interpreted onto track i
    } sounding[RECORDING_SOUNDING_MAX];
    size_t n_sounding;
};
struct recording *recording_of(struct meeting_run *run); // NULL: memory

// Why not, or that it is on its way.
enum recording_answer {
    RECORDING_YES,
    RECORDING_NO_FOLDER,
    RECORDING_NOT_HERE,
    RECORDING_ALREADY,
    RECORDING_WAIT,
    RECORDING_IS_OFF,
    RECORDING_MEMORY
};
enum recording_answer recording_start(struct server *server, const struct meeting_info *meeting,
                                      const struct user *asker);
enum recording_answer recording_stop(struct server *server, const struct meeting_info *meeting,
                                     uint32_t asker);
void recording_duration(uint64_t duration_us, char out[RECORDING_DURATION_BYTES]); // "1:02:03"
// Only the last part of it: where the admin's folders are is theirs to know.
const char *recording_folder(const struct record_event *event);
// record on, record off: the answer comes when it is known.
void recording_admin(const struct question *question, const struct meeting_info *meeting,
                     bool is_on, struct answer *answer);
// It is known now; event NULL: the meeting has gone.
void recording_admin_answer(struct server *server, struct recording *recording,
                            const struct record_event *event);

#endif
