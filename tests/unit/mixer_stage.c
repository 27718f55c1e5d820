// SPDX-License-Identifier: BSD-3-Clause
#include "mixer_stage.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define START_US 1000000000u
#define LANE_BYTES (1u << 20)
#define SWELL_HZ 3.0
#define VIBRATO_HZ 5.3
#define MISSES 11 // a decoder is thrown away after so many blocks without sound

// ---- life ---------------------------------------------------------------------------------------

void stage_open(struct stage *stage, unsigned n_threads)
{
    *stage = (struct stage){ .n_threads = n_threads, .now_us = START_US };
    stage->start_tick = START_US / AUDIO_BLOCK_US;
    stage->mixer = mixer_new(0, n_threads);
    assert_non_null(stage->mixer);
    for (unsigned i = 0; i < n_threads; i++) {
        stage->mixed[i].ring = ring_new(LANE_BYTES);
        mixer_attach_voice(stage->mixer, i, &stage->mixed[i]);
    }
}

void stage_close(struct stage *stage)
{
    mixer_free(stage->mixer);
    ring_free(stage->recorder.ring);
    for (unsigned i = 0; i < RECORD_STREAMS_MAX; i++)
        free(stage->recorded[i]);
    for (unsigned i = 0; i < stage->n_threads; i++) {
        assert_int_equal(stage->mixed[i].dropped, 0);
        ring_free(stage->mixed[i].ring);
    }
    for (unsigned i = 0; i < stage->n_talkers; i++) {
        opus_encoder_destroy(stage->talkers[i].encoder);
        if (stage->talkers[i].direct != NULL)
            opus_decoder_destroy(stage->talkers[i].decoder);
        free(stage->talkers[i].direct);
    }
    for (unsigned i = 0; i < STAGE_EARS; i++) {
        if (stage->ears[i] == NULL)
            continue;
        if (stage->ears[i]->decoder != NULL)
            opus_decoder_destroy(stage->ears[i]->decoder);
        free(stage->ears[i]->sound);
        free(stage->ears[i]);
    }
}

struct ear_heard *stage_ear(struct stage *stage, uint32_t session)
{
    assert_true(session < STAGE_EARS);
    if (stage->ears[session] == NULL) {
        stage->ears[session] = calloc(1, sizeof(struct ear_heard));
        stage->ears[session]->session = session;
    }
    return stage->ears[session];
}

void stage_record(struct stage *stage, uint32_t session)
{
    struct ear_heard *ear = stage_ear(stage, session);
    ear->sound = calloc((size_t)STAGE_SECONDS * AUDIO_RATE_HZ, sizeof(float));
    ear->decoder = opus_decoder_create(AUDIO_RATE_HZ, 1, NULL);
    assert_non_null(ear->sound);
}

struct hall *stage_hall(struct stage *stage)
{
    return hall_find(stage->mixer, STAGE_MEETING);
}

// ---- what comes out -----------------------------------------------------------------------------

static void check_indicator(struct ear_heard *ear, const struct voice_mixed *mixed, uint32_t from)
{
    assert_int_equal(mixed->n_bytes, 8);
    assert_true(from != ear->session);
    if (ear->indicator_from == from && ear->is_indicator_open)
        assert_true(mixed->frame_number >= ear->indicator_next ||
                    ear->indicator_next - mixed->frame_number > 100); // the client began anew
    if (ear->indicator_from != from)
        ear->indicator_us = 0;
    if (!mixed->is_terminator) {
        if (ear->indicator_us != 0)
            assert_true(mixed->made_us - ear->indicator_us >= 100000);
        ear->indicator_us = mixed->made_us;
        ear->indicators++;
    } else {
        ear->indicator_ends++;
    }
    ear->is_indicator_open = !mixed->is_terminator;
    ear->indicator_from = from;
    ear->indicator_next = mixed->frame_number + 6;
}

