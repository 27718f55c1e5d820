// SPDX-License-Identifier: BSD-3-Clause
//
// cli: what makes the program `susurro` out of the library susurro_client: options and links, files
// and sound devices, what is heard, what is printed. One thread, one libuv loop. Sound is mono
// float at 48 kHz; times are clock_us().
//
//   media or device ─► voice_out ─► client ─► voice_in (a source a voice, the mix) ─► recording or
//   device, events
#ifndef SUSURRO_CLI_H
#define SUSURRO_CLI_H

#include "audio/audio.h"
#include "base/i18n.h"
#include "client-cli/client.h"

#include <stdio.h>

enum exit_code { CLI_FINE, CLI_FAILED, CLI_USAGE, CLI_REFUSED };

// ---- fault: why something did not work, for the person who asked

struct fault {
    char text[400];
};
// format: a text marked N_(), told in the person's language.
int fault_set(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3))); // returns -1
// A text marked N_() in the language that the program was started in.
const char *cli_text(const char *english) __attribute__((format_arg(1)));

// ---- url: mumble://[name[:password]@]host[:port]/Channel/Path
//
// Parts are percent-decoded; the scheme may be left out; a query (?title=…) is ignored. Control
// characters and broken UTF-8 are refused.

#define URL_PART_MAX_BYTES 255
#define URL_PATH_MAX_BYTES 1024
struct url {
    char host[URL_PART_MAX_BYTES + 1]; // without brackets
    uint16_t port;
    char name[URL_PART_MAX_BYTES + 1], password[URL_PART_MAX_BYTES + 1]; // "" when not given
    char path[URL_PATH_MAX_BYTES + 1]; // n_path names, each with its NUL, one after the other
    size_t n_path;
};
int url_parse(const char *text, struct url *out, struct fault *fault);
const char *url_path_next(const struct url *url, const char *part); // NULL begins and ends

// ---- options

#define OPTIONS_COMMANDS_MAX 32
enum transmit { TRANSMIT_DEFAULT, TRANSMIT_ALWAYS, TRANSMIT_VOICE };
struct join_options { // strings are borrowed from argv
    struct url url;
    const char *listen, *speak, *play, *record, *certificate;
    const char *input, *output; // devices, by a part of their names; NULL: the system's choice
    const char *booth;          // consoles: where to sit
    const char *commands[OPTIONS_COMMANDS_MAX];
    size_t n_commands;
    double for_s, start_at_s, level_db; // for_s 0: no limit
    uint32_t bitrate_bps, frame_blocks;
    enum client_transport transport;
    enum transmit transmit;
    bool is_json, is_insecure, is_loop, is_legacy, is_silent, is_verbose;
    bool is_chat; // lines of standard input go to the chat
};
struct ping_options {
    struct url url;
    bool is_json;
};
enum options_result { OPTIONS_FAULT = -1, OPTIONS_RUN, OPTIONS_HELP };
// argv without the program's and the command's name.
enum options_result options_join(int argc, char **argv, struct join_options *out,
                                 struct fault *fault);
// command: interpret, listen or moderate; they take the same options.
enum options_result options_console(int argc, char **argv, struct join_options *out,
                                    struct fault *fault);
enum options_result options_ping(int argc, char **argv, struct ping_options *out,
                                 struct fault *fault);
// Prints the options of that command that begin like this word, each with its help.
int options_complete(const char *command, const char *word);
void options_print_join_help(FILE *out);
void options_print_console_help(FILE *out, const char *command);
void options_print_ping_help(FILE *out);

// ---- known servers and the own certificate

// $XDG_CONFIG_HOME/susurro/<file>, or below ~/.config; the folder is made with mode 0700.
int paths_config(const char *file, char *out, size_t cap, struct fault *fault);

// A text file, mode 0600, one line a server: "host:port sha256:<64 hexadecimal digits>"; '#' begins
// a comment.
enum known { KNOWN_FAULT = -1, KNOWN_NEW, KNOWN_SAME, KNOWN_CHANGED };
enum known known_servers_check(const char *path, const char *server, const char *fingerprint,
                               struct fault *fault);
int known_servers_add(const char *path, const char *server, const char *fingerprint,
                      struct fault *fault);
// All of that for a server that one is about to join: whether to go on. Remembers a new one; why
// not is told on standard error. The answer is KNOWN_CHANGED or KNOWN_FAULT only where is_insecure
// lets it pass.
bool known_servers_accept(const struct url *url, const struct client_certificate *certificate,
                          bool is_insecure, enum known *answer);

