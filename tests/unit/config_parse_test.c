// SPDX-License-Identifier: BSD-3-Clause
// The configuration: what each key does, and every mistake with its line and its remedy.
#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_lines.h"

#define MEETING "[meeting \"A\"]\n"

static struct config *parse(const char *text, char *error)
{
    return config_parse("t.ini", text, NULL, 0, NULL, NULL, error);
}

static struct config *parse_well(const char *text)
{
    char error[CONFIG_ERROR_BYTES];
    struct config *config = parse(text, error);
    if (config == NULL)
        fail_msg("%s", error);
    assert_string_equal(error, "");
    return config;
}

static void test_defaults(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_BYTES];
    struct config *c = config_load(NULL, NULL, 0, NULL, NULL, error);
    assert_non_null(c);
    assert_null(c->path);
    assert_int_equal(c->port, 64738);
    assert_null(c->host);
    assert_null(c->server_password);
    assert_null(c->welcome_text);
    assert_string_equal(c->database, "susurro.sqlite");
    assert_int_equal(c->users, 1000);
    assert_int_equal(c->users_per_channel, 0);
    assert_int_equal(c->bandwidth_bps, 558000);
    assert_int_equal(c->timeout_s, 30);
    assert_int_equal(c->text_message_length, 5000);
    assert_int_equal(c->image_message_length, 131072);
    assert_int_equal(c->message_limit, 1);
    assert_int_equal(c->message_burst, 5);
    assert_int_equal(c->channel_nesting_limit, 10);
    assert_int_equal(c->channel_count_limit, 1000);
    assert_true(c->is_html_allowed && c->is_ping_allowed && c->is_version_sent);
    assert_false(c->is_cert_required);
    assert_string_equal(c->log_level, "info");
    assert_non_null(c->moderators);
    assert_null(c->moderators[0]);
    assert_int_equal(c->n_meetings, 0);
    assert_string_equal(config_where(c, "port"), "built-in default");
    config_free(c);
    config_free(NULL);
}

static void test_values(void **state)
{
    (void)state;
    struct config *c =
        parse_well("\xEF\xBB\xBF; a comment\r\n"
                   "# another\r\n"
                   "PORT=1234\r\n"
                   "\t users = 7   ; inline\r\n"
                   "welcometext=\"<b>Hola</b> ; \\\"tú\\\"\\nWelcome, \\x4d!\"\n"
                   "serverpassword=a;b#c\n"
                   "registerName = Mi servidor \n"
                   "sslcert=/c.pem\nSSLKEY=/k.pem\n"
                   "database=\n"
                   "username=[\\\\w]+\nchannelname=[\\w ]+\n"
                   "allowhtml=False\ncertrequired=1\nallowping=no\nsendversion=\"off\"\n"
                   "moderators = Ana María, \"Pérez, Luis\" ,x\n"
                   "[Server]\n"
                   "bandwidth=72000\nhost=127.0.0.1 ::1");
    assert_int_equal(c->port, 1234);
    assert_int_equal(c->users, 7);
    assert_string_equal(c->welcome_text, "<b>Hola</b> ; \"tú\"\nWelcome, M!");
    assert_string_equal(c->server_password, "a;b#c");
    assert_string_equal(c->register_name, "Mi servidor");
    assert_string_equal(c->ssl_cert, "/c.pem");
    assert_string_equal(c->ssl_key, "/k.pem");
    assert_string_equal(c->database, "susurro.sqlite");
    assert_string_equal(c->user_name_regex, "[\\w]+");
    assert_string_equal(c->channel_name_regex, "[\\w ]+");
    assert_false(c->is_html_allowed);
    assert_true(c->is_cert_required);
    assert_false(c->is_ping_allowed);
    assert_false(c->is_version_sent);
    assert_string_equal(c->moderators[0], "Ana María");
    assert_string_equal(c->moderators[1], "Pérez, Luis");
    assert_string_equal(c->moderators[2], "x");
    assert_null(c->moderators[3]);
    assert_int_equal(c->bandwidth_bps, 72000);
    assert_string_equal(c->host, "127.0.0.1 ::1");
    assert_string_equal(config_where(c, "port"), "t.ini:3");
    assert_string_equal(config_where(c, "sslKey"), "t.ini:9");
    config_free(c);
}

