// SPDX-License-Identifier: BSD-3-Clause
//
// What the kernel knows of a TCP connection. By itself, since <linux/tcp.h> has more of it than
// <netinet/tcp.h>, and the two do not go together.
#ifndef SUSURRO_CONTROL_LINES_TCP_H
#define SUSURRO_CONTROL_LINES_TCP_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_signs {
    uint32_t rtt_us, rtt_var_us;
    uint32_t least_rtt_us;    // of the last minutes; 0: not known
    uint64_t answered_ago_us; // since anything at all came back
    // With what was sent again, and with segments that only acknowledge.
    uint64_t bytes_in, bytes_out;
    uint32_t segments_in, segments_out;
    bool is_outstanding;                 // something was sent, or asked, and is not answered
    uint64_t acked_bytes, waiting_bytes; // of what we write: there; not yet
    uint32_t n_sent, n_received;         // segments with data, also those sent again
    uint32_t n_resent, n_disordered;     // of them: ours sent again since lost; theirs behind a gap
};
bool tcp_signs_read(int fd, struct tcp_signs *out);
// The kernel asks the other end's once a second without bothering any program; it never gives up
// before the server's own timeout does.
void tcp_keep_asking(int fd, bool is_on);

#endif
