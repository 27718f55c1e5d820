# SPDX-License-Identifier: BSD-3-Clause
"""A stock client chooses its language: in chat, from the menus, by joining the channel."""

import unittest

from lib import wait
from lib.mumble import tree_row
from lib.rig import RigTest
from lib.server import MEETING

IN_SERVER_MENU, IN_CHANNEL_MENU = 1, 2  # bits of a context action
LANGUAGES = {"en": "English", "es": "Español"}


class ChooseTest(RigTest):
    """Judged by where the server says that the client is."""

    meeting = MEETING
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])  # the same menu
        self.vera = self.client("Vera", "Asamblea")
        self.wait_online(settle_s=0)

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


if __name__ == "__main__":
    unittest.main()
