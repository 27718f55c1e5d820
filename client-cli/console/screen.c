// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/screen.h"

#include "client-cli/console/console.h"

#include <curses.h>
#include <term.h>

// What term.h calls so are words of ours.
#undef lines
#undef columns

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define ESCAPE_MS 50 // between Esc alone and the beginning of a key's name

struct screen {
    SCREEN *term;
    FILE *in, *out;
    bool is_ascii, has_colors;
    int saved_stderr; // -1: standard error is not the terminal
};

// ---- opening

bool screen_is_there(struct fault *fault)
{
    const char *term = getenv("TERM");
    bool is_standard = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    int tty = is_standard ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty >= 0)
        (void)close(tty);
    if (!is_standard && tty < 0)
        return fault_set(fault, N_("this needs a terminal")) == 0;
    if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
        return fault_set(fault, N_("this terminal can only print lines (TERM=%s)"),
                         term != NULL ? term : "") == 0;
    int error = 0;
    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return fault_set(fault, N_("cannot use this terminal (TERM=%s)"), term) == 0;
    (void)del_curterm(cur_term);
    return true;
}

static bool is_utf8(void)
{
    const char *codeset = nl_langinfo(CODESET);
    return strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0;
}

// A UTF-8 locale that was asked for, but is not installed, still says what the terminal can show.
static bool wants_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

static bool set_locale(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || (!is_utf8() && wants_utf8()))
        (void)setlocale(LC_CTYPE, wants_utf8() ? "C.UTF-8" : "C");
    return is_utf8();
}

// Keys are read from a file of our own: the loop makes it non-blocking, which must not be what the
// shell finds afterwards, nor what we write to.
static bool open_files(struct screen *screen)
{
    bool is_standard = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    char name[PATH_MAX_BYTES] = "/dev/tty";
    if (is_standard && ttyname_r(STDIN_FILENO, name, sizeof name) != 0)
        (void)snprintf(name, sizeof name, "/dev/tty");
    screen->in = fopen(name, "re");
    screen->out = is_standard ? stdout : fopen("/dev/tty", "we");
    return screen->in != NULL && screen->out != NULL;
}

static void close_files(struct screen *screen)
{
    if (screen->in != NULL)
        (void)fclose(screen->in);
    if (screen->out != NULL && screen->out != stdout)
        (void)fclose(screen->out);
}

// What libraries have to say of sound cards must not be written over the screen.
static void hide_stderr(struct screen *screen)
{
    screen->saved_stderr = -1;
    int null = isatty(STDERR_FILENO) ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (null < 0)
        return;
    (void)fflush(stderr);
    screen->saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (screen->saved_stderr >= 0)
        (void)dup2(null, STDERR_FILENO);
    (void)close(null);
}

static void show_stderr(struct screen *screen)
{
    if (screen->saved_stderr < 0)
        return;
    (void)fflush(stderr);
    (void)dup2(screen->saved_stderr, STDERR_FILENO);
    (void)close(screen->saved_stderr);
}

static void set_up_colors(struct screen *screen)
{
    static const short colors[STYLES] = {
        [STYLE_GOOD] = COLOR_GREEN, [STYLE_WARN] = COLOR_YELLOW, [STYLE_BAD] = COLOR_RED
    };
    screen->has_colors = has_colors() && start_color() == OK && COLOR_PAIRS > STYLES;
    if (!screen->has_colors)
        return;
    short behind = use_default_colors() == OK ? -1 : COLOR_BLACK;
    for (short i = 1; i < STYLES; i++)
        if (colors[i] != 0)
            (void)init_pair(i, colors[i], behind);
    (void)init_pair(STYLE_AIR, COLOR_WHITE, COLOR_RED);
    (void)init_pair(STYLE_COUGH, COLOR_BLACK, COLOR_YELLOW);
}

struct screen *screen_open(struct fault *fault)
{
    struct screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL) {
        (void)fault_set(fault, N_("out of memory"));
        return NULL;
    }
    screen->is_ascii = !set_locale();
    if (open_files(screen))
        screen->term = newterm(NULL, screen->out, screen->in);
    if (screen->term == NULL) {
        const char *term = getenv("TERM");
        (void)fault_set(fault, N_("cannot use this terminal (TERM=%s)"), term != NULL ? term : "");
        close_files(screen);
        free(screen);
        return NULL;
    }
    (void)set_term(screen->term);
    (void)cbreak();
    (void)noecho();
    (void)nodelay(stdscr, TRUE);
    (void)keypad(stdscr, TRUE);
    (void)set_escdelay(ESCAPE_MS);
    (void)leaveok(stdscr, FALSE);
    set_up_colors(screen);
    hide_stderr(screen);
    return screen;
}

