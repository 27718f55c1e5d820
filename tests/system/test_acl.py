# SPDX-License-Identifier: BSD-3-Clause
"""Access rules: seen, edited, refused, kept, and what everybody is told of their rights after it."""

import unittest

from lib import protobuf
from lib.observer import CHANNEL_STATE, USER_STATE
from lib.protobuf import last, text
from lib.server import MEETING
from system.case import SystemTest, certificate_hash, end, make_certificate
from system.client import (CHANNEL_REMOVE, DENIED_PERMISSION, DENIED_TEXT, PERMISSION_DENIED,
                           PERMISSION_QUERY)

AUTHENTICATE, ACL, QUERY_USERS = 2, 13, 14
WRITE, TRAVERSE, ENTER, SPEAK, MUTE, MOVE, MAKE, LINK = (1 << i for i in range(8))
WHISPER, TEXT_RIGHT, MAKE_TEMPORARY, LISTEN, SELF_REGISTER = 0x100, 0x200, 0x400, 0x800, 0x80000
DEFAULT = TRAVERSE | ENTER | SPEAK | WHISPER | TEXT_RIGHT | LISTEN
EVERYTHING = 0x1F0FFF
CACHED = 0x8000000


def rule(who="all", grant=0, deny=0, here=True, subs=True, **more):
    """An entry of an ACL message; who is a group, or a number for a user."""
    return {1: here, 2: subs, 4 if isinstance(who, int) else 5: who, 6: grant, 7: deny,
            **{int(name[1:]): value for name, value in more.items()}}


def read_rules(fields):
    """[(inherited, here, subs, who, grant, deny)] of an ACL message."""
    out = []
    for raw in fields.get(4, []):
        one = protobuf.decode(raw)
        who = last(one, 4) if 4 in one else text(one, 5)
        out.append((last(one, 3), last(one, 1), last(one, 2), who, last(one, 6), last(one, 7)))
    return out


def read_groups(fields):
    """{name: (inherited, inherit, inheritable, add, remove, members above)} of an ACL message."""
    out = {}
    for raw in fields.get(3, []):
        one = protobuf.decode(raw)
        out[text(one, 1)] = (last(one, 2), last(one, 3), last(one, 4), one.get(5, []),
                             one.get(6, []), sorted(one.get(7, [])))
    return out


def entering(frames):
    """[(channel, restricted, can enter)] of the partial ChannelStates among these."""
    return [(last(fields, 1), last(fields, 12), last(fields, 13)) for kind, fields in frames
            if kind == CHANNEL_STATE and 3 not in fields and 13 in fields]


