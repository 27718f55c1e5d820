# SPDX-License-Identifier: BSD-3-Clause
"""What booths may say to the speaker: anonymous, each in the reader's language, and not too often."""

from lib.sound import speech
from system.talk import Talk
from system.test_display import Console, DisplayCase

NO_FLOOR = "Nobody is speaking on the floor."
SENT = "The speaker has been told, and not who asked."
JUST_TOLD = "The speaker was told just now."
WAIT = "A moment, please: nobody can heed so many requests at once."


class SignalsTest(DisplayCase):
    """Two booths, a speaker, a moderator."""

    def setUp(self):
        self.server = self.start(self._testMethodName)  # nobody has signalled yet
        super().setUp()
        self.iris, self.ivan, self.mona, self.luis = (
            self.client(name) for name in ("Iris", "Ivan", "Mona", "Luis"))
        self.iris.join(self.booth)
        self.ivan.join(self.second)
        self.mona.join(self.floor)
        self.luis.join(self.french)
        for client in (self.iris, self.ivan):
            client.command("!lang en")

    def speak(self, client, language, seconds=1.0):
        """Until everybody knows who holds the floor."""
        watcher = Console(self.mona).say("hello")
        Talk().add(client, speech(language, seconds, pauses=False)).run()
        watcher.until(lambda state: state["floor"]["session"] == client.session, "the floor")

    def fresh(self, client, n):
        client.barrier()
        return [one["message"] for one in client.texts[n:] if one["actor"] is None]

    def test_nobody_speaks(self):
        for word in ("slow", "louder", "repeat", "cannot"):
            self.assertEqual(self.iris.command(f"!{word}"), [NO_FLOOR])

    def test_only_from_booths(self):
        self.speak(self.luis, "fr")
        self.assertEqual(self.ana.command("!slow"), ["Enter a booth first: only an interpreter in a "
                                                     "booth can do this."])
        self.assertEqual(len(self.luis.command("!lentement")), 1)

    def test_each_in_the_readers_language(self):
        self.speak(self.luis, "fr")
        for word, french, spanish in (
                ("slow", "🐢 Les interprètes demandent : plus lentement", "Para Luis: 🐢 Las y los"),
                ("fuerte", "🔊 Les interprètes demandent : plus fort", "Para Luis: 🔊 Las y los"),
                ("répéter", "🔁 Les interprètes demandent", "Para Luis: 🔁 Las y los")):
            with self.subTest(word):
                n, m, other = (len(one.texts) for one in (self.luis, self.mona, self.ivan))
                self.assertEqual(self.iris.command(f"!{word}"), [SENT])
                to_luis, to_mona = self.fresh(self.luis, n), self.fresh(self.mona, m)
                self.assertEqual((len(to_luis), len(to_mona)), (1, 1))
                self.assertIn(french, to_luis[0])
                self.assertIn(spanish, to_mona[0])
                for told in (*to_luis, *to_mona):
                    self.assertNotIn("Iris", told)
                    self.assertNotIn("Booth", told)
                for told in (*self.fresh(self.ivan, other), *self.fresh(self.ana, 0)):
                    self.assertFalse(set("🐢🔊🔁🚫") & set(told), told)

    def test_not_too_often(self):
        self.speak(self.luis, "fr")
        n = len(self.luis.texts)
        self.assertEqual(self.iris.command("!slow"), [SENT])
        self.assertEqual(self.ivan.command("!dousman"), [JUST_TOLD])
        self.assertEqual(self.iris.command("!louder"), [SENT])
        self.assertEqual(self.iris.command("!repeat"), [SENT])
        self.assertEqual(self.iris.command("!cannot"), [WAIT], "three of one booth")
        self.assertEqual(self.ivan.command("!cannot"), [JUST_TOLD], "three to one speaker")
        self.assertEqual(len(self.fresh(self.luis, n)), 3)
        # Another speaker has heard nothing yet; the booth has had its share.
        self.ana.join(self.english)
        self.speak(self.ana, "en", 3.0)
        self.assertEqual(self.ivan.command("!slow"), [SENT])
        self.assertIn("more slowly", self.fresh(self.ana, 0)[-1])
        self.assertEqual(self.iris.command("!louder"), [WAIT])

    def test_on_consoles(self):
        self.speak(self.luis, "fr")
        consoles = {name: Console(client).say("hello") for name, client in
                    (("Luis", self.luis), ("Ivan", self.ivan), ("Mona", self.mona))}
        ana = self.console("Ana", self.spanish)
        ana.until(lambda state: state["meeting"])
        self.assertIsNone(ana.states()[-1]["me"]["signal"])
        self.iris.send(26, {3: b"do cannot", 4: "susurro.console"})
        for name, console in consoles.items():
            with self.subTest(name):
                state = console.until(lambda state: state["me"]["signal"])
                self.assertEqual(state["me"]["signal"], {"kind": "cannot", "number": 1})
        self.iris.send(26, {3: b"do slow", 4: "susurro.console"})
        consoles["Luis"].until(lambda state: state["me"]["signal"] == {"kind": "slow", "number": 2})
        self.ana.barrier()
        self.assertIsNone(ana.states()[-1]["me"]["signal"])
        self.speak(self.ana, "es", 3.0)
        consoles["Luis"].until(lambda state: state["me"]["signal"] is None)

    def test_by_menu(self):
        self.speak(self.luis, "fr")
        self.iris.act("susurro.slow")
        self.iris.until(lambda: any(one["message"] == SENT for one in self.iris.texts), 5, "an answer")
