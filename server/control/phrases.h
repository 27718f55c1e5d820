// SPDX-License-Identifier: BSD-3-Clause
// Every sentence the server says to people, in each language. Each %s is a place for an argument;
// in all languages there are the same, in the same order.
#ifndef SUSURRO_CONTROL_PHRASES_H
#define SUSURRO_CONTROL_PHRASES_H

enum phrase {
    PHRASE_WELCOME,   // meeting, track channel, command
    PHRASE_LISTENING, // language
    PHRASE_ON_FLOOR,  // meeting
    PHRASE_NO_MEETING,
    PHRASE_NO_LANGUAGE,     // what was asked, list
    PHRASE_UNKNOWN_COMMAND, // command
    PHRASE_HELP,
    PHRASE_HELP_INTERPRETER,
    PHRASE_SPEAKING,      // language
    PHRASE_UNDERSTANDING, // list
    PHRASE_DUCK,          // dB
    PHRASE_DUCK_OFF,
    PHRASE_DUCK_USAGE,
    PHRASE_PARTNER_LEVEL, // dB
    PHRASE_PARTNER_SILENT,
    PHRASE_SNAPPED, // dB, tier
    PHRASE_TIER,    // tier
    PHRASE_TIER_USAGE,
    PHRASE_ON_AIR,         // language
    PHRASE_PARTNER_ON_AIR, // name
    PHRASE_OFF_AIR,
    PHRASE_PARTNER_OFF_AIR,
    PHRASE_DIRECTION,    // incoming, outgoing
    PHRASE_TURN_PENDING, // outgoing
    PHRASE_RESTING,
    PHRASE_COUGH_LONG,
    PHRASE_UNCOVERED, // language
    PHRASE_NOT_INTERPRETER,
    PHRASE_NOT_MODERATOR,
    PHRASE_WHO,              // name
    PHRASE_MADE_INTERPRETER, // name, meeting
    PHRASE_YOU_INTERPRETER,  // booth
    PHRASE_LANG_SET,         // name, language
    PHRASE_NOT_IN_BOOTH,
    PHRASE_ON_AIR_TAKEN,
    PHRASE_NOT_ON_AIR,
    PHRASE_NO_FLOOR,
    PHRASE_FAILED, // reason
    PHRASE_BOOTH_PRIVATE,
    PHRASE_MENU_LISTEN, // language
    PHRASE_MENU_FLOOR,
    PHRASE_MENU_AIR,
    PHRASE_MENU_OFF_AIR,
    PHRASE_MENU_TAKE,
    PHRASE_MENU_TURN,
    PHRASE_RECORDING,
    PHRASE_NO_EARS,
    PHRASE_MUTED, // name, name
    PHRASE_MUTED_MIXED,
    PHRASE_UNMUTED, // name
    PHRASE_MUTE_USAGE,
    PHRASE_NO_OPUS,
    PHRASES
};

#define PHRASE_DEFAULT_LANGUAGE "en"
// The sentence in the reader's language ("es-MX" finds "es"), in English when we have no other.
const char *phrase_text(enum phrase phrase, const char *language);
// The sentence with its %s filled in, in order; arguments are taken as they are. The caller frees
// it; NULL: out of memory.
#define PHRASE_ARGUMENTS_MAX 3
unsigned phrase_arguments(enum phrase phrase);
char *phrase_fill(enum phrase phrase, const char *language, const char *const *arguments);

#endif
