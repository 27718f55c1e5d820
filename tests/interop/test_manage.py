# SPDX-License-Identifier: BSD-3-Clause
"""What an admin does by hand in the stock client's dialogs: channels, access, registration.

Judged by another client, for whom the door is open or closed.
"""

import unittest

from lib import wait
from lib.mumble import tree_row
from lib.observer import PERMISSION_DENIED, ObserverClient
from lib.protobuf import last
from lib.rig import RigTest

PASSWORD = "only-for-this-test"
ENTER = 0x4
# Places in the dialog "Edit", tab ACL, of 1.3.4.
DENY_ENTER = (673, 160)


class ManageTest(RigTest):
    """The SuperUser at the mouse, an ordinary member as the witness."""

    superuser = PASSWORD

    def setUp(self):
        super().setUp()
        self.admin = self.client("SuperUser", password=PASSWORD)
        self.wait_online(n_datagrams=0)

    def add_channel(self, name):
        self.admin.open_channel_menu(0)
        self.admin.keys("a")
        self.admin.wait_dialog("Mumble - Add channel")
        self.admin.type(name)
        self.admin.keys("Return")
        self.admin.wait_dialog_gone("Mumble - Add channel")
        wait.until(lambda: self.observer.channel(name), 10, f"the channel {name}")
        return self.observer.channel(name)["channel_id"]

    def deny_enter(self, name):
        """In the dialog: a new entry, for all, here and beneath, that denies Enter."""
        self.admin.open_channel_menu(tree_row(self.observer, name))
        self.admin.keys("e")
        self.admin.wait_dialog("Mumble - Edit")
        self.admin.keys("alt+a")  # the tab
        corner = self.admin.wait_dialog("Mumble - Edit")
        self.admin.click_at(corner, 356, 171)  # Add
        self.admin.click_at(corner, *DENY_ENTER)
        self.admin.click_at(corner, 600, 412)  # OK
        self.admin.wait_dialog_gone("Mumble - Edit")

    def denials(self):
        return [fields for kind, fields in list(self.observer.received)
                if kind == PERMISSION_DENIED]

    def test_door(self):
        room = self.add_channel("Sala")
        self.observer.join(room)
        self.observer.join(0)
        self.deny_enter("Sala")
        seen = len(self.denials())

        def is_refused():
            self.observer.move(self.observer.session, room)
            return len(self.denials()) > seen or self.observer.users[self.observer.session][
                "channel_id"] == room and self.observer.move(self.observer.session, 0)
        wait.until(is_refused, 10, "a closed door", 0.5)
        denied = self.denials()[-1]
        self.assertEqual((last(denied, 5), last(denied, 1), last(denied, 2)), (1, ENTER, room))
        self.admin.double_click(tree_row(self.observer, "Sala"))  # the SuperUser still may
        self.observer.wait_user("SuperUser", "Sala")

    def test_register(self):
        ana = self.client("Ana")
        self.wait_online(n_datagrams=0)
        ana.open_self_menu()
        ana.keys("e")
        ana.wait_dialog("Register yourself as Ana")
        ana.keys("alt+y")
        wait.until(lambda: self.observer.user("Ana").get("user_id"), 10, "Ana's registration")
        registered = self.observer.user("Ana")
        with self.assertRaisesRegex(ConnectionRefusedError, "Reject 3"):  # WrongUserPW
            ObserverClient(self.server.port, name="ana").connect()
        ana.restart()
        wait.until(lambda: (self.observer.user("Ana") or registered)["session"] !=
                   registered["session"], 20, "Ana anew")
        self.assertEqual(self.observer.user("Ana")["user_id"], registered["user_id"])


if __name__ == "__main__":
    unittest.main()
