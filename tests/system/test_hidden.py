# SPDX-License-Identifier: BSD-3-Clause
"""hidechannels: who may not enter a channel knows neither of it nor of who is in it."""

import os
import signal
import unittest

from lib import protobuf
from lib.observer import CHANNEL_STATE, TEXT_MESSAGE, USER_REMOVE, USER_STATE, USER_STATS, VOICE_TARGET
from lib.protobuf import last, text
from lib.server import MEETING
from system.case import SystemTest
from system.client import CHANNEL_REMOVE, PERMISSION_QUERY, REQUEST_BLOB
from system.test_acl import ACL, ENTER, rule

AUTHENTICATE, PLUGIN_DATA = 2, 26


class HiddenTest(SystemTest):
    """Open > Secret > Inner, where Secret and what is beneath needs a token, and Lobby > Room:
    nobody enters Lobby, all enter Room."""

    keys = {"hidechannels": True, "broadcastlistenervolumeadjustments": "true"}
    has_superuser = True

    def setUp(self):
        self.root = self.superuser()
        self.open = self.make("Open")
        self.secret = self.make("Secret", self.open)
        self.inner = self.make("Inner", self.secret)
        self.lobby = self.make("Lobby")
        self.room = self.make("Room", self.lobby)
        self.lock(self.secret, rule("#key", ENTER))
        self.root.ask(ACL, {1: self.lobby, 4: rule("all", deny=ENTER, subs=False)})
        self.ana = self.client("Ana")
        self.iris = self.client("Iris", login={"f3": "key"})
        self.all = {0, self.open, self.secret, self.inner, self.lobby, self.room}
        self.public = {0, self.open, self.lobby, self.room}

    def tearDown(self):
        for channel in (self.open, self.lobby):
            self.root.send(CHANNEL_REMOVE, {1: channel})
        self.root.barrier()

    def make(self, name, parent=0, **more):
        fields = {2: parent, 3: name, **{int(key[1:]): value for key, value in more.items()}}
        frames = self.root.ask(CHANNEL_STATE, fields)
        return last([one for kind, one in frames if kind == CHANNEL_STATE][0], 1)

    def lock(self, channel, *more):
        self.root.ask(ACL, {1: channel, 4: [rule("all", deny=ENTER), *more]})

    def told(self, client, *kinds):
        """(type, channel or session) of what came since the last barrier."""
        return [(kind, last(fields, 1)) for kind, fields in client.barrier()
                if kind in (kinds or (CHANNEL_STATE, CHANNEL_REMOVE, USER_STATE, USER_REMOVE))]

    def assert_knows(self, client, channels, others):
        """The client knows these channels and users, and nothing was ever said of what it did not
        know of, nor of a child before its parent."""
        client.barrier()
        self.assertEqual(set(client.channels), set(channels))
        self.assertEqual(set(client.users), {client.session, *(one.session for one in others)})
        known_channels, known_users = {0}, set()
        for kind, fields in client.received:
            one = last(fields, 1)
            if kind == CHANNEL_STATE:
                self.assertTrue(3 in fields or one in known_channels, fields)
                self.assertLessEqual({*fields.get(2, []), *fields.get(4, []), *fields.get(6, [])},
                                     known_channels, fields)
                known_channels.add(one)
            elif kind == CHANNEL_REMOVE:
                self.assertIn(one, known_channels)
                known_channels.remove(one)
            elif kind == USER_STATE:
                self.assertTrue(3 in fields or one in known_users, fields)
                self.assertLessEqual({*fields.get(5, []), *fields.get(21, [])}, known_channels)
                known_users.add(one)
                self.assertLessEqual(set(fields.get(2, [])), known_users)
            elif kind == USER_REMOVE:
                self.assertIn(one, known_users)
                known_users.remove(one)

    def test_at_login(self):
        self.assert_knows(self.ana, self.public, [self.root, self.iris])
        self.assert_knows(self.iris, self.all, [self.root, self.ana])
        self.iris.join(self.inner)
        berta = self.client("Berta")
        self.assert_knows(berta, self.public, [self.root, self.ana])

    def test_who_goes_in_is_gone(self):
        self.ana.barrier()
        self.iris.join(self.secret)
        self.assertEqual(self.told(self.ana), [(USER_REMOVE, self.iris.session)])
        self.iris.change(f9=True)
        self.iris.join(self.inner)
        self.assertEqual(self.told(self.ana), [])
        self.iris.join(self.open)
        state = [fields for kind, fields in self.ana.barrier() if kind == USER_STATE]
        self.assertEqual([(last(one, 1), text(one, 3), last(one, 5), last(one, 9))
                          for one in state], [(self.iris.session, "Iris", self.open, 1)])
        self.iris.change(f9=False)
        self.assertEqual(self.told(self.ana), [(USER_STATE, self.iris.session)])
        self.iris.join(self.secret)
        self.ana.barrier()
        self.iris.close()
        self.root.until(lambda: not self.root.user("Iris"), 5, "Iris has left")
        self.assertEqual(self.told(self.ana), [])

    def test_by_token_and_back(self):
        self.iris.join(self.inner)
        self.ana.barrier()
        self.ana.send(AUTHENTICATE, {3: "key"})
        self.ana.until(lambda: self.iris.session in self.ana.users, 5, "Iris")
        self.assert_knows(self.ana, self.all, [self.root, self.iris])
        self.ana.send(AUTHENTICATE, {3: "other"})
        self.ana.until(lambda: self.secret not in self.ana.channels, 5, "no Secret")
        self.assert_knows(self.ana, self.public, [self.root])

    def test_by_rules(self):
        self.iris.join(self.inner)
        self.ana.barrier()
        self.root.ask(ACL, {1: self.secret})
        self.assertEqual(self.told(self.ana), [
            (CHANNEL_STATE, self.secret), (CHANNEL_STATE, self.inner),
            (USER_STATE, self.iris.session)])
        self.lock(self.secret)
        self.assertEqual(self.told(self.ana), [
            (USER_REMOVE, self.iris.session), (CHANNEL_REMOVE, self.inner),
            (CHANNEL_REMOVE, self.secret)])
        # who sits in it knows it still, and the way there
        self.assert_knows(self.iris, self.all, [self.root, self.ana])
        self.iris.join(0)
        self.assert_knows(self.iris, self.public, [self.root, self.ana])

    def test_moved_in_by_another(self):
        berta = self.client("Berta")
        self.iris.join(self.inner)
        self.root.change(self.ana.session, f5=self.inner)
        self.assert_knows(self.ana, self.all, [self.root, self.iris, berta])
        self.assertEqual(self.ana.here(), self.inner)
        self.assert_knows(berta, self.public, [self.root])
        self.root.change(self.ana.session, f5=0)
        self.assert_knows(self.ana, self.public, [self.root, berta])
        self.assert_knows(berta, self.public, [self.root, self.ana])

    def test_made_moved_and_removed(self):
        self.ana.barrier()
        under = self.make("Under", self.secret)
        self.root.ask(CHANNEL_STATE, {1: self.inner, 3: "Other", 5: "Text"})
        self.assertEqual(self.told(self.ana), [])
        self.root.ask(CHANNEL_STATE, {1: under, 2: self.open})
        self.ana.barrier()
        self.assertIn(under, self.ana.channels)
        self.root.ask(CHANNEL_STATE, {1: under, 2: self.inner})
        self.assert_knows(self.ana, self.public, [self.root, self.iris])
        self.root.ask(CHANNEL_STATE, {1: under, 2: self.open})
        self.root.ask(CHANNEL_REMOVE, {1: under})
        self.root.ask(CHANNEL_REMOVE, {1: self.inner})
        self.assert_knows(self.ana, self.public, [self.root, self.iris])
        self.root.ask(CHANNEL_REMOVE, {1: self.room})  # for whose sake Lobby was known
        self.assert_knows(self.ana, {0, self.open}, [self.root, self.iris])
        self.assert_knows(self.iris, {0, self.open, self.secret}, [self.root, self.ana])

    def test_links(self):
        self.ana.barrier()
        self.root.ask(CHANNEL_STATE, {1: self.secret, 6: [self.open, self.room]})
        self.root.ask(CHANNEL_STATE, {1: self.open, 6: [self.room]})
        berta = self.client("Berta")
        self.assert_knows(self.ana, self.public, [self.root, self.iris, berta])
        self.assert_knows(berta, self.public, [self.root, self.iris, self.ana])
        self.assertEqual(berta.channels[self.open]["links"], [self.room])
        self.root.ask(ACL, {1: self.secret})
        berta.barrier()
        self.assertEqual(set(berta.channels[self.secret]["links"]), {self.open, self.room})

    def test_the_hidden_cannot_be_asked_about(self):
        self.iris.join(self.inner)
        self.root.ask(CHANNEL_STATE, {1: self.inner, 5: "x" * 300})
        self.iris.change(f14="y" * 300)
        hidden = self.iris.session
        self.iris.barrier()
        for kind, fields in (
                (PERMISSION_QUERY, {1: self.secret}), (ACL, {1: self.secret, 5: True}),
                (REQUEST_BLOB, {1: hidden, 2: hidden, 3: self.inner}), (USER_STATS, {1: hidden}),
                (TEXT_MESSAGE, {2: hidden, 5: "x"}), (TEXT_MESSAGE, {3: self.inner, 5: "x"}),
                (TEXT_MESSAGE, {4: self.secret, 5: "x"}), (USER_STATE, {1: hidden, 6: True}),
                (USER_STATE, {1: hidden, 5: 0}), (USER_REMOVE, {1: hidden}),
                (CHANNEL_REMOVE, {1: self.inner}), (CHANNEL_STATE, {1: self.inner, 3: "x"}),
                (CHANNEL_STATE, {2: self.secret, 3: "x"}), (CHANNEL_STATE, {1: self.room, 2: self.inner}),
                (USER_STATE, {1: self.ana.session, 5: self.inner}),
                (VOICE_TARGET, {1: 1, 2: {1: hidden, 2: self.secret}}),
                (PLUGIN_DATA, {2: protobuf.varint(hidden), 3: "x", 4: "y"})):
            with self.subTest(f"{kind} {fields}"):
                self.assertEqual(self.ana.ask(kind, fields), [])
        self.assertEqual(self.iris.barrier(), [])

    def test_the_hidden_do_not_speak_up(self):
        self.iris.join(self.inner)
        self.root.join(0)
        for client in (self.ana, self.root):
            client.barrier()
        self.iris.ask(TEXT_MESSAGE, {3: 0, 5: "x"})
        self.iris.ask(PLUGIN_DATA, {2: protobuf.varint(self.ana.session), 3: "x", 4: "y"})
        self.iris.change(f19=True)
        self.assertEqual(self.ana.barrier(), [])
        self.assertEqual([text(fields, 5) for kind, fields in self.root.barrier()
                          if kind == TEXT_MESSAGE], ["x", "Iris is recording."])

    def test_ears(self):
        """One hears into no hidden channel, and knows only of ears where one may know of them."""
        self.iris.change(f21=[self.secret, self.room])
        self.ana.barrier()
        self.root.ask(ACL, {1: self.secret})
        self.ana.barrier()
        self.ana.change(f21=[self.secret, self.open])
        ears = [fields.get(21) for kind, fields in self.ana.received if kind == USER_STATE
                and last(fields, 1) == self.iris.session and 21 in fields]
        self.assertEqual(ears, [[self.room], [self.secret]])
        self.iris.barrier()
        self.lock(self.secret, rule("#key", ENTER))
        self.assertEqual([last(fields, 22) for kind, fields in self.iris.barrier()
                          if kind == USER_STATE and last(fields, 1) == self.ana.session],
                         [self.secret])
        self.assert_knows(self.ana, self.public, [self.root, self.iris])
        self.ana.change(f21=[self.secret])
        self.assertEqual(self.told(self.iris), [])

    def test_switched_live(self):
        self.iris.join(self.inner)
        self.root.ask(CHANNEL_STATE, {1: self.inner, 6: [self.open]})
        self.addCleanup(self.switch, True)
        self.switch(False)
        self.ana.until(lambda: self.iris.session in self.ana.users, 5, "Iris")
        self.assert_knows(self.ana, self.all, [self.root, self.iris])
        self.assertEqual(self.ana.channels[self.inner]["links"], [self.open])
        self.iris.join(self.open)
        self.iris.join(self.inner)
        self.ana.until(lambda: self.ana.users[self.iris.session]["channel_id"] == self.inner, 5,
                       "Iris in Inner")
        self.switch(True)
        self.ana.until(lambda: self.secret not in self.ana.channels, 5, "no Secret")
        self.assert_knows(self.ana, self.public, [self.root])
        self.assert_knows(self.iris, self.all, [self.root, self.ana])

    def test_volumes_of_ears(self):
        self.root.change(f21=[self.secret])
        self.ana.barrier()
        self.iris.barrier()
        self.root.change(f23=[{1: self.secret, 2: 2.0}])
        self.assertEqual([fields for _, fields in self.ana.barrier() if 23 in fields], [])
        self.assertEqual(len([fields for _, fields in self.iris.barrier() if 23 in fields]), 1)

    def switch(self, is_hiding):
        n = self.server.process.log().count("configuration read again")
        self.server.write({**self.keys, "hidechannels": is_hiding})
        os.kill(self.server.process.popen.pid, signal.SIGHUP)
        self.root.until(lambda: self.server.process.log().count("configuration read again") > n, 5,
                        "the configuration is read")


class HiddenBoothTest(SystemTest):
    """With a meeting whose booth is not for everybody."""

    keys = {"hidechannels": True}
    meeting = MEETING.replace("anyone", "Iris")

    def test_the_booth(self):
        ana, iris = self.client("Ana"), self.client("Iris")
        ana.barrier()
        self.assertIsNone(ana.channel("Booth en-es"))
        self.assertIsNotNone(ana.channel("English"))
        booth = iris.channel("Booth en-es")["channel_id"]
        iris.join(booth)
        ana.barrier()
        self.assertNotIn(iris.session, ana.users)
        iris.join(0)
        ana.barrier()
        self.assertIn(iris.session, ana.users)


if __name__ == "__main__":
    unittest.main()
