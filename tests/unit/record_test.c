// SPDX-License-Identifier: BSD-3-Clause
//
// Recordings made of blocks in computed time: how long, what is heard when, who is listed, and how
// they end when something goes wrong.
#include "record_stage.h"

#include <signal.h>
#include <sys/resource.h>

static const char *const names[] = { "floor.opus", "en.opus", "es.opus" };
static const double floor_speaks[] = { 500, 500, 0 }, es_is_interpreted[] = { 500, 500, 900 };

static void check_equal_lengths(const char *folder, double seconds)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct sound sound = decode(path_of(folder, names[i]));
        assert_int_equal(sound.n, (size_t)(seconds * RATE + 0.5));
        free(sound.samples);
    }
}

// 10 ms blocks with gaps: silence is kept, all files have one length, to the sample.
static void sound_and_silence_stand_where_they_were(void **state)
{
    (void)state;
    begin();
    struct record_event began = event_of(RECORD_BEGAN);
    assert_string_equal(began.text + strlen(stage.directory), "/" FOLDER);
    run(1000, NULL);
    run(1000, floor_speaks);
    run(2500, NULL);
    run(1500, es_is_interpreted);
    run(700, NULL);
    end();
    run(1000, NULL);
    struct record_event ended = event_of(RECORD_ENDED);
    assert_int_equal(ended.duration_us, 6700000);
    assert_int_equal(ended.error, 0);
    assert_true(ended.n_bytes > 10000);
    assert_string_equal(ended.text, began.text);
    check_equal_lengths(FOLDER, 6.7);
    struct sound sound = decode(path_of(FOLDER, "floor.opus"));
    assert_true(level_db(&sound, 500, 0.1, 0.9) < -80);
    assert_true(fabs(level_db(&sound, 500, 1.1, 1.9) + 20) < 0.5);
    assert_true(level_db(&sound, 500, 2.1, 4.4) < -80);
    assert_true(fabs(level_db(&sound, 500, 4.6, 5.9) + 20) < 0.5);
    assert_true(level_db(&sound, 900, 4.6, 5.9) < -60);
    free(sound.samples);
    sound = decode(path_of(FOLDER, "es.opus"));
    assert_true(level_db(&sound, 900, 0.1, 4.4) < -80);
    assert_true(fabs(level_db(&sound, 900, 4.6, 5.9) + 20) < 0.5);
    assert_true(level_db(&sound, 500, 4.6, 5.9) < -60);
    free(sound.samples);
}

