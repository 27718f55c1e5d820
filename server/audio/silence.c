// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

// CELT fullband frames of 20 ms. FF FE is a frame whose range coder says "silence" (RFC 6716,
// section 4.3); a shorter packet would be concealment: a copy of the last voice.
static const uint8_t silence_20ms[] = { 0xF8, 0xFF, 0xFE };
static const uint8_t silence_60ms[] = { 0xFB, 0x03, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE };

struct span audio_silence_20ms(void)
{
    return (struct span){ .data = silence_20ms, .len = sizeof silence_20ms };
}

struct span audio_silence_60ms(void)
{
    return (struct span){ .data = silence_60ms, .len = sizeof silence_60ms };
}