static void test_meeting_of_the_documentation(void **state)
{
    (void)state;
    struct config *c = parse_well(
        "[meeting \"Asamblea\"]\n"
        "tracks = en, es\n"
        "booths = en-es\n"
        "default_language = es\n"
        "duck_db = -15\n"
        "interpreters =            ; names or groups let into the booths; \"anyone\" must be "
        "written\n"
        "air = act                 ; act: going on air takes !air or the menu; voice: one second\n"
        "levelling = off           ; on: all voices at one loudness\n");
    assert_int_equal(c->n_meetings, 1);
    const struct config_meeting *m = &c->meetings[0];
    assert_string_equal(m->name, "Asamblea");
    assert_int_equal(m->n_tracks, 2);
    assert_string_equal(m->tracks[0].lang, "en");
    assert_string_equal(m->tracks[0].name, "English");
    assert_string_equal(m->tracks[1].lang, "es");
    assert_string_equal(m->tracks[1].name, "Español");
    assert_int_equal(m->n_booths, 1);
    assert_int_equal(m->booths[0].lang_a, 0);
    assert_int_equal(m->booths[0].lang_b, 1);
    assert_string_equal(m->booths[0].name, "Booth en-es");
    assert_int_equal(m->default_lang, 1);
    assert_int_equal(m->duck_db, -15);
    assert_int_equal(m->hold_ms, 2000);
    assert_int_equal(m->history, 20);
    assert_false(m->is_air_by_voice);
    assert_true(m->is_recording_allowed);
    assert_false(m->is_levelling);
    assert_false(m->is_denoising);
    assert_false(m->is_anyone_interpreter);
    assert_null(m->interpreters[0]);
    assert_null(m->moderators[0]);
    assert_string_equal(m->tier, "standard");
    assert_string_equal(config_where(c, "meeting.Asamblea"), "t.ini:1");
    assert_string_equal(config_where(c, "meeting.Asamblea.air"), "t.ini:7");
    config_free(c);
}

static void test_meetings(void **state)
{
    (void)state;
    struct config *c =
        parse_well("[ meeting \"Sala [1] ] \\\"B\\\"\" ] ; text\n"
                   "name.PT-br = Brasileiro\n" // may come before tracks
                   "name.es-pt-BR = Cabina\n"
                   "tracks = es, pt-br, ca-valencia\n"
                   "booths = pt-br-es, ca-valencia-es\n"
                   "duck_db = off\nhold_ms=0\ninterpreters=anyone\nair = Voice\n"
                   "tier=minimum\nchat_history=0\nrecording = OFF\nmoderators = Ana, Luis\n"
                   "[meeting \"Plena\"]\ntracks=fr\ninterpreters = Ana, \"any one\"\n"
                   "default_language = \"fr\"\n");
    assert_int_equal(c->n_meetings, 2);
    const struct config_meeting *m = &c->meetings[0];
    assert_string_equal(m->name, "Sala [1] ] \"B\"");
    assert_string_equal(m->tracks[1].lang, "pt-BR");
    assert_string_equal(m->tracks[1].name, "Brasileiro");
    assert_string_equal(m->tracks[2].name, "ca-valencia");
    assert_int_equal(m->n_booths, 2);
    assert_int_equal(m->booths[0].lang_a, 1);
    assert_int_equal(m->booths[0].lang_b, 0);
    assert_string_equal(m->booths[0].name, "Cabina"); // a pair has no order
    assert_string_equal(m->booths[1].name, "Booth ca-valencia-es");
    assert_int_equal(m->default_lang, 0);
    assert_int_equal(m->duck_db, -120);
    assert_int_equal(m->hold_ms, 0);
    assert_int_equal(m->history, 0);
    assert_true(m->is_anyone_interpreter);
    assert_null(m->interpreters[0]);
    assert_true(m->is_air_by_voice);
    assert_false(m->is_recording_allowed);
    assert_string_equal(m->tier, "minimum");
    assert_string_equal(m->moderators[1], "Luis");
    m = &c->meetings[1];
    assert_false(m->is_anyone_interpreter);
    assert_string_equal(m->interpreters[1], "any one");
    assert_int_equal(m->n_booths, 0);
    config_free(c);
}

static void test_booths(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        uint8_t a, b, c;
        bool has_third, is_one_way;
    } rows[] = {
        { "en-es", "en-es", 0, 1, 0, false, false },
        { "en-es-fr", "en-es-fr", 0, 1, 2, true, false },
        { "en>es", "en>es", 0, 1, 0, false, true },
        { "es>en", "es>en", 1, 0, 0, false, true },
        { "fr-pt-br-en", "fr-pt-BR-en", 2, 3, 0, true, false },
        { "pt-br>es", "pt-BR>es", 3, 1, 0, false, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256], name[128], pair[CONFIG_BOOTH_BYTES];
        snprintf(text, sizeof(text),
                 "[meeting \"A\"]\ntracks = en, es, fr, pt-br\nbooths = %s\nname.%s = Cabina\n"
                 "turn_minutes = %zu\n",
                 rows[i].text, rows[i].text, i);
        struct config *c = parse_well(text);
        const struct config_booth *booth = &c->meetings[0].booths[0];
        snprintf(name, sizeof(name), "row %zu", i);
        if (c->meetings[0].n_booths != 1 || booth->lang_a != rows[i].a ||
            booth->lang_b != rows[i].b || booth->lang_c != rows[i].c ||
            booth->has_third != rows[i].has_third || booth->is_one_way != rows[i].is_one_way)
            fail_msg("%s", name);
        assert_string_equal(config_booth_text(&c->meetings[0], booth, pair), rows[i].shown);
        assert_string_equal(booth->name, "Cabina");
        assert_int_equal(c->meetings[0].turn_s, 60 * i);
        config_free(c);
    }
    struct config *c = parse_well("[meeting \"A\"]\ntracks = en, es, fr\n"
                                  "booths = en-es, en>es, es>en, fr-es-en\nname.es-fr-en = Tres\n");
    assert_int_equal(c->meetings[0].n_booths, 4); // one way is another booth
    assert_string_equal(c->meetings[0].booths[1].name, "Booth en>es");
    assert_string_equal(c->meetings[0].booths[3].name, "Tres"); // no order among three
    assert_int_equal(c->meetings[0].turn_s, 30 * 60);
    config_free(c);
}

