# SPDX-License-Identifier: BSD-3-Clause
"""`susurrod backup` copies the database of a running server: whole, of one moment, over nothing."""

import os
import sqlite3
import stat
import unittest

from lib.observer import CHANNEL_STATE
from system import kept
from system.case import SystemServer, SystemTest, end, run_susurrod
from system.client import Client


class BackupTest(SystemTest):
    """With a SuperUser who makes channels meanwhile."""

    keys = {"channelcountlimit": 0}
    has_superuser = True

    def setUp(self):
        self.target = os.path.join(self.directory, f"{self.id()}.sqlite")

    def back_up(self, target=None, config=None):
        return run_susurrod("backup", target or self.target, "--config", config or self.server.config)

    def test_while_it_runs(self):
        root = self.superuser()
        root.ask(CHANNEL_STATE, {2: 0, 3: "Before", 5: "words"})
        before = kept.read(f"{self.server.directory}/susurro.sqlite")
        status, _, stderr = self.back_up()
        self.assertEqual((status, stderr), (0, ""))
        root.ask(CHANNEL_STATE, {2: 0, 3: "After"})
        self.assertEqual(stat.S_IMODE(os.stat(self.target).st_mode), 0o600)
        copy = kept.read(self.target)
        self.assertEqual(kept.difference(before, copy, lambda key: True), [])
        self.assertIn("Before", [value[1] for key, value in copy.items() if key[0] == "channel"])

    def test_under_changes(self):
        root = self.superuser()
        for number in range(5):
            for one in range(50):
                root.send(CHANNEL_STATE, {2: 0, 3: f"Busy {number} {one}"})
            target = f"{self.target}.{number}"
            status, _, stderr = self.back_up(target)
            self.assertEqual(status, 0, stderr)
            kept.read(target)  # looks whether it is whole
            root.barrier()

    def test_a_server_starts_on_the_copy(self):
        root = self.superuser()
        root.ask(CHANNEL_STATE, {2: 0, 3: "Kept"})
        self.assertEqual(self.back_up()[0], 0)
        other = SystemServer(os.path.join(self.directory, "other"), {"database": self.target})
        self.addCleanup(end, other)
        client = Client(other.port, "Ana")
        self.addCleanup(client.close)
        client.connect()
        self.assertIsNotNone(client.channel("Kept"))
        self.assertEqual(other.certificate_digest(), self.server.certificate_digest())

    def test_refusals(self):
        with open(self.target, "w", encoding="ascii") as file:
            file.write("precious")
        status, _, stderr = self.back_up()
        self.assertNotEqual(status, 0)
        self.assertIn("is there already; nothing was changed; name a file that does not exist", stderr)
        with open(self.target, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")
        status, _, stderr = self.back_up(os.path.join(self.directory, "none", "copy"))
        self.assertNotEqual(status, 0)
        self.assertIn("No such file or directory", stderr)

    def test_a_damaged_database_is_not_copied(self):
        server = SystemServer(os.path.join(self.directory, "damaged"), self.keys)
        end(server)
        path = f"{server.directory}/susurro.sqlite"
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode = DELETE")
        database.close()
        with open(path, "r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * 3 * 4096)
        status, _, stderr = self.back_up(config=server.config)
        self.assertNotEqual(status, 0)
        self.assertIn("is damaged", stderr)
        self.assertFalse(os.path.exists(self.target))
        self.assertEqual([one for one in os.listdir(self.directory) if "partial" in one], [])


if __name__ == "__main__":
    unittest.main()
