# SPDX-License-Identifier: BSD-3-Clause
"""The meeting's chat in stock clients: each message once, as from its author, whichever track one sits on."""

import re
import unittest

from lib import wait
from lib.observer import ObserverClient
from lib.rig import RigTest
from lib.server import MEETING


class ChatTest(RigTest):
    """Judged by the clients' logs, which they are made to write into the chat."""

    meeting = MEETING
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])
        self.iris = ObserverClient(self.server.port, "Iris").connect()
        self.addCleanup(self.iris.close)
        self.iris.join(self.iris.channel("Booth en-es")["channel_id"])

    def test_one_conversation(self):
        ana, berta = self.client("Ana", "Asamblea/English"), self.client("Berta", "Asamblea/Español")
        self.wait_online(n_datagrams=0)
        ana.say("Good morning")
        number = wait.until(lambda: [re.search(r"#(\d+) en<", one["message"]).group(1)
                                     for one in list(self.iris.texts)
                                     if "Good morning" in one["message"]], 10, "the number")[0]
        self.iris.say(f"!tr {number} Buenos dias")
        wait.until(lambda: [one for one in list(self.iris.texts) if "#" + number in one["message"] and
                            one["actor"] is None], 10, "it is translated")
        berta.say("Hola")
        wait.until(lambda: [one for one in list(self.observer.texts) if "Hola" in one["message"]], 10,
                   "what Berta wrote")
        hers = self.log_of(berta)
        self.assertIn("(Channel) Ana: Good morning", hers)
        self.assertIn("(Channel) Ana: (en→es) Buenos dias", hers)
        self.assertIn("To Español: Hola", hers)
        self.assert_has_line(hers, "Good morning")
        self.assert_has_line(hers, "Buenos dias")
        self.assert_has_line(hers, "Hola")
        anas = self.log_of(ana)
        self.assertIn("To English: Good morning", anas)
        self.assertIn("(Channel) Berta: Hola", anas)

    def test_who_comes_late(self):
        self.observer.say("Hello everybody")
        late = self.client("Late", "Asamblea/English")
        self.wait_online(n_datagrams=0)
        lines = self.log_of(late)
        self.assert_has_line(lines, "so far:")
        self.assert_has_line(lines, "Hello everybody")
        self.assertRegex(next(line for line in lines if "Hello" in line),
                         r"^\d+ min \w+: Hello everybody$")


if __name__ == "__main__":
    unittest.main()