static void play_packet(struct stage *stage, struct ear_heard *ear, uint64_t frame,
                        struct span opus, int blocks)
{
    uint64_t base = stage->base_tick - stage->start_tick;
    uint64_t at = (base + frame) * AUDIO_BLOCK_SAMPLES;
    float pcm[6 * AUDIO_BLOCK_SAMPLES];
    if (!ear->is_open || frame - ear->next_frame >= MISSES)
        opus_decoder_ctl(ear->decoder, OPUS_RESET_STATE);
    int n = opus_decode_float(ear->decoder, opus.data, (opus_int32)opus.len, pcm, blocks * 480, 0);
    assert_int_equal(n, blocks * 480);
    if (at + (uint64_t)n <= (uint64_t)STAGE_SECONDS * AUDIO_RATE_HZ)
        memcpy(ear->sound + at, pcm, (size_t)n * sizeof(float));
}

static void hear(struct stage *stage, const struct voice_mixed *mixed,
                 const struct voice_mixed_recipient *to)
{
    struct span opus = { (const uint8_t *)(mixed->recipients + mixed->n_recipients),
                         mixed->n_bytes };
    struct ear_heard *ear = stage_ear(stage, to->session);
    stage->delivered++;
    ear->epoch = to->epoch;
    if (to->from < STAGE_TRACK(0)) {
        check_indicator(ear, mixed, to->from);
        return;
    }
    int blocks = opus_packet_frames_10ms(opus);
    assert_in_range(blocks, 2, 6);
    if (ear->from == to->from) {
        assert_true(mixed->frame_number >= ear->next_frame);
        if (ear->is_open && mixed->frame_number != ear->next_frame) {
            ear->holes++;
            assert_true(ear->may_hole > 0);
        }
    }
    if (ear->sound != NULL)
        play_packet(stage, ear, mixed->frame_number, opus, blocks);
    if (mixed->is_terminator) {
        assert_int_equal(opus.len, audio_silence_20ms().len);
        assert_memory_equal(opus.data, audio_silence_20ms().data, opus.len);
    } else {
        ear->tier = blocks == 6 ? TIER_MINIMUM : TIER_STANDARD;
    }
    ear->may_hole -= ear->may_hole > 0;
    ear->from = to->from;
    ear->packets++;
    ear->terminators += mixed->is_terminator;
    ear->is_open = !mixed->is_terminator;
    ear->next_frame = mixed->frame_number + (uint64_t)blocks;
    ear->last_us = stage->now_us;
}

static void take_event(struct stage *stage, const struct mixer_event *event, size_t size)
{
    stage->n_fences += event->kind == MIXER_EVENT_FENCE;
    stage->n_track_events += event->kind == MIXER_EVENT_TRACK;
    stage->n_pauses += event->kind == MIXER_EVENT_PAUSE;
    if (event->kind == MIXER_EVENT_RESULT) {
        stage->n_results++;
        stage->last_result = event->result;
    } else if (event->kind == MIXER_EVENT_SNAPPED) {
        stage->n_snapped++;
        stage->last_snapped = stage->snapped[event->session] = *event;
    } else if (event->kind == MIXER_EVENT_STATE) {
        assert_int_equal(size, sizeof(stage->state));
        assert_true(stage->n_states == 0 || event->meeting != stage->state.head.meeting ||
                    stage->now_us - stage->state_us >= REPORT_US);
        memcpy(&stage->state, event, size);
        stage->n_states++;
        stage->state_us = stage->now_us;
    } else if (event->kind == MIXER_EVENT_FIGURES) {
        assert_int_equal(size, sizeof(stage->figures));
        memcpy(&stage->figures, event, size);
        stage->n_figures++;
    } else if (event->kind == MIXER_EVENT_QUALITY) {
        stage->n_qualities++;
        stage->last_quality = *event;
    } else if (event->kind == MIXER_EVENT_EXPOSURE) {
        stage->n_exposures++;
        stage->last_exposure = *event;
    }
}

