// SPDX-License-Identifier: BSD-3-Clause
//
// What is kept of a person's voice from one transmission to the next, so that whoever pauses goes
// on at the level where they were: it belongs to the seat, from the first word until they leave,
// wherever they move. Its memory comes from the pool.
#include "mixer/mixer_int.h"

#include <stdlib.h>

struct voice_kept *voice_kept_new(void)
{
    struct voice_kept *kept = calloc(1, sizeof(*kept));
    if (kept == NULL)
        return NULL;
    kept->leveller = leveller_new();
    kept->quality = quality_new();
    if (kept->leveller != NULL && kept->quality != NULL)
        return kept;
    voice_kept_free(kept);
    return NULL;
}

void voice_kept_free(struct voice_kept *kept)
{
    if (kept == NULL)
        return;
    leveller_free(kept->leveller);
    quality_free(kept->quality);
    denoiser_free(kept->denoiser);
    free(kept);
}

void voice_kept_reset(struct voice_kept *kept)
{
    leveller_reset(kept->leveller);
    quality_reset(kept->quality);
    denoiser_free(kept->denoiser);
    kept->denoiser = NULL;
}

// Without memory the voice is heard as it is.
void voice_begin(const struct hall *hall, struct speaker *speaker)
{
    struct voice_kept *kept = speaker->seat->kept;
    if (kept != NULL) {
        speaker->denoiser = kept->denoiser; // it knows the noise where they are
        kept->denoiser = NULL;
    }
    if (!hall->is_denoising) {
        denoiser_free(speaker->denoiser);
        speaker->denoiser = NULL;
    } else if (speaker->denoiser == NULL) {
        speaker->denoiser = denoiser_new();
    }
}

void voice_end(struct speaker *speaker)
{
    struct voice_kept *kept = speaker->seat->kept;
    if (kept == NULL || kept->denoiser != NULL)
        return;
    kept->denoiser = speaker->denoiser;
    speaker->denoiser = NULL;
}

// What reaches interpreters of a floor speaker, before it is levelled.
static void judge_quality(struct mixer *mixer, const struct hall *hall,
                          const struct speaker *speaker)
{
    struct mixer_event event = { .kind = MIXER_EVENT_QUALITY,
                                 .meeting = hall->id,
                                 .session = speaker->session };
    if (quality_push(speaker->seat->kept->quality, speaker->block, speaker->info.is_voice,
                     speaker->info.is_concealed, &event.quality))
        mixer_event(mixer, &event);
}

static void apply_gain(struct speaker *speaker, float gain)
{
    const float step = (gain - speaker->gain) / AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        speaker->block[i] *= speaker->gain + step * (float)(i + 1);
    speaker->gain = gain;
}

// The speaker's new block, as it came from the decoder.
void voice_tend(struct mixer *mixer, struct hall *hall, struct speaker *speaker)
{
    struct voice_kept *kept = speaker->seat->kept;
    const bool is_floor = speaker->seat->place.kind != PLACE_BOOTH && speaker->booths == 0;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES && is_floor; i++)
        hall->floor_block[i] += speaker->block[i];
    if (is_floor && kept != NULL)
        judge_quality(mixer, hall, speaker);
    if (speaker->denoiser != NULL)
        denoiser_process(speaker->denoiser, speaker->block, hall->is_music);
    if (hall->is_levelling && kept != NULL) {
        leveller_process(kept->leveller, speaker->block, speaker->info.is_voice, hall->is_music);
        speaker->gain = audio_gain_from_db(leveller_gain_db(kept->leveller));
    } else if (speaker->gain < 1.0f || speaker->gain > 1.0f) {
        apply_gain(speaker, 1.0f); // levelling was turned off
    }
}

// One block more of somebody who may be gone already.
void voice_tend_last(const struct hall *hall, struct speaker *speaker)
{
    if (speaker->denoiser != NULL)
        denoiser_process(speaker->denoiser, speaker->block, hall->is_music);
    apply_gain(speaker, speaker->gain);
}
