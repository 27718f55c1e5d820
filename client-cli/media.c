// SPDX-License-Identifier: BSD-3-Clause
//
// Each kind of media has one function that gives its next samples at its own rate; what it gives is
// resampled to 48 kHz and waits in `ready` until somebody reads it. A file is read one block ahead,
// so that its last block is known as such.
#include "client-cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <opus/opusfile.h>
#include <poll.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_FRAMES 1024
#define CHUNK_MAX_BYTES 65536
#define READY_MAX_SAMPLES (1u << 19) // a chunk of 1 kHz sound at 48 kHz, and a packet
#define RESAMPLER_QUALITY 8
#define RAW_START_SAMPLES 2880 // standard input starts, and starts again, with 60 ms in hand
#define RAW_AHEAD_SAMPLES 9600 // and is read no farther ahead than this

enum media_kind { MEDIA_WAV, MEDIA_OPUS, MEDIA_RAW };
struct media {
    enum media_kind kind;
    bool is_loop, is_at_end, is_broken, is_waiting;
    int fd;
    struct wav_info wav;
    uint64_t wav_frame; // the next one
    OggOpusFile *opus;
    SpeexResamplerState *resampler; // NULL at 48 kHz
    float *ready;
    size_t n_ready, first_ready;
    uint8_t odd_byte; // of a raw sample whose other half has not come
    bool has_odd_byte;
};

static bool make_room(struct media *media)
{
    if (media->ready == NULL)
        media->ready = malloc(READY_MAX_SAMPLES * sizeof *media->ready);
    if (media->ready == NULL) {
        media->is_broken = true;
        return false;
    }
    memmove(media->ready, media->ready + media->first_ready, media->n_ready * sizeof *media->ready);
    media->first_ready = 0;
    return true;
}

static void add(struct media *media, const float *samples, size_t n)
{
    if (!make_room(media))
        return;
    float *end = media->ready + media->n_ready;
    size_t room = READY_MAX_SAMPLES - media->n_ready;
    if (media->resampler == NULL) {
        size_t part = n < room ? n : room;
        memcpy(end, samples, part * sizeof *end);
        media->n_ready += part;
        return;
    }
    spx_uint32_t n_in = (spx_uint32_t)n;
    spx_uint32_t n_out = (spx_uint32_t)room;
    speex_resampler_process_float(media->resampler, 0, samples, &n_in, end, &n_out);
    media->n_ready += n_out;
}

// What the resampler still holds comes out when silence goes in.
static void drain_resampler(struct media *media)
{
    static const float silence[CHUNK_FRAMES];
    if (media->resampler == NULL)
        return;
    int latency = speex_resampler_get_input_latency(media->resampler);
    for (int left = latency; left > 0; left -= CHUNK_FRAMES)
        add(media, silence, left < CHUNK_FRAMES ? (size_t)left : CHUNK_FRAMES);
    speex_resampler_reset_mem(media->resampler);
    speex_resampler_skip_zeros(media->resampler);
}

static void end_of_file(struct media *media)
{
    if (!media->is_loop) {
        drain_resampler(media);
        media->is_at_end = true;
    } else if (media->kind == MEDIA_WAV) {
        media->wav_frame = 0;
    } else if (op_pcm_seek(media->opus, 0) != 0) {
        media->is_broken = true;
    }
}

static void fill_from_wav(struct media *media)
{
    uint8_t bytes[CHUNK_MAX_BYTES];
    float mono[CHUNK_FRAMES];
    size_t frame_bytes = wav_frame_bytes(&media->wav);
    uint64_t left = media->wav.n_frames - media->wav_frame;
    size_t n = left < CHUNK_FRAMES ? (size_t)left : CHUNK_FRAMES;
    off_t offset = (off_t)(media->wav.data_offset + media->wav_frame * frame_bytes);
    ssize_t got = n == 0 ? 0 : pread(media->fd, bytes, n * frame_bytes, offset);
    size_t n_got = got > 0 ? (size_t)got / frame_bytes : 0;
    if (got < 0) {
        media->is_broken = true;
    } else if (n_got == 0) {
        // A file that has become empty must not be read for ever.
        media->is_loop = media->is_loop && media->wav_frame > 0;
        end_of_file(media);
    } else {
        wav_to_mono(&media->wav, bytes, n_got, mono);
        add(media, mono, n_got);
        media->wav_frame += n_got;
    }
}

static void fill_from_opus(struct media *media)
{
    float stereo[2 * CHUNK_FRAMES];
    float mono[CHUNK_FRAMES];
    int n = op_read_float_stereo(media->opus, stereo, 2 * CHUNK_FRAMES);
    if (n == OP_HOLE)
        return; // lost pages: go on behind them
    if (n < 0) {
        media->is_broken = true;
    } else if (n == 0) {
        end_of_file(media);
    } else {
        for (int i = 0; i < n; i++)
            mono[i] = 0.5f * (stereo[2 * i] + stereo[2 * i + 1]);
        add(media, mono, (size_t)n);
    }
}

