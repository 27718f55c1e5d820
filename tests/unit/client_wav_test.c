// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct bytes {
    uint8_t data[256];
    size_t len;
};

static void put(struct bytes *bytes, const void *data, size_t n)
{
    memcpy(bytes->data + bytes->len, data, n);
    bytes->len += n;
}

static void put_number(struct bytes *bytes, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes->data[bytes->len++] = (uint8_t)(value >> (8 * i));
}

struct head {
    const char *what;
    uint32_t format, channels, rate, bits, data_bytes; // data_bytes: as announced
    uint32_t there;                                    // bytes that follow
    bool is_extensible, has_odd_chunk;
    const char *fault; // NULL: readable
    uint64_t n_frames;
};

static const struct head heads[] = {
    { "plain", 1, 1, 48000, 16, 8, 8, false, false, NULL, 4 },
    { "8 bits", 1, 1, 8000, 8, 3, 3, false, false, NULL, 3 },
    { "24 bits stereo", 1, 2, 44100, 24, 12, 12, false, false, NULL, 2 },
    { "32 bits", 1, 1, 48000, 32, 8, 8, false, false, NULL, 2 },
    { "float", 3, 1, 48000, 32, 8, 8, false, false, NULL, 2 },
    { "double", 3, 1, 48000, 64, 16, 16, false, false, NULL, 2 },
    { "extensible", 1, 1, 48000, 16, 8, 8, true, false, NULL, 4 },
    { "a chunk of odd length before", 1, 1, 48000, 16, 8, 8, false, true, NULL, 4 },
    { "left open by a pipe", 1, 1, 48000, 16, 0xFFFFFFFF, 8, false, false, NULL, 4 },
    { "length zero, sound there", 1, 1, 48000, 16, 0, 8, false, false, NULL, 4 },
    { "longer than the file", 1, 1, 48000, 16, 1000, 8, false, false, NULL, 4 },
    { "half a sample at the end", 1, 1, 48000, 16, 7, 7, false, false, NULL, 3 },
    { "no sound", 1, 1, 48000, 16, 8, 0, false, false, "holds no sound", 0 },
    { "compressed", 2, 1, 48000, 4, 8, 8, false, false, "not format 2", 0 },
    { "12 bits", 1, 1, 48000, 12, 8, 8, false, false, "of 12 bits", 0 },
    { "float of 16 bits", 3, 1, 48000, 16, 8, 8, false, false, "of 16 bits", 0 },
    { "no channels", 1, 0, 48000, 16, 8, 8, false, false, "0 channels", 0 },
    { "9 channels", 1, 9, 48000, 16, 8, 8, false, false, "9 channels", 0 },
    { "rate 0", 1, 1, 0, 16, 8, 8, false, false, "rate of 0 Hz", 0 },
    { "rate 1 MHz", 1, 1, 1000000, 16, 8, 8, false, false, "rate of 1000000 Hz", 0 },
};

static struct bytes make(const struct head *head)
{
    struct bytes bytes = { .len = 0 };
    uint32_t frame = head->channels * head->bits / 8;
    put(&bytes, "RIFF\0\0\0\0WAVE", 12);
    if (head->has_odd_chunk)
        put(&bytes, "LIST\3\0\0\0abc\0", 12);
    put(&bytes, "fmt ", 4);
    put_number(&bytes, head->is_extensible ? 40 : 16, 4);
    put_number(&bytes, head->is_extensible ? 0xFFFE : head->format, 2);
    put_number(&bytes, head->channels, 2);
    put_number(&bytes, head->rate, 4);
    put_number(&bytes, head->rate * frame, 4);
    put_number(&bytes, frame, 2);
    put_number(&bytes, head->bits, 2);
    if (head->is_extensible) {
        put_number(&bytes, 22, 2);
        put_number(&bytes, head->bits, 2);
        put_number(&bytes, 0, 4);
        put_number(&bytes, head->format, 2);
        put(&bytes, "\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 14);
    }
    put(&bytes, "data", 4);
    put_number(&bytes, head->data_bytes, 4);
    bytes.len += head->there;
    return bytes;
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct bytes bytes = make(&heads[i]);
        struct wav_info info;
        struct fault fault = { "" };
        print_message("row %zu: %s\n", i, heads[i].what);
        int result =
            wav_read_head((struct span){ bytes.data, bytes.len }, bytes.len, &info, &fault);
        if (heads[i].fault != NULL) {
            assert_int_equal(result, -1);
            assert_non_null(strstr(fault.text, heads[i].fault));
            continue;
        }
        assert_int_equal(result, 0);
        assert_int_equal(info.n_frames, heads[i].n_frames);
        assert_int_equal(info.rate_hz, heads[i].rate);
        assert_int_equal(info.data_offset, bytes.len - heads[i].there);
    }
}

