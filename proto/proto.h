// SPDX-License-Identifier: BSD-3-Clause
//
// proto: the Mumble wire, without I/O. Bytes go in, structs come out, and back again. The server,
// the command-line client and the benchmarks share it. Nothing here reads a clock, opens a socket
// or starts a thread; nothing allocates except the message functions (msg_*), which wrap
// protobuf-c. Every function may be called from any thread as long as two threads do not use the
// same object.
//
// Source: the Mumble protocol (1.2.4 to 1.6) as its clients and servers speak it; OCB2-AES128 after
// Rogaway, with the receiver's check against the forgery of Inoue and Minematsu (eprint 2019/311,
// section 9).
#ifndef SUSURRO_PROTO_H
#define SUSURRO_PROTO_H

#include "Mumble.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Borrowed bytes: valid during the call that receives them, unless the contract says otherwise.
struct span {
    const uint8_t *data;
    size_t len;
};

// Errors of this layer: peer errors are the sender's fault and may be told; drop errors are only
// counted.
#define PROTO_ERRORS(X)                                                                            \
    X(PROTO_E_SHORT, -1, "the packet ends too early")                                              \
    X(PROTO_E_MALFORMED, -2, "the packet is malformed")                                            \
    X(PROTO_E_TOO_LONG, -3, "the packet is too long")                                              \
    X(PROTO_E_UNSUPPORTED, -4, "this codec or kind of packet is not supported")                    \
    X(PROTO_E_NO_SPACE, -5, "the output buffer is too small")                                      \
    X(PROTO_E_AUTH, -6, "the datagram is not authentic")                                           \
    X(PROTO_E_REPLAY, -7, "the datagram was seen before or is too old")                            \
    X(PROTO_E_MEMORY, -8, "out of memory")
enum proto_error {
#define X(name, value, text) name = (value),
    PROTO_ERRORS(X)
#undef X
};
const char *proto_error_text(int error);

// ---- versions ----

#define PROTO_VERSION(major, minor, patch)                                                         \
    (((uint64_t)(major) << 48) | ((uint64_t)(minor) << 32) | ((uint64_t)(patch) << 16))
#define PROTO_VERSION_OWN PROTO_VERSION(1, 5, 0)          // what we announce
#define PROTO_VERSION_PROTOBUF_UDP PROTO_VERSION(1, 5, 0) // from here on voice is protobuf
// v1 has 16.8.8 bits, minor and patch saturate at 255; v2 has 16.16.16.16.
uint32_t version_to_v1(uint64_t v2);
uint64_t version_from_v1(uint32_t v1);
// What a Version message says: v2 when plausible (top 16 bits non-zero), else v1, else 0.
uint64_t version_read(const MumbleProto__Version *version);

// ---- TCP framing: u16 type, u32 length, both big-endian ----

#define FRAME_HEADER_BYTES 6
#define FRAME_MAX_BYTES 0x7FFFFFu // a longer frame ends the connection

enum msg_type {
    MSG_VERSION = 0,
    MSG_UDP_TUNNEL,
    MSG_AUTHENTICATE,
    MSG_PING,
    MSG_REJECT,
    MSG_SERVER_SYNC,
    MSG_CHANNEL_REMOVE,
    MSG_CHANNEL_STATE,
    MSG_USER_REMOVE,
    MSG_USER_STATE,
    MSG_BAN_LIST,
    MSG_TEXT_MESSAGE,
    MSG_PERMISSION_DENIED,
    MSG_ACL,
    MSG_QUERY_USERS,
    MSG_CRYPT_SETUP,
    MSG_CONTEXT_ACTION_MODIFY,
    MSG_CONTEXT_ACTION,
    MSG_USER_LIST,
    MSG_VOICE_TARGET,
    MSG_PERMISSION_QUERY,
    MSG_CODEC_VERSION,
    MSG_USER_STATS,
    MSG_REQUEST_BLOB,
    MSG_SERVER_CONFIG,
    MSG_SUGGEST_CONFIG,
    MSG_PLUGIN_DATA,
    MSG_TYPES
};
const char *msg_type_name(unsigned type); // "?" when unknown

