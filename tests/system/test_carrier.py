# SPDX-License-Identifier: BSD-3-Clause
"""Where datagrams lose more than 20 %: the tunnel, each direction for itself, and the way back.

How long it waits before it tries datagrams again is unit.ladder_carrier_test's, in computed time.
"""

import time

from lib.observer import PING
from lib.protobuf import last
from system.client import VERSION_1_5_0
from system.test_lines import LinesCase
from system.voice import Datagrams, modern

SILENCE = b"\xfb\x03\xff\xfe\xff\xfe\xff\xfe"
SETTLED_S = 25  # after login, before what a client sends can be turned


class CarrierTest(LinesCase):
    """A client that reports loss, and one whose own datagrams get lost."""

    def udp(self, client):
        datagrams = Datagrams(client)
        self.addCleanup(datagrams.close)
        self.assertTrue(datagrams.ping())
        return datagrams

    def pong(self, client, **counters):
        """The answer to a Ping: what the server says to have opened of ours."""
        before = len(client.kinds(PING))
        client.send(PING, {1: 1, **{int(key[1:]): value for key, value in counters.items()}})
        return client.until(lambda: client.kinds(PING)[before:], 5, "an answer")[0]

    def test_what_is_heard(self):
        ana, luis = (self.sit(name, place, version=0x010500, version_v2=VERSION_1_5_0)
                     for name, place in (("Ana", self.english), ("Luis", self.floor)))
        udp = self.udp(ana)
        good = lost = 0
        self.assertEqual(self.lines()["Ana"]["carrier"], "datagrams")
        ways, since = [], time.monotonic()
        while self.lines()["Ana"]["carrier"] == "datagrams":
            self.assertLess(time.monotonic() - since, 20)
            self.pong(ana, f2=good, f3=0, f4=lost)
            good, lost = good + 75, lost + 25
            time.sleep(1)
            ways.append(self.tier("Ana"))
        self.assertNotEqual(ways[0], ways[-1])  # a thinner stream was tried first
        self.assertEqual(self.lines()["Ana"]["carrier"], "tunnel")
        self.assertEqual(self.lines()["Ana"]["tier"], ways[-1])
        self.drain(ana)
        n_datagrams = self.count(udp)
        self.speak(luis, 1.0)
        heard = self.heard(ana, 10)
        self.assertGreaterEqual(len({packet.frame for _, packet in heard}), 10)
        self.assertEqual(self.count(udp), 0, n_datagrams)
        self.pong(ana, f2=good, f3=0, f4=lost)
        self.assertEqual(self.lines()["Ana"]["transport"], "TCP")

    @staticmethod
    def count(datagrams):
        """What has come by UDP."""
        n = 0
        datagrams.socket.settimeout(0.3)
        while True:
            try:
                datagrams.socket.recv(2048)
                n += 1
            except (TimeoutError, OSError):
                return n

    def test_what_is_sent(self):
        rita = self.sit("Rita", self.floor, version=0x010500, version_v2=VERSION_1_5_0)
        udp = self.udp(rita)
        since = time.monotonic()
        frame = 0
        while last(self.pong(rita), 2) != 0:
            self.assertLess(time.monotonic() - since, SETTLED_S + 30)
            for i in range(60):
                frame += 2
                if i % 3 == 2:
                    udp.to_server += 1  # lost on its way
                else:
                    udp.send(modern(frame, SILENCE))
                time.sleep(0.005)
            if time.monotonic() - since < SETTLED_S:
                time.sleep(1)
        self.assertGreater(time.monotonic() - since, SETTLED_S - 5)
        self.pong(rita)
        line = self.lines()["Rita"]
        self.assertEqual(line["carrier_in"], "tunnel")
        self.assertTrue(25 <= line["loss_in_percent"] <= 40, line)
        self.assertEqual(line["carrier"], "datagrams")  # the other direction has nothing to do with it