// ---- mistakes

static const struct {
    const char *text, *error;
} mistakes[] = {
    // grammar
    { "port 64738", "t.ini:1: no \"=\" in this line; write key = value, or ; before a comment" },
    { "\n\n= 5", "t.ini:3: no key before \"=\"; write key = value" },
    { "welcometext = \"Hola",
      "t.ini:1: a closing quote is missing; write \"…\", and \\\" for a quote itself" },
    { "users=1\nusers=2", "t.ini:2: \"users\" was already set in line 1; remove one of the lines" },
    { "users=1\n[server]\nUsers=2",
      "t.ini:3: \"Users\" was already set in line 1; remove one of the lines" },
    { "\xff\n", "t.ini:1: this line is not UTF-8 text; save the file as UTF-8" },
    // sections
    { "[meeting \"A\"", "t.ini:1: the section's \"]\" is missing; write [meeting \"Name\"]" },
    { "[meeting \"A\"] tracks=en",
      "t.ini:1: there is text behind \"]\"; put it on a line of its own" },
    { "[meeting A]", "t.ini:1: a meeting needs its name in quotes; write [meeting \"Name\"]" },
    { "[meeting]", "t.ini:1: a meeting needs its name in quotes; write [meeting \"Name\"]" },
    { "[meeting \"\"]", "t.ini:1: a meeting needs its name in quotes; write [meeting \"Name\"]" },
    { "[meeting \" A\"]\ntracks=en",
      "t.ini:1: \" A\" cannot be a meeting's name; write 1 to 512 characters without blanks around "
      "them" },
    { "[meting \"A\"]", "t.ini:1: unknown section [meting \"A\"]; there are [server] and [meeting "
                        "\"Name\"]" },
    { "[sever]", "t.ini:1: unknown section [sever]; did you mean \"server\"?" },
    { "[zzzz]", "t.ini:1: unknown section [zzzz]; there are [server] and [meeting \"Name\"]" },
    { MEETING "tracks=en\n[meeting \"a\"]",
      "t.ini:3: [meeting \"a\"] was already declared in line 1; rename one of them" },
    // keys
    { "prot = 1", "t.ini:1: unknown key \"prot\"; did you mean \"port\"?" },
    { "userss = 1", "t.ini:1: unknown key \"userss\"; did you mean \"users\"?" },
    { "SSLCrt = x", "t.ini:1: unknown key \"SSLCrt\"; did you mean \"sslCert\"?" },
    { "quux = 1", "t.ini:1: unknown key \"quux\"; remove it, or see config/susurro.ini" },
    { "tracks = en",
      "t.ini:1: \"tracks\" belongs to a meeting; move it beneath [meeting \"Name\"]" },
    { "name.es = X",
      "t.ini:1: \"name.es\" belongs to a meeting; move it beneath [meeting \"Name\"]" },
    { MEETING "tracks=en\nport=1",
      "t.ini:3: \"port\" belongs to the server; move it above the first "
      "[meeting …], or beneath [server]" },
    { MEETING "trakcs = en, es",
      "t.ini:2: unknown key \"trakcs\" in [meeting \"A\"]; did you mean \"tracks\"?" },
    { MEETING "zzz = 1",
      "t.ini:2: unknown key \"zzz\" in [meeting \"A\"]; remove it, or see config/susurro.ini" },
    // numbers, switches, words, expressions
    { "suggestVersion = old",
      "t.ini:1: suggestVersion = \"old\" is no version; write one such as 1.4.0" },
    { "listenersperuser = -2",
      "t.ini:1: listenersperuser = -2 is out of range; write a number from -1 to 100000" },
    { "[meeting \"A\"]\ntracks = en\nturn_minutes = soon",
      "t.ini:3: turn_minutes = \"soon\" is no number of minutes; write one from 0 to 480, as 30 or "
      "0.5" },
    { "[meeting \"A\"]\ntracks = en\nturn_minutes = nan",
      "t.ini:3: turn_minutes = \"nan\" is no number of minutes; write one from 0 to 480, as 30 or "
      "0.5" },
    { "port = http", "t.ini:1: port = \"http\" is not a number; write one from 1 to 65535" },
    { "port = 65536", "t.ini:1: port = 65536 is out of range; write a number from 1 to 65535" },
    { "port = 0", "t.ini:1: port = 0 is out of range; write a number from 1 to 65535" },
    { "users = -1", "t.ini:1: users = -1 is out of range; write a number from 1 to 100000" },
    { "users = 10 # many",
      "t.ini:1: users = \"10 # many\" is not a number; write one from 1 to 100000" },
    { "timeout = 99999999999999999999", "t.ini:1: timeout = 99999999999999999999 is out of range; "
                                        "write a number from 1 to 86400" },
    { "bandwidth = 72k",
      "t.ini:1: bandwidth = \"72k\" is not a number; write one from 8000 to 10000000" },
    { "allowhtml = maybe",
      "t.ini:1: allowhtml = \"maybe\" is neither true nor false; write one of them" },
    { "log_level = loud",
      "t.ini:1: log_level = \"loud\" is no level; write debug, info, warn or error" },
    { "username = [a-", "t.ini:1: username is not a regular expression: missing terminating ] for "
                        "character class, at character 3; correct it or remove the key" },
    { "moderators = Ana,,Luis",
      "t.ini:1: an entry of the list \"moderators\" is empty; remove the extra comma" },
    // tracks, booths
    { MEETING, "t.ini:1: [meeting \"A\"] has no tracks; add a line such as tracks = en, es" },
    { MEETING "tracks =",
      "t.ini:1: [meeting \"A\"] has no tracks; add a line such as tracks = en, es" },
    { MEETING "tracks = en, Español", "t.ini:2: \"Español\" is no language tag; write one such as "
                                      "es, en, fr, ht or pt-BR" },
    { MEETING "tracks = en, es, EN", "t.ini:2: track \"EN\" is there twice; remove one" },
    { MEETING "tracks = en, es,",
      "t.ini:2: an entry of the list \"tracks\" is empty; remove the extra comma" },
    { MEETING "tracks = aa,bb,cc,dd,ee,ff,gg,hh,ii",
      "t.ini:2: a meeting has at most 8 tracks; remove some" },
    { MEETING "tracks = en, es\nbooths = en",
      "t.ini:3: booth \"en\" is no pair of languages; write one such as en-es" },
    { MEETING "tracks = en, es\nbooths = en-es-fr",
      "t.ini:3: booth \"en-es-fr\": \"fr\" is not among the tracks (en, es); add it to tracks" },
    { MEETING "tracks = en, es\nbooths = en-fr",
      "t.ini:3: booth \"en-fr\": \"fr\" is not among the tracks (en, es); add it to tracks" },
    { MEETING "tracks = en, es\nbooths = en-en",
      "t.ini:3: booth \"en-en\" has the same language twice; write two, such as en-es" },
    { MEETING "tracks = en, es, fr\nbooths = en-es-en",
      "t.ini:3: booth \"en-es-en\" has the same language twice; write two, such as en-es" },
    { MEETING "tracks = en, es, fr\nbooths = en-es-fr, fr-en-es",
      "t.ini:3: booth \"fr-en-es\" is there twice; remove one" },
    { MEETING "tracks = en, es, fr, ht\nbooths = en-es-fr-ht",
      "t.ini:3: booth \"en-es-fr-ht\": \"fr-ht\" is not among the tracks (en, es, fr, ht); add it "
      "to "
      "tracks" },
    { MEETING "tracks = en, es\nbooths = en>es, en>es",
      "t.ini:3: booth \"en>es\" is there twice; remove one" },
    { MEETING "tracks = en, es, fr\nbooths = en>es-fr",
      "t.ini:3: booth \"en>es-fr\": \"es-fr\" is not among the tracks (en, es, fr); add it to "
      "tracks" },
    { MEETING "tracks = en, es\nbooths = en-es, es-en",
      "t.ini:3: booth \"es-en\" is there twice; remove one" },
    { MEETING "tracks=en,es,fr,de,it\nbooths=en-es,en-fr,en-de,en-it,es-fr,es-de,es-it,fr-de,fr-it",
      "t.ini:3: a meeting has at most 8 booths; remove some" },
    { MEETING "default_language = fr\ntracks = en, es",
      "t.ini:2: default_language \"fr\" is not among the tracks (en, es); write one of them" },
    // the rest of a meeting
    { MEETING "tracks=en\nduck_db = loud",
      "t.ini:3: duck_db = \"loud\" is not a number; write one from -120 to 0" },
    { MEETING "tracks=en\nduck_db = 3",
      "t.ini:3: duck_db = 3 is out of range; write a number from -120 to 0" },
    { MEETING "tracks=en\nhold_ms = 10001",
      "t.ini:3: hold_ms = 10001 is out of range; write a number from 0 to 10000" },
    { MEETING "tracks=en\nrecording = everybody",
      "t.ini:3: recording = \"everybody\" is unknown; write moderators or off" },
    { MEETING "tracks=en\nlobby = maybe",
      "t.ini:3: lobby = \"maybe\" is neither true nor false; write one of them" },
    { MEETING "tracks=en\nchat_history = 201",
      "t.ini:3: chat_history = 201 is out of range; write a number from 0 to 200" },
    { MEETING "tracks=en\ninterpreters = Ana, anyone",
      "t.ini:3: interpreters = anyone lets everybody in; remove the other names" },
    { MEETING "tracks=en\nair = always",
      "t.ini:3: air = \"always\" is unknown; write act or voice" },
    { MEETING "tracks=en\nlevelling = 3",
      "t.ini:3: levelling = \"3\" is unknown; write on or off" },
    { MEETING "tracks=en\nnoise_suppression = some",
      "t.ini:3: noise_suppression = \"some\" is unknown; write on or off" },
    { MEETING "tracks=en\ntier = huge",
      "t.ini:3: tier = \"huge\" is unknown; write full, standard, thin, minimum or lifeline" },
    { "lines = server max huge", "t.ini:1: \"server max huge\" is no rule; write as \"user Ana max "
                                 "thin\", \"server send 24\", "
                                 "\"meeting Assembly pin minimum\"" },
    { "lines = user Ana max thin, \"server Ana pin thin\"",
      "t.ini:1: \"server Ana pin thin\" is no rule; write as \"user Ana max thin\", \"server send "
      "24\", \"meeting Assembly pin minimum\"" },
    { MEETING "tracks=en\nname.es = X",
      "t.ini:3: \"name.es\" names no track or booth of [meeting \"A\"]; write name.LANGUAGE or "
      "name.BOOTH, such as name.es or name.en-es" },
    { MEETING "tracks=en\nname. = X",
      "t.ini:3: \"name.\" names no track or booth of [meeting \"A\"]; write name.LANGUAGE or "
      "name.BOOTH, such as name.es or name.en-es" },
    { MEETING "tracks=en,es\nname.en-es = X",
      "t.ini:3: \"name.en-es\" names no track or booth of [meeting \"A\"]; write name.LANGUAGE or "
      "name.BOOTH, such as name.es or name.en-es" },
    { MEETING "tracks=en\nname.en = \" X\"", "t.ini:3: name.en = \" X\" cannot be a channel's "
                                             "name; write 1 to 512 characters without blanks "
                                             "around them" },
    { MEETING "tracks=en\nname.en =", "t.ini:3: name.en = \"\" cannot be a channel's name; write 1 "
                                      "to 512 characters without blanks "
                                      "around them" },
    { MEETING "tracks=en,es\nname.en = Español",
      "t.ini:1: two channels of [meeting \"A\"] are named \"Español\"; give one another name with "
      "name.LANGUAGE or name.BOOTH" },
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        char error[CONFIG_ERROR_BYTES] = "";
        struct config *config = parse(mistakes[i].text, error);
        if (config != NULL || strcmp(error, mistakes[i].error) != 0)
            fail_msg("row %zu, text:\n%s\nexpected: %s\ngot:      %s", i, mistakes[i].text,
                     mistakes[i].error, error);
    }
}

