# SPDX-License-Identifier: BSD-3-Clause
"""When things change: ducking, hold, cough, off air, a booth that turns and is turned; stock clients, judged by ear."""

import sys
import unittest

from lib import wait
from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, HALF_DOWN_S, HALF_UP_S, HOLD_S, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, _ = BANDS_HZ
HALF_DB = -7.5

COUGH, UNCOUGH, OFF, AIR, OUT = 8.6, 12.2, 13.6, 16.0, 21.8
VOICES = [
    Voice("Flora", "en", FLOOR, [(0, 15.4)]),
    Voice("Ines", "es", SECOND, [(1.5, 4), (7.6, 15.4), (18.4, 25.2)]),
    Voice("Emma", "es", FIRST, [(16.2, 25.2)]),
]
SEATS = {"Flora": "Asamblea/English", "Ines": "Asamblea/Booth en-es", "Emma": "Asamblea/Español",
         "Lola": "Asamblea/Español", "Ellen": "Asamblea/English"}
ROWS = [
    ("3: interpreted", "Lola", "Flora", 1.6, 4, -15),
    ("4: after the hold", "Lola", "Flora", 4.5 + HOLD_S, 7.6, 0),
    ("cough: the floor stays down, longer than any hold", "Lola", "Flora", COUGH + HOLD_S + 0.5, UNCOUGH, -15),
    ("cough: and is over", "Lola", "Ines", UNCOUGH + 0.5, OFF, 0),
    ("off air: the floor at once", "Lola", "Flora", OFF + 0.6, 15.4, 0),
    ("off air: whatever one says", "Lola", "Ines", OFF + 0.6, 15.4, None),
    ("the other direction", "Ellen", "Ines", 18.5, OUT, 0),
    ("over the speaker", "Ellen", "Emma", 18.5, OUT, -15),
    ("not for those who understand", "Lola", "Ines", 18.5, OUT, None),
    ("who hear the speaker", "Lola", "Emma", 17, OUT, 0),
    ("!out: corrected for everybody", "Lola", "Ines", OUT + 0.8, 25.2, 0),
    ("!out: over the speaker", "Lola", "Emma", OUT + 0.8, 25.2, -15),
    ("!out: not for those who understand", "Ellen", "Ines", OUT + 0.8, 25.2, None),
    ("!out: who hear the speaker", "Ellen", "Emma", OUT + 0.8, 25.2, 0),
]


class TurnsTest(RigTest):
    meeting = MEETING.replace("air = voice", "air = act")
    n_seats = len(SEATS)
    servers = ("susurro",)

    @measured
    def test_turns(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        ines = people["Ines"]
        ines.say("!air")
        ines.mute()  # the cough key works
        wait.until(lambda: self.observer.user("Ines").get("self_mute"), 5, "a muted interpreter")
        ines.mute()
        wait.until(lambda: not self.observer.user("Ines").get("self_mute"), 5, "and not muted")
        say = ines.prepare_to_say
        scene = Scene.play(self, VOICES, people, [people["Lola"], people["Ellen"], ines], 25.7,
                           acts=[(COUGH, ines.mute), (UNCOUGH, ines.mute),
                                 (UNCOUGH + 0.3, lambda: say("!off")), (OFF, ines.say_now),
                                 (14.6, lambda: say("!air")), (AIR, ines.say_now),
                                 (18.6, lambda: say("!out es")), (OUT, ines.say_now)])
        report = scene.check(self, ROWS)

        def moment(what, listener, voice, db, begin_s, end_s, expected_s, is_up):
            report.append(scene.check_moment(
                self, what, scene.passes_s(listener, voice, db, begin_s, end_s), expected_s, is_up))

        moment("ducked with the first word", "Lola", "Flora", HALF_DB, 0.5, 3.5,
               scene.voiced_from("Ines", 1.5) + HALF_DOWN_S, False)
        moment("back after the hold", "Lola", "Flora", HALF_DB, 4.2, 7.5,
               scene.silent_since("Ines", 4) + HOLD_S + HALF_UP_S, True)
        # Everything changes at one moment, for all: that of the loudest change.
        gone = scene.passes_s("Ellen", "Ines", -10, OUT - 2, 25)
        self.assertEqual([up for _, up in gone], [False])
        at_s = gone[0][0]
        moment("!out: onto the other track", "Lola", "Ines", -10, OUT - 2, 25, at_s, True)
        moment("!out: the speaker down", "Lola", "Emma", HALF_DB, OUT - 2, 25, at_s, False)
        moment("!out: the speaker up", "Ellen", "Emma", HALF_DB, OUT - 2, 25, at_s + HALF_UP_S, True)
        print("\n".join(report), file=sys.stderr)
        with self.subTest("within a second of the key"):
            self.assertLess(abs(at_s - OUT), 1.0)


if __name__ == "__main__":
    unittest.main()