// Loads the PEM file (certificate and key) into the context, or the own one, which is made when it
// is not there yet (ECDSA P-256, mode 0600). file: NULL for the own one, "none" for no certificate.
int certificate_use(SSL_CTX *tls, const char *file, struct fault *fault);

// ---- media: WAV, Ogg Opus, or raw standard input

#define WAV_HEAD_MAX_BYTES 65536 // the sound must begin before this
struct wav_info {
    uint32_t rate_hz;
    uint16_t n_channels, sample_bytes; // of one channel
    bool is_float;
    uint64_t data_offset, n_frames;
};
// Reads the head of a file of file_bytes bytes: PCM of 8, 16, 24, 32 bits or float of 32, 64, 1 to
// 8 channels, 1 to 384 kHz. A length that goes past the end, or that a program writing to a pipe
// left open, is cut to what is there.
int wav_read_head(struct span head, uint64_t file_bytes, struct wav_info *out, struct fault *fault);
size_t wav_frame_bytes(const struct wav_info *info);
// n_frames frames of the file to the mean of their channels, -1 to 1; what is not finite becomes 0.
void wav_to_mono(const struct wav_info *info, const uint8_t *bytes, size_t n_frames, float *out);

// 16 bits, mono, 48 kHz; the head is kept true once a second. "-": the samples alone to standard
// output; what nobody takes in time is dropped.
struct wav_writer;
struct wav_writer *wav_writer_open(const char *path, struct fault *fault);
bool wav_writer_put(struct wav_writer *writer, const float *samples, size_t n);
bool wav_writer_close(struct wav_writer *writer); // NULL is fine

enum media_state { MEDIA_MORE, MEDIA_WAITING, MEDIA_ENDED, MEDIA_BROKEN };
struct media;
// "-": raw s16le, 48 kHz, mono from standard input, never waited for.
struct media *media_open(const char *path, bool is_loop, struct fault *fault);
void media_close(struct media *media); // NULL is fine
// Fills out[n], with silence where there is nothing. WAITING: standard input has not enough yet
// (out is silence); ENDED: these were the last samples.
enum media_state media_read(struct media *media, float *out, size_t n);

// ---- device: microphone and speakers through PortAudio

struct device;
// input, output: a part of the device's name; NULL: the system's choice. A name that no device has
// is a fault that lists those there are. NULL also when built without PortAudio.
struct device *device_open(const char *input, const char *output, struct fault *fault);
bool device_has_microphone(const struct device *device);
void device_close(struct device *device);                                  // NULL is fine
bool device_read(struct device *device, float block[AUDIO_BLOCK_SAMPLES]); // false: nothing yet
void device_write(struct device *device, const float block[AUDIO_BLOCK_SAMPLES]);

// ---- uplink: what the server's bandwidth leaves for the voice

#define UPLINK_PACKET_BYTES 42 // IP, UDP, encryption and the voice packet's own head
#define UPLINK_LEAST_BPS 6000
struct uplink {
    uint32_t bitrate_bps, frame_blocks;
};
// What fits: first longer frames (at least 20 ms up to 64 kbit/s, 40 up to 32, 60 up to 16), then a
// lower bitrate.
struct uplink uplink_fit(struct uplink wished, uint32_t max_bandwidth_bps); // 0: no limit

// ---- voice out: from a sound to packets on an absolute clock

struct voice_out_handlers {
    bool (*may_send)(void *arg); // false while muted or suppressed
    void (*send)(void *arg, const struct voice_packet *packet);
    void (*on_playing)(void *arg, bool is_playing,
                       uint64_t now_us);         // first and after the last packet
    void (*on_ended)(void *arg, bool is_broken); // the file or standard input is over
    void (*on_level)(void *arg, float rms_db);   // of each frame, sent or not; may be NULL
};
struct voice_out;
// Either media or device gives the sound; both are borrowed. NULL: out of memory.
struct voice_out *voice_out_new(uv_loop_t *loop, struct media *media, struct device *device,
                                const struct join_options *options,
                                const struct voice_out_handlers *handlers, void *arg);
void voice_out_start(struct voice_out *out, uint64_t now_us);
// Sends what is due. Its own timer calls it; public for tests.
void voice_out_turn(struct voice_out *out, uint64_t now_us);
void voice_out_set_bandwidth(struct voice_out *out, uint32_t max_bandwidth_bps);
void voice_out_stop(struct voice_out *out); // sends the terminator
void voice_out_free(
    struct voice_out *out); // NULL is fine; the memory goes when the loop has turned