// What is read, and written again.
static void test_rules_of_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        enum line_who who;
        enum line_what what;
        const char *name;
        uint32_t value;
    } rows[] = {
        { "server max thin", 0, LINE_SERVER, LINE_BEST, "", 2 },
        { "server send 54", 0, LINE_SERVER, LINE_SEND, "", 54 },
        { "meeting Asamblea general pin lifeline", 0, LINE_MEETING, LINE_PIN, "Asamblea general",
          4 },
        { "channel Asamblea/Español max full", 0, LINE_CHANNEL, LINE_BEST, "Asamblea/Español", 0 },
        { "group !auth send 16", 0, LINE_GROUP, LINE_SEND, "!auth", 16 },
        { "USER max pin MINIMUM", 0, LINE_USER, LINE_PIN, "max", 3 },
        { "user #12 max standard", 0, LINE_USER, LINE_BEST, "#12", 1 },
        { "", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "max thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "user max thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "server thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "server Ana max thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "user Ana max auto", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "user Ana send 20", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "user Ana send thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
        { "user Ana least thin", -1, LINE_SERVER, LINE_BEST, NULL, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line_rule rule, again;
        if (line_rule_read(rows[i].text, &rule) != rows[i].result)
            fail_msg("row %zu", i);
        if (rows[i].result != 0)
            continue;
        assert_int_equal(rule.who, rows[i].who);
        assert_int_equal(rule.what, rows[i].what);
        assert_string_equal(rule.name, rows[i].name);
        assert_int_equal(rule.value, rows[i].value);
        char *text = line_rule_write(&rule);
        assert_int_equal(line_rule_read(text, &again), 0);
        assert_string_equal(again.name, rule.name);
        assert_int_equal(again.value, rule.value);
        free(text);
        free(rule.name);
        free(again.name);
    }
}

static void test_limits(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_BYTES];
    size_t cap = (1u << 20) + 64;
    char *text = calloc(1, cap);
    assert_non_null(text);

    memset(text, 'k', 200);
    strcpy(text + 200, "=1");
    assert_null(parse(text, error));
    assert_string_equal(error, "t.ini:1: this key is too long; write key = value");

    // A long value is named in the message, cut at a whole character.
    strcpy(text, "port=");
    for (int i = 0; i < 400; i++)
        strcat(text, "ñ");
    assert_null(parse(text, error));
    assert_true(strlen(error) > 400);
    assert_memory_equal(error + strlen(error) - 2, "ñ", 2);

    size_t len = 0;
    for (int i = 0; i <= CONFIG_MEETINGS_MAX; i++)
        len += (size_t)snprintf(text + len, cap - len, "[meeting \"%d\"]\ntracks=en\n", i);
    assert_null(parse(text, error));
    assert_string_equal(error, "t.ini:513: a server has at most 256 meetings; remove some");

    len = (size_t)snprintf(text, cap, MEETING "tracks=en\nmoderators=a");
    for (int i = 0; i < 64; i++)
        len += (size_t)snprintf(text + len, cap - len, ",a%d", i);
    assert_null(parse(text, error));
    assert_string_equal(error, "t.ini:3: moderators holds more than 64 names; use a group");

    len = (size_t)snprintf(text, cap, "[Ice]\n");
    for (int i = 0; i < 4097; i++)
        len += (size_t)snprintf(text + len, cap - len, "x=1\n");
    assert_null(parse(text, error));
    assert_string_equal(error, "t.ini:4098: too many keys; 4,096 is the limit");

    memset(text, ';', (1u << 20) + 1);
    text[(1u << 20) + 1] = '\0';
    assert_null(parse(text, error));
    assert_string_equal(error, "t.ini:1: this is no configuration: it is larger than 1 MiB");
    free(text);
}

