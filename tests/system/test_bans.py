# SPDX-License-Identifier: BSD-3-Clause
"""Who is not let in: bans by address, mask and certificate, hosts that come too often."""

import calendar
import socket
import time
import unittest

from lib.observer import USER_REMOVE
from lib.protobuf import decode, last, text
from system.case import SystemTest, certificate_hash, end, make_certificate
from system.client import BAN_LIST, DENIED_PERMISSION, Client

BAN = 0x20000


def address(dotted):
    return b"\0" * 10 + b"\xff\xff" + socket.inet_aton(dotted)


class HostCase(SystemTest):
    """Clients come from addresses of their own in 127.0.0.0/8."""

    has_superuser = True

    def is_welcome(self, source="127.0.0.1", **options):
        client = Client(self.server.port, "Visitor", source=source, **options)
        self.addCleanup(client.close)
        try:
            client.open()
            client.authenticate()
            client.until(lambda: client.session or client.is_closed, 10, "an answer")
        except OSError:
            return False
        self.assertIsNone(client.reject, "a ban says nothing")
        is_in = client.session is not None
        client.close()
        return is_in


class BanTest(HostCase):
    """BanList, and UserRemove with ban."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two = (make_certificate(cls.directory, name) for name in ("one", "two"))

    def setUp(self):
        self.root = self.superuser()
        self.addCleanup(lambda: self.superuser().ask(BAN_LIST, b""))

    def listed(self, root=None):
        """(address, mask, name, hash, reason, duration) of each ban."""
        frames = (root or self.root).ask(BAN_LIST, {2: True})
        entries = [decode(one) for kind, fields in frames if kind == BAN_LIST
                   for one in fields.get(1, [])]
        for one in entries:
            self.assertRegex(text(one, 6), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        return [(last(one, 1), last(one, 2), text(one, 3), text(one, 4), text(one, 5),
                 last(one, 7)) for one in entries]

    def ban(self, *entries):
        self.root.ask(BAN_LIST, {1: list(entries)})

    def test_list(self):
        guest = self.client("Guest")
        for message in ({2: True}, b"", {1: {1: address("10.0.0.0"), 2: 104}}):
            self.assertEqual(guest.denied(guest.ask(BAN_LIST, message)),
                             [(DENIED_PERMISSION, BAN, 0)])
        self.assertEqual(self.listed(), [])
        sent = [{1: address("10.1.2.0"), 2: 120, 3: "Ana", 4: "", 5: "ruido", 7: 3600},
                {1: address("10.1.3.0"), 2: 117, 6: "2024-05-01T18:00:00"},
                {1: bytes(16), 2: 0, 4: "A" * 40}]
        kept = [(address("10.1.2.0"), 120, "Ana", "", "ruido", 3600),
                (address("10.1.3.0"), 117, "", "", "", 0), (bytes(16), 128, "", "a" * 40, "", 0)]
        senseless = [{1: b"1234", 2: 120}, {1: address("10.0.0.1"), 2: 7},
                     {1: address("10.0.0.1"), 2: 129}, {1: bytes(16), 2: 128},
                     {1: bytes(16), 2: 128, 4: "nobody"}]
        self.ban(*sent, *senseless)
        self.assertEqual(self.listed(), kept)
        starts = [text(decode(one), 6) for kind, fields in self.root.ask(BAN_LIST, {2: True})
                  for one in fields[1]]
        self.assertEqual(starts[1], "2024-05-01T18:00:00Z")
        end(self.server)
        self.server.run()
        self.assertEqual(self.listed(self.superuser()), kept)

    def test_dates(self):
        now = time.time()
        for start, is_kept in (("2024-05-01T18:00:00", True), ("2024-05-01 18:00:00", True),
                               ("2024-05-01T18:00:00Z", True), ("2024-05-01T18:00:00.5", True),
                               ("2024-05-01T18:00", False), ("2024-13-01T18:00:00", False),
                               ("2024-05-01T18:00:00+02:00", False), ("", False), ("x", False)):
            with self.subTest(start):
                self.ban({1: address("10.0.0.1"), 2: 128, 6: start})
                entry = decode([fields for kind, fields in self.root.ask(BAN_LIST, {2: True})
                                if kind == BAN_LIST][0][1][0])
                if is_kept:
                    self.assertEqual(text(entry, 6), "2024-05-01T18:00:00Z")
                else:
                    told = calendar.timegm(time.strptime(text(entry, 6), "%Y-%m-%dT%H:%M:%SZ"))
                    self.assertTrue(now - 5 < told < now + 60, "now, when it is no date")

    def test_masks_are_exact(self):
        self.ban({1: address("127.0.2.16"), 2: 124})
        for last_byte, is_banned in ((15, False), (16, True), (24, True), (31, True), (32, False)):
            source = f"127.0.2.{last_byte}"
            self.assertEqual(self.is_welcome(source), not is_banned, source)
        with socket.create_connection(("127.0.0.1", self.server.port), 5, ("127.0.2.16", 0)) as raw:
            self.assertEqual(raw.recv(1), b"", "refused before TLS")
        self.server.wait_log("banned client refused")

    def test_certificate(self):
        self.ban({1: bytes(16), 2: 128, 4: certificate_hash(self.one).upper()})
        self.assertFalse(self.is_welcome(certificate=self.one))
        self.assertTrue(self.is_welcome(certificate=self.two))
        self.assertTrue(self.is_welcome(), "without a certificate")

    def test_duration(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        old = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 100))
        self.ban({1: address("127.0.3.1"), 2: 128, 6: now, 7: 1000},
                 {1: address("127.0.3.2"), 2: 128, 6: old, 7: 50})
        self.assertFalse(self.is_welcome("127.0.3.1"))
        self.assertTrue(self.is_welcome("127.0.3.2"))
        self.assertEqual([one[0] for one in self.listed()], [address("127.0.3.1")], "purged")

    def test_by_kick(self):
        for fields, by_address, by_certificate in (
                ({}, True, True), ({5: True, 6: False}, False, True),
                ({5: False, 6: True}, True, False), ({5: False}, True, False)):
            with self.subTest(fields):
                self.ban()
                victim = self.client("Victim", source="127.0.4.1", certificate=self.one)
                watcher = self.client("Watcher")
                self.root.send(USER_REMOVE, {1: victim.session, 3: "fuera", 4: True, **fields})
                victim.wait_closed()
                watcher.until(lambda: watcher.kinds(USER_REMOVE), 5, "UserRemove")
                told = watcher.kinds(USER_REMOVE)[0]
                self.assertEqual((last(told, 1), last(told, 2), text(told, 3), last(told, 4)),
                                 (victim.session, self.root.session, "fuera", 1))
                self.assertEqual(self.listed(), [(
                    address("127.0.4.1") if by_address else bytes(16), 128, "Victim",
                    certificate_hash(self.one) if by_certificate else "", "fuera", 0)])
                self.assertEqual(self.is_welcome("127.0.4.1"), not by_address)
                self.assertEqual(self.is_welcome(certificate=self.one), not by_certificate)
                watcher.close()

    def test_reasons_nobody_can_read(self):
        for reason in (b"\xff\xfe", b"x" * 100000):
            victim, watcher = self.client("Victim"), self.client("Watcher")
            self.root.send(USER_REMOVE, {1: victim.session, 3: reason, 4: True, 6: True})
            victim.wait_closed()
            watcher.until(lambda: watcher.kinds(USER_REMOVE), 5, "UserRemove")
            self.assertNotIn(3, watcher.kinds(USER_REMOVE)[0])
            self.assertEqual(self.listed()[0][4], "")
            self.ban()
            watcher.close()

    def test_who_is_at_the_door(self):
        victim = self.client("Victim", certificate=self.one)
        second = self.open("Second", certificate=self.one)
        self.root.send(USER_REMOVE, {1: victim.session, 4: True, 5: True, 6: False})
        victim.wait_closed()
        second.authenticate()
        second.wait_closed()
        self.assertIsNone(second.session)

    def test_neither(self):
        victim = self.client("Victim")
        frames = self.root.ask(USER_REMOVE, {1: victim.session, 4: True, 6: False})
        self.assertEqual(frames, [], "there is no certificate to ban")
        victim.barrier()


class AutobanTest(HostCase):
    """A host that comes too often waits; one that logs in well does not, if so configured."""

    keys = {"autobanAttempts": 4, "autobanTimeframe": 60, "autobanTime": 300}

    def test_too_often(self):
        self.assertEqual([self.is_welcome("127.0.5.1") for _ in range(7)],
                         [True] * 4 + [False] * 3)
        self.assertTrue(self.is_welcome("127.0.5.2"))
        self.assertTrue(all(self.is_welcome() for _ in range(10)), "this machine itself")


class PatientAutobanTest(HostCase):
    """autobanSuccessfulConnections = false."""

    keys = {"autobanAttempts": 4, "autobanSuccessfulConnections": "false"}

    def test_successes_do_not_count(self):
        self.assertTrue(all(self.is_welcome("127.0.5.1") for _ in range(10)))
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", self.server.port), 5, ("127.0.5.1", 0)):
                pass
        self.assertFalse(self.is_welcome("127.0.5.1"))


class CrowdTest(HostCase):
    """One host cannot keep others from logging in."""

    keys = {"autobanAttempts": 0, "connections_per_host": 5}

    def test_waiting_connections(self):
        waiting = []
        for _ in range(8):
            one = socket.create_connection(("127.0.0.1", self.server.port), 5, ("127.0.6.1", 0))
            self.addCleanup(one.close)
            waiting.append(one)
        closed = 0
        for one in waiting[5:]:
            one.settimeout(5)
            try:
                closed += one.recv(1) == b""
            except ConnectionResetError:
                closed += 1
        self.assertEqual(closed, 3)
        self.assertFalse(self.is_welcome("127.0.6.1"))
        self.assertTrue(self.is_welcome("127.0.6.2"))
        for one in waiting:
            one.close()
        deadline = time.monotonic() + 10
        while not self.is_welcome("127.0.6.1"):
            self.assertLess(time.monotonic(), deadline)

    def test_those_who_are_in_do_not_count(self):
        people = [self.client(f"P{i}", source="127.0.6.3") for i in range(12)]
        self.assertEqual(len({one.session for one in people}), 12)


if __name__ == "__main__":
    unittest.main()
