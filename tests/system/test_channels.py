# SPDX-License-Identifier: BSD-3-Clause
"""Channels: made, changed, moved, removed, refused, and kept."""

import hashlib
import sqlite3
import unittest

from lib import protobuf
from lib.observer import CHANNEL_STATE, USER_STATE
from lib.protobuf import last, text
from system.case import SystemTest, certificate_hash, end, make_certificate
from system.client import (CHANNEL_REMOVE, DENIED_CERTIFICATE, DENIED_CHANNEL_FULL,
                           DENIED_CHANNEL_NAME, DENIED_COUNT, DENIED_NESTING, DENIED_PERMISSION,
                           DENIED_TEMPORARY, DENIED_TEXT_TOO_LONG, PERMISSION_DENIED,
                           PERMISSION_QUERY, REQUEST_BLOB)

ACL, LINK = 13, 0x80
WRITE, ENTER, MAKE_CHANNEL, MAKE_TEMPORARY, TEXT_MESSAGE_RIGHT = 1, 4, 0x40, 0x400, 0x200
CACHED = 0x8000000


class ChannelTest(SystemTest):
    """With the SuperUser and guests."""

    keys = {"channelnestinglimit": 3, "channelcountlimit": 40, "textmessagelength": 300}
    has_superuser = True

    def setUp(self):
        self.root = self.superuser()
        self.ana = self.client("Ana")

    def tearDown(self):
        for channel in [one for one in self.root.channels.values() if not one.get("parent")]:
            if channel["channel_id"] in self.root.channels and channel["channel_id"] != 0:
                self.root.send(CHANNEL_REMOVE, {1: channel["channel_id"]})
        self.root.barrier()
        self.assertEqual(list(self.root.channels), [0])

    def make(self, name, parent=0, **more):
        """Make a channel as SuperUser; its id."""
        fields = {2: parent, 3: name, **{int(key[1:]): value for key, value in more.items()}}
        frames = self.root.ask(CHANNEL_STATE, fields)
        self.assertEqual(self.root.denied(frames), [])
        made = [one for kind, one in frames if kind == CHANNEL_STATE]
        self.assertEqual(text(made[0], 3), name)
        return last(made[0], 1)

    def root_denied(self, fields, kind=CHANNEL_STATE):
        return [one[0] for one in self.root.denied(self.root.ask(kind, fields))]

    def test_make_edit_move_remove(self):
        a = self.make("A", f5="Descripción", f9=-3, f11=7)
        b = self.make("B")
        self.ana.barrier()
        seen = self.ana.channels[a]
        self.assertEqual((seen["name"], seen["parent"], seen["position"], seen["max_users"]),
                         ("A", 0, (1 << 64) - 3, 7))
        self.root.ask(CHANNEL_STATE, {1: a, 3: "Á", 2: b, 9: 4, 11: 0, 5: "Otra"})
        frames = [fields for kind, fields in self.ana.barrier() if kind == CHANNEL_STATE]
        self.assertEqual((text(frames[-1], 3), last(frames[-1], 2), last(frames[-1], 9),
                          text(frames[-1], 5)), ("Á", b, 4, "Otra"))
        self.root.ask(CHANNEL_STATE, {1: a, 2: 0})
        self.ana.barrier()
        self.assertEqual(self.ana.channels[a]["parent"], 0)
        self.root.ask(CHANNEL_REMOVE, {1: a})
        self.ana.barrier()
        self.assertNotIn(a, self.ana.channels)
        self.assertIn(b, self.ana.channels)

    def test_what_is_cleared_is_told(self):
        a = self.make("A", f5="Descripción", f11=3)
        self.root.ask(CHANNEL_STATE, {1: a, 5: "", 11: 0})
        state = [fields for kind, fields in self.ana.barrier() if kind == CHANNEL_STATE][-1]
        self.assertEqual((5 in state, text(state, 5), last(state, 11)), (True, "", 0))

    def test_long_description_by_its_hash(self):
        long = "ñ" * 200
        a = self.make("A", f5=long)
        state = [fields for kind, fields in self.ana.barrier() if kind == CHANNEL_STATE][-1]
        self.assertEqual(last(state, 10), hashlib.sha1(long.encode()).digest())
        self.assertNotIn(5, state)
        frames = self.ana.ask(REQUEST_BLOB, {3: [a, 0, 12345]})
        self.assertEqual([text(fields, 5) for kind, fields in frames if kind == CHANNEL_STATE],
                         [long])

    def test_names(self):
        self.make("A")
        self.make("a")  # only the same spelling is a twin
        for name in ("A", "", "x<y>", "a\nb", "x" * 513, "a^b"):
            with self.subTest(name):
                self.assertEqual(self.root_denied({2: 0, 3: name}), [DENIED_CHANNEL_NAME])
        b = self.make("B")
        self.assertEqual(self.root_denied({1: b, 3: "A"}), [DENIED_CHANNEL_NAME])
        under = self.make("A", parent=b)
        self.assertEqual(self.root_denied({1: under, 2: 0}), [DENIED_CHANNEL_NAME])
        self.assertEqual(self.root.channels[under]["parent"], b)

    def test_nesting_and_loops(self):
        a = self.make("A")
        b = self.make("B", parent=a)
        c = self.make("C", parent=b)
        self.assertEqual(self.root_denied({2: c, 3: "D"}), [DENIED_NESTING])
        d = self.make("D")
        self.make("E", parent=d)
        self.assertEqual(self.root_denied({1: d, 2: b}), [DENIED_NESTING])
        for into in (a, b, c):
            self.root.ask(CHANNEL_STATE, {1: a, 2: into})
        self.assertEqual(self.root.channels[a].get("parent"), 0)

    def test_count(self):
        ids = [self.make(f"K{i}") for i in range(39)]
        self.assertEqual(self.root_denied({2: 0, 3: "one more"}), [DENIED_COUNT])
        self.assertEqual(len(set(ids)), 39)

    def test_description_too_long(self):
        a = self.make("A")
        self.assertEqual(self.root_denied({1: a, 5: "x" * 301}), [DENIED_TEXT_TOO_LONG])
        self.assertEqual(self.root_denied({2: 0, 3: "B", 5: "x" * 301}), [DENIED_TEXT_TOO_LONG])

    def test_unknown_is_ignored(self):
        for kind, fields in ((CHANNEL_STATE, {2: 999, 3: "A"}), (CHANNEL_STATE, {1: 999, 3: "A"}),
                             (CHANNEL_STATE, {3: "A"}), (CHANNEL_REMOVE, {1: 999})):
            self.assertEqual(self.root.ask(kind, fields), [])

    def test_guests_are_denied(self):
        a = self.make("A")
        self.ana.barrier()
        for expected, kind, fields in (
                (MAKE_CHANNEL, CHANNEL_STATE, {2: 0, 3: "B"}),
                (MAKE_TEMPORARY, CHANNEL_STATE, {2: 0, 3: "B", 8: True}),
                (WRITE, CHANNEL_STATE, {1: a, 3: "B"}), (WRITE, CHANNEL_STATE, {1: a, 5: "B"}),
                (WRITE, CHANNEL_STATE, {1: a, 9: 1}), (WRITE, CHANNEL_REMOVE, {1: a})):
            with self.subTest(f"{kind} {fields}"):
                frames = self.ana.ask(kind, fields)
                self.assertEqual([(one[0], one[1]) for one in self.ana.denied(frames)],
                                 [(DENIED_PERMISSION, expected)])
                self.assertEqual(len(frames), 1)
        self.assertEqual([one[0] for one in self.root.denied(
            self.root.ask(CHANNEL_REMOVE, {1: 0}))], [DENIED_PERMISSION])

    def test_permission_query(self):
        a = self.make("A")
        frames = self.ana.ask(PERMISSION_QUERY, {1: a})
        self.assertEqual([(last(fields, 1), last(fields, 2) & (WRITE | ENTER | TEXT_MESSAGE_RIGHT),
                           last(fields, 2) & CACHED) for kind, fields in frames
                          if kind == PERMISSION_QUERY],
                         [(a, ENTER | TEXT_MESSAGE_RIGHT, CACHED)])
        self.assertEqual(self.ana.ask(PERMISSION_QUERY, {1: 999}), [])
        self.assertEqual([last(fields, 1) for _, fields in self.ana.ask(PERMISSION_QUERY, {})], [0])

    def test_rights_are_told_on_entry(self):
        a = self.make("A")
        b = self.make("B", parent=a)
        self.ana.barrier()
        frames = self.ana.change(f5=b)
        told = [last(fields, 1) for kind, fields in frames if kind == PERMISSION_QUERY]
        self.assertEqual(told, [b, a])

    def test_remove_with_people_inside(self):
        a = self.make("A")
        b = self.make("B", parent=a)
        c = self.make("C", parent=b)
        self.ana.join(c)
        berta = self.client("Berta")
        berta.join(b)
        self.ana.barrier()
        self.root.ask(CHANNEL_REMOVE, {1: b})
        frames = self.ana.barrier()
        order = [("removed", last(fields, 1)) if kind == CHANNEL_REMOVE else
                 ("moved", last(fields, 1), last(fields, 5)) for kind, fields in frames
                 if kind in (CHANNEL_REMOVE, USER_STATE)]
        self.assertEqual([one for one in order if one[0] == "removed"],
                         [("removed", c), ("removed", b)])
        self.assertEqual({self.ana.here(), self.ana.users[berta.session]["channel_id"]}, {a})
        self.assertLess(order.index(("moved", berta.session, a)), order.index(("removed", b)))

    def test_temporary(self):
        t = self.make("T", f8=True)
        self.assertEqual(self.root.here(), t)
        self.ana.barrier()
        self.assertEqual(self.ana.channels[t]["temporary"], 1)
        self.assertEqual(self.root_denied({2: t, 3: "U"}), [DENIED_TEMPORARY])
        a = self.make("A")
        self.assertEqual(self.root_denied({1: a, 2: t}), [DENIED_TEMPORARY])
        self.ana.join(t)
        self.root.join(0)
        self.assertIn(t, self.root.channels)
        self.ana.close()
        self.root.until(lambda: t not in self.root.channels, 5, "the temporary channel is gone")

    def test_temporary_goes_with_its_last_user(self):
        t = self.make("T", f8=True)
        self.root.join(0)
        self.root.barrier()
        self.assertNotIn(t, self.root.channels)

    def test_full(self):
        a = self.make("A", f11=1)
        berta = self.client("Berta")
        self.ana.join(a)
        frames = berta.change(f5=a)
        self.assertEqual([one[0] for one in berta.denied(frames)], [DENIED_CHANNEL_FULL])
        self.root.join(a)  # with Write the limit is no limit

    def test_removed_while_the_root_is_full(self):
        """Who loses their channel finds room."""
        a = self.make("A")
        self.ana.join(a)
        self.root.ask(CHANNEL_STATE, {1: 0, 11: 1})
        self.root.ask(CHANNEL_REMOVE, {1: a})
        self.ana.barrier()
        self.assertEqual(self.ana.here(), 0)
        self.root.ask(CHANNEL_STATE, {1: 0, 11: 0})

    def test_moving_people(self):
        a = self.make("A")
        berta = self.client("Berta")
        frames = self.ana.change(berta.session, f5=a)
        self.assertEqual([one[0] for one in self.ana.denied(frames)], [DENIED_PERMISSION])
        self.root.change(self.ana.session, f5=a)
        moved = [fields for kind, fields in self.ana.barrier() if kind == USER_STATE][-1]
        self.assertEqual((last(moved, 1), last(moved, 2), last(moved, 5)),
                         (self.ana.session, self.root.session, a))
        self.assertEqual(self.ana.change(f5=a), [], "nobody is told of a move to the same place")
        self.assertEqual(self.ana.change(f5=999), [])

    def test_parents_come_before_children(self):
        a = self.make("A")
        b = self.make("B")
        self.root.ask(CHANNEL_STATE, {1: a, 2: b})
        self.make("C", parent=a)
        self.make("D")
        known = set()
        for state in self.client("Berta").kinds(CHANNEL_STATE):
            self.assertTrue(last(state, 1) == 0 or last(state, 2) in known, state)
            known.add(last(state, 1))
        self.assertEqual(len(known), 5)


