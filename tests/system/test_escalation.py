# SPDX-License-Identifier: BSD-3-Clause
"""Attempts to do what one may not: each is refused with murmur's type, and changes nothing."""

import unittest

from lib.observer import (AUTHENTICATE, CHANNEL_STATE, PERMISSION_DENIED, TEXT_MESSAGE, USER_REMOVE,
                          USER_STATE, USER_STATS)
from lib.protobuf import decode, last
from system.case import SystemTest, make_certificate
from system.client import (BAN_LIST, CHANNEL_REMOVE, DENIED_CERTIFICATE, DENIED_PERMISSION,
                           DENIED_SUPERUSER, DENIED_TEMPORARY, DENIED_TEXT, DENIED_USER_NAME, USER_LIST)

(WRITE, ENTER, MUTE, MOVE, MAKE, LINK, TEXT, MAKE_TEMPORARY, LISTEN) = (
    0x1, 0x4, 0x10, 0x20, 0x40, 0x80, 0x200, 0x400, 0x800)
KICK, BAN, REGISTER, SELF_REGISTER, RESET = 0x30000, 0x20000, 0x40000, 0x80000, 0x100000
ACL, QUERY_USERS = 13, 14
TRAVERSE, DEFAULT = 0x2, 0xB0E


def denied_by_right(permission, channel, session):
    return (DENIED_PERMISSION, permission, channel, session)


def denied(kind, session=None):
    return (kind, None, None, session)