// However early the file ends, it is refused with a reason, and nothing behind its end is read.
static void test_cut_heads(void **state)
{
    (void)state;
    struct bytes bytes = make(&heads[6]);
    for (size_t len = 0; len < bytes.len - heads[6].there; len++) {
        uint8_t *copy = malloc(len + (len == 0));
        struct wav_info info;
        struct fault fault = { "" };
        assert_non_null(copy);
        memcpy(copy, bytes.data, len);
        assert_int_equal(wav_read_head((struct span){ copy, len }, len, &info, &fault), -1);
        assert_true(fault.text[0] != '\0');
        free(copy);
    }
}

static void test_samples(void **state)
{
    (void)state;
    static const struct {
        uint16_t n_channels, sample_bytes;
        bool is_float;
        uint8_t bytes[16];
        float value;
    } rows[] = {
        { 1, 1, false, { 0x80 }, 0.0f },
        { 1, 1, false, { 0x00 }, -1.0f },
        { 1, 2, false, { 0x00, 0x40 }, 0.5f },
        { 1, 2, false, { 0x00, 0x80 }, -1.0f },
        { 1, 3, false, { 0x00, 0x00, 0xC0 }, -0.5f },
        { 1, 4, false, { 0, 0, 0, 0x20 }, 0.25f },
        { 2, 2, false, { 0x00, 0x40, 0x00, 0xC0 }, 0.0f },
        { 2, 2, false, { 0x00, 0x40, 0x00, 0x20 }, 0.375f },
        { 1, 4, true, { 0, 0, 0, 0x3F }, 0.5f },
        { 1, 4, true, { 0, 0, 0, 0x40 }, 1.0f },    // 2.0 is clipped
        { 1, 4, true, { 0, 0, 0xC0, 0x7F }, 0.0f }, // not a number
        { 1, 4, true, { 0, 0, 0x80, 0x7F }, 0.0f }, // infinite
        { 1, 8, true, { 0, 0, 0, 0, 0, 0, 0xE0, 0x3F }, 0.5f },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct wav_info info = { .n_channels = rows[i].n_channels,
                                       .sample_bytes = rows[i].sample_bytes,
                                       .is_float = rows[i].is_float };
        float out = 9;
        wav_to_mono(&info, rows[i].bytes, 1, &out);
        print_message("row %zu\n", i);
        assert_float_equal(out, rows[i].value, 1e-6f);
    }
}

