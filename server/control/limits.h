// SPDX-License-Identifier: BSD-3-Clause
// Every limit of control/ on what comes from the network, and what happens there.
#ifndef SUSURRO_CONTROL_LIMITS_H
#define SUSURRO_CONTROL_LIMITS_H

#define CONTROL_READ_BYTES 65536       // read from one connection before the others get their turn
#define CONN_UNREADY_FRAME_BYTES 65536 // a longer frame before login closes the connection
#define CONN_OUT_BYTES (8u << 20)      // a reader so far behind is cut off
#define CONN_VOICE_BYTES 16384 // tunnelled voice waiting for a busy line; the newest is dropped
#define CONN_VOICE_STALE_US 300000u // voice older than this is not sent any more
// Not yet sent by the kernel: with so much it is not ready for more, and voice waits here, where it
// becomes stale. Looked at once in so many voice packets.
#define CONN_UNSENT_BYTES 2048
#define CONN_UNSENT_EVERY 8
#define CONN_QUESTIONS 16     // of one client to a thread; with so many open it is not read
#define CONNS_UNREADY_MAX 256 // connections that have not logged in; more wait to be accepted
#define PARTIAL_BYTES_MAX                                                                          \
    (64u << 20) // of unfinished frames, of all; beyond, who holds most is cut off
#define STAGED_BYTES_MAX (256u << 20) // waiting for slow readers, of all; likewise
#define TLS_CERTS_BYTES 32768         // a longer chain ends the handshake
#define CONN_CERTS_MAX 10             // of a chain are shown
#define CERT_EMAIL_BYTES 128          // a longer address counts as none
#define CERT_EMAILS_MAX 8             // of one certificate are looked at
#define BLOB_IDS_MAX 4096             // of one RequestBlob are looked at
#define PLUGIN_CONTEXT_BYTES 4096     // a longer one is not taken
#define PLUGIN_IDENTITY_BYTES 4096
#define PASSWORD_CHECKS_MAX 2  // at the same time; more wait their turn
#define HOSTS_BITS 12          // hosts remembered, as a power of two; the quietest is forgotten
#define HOST_WRONG_PASSWORDS 5 // at once from a host; then it waits longer each time
#define HOST_WRONG_EVERY_S 12  // one more
#define HOST_BRAKE_MAX_S 64u
#define KICK_REASON_BYTES 16384        // a longer one, or one that is not UTF-8, is left out
#define LISTENER_BACKLOG 4096          // ... in the kernel
#define CONN_LOGIN_CROWDED_US 3000000u // to log in, while others wait
#define CONN_LOGIN_US 15000000u        // to finish TLS and log in
#define CONN_FINISH_US 3000000u        // to take the last bytes
#define LISTENER_ACCEPTS 64            // accepted in one turn
#define LANE_BACKLOG_BYTES                                                                         \
    (16u << 20)                   // commands waiting for a thread; beyond, the server stops itself
#define STORAGE_RETRY_US 5000000u // after a batch that could not be written
#define SERVER_MADE_MORE 128   // voices of tracks and booths beside those configured; more: refused
#define TEXT_COMMAND_BYTES 512 // a longer text is a command that says something to others, or none
#define TEXT_LONG_COMMAND_BYTES 16384 // ... and a longer one is none
#define CHAT_SEEN_MAX 4               // meetings whose chat somebody has left and may come back to
#define TEXT_PLACES_MAX 8     // channels and trees that one text goes to; with more it is refused
#define ACL_MEMBERS_MAX 20000 // of all groups of one channel; a longer list is refused
#define TEMPORARY_RULES_MAX                                                                        \
    100 // rules, and groups, of a channel that almost anybody may make: each costs all who are here
#define QUERY_USERS_MAX 10000 // numbers and names asked for at once; a longer list is not answered
#define LINK_CHANGES_MAX 1000 // of one channel at once; more are refused
#define LISTENING_ADDED_MAX 2000 // channels of one message; what comes behind them is left out
#define PLUGIN_DATA_BYTES 1000   // longer ones are dropped, as by every Mumble server
#define PLUGIN_ID_BYTES 100      // likewise
#define TARGETS_PER_S 30         // VoiceTarget messages; beyond, the target is emptied
#define TARGETS_BURST 100
#define TARGET_WORK_OF_USER 20000 // users and channels looked at for one user's whisper targets
#define TARGET_WORK 100000        // ... and for everybody's; the longest unused ones are left out
#define UNCOVERED_NOTICE_US                                                                        \
    300000000u // a listener is told that nobody interprets at most this often

#endif
