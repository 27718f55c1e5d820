# SPDX-License-Identifier: BSD-3-Clause
"""A meeting as ordinary clients see it: the tree, the welcome, commands, menus, booths, going on air."""

import hashlib
import shutil
import ssl
import tempfile
import unittest

from lib.observer import (CHANNEL_STATE, CONTEXT_ACTION, CONTEXT_ACTION_MODIFY, SERVER_SYNC,
                          TEXT_MESSAGE, USER_STATE)
from lib.protobuf import last, text
from system.case import SystemTest, end, make_certificate
from system.client import CHANNEL_REMOVE, DENIED_PERMISSION
from system.test_people import texts

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
duck_db = -15
interpreters = Iris, "{group}"
moderators = Mona
air = act
levelling = off
"""
ENTER = 4
LISTEN = {"susurro.listen.en", "susurro.listen.es", "susurro.floor"}
BOOTH = {"susurro.air", "susurro.turn", "susurro.slow", "susurro.louder", "susurro.repeat",
         "susurro.cannot"}  # of one alone in it, who is not on air; more in test_menu
HAND = {"susurro.hand"}
EVERYWHERE = 7


class MeetingTest(SystemTest):
    """Judged by what clients are told."""

    has_superuser = True

    @classmethod
    def setUpClass(cls):
        cls.meeting = MEETING.format(group="$" + "0" * 40)
        super().setUpClass()

    def setUp(self):
        self.ana = self.client("Ana")
        self.floor, self.english, self.spanish, self.booth = (
            self.ana.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es"))

    def test_names_of_guests_are_warned_of(self):
        self.assertIn('any guest of this name moderates: register it, or write $ and a hash" '
                      'name=Mona where=Asamblea', self.server.process.log())

    def told(self, client, part, timeout_s=5):
        """Wait for a text of the server's that holds this part."""
        return client.until(lambda: [one["message"] for one in client.texts
                                     if one["actor"] is None and part in one["message"]],
                            timeout_s, f"a text with {part!r}")

    def test_tree(self):
        channels = self.ana.channels.values()
        tree = {one["name"]: (one.get("parent"), one["position"]) for one in channels}
        self.assertEqual(tree, {"Root": (None, 0), "Asamblea": (0, 0), "English": (self.floor, 0),
                                "Español": (self.floor, 1), "Booth en-es": (self.floor, 100)})
        voices = {one["name"]: one["channel_id"] for one in self.ana.users.values()
                  if one["session"] != self.ana.session}
        self.assertEqual({name: where for name, where in voices.items() if "Booth" not in name},
                         {"English 🎧": self.english, "Español 🎧": self.spanish})
        states = {last(one, 1): one for one in self.ana.kinds(CHANNEL_STATE)}
        self.assertEqual([(last(states[one], 12), last(states[one], 13))
                          for one in (self.floor, self.english, self.booth)],
                         [(0, 1), (0, 1), (1, 0)])
        iris = self.client("Iris")
        state = [one for one in iris.kinds(CHANNEL_STATE) if last(one, 1) == self.booth][0]
        self.assertEqual((last(state, 12), last(state, 13)), (1, 1))

    def test_welcome(self):
        welcome = text(self.ana.kinds(SERVER_SYNC)[0], 3)
        english, spanish = welcome.split("<br/>")
        for line, parts in ((english, ("to listen in English", "Asamblea", "!en")),
                            (spanish, ("para escuchar en español", "Español", "!es"))):
            for part in parts:
                self.assertIn(part, line)

    def test_choosing(self):
        for command, where, part in (("!es", self.spanish, "Escuchas en Español"),
                                     ("!en", self.english, "You listen in English"),
                                     ("!sala", self.floor, "voces originales"),
                                     ("<p>!es</p>", self.spanish, "Español"),
                                     ("!floor", self.floor, "originales"),
                                     ("<p><b>!EN</b></p>\n", self.english, "English"),
                                     (" !es ", self.spanish, "Español"),
                                     ("!original", self.floor, "originales")):
            with self.subTest(command):
                answers = self.ana.command(command)
                self.assertEqual(self.ana.here(), where)
                self.assertEqual(len(answers), 1)
                self.assertIn(part, answers[0])

    def test_a_language_chosen_twice(self):
        self.ana.command("!es")
        self.assertIn("Español", self.ana.command("!es")[0])
        self.assertEqual(self.ana.here(), self.spanish)

    def test_commands(self):
        self.ana.command("!en")
        for command, part in (("!help", "!speak es"), ("!ayuda", "!speak es"),
                              ("!speak es", "you speak Español"), ("!hablo en", "English"),
                              ("!speak xx", "no language “xx”"), ("!speak", "Which language?"),
                              ("!under -18", "-18 dB"), ("!under off", "do not hear the original"),
                              ("!under 7", "!under -15"), ("!debajo -15", "-15 dB"),
                              ("!tier minimum", "minimum"), ("!tier standard", "standard"),
                              ("!tier huge", "!tier standard"), ("!calidad", "!tier standard"),
                              ("!understand en es", "English, Español"),
                              ("!understand xx", "no language"), ("!fr", "no language “fr”"),
                              ("!blabla", "do not know the command “blabla”"),
                              ("!<b>x</b>&lt;i&gt;", "“x&lt;i&gt;”"),
                              ("!air", "booth"), ("!off", "booth"), ("!take", "booth"),
                              ("!out es", "booth"), ("!interpreter Ana", "Only moderators"),
                              ("!lang Ana en", "Only moderators")):
            with self.subTest(command):
                answers = self.ana.command(command)
                self.assertEqual(len(answers), 1, answers)
                self.assertIn(part, answers[0])
                self.assertEqual(self.ana.here(), self.english)
        self.ana.command("!es")
        self.assertIn("!hablo es", self.ana.command("!ayuda")[0])
        self.assertIn("No conozco la orden", self.ana.command("!blabla")[0])

    def test_outside_of_the_meeting(self):
        """On the root channel the commands mean the first meeting."""
        self.assertEqual(self.ana.here(), 0)
        self.assertIn("Escuchas en Español", self.ana.command("!es")[0])

    def test_menu(self):
        self.assertEqual(set(self.ana.actions), LISTEN)
        self.assertEqual({bits for _, bits in self.ana.actions.values()}, {EVERYWHERE})
        self.assertIn("English", self.ana.actions["susurro.listen.en"][0])
        self.assertIn("Español", self.ana.actions["susurro.listen.es"][0])
        for action, where in (("susurro.listen.es", self.spanish),
                              ("susurro.listen.en", self.english), ("susurro.floor", self.floor)):
            self.ana.barrier()
            self.ana.act(action, session=self.ana.session, channel_id=self.ana.here())
            self.ana.barrier()
            self.assertEqual(self.ana.here(), where)
        for action in ("susurro.listen.xx", "susurro.listen.", "nada", ""):
            self.ana.act(action)
            self.ana.barrier()
            self.assertEqual(self.ana.here(), self.floor)

    def test_no_entry_is_added_twice(self):
        iris = self.client("Iris")
        for where in (self.english, self.booth, self.spanish, 0, self.booth, self.booth, self.floor,
                      self.booth):
            if iris.here() != where:
                iris.join(where)
        iris.barrier()
        present = set()
        for entry in iris.kinds(CONTEXT_ACTION_MODIFY):
            name = text(entry, 1)
            if last(entry, 4) == 1:
                present.discard(name)
                continue
            self.assertNotIn(name, present, "a stock client would show it twice")
            present.add(name)
        self.assertEqual(present, LISTEN | BOOTH)
        self.assertLessEqual(len(present), 12)
        iris.join(self.spanish)
        iris.barrier()
        self.assertEqual(set(iris.actions) - HAND, LISTEN)

    def test_menu_of_the_booth(self):
        iris = self.client("Iris")
        iris.act("susurro.air")
        self.told(iris, "Enter a booth first")
        iris.join(self.booth)
        iris.act("susurro.air")
        self.told(iris, "🔴")
        iris.act("susurro.off")
        self.told(iris, "⚪ Ya no estás al aire")

    def test_booth_is_closed(self):
        for command, part in (("!es", "intérpretes"), ("!en", "Only the interpreters")):
            self.ana.command(command)
            frames = self.ana.change(f5=self.booth)
            self.assertEqual([one[:2] for one in self.ana.denied(frames)],
                             [(DENIED_PERMISSION, ENTER)])
            self.assertIn(part, texts(frames)[0][1])
            self.assertNotEqual(self.ana.here(), self.booth)

    def test_going_on_air(self):
        iris = self.client("Iris")
        iris.join(self.booth)
        self.assertIn("!air", " ".join(iris.command("!help")))
        iris.send(TEXT_MESSAGE, {3: self.booth, 5: "!air"})
        self.told(iris, "Estás al aire")
        iris.send(TEXT_MESSAGE, {3: self.booth, 5: "!fuera"})
        self.told(iris, "Ya no estás al aire")
        iris.send(TEXT_MESSAGE, {3: self.booth, 5: "!off"})
        self.told(iris, "No estás al aire")

    def test_partner(self):
        iris, mona = self.client("Iris"), self.client("Mona")
        iris.join(self.booth)
        mona.join(self.booth)
        iris.send(TEXT_MESSAGE, {3: self.booth, 5: "!air"})
        self.told(mona, "Iris está al aire")
        mona.send(TEXT_MESSAGE, {3: self.booth, 5: "!air"})
        self.told(mona, "Tu pareja está al aire")
        mona.send(TEXT_MESSAGE, {3: self.booth, 5: "!take"})
        self.told(mona, "Estás al aire")
        self.told(iris, "Mona está al aire")
        mona.close()
        self.told(iris, "Mona se fue mientras estaba al aire")

    def test_moderator_makes_an_interpreter(self):
        mona = self.client("Mona")
        mona.join(self.english)
        self.assertIn("nobody called", mona.command("!interpreter Nadie")[0])
        self.assertIn("nobody called", mona.command("!interpreter Español 🎧")[0])
        self.assertIn("Ana is now an interpreter", mona.command("!interpreter ana")[0])
        frames = self.ana.barrier()
        self.assertIn("Booth en-es", texts(frames)[0][1])
        state = [fields for kind, fields in frames if kind == CHANNEL_STATE][-1]
        self.assertEqual((last(state, 1), last(state, 13)), (self.booth, 1))
        self.ana.join(self.booth)
        self.assertIn("Ana speaks English", mona.command("!lang Ana en")[0])
        self.assertIn("I can write in", mona.command("!lang")[0])
        self.assertIn("no language", mona.command("!lang Ana xx")[0])

    def test_superuser_in_a_booth(self):
        root = self.superuser()
        root.join(self.booth)
        root.send(TEXT_MESSAGE, {3: self.booth, 5: "!air"})
        root.barrier()


