# SPDX-License-Identifier: BSD-3-Clause
"""Bad bytes and greedy messages from one client: the others are not disturbed."""

import os
import random
import socket
import struct
import time
import unittest

from lib import protobuf
from lib.observer import (CHANNEL_STATE, PING, TEXT_MESSAGE, UDP_TUNNEL, USER_STATE, USER_STATS,
                          VOICE_TARGET)
from lib.protobuf import last
from lib.server import MEETING
from system.case import SUPERUSER_PASSWORD, SystemTest
from system.client import DENIED_TEXT_TOO_LONG, PERMISSION_QUERY, REQUEST_BLOB

SEED = int(os.environ.get("SEED", "20240607"))
PATIENCE_S = 2.0  # for an answer to others, with sanitizers on a busy machine


class Hostility(SystemTest):
    """A watcher pings meanwhile."""

    meeting = MEETING

    def setUp(self):
        self.watcher = self.client("Watcher")
        self.random = random.Random(SEED)

    def assert_undisturbed(self):
        start = time.monotonic()
        self.watcher.barrier()
        self.assertLess(time.monotonic() - start, PATIENCE_S)

    def assert_handled(self, client, timeout_s=20):
        """All that the client has sent is handled, or the client cut off; nobody is disturbed meanwhile."""
        try:
            client.send(PING, {1: 77777})
        except OSError:
            client.is_closed = True
        deadline = time.monotonic() + timeout_s
        while not (client.is_closed or any(last(one, 1) == 77777 for one in client.kinds(PING))):
            self.assertLess(time.monotonic(), deadline)
            self.assert_undisturbed()
            client.pump(0.01)
        self.assert_undisturbed()

    # Bytes

    def seeds(self, client):
        """A reasonable body for each type that a client may send."""
        floor = 1
        return {
            0: {1: 0x010304, 2: "release", 3: "Linux", 4: "6.1", 5: 1 << 48},
            1: b"\x80\x00\x05hallo",
            2: {1: "Ana", 2: "secret", 3: ["token"], 4: [-1], 5: True, 6: 1},
            3: {1: 5, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 1.5, 9: 2.5, 10: 3.5, 11: 4.5},
            6: {1: 77},
            7: {1: floor, 2: 0, 3: "A", 4: [1, 2], 5: "text", 6: [1], 7: [2], 8: True, 9: -5,
                10: b"h" * 20, 11: 5},
            8: {1: 4000, 3: "reason", 4: True},
            9: {1: client.session, 5: floor, 9: True, 10: True, 11: b"picture", 12: b"context",
                13: "identity", 14: "comment", 18: True, 19: True, 20: ["t"], 21: [floor],
                22: [floor], 23: [{1: floor, 2: 1.5}]},
            10: {1: [{1: b"\x7f" * 16, 2: 128, 3: "n", 4: "h", 5: "r", 6: "2024", 7: 5}], 2: True},
            11: {2: [client.session], 3: [floor, 0], 4: [0, floor], 5: "<p>!es</p>"},
            13: {1: floor, 2: True, 3: [{1: "admin", 5: [1]}], 4: [{5: "all", 6: 7}], 5: False},
            14: {1: [1, 2], 2: ["Ana"]},
            15: {1: b"k" * 16, 2: b"c" * 16, 3: b"s" * 16},
            17: {1: client.session, 2: floor, 3: "susurro.listen.es"},
            18: {1: [{1: 5, 2: "n"}]},
            19: {1: 1, 2: [{1: [client.session], 2: floor, 3: "g", 4: True, 5: True}]},
            20: {1: floor, 2: 5, 3: True},
            22: {1: client.session, 2: True},
            23: {1: [client.session], 2: [client.session], 3: [floor]},
            26: {2: [client.session], 3: b"data", 4: "id"},
        }

    def mutated(self, body):
        """The body with some bytes changed, taken out, doubled or cut off."""
        body = bytearray(body)
        for _ in range(self.random.choice((0, 1, 1, 2, 5))):
            act = self.random.randrange(4)
            at = self.random.randrange(len(body) + 1)
            if act == 0 and at < len(body):
                body[at] = self.random.choice((0, 1, 0x7F, 0x80, 0xFF, self.random.randrange(256)))
            elif act == 1:
                del body[at:at + self.random.randrange(1, 5)]
            elif act == 2:
                body[at:at] = self.random.randbytes(self.random.randrange(1, 9))
            else:
                body[at:at] = body[:self.random.randrange(len(body) + 1)]
        return bytes(body)

    def attack(self, name, n, **options):
        """n messages by a client of that name, who comes back when sent away."""
        mallory = self.client(name, **options)
        seeds = {kind: fields if isinstance(fields, bytes) else protobuf.encode(fields)
                 for kind, fields in self.seeds(mallory).items()}
        for i in range(n):
            kind = self.random.choice(sorted(seeds)) if i % 8 else self.random.randrange(65536)
            body = self.random.randbytes(self.random.randrange(60)) if i % 5 == 0 or \
                kind not in seeds else self.mutated(seeds[kind])
            try:
                mallory.send(kind, body)
            except OSError:
                mallory.is_closed = True
            if i % 50 == 49:
                mallory.pump(0.001)
                self.assert_undisturbed()
                if mallory.is_closed:
                    mallory = self.client(name, **options)
        mallory.close()
        self.assert_undisturbed()



class SuperUserTest(Hostility):
    """Who may do everything can end every meeting, and yet breaks nothing."""

    has_superuser = True

    def test_superuser(self):
        self.attack("SuperUser", 1500, password=SUPERUSER_PASSWORD)