static void take_block(struct stage *stage, const struct record_block *block)
{
    assert_true(block->stream < RECORD_STREAMS_MAX);
    assert_true(block->at_us >= stage->next_at[block->stream]);
    stage->next_at[block->stream] = block->at_us + AUDIO_BLOCK_US;
    stage->blocks[block->stream]++;
    uint64_t at = (block->at_us / AUDIO_BLOCK_US - stage->start_tick) * AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < RECORD_BLOCK_SAMPLES && at + i < STAGE_SECONDS * AUDIO_RATE_HZ; i++)
        stage->recorded[block->stream][at + i] = (float)block->samples[i] / 32768.0f;
}

// What goes to the encoders never exceeds the ceiling.
static void check_ceilings(const struct stage *stage)
{
    for (const struct hall *hall = stage->mixer->halls; hall != NULL; hall = hall->next)
        for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
            assert_true(audio_peak_db(mix->block, AUDIO_BLOCK_SAMPLES) <=
                        (mix->is_booth ? LIMITER_CEILING_BOOTH_DB : LIMITER_CEILING_TRACK_DB));
}

static void collect(struct stage *stage)
{
    size_t size;
    check_ceilings(stage);
    const struct record_block *block;
    while (stage->recorder.ring != NULL &&
           (block = ring_peek(stage->recorder.ring, &size)) != NULL) {
        take_block(stage, block);
        ring_consume(stage->recorder.ring);
    }
    for (unsigned i = 0; i < stage->n_threads; i++) {
        const struct voice_mixed *mixed;
        while ((mixed = ring_peek(stage->mixed[i].ring, &size)) != NULL) {
            assert_true(mixed->n_recipients > 0);
            for (uint32_t k = 0; k < mixed->n_recipients; k++) {
                const struct voice_mixed_recipient *to = &mixed->recipients[k];
                assert_true(k == 0 || to->from >= to[-1].from);
                assert_int_equal(to->session % stage->n_threads, i);
                hear(stage, mixed, to);
            }
            ring_consume(stage->mixed[i].ring);
        }
    }
    const struct mixer_event *event;
    while ((event = ring_peek(mixer_events(stage->mixer), &size)) != NULL) {
        take_event(stage, event, size);
        ring_consume(mixer_events(stage->mixer));
    }
}

// Of this thread alone: what else the machine does is not the mixer's doing.
static uint64_t spent_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void ring_bell(struct stage *stage)
{
    uint64_t began_ns = spent_ns();
    mixer_on_bell(stage->mixer, stage->now_us);
    stage->mixer_ns += spent_ns() - began_ns;
}

// ---- what goes in -------------------------------------------------------------------------------

static void command_now(struct stage *stage, const struct mixer_command *command)
{
    assert_true(lane_send(mixer_commands(stage->mixer), command, sizeof(*command)));
    ring_bell(stage);
    collect(stage);
}

void stage_command(struct stage *stage, enum mixer_command_kind kind, uint32_t session,
                   int32_t value)
{
    command_now(stage,
                &(struct mixer_command){
                    .kind = kind, .meeting = STAGE_MEETING, .session = session, .value = value });
}

struct meeting_config stage_config(uint8_t n_langs)
{
    static const char *const names[] = { "en", "es", "fr", "ht" };
    struct meeting_config config;
    meeting_config_defaults(&config);
    config.n_langs = n_langs;
    for (uint8_t i = 0; i < n_langs; i++)
        memcpy(config.langs[i], names[i], 3);
    config.turn_us = 0; // no reminder
    config.n_booths = 1;
    config.booths[0] = (struct booth_config){ .lang_a = EN, .lang_b = ES };
    return config;
}

