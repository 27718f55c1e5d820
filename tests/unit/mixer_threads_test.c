// SPDX-License-Identifier: BSD-3-Clause
//
// Two mixers' own threads, three meetings on them, two voice threads and control around them, for
// ThreadSanitizer above all. Nothing is judged by time: each side waits until what must come has
// come.
#include "mixer/mixer.h"
#include "test.h"

#include <opus/opus.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define N_VOICE 2
#define N_MIXERS 2
#define N_MEETINGS 3       // 1 and 3 live on the second mixer, 2 on the first
#define PEOPLE 12          // of a meeting
#define PACKETS_WANTED 100 // of each voice thread and mixer
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
    unsigned index;
    struct lane mixed[N_MIXERS], *frames[N_MIXERS];
    struct bell bell;
    atomic_bool must_end;
    atomic_uint packets[N_MIXERS];
    uint8_t opus[400];
    int len;
};

static uint32_t mixer_of(uint32_t meeting)
{
    return meeting % N_MIXERS;
}

static uint32_t session_of(uint32_t meeting, uint32_t person)
{
    return 100 * meeting + person;
}

// One speaks in each meeting: it is the first, or the second, as the thread is.
static void speak(struct voice_thread *voice, uint32_t meeting, uint64_t frame_number)
{
    struct lane *lane = voice->frames[mixer_of(meeting)];
    struct voice_frame *frame =
        ring_reserve(lane->ring, sizeof(struct voice_frame) + (size_t)voice->len);
    if (frame == NULL)
        return;
    *frame = (struct voice_frame){ .session = session_of(meeting, 1 + voice->index),
                                   .meeting = meeting,
                                   .frame_number = frame_number,
                                   .arrived_us = clock_us(),
                                   .n_bytes = (uint16_t)voice->len };
    memcpy(frame->bytes, voice->opus, (size_t)voice->len);
    ring_commit(lane->ring);
    lane_bell(lane);
}

// What comes from a mixer is for people of its meetings.
static void take_mixed(struct voice_thread *voice, unsigned mixer)
{
    const void *record;
    size_t size;
    while ((record = ring_peek(voice->mixed[mixer].ring, &size)) != NULL) {
        const struct voice_mixed *mixed = record;
        for (uint32_t i = 0; i < mixed->n_recipients; i++)
            if (mixer_of(mixed->recipients[i].session / 100) != mixer)
                abort();
        voice->packets[mixer] += mixed->n_recipients;
        ring_consume(voice->mixed[mixer].ring);
    }
}

static void *voice_main(void *context)
{
    struct voice_thread *voice = context;
    for (uint64_t number = 0; !voice->must_end; number += 2) {
        for (uint32_t meeting = 1; meeting <= N_MEETINGS; meeting++)
            speak(voice, meeting, number);
        await(&voice->bell, 20);
        for (unsigned i = 0; i < N_MIXERS; i++)
            take_mixed(voice, i);
    }
    return NULL;
}

static void start_voice(struct voice_thread *voice, struct mixer *const *mixers, unsigned index)
{
    float pcm[960];
    for (int i = 0; i < 960; i++)
        pcm[i] = i / 48 % 2 == 0 ? 0.1f : -0.1f;
    OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, NULL);
    voice->len = opus_encode_float(encoder, pcm, 960, voice->opus, sizeof(voice->opus));
    opus_encoder_destroy(encoder);
    assert_true(voice->len > 0);
    voice->bell.fd = eventfd(0, EFD_NONBLOCK);
    voice->index = index;
    for (unsigned i = 0; i < N_MIXERS; i++) {
        voice->mixed[i] = (struct lane){ .ring = ring_new(1u << 18),
                                         .bell = ring_it,
                                         .bell_context = &voice->bell };
        voice->frames[i] = mixer_frames_lane(mixers[i], index);
        mixer_attach_voice(mixers[i], index, &voice->mixed[i]);
    }
}

struct control {
    struct mixer *mixers[N_MIXERS];
    struct bell bell;
    uint64_t fence, seen[N_MIXERS];
};

static void order(struct control *control, uint32_t meeting, const struct mixer_command *command)
{
    struct mixer_command of_meeting = *command;
    of_meeting.meeting = meeting;
    struct lane *lane = mixer_commands(control->mixers[mixer_of(meeting)]);
    assert_true(lane_send(lane, &of_meeting, sizeof(of_meeting)));
}

static void take_events(struct control *control, unsigned mixer)
{
    const struct mixer_event *event;
    size_t size;
    while ((event = ring_peek(mixer_events(control->mixers[mixer]), &size)) != NULL) {
        if (event->kind == MIXER_EVENT_FENCE)
            control->seen[mixer] = event->token;
        else
            assert_int_equal(mixer_of(event->meeting), mixer);
        ring_consume(mixer_events(control->mixers[mixer]));
    }
}

