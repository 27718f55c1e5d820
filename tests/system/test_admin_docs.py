# SPDX-License-Identifier: BSD-3-Clause
"""Help, man page and completions of `susurro` agree: they say what the tables of the program say."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from lib.process import clean_environment, missing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "man", "susurro.1")
COMPLETIONS = os.path.join(ROOT, "completions")


def run(*words, **more):
    done = subprocess.run([os.environ["SUSURRO"], *words], capture_output=True, text=True, check=True,
                          timeout=30, **more)
    return done.stdout


def table():
    return [line.split("\t") for line in run("admin", "--list-commands").splitlines()]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return "\\&" + text if text[0] in ".'" else text


def entry(left, right):
    return [".TP", ".B " + roff(left.strip()), roff(right)]


def commands_in_roff():
    """The man page's part about the commands of admin, as the table has it."""
    lines, group, is_indented = [], None, False
    headings = {"argument": "Arguments", "global": "Options of admin"}
    for row in table():
        if is_indented and row[0] != "option":
            lines.append(".RE")
            is_indented = False
        heading = row[1] if row[0] == "command" else headings.get(row[0], group)
        if heading != group:
            lines.append(".SS " + roff(heading))
            group = heading
        if row[0] == "option" and not is_indented:
            lines.append(".RS")
            is_indented = True
        if row[0] == "command":
            lines += entry(row[2], row[3])
        elif row[0] == "argument":
            lines += entry(row[1], row[2])
        else:
            lines += entry(f"{row[1]} {row[2]}", row[3])
    return "\n".join(lines) + "\n"


def options_in_roff(command):
    """The same for join and ping, from their help."""
    lines = []
    for line in run(command, "--help").splitlines():
        found = re.match(r"  (--.{18}) (.+)", line)
        if found:
            lines += entry(found.group(1), found.group(2))
        elif line.startswith(" " * 23):
            lines[-1] += " " + roff(line.strip())
    return "\n".join(lines) + "\n"


