# SPDX-License-Identifier: BSD-3-Clause
"""A chain of relays over the wire: French on the floor, into English, and from there into Spanish; levels and delays."""

from lib import sound
from lib.scene import BANDS_HZ
from system.case import SystemTest
from system.ears import Comparison, converse

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-fr, en-es
default_language = fr
duck_db = -15
interpreters = Remi, Ines
moderators = Mona
air = act
levelling = off
"""
PEOPLE = {"Flora": "Français", "Remi": "Booth en-fr", "Ines": "Booth en-es", "Ellen": "English",
          "Lola": "Español", "Luc": "Français"}
FLOOR, FIRST, SECOND, _ = BANDS_HZ
BANDS = {"Flora": FLOOR, "Remi": FIRST, "Ines": SECOND}
LANGUAGES = {"Flora": "fr", "Remi": "en", "Ines": "es"}
VOICE_DBFS, SECONDS = -28.0, 6
SILENT_DB, WITHIN_DB, HOP_MS, TRIES = -25.0, 1.5, 80.0, 4
# Listener, voice, level: None is silence.
CHAIN = [
    ("Remi", "Flora", 0), ("Remi", "Ines", None),
    ("Ellen", "Remi", 0), ("Ellen", "Flora", -15), ("Ellen", "Ines", None),
    ("Ines", "Remi", 0), ("Ines", "Flora", None),
    ("Lola", "Ines", 0), ("Lola", "Flora", -15), ("Lola", "Remi", None),
    ("Luc", "Flora", 0), ("Luc", "Remi", None), ("Luc", "Ines", None),
]
UNDERSTOOD = [
    ("Ines", "Flora", 0), ("Ines", "Remi", None), ("Lola", "Flora", 0), ("Lola", "Ines", None),
    ("Ellen", "Flora", -15), ("Ellen", "Remi", 0),
]
HOPS = [("Flora", "Remi"), ("Remi", "Ines"), ("Ines", "Lola")]


class RelayTest(SystemTest):
    """All speak at once, each in a band of their own, so that each one's level shows."""

    meeting = MEETING

    def setUp(self):
        self.people = {}
        for name, channel in PEOPLE.items():
            one = self.people[name] = self.client(name)
            one.join(one.channel(channel)["channel_id"])
        for name in ("Remi", "Ines"):
            self.people[name].command("!air")
            self.people[name].barrier()

    def play(self):
        said = {self.people[name]: sound.at_level(sound.band(sound.speech(
            LANGUAGES[name], SECONDS, pauses=False), *BANDS[name]), VOICE_DBFS) for name in BANDS}
        return converse(said, list(self.people.values()))

    def compare(self, said, heard, listener, voice):
        return Comparison(said[self.people[voice]], heard[self.people[listener]], BANDS[voice], 1.5,
                          SECONDS - 0.5)

    def judge(self, rows, said, heard):
        """What is not as it ought to be; a busy machine can break a take."""
        wrong = []
        for listener, voice, expected in rows:
            one = self.compare(said, heard, listener, voice)
            is_right = (one.level_db < SILENT_DB if expected is None else
                        abs(one.level_db - expected) <= WITHIN_DB)
            if not is_right:
                wrong.append(f"{listener} hears {voice} at {one.level_db:+.1f} dB, not {expected}")
        return wrong

    def play_until_right(self, rows):
        for _ in range(TRIES):
            said, heard = self.play()
            wrong = self.judge(rows, said, heard)
            if not wrong:
                break
        self.assertEqual(wrong, [])
        return said, heard

    def test_chain(self):
        delays = {hop: [] for hop in HOPS}
        for _ in range(TRIES):
            said, heard = self.play_until_right(CHAIN)
            for hop in HOPS:
                one = self.compare(said, heard, hop[1], hop[0])
                self.assertGreater(one.alike, 0.7, hop)
                delays[hop].append(one.delay_ms)
            if all(min(one) <= HOP_MS for one in delays.values()):
                break
        print({f"{a} to {b}": [round(ms, 1) for ms in one] for (a, b), one in delays.items()})
        for hop, one in delays.items():
            with self.subTest(hop):
                self.assertLessEqual(min(one), HOP_MS)
                self.assertGreater(min(one), 10)  # a measurement that can fail

    def test_understood(self):
        """Who knows French listens to the floor: the interpreter instead of the relay, and the listener."""
        self.people["Ines"].command("!relay floor")
        self.people["Lola"].command("!understand fr")
        self.play_until_right(UNDERSTOOD)
