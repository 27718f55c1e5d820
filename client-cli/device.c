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

struct device {
    PaStream *stream;
    struct ring *from_microphone, *to_speakers;
    _Atomic int n_queued; // blocks in to_speakers
    bool is_initialised;
};

static int on_sound(const void *input, void *output, unsigned long n_frames,
                    const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *arg)
{
    struct device *device = arg;
    const size_t bytes = AUDIO_BLOCK_SAMPLES * sizeof(float);
    (void)time;
    (void)flags;
    if (n_frames != AUDIO_BLOCK_SAMPLES)
        return paContinue;
    if (input != NULL) {
        void *room = ring_reserve(device->from_microphone, bytes);
        if (room != NULL) {
            memcpy(room, input, bytes);
            ring_commit(device->from_microphone);
        }
    }
    size_t size;
    const void *block = ring_peek(device->to_speakers, &size);
    if (block != NULL) {
        memcpy(output, block, bytes);
        ring_consume(device->to_speakers);
        atomic_fetch_sub(&device->n_queued, 1);
    } else {
        memset(output, 0, bytes);
    }
    return paContinue;
}

// Both directions, or the speakers alone where there is no microphone.
static PaError open_stream(struct device *device)
{
    PaError error = Pa_OpenDefaultStream(&device->stream, 1, 1, paFloat32, AUDIO_RATE_HZ,
                                         AUDIO_BLOCK_SAMPLES, on_sound, device);
    if (error != paNoError)
        error = Pa_OpenDefaultStream(&device->stream, 0, 1, paFloat32, AUDIO_RATE_HZ,
                                     AUDIO_BLOCK_SAMPLES, on_sound, device);
    return error != paNoError ? error : Pa_StartStream(device->stream);
}

// The libraries below PortAudio write dozens of lines about every card that is not there.
static PaError initialise_quietly(struct device *device)
{
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)fflush(stderr);
    if (saved >= 0 && null >= 0)
        (void)dup2(null, STDERR_FILENO);
    PaError error = Pa_Initialize();
    device->is_initialised = error == paNoError;
    if (error == paNoError)
        error = open_stream(device);
    if (saved >= 0) {
        (void)dup2(saved, STDERR_FILENO);
        (void)close(saved);
    }
    if (null >= 0)
        (void)close(null);
    return error;
}

struct device *device_open(struct fault *fault)
{
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        (void)fault_set(fault, "out of memory");
        return NULL;
    }
    device->from_microphone = ring_new(RING_BYTES);
    device->to_speakers = ring_new(RING_BYTES);
    PaError error = paInsufficientMemory;
    if (device->from_microphone != NULL && device->to_speakers != NULL)
        error = initialise_quietly(device);
    if (error == paNoError)
        return device;
    (void)fault_set(fault, "%s", Pa_GetErrorText(error));
    device_close(device);
    return NULL;
}

void device_close(struct device *device)
{
    if (device == NULL)
        return;
    if (device->stream != NULL)
        (void)Pa_CloseStream(device->stream);
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
    memcpy(block, next, AUDIO_BLOCK_SAMPLES * sizeof *block);
    ring_consume(device->from_microphone);
    return true;
}

void device_write(struct device *device, const float block[AUDIO_BLOCK_SAMPLES])
{
    if (atomic_load(&device->n_queued) >= QUEUE_MAX_BLOCKS)
        return;
    void *room = ring_reserve(device->to_speakers, AUDIO_BLOCK_SAMPLES * sizeof *block);
    if (room == NULL)
        return;
    memcpy(room, block, AUDIO_BLOCK_SAMPLES * sizeof *block);
    ring_commit(device->to_speakers);
    atomic_fetch_add(&device->n_queued, 1);
}