static void test_secrets_are_not_told(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "serverpassword = \"tops3cret",
        "serverpassword = tops3cret\nserverpassword = tops3cret",
        "serverpasswort = tops3cret",
        "icesecretwrite = tops3cret\nport=x",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char error[CONFIG_ERROR_BYTES];
        assert_null(parse(texts[i], error));
        assert_true(strlen(error) > 10);
        assert_null(strstr(error, "tops3cret"));
    }
}

// ---- overrides

static void test_overrides(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "port=7000",
        "Users = 8 ",
        "meeting.A.b.duck_db=-12",
        "meeting.A.b.name.es=Uno",
        "port=7001",
        "welcometext=a ; \\n b",
        "meeting.A.b.tier=minimum",
    };
    char error[CONFIG_ERROR_BYTES];
    struct config *c = config_parse("t.ini",
                                    "port=1\nbandwidth=9000\n[meeting \"A.b\"]\ntracks=es\n"
                                    "duck_db=-6",
                                    sets, ARRAY_LEN(sets), NULL, NULL, error);
    if (c == NULL)
        fail_msg("%s", error);
    assert_int_equal(c->port, 7001);
    assert_int_equal(c->users, 8);
    assert_int_equal(c->bandwidth_bps, 9000);
    assert_string_equal(c->welcome_text, "a ; \n b");
    assert_int_equal(c->meetings[0].duck_db, -12);
    assert_string_equal(c->meetings[0].tracks[0].name, "Uno");
    assert_string_equal(c->meetings[0].tier, "minimum");
    assert_string_equal(config_where(c, "port"), "--set port");
    assert_string_equal(config_where(c, "meeting.A.b.tier"), "--set meeting.A.b.tier");
    config_free(c);
}

