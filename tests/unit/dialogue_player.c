// SPDX-License-Identifier: BSD-3-Clause
//
// Plays a dialogue in computed time: the sound of several people goes as packets through source,
// detector and tracks, as in the mixer; what tracks tells comes out, a line an event. The script is
// the standard input, a line a word or two:
//
//   langs en es fr          booth en es             default es
//   voice ana track en ana.f32     voice ines booth 0 ines.f32      (48 kHz, mono, floats)
//   at 10.0 out es ines     at 3 air ines    at 8 name en    at 2 give ana
//   play 20.0
//
//   5.61 floor eva es       6.50 pending 0 en       6.50 direction 0 es en
//   10.02 uncovered en 0    3.10 interpreting 0 1
#include "audio/audio.h"
#include "base/base.h"
#include "tracks/tracks.h"

#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOICES_MAX 8
#define ACTS_MAX 16
#define START_US 1000000u
#define FRAME_BLOCKS 2
#define FRAME_SAMPLES (FRAME_BLOCKS * AUDIO_BLOCK_SAMPLES)
#define CLIENT_OPENS_DB (-48.0f) // a client's voice activation, and how long it holds
#define CLIENT_HOLD_FRAMES 20

struct voice {
    char name[32];
    struct place place;
    float *samples;
    size_t n_samples, at;
    unsigned hold;
    bool is_sending, is_playing;
    OpusEncoder *encoder;
    struct source *source;
};
struct act {
    uint64_t at_us;
    char verb[16], what[16], who[32];
    bool is_done;
};
static struct {
    struct meeting_config config;
    struct meeting *meeting;
    struct voice voices[VOICES_MAX];
    struct act acts[ACTS_MAX];
    uint32_t n_voices, n_acts;
} play;

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "dialogue_player: %s: %s\n", what, which);
    exit(2);
}

// ---- the script --------------------------------------------------------------------------------

static uint8_t lang_of(const char *name)
{
    for (uint8_t i = 0; i < play.config.n_langs; i++)
        if (strcmp(play.config.langs[i], name) == 0)
            return i;
    fail("no such language", name);
    return 0;
}

static uint32_t session_of(const char *name)
{
    for (uint32_t i = 0; i < play.n_voices; i++)
        if (strcmp(play.voices[i].name, name) == 0)
            return i + 1;
    return 0;
}

static const char *name_of(uint32_t session)
{
    return session > 0 && session <= play.n_voices ? play.voices[session - 1].name : "nobody";
}

static void read_samples(struct voice *voice, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail("cannot be read", path);
    voice->n_samples = (size_t)ftell(file) / sizeof(float);
    rewind(file);
    voice->samples = calloc(voice->n_samples + FRAME_SAMPLES, sizeof(float));
    if (voice->samples == NULL ||
        fread(voice->samples, sizeof(float), voice->n_samples, file) != voice->n_samples)
        fail("cannot be read", path);
    fclose(file);
}

static void add_voice(const char *name, const char *kind, const char *where, const char *path)
{
    if (play.n_voices == VOICES_MAX)
        fail("too many voices", name);
    struct voice *voice = &play.voices[play.n_voices++];
    str_fit(voice->name, sizeof(voice->name), name);
    voice->place.kind = strcmp(kind, "booth") == 0   ? PLACE_BOOTH
                        : strcmp(kind, "track") == 0 ? PLACE_TRACK
                                                     : PLACE_FLOOR;
    voice->place.index = voice->place.kind == PLACE_TRACK ? lang_of(where) : (uint8_t)atoi(where);
    read_samples(voice, path);
    voice->encoder = opus_encoder_create(AUDIO_RATE_HZ, 1, OPUS_APPLICATION_AUDIO, NULL);
    voice->source = source_new();
    if (voice->encoder == NULL || voice->source == NULL)
        fail("out of memory", name);
    opus_encoder_ctl(voice->encoder, OPUS_SET_BITRATE(40000));
}

static double read_script(void)
{
    char line[512], words[5][256];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        memset(words, 0, sizeof(words));
        const int n = sscanf(line, "%255s %255s %255s %255s %255s", words[0], words[1], words[2],
                             words[3], words[4]);
        if (strcmp(words[0], "langs") == 0) {
            for (int i = 1; i < n; i++)
                snprintf(play.config.langs[play.config.n_langs++], TRACKS_LANG_BYTES, "%.15s",
                         words[i]);
        } else if (strcmp(words[0], "booth") == 0) {
            play.config.booths[play.config.n_booths++] =
                (struct booth_config){ .lang_a = lang_of(words[1]), .lang_b = lang_of(words[2]) };
        } else if (strcmp(words[0], "default") == 0) {
            play.config.default_lang = lang_of(words[1]);
        } else if (strcmp(words[0], "voice") == 0) {
            add_voice(words[1], words[2], words[3], words[4]);
        } else if (strcmp(words[0], "at") == 0 && play.n_acts < ACTS_MAX) {
            struct act *act = &play.acts[play.n_acts++];
            act->at_us = START_US + (uint64_t)(atof(words[1]) * 1e6);
            snprintf(act->verb, sizeof(act->verb), "%.15s", words[2]);
            snprintf(act->what, sizeof(act->what), "%.15s", words[3]);
            snprintf(act->who, sizeof(act->who), "%.31s", n > 4 ? words[4] : words[3]);
        } else if (strcmp(words[0], "play") == 0) {
            return atof(words[1]);
        } else if (n > 0) {
            fail("is not understood", line);
        }
    }
    return 0.0;
}

// ---- sound -------------------------------------------------------------------------------------

