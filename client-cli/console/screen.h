// SPDX-License-Identifier: BSD-3-Clause
//
// screen: a canvas on a terminal, and the keys that are typed there, by ncurses. One a process, one
// thread. Where standard input or output is not a terminal (they may carry sound), it is /dev/tty.
#ifndef SUSURRO_CLIENT_SCREEN_H
#define SUSURRO_CLIENT_SCREEN_H

#include "client-cli/cli.h"
#include "client-cli/console/canvas.h"

struct screen;
// Whether there is a terminal at all; to be asked before anything else is begun.
bool screen_is_there(struct fault *fault);
// Takes the locale of the environment for characters (LC_CTYPE). Afterwards standard error, where
// that is the terminal, is kept from the screen until screen_close. NULL: no such terminal.
struct screen *screen_open(struct fault *fault);
void screen_close(struct screen *screen); // the terminal as it was; NULL is fine
bool screen_is_ascii(const struct screen *screen);
int screen_fd(const struct screen *screen); // readable: keys have been typed
uint32_t screen_key(struct screen *screen); // enum typed or a character; TYPED_NOTHING: no more
void screen_resized(struct screen *screen); // after SIGWINCH
void screen_size(const struct screen *screen, int *rows, int *cols);
void screen_put(struct screen *screen, const struct canvas *canvas);
void screen_redraw(struct screen *screen); // all of it, at the next put

#endif