struct frame {
    uint16_t type;
    struct span body; // borrowed from the input
};
// Reads one frame at the start of `in`. Returns its whole length (header and body), 0 when more
// bytes are needed, PROTO_E_TOO_LONG when the announced length exceeds `limit` (known as soon as
// the header is there).
long frame_read(struct span in, uint32_t limit, struct frame *out);
void frame_write_header(uint8_t out[FRAME_HEADER_BYTES], uint16_t type, uint32_t length);

// Message bodies. msg_unpack returns a heap message of the type's protobuf-c struct, freed by
// msg_free; NULL when the type is unknown, is UDPTunnel, the body does not parse (a required field
// may be missing), or would take more than 1 MiB and eight times its size of memory. Unknown fields
// are dropped; a field of the wrong wire type counts as absent. Strings may hold any bytes but NUL:
// the receiver checks UTF-8, lengths of byte fields and values of enums.
// msg_pack writes header and body, msg_packed_size bytes in all; the type must be the message's,
// the body at most FRAME_MAX_BYTES.
ProtobufCMessage *msg_unpack(unsigned type, struct span body);
void msg_free(ProtobufCMessage *message); // NULL is fine
size_t msg_packed_size(const ProtobufCMessage *message);
size_t msg_pack(unsigned type, const ProtobufCMessage *message, uint8_t *out);

// ---- Mumble varints (not protobuf's) ----

#define VARINT_MAX_BYTES 10
// Returns bytes read (> 0) or PROTO_E_SHORT / PROTO_E_MALFORMED. At most 8 nested negations.
int varint_read(struct span in, uint64_t *out);
// Writes the shortest form to out[VARINT_MAX_BYTES]; returns bytes written.
size_t varint_write(uint64_t value, uint8_t *out);

// ---- voice packets ----

#define VOICE_PACKET_MAX_BYTES 1020 // plaintext: 1024 bytes of datagram less the crypt header
#define VOICE_OPUS_MAX_BYTES 960
#define VOICE_TARGET_NORMAL 0
#define VOICE_TARGET_LOOPBACK 31
enum voice_context {
    VOICE_CONTEXT_NORMAL,
    VOICE_CONTEXT_SHOUT,
    VOICE_CONTEXT_WHISPER,
    VOICE_CONTEXT_LISTEN
};
enum voice_format { VOICE_FORMAT_LEGACY, VOICE_FORMAT_PROTOBUF };
enum voice_direction { VOICE_TO_SERVER, VOICE_TO_CLIENT };

struct voice_packet {
    uint32_t session;      // only towards the client
    uint8_t target;        // target (to server) or context (to client), 0..31
    uint64_t frame_number; // counts 10 ms
    struct span opus;      // one Opus packet; may be empty only with is_terminator
    bool is_terminator;
    bool has_position;
    float position[3];
    float volume; // linear factor, 0 = unset; only towards clients of the protobuf form
};

enum datagram_kind { DATAGRAM_VOICE, DATAGRAM_PING };
struct datagram {
    enum datagram_kind kind;
    enum voice_format format;  // judged by the first byte, whatever the sender announced
    struct voice_packet voice; // spans borrow from the input
    uint64_t ping_timestamp;
};
// Parses a decrypted datagram or the body of a UDPTunnel frame. 0, or a PROTO_E_ code, with *out
// then in no useful state. A position or volume that is not finite counts as absent.
int datagram_read(struct span in, enum voice_direction direction, struct datagram *out);
// Both writers return the bytes written to out[cap] or PROTO_E_NO_SPACE; voice_write also
// PROTO_E_TOO_LONG (opus) or PROTO_E_MALFORMED (no opus and no terminator). What datagram_read gave
// fits into VOICE_PACKET_MAX_BYTES in either form. A legacy packet has no volume. Stock clients
// ignore a protobuf packet without opus, terminator or not.
int voice_write(const struct voice_packet *packet, enum voice_format format,
                enum voice_direction direction, uint8_t *out, size_t cap);
int udp_ping_write(uint64_t timestamp, enum voice_format format, uint8_t *out, size_t cap);

// The duration of an Opus packet in 10 ms frames at 48 kHz (1, 2, 4, 6 …; 10 ms packets are 1), or
// PROTO_E_MALFORMED. Reads only the TOC and frame count (RFC 6716, section 3.1 and 3.2).
int opus_packet_frames_10ms(struct span opus);

