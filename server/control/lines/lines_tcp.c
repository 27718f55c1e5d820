// SPDX-License-Identifier: BSD-3-Clause
#include "control/lines/lines_tcp.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ASK_EVERY_S 1
#define UNANSWERED_MAX 120

// What was sent again and had not been lost, the other end says (RFC 2883): an acknowledgement that
// waited, or a machine that stood still, is no loss.
static uint32_t lost_segments(const struct tcp_info *info)
{
    return info->tcpi_total_retrans - (info->tcpi_dsack_dups < info->tcpi_total_retrans
                                           ? info->tcpi_dsack_dups
                                           : info->tcpi_total_retrans);
}

bool tcp_signs_read(int fd, struct tcp_signs *out)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);
    memset(&info, 0, sizeof(info));
    int waiting = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        ioctl(fd, SIOCOUTQ, &waiting) != 0)
        return false;
    *out = (struct tcp_signs){
        .rtt_us = info.tcpi_rtt,
        .rtt_var_us = info.tcpi_rttvar,
        .least_rtt_us = info.tcpi_min_rtt != UINT32_MAX ? info.tcpi_min_rtt : 0,
        .answered_ago_us = (uint64_t)info.tcpi_last_ack_recv * 1000,
        .bytes_in = info.tcpi_bytes_received,
        .bytes_out = info.tcpi_bytes_sent,
        .segments_in = info.tcpi_segs_in,
        .segments_out = info.tcpi_segs_out,
        .is_outstanding = info.tcpi_unacked > 0 || info.tcpi_probes > 0,
        .acked_bytes = info.tcpi_bytes_acked,
        .waiting_bytes = waiting > 0 ? (uint64_t)waiting : 0,
        .n_sent = info.tcpi_data_segs_out,
        .n_received = info.tcpi_data_segs_in,
        .n_resent = lost_segments(&info),
        .n_disordered = info.tcpi_rcv_ooopack,
    };
    return true;
}

void tcp_keep_asking(int fd, bool is_on)
{
    const int on = is_on, every_s = ASK_EVERY_S, most = UNANSWERED_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &every_s, sizeof(every_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &most, sizeof(most));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}
