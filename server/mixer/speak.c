// SPDX-License-Identifier: BSD-3-Clause
//
// Those who speak: from their packets to blocks; and the tick, which begins there.
#include "mixer/mixer_int.h"

#include <string.h>

#define LOUDNESS_RISE 0.3f
#define LOUDNESS_FALL 0.02f
#define LEAD_DB 3.0f     // one who is mixed keeps the place against one who is not louder by this
#define ON_AIR_DB 200.0f // an interpreter on air is mixed in any case

bool speaker_is_live(const struct speaker *speaker)
{
    return speaker->session != 0 && !speaker->is_ending;
}

float speaker_gain_db(const struct hall *hall, const struct speaker *speaker, const struct ear *ear)
{
    if (speaker->booths == 0)
        return meeting_gain_db(hall->meeting, ear, speaker->session);
    const bool is_meant =
        ear->place.kind == PLACE_BOOTH && ((unsigned)speaker->booths >> ear->place.index & 1u) != 0;
    return is_meant ? 0.0f : TRACKS_SILENT_DB;
}

// A moderator's words to booths are a voice of their own.
static struct speaker *find_speaker(struct hall *hall, const struct seat *seat, bool is_word)
{
    const bool is_there = is_word ? seat->has_word : seat->is_speaking;
    for (unsigned i = 0; i < SPEAKERS_MAX && is_there; i++)
        if (hall->speakers[i].seat == seat && (hall->speakers[i].booths != 0) == is_word)
            return &hall->speakers[i];
    return NULL;
}

// ---- beginning and end --------------------------------------------------------------------------

static struct speaker *start_speaker(struct mixer *mixer, struct hall *hall, struct seat *seat,
                                     uint8_t booths)
{
    struct speaker *speaker = NULL;
    if (seat->place.kind != PLACE_BOOTH && hall->n_speakers >= SPEAKERS_OF_FLOOR_MAX)
        return NULL;
    for (unsigned i = 0; i < SPEAKERS_MAX && speaker == NULL; i++)
        if (hall->speakers[i].session == 0)
            speaker = &hall->speakers[i];
    struct source *source = speaker != NULL ? pool_source(&mixer->pool) : NULL;
    if (source == NULL)
        return NULL;
    *speaker = (struct speaker){ .session = seat->session,
                                 .seat = seat,
                                 .booths = booths,
                                 .source = source,
                                 .loudness_db = AUDIO_SILENCE_DB };
    if (seat->kept == NULL)
        seat->kept = pool_kept(&mixer->pool); // without memory, it is neither judged nor levelled
    voice_begin(hall, speaker);
    speaker->gain = seat->kept != NULL && hall->is_levelling
                        ? audio_gain_from_db(leveller_gain_db(seat->kept->leveller))
                        : 1.0f;
    if (booths != 0)
        seat->has_word = true;
    else
        seat->is_speaking = true;
    hall->n_speakers++;
    hall->must_assign = true;
    hall->is_at_rest = false;
    return speaker;
}

static void free_speaker(struct mixer *mixer, struct hall *hall, struct speaker *speaker)
{
    size_t slot = (size_t)(speaker - hall->speakers);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->has_target[slot] = false;
    pool_source_back(&mixer->pool, speaker->source);
    denoiser_free(speaker->denoiser);
    *speaker = (struct speaker){ 0 };
    hall->n_speakers--;
    hall->must_assign = true;
}

static void silence_speaker(struct mixer *mixer, struct hall *hall, struct speaker *speaker,
                            uint64_t now_us)
{
    indicate_end(mixer, hall, speaker);
    if (speaker->booths != 0) {
        speaker->seat->has_word = false;
    } else {
        meeting_silent(hall->meeting, speaker->session, now_us);
        speaker->seat->is_speaking = false;
    }
    speaker->seat = NULL;
    speaker->is_ending = true;
    hall->must_assign = true;
}

void speaker_cut(struct mixer *mixer, struct hall *hall, struct seat *seat, uint64_t now_us)
{
    for (int is_word = 0; is_word < 2; is_word++) {
        struct speaker *speaker = find_speaker(hall, seat, is_word != 0);
        if (speaker != NULL)
            silence_speaker(mixer, hall, speaker, now_us);
    }
}

// ---- packets ------------------------------------------------------------------------------------

void hall_frame(struct mixer *mixer, const struct voice_frame *frame, uint64_t now_us)
{
    struct hall *hall = hall_find(mixer, frame->meeting);
    if (hall == NULL || (now_us > frame->arrived_us && now_us - frame->arrived_us > FRAME_STALE_US))
        return;
    struct seat *seat = hall_seat(hall, frame->session);
    const bool is_word = frame->booths != 0;
    struct speaker *speaker = seat != NULL ? find_speaker(hall, seat, is_word) : NULL;
    bool is_first = speaker == NULL;
    if (is_first && seat != NULL && !frame->is_terminator)
        speaker = start_speaker(mixer, hall, seat, frame->booths);
    if (is_first && seat != NULL && frame->is_terminator && !is_word) // late, yet a sign of life
        meeting_packet(hall->meeting, frame->session, true, now_us);
    if (speaker == NULL) {
        hall->dropped++;
        return;
    }
    hall->must_assign = hall->must_assign || speaker->booths != frame->booths;
    speaker->booths = frame->booths;
    mixer_wake_clock(mixer, now_us);
    struct span opus = { frame->bytes, frame->n_bytes };
    if (source_put(speaker->source, frame->frame_number, opus, frame->is_terminator,
                   frame->arrived_us) != 0) {
        hall->dropped++;
        return; // a source that got nothing is idle, and ends at the next tick
    }
    if (!is_word)
        meeting_packet(hall->meeting, frame->session, frame->is_terminator, now_us);
}

