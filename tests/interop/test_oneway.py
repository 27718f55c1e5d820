# SPDX-License-Identifier: BSD-3-Clause
"""A booth that works one way: it interprets, and rests while its own outgoing language is spoken; what is not interpreted is heard.

Stock clients in every seat; the moderator is a protocol client. Judged by ear, and by what stands in the clients' logs.
"""

import sys
import unittest

from lib import wait
from lib.mumble import tree_row
from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, _ = BANDS_HZ
BOOTH = "Booth en>es"
SEATS = {"Flora": "Asamblea", "Ines": "Asamblea", "Emma": "Asamblea/Español",
         "Lola": "Asamblea/Español", "Ellen": "Asamblea/English"}
RESTS_S = 5.8 + 1.5  # once Emma has 1.5 s of voice: Ines has finished before
VOICES = [
    Voice("Flora", "en", FLOOR, [(0, 5)]),
    Voice("Emma", "es", FIRST, [(5.8, 13)]),
    Voice("Ines", "es", SECOND, [(1, 6), (8.5, 13)]),
]
ROWS = [
    ("its way: interpreted", "Lola", "Ines", 1, 6, 0),
    ("its way: over the floor", "Lola", "Flora", 1.1, 5, -15),
    ("its way: the incoming", "Ines", "Flora", 0.5, 5, 0),
    ("understood", "Ellen", "Flora", 0.5, 5, 0),
    ("4: the other way nobody is left in silence", "Ellen", "Emma", 5.8, 13, 0),
    ("understood", "Lola", "Emma", RESTS_S, 13, 0),
    ("resting: hears the floor", "Ines", "Emma", RESTS_S, 13, 0),
    ("resting: reaches no track", "Lola", "Ines", 8.5, 13, None),
    ("resting: nor another", "Ellen", "Ines", 8.5, 13, None),
]


class OnewayTest(RigTest):
    meeting = MEETING.replace("air = voice", "air = act").replace("en-es", "en>es") + "moderators = Observer\n"
    n_seats = len(SEATS)
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])

    @measured
    def test_oneway(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Ines"].double_click(tree_row(self.observer, BOOTH))
        self.observer.wait_user("Ines", BOOTH, timeout_s=10)
        people["Ines"].say("!air")
        listeners = [people[name] for name in ("Lola", "Ellen", "Ines")]
        scene = Scene.play(self, VOICES, people, listeners, 13.5)
        print("\n".join(scene.check(self, ROWS)), file=sys.stderr)
        # Row 5: and they are told.
        wait.until(lambda: any("Nobody interprets into English. People who listen there: 1." in one["message"]
                               for one in list(self.observer.texts)), 5, lambda: self.observer.texts)
        self.assert_has_line(self.log_of(people["Ines"]), "Your booth rests")
        self.assert_has_line(self.log_of(people["Ellen"]), "Nobody interprets into English at the moment; you hear the original.")


if __name__ == "__main__":
    unittest.main()