// "-": the samples alone; a reader that is away loses some, and never makes us wait.
static void test_standard_output(void **state)
{
    (void)state;
    int ends[2];
    struct fault fault = { "" };
    static float samples[AUDIO_BLOCK_SAMPLES];
    int16_t read_back[AUDIO_BLOCK_SAMPLES];
    (void)fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_true(saved >= 0 && pipe(ends) == 0);
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        samples[i] = (float)i / 1000.0f;
    (void)dup2(ends[1], STDOUT_FILENO);
    struct wav_writer *writer = wav_writer_open("-", &fault);
    bool is_fine = writer != NULL && wav_writer_put(writer, samples, AUDIO_BLOCK_SAMPLES);
    ssize_t n = read(ends[0], read_back, sizeof read_back);
    for (int i = 0; i < 1000 && is_fine; i++) // far more than a pipe holds
        is_fine = wav_writer_put(writer, samples, AUDIO_BLOCK_SAMPLES);
    is_fine = wav_writer_close(writer) && is_fine;
    (void)dup2(saved, STDOUT_FILENO);
    assert_true(is_fine);
    assert_int_equal(n, sizeof read_back);
    for (int i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        assert_float_equal(read_back[i] / 32768.0f, samples[i], 1.0f / 32768);
    (void)close(saved);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char path[] = "/tmp/susurro_wav_test.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct fault fault = { "" };
    struct wav_writer *writer = wav_writer_open(path, &fault);
    assert_non_null(writer);
    float samples[1000];
    for (int i = 0; i < 1000; i++)
        samples[i] = (float)i / 999.0f * 2.4f - 1.2f; // beyond full scale at both ends
    assert_true(wav_writer_put(writer, samples, 1000));
    assert_true(wav_writer_close(writer));
    struct media *media = media_open(path, false, &fault);
    assert_non_null(media);
    float read[1200];
    assert_int_equal(media_read(media, read, 480), MEDIA_MORE);
    assert_int_equal(media_read(media, read + 480, 720), MEDIA_ENDED);
    for (int i = 0; i < 1000; i++)
        assert_float_equal(read[i], fmaxf(-1.0f, fminf(1.0f, samples[i])), 1.0f / 32768);
    for (int i = 1000; i < 1200; i++)
        assert_float_equal(read[i], 0, 0);
    media_close(media);
    close(fd);
    unlink(path);
}

static void test_missing_and_wrong_files(void **state)
{
    (void)state;
    struct fault fault = { "" };
    assert_null(media_open("/nowhere/at/all.wav", false, &fault));
    assert_non_null(strstr(fault.text, "/nowhere/at/all.wav: No such file"));
    assert_null(media_open("/", false, &fault));
    assert_non_null(strstr(fault.text, "not a file"));
    assert_null(media_open("CMakeLists.txt", false, &fault));
    assert_non_null(strstr(fault.text, "CMakeLists.txt: it is not a WAV file"));
    assert_null(wav_writer_open("/nowhere/at/all.wav", &fault));
    assert_non_null(strstr(fault.text, "cannot write"));
}

static void put_samples(const char *path, uint32_t rate, size_t n)
{
    struct bytes bytes =
        make(&(struct head){ "", 1, 1, rate, 16, (uint32_t)n * 2, 0, false, false, NULL, 0 });
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    for (size_t i = 0; i < n; i++) {
        int16_t value = (int16_t)lrint(16000 * sin(2 * 3.14159265358979 * 440 * (double)i / rate));
        assert_int_equal(fwrite(&value, 2, 1, file), 1); // little-endian machines only
    }
    assert_int_equal(fclose(file), 0);
}

// A second of 440 Hz at any rate becomes a second at 48 kHz, of the same level.
static void test_resampling_keeps_length_and_level(void **state)
{
    (void)state;
    static const uint32_t rates[] = { 8000, 16000, 22050, 44100, 48000, 96000 };
    char path[] = "/tmp/susurro_wav_test.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    float *all = malloc(100 * 480 * sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct fault fault = { "" };
        put_samples(path, rates[i], rates[i]);
        struct media *media = media_open(path, false, &fault);
        assert_non_null(media);
        enum media_state last = MEDIA_MORE;
        int n_blocks = 0;
        while (last == MEDIA_MORE && n_blocks < 110) {
            float block[480];
            last = media_read(media, block, 480);
            if (n_blocks < 100)
                memcpy(all + (ptrdiff_t)n_blocks * 480, block, sizeof block);
            n_blocks++;
        }
        media_close(media);
        print_message("%u Hz: %d blocks, %.2f dB\n", rates[i], n_blocks,
                      (double)audio_rms_db(all + 4800, 38400));
        assert_int_equal(last, MEDIA_ENDED);
        assert_in_range(n_blocks, 100, 101);
        assert_float_equal(audio_rms_db(all + 4800, 38400), -9.24f, 0.05f);
    }
    free(all);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_cut_heads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_standard_output),
        cmocka_unit_test(test_missing_and_wrong_files),
        cmocka_unit_test(test_resampling_keeps_length_and_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
