// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

#include <assert.h>

void event_push(struct meeting *m, struct track_event event)
{
    if (m->n_events == TRACKS_EVENTS_MAX) {
        m->event_first = (m->event_first + 1) % TRACKS_EVENTS_MAX;
        m->n_events--;
        m->n_events_dropped++;
    }
    event.at_us = m->now_us;
    m->events[(m->event_first + m->n_events) % TRACKS_EVENTS_MAX] = event;
    m->n_events++;
}

bool meeting_next_event(struct meeting *meeting, struct track_event *out)
{
    assert(meeting && out);
    if (meeting->n_events == 0) {
        return false;
    }
    *out = meeting->events[meeting->event_first];
    meeting->event_first = (meeting->event_first + 1) % TRACKS_EVENTS_MAX;
    meeting->n_events--;
    return true;
}

uint64_t meeting_n_events_dropped(const struct meeting *meeting)
{
    return meeting->n_events_dropped;
}

const char *track_event_name(enum track_event_kind kind)
{
    static const char *const names[TRACK_EVENT_KINDS] = {
        [TRACK_EVENT_FLOOR] = "floor",
        [TRACK_EVENT_SPEAKING] = "speaking",
        [TRACK_EVENT_ON_AIR] = "on_air",
        [TRACK_EVENT_OFF_AIR] = "off_air",
        [TRACK_EVENT_INTERPRETING] = "interpreting",
        [TRACK_EVENT_TURN_PENDING] = "turn_pending",
        [TRACK_EVENT_DIRECTION] = "direction",
        [TRACK_EVENT_RESTING] = "resting",
        [TRACK_EVENT_UNCOVERED] = "uncovered",
        [TRACK_EVENT_COUGH_LONG] = "cough_long",
        [TRACK_EVENT_COVERED] = "covered",
        [TRACK_EVENT_SUSPECT] = "suspect",
        [TRACK_EVENT_HANDOVER] = "handover",
        [TRACK_EVENT_TIMER] = "timer",
        [TRACK_EVENT_PATH] = "path",
        [TRACK_EVENT_DRAINED] = "drained",
        [TRACK_EVENT_SEATED] = "seated",
        [TRACK_EVENT_HEARD] = "heard",
    };
    return (unsigned)kind < TRACK_EVENT_KINDS ? names[kind] : "unknown";
}