class CertificateTest(SystemTest):
    """Interpreters by the hash of their certificate."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, directory, True)
        cls.certificate = make_certificate(directory, "iris")
        with open(cls.certificate[0], encoding="ascii") as file:
            digest = hashlib.sha1(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
        cls.meeting = MEETING.format(group="$" + digest)
        super().setUpClass()

    def test_by_hash(self):
        known = self.client("Otra", certificate=self.certificate)
        known.join(known.channel("Booth en-es")["channel_id"])
        unknown = self.client("Nadie")
        frames = unknown.change(f5=unknown.channel("Booth en-es")["channel_id"])
        self.assertEqual([one[0] for one in unknown.denied(frames)], [DENIED_PERMISSION])


class EndingTest(SystemTest):
    """A meeting whose channels are taken away."""

    meeting = MEETING.format(group="Ivo")
    has_superuser = True

    def test_ending(self):
        root, ana, iris = self.superuser(), self.client("Ana"), self.client("Iris")
        ana.command("!es")
        booth = iris.channel("Booth en-es")["channel_id"]
        iris.join(booth)
        root.ask(CHANNEL_REMOVE, {1: ana.channel("Asamblea")["channel_id"]})
        for client in (ana, iris):
            client.barrier()
            self.assertEqual(client.here(), 0)
            self.assertEqual({one["name"] for one in client.users.values()},
                             {"SuperUser", "Ana", "Iris"})
            self.assertEqual(list(client.channels), [0])
            self.assertEqual(client.actions, {}, "the menu of a meeting that is gone")
        self.assertIn("no meeting", ana.command("!es")[0])
        # It is declared in the configuration, so it comes back with a restart.
        self.server.stop()
        self.server.run()
        self.assertTrue(self.client("Ana").channel("Español"))


class OtherMeetingTest(SystemTest):
    """What the moderator of another meeting does takes nothing away here."""

    meeting = MEETING.format(group="$" + "0" * 40) + """