void screen_close(struct screen *screen)
{
    if (screen == NULL)
        return;
    (void)curs_set(1);
    (void)erase(); // for terminals that have no other screen to go back to
    (void)refresh();
    (void)endwin();
    delscreen(screen->term);
    close_files(screen);
    show_stderr(screen);
    free(screen);
}

bool screen_is_ascii(const struct screen *screen)
{
    return screen->is_ascii;
}

// ---- keys

int screen_fd(const struct screen *screen)
{
    return fileno(screen->in);
}

uint32_t screen_key(struct screen *screen)
{
    static const struct {
        wint_t from;
        uint32_t to;
    } named[] = { { KEY_BACKSPACE, TYPED_ERASE }, { KEY_DC, TYPED_ERASE },
                  { KEY_ENTER, TYPED_ENTER },     { KEY_PPAGE, TYPED_PAGE_UP },
                  { KEY_NPAGE, TYPED_PAGE_DOWN }, { KEY_UP, TYPED_UP },
                  { KEY_DOWN, TYPED_DOWN } };
    static const struct {
        wint_t from;
        uint32_t to;
    } controls[] = { { 8, TYPED_ERASE },   { 127, TYPED_ERASE },    { '\r', TYPED_ENTER },
                     { 12, TYPED_REDRAW }, { 21, TYPED_ERASE_ALL }, { 23, TYPED_ERASE_WORD } };
    (void)screen;
    for (;;) {
        wint_t key;
        int result = get_wch(&key);
        if (result == ERR)
            return TYPED_NOTHING;
        for (size_t i = 0; result == KEY_CODE_YES && i < sizeof named / sizeof *named; i++)
            if (named[i].from == key)
                return named[i].to;
        if (result == KEY_CODE_YES)
            continue; // a key that means nothing here
        for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
            if (controls[i].from == key)
                return controls[i].to;
        if (key != 0)
            return (uint32_t)key;
    }
}

// ---- showing

void screen_resized(struct screen *screen)
{
    struct winsize size;
    if (ioctl(fileno(screen->out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        (void)resizeterm(size.ws_row, size.ws_col);
    (void)clearok(curscr, TRUE);
}

void screen_size(const struct screen *screen, int *rows, int *cols)
{
    (void)screen;
    getmaxyx(stdscr, *rows, *cols);
}

static attr_t attribute(const struct screen *screen, uint8_t style)
{
    static const attr_t plain[STYLES] = {
        [STYLE_TITLE] = A_REVERSE,          [STYLE_LABEL] = A_DIM,     [STYLE_STRONG] = A_BOLD,
        [STYLE_AIR] = A_REVERSE | A_BOLD,   [STYLE_COUGH] = A_REVERSE, [STYLE_WARN] = A_BOLD,
        [STYLE_BAD] = A_BOLD | A_UNDERLINE, [STYLE_DIM] = A_DIM
    };
    static const attr_t colored[STYLES] = {
        [STYLE_TITLE] = A_REVERSE, [STYLE_LABEL] = A_DIM,  [STYLE_STRONG] = A_BOLD,
        [STYLE_AIR] = A_BOLD,      [STYLE_BAD] = A_BOLD,   [STYLE_DIM] = A_DIM,
        [STYLE_COUGH] = A_NORMAL,  [STYLE_GOOD] = A_NORMAL
    };
    if (!screen->has_colors)
        return plain[style];
    bool has_pair = style == STYLE_AIR || style == STYLE_COUGH || style == STYLE_GOOD ||
                    style == STYLE_WARN || style == STYLE_BAD;
    return colored[style] | (has_pair ? (attr_t)COLOR_PAIR(style) : A_NORMAL);
}

void screen_put(struct screen *screen, const struct canvas *canvas)
{
    (void)erase();
    for (int row = 0; row < canvas->rows; row++) {
        for (int col = 0; col < canvas->cols; col++) {
            const struct cell *cell = canvas_at(canvas, row, col);
            if (cell->text[0] == '\0' || (cell->text[0] == ' ' && cell->style == STYLE_PLAIN))
                continue;
            (void)attrset((int)attribute(screen, cell->style));
            (void)mvaddstr(row, col, cell->text);
        }
    }
    (void)attrset(A_NORMAL);
    (void)curs_set(canvas->cursor_row >= 0 ? 1 : 0);
    if (canvas->cursor_row >= 0)
        (void)move(canvas->cursor_row, canvas->cursor_col);
    (void)refresh();
}

void screen_redraw(struct screen *screen)
{
    (void)screen;
    (void)clearok(curscr, TRUE);
}
