// SPDX-License-Identifier: BSD-3-Clause
//
// In place of device.c where PortAudio is not there.
#include "client-cli/cli.h"

struct device *device_open(const char *input, const char *output, struct fault *fault)
{
    (void)input;
    (void)output;
    (void)fault_set(fault, N_("built without PortAudio"));
    return NULL;
}

bool device_has_microphone(const struct device *device)
{
    (void)device;
    return false;
}

void device_close(struct device *device)
{
    (void)device;
}

bool device_read(struct device *device, float block[AUDIO_BLOCK_SAMPLES])
{
    (void)device;
    (void)block;
    return false;
}

void device_write(struct device *device, const float block[AUDIO_BLOCK_SAMPLES])
{
    (void)device;
    (void)block;
}