class RightsTest(SystemTest):
    """What a right is worth in a channel: making, changing, linking, with and without."""

    keys = {"channelnestinglimit": 3, "channelcountlimit": 40}
    has_superuser = True

    def setUp(self):
        self.root = self.superuser()
        self.ana = self.client("Ana")
        files = make_certificate(self.directory, "Berta")
        self.digest = certificate_hash(files)
        self.berta = self.client("Berta", certificate=files)
        self.a, self.b, self.c = (self.make(name) for name in "ABC")
        self.under = self.make("Under", self.a)

    def tearDown(self):
        for channel in [one for one in self.root.channels.values() if not one.get("parent")]:
            if channel["channel_id"] in self.root.channels and channel["channel_id"] != 0:
                self.root.send(CHANNEL_REMOVE, {1: channel["channel_id"]})
        self.allow(0, 0)

    def make(self, name, parent=0):
        frames = self.root.ask(CHANNEL_STATE, {2: parent, 3: name})
        return last([fields for kind, fields in frames if kind == CHANNEL_STATE][0], 1)

    def allow(self, channel, rights, who="all", subs=True):
        """Only this entry stands in the channel then."""
        frames = self.root.ask(ACL, {1: channel, 4: {1: True, 2: subs, 5: who, 6: rights, 7: 0}})
        self.assertEqual(self.root.denied(frames), [])
        for one in (self.ana, self.berta):
            one.barrier()

    def states(self, client):
        return [fields for kind, fields in client.barrier() if kind == CHANNEL_STATE]

    def test_needed(self):
        """Each row: rights in A, in the root, the message, and what is missing."""
        a, b, under = self.a, self.b, self.under
        temporary = self.make("Tmp")
        rows = (
            (0, 0, {2: a, 3: "x"}, MAKE_CHANNEL, a),
            (MAKE_TEMPORARY, 0, {2: a, 3: "x"}, MAKE_CHANNEL, a),
            (MAKE_CHANNEL, 0, {2: a, 3: "x", 8: True}, MAKE_TEMPORARY, a),
            (MAKE_CHANNEL | LINK, 0, {1: a, 3: "x"}, WRITE, a),
            (MAKE_CHANNEL | LINK, 0, {1: a, 5: "x"}, WRITE, a),
            (MAKE_CHANNEL | LINK, 0, {1: a, 9: 1}, WRITE, a),
            (MAKE_CHANNEL | LINK, 0, {1: a, 11: 1}, WRITE, a),
            (0, 0, {1: a, 6: b}, LINK, a),
            (0, 0, {1: a, 7: b}, LINK, a),
            (LINK, 0, {1: a, 6: b}, LINK, b),
            (LINK, 0, {1: a, 7: b}, None, None),
            (LINK, 0, {1: a, 6: [under, b]}, LINK, b),
            (0, 0, {1: a, 2: b}, WRITE, a),
            (WRITE, 0, {1: a, 2: b}, MAKE_CHANNEL, b),
            (WRITE, MAKE_TEMPORARY, {1: a, 2: b}, MAKE_CHANNEL, b),
            (WRITE, MAKE_CHANNEL, {1: a, 2: b}, None, None),
            (WRITE, 0, {1: a, 2: 0}, None, None),
            (WRITE, 0, {1: a, 3: "A", 5: "x", 9: 1, 11: 5, 6: under}, None, None),
            (0, 0, {1: 0, 3: "x"}, WRITE, 0),
            (0, WRITE, {1: 0, 3: "x"}, WRITE, 0),
            (0, WRITE, {1: 0, 5: "x"}, None, None),
            (0, WRITE, {1: temporary, 2: temporary}, None, None))
        for here, above, fields, missing, where in rows:
            with self.subTest(f"{here:#x} {above:#x} {fields}"):
                self.allow(0, above)
                self.allow(a, here)
                expected = [] if missing is None else [(DENIED_PERMISSION, missing, where)]
                self.assertEqual(self.berta.denied(self.berta.ask(CHANNEL_STATE, fields)), expected)
                self.root.ask(CHANNEL_STATE, {1: a, 2: 0})

    def test_the_first_fault_is_told(self):
        """In the order of mumble-server's checks."""
        deep = self.make("Deep", self.under)
        for fields, expected in (
                ({2: 0, 3: "A", 5: "x" * 6000}, DENIED_TEXT_TOO_LONG),
                ({2: deep, 3: "x^"}, DENIED_CHANNEL_NAME), ({2: 0, 3: "A"}, DENIED_CHANNEL_NAME),
                ({2: deep, 3: "x"}, DENIED_NESTING), ({2: 0, 3: "x"}, DENIED_PERMISSION),
                ({1: self.a, 3: "B"}, DENIED_CHANNEL_NAME),
                ({1: self.a, 3: "x", 5: "x" * 6000}, DENIED_TEXT_TOO_LONG)):
            with self.subTest(fields):
                self.assertEqual([one[0] for one in self.ana.denied(
                    self.ana.ask(CHANNEL_STATE, fields))], [expected])
        self.assertEqual(self.ana.ask(CHANNEL_STATE, {1: self.a, 2: 999, 3: "x^"}), [])

    def test_making_needs_a_certificate(self):
        self.allow(0, MAKE_CHANNEL | MAKE_TEMPORARY)
        for fields in {2: 0, 3: "X"}, {2: 0, 3: "X", 8: True}:
            denied = [one for kind, one in self.ana.ask(CHANNEL_STATE, fields)
                      if kind == PERMISSION_DENIED]
            self.assertEqual([(last(one, 5), last(one, 3)) for one in denied],
                             [(DENIED_CERTIFICATE, self.ana.session)])

    def test_the_maker_may_write(self):
        self.allow(0, MAKE_CHANNEL | MAKE_TEMPORARY)
        for name, is_temporary in ("X", False), ("Y", True):
            frames = self.berta.ask(CHANNEL_STATE, {2: 0, 3: name, 8: is_temporary})
            self.assertEqual(self.berta.denied(frames), [])
            made = self.berta.channel(name)["channel_id"]
            self.assertEqual(self.berta.here(), made if is_temporary else 0)
            frames = self.berta.ask(CHANNEL_STATE, {1: made, 5: "mine"})
            self.assertEqual(self.berta.denied(frames), [])
            rules = [protobuf.decode(one) for kind, fields in
                     self.berta.ask(ACL, {1: made, 5: True}) if kind == ACL
                     for one in fields[4]]
            self.assertEqual([(text(one, 5), last(one, 1), last(one, 2), last(one, 6))
                              for one in rules if not last(one, 3)],
                             [("$" + self.digest, 1, 0, WRITE | 2)])
        self.berta.join(0)
        self.berta.until(lambda: not self.berta.channel("Y"), 5, "Y is gone")
        self.assertTrue(self.berta.channel("X"))

    def test_told_as_it_was_asked(self):
        self.states(self.ana)
        for fields in {1: self.a, 9: 7}, {1: self.a, 11: 3}, {1: self.a, 5: "x"}, \
                {1: self.a, 3: "AA"}, {1: self.a, 2: self.b}:
            self.root.ask(CHANNEL_STATE, fields)
            told = [{number: values[-1] for number, values in one.items()}
                    for one in self.states(self.ana)]
            self.assertEqual(told, [{number: value.encode() if isinstance(value, str) else value
                                     for number, value in fields.items()}])

    def test_links(self):
        self.states(self.ana)
        a, b, c = self.a, self.b, self.c
        self.root.ask(CHANNEL_STATE, {1: a, 6: [b, c]})
        self.assertEqual(self.states(self.ana), [{1: [a], 6: [b, c]}])
        self.root.ask(CHANNEL_STATE, {1: c, 7: a, 6: b})
        self.assertEqual(self.states(self.ana), [{1: [c], 6: [b], 7: [a]}])
        for fields in {1: a, 6: [b, 999]}, {1: a, 7: 999}, {1: a, 4: [c]}:
            self.root.ask(CHANNEL_STATE, fields)
        self.assertEqual([one for one in self.states(self.ana) if len(one) > 1], [])
        self.assertEqual(self.links(), {a: {b}, b: {a, c}, c: {b}})
        end(self.server)
        self.server.run()
        self.assertEqual(self.links(), {a: {b}, b: {a, c}, c: {b}})
        self.root = self.superuser()
        self.ana, self.berta = self.client("Ana"), self.client("Berta")
        tmp = last([one for kind, one in self.root.ask(CHANNEL_STATE, {2: 0, 3: "T", 8: True})
                    if kind == CHANNEL_STATE][0], 1)
        self.root.ask(CHANNEL_STATE, {1: tmp, 6: [a]})
        self.root.ask(CHANNEL_STATE, {1: a, 6: [c]})
        self.assertEqual(self.links(), {a: {b, c, tmp}, b: {a, c}, c: {a, b}, tmp: {a}})
        self.root.ask(CHANNEL_REMOVE, {1: b})
        self.root.join(0)
        self.assertEqual(self.links(), {a: {c}, c: {a}})

    def links(self):
        """{channel: those it is linked with} as somebody sees it who comes now."""
        eva = self.client("Eva")
        eva.close()
        self.root.until(lambda: not self.root.user("Eva"), 5, "Eva has gone")
        return {one["channel_id"]: set(one["links"]) for one in eva.channels.values()
                if one["links"]}

    def test_full_but_for_who_writes(self):
        self.root.ask(CHANNEL_STATE, {1: self.a, 11: 1})
        self.ana.join(self.a)
        self.assertEqual([one[0] for one in self.berta.denied(self.berta.change(f5=self.a))],
                         [DENIED_CHANNEL_FULL])
        self.allow(self.a, WRITE, "$" + self.digest)
        self.berta.join(self.a)

    def test_evicted_to_where_they_may_be(self):
        """From Under they go to A; who may not, or finds it full, to the root."""
        self.root.ask(CHANNEL_STATE, {1: self.a, 11: 1})
        for one in (self.ana, self.berta):
            one.join(self.under)
        self.root.ask(CHANNEL_REMOVE, {1: self.under})
        for one in (self.ana, self.berta):
            one.barrier()
        self.assertEqual(sorted([self.ana.here(), self.berta.here()]), [0, self.a])