static void test_mistakes_in_overrides(void **state)
{
    (void)state;
    static const struct {
        const char *set, *error;
    } rows[] = {
        { "port", "--set port: a value is missing; write --set key=value" },
        { "=5", "--set =5: a value is missing; write --set key=value" },
        { "port=x", "--set port: port = \"x\" is not a number; write one from 1 to 65535" },
        { "prot=1", "--set prot: unknown key \"prot\"; did you mean \"port\"?" },
        { "host=\"x",
          "--set host: a closing quote is missing; write \"…\", and \\\" for a quote itself" },
        { "meeting.A.duck_db=x",
          "--set meeting.A.duck_db: duck_db = \"x\" is not a number; write one from -120 to 0" },
        { "meeting.A.duk_db=1",
          "--set meeting.A.duk_db: unknown key \"duk_db\" in [meeting \"A\"]; "
          "did you mean \"duck_db\"?" },
        { "meeting.B.duck_db=1",
          "--set meeting.B.duck_db: the configuration declares no such meeting; write "
          "meeting.NAME.key=value with the NAME of a [meeting \"NAME\"]" },
        { "host=\xff", "--set …: this is not UTF-8 text; write key=value in UTF-8" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char error[CONFIG_ERROR_BYTES];
        assert_null(config_parse("t.ini", MEETING "tracks=en", &rows[i].set, 1, NULL, NULL, error));
        assert_string_equal(error, rows[i].error);
    }
}

// ---- warnings

static void test_warnings(void **state)
{
    (void)state;
    struct lines lines = { 0 };
    char error[CONFIG_ERROR_BYTES];
    struct config *c = config_parse("t.ini",
                                    "port=1\nDBDRIVER=QMYSQL\nicesecretwrite=s3cret\n"
                                    "[Ice]\nIce.Warn.UnknownProperties=1\nx=1\nx=2\n",
                                    NULL, 0, keep_line, &lines, error);
    assert_non_null(c);
    assert_int_equal(lines.n, 3);
    assert_string_equal(lines.text[0], "t.ini:2: \"dbDriver\" is not obeyed; the data is in one "
                                       "SQLite file; name it with database");
    assert_string_equal(lines.text[1], "t.ini:3: \"icesecretwrite\" is not obeyed; there is no Ice "
                                       "here; administer with susurro admin, or over Mumble "
                                       "as SuperUser");
    assert_string_equal(lines.text[2],
                        "t.ini:4: section [Ice] is not obeyed; there is no Ice here, remove it");
    config_free(c);
}

// Every key that mumble-server 1.3 to 1.6 knows is known here.
static void test_keys_of_mumble_server(void **state)
{
    (void)state;
    static const struct {
        const char *names, *value;
    } groups[] = {
        { "database sqlite_wal dbDriver dbUsername dbPassword dbHost dbPort dbPrefix dbOpts dbus "
          "dbusservice ice icesecret icesecretread icesecretwrite grpc grpccert grpckey "
          "grpcauthorized logfile logdays pidfile welcometext welcometextfile host serverpassword "
          "opusthreshold channelname username "
          "registerName registerPassword registerUrl registerHostname "
          "registerLocation bonjour sslCert sslKey sslPassPhrase sslCA sslDHParams sslCiphers "
          "uname "
          "obfuscate forceExternalAuth "
          "legacypasswordhash kdfiterations loggroupchanges logaclchanges rollingStatsWindow",
          "x" },
        { "port users usersperchannel messageburst messagelimit bandwidth timeout "
          "textmessagelength "
          "imagemessagelength channelnestinglimit channelcountlimit defaultchannel "
          "pluginmessageburst pluginmessagelimit rememberchannelduration listenersperchannel "
          "listenersperuser autobanAttempts autobanTimeframe autobanTime",
          "9000" },
        { "allowping allowhtml certrequired sendversion rememberchannel allowRecording "
          "broadcastlistenervolumeadjustments autobanSuccessfulConnections suggestPositional "
          "suggestPushToTalk",
          "true" },
        { "suggestVersion", "1.5.0" },
    };
    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        char names[2048];
        strcpy(names, groups[g].names);
        for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " ")) {
            char text[128], error[CONFIG_ERROR_BYTES];
            const char *value = strcmp(name, "channelnestinglimit") == 0 ? "9" : groups[g].value;
            (void)snprintf(text, sizeof text, "%s = %s\n", name, value);
            struct config *config = parse(text, error);
            if (config == NULL)
                fail_msg("%s", error);
            config_free(config);
            (void)snprintf(text, sizeof text, "%s =\n", name);
            struct lines lines = { 0 }; // blank: the default, and nothing to warn of
            config = config_parse("t.ini", text, NULL, 0, keep_line, &lines, error);
            if (config == NULL)
                fail_msg("%s", error);
            assert_int_equal(lines.n, 0);
            config_free(config);
        }
    }
}