class AclTest(SystemTest):
    """With the SuperUser and guests, some with certificates."""

    has_superuser = True

    def setUp(self):
        self.root = self.superuser()
        self.ana = self.client("Ana")
        self.a = self.make("A")

    def tearDown(self):
        for channel in [one for one in self.root.channels.values() if not one.get("parent")]:
            if channel["channel_id"] in self.root.channels and channel["channel_id"] != 0:
                self.root.send(CHANNEL_REMOVE, {1: channel["channel_id"]})
        self.edit(0, [rule("admin", WRITE), rule("auth", MAKE_TEMPORARY),
                      rule("all", SELF_REGISTER, subs=False)], groups=[{1: "admin"}])

    def make(self, name, parent=0):
        frames = self.root.ask(CHANNEL_STATE, {2: parent, 3: name})
        return last([fields for kind, fields in frames if kind == CHANNEL_STATE][0], 1)

    def with_certificate(self, name):
        """A client that has one, and its hash."""
        files = make_certificate(self.directory, name)
        return self.client(name, certificate=files), certificate_hash(files)

    def edit(self, channel, rules, groups=(), inherit=True, by=None):
        """Set the rules; what the editor is told."""
        return (by or self.root).ask(ACL, {1: channel, 2: inherit, 3: list(groups),
                                           4: list(rules)})

    def query(self, channel, by=None):
        """The answer's fields, and {number: name} of the people in it."""
        frames = (by or self.root).ask(ACL, {1: channel, 5: True})
        answers = [fields for kind, fields in frames if kind == ACL]
        self.assertEqual(len(answers), 1, frames)
        names = {}
        for kind, fields in frames:
            if kind == QUERY_USERS:
                names.update(zip(fields.get(1, []), (one.decode() for one in fields.get(2, []))))
        return answers[0], names

    # Seen and edited

    def test_defaults(self):
        answer, _ = self.query(0)
        self.assertEqual((last(answer, 1), 5 in answer), (0, False))
        self.assertEqual(read_rules(answer), [(0, 1, 1, "admin", WRITE, 0),
                                              (0, 1, 1, "auth", MAKE_TEMPORARY, 0),
                                              (0, 1, 0, "all", SELF_REGISTER, 0)])
        self.assertEqual(read_groups(answer), {"admin": (0, 1, 1, [], [], [])})

    def test_the_maker_is_administrator(self):
        answer, names = self.query(self.a)
        self.assertEqual(read_groups(answer)["admin"][3], [0])
        self.assertEqual(names, {0: "SuperUser"})

    def test_inherited_first(self):
        b = self.make("B", self.a)
        self.edit(self.a, [rule("#secret", ENTER | SPEAK, subs=False), rule("!in", deny=TEXT_RIGHT),
                           rule("~sub,0,1", grant=MOVE, here=False)])
        self.edit(b, [rule("$" + "0" * 40, EVERYTHING, MUTE)])
        own = [(0, 1, 0, "#secret", ENTER | SPEAK, 0), (0, 1, 1, "!in", 0, TEXT_RIGHT),
               (0, 0, 1, "~sub,0,1", MOVE, 0)]
        above = [(1, 1, 1, "admin", WRITE, 0), (1, 1, 1, "auth", MAKE_TEMPORARY, 0)]
        self.assertEqual(read_rules(self.query(self.a)[0]), above + own)
        self.assertEqual(read_rules(self.query(b)[0]), above + [
            (1, *one[1:]) for one in own[1:]] + [(0, 1, 1, "$" + "0" * 40, EVERYTHING, MUTE)])
        self.edit(self.a, [rule("x")], inherit=False)
        self.assertEqual(read_rules(self.query(self.a)[0]), above + [(0, 1, 1, "x", 0, 0)],
                         "what it would inherit")
        self.assertEqual(read_rules(self.query(b)[0])[:-1], [(1, 1, 1, "x", 0, 0)])
        self.edit(b, [], inherit=False)
        answer = self.query(b)[0]
        self.assertEqual((read_rules(answer), last(answer, 2)), ([(1, 1, 1, "x", 0, 0)], 0))

    def test_groups(self):
        b = self.make("B", self.a)
        self.edit(0, [], groups=[{1: "admin", 5: [0]}, {1: "crew", 5: [0, 4711]},
                                 {1: "hidden", 4: False, 5: [0]}])
        self.edit(self.a, [], groups=[{1: "crew", 3: False}, {1: "cut", 4: False}])
        self.edit(b, [], groups=[{1: "admin", 6: [0]}, {1: "ours"}, {1: "ours", 3: False}])
        self.assertEqual(read_groups(self.query(0)[0]),
                         {"admin": (0, 1, 1, [0], [], []), "crew": (0, 1, 1, [0], [], []),
                          "hidden": (0, 1, 0, [0], [], [])})
        self.assertEqual(read_groups(self.query(self.a)[0]),
                         {"admin": (1, 1, 1, [], [], [0]), "crew": (1, 0, 1, [], [], [0]),
                          "cut": (0, 1, 0, [], [], [])})
        answer, names = self.query(b)
        self.assertEqual(read_groups(answer),
                         {"admin": (1, 1, 1, [], [0], [0]), "crew": (1, 1, 1, [], [], []),
                          "ours": (0, 0, 1, [], [], [])})
        self.assertEqual(names, {0: "SuperUser"})

    def test_what_is_left_out(self):
        self.edit(self.a, [rule("mine", ENTER), rule("theirs", ENTER, f3=True),
                           rule(4711, ENTER), rule(0xFFFFFFFF, ENTER), rule(0, 0xFFFFFFFF, 1 << 30),
                           rule("mask", 0xFFFFFFFF, 0xFFFFFFFF, f3=False)])
        self.assertEqual(read_rules(self.query(self.a)[0])[2:],
                         [(0, 1, 1, "mine", ENTER, 0), (0, 1, 1, 0, EVERYTHING, 0),
                          (0, 1, 1, "mask", EVERYTHING, EVERYTHING)])

    def test_kept_over_a_restart(self):
        b = self.make("B", self.a)
        self.edit(self.a, [rule("#secret", ENTER), rule("all", deny=ENTER), rule(0, WRITE)],
                  groups=[{1: "crew", 3: False, 4: False, 5: [0]}], inherit=False)
        self.edit(b, [rule("in", deny=SPEAK, subs=False)], groups=[{1: "crew", 6: [0]}])
        before = [self.query(one) for one in (0, self.a, b)]
        end(self.server)
        self.server.run()
        self.root = self.superuser()
        self.assertEqual([self.query(one) for one in (0, self.a, b)], before)

    # Refused

    def test_who_may(self):
        berta, digest = self.with_certificate("Berta")
        b = self.make("B")
        denied = [(DENIED_PERMISSION, WRITE, self.a)]
        for fields in ({1: self.a, 5: True}, {1: self.a}, {1: self.a, 4: [rule("all", WRITE)]}):
            for one in (self.ana, berta):
                with self.subTest(f"{one.name} {fields}"):
                    frames = one.ask(ACL, fields)
                    self.assertEqual((one.denied(frames), len(frames)), (denied, 1))
        self.assertEqual(self.root.ask(ACL, {1: 999, 5: True}), [])
        self.edit(self.a, [rule("$" + digest, WRITE)])
        self.query(self.a, by=berta)
        self.assertEqual(berta.denied(berta.ask(ACL, {1: b, 5: True})),
                         [(DENIED_PERMISSION, WRITE, b)])
        # with Write in the root also where one is kept out
        self.edit(b, [rule("all", deny=EVERYTHING)], inherit=False)
        self.edit(0, [rule("$" + digest, WRITE)])
        self.query(b, by=berta)
        self.assertEqual(read_rules(self.query(b, by=berta)[0])[-1:],
                         [(0, 1, 1, "all", 0, EVERYTHING)])

    def test_the_editor_keeps_the_right(self):
        berta, digest = self.with_certificate("Berta")
        self.edit(self.a, [rule("$" + digest, WRITE)])
        frames = self.edit(self.a, [rule("all", deny=MOVE)], by=berta)
        self.assertEqual(berta.denied(frames), [])
        self.assertEqual(read_rules(self.query(self.a, by=berta)[0])[2:],
                         [(0, 1, 1, "all", 0, MOVE),
                          (0, 1, 0, "$" + digest, WRITE | TRAVERSE, 0)])

    def test_registered_people(self):
        """By their number: in entries, in groups, by name, and as who may edit."""
        rita, _ = self.with_certificate("Rita")
        rita.change(f4=0)
        self.root.barrier()
        number = self.root.users[rita.session]["user_id"]
        self.assertEqual(self.root.ask(QUERY_USERS, {1: number, 2: "RITA"}),
                         [(QUERY_USERS, {1: [number, number], 2: [b"Rita", b"Rita"]})])
        self.edit(self.a, [rule("crew", WRITE), rule(number, MOVE)],
                  groups=[{1: "crew", 5: [number, 4711]}])
        answer, names = self.query(self.a, by=rita)
        self.assertEqual(read_groups(answer)["crew"], (0, 1, 1, [number], [], []))
        self.assertEqual(read_rules(answer)[2:], [(0, 1, 1, "crew", WRITE, 0),
                                                  (0, 1, 1, number, MOVE, 0)])
        self.assertEqual(names, {number: "Rita"})
        self.edit(self.a, [], by=rita)
        self.assertEqual(read_rules(self.query(self.a, by=rita)[0])[2:],
                         [(0, 1, 0, number, WRITE | TRAVERSE, 0)])
        self.edit(0, [rule("auth", MAKE)])
        frames = rita.ask(CHANNEL_STATE, {2: 0, 3: "Rita's"})
        made = last([fields for kind, fields in frames if kind == CHANNEL_STATE][0], 1)
        answer, names = self.query(made, by=rita)
        self.assertEqual(read_groups(answer)["admin"][3], [number])
        self.assertEqual(read_rules(answer)[1:], [(0, 1, 0, number, WRITE | TRAVERSE, 0)])

    def test_too_much(self):
        self.edit(self.a, [rule("before")])
        for what, fields in (
                ("rules", {4: [rule("x")] * 1000}),
                ("groups", {3: [{1: f"g{i}"} for i in range(501)]}),
                ("members", {3: [{1: "g", 5: [0] * 20001}]}),
                ("no name", {3: [{1: ""}]}), ("long name", {3: [{1: "g" * 513}]}),
                ("long rule", {4: [rule("g" * 513)]}),
                ("not UTF-8", {3: [{1: b"\xff"}]}), ("nor this", {4: [rule(b"\xc3(")]})):
            with self.subTest(what):
                frames = [one for kind, one in self.root.ask(ACL, {1: self.a, **fields})
                          if kind == PERMISSION_DENIED]
                self.assertEqual([last(one, 5) for one in frames], [DENIED_TEXT])
                self.assertTrue(text(frames[0], 4))
        self.assertEqual(read_rules(self.query(self.a)[0])[2:], [(0, 1, 1, "before", 0, 0)])
        self.edit(self.a, [rule("x")] * 999)
        self.assertEqual(len(read_rules(self.query(self.a)[0])), 1001)

    def test_query_users(self):
        self.assertEqual(self.ana.ask(QUERY_USERS, {1: 0}), [])
        frames = self.root.ask(QUERY_USERS, {1: [4711, 0, 0xFFFFFFFF], 2: ["superuser", "nobody"]})
        self.assertEqual(frames, [(QUERY_USERS, {1: [0, 0], 2: [b"SuperUser", b"SuperUser"]})])
        berta, digest = self.with_certificate("Berta")
        self.edit(self.a, [rule("$" + digest, WRITE)])
        self.assertEqual(len(berta.ask(QUERY_USERS, {1: 0})), 1)
        self.assertEqual(self.root.ask(QUERY_USERS, {1: [0] * 10001}), [])

    # What everybody is told

    def test_entering_is_told_when_it_changes(self):
        b = self.make("B", self.a)
        self.ana.barrier()
        self.root.barrier()
        self.edit(self.a, [rule("all", deny=ENTER)])
        self.assertEqual(sorted(entering(self.ana.barrier())), [(self.a, 1, 0), (b, 0, 0)])
        self.assertEqual(entering(self.root.received[-10:]), [(self.a, 1, 1)])
        self.assertEqual(self.ana.denied(self.ana.change(f5=self.a)),
                         [(DENIED_PERMISSION, ENTER, self.a)])
        self.edit(self.a, [rule("all", deny=ENTER), rule("all", deny=SPEAK)])
        self.assertEqual(entering(self.ana.barrier()), [], "nothing that concerns entering")
        self.edit(self.a, [rule("all", deny=ENTER), rule("all", ENTER, subs=False)])
        self.assertEqual(entering(self.ana.barrier()), [(self.a, 1, 1)])
        self.edit(self.a, [])
        self.assertEqual(sorted(entering(self.ana.barrier())), [(self.a, 0, 1), (b, 0, 1)])

    def test_entering_is_told_at_login(self):
        self.edit(self.a, [rule("all", deny=ENTER), rule("#key", ENTER)])
        for tokens, expected in ({}, (1, 0)), ({"f3": ["x", "KEY"]}, (1, 1)):
            berta = self.client("Berta", login=tokens)
            state = [fields for fields in berta.kinds(CHANNEL_STATE)
                     if last(fields, 1) == self.a][0]
            self.assertEqual((last(state, 12), last(state, 13)), expected)
            berta.close()
            self.root.until(lambda: not self.root.user("Berta"), 5, "Berta has gone")

    def test_tokens_replaced(self):
        self.edit(self.a, [rule("all", deny=ENTER), rule("#key", ENTER)])
        self.ana.barrier()
        for tokens, expected in (["key"], 1), (["other"], 0), (["Key", "other"], 1), ([], 0):
            with self.subTest(tokens):
                self.ana.send(AUTHENTICATE, {3: tokens})
                self.ana.until(lambda want=expected: entering(self.ana.received)[-1:] ==
                               [(self.a, 1, want)], 5, "can_enter")

    def test_who_is_inside_stays(self):
        self.ana.join(self.a)
        self.edit(self.a, [rule("all", deny=ENTER | TRAVERSE)])
        self.ana.barrier()
        self.assertEqual(self.ana.here(), self.a)

    def test_suppression_follows_the_rules(self):
        self.ana.join(self.a)
        berta = self.client("Berta")
        for rules, expected in ([rule("all", deny=SPEAK)], 1), ([], 0):
            self.edit(self.a, rules)
            told = [last(fields, 8) for kind, fields in berta.barrier() if kind == USER_STATE
                    and last(fields, 1) == self.ana.session]
            self.assertEqual(told, [expected])
        self.edit(self.a, [rule("all", deny=WHISPER)])
        self.assertEqual([kind for kind, _ in berta.barrier() if kind == USER_STATE], [])

    def queries(self, client):
        """[(channel, permissions, flush)] since the last barrier."""
        return [(last(fields, 1), last(fields, 2), last(fields, 3)) for kind, fields
                in client.barrier() if kind == PERMISSION_QUERY]

    def test_wrong_values_are_flushed(self):
        b = self.make("B")
        for one in (self.a, b):
            self.ana.send(PERMISSION_QUERY, {1: one})
        self.assertEqual(self.queries(self.ana)[-2:], [(self.a, DEFAULT | CACHED, None),
                                                       (b, DEFAULT | CACHED, None)])
        self.edit(b, [rule("all", deny=SPEAK)])
        self.assertEqual(self.queries(self.ana), [(b, (DEFAULT & ~SPEAK) | CACHED, 1)])
        self.edit(self.a, [rule("all", deny=SPEAK)])
        self.assertEqual(self.queries(self.ana), [], "forgotten by both sides")
        self.edit(b, [rule("all", deny=SPEAK), rule("none", WRITE)])
        self.assertEqual(self.queries(self.ana), [], "nothing that concerns Ana")

    def test_many_values_are_flushed(self):
        channels = [self.make(f"K{i}") for i in range(21)]
        for one in channels:
            self.ana.send(PERMISSION_QUERY, {1: one})
        self.assertEqual(len(self.queries(self.ana)), 21)
        self.edit(self.a, [rule("none", WRITE)])
        self.assertEqual(self.queries(self.ana), [(channels[-1], DEFAULT | CACHED, 1)])

    def test_pushed_on_entry_when_new(self):
        self.edit(self.a, [rule("in", MOVE)])
        self.queries(self.ana)
        self.ana.join(self.a)
        self.assertEqual(self.queries(self.ana)[0], (self.a, DEFAULT | MOVE | CACHED, None))
        self.ana.join(0)
        self.assertIn((self.a, DEFAULT | CACHED), [one[:2] for one in self.queries(self.ana)] +
                      [(self.a, DEFAULT | CACHED)])
        self.ana.join(self.a)
        self.ana.join(0)
        told = self.queries(self.ana)
        self.assertLessEqual(len(told), 4)

    def test_the_superuser_is_told_nothing(self):
        self.root.send(PERMISSION_QUERY, {1: self.a})
        self.root.join(self.a)
        self.edit(self.a, [rule("all", deny=SPEAK)])
        self.root.barrier()
        self.assertEqual(self.root.kinds(PERMISSION_QUERY), [])


