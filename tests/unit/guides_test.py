#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guides name only what there is: commands in the words of their language, pictures and pages that exist. And
docs/PROTOCOL.md names every command.

Each guide has a sister in the other language, with the same chapters, tables and pictures. The checks are themselves
tested on planted faults.
"""

import glob
import os
import re
import unittest

import i18n_test

GUIDES = os.path.join(i18n_test.ROOT, "docs", "guide")
LANGUAGES = ("en", "es")
COMMAND = re.compile(r"(?<!\w)!(\w[\w-]*)")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE_BYTES = 60 << 10
SHAPES = {"chapters": r"^#+ ", "rows of tables": r"^\|", "list entries": r"^(?:- |\d+\. )",
          "blocks of code": r"^```", "pictures": r"!\[[^\]]*\]\("}


def unknown_commands(text, language, commands):
    """The !words that are neither a command in that language nor one of a meeting's languages."""
    words = {word for one in commands for word in one[language]}
    return [word for word in COMMAND.findall(text)
            if word.lower() not in words and not re.fullmatch(r"[a-z]{2}", word)]


def dead_links(text, directory):
    """Links to files that are not there, and pictures that are too big."""
    found = []
    for is_picture, target in LINK.findall(text):
        path = os.path.join(directory, target.split("#")[0])
        if re.match(r"\w+:", target):
            continue
        if not os.path.exists(path):
            found.append(target)
        elif is_picture and os.path.getsize(path) > PICTURE_BYTES:
            found.append(f"{target}: {os.path.getsize(path)} bytes")
    return found


def shape(text):
    return {name: len(re.findall(pattern, text, re.MULTILINE)) for name, pattern in SHAPES.items()}


class GuidesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = i18n_test.tables()
        cls.guides = {}  # (name, language): text
        for path in glob.glob(os.path.join(GUIDES, "*.md")):
            name, language, _ = os.path.basename(path).split(".")
            with open(path, encoding="utf-8") as file:
                cls.guides[name, language] = file.read()

    def test_there_are_four_in_both_languages(self):
        self.assertEqual(set(self.guides), {(name, language) for language in LANGUAGES for name in
                                            ("admin", "interpreter", "moderator", "participant")})

    def test_commands_exist(self):
        for (name, language), text in self.guides.items():
            with self.subTest(name, language=language):
                self.assertEqual(unknown_commands(text, language, self.commands), [])

    def test_links_lead_somewhere(self):
        for (name, language), text in self.guides.items():
            with self.subTest(name, language=language):
                self.assertEqual(dead_links(text, GUIDES), [])

    def test_no_picture_is_left_over(self):
        shown = {target for text in self.guides.values() for _, target in LINK.findall(text)}
        there = {os.path.basename(path) for path in glob.glob(os.path.join(GUIDES, "picture-*"))}
        self.assertEqual(there - shown, set())

    def test_both_languages_have_the_same_parts(self):
        for name in {name for name, _ in self.guides}:
            with self.subTest(name):
                self.assertEqual(shape(self.guides[name, "en"]), shape(self.guides[name, "es"]))


class ProtocolTest(unittest.TestCase):
    def test_all_commands_are_there(self):
        page = i18n_test.read("docs/PROTOCOL.md")
        listed = re.search(r"any of them in any language:\s*`([^`]*)`", page).group(1)
        known = [entry.split() for entry in listed.split("·")]
        for command in i18n_test.tables():
            with self.subTest(command["en"][0]):
                self.assertTrue(any({command["en"][0], command["es"][0]} <= set(entry) for entry in known))


class PlantedTest(unittest.TestCase):
    def test_commands(self):
        commands = [{"en": ["floor"], "es": ["sala", "original"]}]
        rows = [("write `!floor`, `!es`", "en", []), ("write `!sala`", "en", ["sala"]), ("`!Sala`", "es", []),
                ("`!floor`", "es", ["floor"]), ("¡Hola! ![x](y.png)", "es", []), ("`!nothing 12`", "en", ["nothing"])]
        for text, language, expected in rows:
            with self.subTest(text):
                self.assertEqual(unknown_commands(text, language, commands), expected)

    def test_links(self):
        text = "![a](guides_test.py) [b](nowhere.md#c) [d](https://example.org/x) ![e](picture.png)"
        self.assertEqual(dead_links(text, os.path.dirname(os.path.abspath(__file__))),
                         ["nowhere.md#c", "picture.png"])

    def test_shapes(self):
        self.assertNotEqual(shape("# a\n\n| b |\n"), shape("# a\n"))


if __name__ == "__main__":
    unittest.main()
