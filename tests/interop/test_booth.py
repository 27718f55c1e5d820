# SPDX-License-Identifier: BSD-3-Clause
"""Two interpreters in a booth: one on air at a time, the end of a clause, the second press, and one who vanishes.

Stock clients in every seat; judged by ear, what they are told by their own logs. The moderator is a protocol client.
"""

import os
import signal
import sys
import unittest

from lib import wait
from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, _ = BANDS_HZ
FULL_WITHIN_S = 1.0
# tier = full: at 24 kbit/s the codec takes 1 dB and more from the weakest of three voices that speak at once.
SEATS = {"Flora": "Asamblea", "Ines": "Asamblea/Booth en-es", "Ivan": "Asamblea/Booth en-es",
         "Lola": "Asamblea/Español"}

# Ines is on air. Ivan wants to be as well, is refused, offers, Ines lets him, and he switches at once.
AIR_S, OFFER_S, CONFIRM_S, SWITCH_S = 2.5, 4.5, 6.0, 8.0
AT_ONCE = [Voice(name, "en" if name == "Flora" else "es", hz, [(begin, 10.5)])
           for name, hz, begin in (("Flora", FLOOR, 0), ("Ines", FIRST, 0.5), ("Ivan", SECOND, 0.5))]

# Ivan is on air, asks, Ines lets him finish: the pause of 400 ms in his voice ends it, the one of 250 ms does not.
ASK_S, AGREE_S = 0.8, 2.0
CLAUSE = [
    Voice("Flora", "en", FLOOR, [(0, 8)]),
    Voice("Ivan", "es", SECOND, [(0.3, 3.4), (3.8, 4.8), (5.55, 8)]),  # the detector hears 150 ms more of each
    Voice("Ines", "es", FIRST, [(2.8, 8)]),
]
CLAUSE_ROWS = [
    ("asked, and nothing changes", "Lola", "Ivan", 0.3, 3.4, 0),
    ("the leaver's clause goes on after a short gap", "Lola", "Ivan", 3.8, 4.8, 0),
    ("while the successor has begun", "Lola", "Ines", 2.8, 8, 0),
    ("the pause was the end of it", "Lola", "Ivan", 5.55, 8, None),
    ("talk in the booth again", "Ines", "Ivan", 5.55, 8, -6),
]

# Ines, on air, is killed; Ivan goes on by voice, and is stopped.
KILL_S, STOP_S = 3.0, 9.5
VANISH = [
    Voice("Flora", "en", FLOOR, [(0, 12)]),
    Voice("Ines", "es", FIRST, [(0.5, 12)]),
    Voice("Ivan", "es", SECOND, [(5.5, 12)]),
]
VANISH_ROWS = [
    ("3: interpreted", "Lola", "Flora", 0.7, KILL_S, -15),
    ("killed: the floor in full", "Lola", "Flora", KILL_S + FULL_WITHIN_S, 5.5, 0),
    ("the partner on air by voice", "Lola", "Ivan", 7, STOP_S, 0),
    ("over the floor", "Lola", "Flora", 7, STOP_S, -15),
    ("stopped: the floor in full", "Lola", "Flora", STOP_S + FULL_WITHIN_S, 12, 0),
]


