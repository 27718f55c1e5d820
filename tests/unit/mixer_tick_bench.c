// SPDX-License-Identifier: BSD-3-Clause
//
// Not a test: what a tick of 10 ms costs. mixer_tick_bench [listeners] [seconds] [levelling]
// [recording] [booth]: 0 or 1 each, the last 1 unless told. One speaker, one interpreter on air,
// the listeners on two tracks; every tenth on a thin line. In instructions, those of the ticks
// alone:
//   valgrind --tool=callgrind --toggle-collect=mixer_on_clock mixer_tick_bench 100 4
#include "mixer_stage.h"

#include <stdio.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct stage stage;
    uint32_t listeners = argc > 1 ? (uint32_t)atoi(argv[1]) : 100;
    size_t n_ticks = (size_t)(argc > 2 ? atoi(argv[2]) : 20) * 100;
    const bool is_levelling = argc > 3 && atoi(argv[3]) != 0;
    const bool is_recording = argc > 4 && atoi(argv[4]) != 0;
    const bool has_booth = argc <= 5 || atoi(argv[5]) != 0;
    if (listeners > 1100)
        return 1;
    double *us = calloc(n_ticks, sizeof(double)), sum = 0.0;
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    if (is_levelling)
        stage_level_voices(&stage, true);
    if (has_booth)
        stage_join(&stage, 2, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    for (uint32_t i = 0; i < listeners; i++)
        stage_join(&stage, 10 + i, PLACE_TRACK, (uint8_t)(i % 2),
                   i % 10 == 9 ? TIER_MINIMUM : TIER_STANDARD, 1);
    if (is_recording) {
        stage_record_meeting(&stage);
        stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
    }
    stage_talk(&stage, stage_talker(&stage, 1, 500.0), true);
    if (has_booth) {
        stage_command(&stage, MIXER_CMD_AIR, 2, 0);
        stage_talk(&stage, stage_talker(&stage, 2, 900.0), true);
    }
    stage_run(&stage, 2000);
    for (size_t i = 0; i < n_ticks; i++) {
        stage.mixer_ns = 0;
        stage_run(&stage, 10);
        us[i] = (double)stage.mixer_ns / 1000.0;
        sum += us[i];
    }
    qsort(us, n_ticks, sizeof(us[0]), by_value);
    printf("%u listeners, %u encoders: mean %.0f us a tick, p50 %.0f, p99 %.0f, most %.0f\n",
           listeners, stage_encoders(&stage, true), sum / (double)n_ticks, us[n_ticks / 2],
           us[n_ticks * 99 / 100], us[n_ticks - 1]);
    free(us);
    stage_close(&stage);
    return 0;
}
