// SPDX-License-Identifier: BSD-3-Clause
//
// The head of a WAV file: what is accepted lies inside the file, within the limits, and all of it
// can be converted.
#include "client-cli/cli.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wav_info info;
    struct fault fault = { "" };
    if (wav_read_head((struct span){ data, size }, size, &info, &fault) != 0) {
        CHECK(fault.text[0] != '\0');
        return 0;
    }
    size_t frame = wav_frame_bytes(&info);
    CHECK(info.rate_hz >= 1000 && info.rate_hz <= 384000);
    CHECK(frame >= 1 && frame <= 64);
    CHECK(info.n_frames > 0 && info.data_offset + info.n_frames * frame <= size);
    for (uint64_t i = 0; i < info.n_frames; i++) {
        float sample = 9;
        wav_to_mono(&info, data + info.data_offset + i * frame, 1, &sample);
        CHECK(sample >= -1.0f && sample <= 1.0f);
    }
    return 0;
}
