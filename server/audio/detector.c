// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <math.h>

#define FLOOR_LEAST_DB (-75.0f)
#define FLOOR_MOST_DB (-20.0f)
#define VOICE_LEAST_DB (-45.0f)
#define OPEN_OVER_FLOOR_DB 9.0f
#define HOLD_OVER_FLOOR_DB 5.0f // hysteresis: less is needed to stay open than to open
#define HOLD_LEAST_DB (-50.0f)
#define OPEN_BLOCKS 3
#define HANG_BLOCKS 15

void detector_init(struct detector *detector)
{
    *detector = (struct detector){ .floor_db = -60.0f, .unsteady_db = 3.0f };
}

// The floor falls at once with the level, and rises the faster the steadier the sound is: hum and
// fans differ by less than 2 dB from one block to the next, speech by 3 to 4 dB.
static void follow_floor(struct detector *detector, float level_db)
{
    const float level = fmaxf(level_db, FLOOR_LEAST_DB);
    const float change = fminf(fabsf(level - detector->last_db), 12.0f);
    detector->last_db = level;
    detector->unsteady_db += 0.04f * (change - detector->unsteady_db);
    if (level < detector->floor_db) {
        detector->floor_db += 0.2f * (level - detector->floor_db);
        return;
    }
    float rise_db = 0.01f; // a block: 1 dB/s
    if (detector->unsteady_db < 1.0f)
        rise_db = 0.1f;
    else if (detector->unsteady_db < 2.0f)
        rise_db = 0.04f;
    detector->floor_db = fminf(fminf(detector->floor_db + rise_db, level), FLOOR_MOST_DB);
}

bool detector_push(struct detector *detector, const float block[AUDIO_BLOCK_SAMPLES])
{
    const size_t half = AUDIO_BLOCK_SAMPLES / 2;
    const float level = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
    follow_floor(detector, level);
    if (detector->is_open) {
        const float hold = fmaxf(detector->floor_db + HOLD_OVER_FLOOR_DB, HOLD_LEAST_DB);
        if (level >= hold)
            detector->hang_blocks = HANG_BLOCKS;
        else if (detector->hang_blocks > 0)
            detector->hang_blocks--;
        detector->is_open = detector->hang_blocks > 0;
        return detector->is_open;
    }
    // Both halves of a block must be loud: a click that straddles blocks has a silent half
    // somewhere.
    const float open = fmaxf(detector->floor_db + OPEN_OVER_FLOOR_DB, VOICE_LEAST_DB);
    const bool is_loud = level >= open && audio_rms_db(block, half) >= open - 3.0f &&
                         audio_rms_db(block + half, half) >= open - 3.0f;
    detector->open_blocks = is_loud ? (uint8_t)(detector->open_blocks + 1) : 0;
    if (detector->open_blocks >= OPEN_BLOCKS) {
        detector->is_open = true;
        detector->hang_blocks = HANG_BLOCKS;
        detector->open_blocks = 0;
    }
    return detector->is_open;
}