void stage_meeting(struct stage *stage, uint32_t id, const struct meeting_config *config)
{
    struct mixer_command add = { .kind = MIXER_CMD_MEETING_ADD, .meeting = id };
    add.meeting_add.config = *config;
    for (uint32_t i = 0; i < TRACKS_LANGS_MAX; i++)
        add.meeting_add.track_sessions[i] = STAGE_TRACK(i);
    for (uint32_t i = 0; i < TRACKS_BOOTHS_MAX; i++)
        add.meeting_add.booth_sessions[i] = STAGE_BOOTH(i);
    command_now(stage, &add);
    if (id == STAGE_MEETING)
        stage->base_tick = stage_hall(stage)->base_tick;
    // Its tones, which swell without harmonics, are just what guards are for.
    if (id == STAGE_MEETING)
        stage_command(stage, MIXER_CMD_MUSIC, 0, 1);
}

void stage_level_voices(struct stage *stage, bool is_on)
{
    struct mixer_command set = { .kind = MIXER_CMD_MEETING_SET, .meeting = STAGE_MEETING };
    set.meeting_add.config = *meeting_config(stage_hall(stage)->meeting);
    set.meeting_add.is_levelling = is_on;
    command_now(stage, &set);
    stage_command(stage, MIXER_CMD_MUSIC, 0, is_on ? 0 : 1);
}

void stage_suppress_noise(struct stage *stage, bool is_on)
{
    struct mixer_command set = { .kind = MIXER_CMD_MEETING_SET, .meeting = STAGE_MEETING };
    set.meeting_add.config = *meeting_config(stage_hall(stage)->meeting);
    set.meeting_add.is_denoising = is_on;
    command_now(stage, &set);
    stage_command(stage, MIXER_CMD_MUSIC, 0, is_on ? 0 : 1);
}

void stage_record_meeting(struct stage *stage)
{
    stage->recorder.ring = ring_new(LANE_BYTES);
    mixer_set_recorder(stage->mixer, &stage->recorder);
    for (unsigned i = 0; i < RECORD_STREAMS_MAX; i++) {
        stage->recorded[i] = calloc((size_t)STAGE_SECONDS * AUDIO_RATE_HZ, sizeof(float));
        assert_non_null(stage->recorded[i]);
    }
}

void stage_join(struct stage *stage, uint32_t session, enum place_kind kind, uint8_t index,
                enum tier tier, uint32_t epoch)
{
    const struct seat *seat = hall_seat(stage_hall(stage), session);
    if (seat == NULL || seat->place.kind != kind || seat->place.index != index)
        stage_ear(stage, session)->may_hole = 2;
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = STAGE_MEETING,
                                  .session = session,
                                  .join = { .place = { .kind = kind, .index = index },
                                            .epoch = epoch,
                                            .thread = (uint8_t)(session % stage->n_threads),
                                            .tier = tier,
                                            .is_listening = true } };
    command_now(stage, &join);
}

void stage_join_mixed(struct stage *stage, uint32_t session, enum tier tier, uint32_t epoch,
                      uint32_t from)
{
    stage_ear(stage, session)->may_hole = 2;
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = STAGE_MEETING,
                                  .session = session,
                                  .join = { .place = { .kind = PLACE_FLOOR },
                                            .epoch = epoch,
                                            .tier = tier,
                                            .thread = (uint8_t)(session % stage->n_threads),
                                            .is_listening = true,
                                            .from = from } };
    command_now(stage, &join);
}

void stage_deaf(struct stage *stage, uint32_t session, bool is_deaf)
{
    const struct seat *seat = hall_seat(stage_hall(stage), session);
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = STAGE_MEETING,
                                  .session = session,
                                  .join = { .place = seat->place,
                                            .epoch = seat->epoch,
                                            .thread = seat->thread,
                                            .tier = seat->tier,
                                            .is_listening = !is_deaf } };
    stage_ear(stage, session)->may_hole = 2;
    command_now(stage, &join);
}

struct talker *stage_talker(struct stage *stage, uint32_t session, double tone_hz)
{
    assert_true(stage->n_talkers < STAGE_TALKERS);
    struct talker *talker = &stage->talkers[stage->n_talkers++];
    *talker = (struct talker){ .session = session,
                               .meeting = STAGE_MEETING,
                               .tone_hz = tone_hz,
                               .amplitude = 0.1,
                               .blocks = 2 };
    talker->encoder =
        opus_encoder_create(AUDIO_RATE_HZ, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, NULL);
    opus_encoder_ctl(talker->encoder, OPUS_SET_BITRATE(64000));
    return talker;
}