[meeting "Taller"]
tracks = fr, pt-BR
booths = fr-pt-BR
moderators = Olga
"""

    def test_moderator(self):
        ana, mona, olga = (self.client(name) for name in ("Ana", "Mona", "Olga"))
        booth = ana.channel("Booth en-es")["channel_id"]
        ana.join(ana.channel("English")["channel_id"])
        mona.join(mona.channel("Asamblea")["channel_id"])
        olga.join(olga.channel("Taller")["channel_id"])
        mona.command("!interpreter Ana")
        ana.join(booth)
        self.assertIn("Ana n’est pas dans cette réunion", olga.command("!lang Ana fr")[0])
        olga.command("!interpreter Ana")
        ana.barrier()
        self.assertFalse(ana.users[ana.session].get("suppress"))
        ana.join(ana.channel("Booth fr-pt-BR")["channel_id"])
        ana.join(booth)


class ManyMeetingsTest(SystemTest):
    """Two meetings, own names, three languages; ids stay over a restart."""

    meeting = """
[meeting "Plenaria"]
tracks = en, es, fr
booths = en-es, fr-en
name.es = Castellano
name.en-es = Cabina 1
interpreters = anyone
[meeting "Taller"]
tracks = es, pt-BR
interpreters = anyone
"""

    def test_tree_and_restart(self):
        ana = self.client("Ana")
        tree = {(one["name"], ana.channels.get(one.get("parent"), {}).get("name"))
                for one in ana.channels.values()}
        self.assertLessEqual({("Castellano", "Plenaria"), ("English", "Plenaria"),
                              ("Français", "Plenaria"), ("Cabina 1", "Plenaria"),
                              ("Booth fr-en", "Plenaria"), ("Español", "Taller")}, tree)
        before = {one["name"]: i for i, one in ana.channels.items()}
        ana.join(ana.channel("Taller")["channel_id"])
        self.assertIn("Português", " ".join(ana.command("!pt")))
        self.assertLessEqual(len(ana.actions), 12)
        self.assertIn("susurro.listen.pt-BR", ana.actions)
        self.assertNotIn("susurro.listen.fr", ana.actions)
        self.server.stop()
        self.server.run()
        ana = self.client("Ana")
        self.assertEqual({one["name"]: i for i, one in ana.channels.items()}, before)


class RenamedTest(SystemTest):
    """A channel keeps its part in the meeting, whatever it is called, and with or without the file."""

    meeting = MEETING
    has_superuser = True

    def test_names_change_parts_stay(self):
        root = self.superuser()
        ids = {}
        for old, new in (("Español", "Sala de español"), ("Booth en-es", "Cabina"), ("Asamblea", "Pleno")):
            ids[new] = root.channel(old)["channel_id"]
            root.ask(CHANNEL_STATE, {1: ids[new], 3: new})
        n_channels = len(root.channels)
        for keep_section in (True, False):
            end(self.server)
            self.server.write(None, self.meeting if keep_section else "")
            self.server.run()
            ana = self.client("Ana")
            self.assertEqual(len(ana.channels), n_channels, "no second channel was made")
            self.assertEqual({name: ana.channel(name)["channel_id"] for name in ids}, ids)
            ana.command("!es")
            self.assertEqual(ana.here(), ids["Sala de español"])
            ana.close()


class NoMeetingTest(SystemTest):
    """A plain Mumble server."""

    def test_commands(self):
        ana = self.client("Ana")
        self.assertEqual(ana.actions, {})
        self.assertIn("no meeting", ana.command("!es")[0])
        self.assertEqual(len(ana.command("!help")), 1)
        self.assertEqual(3 in ana.kinds(SERVER_SYNC)[0], False)
        frames = ana.ask(CONTEXT_ACTION, {3: "susurro.floor"})
        self.assertIn("no meeting", texts(frames)[0][1])
        self.assertEqual([kind for kind, _ in frames if kind == USER_STATE], [])


if __name__ == "__main__":
    unittest.main()
