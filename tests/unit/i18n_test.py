#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every text that people read is there in every language, and says the same with the same parts.

Compares po/*.po with what po/extract finds in the sources: nothing missing, guessed (fuzzy) or left over; the same
places for arguments, the same HTML tags, and commands in the words of that language, taken from the tables in
server/control/. And looks for words that reach people without having been marked for translation.
The checks are themselves tested on planted faults.
"""

import ast
import glob
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LANGUAGES = ["en", "es", "fr", "pt", "ht"]  # the order of words in the tables of commands
PLACE = re.compile(r"%(?:(\d)\$)?([-+ 0#]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?[a-zA-Z])")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
COMMAND = re.compile(r"(?<!\w)!(\w[\w-]*)")
STRING = r'"(?:[^"\\]|\\.)*"'
WORDS_OF_A_COMMAND = re.compile(r"\{\s*((?:%s\s*,\s*){%d}%s)\s*,?\s*\}(?=\s*,\s*\w+\s*,\s*COMMAND_)" %
                                (STRING, len(LANGUAGES) - 1, STRING))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def entries(text):
    """The entries of a .po file: dictionaries with msgid, msgstr, flags, is_obsolete."""
    for block in re.split(r"\n\s*\n", text):
        entry = {"msgid": "", "msgstr": "", "flags": "", "is_obsolete": False}
        key = None
        for line in block.splitlines():
            if line.startswith("#~"):
                entry["is_obsolete"] = True
                line = line[2:].strip()
            if line.startswith("#,"):
                entry["flags"] += line[2:]
            match = re.match(r'(msgid|msgstr)?\s*(".*")$', line)
            if match:
                key = match.group(1) or key
                entry[key] += ast.literal_eval(match.group(2))
        if key:
            yield entry


def catalogue(text):
    """(texts without the header, complaints about fuzzy and obsolete ones)."""
    found, complaints = {}, []
    for entry in entries(text):
        if entry["is_obsolete"]:
            complaints.append(f"no longer in the sources: {entry['msgid']!r}")
        elif "fuzzy" in entry["flags"]:
            complaints.append(f"fuzzy: {entry['msgid']!r}")
        elif entry["msgid"]:
            found[entry["msgid"]] = entry["msgstr"]
    return found, complaints


def places(text):
    """What stands at each place: [(1, "s"), (2, "s")]; None when places are mixed up."""
    found, is_numbered = [], set()
    for number, kind in PLACE.findall(text.replace("%%", "")):
        found.append((int(number or len(found) + 1), kind))
        is_numbered.add(bool(number))
    return sorted(found) if len(is_numbered) < 2 else None


def tables():
    """The commands: a list of {language: [words]}."""
    commands = []
    for path in sorted(glob.glob(os.path.join(ROOT, "server/control/**/*.c"), recursive=True)):
        for row in WORDS_OF_A_COMMAND.findall(read(path)):
            columns = [ast.literal_eval(one).split("|") for one in re.findall(STRING, row)]
            commands.append(dict(zip(LANGUAGES, columns)))
    return commands


def commands_of(text, language, commands):
    """What each !word of a text in this language stands for: an index, or "tag"; None: unknown there."""
    found = []
    for word in COMMAND.findall(TAG.sub("", text)):
        known = [i for i, one in enumerate(commands) if word.lower() in one[language]]
        tag = ["tag"] if re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", word) else [None]
        found.append((known or tag)[0])
    return found


def faults(english, translated, language, commands):
    """What is wrong with one translation: a list of words for it."""
    found = []
    if places(english) != places(translated):
        found.append("other places for arguments")
    if sorted(TAG.findall(english)) != sorted(TAG.findall(translated)):
        found.append("other HTML tags")
    if english[:1].isspace() != translated[:1].isspace() or \
            english[-1:].isspace() != translated[-1:].isspace():
        found.append("blanks at an end")
    here = commands_of(translated, language, commands)
    if None in here:
        found.append("a command that this language does not have")
    elif sorted(set(map(str, here)) - {"tag"}) != \
            sorted(set(map(str, commands_of(english, "en", commands))) - {"tag"}):
        found.append("other commands")
    return found


