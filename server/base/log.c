// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_BYTES 2048 // longer lines are cut and end in "..."

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_least = LOG_INFO;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

void log_init(int fd, enum log_level least)
{
    atomic_store(&log_fd, fd);
    log_set_level(least);
}

void log_set_level(enum log_level least)
{
    atomic_store(&log_least, (int)least);
}

bool log_level_from_name(const char *name, enum log_level *out)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool needs_quotes(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7F)
            return true;
    }
    return *value == '\0';
}

// One character of a quoted value into piece; returns its length (1 to 4).
static size_t escape(char c, char piece[5])
{
    static const char hex[] = "0123456789abcdef";
    char letter = c == '\n' ? 'n' : c == '\t' ? 't' : c == '"' || c == '\\' ? c : '\0';
    if (letter != '\0') {
        piece[0] = '\\';
        piece[1] = letter;
        return 2;
    }
    if ((unsigned char)c >= ' ' && c != 0x7F) {
        piece[0] = c;
        return 1;
    }
    memcpy(piece, (char[]){ '\\', 'x', hex[(unsigned char)c >> 4], hex[c & 15] }, 4);
    return 4;
}

static void quote_always(const char *value, char *out, size_t cap)
{
    if (cap < 3) {
        if (cap > 0)
            out[0] = '\0';
        return;
    }
    size_t len = 0;
    out[len++] = '"';
    for (const char *c = value; *c != '\0'; c++) {
        char piece[5];
        size_t n = escape(*c, piece);
        if (len + n + 2 > cap)
            break;
        memcpy(out + len, piece, n);
        len += n;
    }
    out[len++] = '"';
    out[len] = '\0';
}

const char *log_quote(const char *value, char *out, size_t cap)
{
    const char *text = value != NULL ? value : "";
    if (needs_quotes(text))
        quote_always(text, out, cap);
    else if (cap > 0)
        (void)snprintf(out, cap, "%s", text);
    return out;
}

static size_t write_head(char *line, size_t cap, enum log_level level, const char *mod,
                         const char *msg)
{
    struct timespec now = { 0 };
    struct tm utc = { 0 };
    char stamp[32] = "";
    char quoted[512];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    quote_always(msg, quoted, sizeof quoted);
    int n = snprintf(line, cap, "t=%s.%03dZ level=%s mod=%s msg=%s", stamp,
                     (int)(now.tv_nsec / 1000000), level_names[level], mod, quoted);
    return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

void log_write(enum log_level level, const char *mod, const char *msg, const char *fields, ...)
{
    if ((int)level < atomic_load_explicit(&log_least, memory_order_relaxed))
        return;
    int kept_errno = errno;
    char line[LOG_LINE_BYTES];
    size_t cap = sizeof line - 1; // the newline
    size_t len = write_head(line, cap, level, mod, msg);
    if (fields != NULL && fields[0] != '\0' && len + 1 < cap) {
        line[len++] = ' ';
        va_list args;
        va_start(args, fields);
        int n = vsnprintf(line + len, cap - len, fields, args);
        va_end(args);
        if (n > 0 && (size_t)n >= cap - len) {
            len = cap - 1;
            memset(line + len - 3, '.', 3);
        } else if (n > 0) {
            len += (size_t)n;
        }
    }
    // A value that was not quoted must not be able to forge a second line.
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
            line[i] = '?';
    }
    line[len++] = '\n';
    ssize_t written;
    do {
        written = write(atomic_load_explicit(&log_fd, memory_order_relaxed), line, len);
    } while (written < 0 && errno == EINTR);
    errno = kept_errno;
}