// Reads what is there, without waiting. Returns false when nothing is.
static bool fill_from_raw(struct media *media)
{
    struct pollfd poll_in = { .fd = media->fd, .events = POLLIN };
    if (poll(&poll_in, 1, 0) <= 0)
        return false;
    uint8_t bytes[2 * CHUNK_FRAMES + 1];
    size_t n_kept = media->has_odd_byte;
    bytes[0] = media->odd_byte;
    ssize_t got = read(media->fd, bytes + n_kept, sizeof bytes - 1);
    if (got < 0) {
        media->is_broken = errno != EAGAIN && errno != EINTR;
        return false;
    }
    media->is_at_end = got == 0;
    size_t n_bytes = (size_t)got + n_kept;
    float mono[CHUNK_FRAMES + 1];
    const struct wav_info s16 = { .n_channels = 1, .sample_bytes = 2 };
    wav_to_mono(&s16, bytes, n_bytes / 2, mono);
    add(media, mono, n_bytes / 2);
    media->has_odd_byte = n_bytes % 2 != 0;
    media->odd_byte = bytes[n_bytes > 0 ? n_bytes - 1 : 0];
    return got > 0;
}

static void fill(struct media *media, size_t n)
{
    if (media->kind == MEDIA_RAW) {
        while (media->n_ready < RAW_AHEAD_SAMPLES && !media->is_at_end && fill_from_raw(media))
            ;
        return;
    }
    while (media->n_ready <= n && !media->is_at_end && !media->is_broken) {
        if (media->kind == MEDIA_WAV)
            fill_from_wav(media);
        else
            fill_from_opus(media);
    }
}

enum media_state media_read(struct media *media, float *out, size_t n)
{
    memset(out, 0, n * sizeof *out);
    fill(media, n);
    if (media->is_broken)
        return MEDIA_BROKEN;
    if (media->kind == MEDIA_RAW && !media->is_at_end) {
        size_t least = media->is_waiting ? RAW_START_SAMPLES : n;
        media->is_waiting = media->n_ready < (least > n ? least : n);
        if (media->is_waiting)
            return MEDIA_WAITING;
    }
    size_t part = media->n_ready < n ? media->n_ready : n;
    if (part > 0)
        memcpy(out, media->ready + media->first_ready, part * sizeof *out);
    media->first_ready += part;
    media->n_ready -= part;
    return media->n_ready == 0 && media->is_at_end ? MEDIA_ENDED : MEDIA_MORE;
}

static int open_wav(struct media *media, const char *path, struct fault *fault)
{
    uint8_t head[WAV_HEAD_MAX_BYTES];
    struct stat info;
    struct fault why;
    ssize_t n = pread(media->fd, head, sizeof head, 0);
    if (n < 0 || fstat(media->fd, &info) != 0)
        return fault_set(fault, N_("cannot read %s: %s"), path, strerror(errno));
    struct span span = { head, (size_t)n };
    if (wav_read_head(span, (uint64_t)info.st_size, &media->wav, &why) != 0)
        return fault_set(fault, "%s: %.300s", path, why.text);
    if (media->wav.rate_hz == AUDIO_RATE_HZ)
        return 0;
    int error = 0;
    media->resampler =
        speex_resampler_init(1, media->wav.rate_hz, AUDIO_RATE_HZ, RESAMPLER_QUALITY, &error);
    if (media->resampler == NULL)
        return fault_set(fault, N_("cannot resample: %s"), speex_resampler_strerror(error));
    speex_resampler_skip_zeros(media->resampler);
    return 0;
}

static int open_file(struct media *media, const char *path, struct fault *fault)
{
    char magic[4] = "";
    media->fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (media->fd < 0 || fstat(media->fd, &info) != 0)
        return fault_set(fault, N_("cannot open %s: %s"), path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fault_set(fault, N_("%s is not a file"), path);
    if (pread(media->fd, magic, sizeof magic, 0) == sizeof magic &&
        memcmp(magic, "OggS", sizeof magic) == 0) {
        int error = 0;
        media->kind = MEDIA_OPUS;
        media->opus = op_open_file(path, &error);
        return media->opus != NULL
                   ? 0
                   : fault_set(fault, N_("%s: an Ogg file, but not of Opus (error %d)"), path,
                               error);
    }
    media->kind = MEDIA_WAV;
    return open_wav(media, path, fault);
}

struct media *media_open(const char *path, bool is_loop, struct fault *fault)
{
    struct media *media = calloc(1, sizeof *media);
    if (media == NULL) {
        (void)fault_set(fault, N_("out of memory"));
        return NULL;
    }
    media->is_loop = is_loop;
    media->is_waiting = true;
    if (strcmp(path, "-") == 0) {
        media->kind = MEDIA_RAW;
        media->fd = STDIN_FILENO;
    } else if (open_file(media, path, fault) != 0) {
        media_close(media);
        return NULL;
    }
    return media;
}

void media_close(struct media *media)
{
    if (media == NULL)
        return;
    if (media->kind != MEDIA_RAW && media->fd >= 0)
        (void)close(media->fd);
    if (media->opus != NULL)
        op_free(media->opus);
    if (media->resampler != NULL)
        speex_resampler_destroy(media->resampler);
    free(media->ready);
    free(media);
}