void stage_record_direct(struct talker *talker)
{
    talker->direct = calloc((size_t)STAGE_SECONDS * AUDIO_RATE_HZ, sizeof(float));
    talker->decoder = opus_decoder_create(AUDIO_RATE_HZ, 1, NULL);
    assert_non_null(talker->direct);
}

// A tone that swells three times a second: the detector takes a steady one for noise.
// A voice has harmonics and moves in pitch besides: a codec rings on with a pure tone.
static float tone(const struct talker *talker, uint64_t sample)
{
    if (talker->sound != NULL)
        return talker->sound(sample);
    double t = (double)sample / AUDIO_RATE_HZ;
    double swell = 1.0 + 0.7 * sin(2.0 * M_PI * SWELL_HZ * t);
    double fade = sample < 480 ? (double)sample / 480.0 : 1.0;
    double phase = 2.0 * M_PI * talker->tone_hz * t, sum = sin(phase);
    if (talker->is_voice) {
        phase += 0.04 * talker->tone_hz / VIBRATO_HZ * sin(2.0 * M_PI * VIBRATO_HZ * t);
        sum = 0.0;
        for (int k = 1; k <= 8; k++)
            sum += sin(k * phase) / k;
    }
    return (float)(talker->amplitude * fade * swell * sum);
}

static bool is_lost(struct talker *talker)
{
    talker->seed = talker->seed * 1664525u + 1013904223u;
    const bool is_lost = (talker->seed >> 8) % 1000 < talker->loss;
    talker->n_lost += is_lost;
    return is_lost;
}

static void send_frame(struct stage *stage, struct talker *talker, bool is_terminator)
{
    float pcm[6 * AUDIO_BLOCK_SAMPLES];
    _Alignas(struct voice_frame) uint8_t record[sizeof(struct voice_frame) + 1500];
    struct voice_frame *frame = (struct voice_frame *)record;
    size_t n = (size_t)talker->blocks * AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < n; i++)
        pcm[i] =
            tone(talker, talker->sample + i) * (is_terminator ? 1.0f - (float)i / (float)n : 1.0f);
    int len = opus_encode_float(talker->encoder, pcm, (int)n, frame->bytes, 1400);
    assert_true(len > 0);
    if (talker->direct != NULL)
        assert_int_equal(opus_decode_float(talker->decoder, frame->bytes, len,
                                           talker->direct + talker->sample, (int)n, 0),
                         n);
    frame->session = talker->session;
    frame->meeting = talker->meeting;
    frame->frame_number = talker->frame;
    frame->arrived_us = stage->now_us;
    frame->is_terminator = is_terminator;
    frame->booths = talker->booths;
    frame->n_bytes = (uint16_t)len;
    if (!is_lost(talker))
        lane_send(mixer_frames_lane(stage->mixer, talker->session % stage->n_threads), record,
                  sizeof(*frame) + (size_t)len);
    talker->frame += talker->blocks;
    talker->sample += n;
    ring_bell(stage);
    collect(stage);
}

void stage_talk(struct stage *stage, struct talker *talker, bool is_on)
{
    if (is_on && !talker->is_on) {
        talker->sample = 0;
        opus_encoder_ctl(talker->encoder, OPUS_RESET_STATE);
        talker->next_us = stage->now_us + 20000 + 1300 * talker->session % 20000;
    } else if (!is_on && talker->is_on) {
        send_frame(stage, talker, true);
    }
    talker->is_on = is_on;
}

static struct talker *next_talker(struct stage *stage)
{
    struct talker *next = NULL;
    for (unsigned i = 0; i < stage->n_talkers; i++)
        if (stage->talkers[i].is_on && (next == NULL || stage->talkers[i].next_us < next->next_us))
            next = &stage->talkers[i];
    return next;
}

