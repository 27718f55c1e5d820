// SPDX-License-Identifier: BSD-3-Clause
//
// Links: what is accepted is within the limits, is UTF-8 without control characters, and comes out
// the same when it is written as a link again.
#include "base/base.h"
#include "client-cli/cli.h"
#include "fuzz.h"

#include <string.h>

static void check_text(const char *text)
{
    CHECK(str_is_utf8(text));
    for (; *text != '\0'; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7F);
}

static char *encode(char *at, const char *text)
{
    for (; *text != '\0'; text++)
        at += sprintf(at, "%%%02X", (unsigned char)*text);
    return at;
}

// Three characters for one, and everything but the port encoded.
static void write_again(const struct url *url, char *at)
{
    at += sprintf(at, "mumble://");
    at = encode(at, url->name);
    at += sprintf(at, ":");
    at = encode(at, url->password);
    at += sprintf(at, strchr(url->host, ':') != NULL ? "@[%s]:%u" : "@%s:%u", url->host,
                  (unsigned)url->port);
    const char *part = NULL;
    while ((part = url_path_next(url, part)) != NULL) {
        at += sprintf(at, "/");
        at = encode(at, part);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct url url;
    struct fault fault = { "" };
    if (url_parse(text, &url, &fault) != 0) {
        CHECK(fault.text[0] != '\0');
        return 0;
    }
    check_text(url.host);
    check_text(url.name);
    check_text(url.password);
    CHECK(url.host[0] != '\0' && url.port != 0);
    size_t n = 0;
    const char *part = NULL;
    while ((part = url_path_next(&url, part)) != NULL) {
        CHECK(part[0] != '\0');
        check_text(part);
        n++;
    }
    CHECK(n == url.n_path);
    // A host of odd characters (':' or brackets decoded from %) has no plain spelling.
    if (strpbrk(url.host, "%[]?#:") != NULL)
        return 0;
    char again[6000];
    struct url second;
    write_again(&url, again);
    if (strlen(again) > 4096)
        return 0;
    CHECK(url_parse(again, &second, &fault) == 0);
    CHECK(memcmp(&url, &second, sizeof url) == 0);
    return 0;
}
