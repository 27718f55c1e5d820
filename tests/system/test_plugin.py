# SPDX-License-Identifier: BSD-3-Clause
"""Data between plugins: passed on to whoever is named, within limits."""

from lib.protobuf import last
from system.case import SystemTest
from system.client import PING

PLUGIN_DATA = 26


class PluginTest(SystemTest):
    """A limit that the rows do not reach."""

    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000}

    def setUp(self):
        self.ana, self.berta, self.clara = (self.client(name) for name in ("Ana", "Berta", "Clara"))

    def got(self, client):
        return [fields for kind, fields in client.barrier() if kind == PLUGIN_DATA]

    def assert_reaches(self, fields, *clients):
        for client in (self.ana, self.berta, self.clara):
            client.barrier()
        self.ana.send(PLUGIN_DATA, fields)
        self.ana.send(PING, {1: 1})
        wanted = {1: [self.ana.session], 3: [fields[3]], 4: [fields[4].encode()]} if clients else None
        for client in (self.ana, self.berta, self.clara):
            self.assertEqual(self.got(client), [wanted] if client in clients else [])

    def test_passed_on(self):
        b, c = self.berta.session, self.clara.session
        self.assert_reaches({2: [b], 3: b"\0data\xff", 4: "id"}, self.berta)
        self.assert_reaches({1: b, 2: [b, c, b, 9999], 3: b"x" * 1000, 4: "i" * 100},
                            self.berta, self.clara)
        self.assert_reaches({2: [self.ana.session], 3: b"", 4: ""}, self.ana)

    def test_dropped(self):
        b = self.berta.session
        for fields in ({3: b"x", 4: "id"}, {2: [9999], 3: b"x", 4: "id"}, {2: b, 4: "id"},
                       {2: b, 3: b"x"}, {2: b, 3: b"x" * 1001, 4: "id"},
                       {2: b, 3: b"x", 4: "i" * 101}, {2: b, 3: b"x", 4: b"\xff"}):
            with self.subTest(fields):
                self.berta.barrier()
                self.assertEqual(self.ana.ask(PLUGIN_DATA, fields), [])
                self.assertEqual(self.got(self.berta), [])

    def test_not_before_login(self):
        stranger = self.open("Dora")
        stranger.say_version()
        stranger.send(PLUGIN_DATA, {2: self.berta.session, 3: b"x", 4: "id"})
        stranger.authenticate()
        stranger.until(lambda: stranger.session, 10, "the login")
        stranger.barrier()
        self.assertEqual(self.got(self.berta), [])


class BurstTest(SystemTest):
    """Its own limit, beside that of other messages."""

    keys = {"pluginmessagelimit": 1, "pluginmessageburst": 5, "messageburst": 1000}

    def test_burst(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        for i in range(200):
            ana.send(PLUGIN_DATA, {2: berta.session, 3: bytes([i]), 4: "id"})
        ana.barrier()
        data = [last(fields, 3)[0] for kind, fields in berta.barrier() if kind == PLUGIN_DATA]
        self.assertEqual(data[:5], [0, 1, 2, 3, 4])
        self.assertLess(len(data), 100)