// ---- the tick -----------------------------------------------------------------------------------

static void fade_out(float block[AUDIO_BLOCK_SAMPLES])
{
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] *= 1.0f - (float)(i + 1) / AUDIO_BLOCK_SAMPLES;
}

// A denoiser is a block behind: what it has is played when nothing more comes for now.
static bool play_rest(const struct hall *hall, struct speaker *speaker)
{
    if (speaker->denoiser == NULL || speaker->is_rest)
        return false;
    speaker->is_playing = speaker->is_rest = true;
    voice_tend_last(hall, speaker); // the block is silent
    return true;
}

static void play_speaker(struct mixer *mixer, struct hall *hall, struct speaker *speaker,
                         uint64_t now_us)
{
    bool was_playing = speaker->is_playing;
    speaker->is_playing = source_get(speaker->source, now_us, speaker->block, &speaker->info);
    if (speaker->is_ending) {
        speaker->is_playing = speaker->is_playing && was_playing;
        voice_tend_last(hall, speaker);
        fade_out(speaker->block);
        return;
    }
    if (!speaker->is_playing) {
        if (was_playing && play_rest(hall, speaker))
            return;
        if (source_state(speaker->source) != SOURCE_IDLE)
            return;
        voice_end(speaker);
        silence_speaker(mixer, hall, speaker, now_us);
        free_speaker(mixer, hall, speaker); // it has faded by itself
        return;
    }
    speaker->is_rest = false;
    speaker->frame_number = speaker->info.frame_number;
    if (speaker->booths == 0)
        meeting_voice(hall->meeting, speaker->session, speaker->info.is_voice,
                      speaker->info.level_db, now_us);
    voice_tend(mixer, hall, speaker);
    const float level_db = speaker->info.level_db + audio_db_from_gain(speaker->gain);
    float step = level_db > speaker->loudness_db ? LOUDNESS_RISE : LOUDNESS_FALL;
    speaker->loudness_db += step * (level_db - speaker->loudness_db);
}

static void play_speakers(struct mixer *mixer, struct hall *hall, uint64_t now_us)
{
    memset(hall->floor_block, 0, sizeof(hall->floor_block));
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session != 0)
            play_speaker(mixer, hall, &hall->speakers[i], now_us);
    ears_listen(hall);
}

static void free_ended(struct mixer *mixer, struct hall *hall)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].is_ending)
            free_speaker(mixer, hall, &hall->speakers[i]);
}

static float rank_of(const struct hall *hall, const struct speaker *speaker)
{
    float rank = speaker->loudness_db + (speaker->is_mixed ? LEAD_DB : 0.0f);
    if (speaker->booths != 0)
        return rank + ON_AIR_DB;
    if (speaker->seat->place.kind == PLACE_BOOTH) {
        const struct booth_state booth =
            meeting_booth_state(hall->meeting, speaker->seat->place.index);
        if (booth.on_air == speaker->session || booth.successor == speaker->session)
            rank += ON_AIR_DB;
    }
    return rank;
}

static void choose_strongest(struct hall *hall, uint64_t tick)
{
    float ranks[SPEAKERS_MAX];
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (speaker_is_live(&hall->speakers[i]))
            ranks[i] = rank_of(hall, &hall->speakers[i]);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &hall->speakers[i];
        if (!speaker_is_live(speaker))
            continue;
        unsigned n_stronger = 0;
        for (unsigned k = 0; k < SPEAKERS_MAX && hall->n_speakers > MIXER_SOURCES_MAX; k++)
            if (speaker_is_live(&hall->speakers[k]) &&
                (ranks[k] > ranks[i] || (k < i && ranks[k] >= ranks[i])))
                n_stronger++;
        bool is_mixed = n_stronger < MIXER_SOURCES_MAX;
        if (is_mixed == speaker->is_mixed)
            continue;
        hall->must_assign = true;
        speaker->is_mixed = is_mixed;
        speaker->chosen_tick = tick;
    }
}

static bool is_sounding(const struct hall *hall)
{
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (unsigned slot = 0; slot < SLOTS; slot++)
            if (mix->streams[slot].is_open)
                return true;
    return hall->n_speakers > 0 || hall->n_tones > 0 || hall->n_pauses_asked > 0;
}

bool hall_tick(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    uint64_t now_us = tick * AUDIO_BLOCK_US;
    deliver_due(mixer, hall, tick);
    if (!hall->is_at_rest)
        play_speakers(mixer, hall, now_us);
    meeting_advance(hall->meeting, now_us);
    if (hall->is_at_rest)
        return false;
    tone_play(hall);
    choose_strongest(hall, tick);
    pause_look(mixer, hall, tick);
    if (hall->must_assign || meeting_revision(hall->meeting) != hall->revision)
        assign_seats(mixer, hall, tick);
    else if (tick % MERGE_TICKS == 0)
        assign_merge(mixer, hall, tick);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix_run(hall, mix, tick);
    tap_send(mixer, hall, tick);
    deliver_streams(mixer, hall, tick);
    exposure_measure(mixer, hall, tick);
    indicate_speakers(mixer, hall, tick);
    free_ended(mixer, hall);
    if (is_sounding(hall))
        return true;
    assign_clear(mixer, hall); // the next voice begins with everything fresh
    ears_rest(hall);
    hall->is_at_rest = true;
    hall->is_shown_old = true; // once more
    return false;
}