// Of all mixers.
static void await_fence(struct control *control)
{
    control->fence++;
    for (uint32_t i = 0; i < N_MIXERS; i++) {
        const struct mixer_command fence = { .kind = MIXER_CMD_FENCE, .token = control->fence };
        assert_true(lane_send(mixer_commands(control->mixers[i]), &fence, sizeof(fence)));
        lane_bell(mixer_commands(control->mixers[i]));
    }
    for (bool is_there = false; !is_there;) {
        assert_true(await(&control->bell, WAIT_MS));
        is_there = true;
        for (unsigned i = 0; i < N_MIXERS; i++) {
            take_events(control, i);
            is_there = is_there && control->seen[i] == control->fence;
        }
    }
}

static void add_meeting(struct control *control, uint32_t meeting)
{
    struct mixer_command add = { .kind = MIXER_CMD_MEETING_ADD };
    meeting_config_defaults(&add.meeting_add.config);
    add.meeting_add.config.n_langs = 2;
    strcpy(add.meeting_add.config.langs[0], "en");
    strcpy(add.meeting_add.config.langs[1], "es");
    add.meeting_add.track_sessions[0] = 900;
    add.meeting_add.track_sessions[1] = 901;
    order(control, meeting, &add);
}

static void join(struct control *control, uint32_t meeting, uint32_t person, enum place_kind kind,
                 uint8_t index, enum tier tier)
{
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .session = session_of(meeting, person),
                                  .join = { .place = { .kind = kind, .index = index },
                                            .thread = (uint8_t)(person % N_VOICE),
                                            .tier = tier,
                                            .is_listening = true } };
    order(control, meeting, &join);
}

static void gather(struct control *control, uint32_t meeting)
{
    add_meeting(control, meeting);
    for (uint32_t person = 1; person <= PEOPLE; person++)
        join(control, meeting, person, person <= N_VOICE ? PLACE_FLOOR : PLACE_TRACK, 0,
             TIER_STANDARD);
}

static void part(struct control *control, uint32_t meeting)
{
    for (uint32_t person = 1; person <= PEOPLE / 2; person++)
        order(control, meeting,
              &(struct mixer_command){ .kind = MIXER_CMD_LEAVE,
                                       .session = session_of(meeting, person) });
    order(control, meeting, &(struct mixer_command){ .kind = MIXER_CMD_MEETING_REMOVE });
}

// Somebody goes to another track, in another tier, and wants less of the floor.
static void move_one(struct control *control, uint32_t meeting, uint32_t round)
{
    static const enum tier tiers[] = { TIER_MINIMUM, TIER_STANDARD, TIER_FULL };
    uint32_t person = 1 + N_VOICE + round % (PEOPLE - N_VOICE);
    join(control, meeting, person, PLACE_TRACK, (uint8_t)(round / 7 % 2), tiers[round % 3]);
    order(control, meeting,
          &(struct mixer_command){
              .kind = MIXER_CMD_DUCK, .session = session_of(meeting, person), .value = -6 });
    order(control, meeting, &(struct mixer_command){ .kind = MIXER_CMD_FIGURES });
}

static void run_meetings(struct control *control, struct voice_thread voices[N_VOICE])
{
    for (uint32_t meeting = 1; meeting <= N_MEETINGS; meeting++)
        gather(control, meeting);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t meeting = 1; meeting <= N_MEETINGS; meeting++)
            move_one(control, meeting, round);
        await_fence(control);
    }
    for (unsigned i = 0; i < N_VOICE * N_MIXERS; i++)
        for (int ms = 0; voices[i / N_MIXERS].packets[i % N_MIXERS] < PACKETS_WANTED; ms += 10) {
            assert_true(ms < WAIT_MS);
            await(&control->bell, 10);
        }
    for (uint32_t meeting = 1; meeting <= N_MEETINGS; meeting++)
        part(control, meeting);
    await_fence(control);
}

static void mixers_between_their_neighbours(void **state)
{
    (void)state;
    static struct voice_thread voices[N_VOICE];
    struct control control = { .bell = { eventfd(0, EFD_NONBLOCK) } };
    for (unsigned i = 0; i < N_MIXERS; i++) {
        control.mixers[i] = mixer_new(i, N_VOICE);
        assert_non_null(control.mixers[i]);
        mixer_set_control_bell(control.mixers[i], ring_it, &control.bell);
    }
    for (unsigned i = 0; i < N_VOICE; i++)
        start_voice(&voices[i], control.mixers, i);
    for (unsigned i = 0; i < N_MIXERS; i++)
        assert_int_equal(mixer_start(control.mixers[i]), 0);
    for (unsigned i = 0; i < N_VOICE; i++)
        pthread_create(&voices[i].thread, NULL, voice_main, &voices[i]);
    run_meetings(&control, voices);
    run_meetings(&control, voices);
    for (unsigned i = 0; i < N_MIXERS; i++)
        mixer_stop(control.mixers[i]); // the others still ring
    for (unsigned i = 0; i < N_VOICE; i++) {
        voices[i].must_end = true;
        pthread_join(voices[i].thread, NULL);
    }
    for (unsigned i = 0; i < N_MIXERS; i++) {
        mixer_free(control.mixers[i]);
        for (unsigned k = 0; k < N_VOICE; k++)
            ring_free(voices[k].mixed[i].ring);
    }
    for (unsigned i = 0; i < N_VOICE; i++)
        close(voices[i].bell.fd);
    close(control.bell.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(mixers_between_their_neighbours) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
