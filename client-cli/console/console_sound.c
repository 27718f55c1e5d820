// SPDX-License-Identifier: BSD-3-Clause
//
// The voices of a console: microphone or file to the server, what is heard through volume and tone
// to the speakers and the recording; levels for the screen.
#include "base/base.h"
#include "client-cli/console/console_run_int.h"

#include <math.h>

#define LEVEL_BLOCKS 10    // the screen is told ten times a second
#define LEVEL_STALE_MS 400 // after so long without one, it is silent
#define LEVEL_FALL_DB 3.0f // a frame at most: so a bar can be read

static bool may_send(void *arg)
{
    struct running *running = arg;
    const struct client_user *own =
        running->member.client != NULL
            ? client_find_user(running->member.client, client_session(running->member.client))
            : NULL;
    return own != NULL && !own->is_muted && !own->is_suppressed &&
           !console_is_silent(&running->console);
}

static void send_voice(void *arg, const struct voice_packet *packet)
{
    struct running *running = arg;
    if (running->member.client != NULL)
        (void)client_send_voice(running->member.client, packet);
}

static void on_playing(void *arg, bool is_playing, uint64_t now_us)
{
    (void)arg;
    (void)is_playing;
    (void)now_us;
}

static void on_media_ended(void *arg, bool is_broken)
{
    struct running *running = arg;
    struct console *console = &running->console;
    console->voice_db = AUDIO_SILENCE_DB;
    if (is_broken)
        console_line(console, LINE_WARNING, NULL,
                     tr(console, N_("The sound to play cannot be read.")));
    else
        console_line(console, LINE_NOTICE, NULL, tr(console, N_("All has been played.")));
    running_draw(running);
}

static void show_level(struct running *running, float *shown_db, float db)
{
    float before = *shown_db;
    *shown_db = db > before - LEVEL_FALL_DB ? db : before - LEVEL_FALL_DB;
    if (*shown_db < AUDIO_SILENCE_DB)
        *shown_db = AUDIO_SILENCE_DB;
    if (lrintf(*shown_db) != lrintf(before) && (*shown_db > -60.0f || before > -60.0f))
        running_draw(running);
}

static void on_own_level(void *arg, float rms_db)
{
    struct running *running = arg;
    show_level(running, &running->console.voice_db, rms_db);
}

static void on_stale(uv_timer_t *timer)
{
    struct running *running = timer->data;
    running->console.ears_db = AUDIO_SILENCE_DB;
    running_draw(running);
}

static void on_levels(void *arg, const struct voice_level *levels, size_t n)
{
    struct running *running = arg;
    show_level(running, &running->console.ears_db, levels[n - 1].rms_db);
    (void)uv_timer_start(&running->level_timer, on_stale, LEVEL_STALE_MS, 0);
}

static void on_speaking(void *arg, uint32_t session, bool is_on)
{
    struct running *running = arg;
    struct console *console = &running->console;
    for (size_t i = 0; i < VOICE_IN_VOICES_MAX; i++)
        if (running->talking[i] == (is_on ? 0 : session)) {
            running->talking[i] = is_on ? session : 0;
            break;
        }
    for (size_t i = 0; i < console->n_people; i++)
        if (console->people[i].session == session)
            console->people[i].is_talking = is_on;
    if (console->mode == CONSOLE_MODERATE)
        running_draw(running);
}

static const struct voice_out_handlers out_handlers = { .may_send = may_send,
                                                        .send = send_voice,
                                                        .on_playing = on_playing,
                                                        .on_ended = on_media_ended,
                                                        .on_level = on_own_level };
static const struct voice_in_handlers in_handlers = { on_speaking, on_levels };

// ---- setting up

// A device that was named must be there; without any the console works, and says so.
static int open_device(struct running *running)
{
    const struct join_options *options = running->member.options;
    bool wants_microphone = options->play == NULL;
    struct fault why;
    if (options->is_silent || (!wants_microphone && options->record != NULL))
        return 0;
    running->member.device = device_open(options->input, options->output, &why);
    if (running->member.device != NULL)
        return 0;
    if (options->input != NULL || options->output != NULL)
        return fault_set(&running->member.fault, "%s", why.text);
    struct fault text;
    (void)fault_set(&text, N_("No sound devices (%.200s): the console works without."), why.text);
    console_line(&running->console, LINE_WARNING, NULL, text.text);
    return 0;
}

int running_open_sound(struct running *running)
{
    const struct join_options *options = running->member.options;
    struct console *console = &running->console;
    if (member_open_files(&running->member) != 0 || open_device(running) != 0)
        return -1;
    bool has_microphone =
        running->member.device != NULL && device_has_microphone(running->member.device);
    console->has_voice = running->member.media != NULL || has_microphone;
    console->has_ears = running->member.device != NULL || running->member.record != NULL;
    shape_init(&running->shape);
    running->member.in = voice_in_new(&running->member.loop, running->member.record,
                                      running->member.device, &in_handlers, running);
    if (console->has_voice)
        running->member.out =
            voice_out_new(&running->member.loop, running->member.media,
                          running->member.media != NULL ? NULL : running->member.device, options,
                          &out_handlers, running);
    if (running->member.in == NULL || (console->has_voice && running->member.out == NULL))
        return fault_set(&running->member.fault, N_("out of memory"));
    voice_in_set_shape(running->member.in, &running->shape, LEVEL_BLOCKS);
    return 0;
}

void running_start_sound(struct running *running)
{
    (void)voice_in_start(running->member.in);
    if (running->member.out != NULL)
        voice_out_start(running->member.out, clock_us());
}
