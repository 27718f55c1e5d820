// SPDX-License-Identifier: BSD-3-Clause
//
// RIFF/WAVE: "RIFF" size "WAVE", then chunks of id, little-endian size and body, each padded to an
// even length.
#include "client-cli/cli.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT_PCM 1
#define FORMAT_FLOAT 3
#define FORMAT_EXTENSIBLE 0xFFFE
#define CHANNELS_MAX 8
#define RATE_LEAST_HZ 1000
#define RATE_MOST_HZ 384000
#define WRITER_HEAD_BYTES 44

static uint16_t load_16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t load_32(const uint8_t *bytes)
{
    return load_16(bytes) | (uint32_t)load_16(bytes + 2) << 16;
}

static void store_16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static void store_32(uint8_t *bytes, uint32_t value)
{
    store_16(bytes, (uint16_t)value);
    store_16(bytes + 2, (uint16_t)(value >> 16));
}

static int read_format(struct span body, struct wav_info *out, struct fault *fault)
{
    if (body.len < 16)
        return fault_set(fault, N_("its format chunk is too short"));
    uint16_t format = load_16(body.data);
    unsigned bits = load_16(body.data + 14);
    if (format == FORMAT_EXTENSIBLE && body.len >= 26)
        format = load_16(body.data + 24);
    out->n_channels = load_16(body.data + 2);
    out->rate_hz = load_32(body.data + 4);
    out->sample_bytes = (uint16_t)(bits / 8);
    out->is_float = format == FORMAT_FLOAT;
    bool is_pcm = format == FORMAT_PCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
    bool is_float = format == FORMAT_FLOAT && (bits == 32 || bits == 64);
    if (!is_pcm && !is_float)
        return fault_set(
            fault,
            N_("only PCM of 8, 16, 24 or 32 bits and float are read, not format %u of %u bits"),
            format, bits);
    if (out->n_channels < 1 || out->n_channels > CHANNELS_MAX)
        return fault_set(fault, N_("it has %u channels; 1 to %d are read"), out->n_channels,
                         CHANNELS_MAX);
    if (out->rate_hz < RATE_LEAST_HZ || out->rate_hz > RATE_MOST_HZ)
        return fault_set(fault, N_("its rate of %u Hz is not between %d and %d"), out->rate_hz,
                         RATE_LEAST_HZ, RATE_MOST_HZ);
    if (load_16(body.data + 12) != wav_frame_bytes(out))
        return fault_set(fault, N_("its block size does not fit its channels and bits"));
    return 0;
}

static int read_data(uint64_t offset, uint64_t size, uint64_t file_bytes, struct wav_info *out,
                     struct fault *fault)
{
    size_t frame_bytes = wav_frame_bytes(out);
    if (frame_bytes == 0)
        return fault_set(fault, N_("its sound comes before its format"));
    uint64_t there = file_bytes > offset ? file_bytes - offset : 0;
    bool is_open = size == 0 || size >= 0xFFFFFF00u; // written to a pipe, never corrected
    if (is_open || size > there)
        size = there;
    out->data_offset = offset;
    out->n_frames = size / frame_bytes;
    return out->n_frames > 0 ? 0 : fault_set(fault, N_("it holds no sound"));
}

int wav_read_head(struct span head, uint64_t file_bytes, struct wav_info *out, struct fault *fault)
{
    memset(out, 0, sizeof *out);
    if (head.len < 12 || memcmp(head.data, "RIFF", 4) != 0 || memcmp(head.data + 8, "WAVE", 4) != 0)
        return fault_set(fault, N_("it is not a WAV file"));
    uint64_t at = 12;
    while (head.len - at >= 8) {
        const uint8_t *chunk = head.data + at;
        uint64_t size = load_32(chunk + 4);
        at += 8;
        if (memcmp(chunk, "data", 4) == 0)
            return read_data(at, size, file_bytes, out, fault);
        if (size > head.len - at)
            break;
        struct span body = { head.data + at, (size_t)size };
        if (memcmp(chunk, "fmt ", 4) == 0 && read_format(body, out, fault) != 0)
            return -1;
        at += size + (size & 1);
        if (at > head.len)
            break;
    }
    return fault_set(fault, file_bytes > head.len ? N_("its sound begins too far behind the head")
                                                  : N_("it ends before its sound begins"));
}

size_t wav_frame_bytes(const struct wav_info *info)
{
    return (size_t)info->n_channels * info->sample_bytes;
}

