// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/cli.h"

#include <string.h>

#define URL_TEXT_MAX_BYTES 4096

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Decodes [from, to) into out[cap]. what names the part for the fault.
static int decode(const char *from, const char *to, char *out, size_t cap, const char *what,
                  struct fault *fault)
{
    size_t len = 0;
    while (from < to) {
        unsigned char c = (unsigned char)*from++;
        if (c == '%') {
            int high = to - from >= 2 ? hex_digit(from[0]) : -1;
            int low = high >= 0 ? hex_digit(from[1]) : -1;
            if (low < 0)
                return fault_set(fault, N_("the link's %s has a '%%' without two digits"), what);
            c = (unsigned char)(high << 4 | low);
            from += 2;
        }
        if (c < 0x20 || c == 0x7F)
            return fault_set(fault, N_("the link's %s has a control character"), what);
        if (len + 1 >= cap)
            return fault_set(fault, N_("the link's %s is too long"), what);
        out[len++] = (char)c;
    }
    out[len] = '\0';
    if (!str_is_utf8(out))
        return fault_set(fault, N_("the link's %s is not UTF-8"), what);
    return 0;
}

static int parse_port(const char *from, const char *to, uint16_t *out, struct fault *fault)
{
    unsigned long port = 0;
    bool is_number = from < to;
    for (const char *at = from; at < to && port <= UINT16_MAX; at++) {
        is_number = is_number && *at >= '0' && *at <= '9';
        port = port * 10 + (unsigned long)(*at - '0');
    }
    if (!is_number || port == 0 || port > UINT16_MAX)
        return fault_set(fault, N_("the link's port must be a number from 1 to 65535"));
    *out = (uint16_t)port;
    return 0;
}

static int parse_host(const char *from, const char *to, struct url *out, struct fault *fault)
{
    const char *host_end = to;
    const char *port = NULL;
    if (from < to && *from == '[') {
        const char *bracket = memchr(from, ']', (size_t)(to - from));
        if (bracket == NULL || (bracket + 1 < to && bracket[1] != ':'))
            return fault_set(fault, N_("the link's address lacks its closing bracket"));
        from++;
        host_end = bracket;
        port = bracket + 1 < to ? bracket + 2 : NULL;
    } else {
        const char *colon = memchr(from, ':', (size_t)(to - from));
        if (colon != NULL && memchr(colon + 1, ':', (size_t)(to - colon - 1)) != NULL)
            return fault_set(fault, N_("an IPv6 address is written in brackets: [::1]"));
        if (colon != NULL) {
            host_end = colon;
            port = colon + 1;
        }
    }
    if (host_end == from)
        return fault_set(fault, N_("the link has no host"));
    if (decode(from, host_end, out->host, sizeof out->host, "host", fault) != 0)
        return -1;
    if (strpbrk(out->host, " /@") != NULL)
        return fault_set(fault, N_("the link's host has a character that no host has"));
    return port != NULL ? parse_port(port, to, &out->port, fault) : 0;
}

static int parse_name(const char *from, const char *to, struct url *out, struct fault *fault)
{
    const char *colon = memchr(from, ':', (size_t)(to - from));
    const char *name_end = colon != NULL ? colon : to;
    if (decode(from, name_end, out->name, sizeof out->name, "name", fault) != 0)
        return -1;
    if (colon == NULL)
        return 0;
    return decode(colon + 1, to, out->password, sizeof out->password, "password", fault);
}

static int parse_path(const char *from, const char *to, struct url *out, struct fault *fault)
{
    size_t used = 0;
    while (from < to) {
        const char *slash = memchr(from, '/', (size_t)(to - from));
        const char *end = slash != NULL ? slash : to;
        if (end > from) {
            if (used >= sizeof out->path)
                return fault_set(fault, N_("the link's channel is too long"));
            if (decode(from, end, out->path + used, sizeof out->path - used, "channel", fault) != 0)
                return -1;
            used += strlen(out->path + used) + 1;
            out->n_path++;
        }
        from = end + (slash != NULL);
    }
    return 0;
}

int url_parse(const char *text, struct url *out, struct fault *fault)
{
    static const char scheme[] = "mumble://";
    memset(out, 0, sizeof *out);
    out->port = CLIENT_DEFAULT_PORT;
    if (strlen(text) > URL_TEXT_MAX_BYTES)
        return fault_set(fault, N_("the link is too long"));
    if (strncmp(text, scheme, sizeof scheme - 1) == 0)
        text += sizeof scheme - 1;
    else if (strstr(text, "://") != NULL)
        return fault_set(fault, N_("the link must begin with mumble://"));
    const char *end = text + strcspn(text, "?#");
    const char *authority_end = memchr(text, '/', (size_t)(end - text));
    if (authority_end == NULL)
        authority_end = end;
    const char *at = memchr(text, '@', (size_t)(authority_end - text));
    if (at != NULL && parse_name(text, at, out, fault) != 0)
        return -1;
    if (parse_host(at != NULL ? at + 1 : text, authority_end, out, fault) != 0)
        return -1;
    return parse_path(authority_end, end, out, fault);
}

const char *url_path_next(const struct url *url, const char *part)
{
    const char *next = part == NULL ? url->path : part + strlen(part) + 1;
    const char *end = url->path;
    for (size_t i = 0; i < url->n_path; i++)
        end += strlen(end) + 1;
    return next < end ? next : NULL;
}
