// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"

uint32_t version_to_v1(uint64_t v2)
{
    uint32_t major = (uint32_t)(v2 >> 48);
    uint32_t minor = (uint32_t)(v2 >> 32) & 0xFFFF;
    uint32_t patch = (uint32_t)(v2 >> 16) & 0xFFFF;
    return major << 16 | (minor > 255 ? 255 : minor) << 8 | (patch > 255 ? 255 : patch);
}

uint64_t version_from_v1(uint32_t v1)
{
    return PROTO_VERSION(v1 >> 16, (v1 >> 8) & 0xFF, v1 & 0xFF);
}

uint64_t version_read(const MumbleProto__Version *version)
{
    // Some clients put a value of the old form into the new field.
    if (version->has_version_v2 && version->version_v2 >> 48 != 0)
        return version->version_v2;
    return version->has_version_v1 ? version_from_v1(version->version_v1) : 0;
}