# ---- what was not marked ------------------------------------------------------------------------------------------

CALL = re.compile(r"\b(say|say_as|send_text|send_denied_reason)\s*\(")
CALL_IN_CLIENT = re.compile(r"\b(fault_set)\s*\(")
MARKED = re.compile(r"\bN_\(\s*%s(?:\s+%s)*\s*\)|\bfor_reader\s*\([^()]*(\([^()]*\))?[^()]*\)" %
                    (STRING, STRING))
HAS_WORDS = re.compile(r"[A-Za-z]{3,}")


def arguments_at(source, at):
    """The text between this parenthesis and the one that closes it."""
    depth = 0
    for token in re.finditer(r'%s|[()]' % STRING, source[at:]):
        if token.group() == "(":
            depth += 1
        elif token.group() == ")":
            depth -= 1
            if depth == 0:
                return source[at + 1:at + token.start()]
    return ""


def without_comments(source):
    return re.sub(r'(%s)|//[^\n]*|/\*.*?\*/' % STRING, lambda match: match.group(1) or " ", source,
                  flags=re.DOTALL)


def unmarked(source, functions=CALL):
    """Arguments of what speaks to people that are words in the source, or English by nature."""
    found = []
    source = without_comments(source)
    for call in functions.finditer(source):
        arguments = MARKED.sub("", arguments_at(source, call.end() - 1))
        # What a layer says of an error is English until for_reader has looked it up.
        if call.group(1) != "send_denied_reason" and re.search(r"_error_text\s*\(", arguments):
            found.append(f"{call.group(1)}({' '.join(arguments.split())})")
        for literal in re.findall(STRING, arguments):
            plain = PLACE.sub("", TAG.sub("", ast.literal_eval(literal)))
            if HAS_WORDS.search(plain):
                found.append(f"{call.group(1)}(… {literal} …)")
    return found