class KeepingTest(SystemTest):
    """What was acknowledged is there after the end, whichever way it came."""

    keys = {"textmessagelength": 0}
    has_superuser = True

    def tree(self, client):
        """{path: (description, position, max_users)}."""
        client.barrier()
        descriptions = {}
        for state in client.kinds(CHANNEL_STATE):
            if 5 in state:
                descriptions[last(state, 1)] = text(state, 5)

        def path(one):
            return path(client.channels[one["parent"]]) + "/" + one["name"] \
                if one["channel_id"] else ""
        return {path(one): (descriptions.get(one["channel_id"], ""), one.get("position"),
                            one.get("max_users")) for one in client.channels.values()}

    def test_over_restarts(self):
        root = self.superuser()
        digest = self.server.certificate_digest()
        for name in ("A", "B", "Ñ"):
            root.ask(CHANNEL_STATE, {2: 0, 3: name, 5: f"de {name}", 9: 3, 11: 9})
        a, b, n = (root.channel(name)["channel_id"] for name in ("A", "B", "Ñ"))
        root.ask(CHANNEL_STATE, {2: a, 3: "Hija"})
        root.ask(CHANNEL_STATE, {1: a, 2: n})  # below one that is younger
        root.ask(CHANNEL_STATE, {1: b, 3: "Be", 5: "", 11: 0})
        root.ask(CHANNEL_STATE, {2: 0, 3: "Temporal", 8: True})
        root.join(0)
        before = self.tree(root)
        self.assertLessEqual({"", "/Ñ", "/Ñ/A", "/Ñ/A/Hija", "/Be"}, set(before))
        end(self.server)
        self.server.run()
        self.assertEqual(self.tree(self.client("Ana")), before)
        self.assertEqual(self.server.certificate_digest(), digest)
        root = self.superuser()  # the password is kept as well
        root.ask(CHANNEL_REMOVE, {1: n})
        end(self.server)
        self.server.run()
        self.assertEqual(set(before) - set(self.tree(self.client("Ana"))),
                         {"/Ñ", "/Ñ/A", "/Ñ/A/Hija"})

    def test_over_kill(self):
        """An acknowledged change survives kill -9, each time."""
        server = self.server
        for i in range(20):
            root = self.superuser()
            name = f"Número {i}"
            root.send(CHANNEL_STATE, {2: 0, 3: name})
            root.until(lambda one=root, what=name: one.channel(what), 5, "the new channel")
            server.process.popen.kill()
            server.process.popen.wait()
            root.close()
            server.run()
            names = {one["name"] for one in self.client("Ana").channels.values()}
            self.assertLessEqual({f"Número {k}" for k in range(i + 1)}, names)
        with sqlite3.connect(f"{server.directory}/susurro.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        database.close()


if __name__ == "__main__":
    unittest.main()
