// SPDX-License-Identifier: BSD-3-Clause
//
// Figures of a meeting as `susurro admin` gets them: docs/PROTOCOL.md, "Administration".
#include "control/display/display_int.h"

static void put_track_json(struct answer *answer, const struct server *server,
                           const struct meeting_info *meeting, const struct meeting_run *run,
                           const struct mixer_event_figures *event, uint8_t index)
{
    const struct track_state *track = &run->state.tracks[index];
    const struct lang_figures *lang = &event->meeting.langs[index];
    const struct booth_state *booth =
        track->booth < meeting->n_booths ? &run->state.booths[track->booth] : NULL;
    answer_open(answer, NULL, '{');
    answer_text(answer, "language", meeting->tracks[index].lang);
    answer_integer(answer, "listeners", track->n_people);
    answer_text(answer, "on_air", booth != NULL ? figures_name(server, booth->on_air) : NULL);
    answer_integer(answer, "on_air_s",
                   booth != NULL ? (int64_t)figures_on_air_s(server, booth) : 0);
    answer_integer(answer, "delay_ms", track->delay_ms);
    if (track->depth != TRACKS_NO_LANG)
        answer_integer(answer, "depth", track->depth);
    else
        answer_text(answer, "depth", NULL);
    answer_integer(answer, "level_db", (int64_t)event->track_db[index]);
    answer_integer(answer, "spoken_ms", (int64_t)(lang->spoken_us / 1000));
    answer_integer(answer, "needed_ms", (int64_t)(lang->needed_us / 1000));
    answer_integer(answer, "uncovered_ms", (int64_t)(lang->uncovered_us / 1000));
    answer_integer(answer, "interpreted_ms", (int64_t)(lang->air_us / 1000));
    answer_close(answer, '}');
}

static const char *const advices[ADVICES] = {
    [ADVICE_HEADSET] = "headset", [ADVICE_NOISE] = "noise", [ADVICE_CLIPPING] = "clipping",
    [ADVICE_LOUDER] = "louder",   [ADVICE_LINE] = "line",
};

static void put_people_json(struct answer *answer, const struct server *server,
                            const struct figures *figures)
{
    answer_open(answer, "people", '[');
    for (size_t i = 0; figures != NULL && i < figures->n_people; i++) {
        const struct person_figures *person = &figures->people[i];
        const struct voice_quality *quality = &person->quality;
        answer_open(answer, NULL, '{');
        answer_text(answer, "name", figures_name(server, person->session));
        answer_integer(answer, "air_s", (int64_t)figures_air_s(server, person));
        if (person->has_quality) {
            answer_integer(answer, "score", quality->score);
            answer_text(answer, "advice",
                        quality->advice < ADVICES ? advices[quality->advice] : NULL);
            answer_decimal(answer, "bandwidth_hz", (double)quality->bandwidth_hz);
            answer_decimal(answer, "snr_db", (double)quality->snr_db);
            answer_decimal(answer, "clipped_percent", 100 * (double)quality->clipped);
            answer_decimal(answer, "lost_percent", 100 * (double)quality->lost);
            answer_decimal(answer, "level_lufs", (double)quality->level_lufs);
        }
        if (person->has_exposure) {
            answer_decimal(answer, "exposure_minute_db", (double)person->leq_minute_db);
            answer_decimal(answer, "exposure_session_db", (double)person->leq_session_db);
        }
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
}

static void put_mixer_json(struct answer *answer, const struct mixer_event_figures *event)
{
    answer_open(answer, "mixer", '{');
    answer_integer(answer, "thread", event->load.index);
    answer_integer(answer, "encoders", event->n_encoders);
    answer_integer(answer, "core_percent", (int64_t)(100.0f * event->load.share + 0.5f));
    answer_integer(answer, "tick_worst_us", event->load.tick_worst_us);
    answer_integer(answer, "ticks_late", event->load.n_late);
    answer_close(answer, '}');
}

void figures_json(struct conn *conn, const struct meeting_info *meeting, struct meeting_run *run,
                  const struct mixer_event_figures *event)
{
    struct answer answer = { .has_members = false };
    buffer_init(&answer.text, ADMIN_ANSWER_BYTES);
    answer_open(&answer, NULL, '{');
    answer_bool(&answer, "ok", true);
    answer_text(&answer, "meeting", meeting->name);
    answer_open(&answer, "tracks", '[');
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        put_track_json(&answer, conn->server, meeting, run, event, i);
    answer_close(&answer, ']');
    answer_open(&answer, "booths", '[');
    for (uint8_t i = 0; i < meeting->n_booths; i++) {
        answer_open(&answer, NULL, '{');
        answer_text(&answer, "name", meeting->booths[i].name);
        answer_integer(&answer, "span_ms", event->meeting.booths[i].span_ms);
        answer_integer(&answer, "spans", event->meeting.booths[i].n_spans);
        answer_integer(&answer, "handovers", event->meeting.booths[i].n_handovers);
        answer_integer(&answer, "vanished", event->meeting.booths[i].n_vanished);
        answer_close(&answer, '}');
    }
    answer_close(&answer, ']');
    put_people_json(&answer, conn->server, run->figures);
    answer_integer(&answer, "guard_trips", event->n_guard_trips);
    put_mixer_json(&answer, event);
    answer_close(&answer, '}');
    admin_send(conn, &answer);
    buffer_clear(&answer.text);
}
