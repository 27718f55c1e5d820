// SPDX-License-Identifier: BSD-3-Clause
//
// Our count of an Opus packet's duration against libopus.
#include "fuzz.h"
#include "proto/proto.h"

#include <opus.h>

#define SAMPLES_PER_10_MS 480

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int frames = opus_packet_frames_10ms((struct span){ data, size });
    int samples = size == 0 ? 0 : opus_packet_get_nb_samples(data, (opus_int32)size, 48000);
    bool is_whole = samples > 0 && samples % SAMPLES_PER_10_MS == 0;
    CHECK(frames == (is_whole ? samples / SAMPLES_PER_10_MS : PROTO_E_MALFORMED));
    return 0;
}
