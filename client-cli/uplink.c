// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#define BLOCKS_PER_SECOND 100

static uint32_t frames_for(uint32_t max_bandwidth_bps)
{
    if (max_bandwidth_bps <= 16000)
        return 6;
    if (max_bandwidth_bps <= 32000)
        return 4;
    return max_bandwidth_bps <= 64000 ? 2 : 1;
}

struct uplink uplink_fit(struct uplink wished, uint32_t max_bandwidth_bps)
{
    struct uplink fit = wished;
    if (max_bandwidth_bps == 0)
        return fit;
    uint32_t least = frames_for(max_bandwidth_bps);
    if (fit.frame_blocks < least)
        fit.frame_blocks = least;
    uint32_t overhead_bps = UPLINK_PACKET_BYTES * 8 * BLOCKS_PER_SECOND / fit.frame_blocks;
    uint32_t left_bps = max_bandwidth_bps > overhead_bps ? max_bandwidth_bps - overhead_bps : 0;
    if (fit.bitrate_bps > left_bps)
        fit.bitrate_bps = left_bps;
    if (fit.bitrate_bps < UPLINK_LEAST_BPS)
        fit.bitrate_bps = UPLINK_LEAST_BPS;
    return fit;
}