static void test_keys_of_people_and_bans(void **state)
{
    (void)state;
    struct config *c = parse_well("rememberchannel=false\nrememberchannelduration=60\n"
                                  "allowRecording=false\npluginmessagelimit=7\n"
                                  "pluginmessageburst=8\nlistenersperchannel=0\n"
                                  "listenersperuser=-1\nbroadcastlistenervolumeadjustments=1\n"
                                  "autobanAttempts=1\nautobanTimeframe=2\nautobanTime=3\n"
                                  "autobanSuccessfulConnections=false\nsslCA=/ca.pem\n"
                                  "suggestVersion=1.4.287\nsuggestPositional=true\n"
                                  "suggestPushToTalk=false\nhidechannels=true\n"
                                  "connections_per_host=9\nuname=mumble-server\n");
    assert_false(c->is_channel_remembered);
    assert_int_equal(c->remember_channel_s, 60);
    assert_false(c->is_recording_allowed);
    assert_int_equal(c->plugin_message_limit, 7);
    assert_int_equal(c->plugin_message_burst, 8);
    assert_int_equal(c->listeners_per_channel, 0);
    assert_int_equal(c->listeners_per_user, -1);
    assert_true(c->is_listener_volume_broadcast);
    assert_int_equal(c->autoban_attempts, 1);
    assert_int_equal(c->autoban_timeframe_s, 2);
    assert_int_equal(c->autoban_time_s, 3);
    assert_false(c->is_autoban_counting_successful);
    assert_string_equal(c->ssl_ca, "/ca.pem");
    assert_true(c->suggest_version == 0x00010004011F0000);
    assert_int_equal(c->suggest_positional, 1);
    assert_int_equal(c->suggest_push_to_talk, 0);
    assert_true(c->is_hiding_channels);
    assert_int_equal(c->connections_per_host, 9);
    assert_string_equal(c->run_as, "mumble-server");
    config_free(c);
}

// A version may be text, the 32-bit number of old files, or the 64-bit one.
static void test_suggested_versions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t version;
    } rows[] = {
        { "1.2.4", 0x0001000200040000 },
        { "1.5", 0x0001000500000000 },
        { "66052", 0x0001000200040000 },
        { "281496451547136", 0x0001000500000000 },
        { "", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "suggestVersion=%s", rows[i].text);
        struct config *c = parse_well(text);
        assert_true(c->suggest_version == rows[i].version);
        config_free(c);
    }
}

// Values that ask for what happens anyhow need no warning; others name the remedy.
static void test_keys_that_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_warned;
    } rows[] = {
        { "sqlite_wal=2", false },     { "sqlite_wal=0", true },
        { "dbDriver=QSQLITE", false }, { "dbDriver=sqlite", false },
        { "dbDriver=QMYSQL", true },   { "bonjour=false", false },
        { "bonjour=true", true },      { "legacypasswordhash=False", false },
        { "kdfiterations=-1", false }, { "kdfiterations=5000", true },
        { "icesecretwrite=", false },  { "forceExternalAuth=true", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lines lines = { 0 };
        char error[CONFIG_ERROR_BYTES];
        struct config *c = config_parse("t.ini", rows[i].text, NULL, 0, keep_line, &lines, error);
        assert_non_null(c);
        if ((lines.n == 1) != rows[i].is_warned)
            fail_msg("%s: %s", rows[i].text, lines.n > 0 ? lines.text[0] : "no warning");
        config_free(c);
    }
}

// ---- files