void stage_run(struct stage *stage, uint64_t ms)
{
    uint64_t end_us = stage->now_us + ms * 1000;
    for (;;) {
        struct talker *talker = next_talker(stage);
        uint64_t clock_due = stage->mixer->armed_us;
        uint64_t talker_due = talker != NULL ? talker->next_us : UINT64_MAX;
        uint64_t due = clock_due <= talker_due ? clock_due : talker_due;
        if (due > end_us)
            break;
        if (due > stage->now_us)
            stage->now_us = due;
        if (clock_due <= talker_due) {
            stage->wakeups++;
            uint64_t began_ns = spent_ns();
            mixer_on_clock(stage->mixer, stage->now_us);
            stage->mixer_ns += spent_ns() - began_ns;
            collect(stage);
        } else {
            talker->next_us += (uint64_t)talker->blocks * AUDIO_BLOCK_US;
            send_frame(stage, talker, false);
        }
    }
    stage->now_us = end_us;
}

unsigned stage_encoders(struct stage *stage, bool with_personal)
{
    struct hall *hall = stage_hall(stage);
    unsigned n = 0;
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        bool is_personal = true;
        for (size_t i = 0; i < hall->n_seats; i++)
            if (hall->seats[i]->want.mix == mix && !hall->seats[i]->is_speaking)
                is_personal = false;
        for (int tier = 0; tier < TIERS && (with_personal || !is_personal); tier++)
            n += mix->streams[tier].encoder != NULL;
    }
    return n;
}

// ---- judging ------------------------------------------------------------------------------------

static double level_of(const float *sound, double hz, uint64_t end_us, uint64_t ms)
{
    assert(sound != NULL);
    uint64_t n = ms * AUDIO_RATE_HZ / 1000;
    uint64_t end = (end_us / 1000 - START_US / 1000) * (AUDIO_RATE_HZ / 1000);
    double re = 0.0, im = 0.0;
    for (uint64_t i = end - n; i < end; i++) {
        double angle = 2.0 * M_PI * hz * (double)i / AUDIO_RATE_HZ;
        re += (double)sound[i] * cos(angle);
        im += (double)sound[i] * sin(angle);
    }
    return 20.0 * log10(2.0 * sqrt(re * re + im * im) / (double)n + 1e-9);
}

double stage_level_at(struct stage *stage, uint32_t session, double hz, uint64_t end_us,
                      uint64_t ms)
{
    return level_of(stage_ear(stage, session)->sound, hz, end_us, ms);
}

double stage_recorded_level(struct stage *stage, uint8_t stream, double hz, uint64_t ms)
{
    return level_of(stage->recorded[stream], hz, stage->now_us - 80000, ms);
}

// What is complete for sure: the last frame may still be on its way.
double stage_level(struct stage *stage, uint32_t session, double hz, uint64_t ms)
{
    return stage_level_at(stage, session, hz, stage->now_us - 80000, ms);
}

double stage_rms_at(struct stage *stage, uint32_t session, uint64_t end_us, uint64_t ms)
{
    uint64_t n = ms * AUDIO_RATE_HZ / 1000;
    uint64_t end = (end_us / 1000 - START_US / 1000) * (AUDIO_RATE_HZ / 1000);
    return (double)audio_rms_db(stage_ear(stage, session)->sound + end - n, n);
}

double stage_roughness(struct stage *stage, uint32_t session, uint64_t end_us, uint64_t ms)
{
    const struct ear_heard *ear = stage_ear(stage, session);
    assert(ear->sound != NULL);
    uint64_t end = (end_us / 1000 - START_US / 1000) * (AUDIO_RATE_HZ / 1000);
    double most = 0.0;
    for (uint64_t i = end - ms * AUDIO_RATE_HZ / 1000; i < end; i++) {
        const float *x = ear->sound + i;
        double second = fabs((double)x[-1] - 2.0 * (double)x[0] + (double)x[1]);
        if (second > most)
            most = second;
    }
    return most;
}
