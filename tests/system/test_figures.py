# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a meeting: for moderators in the chat, for admins as JSON, and the report at its end."""

import json
import re

from lib.sound import speech
from system.case import SystemTest
from system.talk import Talk
from system.test_admin import DONE, NOT_FOUND, admin

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = Iris, Ivan
moderators = Mona
air = act
levelling = off
"""
TAG = re.compile(r"<[^>]*>")


class FiguresTest(SystemTest):
    """A meeting of two languages; what is spoken is real speech."""

    meeting = MEETING
    has_superuser = True

    def setUp(self):
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.booth = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es"))

    def told(self, client, part, n_before=0, timeout_s=10):
        return client.until(lambda: [one["message"] for one in client.texts[n_before:]
                                     if one["actor"] is None and part in one["message"]],
                            timeout_s, lambda: f"{part!r} in {client.texts[n_before:]}")[0]

    def sit(self, name, channel):
        client = self.client(name)
        client.join(channel)
        return client

    def admin(self, *words, expect=DONE):
        status, out, err = admin(self.server, *words)
        self.assertEqual(status, expect, err)
        return out

    def table(self, client, pattern):
        """!figures until the state that it shows has arrived, as plain words."""
        def found():
            client.command("!figures")
            texts = [" ".join(TAG.sub(" ", one["message"]).split()) for one in client.texts]
            return [one for one in texts if re.search(pattern, one)]
        return client.until(found, 10, lambda: f"{pattern} in {client.texts[-1:]}")[-1]

    def test_only_for_moderators(self):
        ana = self.sit("Ana", self.english)
        for command in ("!figures", "!report"):
            self.assertEqual(ana.command(command), ["Only moderators can do this."])
            self.assertNotIn(command, "".join(ana.command("!help")))
        self.mona.join(self.english)
        self.assertIn("!figures", "".join(self.mona.command("!help")))

    def test_table(self):
        self.mona.join(self.english)
        iris = self.sit("Iris", self.booth)
        iris.command("!air")
        self.sit("Luis", self.spanish)
        plain = self.table(self.mona, r"English 1 Iris, 0:\d\d [\d.]+ s 1 – .*Español 1 original")
        self.assertIn("Figures of Asamblea Language Listeners On air", plain)
        self.assertRegex(plain, r"Español 1 original – 0 –")
        self.assertRegex(plain, r"Interpreters' time on air, in minutes: Iris 0:\d\d")
        self.mona.join(self.spanish)
        n = len(self.mona.texts)
        self.mona.command("!cifras")
        self.assertIn("Escuchan", self.told(self.mona, "Cifras de Asamblea", n))

    def test_report(self):
        self.mona.join(self.english)
        self.mona.command("!report")
        self.told(self.mona, "Nobody has spoken yet")
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        Talk().add(ana, speech("en", 3)).add(luis, speech("es", 3), 4.0).run()
        n = len(self.mona.texts)
        self.mona.command("!report")
        plain = " ".join(TAG.sub(" ", self.told(self.mona, "who has spoken how long", n)).split())
        self.assertRegex(plain, r"English 0:00:0[1-4] \d+ % 0:00:0\d "
                                r"Español 0:00:0[1-4] \d+ % 0:00:0\d")
        # The last one leaves: it is logged, a line a language, and told to moderators elsewhere.
        for one in (ana, luis):
            one.close()
        self.mona.join(0)
        for language in ("en", "es"):
            self.server.wait_log(f'msg="language report" meeting=Asamblea track={language} spoken_s=')
        self.told(self.mona, "who has spoken how long", n + 1)
        # And the next meeting begins anew.
        n = len(self.mona.texts)
        self.mona.join(self.english)
        self.mona.command("!report")
        self.told(self.mona, "Nobody has spoken yet", n)

    def test_one_language_spoken_and_another_missed(self):
        """Nobody answered in Spanish; that it was not interpreted is what the report is for."""
        self.mona.join(0)
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        Talk().add(ana, speech("en", 3)).run()
        n = len(self.mona.texts)
        for one in (ana, luis):
            one.close()
        plain = " ".join(TAG.sub(" ", self.told(self.mona, "who has spoken how long", n)).split())
        self.assertRegex(plain, r"English 0:00:0[1-4] 100 % 0:00:00 Español 0:00:00 0 % 0:00:0[1-4]")

    def test_admin(self):
        ana = self.sit("Ana", self.english)
        iris = self.sit("Iris", self.booth)
        iris.command("!air")
        Talk().add(ana, speech("en", 2)).run()
        figures = json.loads(self.admin("--json", "meeting", "Asamblea", "figures"))
        english, spanish = figures["tracks"]
        self.assertEqual((english["language"], english["listeners"], english["depth"]), ("en", 1, 0))
        self.assertGreater(english["spoken_ms"], 500)
        self.assertEqual((spanish["spoken_ms"], spanish["on_air"]), (0, "Iris"))
        self.assertEqual([one["name"] for one in figures["people"]], ["Iris"])
        self.assertEqual(figures["guard_trips"], 0)
        booth, = figures["booths"]
        self.assertEqual((booth["name"], booth["handovers"], booth["vanished"]), ("Booth en-es", 0, 0))
        table = self.admin("meeting", "Asamblea", "figures")
        for title in ("uncovered ms", "lost lines", "advice", "howls and tones kept from booths  0"):
            self.assertIn(title, table)
        self.admin("meeting", "Nada", "figures", expect=NOT_FOUND)

    def test_many_questions_at_once(self):
        """Each is answered once, in order, and what is asked behind it waits for it."""
        root = self.superuser()
        for _ in range(40):
            root.send(26, {3: b"meeting Asamblea figures", 4: "susurro.admin"})
        root.barrier()
        answers = [json.loads(fields[3][0]) for fields in root.kinds(26)]
        self.assertEqual([one["ok"] for one in answers], [True] * 40)

    def test_who_asks_and_leaves(self):
        for _ in range(20):
            root = self.superuser()
            root.send(26, {3: b"meeting Asamblea figures", 4: "susurro.admin"})
            root.close()
        self.mona.barrier()
        root = self.superuser()
        root.send(26, {3: b"meeting Asamblea figures", 4: "susurro.admin"})
        root.barrier()
        self.assertTrue(json.loads(root.kinds(26)[0][3][0])["ok"])