static double read_sample(const struct wav_info *info, const uint8_t *bytes)
{
    if (info->is_float && info->sample_bytes == 8) {
        uint64_t bits = load_32(bytes) | (uint64_t)load_32(bytes + 4) << 32;
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (info->is_float) {
        uint32_t bits = load_32(bytes);
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    switch (info->sample_bytes) {
    case 1:
        return (bytes[0] - 128) / 128.0;
    case 2:
        return (int16_t)load_16(bytes) / 32768.0;
    case 3:
        return (int32_t)((uint32_t)load_16(bytes) << 8 | (uint32_t)bytes[2] << 24) / 2147483648.0;
    default:
        return (int32_t)load_32(bytes) / 2147483648.0;
    }
}

void wav_to_mono(const struct wav_info *info, const uint8_t *bytes, size_t n_frames, float *out)
{
    for (size_t i = 0; i < n_frames; i++) {
        double sum = 0;
        for (unsigned channel = 0; channel < info->n_channels; channel++) {
            sum += read_sample(info, bytes);
            bytes += info->sample_bytes;
        }
        sum /= info->n_channels;
        out[i] = isfinite(sum) ? (float)fmax(-1.0, fmin(1.0, sum)) : 0.0f;
    }
}

// ---- writing

struct wav_writer {
    FILE *file;
    uint64_t n_samples, n_unsaved;
    bool is_broken;
    bool is_pipe; // standard output: samples alone
};

static void write_head(struct wav_writer *writer)
{
    uint64_t bytes = writer->n_samples * 2;
    uint32_t size =
        bytes > UINT32_MAX - WRITER_HEAD_BYTES ? UINT32_MAX - WRITER_HEAD_BYTES : (uint32_t)bytes;
    uint8_t head[WRITER_HEAD_BYTES] = "RIFF....WAVEfmt ....................data";
    store_32(head + 4, size + WRITER_HEAD_BYTES - 8);
    store_32(head + 16, 16);
    store_16(head + 20, FORMAT_PCM);
    store_16(head + 22, 1);
    store_32(head + 24, AUDIO_RATE_HZ);
    store_32(head + 28, AUDIO_RATE_HZ * 2);
    store_16(head + 32, 2);
    store_16(head + 34, 16);
    store_32(head + 40, size);
    writer->is_broken |= fseek(writer->file, 0, SEEK_SET) != 0 ||
                         fwrite(head, sizeof head, 1, writer->file) != 1 ||
                         fseek(writer->file, 0, SEEK_END) != 0 || fflush(writer->file) != 0;
    writer->n_unsaved = 0;
}

struct wav_writer *wav_writer_open(const char *path, struct fault *fault)
{
    struct wav_writer *writer = calloc(1, sizeof *writer);
    if (writer != NULL && strcmp(path, "-") == 0) {
        writer->is_pipe = true;
        return writer;
    }
    if (writer != NULL)
        writer->file = fopen(path, "wbe");
    if (writer == NULL || writer->file == NULL) {
        (void)fault_set(fault, N_("cannot write %s: %s"), path, strerror(errno));
        free(writer);
        return NULL;
    }
    write_head(writer);
    return writer;
}

// A pipe with room for some takes a whole block without waiting (PIPE_BUF); one without loses it.
static bool write_pipe(const uint8_t *bytes, size_t len)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    if (poll(&out, 1, 0) == 0)
        return true;
    return write(STDOUT_FILENO, bytes, len) >= 0 || errno == EAGAIN || errno == EINTR;
}

bool wav_writer_put(struct wav_writer *writer, const float *samples, size_t n)
{
    for (size_t done = 0; done < n && !writer->is_broken;) {
        uint8_t bytes[2 * AUDIO_BLOCK_SAMPLES];
        size_t part = n - done < AUDIO_BLOCK_SAMPLES ? n - done : AUDIO_BLOCK_SAMPLES;
        for (size_t i = 0; i < part; i++) {
            float scaled = fmaxf(-32768.0f, fminf(32767.0f, roundf(samples[done + i] * 32768.0f)));
            store_16(bytes + 2 * i, (uint16_t)(int16_t)scaled);
        }
        writer->is_broken |= writer->is_pipe ? !write_pipe(bytes, 2 * part)
                                             : fwrite(bytes, 2, part, writer->file) != part;
        done += part;
    }
    writer->n_samples += n;
    writer->n_unsaved += n;
    if (writer->n_unsaved >= AUDIO_RATE_HZ && !writer->is_pipe)
        write_head(writer);
    return !writer->is_broken;
}

bool wav_writer_close(struct wav_writer *writer)
{
    if (writer == NULL)
        return true;
    if (!writer->is_pipe)
        write_head(writer);
    bool is_fine = (writer->is_pipe || fclose(writer->file) == 0) && !writer->is_broken;
    free(writer);
    return is_fine;
}
