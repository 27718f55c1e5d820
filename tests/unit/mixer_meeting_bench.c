// SPDX-License-Identifier: BSD-3-Clause
//
// Not a test: what a whole meeting costs its mixer. Three tracks, listeners of all five tiers on
// each, four who speak all the time: two on the floor and the interpreters of two booths, levelled
// and guarded. In computed time; prints one line of JSON.
//   mixer_meeting_bench [seconds] [listeners a tier and track] [speech, raw float at 48 kHz]
#include "mixer_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_MS 5000
#define N_TRACKS 3
#define FIRST_LISTENER 100u
enum { FLOOR_A = 1, FLOOR_B, BOOTH_ES, BOOTH_FR };

static struct stage stage;
static float *speech;
static uint64_t n_speech;

// Without a file of speech: syllables of a voice that glides, with breath.
static float babble(uint64_t sample, double hz)
{
    static uint32_t seed = 1;
    const double t = (double)sample / AUDIO_RATE_HZ;
    const double loud = fmax(0.0, sin(2.0 * M_PI * 2.1 * t) + 0.5 * sin(2.0 * M_PI * 0.7 * t));
    const double angle = 2.0 * M_PI * hz * t + 4.0 * sin(2.0 * M_PI * 0.9 * t);
    double sum = 0.0;
    for (int k = 1; k <= 12; k++)
        sum += sin(k * angle) / k;
    seed = seed * 1664525u + 1013904223u;
    const double breath = (double)(int32_t)seed / 2147483648.0;
    return (float)(0.12 * loud * sum + 0.01 * (1.0 + loud) * breath);
}

static float said(uint64_t sample, uint64_t skip_s, double hz)
{
    return speech != NULL ? speech[(sample + skip_s * AUDIO_RATE_HZ) % n_speech]
                          : babble(sample, hz);
}

static float floor_a(uint64_t sample)
{
    return said(sample, 0, 120.0);
}

static float floor_b(uint64_t sample)
{
    return said(sample, 7, 210.0);
}

static float booth_es(uint64_t sample)
{
    return said(sample, 13, 180.0);
}

static float booth_fr(uint64_t sample)
{
    return said(sample, 19, 240.0);
}

static bool read_speech(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    (void)fseek(file, 0, SEEK_END);
    const long n_bytes = ftell(file);
    rewind(file);
    n_speech = n_bytes > 0 ? (uint64_t)n_bytes / sizeof(float) : 0;
    speech = n_speech > 0 ? malloc(n_speech * sizeof(float)) : NULL;
    const bool is_read = speech != NULL && fread(speech, sizeof(float), n_speech, file) == n_speech;
    (void)fclose(file);
    return is_read;
}

static void speak(uint32_t session, float (*sound)(uint64_t))
{
    struct talker *talker = stage_talker(&stage, session, 0.0);
    talker->sound = sound;
    stage_talk(&stage, talker, true);
}

static void gather(uint32_t n_each)
{
    struct meeting_config config = stage_config(N_TRACKS);
    config.n_booths = 2;
    config.booths[1] = (struct booth_config){ .lang_a = EN, .lang_b = FR };
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_level_voices(&stage, true);
    stage_join(&stage, FLOOR_A, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, FLOOR_B, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, BOOTH_ES, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, BOOTH_FR, PLACE_BOOTH, 1, TIER_FULL, 1);
    uint32_t session = FIRST_LISTENER;
    for (uint8_t track = 0; track < N_TRACKS; track++)
        for (int tier = 0; tier < TIERS; tier++)
            for (uint32_t i = 0; i < n_each; i++)
                stage_join(&stage, session++, PLACE_TRACK, track, (enum tier)tier, 1);
    speak(FLOOR_A, floor_a);
    speak(FLOOR_B, floor_b);
    stage_command(&stage, MIXER_CMD_AIR, BOOTH_ES, 0);
    stage_command(&stage, MIXER_CMD_AIR, BOOTH_FR, 0);
    speak(BOOTH_ES, booth_es);
    speak(BOOTH_FR, booth_fr);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of each place in the cycle of the grid the median: where the work falls.
static void print_places(const double *ms, size_t n_ticks, double *place)
{
    printf("\"ms_by_place\": [");
    for (size_t at = 0; at < GRID_TICKS; at++) {
        size_t n = 0;
        for (size_t i = at; i < n_ticks; i += GRID_TICKS)
            place[n++] = ms[i];
        qsort(place, n, sizeof(place[0]), by_value);
        printf("%s%.3f", at == 0 ? "" : ", ", place[n / 2]);
    }
    printf("]");
}

static void measure(size_t n_ticks)
{
    double *ms = calloc(n_ticks, sizeof(double)), *place = calloc(n_ticks, sizeof(double));
    if (ms == NULL || place == NULL)
        exit(1);
    double sum = 0.0;
    unsigned least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < n_ticks; i++) {
        stage.mixer_ns = 0;
        stage_run(&stage, 10);
        ms[i] = (double)stage.mixer_ns / 1e6;
        sum += ms[i];
        const unsigned n_encoders = stage_encoders(&stage, true);
        least = n_encoders < least ? n_encoders : least;
        most = n_encoders > most ? n_encoders : most;
    }
    printf("{\"listeners\": %zu, \"encoders_least\": %u, \"encoders_most\": %u, \"share\": %.4f, ",
           stage_hall(&stage)->n_seats, least, most, sum / (double)n_ticks / 10.0);
    print_places(ms, n_ticks, place);
    qsort(ms, n_ticks, sizeof(ms[0]), by_value);
    printf(", \"tick_ms\": {\"p50\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"most\": %.3f}}\n",
           ms[n_ticks / 2], ms[n_ticks * 99 / 100], ms[n_ticks * 999 / 1000], ms[n_ticks - 1]);
    free(ms);
    free(place);
}

int main(int argc, char **argv)
{
    const size_t n_ticks = (size_t)(argc > 1 ? atoi(argv[1]) : 30) * 100;
    const uint32_t n_each = argc > 2 ? (uint32_t)atoi(argv[2]) : 4;
    if (n_ticks == 0 || FIRST_LISTENER + n_each * N_TRACKS * TIERS > STAGE_EARS)
        return 1;
    if (argc > 3 && !read_speech(argv[3])) {
        perror(argv[3]);
        return 1;
    }
    stage_open(&stage, 1);
    gather(n_each);
    stage_run(&stage, WARM_MS);
    measure(n_ticks);
    stage_close(&stage);
    free(speech);
    return 0;
}
