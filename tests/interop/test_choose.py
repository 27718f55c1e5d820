# SPDX-License-Identifier: BSD-3-Clause
"""A stock client chooses its language: in chat, from the menus, by joining the channel."""

import re
import unittest

from lib import wait
from lib.mumble import tree_row
from lib.rig import RigTest
from lib.server import MEETING

IN_SERVER_MENU, IN_CHANNEL_MENU = 1, 2  # bits of a context action
LINK = re.compile(r"mumble://:inv-[a-z2-7]{53}@127\.0\.0\.1:\d+/Asamblea")
LANGUAGES = {"en": "English", "es": "Español"}


class ChooseTest(RigTest):
    """Judged by where the server says that the client is."""

    meeting = MEETING
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])  # the same menu
        self.vera = self.client("Vera", "Asamblea")
        self.wait_online(n_datagrams=0)

    def expect(self, channel):
        self.observer.wait_user("Vera", channel, timeout_s=10)

    def entry(self, language, bit):
        """How far from the end of that menu the server's entry for the language stands."""
        def offered():
            return [text for text, context in self.observer.actions.values() if context & bit]
        wait.until(offered, 5, "context actions from the server")
        found = [i for i, text in enumerate(offered()) if LANGUAGES[language] in text]
        self.assertEqual(len(found), 1, f"one entry for {language} in {offered()}")
        return len(offered()) - 1 - found[0]

    def test_chat(self):
        self.vera.say("!es")
        self.expect("Español")
        self.vera.say("!en")
        self.expect("English")

    def test_server_menu(self):
        self.vera.choose_in_server_menu(self.entry("es", IN_SERVER_MENU))
        self.expect("Español")

    def test_channel_menu(self):
        row = tree_row(self.observer, "Asamblea")
        self.vera.choose_in_channel_menu(row, self.entry("es", IN_CHANNEL_MENU))
        self.expect("Español")

    def test_join(self):
        self.vera.double_click(tree_row(self.observer, "Español"))
        self.expect("Español")
        self.vera.double_click(tree_row(self.observer, "English"))
        self.expect("English")

    def test_link(self):
        other = self.client("Olga", "Asamblea/Español")
        self.observer.wait_user(other.name, "Español")


class InvitationTest(RigTest):
    """A link of a moderator's, clicked by whoever got it: the word in it gives the role."""

    meeting = MEETING.replace("interpreters = anyone", "interpreters = Ivan") + "moderators = Observer\n"
    servers = ("susurro",)

    def invited(self, name, role):
        """That person, by such a link."""
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])
        seen = len(self.observer.texts)
        self.observer.say(f"!invite {role} 2")
        link = wait.until(lambda: LINK.findall("".join(one["message"] for one in list(self.observer.texts)[seen:])),
                          5, "an invitation")[0]
        client = self.client(name, link=link)  # a link without a name: the program asks, and proposes the last one
        client.wait_dialog("Connecting to", timeout_s=30)
        client.keys("Return")
        self.observer.wait_user(name, "Asamblea")
        return client

    def test_interpreter(self):
        iris = self.invited("Iris", "interpreter")
        iris.double_click(tree_row(self.observer, "Booth en-es"))
        self.observer.wait_user("Iris", "Booth en-es", timeout_s=10)
        self.assert_has_line(self.log_of(iris), "Welcome to Asamblea. Your role: interpreter.")

    def test_participant(self):
        petra = self.invited("Petra", "participant")
        petra.double_click(tree_row(self.observer, "Booth en-es"))
        petra.double_click(tree_row(self.observer, "English"))  # in order: she was refused before
        self.observer.wait_user("Petra", "English", timeout_s=10)
        self.assert_has_line(self.log_of(petra), "Only the interpreters of this meeting can enter its booths")


if __name__ == "__main__":
    unittest.main()