// ---- server-list ping (unencrypted) ----

struct list_ping {
    enum voice_format format; // the form of the question; the answer is given in the same
    uint64_t timestamp;       // opaque
};
struct list_ping_reply {
    uint64_t timestamp, version;
    uint32_t users, max_users, bandwidth_bps;
};
#define LIST_PING_MAX_BYTES 64
// A 1.5 ping must ask for extended information, a 1.5 reply must name a version. The writers return
// the bytes written or PROTO_E_NO_SPACE.
bool list_ping_read(struct span in, struct list_ping *out);
int list_ping_write(const struct list_ping *ping, uint8_t *out, size_t cap);
bool list_ping_reply_read(struct span in, enum voice_format *format, struct list_ping_reply *out);
int list_ping_reply_write(enum voice_format format, const struct list_ping_reply *reply,
                          uint8_t *out, size_t cap);

// ---- datagram encryption: OCB2-AES128 ----
//
//   datagram = nonce[0] | tag[0..3) | ciphertext
//
// The nonce counts up by one before each packet is sealed.
// One object per client and side. It is owned by one thread at a time and may be handed over.

#define CRYPT_KEY_BYTES 16
#define CRYPT_HEADER_BYTES 4
struct crypt_counters {
    uint32_t good, late, lost, resync;
};
struct crypt; // about 1 KiB; without the processor's AES instructions also two OpenSSL contexts
struct crypt *crypt_new(const uint8_t key[CRYPT_KEY_BYTES], const uint8_t encrypt_nonce[16],
                        const uint8_t decrypt_nonce[16]); // NULL: out of memory
// The same with OpenSSL's AES on any processor: both make the same bytes, which tests compare.
struct crypt *crypt_new_portable(const uint8_t key[CRYPT_KEY_BYTES],
                                 const uint8_t encrypt_nonce[16], const uint8_t decrypt_nonce[16]);
bool crypt_is_native(const struct crypt *crypt); // the processor's AES instructions
void crypt_free(struct crypt *crypt);
// Seals plain.len <= VOICE_PACKET_MAX_BYTES bytes to out[plain.len + 4]; returns that length, or 0
// when OpenSSL fails. plain and out must not overlap.
size_t crypt_seal(struct crypt *crypt, struct span plain, uint8_t *out);
// The same for each job, in their order, many at once: neighbours of one length go through AES side
// by side. A crypt may stand in several jobs.
struct crypt_job {
    struct crypt *crypt;
    struct span plain;
    uint8_t *out;
    size_t n_bytes; // the result: what crypt_seal returns
};
void crypt_seal_many(struct crypt_job *jobs, size_t n);
// Opens a datagram into out[in.len - 4]; returns the plaintext's length (never 0), or PROTO_E_SHORT
// / _TOO_LONG / _AUTH / _REPLAY, which change nothing, not even out and *is_newest. *is_newest
// tells whether it is newer than everything seen (then its address may be learnt). Up to 29 late
// datagrams and 127 lost in a row are understood; after a longer gap everything is _REPLAY or _AUTH
// until a resync, so both count as failures to open.
int crypt_open(struct crypt *crypt, struct span in, uint8_t *out, bool *is_newest);
void crypt_get_encrypt_nonce(const struct crypt *crypt, uint8_t out[16]);
void crypt_get_decrypt_nonce(const struct crypt *crypt, uint8_t out[16]);
void crypt_set_decrypt_nonce(struct crypt *crypt, const uint8_t nonce[16]); // a resync: counted
struct crypt_counters crypt_get_counters(const struct crypt *crypt);

// The bare cipher, for tests with vectors, up to VOICE_PACKET_MAX_BYTES. encrypt returns false only
// when OpenSSL fails; decrypt also when the packet shows the forgery. decrypt gives the tag that
// the packet should have: comparing is the caller's.
bool ocb2_encrypt(struct crypt *crypt, const uint8_t nonce[16], struct span plain, uint8_t *out,
                  uint8_t tag[16]);
bool ocb2_decrypt(struct crypt *crypt, const uint8_t nonce[16], struct span cipher, uint8_t *out,
                  uint8_t tag[16]);

#endif