class HostileTest(Hostility):
    """Anybody else."""

    def test_guest(self):
        self.attack("Mallory", 3000)

    def test_new_client(self):
        self.attack("Mallory15", 1000, version=0x010500, version_v2=0x0001_0005_0000_0000)

    def test_before_login(self):
        for _ in range(60):
            mallory = self.open("Mallory")
            try:
                for _ in range(20):
                    kind = self.random.choice((0, 0, 2, 2, 3, 9, 26, self.random.randrange(65536)))
                    body = self.random.randbytes(self.random.randrange(40))
                    mallory.send(kind, body)
            except OSError:
                pass
            mallory.close()
        self.assert_undisturbed()

    def test_instead_of_tls(self):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
                raw.sendall(self.random.randbytes(self.random.randrange(1, 300)))
        self.assert_undisturbed()

    def test_datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.server.port))
            for i in range(3000):
                data = self.random.randbytes(self.random.randrange(1200))
                if i % 3 == 0:
                    data = self.mutated(struct.pack(">IQ", 0, i))
                try:
                    udp.send(data)
                except OSError:
                    pass
        self.assert_undisturbed()

    # Greed: repeated numbers, packed, are the densest that a message can hold

    def test_refused_listeners(self):
        """That many refusals would be more than a connection may leave unread."""
        mallory = self.client("Mallory")
        mallory.send(USER_STATE, {1: mallory.session, 21: b"\x07" * 1_500_000, 5: 1})
        self.assert_handled(mallory)

    def test_many_blobs(self):
        self.watcher.change(f11=b"p" * 100_000, f14="c" * 4000)
        for field in (1, 2):
            mallory = self.client("Mallory")
            mallory.send(REQUEST_BLOB, {field: bytes([self.watcher.session]) * 1_000_000})
            self.assert_handled(mallory)

    def test_text_to_many_places(self):
        for field, value in ((2, self.watcher.session), (3, 0), (4, 0)):
            mallory = self.client("Mallory")
            mallory.send(TEXT_MESSAGE, {field: bytes([value]) * 1_000_000, 5: "hola"})
            self.assert_handled(mallory)

    def test_large_voice_target(self):
        mallory = self.client("Mallory")
        mallory.send(VOICE_TARGET, {1: 1, 2: {1: bytes([self.watcher.session]) * 1_000_000, 2: 0}})
        mallory.send(VOICE_TARGET, {1: 2, 2: [{2: 123456}] * 500_000})
        self.assert_handled(mallory)

    def test_reader_that_never_reads(self):
        """It is cut off when it is too far behind; nobody waits for it."""
        deaf = self.client("Deaf")
        talker = self.client("Talker")
        for _ in range(150):
            talker.send(TEXT_MESSAGE, {2: [deaf.session], 5: "<img src='" + "x" * 100_000 + "'/>"})
        self.watcher.until(lambda: deaf.session not in self.watcher.users, 20, "Deaf is cut off")
        self.assert_undisturbed()

    def test_many_that_never_read(self):
        """Each within its own bound; of all together not so much is kept."""
        self.watcher.change(f11=b"p" * 120_000)
        crowd = [self.client(f"Deaf {i}") for i in range(50)]
        for deaf in crowd:
            for _ in range(66):
                deaf.send(REQUEST_BLOB, {1: [self.watcher.session]})
        sessions = {deaf.session for deaf in crowd}
        self.watcher.until(lambda: not sessions <= set(self.watcher.users), 20, "some are cut off")
        self.watcher.barrier()  # hundreds of megabytes were copied: how long, the machine decides
        self.watcher.change(f11=b"")

    def test_many_questions(self):
        mallory = self.client("Mallory")
        for i in range(2000):
            mallory.send(PING, {1: i})
            mallory.send(USER_STATS, {1: self.watcher.session})
            mallory.send(PERMISSION_QUERY, {1: 0})
        self.assert_handled(mallory)
        mallory.barrier()
        self.assertEqual(last(mallory.kinds(PERMISSION_QUERY)[-1], 1), 0)

    def test_flood_of_questions(self):
        """More in one turn than a voice thread can answer: the server goes on."""
        ping, tunnel = struct.pack(">HI", PING, 0), struct.pack(">HI", UDP_TUNNEL, 2) + b"\x80\0"
        crowd = [self.client(f"Mallory {i}") for i in range(40)]
        n_sent = 0
        for mallory in crowd:
            mallory._tls.settimeout(1)
            try:
                for _ in range(10):
                    mallory._tls.sendall(ping * 4_000 + tunnel * 1_000)
                    n_sent += 1
            except OSError:
                pass  # nobody reads the answers, so it may be cut off
        self.assertGreater(n_sent, len(crowd), "they were to flood")
        self.watcher.barrier(30)

    def test_many_connections(self):
        """More than may be waiting to log in: those who are in do not notice."""
        raw = []
        for _ in range(300):
            one = socket.create_connection(("127.0.0.1", self.server.port))
            self.addCleanup(one.close)
            raw.append(one)
        self.assert_undisturbed()
        for one in raw:
            one.close()
        wait_until = time.monotonic() + 10
        while time.monotonic() < wait_until:
            try:
                self.client("Late")
                break
            except OSError:
                time.sleep(0.05)
        self.watcher.wait_user("Late", timeout_s=5)

    def test_picture_too_large(self):
        mallory = self.client("Mallory")
        frames = mallory.change(f11=b"p" * 200_000)
        self.assertEqual(mallory.denied(frames), [(DENIED_TEXT_TOO_LONG, None, None)])
        self.assertEqual([kind for kind, _ in self.watcher.barrier() if kind == CHANNEL_STATE], [])


if __name__ == "__main__":
    unittest.main()
