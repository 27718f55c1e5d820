// SPDX-License-Identifier: BSD-3-Clause
//
// PortAudio calls back on a thread of its own; rings of blocks lie between it and the loop. The
// card's clock is not ours: a queue of speakers' blocks that grows too long loses one, an empty one
// plays silence.
#include "base/base.h"
#include "client-cli/cli.h"

#include <fcntl.h>
#include <portaudio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES (1u << 17)
#define QUEUE_MAX_BLOCKS 8
#define BLOCK_BYTES (AUDIO_BLOCK_SAMPLES * sizeof(float))

struct device {
    PaStream *speakers, *microphone; // microphone: NULL where there is none
    struct ring *from_microphone, *to_speakers;
    _Atomic int n_queued; // blocks in to_speakers
    bool is_initialised;
};

static int on_microphone(const void *input, void *output, unsigned long n_frames,
                         const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags,
                         void *arg)
{
    struct device *device = arg;
    (void)output;
    (void)time;
    (void)flags;
    void *room = input != NULL && n_frames == AUDIO_BLOCK_SAMPLES
                     ? ring_reserve(device->from_microphone, BLOCK_BYTES)
                     : NULL;
    if (room != NULL) {
        memcpy(room, input, BLOCK_BYTES);
        ring_commit(device->from_microphone);
    }
    return paContinue;
}

static int on_speakers(const void *input, void *output, unsigned long n_frames,
                       const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *arg)
{
    struct device *device = arg;
    (void)input;
    (void)time;
    (void)flags;
    size_t size;
    const void *block =
        n_frames == AUDIO_BLOCK_SAMPLES ? ring_peek(device->to_speakers, &size) : NULL;
    if (block != NULL) {
        memcpy(output, block, BLOCK_BYTES);
        ring_consume(device->to_speakers);
        atomic_fetch_sub(&device->n_queued, 1);
    } else {
        memset(output, 0, n_frames * sizeof(float));
    }
    return paContinue;
}

static int n_channels(const PaDeviceInfo *info, bool is_input)
{
    return info == NULL ? 0 : is_input ? info->maxInputChannels : info->maxOutputChannels;
}

// Those that there are, for somebody who has named another.
static void list_devices(const char *name, bool is_input, struct fault *fault)
{
    char list[300] = "";
    for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount(); i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        size_t len = strlen(list);
        if (n_channels(info, is_input) > 0)
            (void)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? "; " : "", info->name);
    }
    // TRANSLATORS: what was asked for; a list of names
    (void)fault_set(fault, N_("no sound device is called \"%.60s\"; there are: %s"), name, list);
}

// The device with that part in its name; the system's for NULL. paNoDevice: none.
static PaDeviceIndex find_device(const char *name, bool is_input, struct fault *fault)
{
    if (name == NULL)
        return is_input ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
    for (PaDeviceIndex i = 0; i < Pa_GetDeviceCount(); i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        if (n_channels(info, is_input) > 0 && strcasestr(info->name, name) != NULL)
            return i;
    }
    list_devices(name, is_input, fault);
    return paNoDevice;
}

static PaError open_stream(struct device *device, PaDeviceIndex index, bool is_input)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
    if (info == NULL)
        return paInvalidDevice;
    const PaStreamParameters parameters = {
        .device = index,
        .channelCount = 1,
        .sampleFormat = paFloat32,
        .suggestedLatency =
            is_input ? info->defaultHighInputLatency : info->defaultHighOutputLatency,
    };
    PaStream **stream = is_input ? &device->microphone : &device->speakers;
    PaError error = Pa_OpenStream(stream, is_input ? &parameters : NULL,
                                  is_input ? NULL : &parameters, AUDIO_RATE_HZ, AUDIO_BLOCK_SAMPLES,
                                  paNoFlag, is_input ? on_microphone : on_speakers, device);
    if (error == paNoError)
        return Pa_StartStream(*stream);
    *stream = NULL;
    return error;
}

// Two streams, so that a microphone that stalls does not stop the speakers. Without a microphone
// one can still listen; but one that was named must be there.
static PaError open_streams(struct device *device, const char *input, const char *output,
                            struct fault *fault)
{
    PaDeviceIndex out = find_device(output, false, fault);
    PaDeviceIndex in = find_device(input, true, fault);
    if ((output != NULL && out == paNoDevice) || (input != NULL && in == paNoDevice))
        return paInvalidDevice;
    PaError error = out == paNoDevice ? paInvalidDevice : open_stream(device, out, false);
    if (error != paNoError || in == paNoDevice)
        return error;
    PaError error_in = open_stream(device, in, true);
    return input != NULL ? error_in : paNoError;
}

// The libraries below PortAudio write dozens of lines about every card that is not there.
static PaError initialise_quietly(struct device *device, const char *input, const char *output,
                                  struct fault *fault)
{
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)fflush(stderr);
    if (saved >= 0 && null >= 0)
        (void)dup2(null, STDERR_FILENO);
    PaError error = Pa_Initialize();
    device->is_initialised = error == paNoError;
    if (error == paNoError)
        error = open_streams(device, input, output, fault);
    if (saved >= 0) {
        (void)dup2(saved, STDERR_FILENO);
        (void)close(saved);
    }
    if (null >= 0)
        (void)close(null);
    return error;
}

struct device *device_open(const char *input, const char *output, struct fault *fault)
{
    fault->text[0] = '\0';
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        (void)fault_set(fault, N_("out of memory"));
        return NULL;
    }
    device->from_microphone = ring_new(RING_BYTES);
    device->to_speakers = ring_new(RING_BYTES);
    PaError error = paInsufficientMemory;
    if (device->from_microphone != NULL && device->to_speakers != NULL)
        error = initialise_quietly(device, input, output, fault);
    if (error == paNoError)
        return device;
    if (fault->text[0] == '\0')
        (void)fault_set(fault, "%s", Pa_GetErrorText(error));
    device_close(device);
    return NULL;
}

bool device_has_microphone(const struct device *device)
{
    return device->microphone != NULL;
}

void device_close(struct device *device)
{
    if (device == NULL)
        return;
    if (device->microphone != NULL)
        (void)Pa_CloseStream(device->microphone);
    if (device->speakers != NULL)
        (void)Pa_CloseStream(device->speakers);
    if (device->is_initialised)
        (void)Pa_Terminate();
    ring_free(device->from_microphone);
    ring_free(device->to_speakers);
    free(device);
}

bool device_read(struct device *device, float block[AUDIO_BLOCK_SAMPLES])
{
    size_t size;
    const void *next = ring_peek(device->from_microphone, &size);
    if (next == NULL)
        return false;
    memcpy(block, next, BLOCK_BYTES);
    ring_consume(device->from_microphone);
    return true;
}

void device_write(struct device *device, const float block[AUDIO_BLOCK_SAMPLES])
{
    if (atomic_load(&device->n_queued) >= QUEUE_MAX_BLOCKS)
        return;
    void *room = ring_reserve(device->to_speakers, BLOCK_BYTES);
    if (room == NULL)
        return;
    memcpy(room, block, BLOCK_BYTES);
    ring_commit(device->to_speakers);
    atomic_fetch_add(&device->n_queued, 1);
}