class Texts(unittest.TestCase):
    """The project itself."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        done = subprocess.run([os.path.join(ROOT, "po/extract")], capture_output=True, text=True,
                              check=True, timeout=60)
        cls.english = list(catalogue(done.stdout)[0])
        cls.commands = tables()

    def test_sources_were_read(self):
        self.assertGreater(len(self.english), 40)
        self.assertGreater(len(self.commands), 15)
        self.assertEqual(sorted(read("po/LINGUAS").split()), sorted(LANGUAGES[1:]))

    def test_nothing_is_missing(self):
        for language in LANGUAGES[1:]:
            with self.subTest(language):
                texts, complaints = catalogue(read(f"po/{language}.po"))
                self.assertEqual(complaints, [])
                self.assertEqual([one for one in self.english if not texts.get(one)], [],
                                 "not translated: ./dev po, then translate what is empty")
                self.assertEqual([one for one in texts if one not in self.english], [],
                                 "no longer in the sources: ./dev po")

    def test_parts_are_the_same(self):
        for language in LANGUAGES[1:]:
            texts, _ = catalogue(read(f"po/{language}.po"))
            for english, translated in texts.items():
                with self.subTest(language, english=english, translated=translated):
                    if translated:
                        self.assertEqual(faults(english, translated, language, self.commands), [])

    def test_english_names_its_own_commands(self):
        for english in self.english:
            with self.subTest(english):
                self.assertNotIn(None, commands_of(english, "en", self.commands))

    def test_words_of_commands_are_clear(self):
        """A word means one command, whatever the language, since people write what they know."""
        owner = {}
        for index, command in enumerate(self.commands):
            for language in LANGUAGES:
                for word in command[language]:
                    self.assertRegex(word, r"^\w[\w-]*$")
                    self.assertEqual(owner.setdefault(word, index), index,
                                     f"!{word} is two commands")

    def test_nothing_is_said_unmarked(self):
        for folder, functions in (("server/control", CALL), ("client-cli", CALL_IN_CLIENT)):
            for path in sorted(glob.glob(os.path.join(ROOT, folder, "**/*.c"), recursive=True)):
                with self.subTest(os.path.basename(path)):
                    self.assertEqual(unmarked(read(path), functions), [])


class Checker(unittest.TestCase):
    """Planted faults, one a row: each must be found, and what is right must pass."""

    COMMANDS = [dict(zip(LANGUAGES, [[one] for one in words])) for words in
                (["air", "aire", "antenne", "ar", "lè"], ["help", "ayuda", "aide", "ajuda", "èd"])]
    WRONG = [
        ("Listeners: %s", "Oyentes:", "places"),
        ("%s and %s", "%2$s y %2$s", "places"),
        ("%s and %s", "%s y %2$s", "places"),
        ("%d people", "%s personas", "places"),
        ("<b>now</b>", "<b>ya", "tags"),
        ("<b>now</b>", "<i>ya</i>", "tags"),
        ("Write !air", "Escribe !ayuda", "commands"),
        ("Write !air", "Escribe aire", "commands"),
        ("Write !air", "Escribe !air", "does not have"),
        ("Floor: ", "Sala:", "blanks"),
    ]
    RIGHT = [
        ("%s and %s", "%2$s y %1$s"),
        ("Write <b>!air</b>, or !help.", "Escribe !ayuda o <b>!aire</b>."),
        ("<b>!en</b>, <b>!es</b>: 100 %%", "<b>!es</b>, <b>!pt-BR</b>: 100 %%"),
        ("Wow! %s", "¡Ay! %s"),
    ]
    UNMARKED = [
        'say(conn, PHRASE_X, "nobody");',
        'send_text(conn, "<b>Hello</b>");',
        'say(conn, PHRASE_FAILED, model_error_text(error));',
        'send_denied_reason(conn, TYPE, "There are too many", NULL);',
        'say(conn, x ? PHRASE_A : PHRASE_B,\n    y ? name : "somebody (else)");',
    ]
    MARKED = [
        'say(conn, PHRASE_X, name);', 'say(conn, PHRASE_X, is_first ? "!" : ", ");',
        '// say(conn, PHRASE_X, "in a comment");', 'send_text(conn, html);',
        'snprintf(text, sizeof(text), "%s seconds");',
        'send_denied_reason(conn, TYPE, N_("There are too many"), NULL);',
        'say(conn, PHRASE_FAILED, for_reader(conn, model_error_text(error)));',
    ]

    def test_wrong(self):
        for english, translated, part in self.WRONG:
            with self.subTest(translated):
                found = faults(english, translated, "es", self.COMMANDS)
                self.assertEqual(len(found), 1, found)
                self.assertIn(part, found[0])

    def test_right(self):
        for english, translated in self.RIGHT:
            with self.subTest(translated):
                self.assertEqual(faults(english, translated, "es", self.COMMANDS), [])

    def test_catalogues(self):
        text = ('msgid ""\nmsgstr "Language: xx\\n"\n\n#, fuzzy\nmsgid "a"\nmsgstr "b"\n\n'
                '#~ msgid "c"\n#~ msgstr "d"\n\n#, c-format\nmsgid ""\n"e "\n"\\"%s\\""\nmsgstr "f"\n')
        texts, complaints = catalogue(text)
        self.assertEqual(texts, {'e "%s"': "f"})
        self.assertEqual(complaints, ["fuzzy: 'a'", "no longer in the sources: 'c'"])

    def test_unmarked(self):
        for source in self.UNMARKED:
            with self.subTest(source):
                self.assertEqual(len(unmarked(source)), 1)

    def test_unmarked_in_the_client(self):
        for source, n in (('return fault_set(fault, "%s is broken", file);', 1),
                          ('return fault_set(fault, N_("%s is broken"), file);', 0),
                          ('fault_set(fault, "%s: %.300s", name, why.text);', 0)):
            with self.subTest(source):
                self.assertEqual(len(unmarked(source, CALL_IN_CLIENT)), n)

    def test_marked(self):
        for source in self.MARKED:
            with self.subTest(source):
                self.assertEqual(unmarked(source), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
