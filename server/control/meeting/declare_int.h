// SPDX-License-Identifier: BSD-3-Clause
//
// Private to declare*.c: what makes a meeting of its declaration.
#ifndef SUSURRO_CONTROL_DECLARE_INT_H
#define SUSURRO_CONTROL_DECLARE_INT_H

#include "control/control_int.h"

// declare_channels.c. NULL, false: memory, or no session numbers.
struct channel *declare_floor(struct server *server, const char *name); // of the meeting
void declare_part(struct server *server, struct channel *channel, uint32_t meeting,
                  enum channel_role role, uint8_t index);
bool declare_tracks(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config);
bool declare_booths(struct server *server, struct meeting_info *meeting,
                    const struct config_meeting *config);

// declare_text.c
char *declare_text(const struct config_meeting *config); // heap; NULL: memory

#endif