// The sample states the defaults: reading it gives what no file gives, and a meeting.
static void test_sample(void **state)
{
    (void)state;
    struct lines lines = { 0 };
    char error[CONFIG_ERROR_BYTES];
    struct config *c = config_load("config/susurro.ini", NULL, 0, keep_line, &lines, error);
    if (c == NULL)
        fail_msg("%s", error);
    struct config *d = config_load(NULL, NULL, 0, NULL, NULL, error);
    assert_non_null(d);
    assert_int_equal(lines.n, 0);
    assert_int_equal(c->port, d->port);
    assert_null(c->host);
    assert_null(c->server_password);
    assert_null(c->welcome_text);
    assert_null(c->ssl_cert);
    assert_string_equal(c->database, d->database);
    assert_string_equal(c->channel_name_regex, d->channel_name_regex);
    assert_string_equal(c->user_name_regex, d->user_name_regex);
    // The numbers and switches lie side by side.
    size_t from = offsetof(struct config, users), to = offsetof(struct config, is_version_sent);
    assert_memory_equal((char *)c + from, (char *)d + from, to + 1 - from);
    assert_int_equal(c->n_meetings, 1);
    assert_string_equal(c->meetings[0].booths[0].name, "Booth en-es");
    // Every key that is obeyed is in the sample.
    static const char *const obeyed[] = {
        "port",
        "host",
        "serverpassword",
        "welcometext",
        "registerName",
        "database",
        "sslCert",
        "sslKey",
        "sslPassPhrase",
        "logfile",
        "pidfile",
        "channelname",
        "username",
        "users",
        "usersperchannel",
        "bandwidth",
        "timeout",
        "textmessagelength",
        "imagemessagelength",
        "messagelimit",
        "messageburst",
        "channelnestinglimit",
        "channelcountlimit",
        "defaultchannel",
        "allowhtml",
        "allowping",
        "certrequired",
        "sendversion",
        "welcometextfile",
        "sslCA",
        "uname",
        "rememberchannel",
        "rememberchannelduration",
        "allowRecording",
        "pluginmessagelimit",
        "pluginmessageburst",
        "listenersperchannel",
        "listenersperuser",
        "broadcastlistenervolumeadjustments",
        "autobanAttempts",
        "autobanTimeframe",
        "autobanTime",
        "autobanSuccessfulConnections",
        "suggestVersion",
        "suggestPositional",
        "suggestPushToTalk",
        "connections_per_host",
        "hidechannels",
        "voice_threads",
        "mixer_threads",
        "voice_dscp",
        "voice_priority",
        "log_level",
        "moderators",
        "recordings",
        "meeting.Asamblea.tracks",
        "meeting.Asamblea.booths",
        "meeting.Asamblea.default_language",
        "meeting.Asamblea.duck_db",
        "meeting.Asamblea.hold_ms",
        "meeting.Asamblea.interpreters",
        "meeting.Asamblea.moderators",
        "meeting.Asamblea.air",
        "meeting.Asamblea.levelling",
        "meeting.Asamblea.noise_suppression",
        "meeting.Asamblea.tier",
        "meeting.Asamblea.chat_history",
        "meeting.Asamblea.recording",
        "meeting.Asamblea.lobby",
        "meeting.Asamblea.password",
        "meeting.Asamblea.name.en-es",
    };
    for (size_t i = 0; i < ARRAY_LEN(obeyed); i++) {
        if (strcmp(config_where(c, obeyed[i]), "built-in default") == 0)
            fail_msg("%s is not in the sample", obeyed[i]);
    }
    config_free(c);
    config_free(d);
}

static void test_demo(void **state)
{
    (void)state;
    struct lines lines = { 0 };
    char error[CONFIG_ERROR_BYTES];
    struct config *c = config_load("config/demo.ini", NULL, 0, keep_line, &lines, error);
    if (c == NULL)
        fail_msg("%s", error);
    assert_int_equal(lines.n, 0);
    assert_string_equal(c->meetings[0].name, "Asamblea");
    assert_true(c->meetings[0].is_anyone_interpreter);
    assert_true(c->meetings[0].is_air_by_voice);
    config_free(c);
}

static void test_files_that_cannot_be_read(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_BYTES];
    assert_null(config_load("/nowhere/x.ini", NULL, 0, NULL, NULL, error));
    assert_string_equal(
        error, "/nowhere/x.ini: cannot be opened: No such file or directory; check the path");
    assert_null(config_load("/tmp", NULL, 0, NULL, NULL, error));
    assert_string_equal(error, "/tmp: cannot be read: Is a directory; name a plain file");

    char path[] = "/tmp/config_test_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "port\0=1", 7), 7);
    (void)close(fd);
    assert_null(config_load(path, NULL, 0, NULL, NULL, error));
    assert_non_null(strstr(error, ":1: this line is not UTF-8 text; save the file as UTF-8"));
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_meeting_of_the_documentation),
        cmocka_unit_test(test_meetings),
        cmocka_unit_test(test_booths),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_rules_of_lines),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_secrets_are_not_told),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_mistakes_in_overrides),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_keys_of_mumble_server),
        cmocka_unit_test(test_keys_of_people_and_bans),
        cmocka_unit_test(test_suggested_versions),
        cmocka_unit_test(test_keys_that_change_nothing),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_demo),
        cmocka_unit_test(test_files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
