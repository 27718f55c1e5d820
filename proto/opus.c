// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"

#define PACKET_MAX_US 120000

int opus_packet_frames_10ms(struct span opus)
{
    static const int silk_us[4] = { 10000, 20000, 40000, 60000 };
    static const int celt_us[4] = { 2500, 5000, 10000, 20000 };
    if (opus.len == 0)
        return PROTO_E_MALFORMED;

    unsigned config = opus.data[0] >> 3;
    int frame_us = config < 12   ? silk_us[config & 3]
                   : config < 16 ? silk_us[config & 1] // hybrid
                                 : celt_us[config & 3];
    int n_frames = 1;
    switch (opus.data[0] & 3) {
    case 0:
        break;
    case 1:
    case 2:
        n_frames = 2;
        break;
    default:
        if (opus.len < 2)
            return PROTO_E_MALFORMED;
        n_frames = opus.data[1] & 0x3F;
        break;
    }
    int packet_us = n_frames * frame_us;
    if (packet_us == 0 || packet_us > PACKET_MAX_US || packet_us % 10000 != 0)
        return PROTO_E_MALFORMED;
    return packet_us / 10000;
}
