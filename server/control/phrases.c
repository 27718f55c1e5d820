// SPDX-License-Identifier: BSD-3-Clause
#include "control/phrases.h"

#include <stdlib.h>
#include <string.h>

enum { EN, ES, LANGUAGES };

static const char *const texts[PHRASES][LANGUAGES] = {
    [PHRASE_WELCOME] = { "<b>%s</b>: to listen in English, enter the channel <b>%s</b> or write "
                         "<b>%s</b> in the chat.",
                         "<b>%s</b>: para escuchar en español, entra en el canal <b>%s</b> o "
                         "escribe <b>%s</b> en el chat." },
    [PHRASE_LISTENING] = { "You listen in %s. The interpreter comes to the front whenever somebody "
                           "speaks another language.",
                           "Escuchas en %s. Cuando alguien habla otro idioma, la interpretación "
                           "pasa al frente." },
    [PHRASE_ON_FLOOR] = { "You hear the original voices of %s, without interpretation.",
                          "Escuchas las voces originales de %s, sin interpretación." },
    [PHRASE_NO_MEETING] = { "There is no meeting with interpretation on this server.",
                            "En este servidor no hay ninguna reunión con interpretación." },
    [PHRASE_NO_LANGUAGE] = { "This meeting has no language “%s”. It has: %s.",
                             "Esta reunión no tiene el idioma «%s». Tiene: %s." },
    [PHRASE_UNKNOWN_COMMAND] = { "I do not know the command “%s”. Write !help to see them all.",
                                 "No conozco la orden «%s». Escribe !ayuda para verlas todas." },
    [PHRASE_HELP] = { "<b>!en</b>, <b>!es</b> …: listen in that language &nbsp; <b>!floor</b>: the "
                      "original voices<br/>"
                      "<b>!speak en</b>: the language you speak &nbsp; <b>!understand en es</b>: "
                      "hear these live<br/>"
                      "<b>!under -15</b>: level of the original under the interpreter (off, -24, "
                      "-18, -15, -12, -6, 0)<br/>"
                      "<b>!tier minimum</b> or <b>standard</b>: thinner or fuller sound for your "
                      "line<br/>"
                      "<b>!mute NAME</b>, <b>!unmute NAME</b>: not to hear somebody, or to again",
                      "<b>!es</b>, <b>!en</b> …: escuchar en ese idioma &nbsp; <b>!sala</b>: las "
                      "voces originales<br/>"
                      "<b>!hablo es</b>: el idioma que hablas &nbsp; <b>!entiendo es en</b>: "
                      "oírlos en directo<br/>"
                      "<b>!debajo -15</b>: nivel del original bajo la interpretación (no, -24, "
                      "-18, -15, -12, -6, 0)<br/>"
                      "<b>!calidad minimum</b> o <b>standard</b>: sonido más ligero o más pleno "
                      "para tu línea<br/>"
                      "<b>!silenciar NOMBRE</b>, <b>!oír NOMBRE</b>: dejar de oír a alguien, o "
                      "volver a oírle" },
    [PHRASE_HELP_INTERPRETER] = { "<b>!air</b>: go on air &nbsp; <b>!off</b>: leave the air &nbsp; "
                                  "<b>!take</b>: take the air from your partner<br/>"
                                  "<b>!out es</b>: into Spanish, now &nbsp; <b>!partner -12</b>: "
                                  "how loud you hear your partner",
                                  "<b>!aire</b>: salir al aire &nbsp; <b>!fuera</b>: dejar el aire "
                                  "&nbsp; <b>!tomar</b>: tomar el aire de tu pareja<br/>"
                                  "<b>!hacia en</b>: hacia el inglés, ya &nbsp; <b>!pareja "
                                  "-12</b>: a qué nivel oyes a tu pareja" },
    [PHRASE_SPEAKING] = { "From now on you speak %s.", "A partir de ahora hablas en %s." },
    [PHRASE_UNDERSTANDING] = { "You hear live: %s.", "Oyes en directo: %s." },
    [PHRASE_DUCK] = { "The original is lowered to %s dB under the interpreter.",
                      "El original baja a %s dB bajo la interpretación." },
    [PHRASE_DUCK_OFF] = { "While the interpreter speaks you do not hear the original.",
                          "Mientras habla la interpretación no oyes el original." },
    [PHRASE_DUCK_USAGE] = { "Write for instance !under -15. Possible: off, -24, -18, -15, -12, -6, "
                            "0.",
                            "Escribe por ejemplo !debajo -15. Posible: no, -24, -18, -15, -12, -6, "
                            "0." },
    [PHRASE_PARTNER_LEVEL] = { "You hear your partner at %s dB.", "Oyes a tu pareja a %s dB." },
    [PHRASE_PARTNER_SILENT] = { "You do not hear your partner.", "No oyes a tu pareja." },
    [PHRASE_SNAPPED] = { "Many people have chosen many levels: for now you hear the original at %s "
                         "dB, in the tier “%s”.",
                         "Hay muchos niveles distintos en uso: por ahora oyes el original a %s dB, "
                         "en el nivel «%s»." },
    [PHRASE_TIER] = { "Your sound is now of the tier “%s”.", "Tu sonido es ahora del nivel «%s»." },
    [PHRASE_TIER_USAGE] = { "Write !tier standard or !tier minimum.",
                            "Escribe !calidad standard o !calidad minimum." },
    [PHRASE_ON_AIR] = { "🔴 You are on air, into %s.", "🔴 Estás al aire, hacia %s." },
    [PHRASE_PARTNER_ON_AIR] = { "%s is on air.", "%s está al aire." },
    [PHRASE_OFF_AIR] = { "⚪ You are off air.", "⚪ Ya no estás al aire." },
    [PHRASE_PARTNER_OFF_AIR] = { "Nobody of this booth is on air. Write !air to go on air.",
                                 "Nadie de esta cabina está al aire. Escribe !aire para salir al "
                                 "aire." },
    [PHRASE_DIRECTION] = { "You now work from %s into %s.", "Ahora trabajas de %s a %s." },
    [PHRASE_TURN_PENDING] = { "At your next pause the booth turns: then into %s.",
                              "En tu próxima pausa la cabina gira: después hacia %s." },
    [PHRASE_RESTING] = { "Your booth rests: it is not needed for the language that is spoken now.",
                         "Tu cabina descansa: no hace falta para el idioma que se habla ahora." },
    [PHRASE_COUGH_LONG] = { "Your partner has been muted for 15 seconds. Write !take to go on.",
                            "Tu pareja lleva 15 segundos en silencio. Escribe !tomar para "
                            "seguir." },
    [PHRASE_UNCOVERED] = { "Nobody interprets into %s at the moment; you hear the original.",
                           "En este momento nadie interpreta a %s; escuchas el original." },
    [PHRASE_NOT_INTERPRETER] = { "Only the interpreters of this meeting can enter its booths. A "
                                 "moderator can let you in.",
                                 "Solo las y los intérpretes de esta reunión entran en las "
                                 "cabinas. La moderación puede darte paso." },
    [PHRASE_NOT_MODERATOR] = { "Only moderators can do this.",
                               "Solo la moderación puede hacer esto." },
    [PHRASE_WHO] = { "There is nobody called “%s” here.", "Aquí no hay nadie que se llame «%s»." },
    [PHRASE_MADE_INTERPRETER] = { "%s is now an interpreter of %s.", "%s ahora interpreta en %s." },
    [PHRASE_YOU_INTERPRETER] = { "You are now an interpreter. Enter the channel “%s”.",
                                 "Ahora eres intérprete. Entra en el canal «%s»." },
    [PHRASE_LANG_SET] = { "%s speaks %s.", "%s habla en %s." },
    [PHRASE_NOT_IN_BOOTH] = { "Enter a booth first: only an interpreter in a booth can do this.",
                              "Entra primero en una cabina: solo desde una cabina se puede hacer "
                              "esto." },
    [PHRASE_ON_AIR_TAKEN] = { "Your partner is on air. Write !take to take over at once.",
                              "Tu pareja está al aire. Escribe !tomar para tomar el relevo ya." },
    [PHRASE_NOT_ON_AIR] = { "You are not on air.", "No estás al aire." },
    [PHRASE_NO_FLOOR] = { "Nobody is speaking on the floor.", "Nadie tiene la palabra." },
    [PHRASE_FAILED] = { "That did not work: %s.", "No se pudo: %s." },
    [PHRASE_BOOTH_PRIVATE] = { "Booths are private: no text goes in from outside.",
                               "Las cabinas son privadas: desde fuera no entra ningún texto." },
    [PHRASE_MENU_LISTEN] = { "🎧 Listen in %s", "🎧 Escuchar en %s" },
    [PHRASE_MENU_FLOOR] = { "🎧 Original voices", "🎧 Voces originales" },
    [PHRASE_MENU_AIR] = { "🔴 Go on air", "🔴 Salir al aire" },
    [PHRASE_MENU_OFF_AIR] = { "⚪ Leave the air", "⚪ Dejar el aire" },
    [PHRASE_MENU_TAKE] = { "🔴 Take the air at once", "🔴 Tomar el aire ya" },
    [PHRASE_MENU_TURN] = { "↔ The speaker has changed language",
                           "↔ Quien habla ha cambiado de idioma" },
    [PHRASE_RECORDING] = { "%s is recording.", "%s está grabando." },
    [PHRASE_NO_EARS] = { "Tracks and booths cannot be listened to from other channels. Enter the "
                         "track of your language instead.",
                         "Los idiomas y las cabinas no se escuchan desde otros canales. Entra en "
                         "el canal de tu idioma." },
    [PHRASE_MUTED] = { "You do not hear %s any more, until you leave or write <b>!unmute %s</b>.",
                       "Ya no oyes a %s, hasta que salgas o escribas <b>!oír %s</b>." },
    [PHRASE_MUTED_MIXED] = { "In the mixed sound of tracks and booths everybody stays audible.",
                             "En el sonido mezclado de los idiomas y las cabinas se sigue oyendo a "
                             "todo el mundo." },
    [PHRASE_UNMUTED] = { "You hear %s again.", "Vuelves a oír a %s." },
    [PHRASE_MUTE_USAGE] = { "Write for instance <b>!mute Ana</b>, and <b>!unmute Ana</b> to hear "
                            "her again.",
                            "Escribe por ejemplo <b>!silenciar Ana</b>, y <b>!oír Ana</b> para "
                            "volver a oírla." },
    [PHRASE_NO_OPUS] = { "This server speaks Opus only, and your client does not say that it can: "
                         "you "
                         "will hear nobody. Please update it.",
                         "Este servidor solo habla Opus, y tu cliente no dice que lo sepa: no "
                         "oirás a nadie. Actualízalo, por favor." },
};

const char *phrase_text(enum phrase phrase, const char *language)
{
    if (language != NULL && strncmp(language, "es", 2) == 0 &&
        (language[2] == '\0' || language[2] == '-'))
        return texts[phrase][ES];
    return texts[phrase][EN];
}

unsigned phrase_arguments(enum phrase phrase)
{
    unsigned n = 0;
    for (const char *at = strstr(texts[phrase][EN], "%s"); at != NULL; at = strstr(at + 2, "%s"))
        n++;
    return n;
}

char *phrase_fill(enum phrase phrase, const char *language, const char *const *arguments)
{
    const char *text = phrase_text(phrase, language);
    unsigned n = phrase_arguments(phrase);
    size_t len = strlen(text) + 1;
    for (unsigned i = 0; i < n; i++)
        len += strlen(arguments[i]);
    char *filled = malloc(len), *to = filled;
    if (filled == NULL)
        return NULL;
    unsigned next = 0;
    while (*text != '\0') {
        if (strncmp(text, "%s", 2) != 0) {
            *to++ = *text++;
            continue;
        }
        size_t part = strlen(arguments[next]);
        memcpy(to, arguments[next++], part);
        to += part;
        text += 2;
    }
    *to = '\0';
    return filled;
}