static void who_reads_other_peoples_recordings_is_not_helped(void **state)
{
    (void)state;
    struct stat info;
    begin();
    run(100, NULL);
    assert_int_equal(stat(path_of(FOLDER, ""), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(path_of(FOLDER, "es.opus.part"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(path_of(FOLDER, "speakers.vtt.part"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

// While it goes on, the files on disk are at most a second behind, and page by page whole.
static void a_second_is_in_memory_at_most(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 40; i++) {
        run(130, i % 3 == 0 ? NULL : i % 3 == 1 ? floor_speaks : es_is_interpreted);
        for (size_t n = 0; n < ARRAY_LEN(names) && i > 8; n++) {
            char part[32];
            size_t len;
            (void)snprintf(part, sizeof(part), "%s.part", names[n]);
            uint8_t *data = read_file(path_of(FOLDER, part), &len);
            struct ogg_scan scan = { 0 };
            while (scan.at < len && ogg_scan_page(&scan, data + scan.at, len - scan.at))
                continue;
            assert_int_equal(scan.at, len);
            assert_false(scan.is_ended);
            assert_true(scan.granule >= ((i + 1) * 130 - (n == 0 ? 1030 : 1560)) * 48);
            free(data);
        }
    }
}

static void the_list_of_speakers_has_its_times(void **state)
{
    (void)state;
    begin();
    run(500, NULL);
    speaking(3, "Ana <b>& Cía.", 0, true);
    run(1500, floor_speaks);
    speaking(4, "Luis", 2, true);
    run(1000, es_is_interpreted);
    speaking(3, "Ana <b>& Cía.", 0, false);
    run(250, es_is_interpreted);
    speaking(9, "Eve", 0, false); // whoever that was
    speaking(4, "Luis", 2, false);
    run(1000, NULL);
    speaking(5, "Olu\nOpe", 0, true); // and is not done at the end
    run(600, floor_speaks);
    end();
    run(1000, NULL);
    size_t len;
    uint8_t *text = read_file(path_of(FOLDER, "speakers.vtt"), &len);
    assert_string_equal((char *)text, "WEBVTT - Asamblea\n\nNOTE 2026-11-24T19:00:00Z\n\n"
                                      "00:00:00.503 --> 00:00:03.003\n"
                                      "<v Ana &lt;b&gt;&amp; Cía.>Ana &lt;b&gt;&amp; Cía.\n\n"
                                      "00:00:02.003 --> 00:00:03.253\n<v Luis>Luis → es\n\n"
                                      "00:00:04.253 --> 00:00:04.850\n<v Olu Ope>Olu Ope\n\n");
    free(text);
}

// A crash while somebody speaks: what they have said so far is listed.
static void the_list_is_whole_at_any_moment(void **state)
{
    (void)state;
    begin();
    speaking(3, "Ana", 0, true);
    run(4000, floor_speaks);
    size_t len;
    uint8_t *text = read_file(path_of(FOLDER, "speakers.vtt.part"), &len);
    assert_non_null(strstr((char *)text, "00:00:00.003 --> 00:00:04.003\n<v Ana>Ana\n\n"));
    free(text);
}

// The mixer may be late; a little of what cannot be kept is silence, more of it ends the recording.
static void what_comes_too_late_is_silence(void **state)
{
    (void)state;
    begin();
    (void)event_of(RECORD_BEGAN);
    run(500, floor_speaks);
    stage.now_us += 900000; // nothing for 0.9 s, and then all of it
    for (unsigned i = 0; i < 90; i++)
        send_block(0, 500, stage.now_us / 10000 * 10000 - 900000 + i * 10000);
    recorder_turn(stage.recorder, stage.now_us);
    run(3000, NULL);
    send_block(0, 500, stage.now_us / 10000 * 10000 - 2500000); // far too late
    send_block(0, 500, stage.now_us + SECONDS(2));              // from another clock
    stage.n_dropped = 50;
    run(500, floor_speaks);
    end();
    run(1000, NULL);
    (void)event_of(RECORD_ENDED);
    check_equal_lengths(FOLDER, 4.9);
    struct sound sound = decode(path_of(FOLDER, "floor.opus"));
    assert_true(fabs(level_db(&sound, 500, 0.05, 1.35) + 20) < 0.5);
    assert_true(level_db(&sound, 500, 1.5, 4.3) < -80);
    assert_true(fabs(level_db(&sound, 500, 4.45, 4.85) + 20) < 0.5);
    free(sound.samples);
}

static void a_recorder_that_is_too_slow_says_so(void **state)
{
    (void)state;
    begin();
    (void)event_of(RECORD_BEGAN);
    run(1000, floor_speaks);
    stage.n_dropped = 3 * RECORD_LOST_BLOCKS_MAX + 1;
    run(10, floor_speaks);
    struct record_event failed = event_of(RECORD_FAILED);
    assert_int_equal(failed.error, RECORD_E_SLOW);
    assert_null(stage.recorder->recordings);
    check_equal_lengths(FOLDER, 1.01); // with the block that told of it
    assert_true(is_there(FOLDER, "speakers.vtt"));
    run(1000, floor_speaks); // the mixer has not been told yet
    assert_false(has_event());
}

// A disk that is full: what is on it is ended properly, in the room that it has.
static void a_full_disk_ends_it_properly(void **state)
{
    (void)state;
    struct rlimit was;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit little = { .rlim_cur = 20001, .rlim_max = was.rlim_max };
    begin();
    (void)event_of(RECORD_BEGAN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    speaking(3, "Ana", 0, true);
    for (int i = 0; i < 100 && !has_event(); i++)
        run(100, floor_speaks);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    struct record_event failed = event_of(RECORD_FAILED);
    assert_int_equal(failed.error, RECORD_E_DISK_FULL);
    struct sound sound = decode(path_of(FOLDER, "floor.opus"));
    assert_true(sound.n >= 3 * 48000 && sound.n <= 5 * 48000);
    assert_true(fabs(level_db(&sound, 500, 0.1, 2.9) + 20) < 0.5);
    free(sound.samples);
    sound = decode(path_of(FOLDER, "es.opus"));
    assert_true(sound.n >= 2 * 48000);
    free(sound.samples);
    assert_true(is_there(FOLDER, "speakers.vtt"));
    assert_false(is_there(FOLDER, "floor.opus.part"));
}

static void what_cannot_begin_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit was;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit none = { .rlim_cur = 30, .rlim_max = was.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    begin();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(event_of(RECORD_FAILED).error, RECORD_E_DISK_FULL);
    assert_false(is_there(FOLDER, ""));
    assert_int_equal(rmdir(stage.directory), 0); // somebody has removed it
    begin();
    assert_int_equal(event_of(RECORD_FAILED).error, RECORD_E_FOLDER);
    assert_int_equal(mkdir(stage.directory, 0700), 0);
    begin();
    (void)event_of(RECORD_BEGAN);
}

static void each_recording_has_a_folder_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin();
        if (i > 0)
            (void)event_of(RECORD_ENDED);
        (void)event_of(RECORD_BEGAN);
        run(100, NULL);
        end(); // and again, before the end was waited for
    }
    run(1000, NULL);
    assert_true(is_there(FOLDER, "floor.opus"));
    assert_true(is_there(FOLDER " 2", "floor.opus"));
    assert_true(is_there(FOLDER " 3", "floor.opus"));
}

static void a_name_of_a_meeting_is_no_path(void **state)
{
    (void)state;
    struct record_order odd = begin_order();
    (void)snprintf(odd.title, sizeof(odd.title), "../../a\\b\n%0*d", 180, 0);
    memcpy(odd.title + 190, "ñññññññññññññññññññññññññññññññññ", 65); // ends in half of one
    odd.title[255] = '\0';
    order(&odd);
    struct record_event began = event_of(RECORD_BEGAN);
    const char *name = began.text + strlen(stage.directory) + 1;
    assert_int_equal(strncmp(name, "2026-11-24T1900 .._.._a_b_0", 27), 0);
    assert_null(strchr(name, '/'));
    assert_true(str_is_utf8(name) && strlen(name) < 240);
    assert_true(is_there(name, "floor.opus.part"));
}

static void silence_for_hours_ends_it(void **state)
{
    (void)state;
    begin();
    (void)event_of(RECORD_BEGAN);
    run(1000, floor_speaks);
    stage.recorder->recordings->sounded_us -= SECONDS(RECORD_SILENCE_MAX_S); // as if
    run(500, NULL);
    struct record_event ended = event_of(RECORD_ENDED);
    assert_int_equal(ended.error, RECORD_E_SILENT);
    assert_true(is_there(FOLDER, "es.opus"));
}

// Ended at once: the shortest file that there is.
static void a_recording_of_nothing_can_be_played(void **state)
{
    (void)state;
    for (int ms = 0; ms <= 20; ms += 10) {
        begin();
        run((unsigned)ms, floor_speaks);
        end();
        recorder_end_all(stage.recorder, stage.now_us);
        (void)event_of(RECORD_BEGAN);
        const struct record_event ended = event_of(RECORD_ENDED);
        const char *folder = ended.text + strlen(stage.directory) + 1;
        check_equal_lengths(folder, ms > 10 ? 0.02 : 0.01);
    }
}

// The server is told to stop: everything is ended at once.
static void the_end_of_the_server_is_a_proper_end(void **state)
{
    (void)state;
    begin();
    (void)event_of(RECORD_BEGAN);
    run(1230, floor_speaks);
    recorder_end_all(stage.recorder, stage.now_us);
    assert_int_equal(event_of(RECORD_ENDED).duration_us, 1230000);
    check_equal_lengths(FOLDER, 1.23);
}

// Nobody takes the events: none is lost.
static void events_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        begin();
        end();
        recorder_end_all(stage.recorder, stage.now_us);
    }
    for (int i = 0; i < 50; i++) {
        (void)event_of(RECORD_BEGAN);
        recorder_turn(stage.recorder, stage.now_us);
        (void)event_of(RECORD_ENDED);
        recorder_turn(stage.recorder, stage.now_us);
    }
    assert_false(has_event());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(sound_and_silence_stand_where_they_were),
        TEST(who_reads_other_peoples_recordings_is_not_helped),
        TEST(a_second_is_in_memory_at_most),
        TEST(the_list_of_speakers_has_its_times),
        TEST(the_list_is_whole_at_any_moment),
        TEST(what_comes_too_late_is_silence),
        TEST(a_recorder_that_is_too_slow_says_so),
        TEST(a_full_disk_ends_it_properly),
        TEST(what_cannot_begin_leaves_nothing),
        TEST(each_recording_has_a_folder_of_its_own),
        TEST(a_name_of_a_meeting_is_no_path),
        TEST(silence_for_hours_ends_it),
        TEST(a_recording_of_nothing_can_be_played),
        TEST(the_end_of_the_server_is_a_proper_end),
        TEST(events_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