class BoothTest(RigTest):
    meeting = MEETING.replace("air = voice", "air = act") + "tier = full\nmoderators = Observer\n"
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])

    @measured
    def test_booth(self):
        self.people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        self.people["Ines"].say("!air")
        self.report = []
        scenes = self.play_at_once(), self.play_clause(), self.play_vanish()
        self.judge_at_once(scenes[0])
        self.report += scenes[1].check(self, CLAUSE_ROWS)
        self.judge_vanish(scenes[2])
        print("\n".join(self.report), file=sys.stderr)

    def play_at_once(self):
        ines, ivan = self.people["Ines"], self.people["Ivan"]
        ines.prepare_to_say("!handover")
        ivan.prepare_to_say("!air")
        return Scene.play(self, AT_ONCE, self.people, list(self.people.values()), 11, acts=[
            (AIR_S, ivan.say_now), (AIR_S + 0.5, lambda: ivan.prepare_to_say("!handover")), (OFFER_S, ivan.say_now),
            (OFFER_S + 0.5, lambda: ivan.prepare_to_say("!handover")), (CONFIRM_S, ines.say_now),
            (SWITCH_S, ivan.say_now)])

    def judge_at_once(self, scene):
        begins = scene.passes_s("Lola", "Ivan", -6, 0.7, 10.4)
        ends = scene.passes_s("Lola", "Ines", -6, 0.7, 10.4)
        self.report.append(f"Ivan on the track {begins}, Ines {ends}; keys at {CONFIRM_S} and {SWITCH_S}")
        self.assertEqual([is_up for _, is_up in begins], [True])
        self.assertEqual([is_up for _, is_up in ends], [False])
        begin_s, end_s = begins[0][0], ends[0][0]
        with self.subTest("one on air until it is let"):
            self.assertLess(abs(begin_s - CONFIRM_S), 1)  # a person's key, the client, the chat
        with self.subTest("the second press switches at once"):
            self.assertLess(abs(end_s - SWITCH_S), 1)
        self.report += scene.check(self, [
            ("one on air", "Lola", "Ines", 0.7, begin_s, 0),
            ("!air is refused while the partner is", "Lola", "Ivan", 0.5, begin_s, None),
            ("9: talk in the booth", "Ines", "Ivan", 0.5, begin_s, -6),
            ("both", "Lola", "Ivan", begin_s, end_s, 0),
            ("both", "Lola", "Ines", begin_s, end_s, 0),
            ("the successor", "Lola", "Ivan", end_s, 10.5, 0),
            ("switched at once", "Lola", "Ines", end_s + 0.2, 10.5, None),
            ("the floor under them", "Lola", "Flora", 0.7, 10.5, -15),
        ])
        # One decision, wherever it is heard.
        self.report.append(scene.check_moment(self, "the partner is talk in the booth, from then on",
                                              scene.passes_s("Ivan", "Ines", -9, 6.2, 10.4), end_s, True))

    def play_clause(self):
        ines, ivan = self.people["Ines"], self.people["Ivan"]
        ivan.prepare_to_say("!handover")
        ines.prepare_to_say("!handover")
        return Scene.play(self, CLAUSE, self.people, [self.people["Lola"], ines], 8.5,
                           acts=[(ASK_S, ivan.say_now), (AGREE_S, ines.say_now)])

    def play_vanish(self):
        ines, ivan = self.people["Ines"], self.people["Ivan"]
        scene = Scene.play(self, VANISH, self.people, [self.people["Lola"]], 12.5, acts=[
            (KILL_S, ines.process.popen.kill), (STOP_S, lambda: os.kill(ivan.process.pid, signal.SIGSTOP))])
        os.kill(ivan.process.pid, signal.SIGCONT)
        return scene

    def judge_vanish(self, scene):
        self.report += scene.check(self, VANISH_ROWS)
        for what, voice, begin_s, end_s in (("killed", "Ines", KILL_S - 1, 5.4), ("stopped", "Ivan", STOP_S - 1, 11.9)):
            gone = scene.passes_s("Lola", voice, -10, begin_s, end_s)
            full = scene.passes_s("Lola", "Flora", -1.5, begin_s, end_s)
            with self.subTest(what):
                self.assertEqual([is_up for _, is_up in gone], [False])
                self.assertEqual([is_up for _, is_up in full], [True])
                after_s = full[0][0] - gone[0][0]
                self.report.append(f"{what}: the floor in full after {after_s:.2f} s")
                self.assertLess(after_s, FULL_WITHIN_S)
        for part in ("Ines was on air in", "Ivan was on air in"):
            wait.until(lambda part=part: [one for one in list(self.observer.texts) if part in one["message"]], 5,
                       lambda part=part: f"the moderator is told {part!r}: {self.observer.texts}")
        lines = self.log_of(self.people["Ivan"])
        self.assert_has_line(lines, "Your partner is on air. Write !take to take over at once.")
        self.assert_has_line(lines, "Ines has left while on air. Begin to speak")
        self.assert_has_line(lines, "Your line was interrupted: you are off air.")


if __name__ == "__main__":
    unittest.main()
