# SPDX-License-Identifier: BSD-3-Clause
"""How sound is treated: levelling by default, music by hand and by ear, a word to soft speakers."""

import json

from lib.sound import dial, song, speech, tone
from system.case import SystemTest
from system.talk import Talk
from system.test_display import PLUGIN_DATA, Console

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = en
interpreters = Iris, Ivan
moderators = Mona
air = act
"""


class SoundTest(SystemTest):
    """A floor, two tracks, one booth; levelling is on, as it is when nothing is said."""

    meeting = MEETING
    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000}
    has_superuser = True

    def setUp(self):
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.booth = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es"))

    def sit(self, name, channel):
        client = self.client(name)
        client.join(channel)
        return client

    def figures(self):
        """As the server tells an admin."""
        root = self.superuser()
        root.send(PLUGIN_DATA, {3: b"meeting Asamblea figures", 4: "susurro.admin"})
        root.barrier()
        answer = json.loads(root.kinds(PLUGIN_DATA)[-1][3][0])
        root.close()
        return answer

    def test_music_by_hand(self):
        iris, luis = self.sit("Iris", self.booth), self.sit("Luis", self.spanish)
        self.mona.join(self.floor)
        console = Console(self.mona).say("hello")
        console.until(lambda state: state["meeting"] and state["music"] is False)
        self.assertIn("Music: from now on", iris.command("!music on")[0])
        console.until(lambda state: state["music"] is True)
        self.assertEqual(self.mona.command("!music auto"), ["Music is noticed by itself again."])
        console.until(lambda state: state["music"] is False)
        self.mona.command("!music yes")
        console.until(lambda state: state["music"] is True)
        self.assertEqual(iris.command("!music off"), ["No music: all sound is treated as speech."])
        console.until(lambda state: state["music"] is False)
        self.assertIn("!music auto", iris.command("!music loud")[0])
        self.assertEqual(luis.command("!música sí"),
                         ["Solo intérpretes y moderación de esta reunión pueden hacerlo."])
        self.assertNotIn("!música", "".join(luis.command("!ayuda")))
        self.assertIn("!music", "".join(iris.command("!help")))

    def test_music_by_ear(self):
        luis = self.sit("Luis", self.spanish)
        self.mona.join(self.floor)
        console = Console(self.mona).say("hello")
        Talk().add(luis, song(14)).run()
        self.mona.barrier()
        self.assertIn(True, [state["music"] for state in console.states() if state["meeting"]])
        console.until(lambda state: state["music"] is False)  # silence forgets it

    def test_a_word_to_a_soft_speaker(self):
        luis = self.sit("Luis", self.spanish)
        Talk().add(luis, 0.06 * speech("es", 9, pauses=False)).run()
        luis.until(lambda: [one for one in luis.texts if one["actor"] is None and
                            "tu voz llega muy bajita" in one["message"]], 10, "a word")
        person, = [one for one in self.figures()["people"] if one["name"] == "Luis"]
        self.assertLess(person["score"], 50)
        self.assertLess(person["level_lufs"], -38.0)

    def test_a_word_to_strained_ears(self):
        """Music passes at its own loudness: too much of it is noticed where it is heard, and there alone."""
        luis, iris = self.sit("Luis", self.spanish), self.sit("Iris", self.booth)
        self.mona.join(self.floor)
        iris.command("!music on")
        Talk().add(luis, tone(440, 12, dbfs=-6.0)).run()
        part = "what you hear has been loud"
        iris.until(lambda: [one for one in iris.texts if part in one["message"]], 10, "a word")
        self.mona.barrier()
        self.assertFalse([one for one in self.mona.texts if part in one["message"]])
        person, = [one for one in self.figures()["people"] if one["name"] == "Iris"]
        self.assertGreater(person["exposure_minute_db"], -14.0)
        iris.command("!music auto")

    def test_trips_are_counted(self):
        luis = self.sit("Luis", self.spanish)
        self.sit("Iris", self.booth)
        before = self.figures()["guard_trips"]
        Talk().add(luis, dial(2)).run()
        self.mona.until(lambda: self.figures()["guard_trips"] == before + 1, 10, "a trip")