class EscalationTest(SystemTest):
    """Mallory has no more rights than anybody; Closed is a channel that lets nobody in."""

    has_superuser = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = {name: make_certificate(cls.directory, name)
                            for name in ("Mallory", "Berta", "Member", "Host")}

    def setUp(self):
        self.root = self.superuser()
        if self.root.channel("Closed") is None:
            for name in ("Open", "Closed"):
                self.root.ask(CHANNEL_STATE, {2: 0, 3: name})
            closed = self.root.channel("Closed")["channel_id"]
            self.root.ask(ACL, {1: closed, 2: True, 4: [
                {1: True, 2: True, 5: "all", 6: 0, 7: DEFAULT & ~TRAVERSE},
                {1: True, 2: True, 5: "#sesame", 6: ENTER, 7: 0}]})
        self.open_id, self.closed = (self.root.channel(name)["channel_id"]
                                     for name in ("Open", "Closed"))
        self.berta = self.client("Berta", certificate=self.certificates["Berta"])
        self.inside = self.client("Inside")
        self.root.change(self.inside.session, f5=self.closed)
        self.mallory = self.client("Mallory", certificate=self.certificates["Mallory"])

    def refusals(self, kind, fields):
        """(type, permission, channel, session) of each PermissionDenied; what else came."""
        frames = self.mallory.ask(kind, fields)
        told = [(last(one, 5), last(one, 1), last(one, 2), last(one, 3)) for what, one in frames
                if what == PERMISSION_DENIED]
        return told, [what for what, _ in frames if what != PERMISSION_DENIED]

    def attempts(self):
        """Each as (name, type of message, its fields, the refusal expected)."""
        me, berta, root = self.mallory.session, self.berta.session, self.root.session
        inside, closed, open_id = self.inside.session, self.closed, self.open_id
        everything = {1: True, 2: True, 5: "all", 6: 0x1F0FFF, 7: 0}

        def right(permission, channel=0, session=me):
            return denied_by_right(permission, channel, session)
        yield "move another", USER_STATE, {1: berta, 5: open_id}, right(MOVE)
        yield "fetch somebody", USER_STATE, {1: inside, 5: 0}, right(MOVE, closed)
        yield "push another in", USER_STATE, {1: berta, 5: closed}, right(MOVE)
        yield "enter", USER_STATE, {1: me, 5: closed}, right(ENTER, closed)
        yield "enter with a wrong token", USER_STATE, {5: closed, 20: ["sesam", "#sesame"]}, \
            right(ENTER, closed)
        for flag in (6, 7, 18):
            for value in (0, 1):
                for whom in (me, berta):
                    yield f"flag {flag}", USER_STATE, {1: whom, flag: value}, right(MUTE)
        yield "suppress", USER_STATE, {1: berta, 8: 1}, right(MUTE)
        yield "speak all the same", USER_STATE, {1: me, 8: 0}, right(MUTE)
        yield "mute somebody inside", USER_STATE, {1: inside, 6: 1}, right(MUTE, closed)
        yield "rename oneself", USER_STATE, {1: me, 3: "SuperUser"}, denied(DENIED_USER_NAME)
        yield "rename another", USER_STATE, {1: berta, 3: "Boba"}, denied(DENIED_USER_NAME)
        yield "register another", USER_STATE, {1: berta, 4: 0}, right(REGISTER)
        yield "register without certificate", USER_STATE, {1: inside, 4: 0}, right(REGISTER)
        for fields in ({14: "boba"}, {14: ""}, {11: b"p"}, {11: b""}):
            yield "another's comment or picture", USER_STATE, {1: berta, **fields}, right(RESET)
        for fields in ({5: open_id}, {6: 1}, {8: 0}, {14: ""}, {3: "x"}, {4: 1}, {9: 1}):
            yield "the SuperUser", USER_STATE, {1: root, **fields}, denied(DENIED_SUPERUSER)
        for whom in (me, berta, root):
            yield "kick", USER_REMOVE, {1: whom, 3: "fuera"}, right(KICK)
            yield "ban", USER_REMOVE, {1: whom, 3: "fuera", 4: True}, right(BAN)
        yield "see the bans", BAN_LIST, {2: True}, right(BAN)
        yield "lift the bans", BAN_LIST, b"", right(BAN)
        yield "see the users", USER_LIST, b"", right(REGISTER)
        yield "rename a user", USER_LIST, {1: {1: 1, 2: "x"}}, right(REGISTER)
        yield "unregister a user", USER_LIST, {1: {1: 1}}, right(REGISTER)
        for channel in (0, open_id, closed):
            yield "remove a channel", CHANNEL_REMOVE, {1: channel}, right(WRITE, channel)
            yield "see the rules", ACL, {1: channel, 5: True}, right(WRITE, channel)
            yield "edit the rules", ACL, {1: channel, 2: True, 4: everything}, \
                right(WRITE, channel)
        for fields in ({3: "Renamed"}, {5: "text"}, {9: 5}, {11: 5}):
            yield "change a channel", CHANNEL_STATE, {1: open_id, **fields}, right(WRITE, open_id)
        yield "move a channel", CHANNEL_STATE, {1: open_id, 2: closed}, right(WRITE, open_id)
        yield "make a channel", CHANNEL_STATE, {2: 0, 3: "Mine"}, right(MAKE)
        yield "make a channel inside", CHANNEL_STATE, {2: closed, 3: "Mine"}, right(MAKE, closed)
        yield "link", CHANNEL_STATE, {1: open_id, 6: [closed]}, right(LINK, open_id)
        yield "unlink", CHANNEL_STATE, {1: open_id, 7: [closed]}, right(LINK, open_id)
        yield "listen", USER_STATE, {1: me, 21: [closed]}, right(LISTEN, closed)
        yield "write inside", TEXT_MESSAGE, {3: [closed], 5: "hola"}, right(TEXT, closed)
        yield "write to a tree", TEXT_MESSAGE, {4: [closed], 5: "hola"}, right(TEXT, closed)
        yield "write to somebody", TEXT_MESSAGE, {2: [inside], 5: "hola"}, right(TEXT, closed)
        yield "ask about somebody", USER_STATS, {1: inside}, right(ENTER, closed)

    def silent_attempts(self):
        """Those that are dropped without a word, as by murmur."""
        me, berta = self.mallory.session, self.berta.session
        for fields in ({9: 1}, {10: 1}, {12: b"c"}, {13: "i"}, {19: 1}, {22: [0]},
                       {23: {1: 0, 2: 9.5}}):
            yield "what only oneself may do", USER_STATE, {1: berta, **fields}
        yield "nobody", USER_STATE, {1: 99999, 5: self.open_id}
        yield "session 0", USER_STATE, {1: 0, 6: 1}
        yield "nowhere", USER_STATE, {1: me, 5: 99999}
        yield "where one is", USER_STATE, {1: me, 5: 0, 6: 1}
        yield "kick nobody", USER_REMOVE, {1: 99999}
        yield "remove nothing", CHANNEL_REMOVE, {1: 99999}
        yield "rules of nothing", ACL, {1: 99999, 2: True}
        yield "make below nothing", CHANNEL_STATE, {2: 99999, 3: "Mine"}
        yield "who is who", QUERY_USERS, {1: [0, 1], 2: ["SuperUser"]}
        yield "log in again", AUTHENTICATE, {1: "SuperUser", 2: "x", 5: True}
        yield "messages that servers send", 12, {1: 1, 2: 0}
        yield "messages that servers send", 5, {1: berta, 4: 0x1F0FFF}
        yield "messages that servers send", 20, {1: 0, 2: 0x1F0FFF, 3: True}

    def world(self):
        """What somebody new is told, without the newcomer and the numbers of sessions."""
        witness = self.client("Witness")
        users = sorted((one["name"], sorted((key, str(value)) for key, value in one.items()))
                       for session, one in witness.users.items() if session != witness.session)
        channels = sorted((number, sorted((key, str(value)) for key, value in one.items()))
                          for number, one in witness.channels.items())
        rules = [(last(one, 1), one.get(3), one.get(4)) for channel in (0, self.open_id, self.closed)
                 for kind, one in self.root.ask(ACL, {1: channel, 5: True}) if kind == ACL]
        witness.close()
        self.root.until(lambda: witness.session not in self.root.users, 5, "Witness has left")
        return users, channels, rules

    def run_attempts(self):
        before = self.world()
        for name, kind, fields, expected in self.attempts():
            with self.subTest(name, fields=fields):
                told, others = self.refusals(kind, fields)
                self.assertEqual((told, others), ([expected], []))
        for name, kind, fields in self.silent_attempts():
            with self.subTest(name, fields=fields):
                told, others = self.refusals(kind, fields)
                harmless = (CHANNEL_STATE, 20)  # an answer about oneself
                self.assertEqual((told, [one for one in others if one not in harmless]), ([], []))
        after = self.world()
        for i, what in enumerate(("users", "channels", "rules")):
            self.assertEqual(before[i], after[i], what)
        for one in (self.berta, self.inside, self.root):
            one.barrier()

    def test_guest(self):
        self.assertEqual(self.refusals(CHANNEL_STATE, {2: 0, 3: "Mine", 8: True})[0],
                         [denied_by_right(MAKE_TEMPORARY, 0, self.mallory.session)])
        self.run_attempts()

    def test_registered(self):
        """To be registered gives no right over others."""
        self.mallory = self.client("Member", certificate=self.certificates["Member"])
        self.assertEqual(self.refusals(USER_STATE, {4: 0})[0], [])
        self.assertEqual(self.refusals(USER_STATE, {4: 0})[0],
                         [denied_by_right(SELF_REGISTER, 0, self.mallory.session)])
        self.run_attempts()

    def test_tokens(self):
        """The right token opens, for one message or for as long as it is shown."""
        me = self.mallory
        self.assertEqual(self.refusals(USER_STATE, {5: self.closed, 20: ["SESAME"]})[0], [])
        self.assertEqual(me.here(), self.closed)
        self.assertEqual(self.refusals(USER_STATE, {5: 0})[0], [])
        self.assertEqual(self.refusals(USER_STATE, {5: self.closed})[0],
                         [denied_by_right(ENTER, self.closed, me.session)])
        frames = me.ask(AUTHENTICATE, {3: ["sesame"]})
        self.assertEqual([last(one, 13) for kind, one in frames if kind == CHANNEL_STATE
                          and last(one, 1) == self.closed], [1])
        self.assertEqual(self.refusals(USER_STATE, {5: self.closed})[0], [])
        self.assertEqual(self.refusals(USER_STATE, {5: 0})[0], [])
        frames = me.ask(AUTHENTICATE, {3: ["another"]})
        self.assertEqual([last(one, 13) for kind, one in frames if kind == CHANNEL_STATE
                          and last(one, 1) == self.closed], [0])
        self.assertEqual(self.refusals(USER_STATE, {5: self.closed})[0],
                         [denied_by_right(ENTER, self.closed, me.session)])
        self.client("Late", login={"f3": ["x", "Sesame"]}).join(self.closed)

    def test_registering_needs_a_certificate(self):
        frames = self.inside.change(f4=0)
        self.assertEqual([(last(one, 5), last(one, 3)) for kind, one in frames
                          if kind == PERMISSION_DENIED],
                         [(DENIED_CERTIFICATE, self.inside.session)])

    def test_own_temporary_channel(self):
        """Who makes a temporary channel rules in it, but mutes nobody there."""
        self.mallory = self.client("Host", certificate=self.certificates["Host"])
        self.mallory.change(f4=0)
        self.mallory.ask(CHANNEL_STATE, {2: 0, 3: "Mine", 8: True})
        mine = self.mallory.here()
        self.assertNotEqual(mine, 0)
        self.berta.join(mine)
        for flag in (6, 7):
            self.assertEqual(self.refusals(USER_STATE, {1: self.berta.session, flag: 1})[0],
                             [denied(DENIED_TEMPORARY)])
        self.assertEqual(self.root.denied(self.root.change(self.berta.session, f6=1)), [])
        self.root.change(self.berta.session, f6=0)
        for n in (100, 101):
            frames = self.mallory.ask(ACL, {1: mine, 4: [{1: True, 3: False, 5: "none"}] * n})
            self.assertEqual([one[0] for one in self.mallory.denied(frames)],
                             [DENIED_TEXT] if n > 100 else [])

    def test_certificates_are_shown_to_whom_it_concerns(self):
        for client, is_shown in ((self.berta, True), (self.root, True), (self.mallory, False)):
            frames = client.ask(USER_STATS, {1: self.berta.session})
            stats = [fields for kind, fields in frames if kind == USER_STATS][0]
            self.assertEqual((3 in stats, 12 in stats, 14 in stats, 18 in stats),
                             (is_shown,) * 4)
        self.assertEqual(decode(last(stats, 4)).keys(), {1, 2, 3, 4}, "they share a channel")


if __name__ == "__main__":
    unittest.main()
