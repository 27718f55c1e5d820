// SPDX-License-Identifier: BSD-3-Clause
//
// The first message in both directions: which program it is, and what it speaks.
#include "control/control_int.h"

#include <string.h>
#include <sys/utsname.h>

static void send_version(struct conn *conn)
{
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    struct utsname system;
    version.has_version_v1 = version.has_version_v2 = true;
    version.version_v1 = version_to_v1(PROTO_VERSION_OWN);
    version.version_v2 = PROTO_VERSION_OWN;
    if (conn->server->config->is_version_sent) {
        version.release = (char *)"Susurro " SUSURRO_VERSION;
        if (uname(&system) == 0) {
            version.os = system.sysname;
            version.os_version = system.release;
        }
    }
    send_message(conn, MSG_VERSION, &version.base);
}

static void keep_text(const char *text, char *out, size_t cap)
{
    if (text != NULL)
        snprintf(out, cap, "%s", strlen(text) < cap ? text : "[[Invalid]]");
}

// NULL: the handshake is done, say who we are.
void login_version(struct conn *conn, const ProtobufCMessage *message)
{
    if (message == NULL) {
        send_version(conn);
        return;
    }
    const MumbleProto__Version *version = (const MumbleProto__Version *)message;
    conn->version = version_read(version);
    keep_text(version->release, conn->release, sizeof(conn->release));
    keep_text(version->os, conn->os, sizeof(conn->os));
    keep_text(version->os_version, conn->os_version, sizeof(conn->os_version));
}