class RolesTest(SystemTest):
    """The groups that a meeting's roles are given by."""

    meeting = MEETING
    has_superuser = True

    def groups(self, root, floor):
        return [read_groups(fields) for kind, fields in root.ask(ACL, {1: floor, 5: True}) if kind == ACL][0]

    def test_they_stay(self):
        """Left out in the dialog they lose who was in them, and are there: at once, not after a restart only."""
        root = self.superuser()
        floor = root.channel("Asamblea")["channel_id"]
        roles = {"interpreters", "moderators", "participants"}
        self.assertLessEqual(roles, set(self.groups(root, floor)))
        root.ask(ACL, {1: floor, 2: True, 3: [{1: "interpreters", 3: True, 4: True, 5: [0]}, {1: "own", 3: True, 4: True}]})
        self.assertEqual(self.groups(root, floor)["interpreters"][3], [0])
        root.ask(ACL, {1: floor, 2: True, 3: [{1: "own", 3: True, 4: True}]})
        before = self.groups(root, floor)
        self.assertLessEqual(roles | {"own"}, set(before))
        self.assertEqual(before["interpreters"][3:5], ([], []))
        root.close()
        end(self.server)
        self.server.run()
        self.assertEqual(self.groups(self.superuser(), floor), before)


if __name__ == "__main__":
    unittest.main()
