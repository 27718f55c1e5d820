// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz.h"
#include "proto/proto.h"

static void check_question(struct span in)
{
    struct list_ping ping;
    struct list_ping copy;
    uint8_t out[LIST_PING_MAX_BYTES];
    if (!list_ping_read(in, &ping))
        return;
    int n = list_ping_write(&ping, out, sizeof out);
    CHECK(n > 0 && list_ping_read((struct span){ out, (size_t)n }, &copy));
    CHECK(copy.format == ping.format && copy.timestamp == ping.timestamp);
}

static void check_reply(struct span in)
{
    struct list_ping_reply reply;
    struct list_ping_reply copy;
    enum voice_format format;
    enum voice_format format_again;
    uint8_t out[LIST_PING_MAX_BYTES];
    if (!list_ping_reply_read(in, &format, &reply))
        return;
    int n = list_ping_reply_write(format, &reply, out, sizeof out);
    CHECK(n > 0 && list_ping_reply_read((struct span){ out, (size_t)n }, &format_again, &copy));
    CHECK(format_again == format && copy.timestamp == reply.timestamp);
    CHECK(copy.version == reply.version && copy.users == reply.users);
    CHECK(copy.max_users == reply.max_users && copy.bandwidth_bps == reply.bandwidth_bps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_question((struct span){ data, size });
    check_reply((struct span){ data, size });
    return 0;
}