// 20 ms of the client's microphone: what voice activation lets through leaves as a packet.
static void send_frame(struct voice *voice, uint32_t session, uint64_t now_us)
{
    uint8_t packet[1000];
    if (voice->at + FRAME_SAMPLES > voice->n_samples)
        return;
    const float *frame = voice->samples + voice->at;
    const uint64_t number = voice->at / AUDIO_BLOCK_SAMPLES;
    voice->at += FRAME_SAMPLES;
    if (audio_rms_db(frame, FRAME_SAMPLES) > CLIENT_OPENS_DB)
        voice->hold = CLIENT_HOLD_FRAMES;
    else if (voice->hold > 0)
        voice->hold--;
    const bool is_terminator = voice->hold == 0;
    if (is_terminator && !voice->is_sending)
        return;
    if (!voice->is_sending)
        opus_encoder_ctl(voice->encoder, OPUS_RESET_STATE);
    voice->is_sending = !is_terminator;
    const int len = opus_encode_float(voice->encoder, frame, FRAME_SAMPLES, packet, sizeof(packet));
    const struct span opus = { packet, (size_t)(len > 0 ? len : 0) };
    if (len <= 0 || source_put(voice->source, number, opus, is_terminator, now_us) != 0)
        fail("does not encode", voice->name);
    meeting_packet(play.meeting, session, is_terminator, now_us);
}

static void hear(struct voice *voice, uint32_t session, uint64_t now_us)
{
    float block[AUDIO_BLOCK_SAMPLES];
    struct source_block info;
    if (source_get(voice->source, now_us, block, &info)) {
        voice->is_playing = true;
        meeting_voice(play.meeting, session, info.is_voice, info.level_db, now_us);
    } else if (voice->is_playing && source_state(voice->source) == SOURCE_IDLE) {
        voice->is_playing = false;
        meeting_silent(play.meeting, session, now_us);
    }
}

// ---- acts and events ---------------------------------------------------------------------------

static int do_act(const struct act *act, uint64_t now_us)
{
    const uint32_t session = session_of(act->who);
    if (strcmp(act->verb, "out") == 0)
        return meeting_set_outgoing(play.meeting, session, lang_of(act->what), now_us);
    if (strcmp(act->verb, "name") == 0)
        return meeting_name_floor(play.meeting, lang_of(act->what), now_us);
    if (strcmp(act->verb, "speak") == 0)
        return meeting_set_spoken(play.meeting, session, lang_of(act->what), now_us);
    if (strcmp(act->verb, "air") == 0)
        return meeting_go_on_air(play.meeting, session, now_us);
    if (strcmp(act->verb, "give") == 0)
        return meeting_give_floor(play.meeting, session, now_us);
    fail("no such act", act->verb);
    return 0;
}

static void tell(const struct track_event *event)
{
    const char *lang = event->lang < play.config.n_langs ? play.config.langs[event->lang] : "";
    const char *lang2 = event->lang2 < play.config.n_langs ? play.config.langs[event->lang2] : "";
    const double at = (double)(event->at_us - START_US) / 1e6;
    const char *kind = track_event_name(event->kind);
    if (event->kind == TRACK_EVENT_FLOOR)
        printf("%.2f %s %s %s\n", at, kind, name_of(event->session), lang);
    else if (event->kind == TRACK_EVENT_DIRECTION)
        printf("%.2f %s %u %s %s\n", at, kind, event->booth, lang, lang2);
    else if (event->kind == TRACK_EVENT_TURN_PENDING)
        printf("%.2f %s %u %s\n", at, event->value ? "stays" : "pending", event->booth, lang);
    else if (event->kind == TRACK_EVENT_UNCOVERED || event->kind == TRACK_EVENT_COVERED)
        printf("%.2f %s %s %u\n", at, kind, lang, event->value);
    else if (event->kind == TRACK_EVENT_INTERPRETING || event->kind == TRACK_EVENT_RESTING)
        printf("%.2f %s %u %u\n", at, kind, event->booth, event->value);
}

static void tick(uint64_t now_us)
{
    for (uint32_t i = 0; i < play.n_acts; i++) {
        struct act *act = &play.acts[i];
        if (!act->is_done && now_us >= act->at_us) {
            act->is_done = true;
            if (do_act(act, now_us) != 0)
                fail("is refused", act->verb);
        }
    }
    for (uint32_t i = 0; i < play.n_voices; i++) {
        if ((now_us - START_US) % (FRAME_BLOCKS * AUDIO_BLOCK_US) == 0)
            send_frame(&play.voices[i], i + 1, now_us);
        hear(&play.voices[i], i + 1, now_us);
    }
    meeting_advance(play.meeting, now_us);
    struct track_event event;
    while (meeting_next_event(play.meeting, &event))
        tell(&event);
}

int main(void)
{
    meeting_config_defaults(&play.config);
    const double seconds = read_script();
    play.meeting = meeting_new(&play.config, START_US);
    if (play.meeting == NULL)
        fail("no meeting", "the configuration is not valid");
    for (uint32_t i = 0; i < play.n_voices; i++)
        if (meeting_join(play.meeting, i + 1, play.voices[i].place, START_US) != 0)
            fail("cannot join", play.voices[i].name);
    struct track_event event;
    while (meeting_next_event(play.meeting, &event)) { // of sitting down
    }
    // A frame is complete, and sent, when its last sample has been said.
    const uint64_t first_us = START_US + FRAME_BLOCKS * AUDIO_BLOCK_US;
    for (uint64_t now_us = first_us; now_us < START_US + (uint64_t)(seconds * 1e6);
         now_us += AUDIO_BLOCK_US)
        tick(now_us);
    for (uint32_t i = 0; i < play.n_voices; i++) {
        free(play.voices[i].samples);
        source_free(play.voices[i].source);
        opus_encoder_destroy(play.voices[i].encoder);
    }
    meeting_free(play.meeting);
    return 0;
}
