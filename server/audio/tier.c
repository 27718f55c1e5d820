// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <assert.h>
#include <string.h>

static const struct tier_spec specs[TIERS] = {
    [TIER_FULL] = { .name = "full",
                    .bitrate_bps = 40000,
                    .frame_blocks = 2,
                    .encode_us = 47,
                    .is_celt = true },
    [TIER_STANDARD] = { .name = "standard",
                        .bitrate_bps = 24000,
                        .frame_blocks = 2,
                        .encode_us = 136 },
    [TIER_THIN] = { .name = "thin",
                    .bitrate_bps = 16000,
                    .frame_blocks = 4,
                    .bandwidth = 1,
                    .encode_us = 266 },
    [TIER_MINIMUM] = { .name = "minimum",
                       .bitrate_bps = 9000,
                       .frame_blocks = 6,
                       .bandwidth = 1,
                       .encode_us = 360 },
    [TIER_LIFELINE] = { .name = "lifeline",
                        .bitrate_bps = 6000,
                        .frame_blocks = 6,
                        .bandwidth = 2,
                        .encode_us = 290,
                        .is_cbr = true },
};

const struct tier_spec *tier_spec(enum tier tier)
{
    assert((unsigned)tier < TIERS);
    return &specs[tier];
}

bool tier_from_name(const char *name, enum tier *out)
{
    for (unsigned i = 0; i < TIERS; i++) {
        if (strcmp(name, specs[i].name) != 0)
            continue;
        *out = (enum tier)i;
        return true;
    }
    return false;
}