// ---- voice in: from packets to what a person would hear
//
// A source a voice, the mix of all. While a priority speaker's buffer is open, the voices of others
// who do not whisper are 18 dB lower, without a ramp: so do stock clients. A tick runs only while
// there is something to hear, record or feed.

#define VOICE_IN_VOICES_MAX 64 // of more at once, the newest are not heard
struct shape;                  // client-cli/shape.h
struct voice_level {
    uint32_t session;      // 0: the mix
    float rms_db, peak_db; // as heard, over the blocks in which it sounded
    uint32_t n_blocks;     // of 10 ms
};
struct voice_in_handlers {
    void (*on_speaking)(void *arg, uint32_t session, bool is_on);
    void (*on_levels)(void *arg, const struct voice_level *levels,
                      size_t n); // once a second, or as often as asked for; the mix is last
};
struct voice_in_stats {
    uint64_t received, late, lost, concealed, refused;
    uint32_t delay_ms; // the longest that any open voice waits in its jitter buffer
};
struct voice_in;
struct voice_in *voice_in_new(uv_loop_t *loop, struct wav_writer *record, struct device *device,
                              const struct voice_in_handlers *handlers, void *arg);
// Volume and tone of all that is heard and recorded (borrowed; NULL: as it comes), and how often
// levels are told, in blocks of 10 ms. The levels are those before the shape.
void voice_in_set_shape(struct voice_in *in, struct shape *shape, uint32_t level_blocks);
// The recording begins; returns when its first sample is heard.
uint64_t voice_in_start(struct voice_in *in);
void voice_in_put(struct voice_in *in, const struct voice_packet *packet, bool is_priority,
                  uint64_t now_us);
// One block of everything that is heard; returns whether any voice is open. Its own timer calls it;
// public for tests.
bool voice_in_mix(struct voice_in *in, uint64_t tick_us, float out[AUDIO_BLOCK_SAMPLES]);
void voice_in_forget(struct voice_in *in, uint32_t session);
struct voice_in_stats voice_in_stats(const struct voice_in *in);
void voice_in_free(struct voice_in *in); // as voice_out_free

// ---- events: what is printed, readable or as JSON lines

struct json { // one object on one line
    FILE *out;
    bool has_members;
};
void json_begin(struct json *json, FILE *out);
void json_text(struct json *json, const char *key,
               const char *value); // broken UTF-8 becomes U+FFFD
void json_number(struct json *json, const char *key, double value, int decimals);
void json_integer(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_raw(struct json *json, const char *key, const char *value); // JSON already
// A list or an object within; members of a list have no key: NULL.
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_end(struct json *json); // newline and flush

struct events {
    FILE *out;
    bool is_json;
    uint64_t start_us;
    const struct client *client; // for names; NULL before it exists
};
void events_init(struct events *events, FILE *out, bool is_json);
void events_connected(struct events *events, const struct url *url, const char *welcome_text);
void events_recording(struct events *events, const char *file, uint64_t now_us);
void events_playing(struct events *events, const char *file, bool is_on, uint64_t now_us);
void events_user(struct events *events, const struct client_user *user, unsigned changes,
                 uint32_t actor, bool was_here);
void events_user_left(struct events *events, const struct client_user *user, uint32_t actor,
                      const char *reason);
void events_channel(struct events *events, const struct client_channel *channel,
                    enum client_channel_change change, bool was_here);
void events_speaking(struct events *events, uint32_t session, bool is_on);
void events_levels(struct events *events, const struct voice_level *levels, size_t n);
void events_text(struct events *events, uint32_t actor, const char *text);
void events_denied(struct events *events, const MumbleProto__PermissionDenied *denied);
void events_stats(struct events *events, const struct client_stats *stats,
                  const struct voice_in_stats *heard);
void events_notice(struct events *events, const char *kind, const char *text);
void events_closed(struct events *events, const char *end, const char *reason);
void events_ping(struct events *events, const struct url *url, const struct list_ping_reply *reply,
                 bool has_new_form, bool has_legacy_form, double ms);

// ---- the commands

enum exit_code join_run(const struct join_options *options);
// command: interpret, listen or moderate.
enum exit_code console_run(const char *command, const struct join_options *options);
enum exit_code ping_run(const struct ping_options *options);
int admin_run(int argc, char **argv);      // the exit status, see enum admin_exit
int admin_complete(int argc, char **argv); // what may come next, for shells

#endif
