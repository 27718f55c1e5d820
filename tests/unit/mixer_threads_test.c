// SPDX-License-Identifier: BSD-3-Clause
//
// The mixer's own thread with two voice threads and control around it, for ThreadSanitizer above
// all. Nothing is judged by time: each side waits until what must come has come.
#include "mixer/mixer.h"
#include "test.h"

#include <opus/opus.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define N_VOICE 2
#define MEETING 3
#define PACKETS_WANTED 300 // of each voice thread
#define ROUNDS 20
#define WAIT_MS 20000

struct bell {
    int fd;
};
static void ring_it(void *context)
{
    const struct bell *bell = context;
    eventfd_write(bell->fd, 1);
}

// True when it rang.
static bool await(const struct bell *bell, int ms)
{
    struct pollfd poll_fd = { .fd = bell->fd, .events = POLLIN };
    eventfd_t n;
    return poll(&poll_fd, 1, ms) == 1 && eventfd_read(bell->fd, &n) == 0;
}

struct voice_thread {
    pthread_t thread;
    struct lane mixed, *frames;
    struct bell bell;
    uint32_t speaker;
    atomic_bool must_end;
    atomic_uint packets;
    uint8_t opus[400];
    int len;
};

static void speak(struct voice_thread *voice, uint64_t frame_number)
{
    size_t size = sizeof(struct voice_frame) + (size_t)voice->len;
    struct voice_frame *frame = ring_reserve(voice->frames->ring, size);
    if (frame == NULL)
        return;
    *frame = (struct voice_frame){ .session = voice->speaker,
                                   .meeting = MEETING,
                                   .frame_number = frame_number,
                                   .arrived_us = clock_us(),
                                   .n_bytes = (uint16_t)voice->len };
    memcpy(frame->bytes, voice->opus, (size_t)voice->len);
    ring_commit(voice->frames->ring);
    lane_bell(voice->frames);
}

static void *voice_main(void *context)
{
    struct voice_thread *voice = context;
    const void *record;
    size_t size;
    for (uint64_t number = 0; !voice->must_end; number += 2) {
        speak(voice, number);
        await(&voice->bell, 20);
        while ((record = ring_peek(voice->mixed.ring, &size)) != NULL) {
            const struct voice_mixed *mixed = record;
            voice->packets += mixed->n_recipients;
            ring_consume(voice->mixed.ring);
        }
    }
    return NULL;
}

static void start_voice(struct voice_thread *voice, struct mixer *mixer, unsigned index)
{
    float pcm[960];
    for (int i = 0; i < 960; i++)
        pcm[i] = i / 48 % 2 == 0 ? 0.1f : -0.1f;
    OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, NULL);
    voice->len = opus_encode_float(encoder, pcm, 960, voice->opus, sizeof(voice->opus));
    opus_encoder_destroy(encoder);
    assert_true(voice->len > 0);
    voice->bell.fd = eventfd(0, EFD_NONBLOCK);
    voice->speaker = 1 + index;
    voice->mixed =
        (struct lane){ .ring = ring_new(1u << 18), .bell = ring_it, .bell_context = &voice->bell };
    voice->frames = mixer_frames_lane(mixer, index);
    mixer_attach_voice(mixer, index, &voice->mixed);
}

struct control {
    struct mixer *mixer;
    struct bell bell;
    uint64_t fence;
};

static void order(struct control *control, const struct mixer_command *command)
{
    assert_true(lane_send(mixer_commands(control->mixer), command, sizeof(*command)));
}

static void await_fence(struct control *control)
{
    order(control, &(struct mixer_command){ .kind = MIXER_CMD_FENCE, .token = ++control->fence });
    lane_bell(mixer_commands(control->mixer));
    for (bool is_there = false; !is_there;) {
        assert_true(await(&control->bell, WAIT_MS));
        const struct mixer_event *event;
        size_t size;
        while ((event = ring_peek(mixer_events(control->mixer), &size)) != NULL) {
            is_there =
                is_there || (event->kind == MIXER_EVENT_FENCE && event->token == control->fence);
            ring_consume(mixer_events(control->mixer));
        }
    }
}

static void add_meeting(struct control *control)
{
    struct mixer_command add = { .kind = MIXER_CMD_MEETING_ADD, .meeting = MEETING };
    meeting_config_defaults(&add.meeting_add.config);
    add.meeting_add.config.n_langs = 2;
    strcpy(add.meeting_add.config.langs[0], "en");
    strcpy(add.meeting_add.config.langs[1], "es");
    add.meeting_add.track_sessions[0] = 900;
    add.meeting_add.track_sessions[1] = 901;
    order(control, &add);
}

static void join(struct control *control, uint32_t session, enum place_kind kind, uint8_t index,
                 enum tier tier)
{
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = MEETING,
                                  .session = session,
                                  .join = { .place = { .kind = kind, .index = index },
                                            .thread = (uint8_t)(session % N_VOICE),
                                            .tier = tier,
                                            .is_listening = true } };
    order(control, &join);
}

static void run_meeting(struct control *control, struct voice_thread voices[N_VOICE])
{
    add_meeting(control);
    for (uint32_t session = 1; session <= 12; session++)
        join(control, session, session <= N_VOICE ? PLACE_FLOOR : PLACE_TRACK, 0, TIER_STANDARD);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t session = 3 + round % 10;
        join(control, session, PLACE_TRACK, (uint8_t)(round % 2),
             round % 3 == 0 ? TIER_MINIMUM : TIER_STANDARD);
        order(control,
              &(struct mixer_command){
                  .kind = MIXER_CMD_DUCK, .meeting = MEETING, .session = session, .value = -6 });
        await_fence(control);
    }
    for (unsigned i = 0; i < N_VOICE; i++)
        for (int ms = 0; voices[i].packets < PACKETS_WANTED; ms += 10) {
            assert_true(ms < WAIT_MS);
            await(&control->bell, 10);
        }
    for (uint32_t session = 1; session <= 6; session++)
        order(control, &(struct mixer_command){
                           .kind = MIXER_CMD_LEAVE, .meeting = MEETING, .session = session });
    order(control, &(struct mixer_command){ .kind = MIXER_CMD_MEETING_REMOVE, .meeting = MEETING });
    await_fence(control);
}

static void a_mixer_between_its_neighbours(void **state)
{
    (void)state;
    static struct voice_thread voices[N_VOICE];
    struct control control = { .mixer = mixer_new(0, N_VOICE) };
    assert_non_null(control.mixer);
    control.bell.fd = eventfd(0, EFD_NONBLOCK);
    mixer_set_control_bell(control.mixer, ring_it, &control.bell);
    for (unsigned i = 0; i < N_VOICE; i++)
        start_voice(&voices[i], control.mixer, i);
    assert_int_equal(mixer_start(control.mixer), 0);
    for (unsigned i = 0; i < N_VOICE; i++)
        pthread_create(&voices[i].thread, NULL, voice_main, &voices[i]);
    run_meeting(&control, voices);
    run_meeting(&control, voices);
    mixer_stop(control.mixer); // the others still ring
    for (unsigned i = 0; i < N_VOICE; i++) {
        voices[i].must_end = true;
        pthread_join(voices[i].thread, NULL);
    }
    mixer_free(control.mixer);
    for (unsigned i = 0; i < N_VOICE; i++) {
        ring_free(voices[i].mixed.ring);
        close(voices[i].bell.fd);
    }
    close(control.bell.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_mixer_between_its_neighbours) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
