# SPDX-License-Identifier: BSD-3-Clause
"""Every message, with missing, extreme, contradictory and foreign values: the others go on undisturbed."""

import math
import os
import random
import unittest

from lib import messages
from lib.server import MEETING
from system.case import SUPERUSER_PASSWORD, SystemTest, make_certificate

SEED = int(os.environ.get("SEED", "20240607"))
COMBINATIONS = 120  # of each type of message, beside each value alone
VALUES = {
    "u": (0, 1, 2, 7, 30, 31, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1),
    "i": (0, 1, (1 << 64) - 1, 0x7FFFFFFF, (1 << 64) - (1 << 31)),
    "b": (0, 1, 2),
    "s": ("", "a", " ", "SuperUser", "Watcher", "x" * 600, "ñ" * 5001, "a\0b", "<b>", "a\u202eb",
          "#a", "!~#$", "sub,1,2", "all", b"\xff\xfe", "../../etc/passwd", "'; DROP TABLE users"),
    "y": (b"", b"\0" * 16, b"\xff" * 16, b"x" * 15, b"x" * 5000),
    "f": (0.0, -1.0, 1e38, math.inf, math.nan),
}
LEAVING = ("UserRemove",)  # a SuperUser who sends these has sent people away: that is their right


class ExtremesTest(SystemTest):
    """With a meeting, a registered person and channels to meet."""

    meeting = MEETING
    keys = {"channelcountlimit": 60}
    has_superuser = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = [make_certificate(cls.directory, name) for name in ("one", "two")]

    def setUp(self):
        self.random = random.Random(SEED)
        self.watcher = self.client("Watcher", certificate=self.certificates[0])
        self.watcher.change(f4=0)

    def values_of(self, field):
        if field.kind == "S":
            return (0, self.watcher.session, self.mallory.session, 4999, 0xFFFFFFFF)
        if field.kind.isupper():
            inner = [{}]
            for one in messages.FIELDS[field.kind]:
                inner += [{one.name: self.shaped(one, value)} for value in self.values_of(one)]
            inner += [self.combined(field.kind) for _ in range(20)]
            return inner
        return VALUES[field.kind]

    @staticmethod
    def shaped(field, value):
        return [value] if field.is_repeated else value

    def combined(self, name):
        """A message with some of its fields, each with one of its values."""
        message = {}
        for field in messages.FIELDS[name]:
            if self.random.random() < 0.6:
                n = self.random.choice((1, 1, 2, 40)) if field.is_repeated else 1
                chosen = self.random.choices(self.values_of(field), k=n)
                message[field.name] = chosen if field.is_repeated else chosen[0]
        return message

    def bodies(self, name):
        yield {}
        for field in messages.FIELDS[name]:
            for value in self.values_of(field):
                yield {field.name: self.shaped(field, value)}
        for _ in range(COMBINATIONS):
            yield self.combined(name)

    def attack(self, who="Mallory", skipped=(), **options):
        self.mallory = self.client(who, **options)
        for name, kind in messages.TYPES.items():
            if name in skipped or name == "UDPTunnel":
                continue
            with self.subTest(name):
                for body in self.bodies(name):
                    if self.mallory.is_closed:
                        self.mallory = self.client(who, **options)
                    try:
                        self.mallory.send(kind, messages.encode(name, body))
                    except OSError:
                        self.mallory.is_closed = True
                try:
                    self.mallory.barrier(30)
                except (ConnectionError, OSError):
                    self.mallory.is_closed = True
                self.watcher.barrier()

    def test_guest(self):
        self.attack()
        own = self.watcher.users[self.watcher.session]
        self.assertEqual((own["name"], own["channel_id"], own.get("mute"), own.get("comment")),
                         ("Watcher", 0, None, None))
        self.assertIn("Asamblea", [one["name"] for one in self.client("Late").channels.values()])

    def test_registered(self):
        self.attack(certificate=self.certificates[1])

    def test_superuser(self):
        self.attack("SuperUser", LEAVING, password=SUPERUSER_PASSWORD)
        self.assertTrue(self.superuser().session)


class HiddenExtremesTest(ExtremesTest):
    """The same where channels are hidden, and recording is not allowed."""

    keys = {"hidechannels": "true", "channelcountlimit": 60, "allowRecording": "false"}


if __name__ == "__main__":
    unittest.main()
