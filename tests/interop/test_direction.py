# SPDX-License-Identifier: BSD-3-Clause
"""Which way a booth works, and when it turns: the floor's holder, short turns, pauses, corrections, a given floor.

Stock clients in every seat; the moderator is a protocol client. Judged by ear.
"""

import sys
import unittest

from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, HALF_DOWN_S, HALF_UP_S, HANG_S, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, _ = BANDS_HZ
PAUSE_S, SHORT_PAUSE_S, LATE_S = 0.4, 0.15, 8.0  # the rules of a pending turn
TURN_S = 1.5  # voice of a turn that turns booths
TAKE_S = 0.6  # voice with which one takes the floor of who is silent for 700 ms
SPAN_S = 1.0  # here: Ines begins so long after Flora
FINISH_S = 2.0  # beyond the span a booth has so long to finish
SEATS = {"Flora": "Asamblea/English", "Emma": "Asamblea/Español", "Ines": "Asamblea/Booth en-es",
         "Lola": "Asamblea/Español", "Ellen": "Asamblea/English"}

# She never pauses for 400 ms of silence as the detector hears it: the gaps of 350 ms are 200 to it.
NO_PAUSE = [
    Voice("Flora", "en", FLOOR, [(0, 6)]),
    Voice("Ines", "es", SECOND, [(SPAN_S, 5), (5.35, 8.6), (8.95, 12.1), (12.45, 15.45), (15.8, 16.15), (16.5, 20)]),
    Voice("Emma", "es", FIRST, [(3, 4.2), (6.5, 20)]),
]
FLOOR_S = 6.5 + TAKE_S  # Emma has the floor
FINISHED_S = FLOOR_S + SPAN_S + FINISH_S
LATE_TURN_S = 16.5  # her voice after the first gap that ends later than 8 s after Emma's 1.5 s
assert 15.8 < 6.5 + TURN_S + LATE_S < 16.15 + HANG_S + SHORT_PAUSE_S
NO_PAUSE_ROWS = [
    ("an interjection", "Lola", "Emma", 3, 4.2, -6),
    ("… is heard by all", "Ellen", "Emma", 3, 4.2, 0),
    ("… and turns no booth", "Lola", "Ines", 1, 6.5, 0),
    ("the next speaker, not understood", "Ellen", "Emma", 6.5, LATE_TURN_S, 0),
    ("2: the booth finishes", "Lola", "Ines", 6.5, FINISHED_S, 0),
    ("2: over the next speaker", "Lola", "Emma", 6.5, FINISHED_S, -6),
    ("2: at most its span and 2 s", "Lola", "Ines", FINISHED_S, 20, None),
    ("1: then the speaker", "Lola", "Emma", FINISHED_S + 0.2, 20, 0),
    ("no turn in the middle of voice", "Ellen", "Ines", 1, 16.1, None),
    ("turned: heard on the other track", "Ellen", "Ines", LATE_TURN_S, 20, 0),
    ("turned: over the speaker", "Ellen", "Emma", LATE_TURN_S + 0.1, 20, -15),
]

SPEAK_S, NAME_S, GIVE_S = 10.0, 12.0, 13.4
PAUSE = [
    Voice("Flora", "en", FLOOR, [(3.2, 14)]),
    Voice("Ines", "es", SECOND, [(0.5, 5.5), (7, 16), (17, 20)]),
    Voice("Emma", "es", FIRST, [(0, 3), (14.2, 20)]),
]
PAUSE_ROWS = [
    ("as it was turned", "Ellen", "Ines", 0.5, 5.5, 0),
    ("2: over the next speaker", "Ellen", "Flora", 3.5, 5.5, -6),
    ("1: after its pause", "Ellen", "Flora", 6.3, SPEAK_S, 0),
    ("turned in the pause: onto the other track", "Lola", "Ines", 7, 16, 0),
    ("turned in the pause: off the first", "Ellen", "Ines", 7, 20, None),
    ("the floor until the booth begins", "Lola", "Flora", 3.5, 7, 0),
    ("… and under it", "Lola", "Flora", 7.1, SPEAK_S, -15),
    ("!speak: understood at once", "Lola", "Flora", SPEAK_S + 0.4, NAME_S, -6),
    ("!lang of a moderator: not any more", "Lola", "Flora", NAME_S + 0.4, 14, -15),
    ("a given floor is not taken", "Lola", "Ines", 17, 20, 0),
    ("… by whom all hear", "Ellen", "Emma", 14.3, 20, 0),
    ("… and understand", "Lola", "Emma", 17.2, 20, -6),
]


class DirectionTest(RigTest):
    meeting = MEETING.replace("air = voice", "air = act") + "moderators = Observer\n"
    n_seats = len(SEATS)
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])

    @measured
    def test_direction(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Ines"].say("!air")
        self.report = []
        listeners = [people["Lola"], people["Ellen"]]
        first = Scene.play(self, NO_PAUSE, people, listeners, 20.5)
        flora = people["Flora"]
        flora.prepare_to_say("!speak es")
        second = Scene.play(self, PAUSE, people, listeners, 20.5, acts=[
            (SPEAK_S, flora.say_now), (NAME_S, lambda: self.observer.say("!lang Flora en")),
            (GIVE_S, lambda: self.observer.say("!give Flora"))])
        self.without_pause(first)
        self.with_pause(second)
        print("\n".join(self.report), file=sys.stderr)

    def without_pause(self, scene):
        self.report += scene.check(self, NO_PAUSE_ROWS)

        def moment(what, listener, voice, db, begin_s, end_s, expected_s, is_up):
            self.report.append(scene.check_moment(
                self, what, scene.passes_s(listener, voice, db, begin_s, end_s), expected_s, is_up))

        moment("2: at most its span and 2 s", "Lola", "Ines", -10, 7, 14,
               scene.voiced_from("Emma", 6.5) + TAKE_S + scene.on_one_clock("Ines", SPAN_S) + FINISH_S, False)
        moment("turned after 8 s, in the first gap", "Ellen", "Ines", -10, 14, 19.5,
               scene.on_one_clock("Ines", LATE_TURN_S), True)
        moment("turned: the speaker down", "Ellen", "Emma", -7.5, 14, 19.5,
               scene.voiced_from("Ines", LATE_TURN_S) + HALF_DOWN_S, False)

    def with_pause(self, scene):
        self.report += scene.check(self, PAUSE_ROWS)
        self.report.append(scene.check_moment(
            self, "2: until the booth's pause", scene.passes_s("Ellen", "Flora", -3, 4, 9),
            scene.silent_since("Ines", 5.5) + PAUSE_S + HALF_UP_S, True))
        self.report.append(scene.check_moment(
            self, "the floor down with the first word", scene.passes_s("Lola", "Flora", -7.5, 4, 9),
            scene.voiced_from("Ines", 7) + HALF_DOWN_S, False))
        corrected = scene.passes_s("Lola", "Flora", -10.5, 8, 13.8)
        with self.subTest("corrections count at once"):
            self.assertEqual([is_up for _, is_up in corrected], [True, False], corrected)
            self.assertLess(abs(corrected[0][0] - SPEAK_S), 1)
            self.assertLess(abs(corrected[1][0] - NAME_S), 1)


if __name__ == "__main__":
    unittest.main()