class ManPage(unittest.TestCase):
    """man/susurro.1."""

    def holds(self, part):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        self.assertGreater(len(part.splitlines()), 5)
        self.assertIn(part, page, f"man/susurro.1 should hold this part:\n{part}")

    def test_commands(self):
        self.holds(commands_in_roff())

    def test_join(self):
        self.holds(options_in_roff("join"))

    def test_consoles(self):
        for command in ("interpret", "listen", "moderate"):
            self.holds(options_in_roff(command))

    def test_ping(self):
        self.holds(options_in_roff("ping"))

    @unittest.skipIf(missing("man"), "man is not installed")
    def test_is_well_formed(self):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", PAGE], text=True,
                              capture_output=True, timeout=60, check=False,
                              env=clean_environment("/tmp", MANWIDTH="100"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        words = re.sub(r".\x08", "", done.stdout).split()
        for text in ("acl CHANNEL add group SPEC RIGHT...", "\\/ a slash in a name"):
            self.assertTrue(text in " ".join(words), f"{text!r} in the page as it is shown")


class Help(unittest.TestCase):
    """susurro admin --help."""

    def test_all(self):
        text = run("admin", "--help")
        for row in table():
            if row[0] == "command":
                self.assertIn(f"\n  {row[2]}\n      {row[3]}\n", text)
            elif row[0] == "global":
                self.assertIn(f"  {row[1]} {row[2]}", text)

    def test_of_some(self):
        text = run("admin", "ban", "add", "--help")
        self.assertIn("ban add [ADDRESS]", text)
        self.assertIn("IPv4 or IPv6", text)
        self.assertNotIn("ban remove", text)


class Keys(unittest.TestCase):
    """docs/client.md holds the keys of the consoles, no more and no less, as their --help has them."""

    def test_keys(self):
        with open(os.path.join(ROOT, "docs", "client.md"), encoding="utf-8") as file:
            part = file.read().split("Keys, as `?` shows them:")[1].split("\n# ")[0]
        page = set(re.findall(r"^\| `(.+?)` \| (\S.*) \|$", part, re.M))
        told = set()
        for command in ("interpret", "listen", "moderate"):
            part = run(command, "--help").split("print this\n\n")[1].split("\n\n")[0]
            rows = re.findall(r"^  (\S.{10}) {1,2}(\S.*)$", part, re.M)
            self.assertGreater(len(rows), 10)
            told |= {(key.strip(), text) for key, text in rows}
        self.assertEqual(told, page)


class Completion(unittest.TestCase):
    """What shells offer after some words."""

    ROWS = [
        (("adm",), {"admin"}),
        (("join", "--li"), {"--listen"}),
        (("interpret", "--bo"), {"--booth"}),
        (("mod",), {"moderate"}),
        (("admin", "mumble://root@host.example:64738", "user", "un"),
         {"unmute", "undeafen", "unpriority", "unsuppress", "unregister"}),
        (("admin", "--cert", "x.pem", "acl", "The Hall", "group", "g", "d"), {"delete"}),
        (("admin", "localhost", "acl", "Hall", "add", "group", "all", "+sp"), {"+speak"}),
        (("admin", "channel", "add", "x", "--pos"), {"--position"}),
        (("admin", "--keep"), {"--keep-going"}),
        (("admin", "user", "kick", ""), set()),
    ]

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="completion-")
        self.addCleanup(shutil.rmtree, self.home, True)
        os.symlink(os.path.abspath(os.environ["SUSURRO"]), os.path.join(self.home, "susurro"))
        self.environment = clean_environment(self.home)
        self.environment["PATH"] = self.home + os.pathsep + self.environment.get("PATH", "/bin")

    def shell(self, *argv):
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False,
                              env=self.environment, cwd=self.home)
        self.assertEqual(done.stderr, "", argv)
        return done.stdout

    def test_program(self):
        for words, offers in self.ROWS:
            with self.subTest(words=words):
                lines = run("--complete", *words).splitlines()
                self.assertEqual({line.split("\t")[0] for line in lines if line[0] != "<"}, offers)

    def test_every_command_is_offered(self):
        for row in table():
            if row[0] != "command":
                continue
            words = row[2].split()
            for i, word in enumerate(words):
                if word[0].islower():
                    with self.subTest(pattern=row[2], word=word):
                        lines = run("--complete", "admin", *words[:i], word[:2]).splitlines()
                        self.assertIn(word, [line.split("\t")[0] for line in lines])

    def test_bash(self):
        """As bash itself parts the words: links at their colons."""
        for words, offers in self.ROWS:
            with self.subTest(words=words):
                parts = [part for word in words for part in
                         ([repr(word)] if " " in word else re.findall(r"[:=]+|[^:=]+", word) or [word])]
                listed = " ".join(f'"{part}"' for part in ["susurro", *parts])
                out = self.shell("bash", "-c",
                                 f"source {COMPLETIONS}/susurro.bash; COMP_WORDS=({listed}); "
                                 f"COMP_CWORD={len(parts)}; _susurro; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
                self.assertEqual(set(out.split()), offers)

    @unittest.skipIf(missing("fish"), "fish is not installed")
    def test_fish(self):
        for words, offers in self.ROWS:
            if not offers:
                continue  # then fish offers files
            with self.subTest(words=words):
                line = " ".join(["susurro", *(repr(word) if " " in word else word for word in words)])
                out = self.shell("fish", "-c", f"source {COMPLETIONS}/susurro.fish; "
                                               f"complete -C '{line.replace(chr(39), chr(34))}'")
                self.assertEqual({one.split("\t")[0] for one in out.splitlines()}, offers)

    @unittest.skipIf(missing("zsh"), "zsh is not installed")
    def test_zsh(self):
        """Its functions are stood in for: what would they be told?"""
        script = (f"compdef() {{ }}; _message() {{ }}; _files() {{ }}; "
                  f"_describe() {{ local -a all; all=(\"${{(@P)2}}\"); print -l -- \"${{all[@]%%:*}}\" }}; "
                  f"words=(susurro \"$@\"); CURRENT=$#words; source {COMPLETIONS}/_susurro")
        for words, offers in self.ROWS:
            with self.subTest(words=words):
                out = self.shell("zsh", "-f", "-c", script, "zsh", *words)
                self.assertEqual(set(out.split()), offers)


if __name__ == "__main__":
    unittest.main()
