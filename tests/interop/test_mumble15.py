# SPDX-License-Identifier: BSD-3-Clause
"""Mumble 1.5 of Debian 13: its voice goes in protobuf form, among its like and with 1.3.4.

`./dev test --interop-1.5` fetches it and names its folder in $SUSURRO_MUMBLE_15; without, all is skipped.
"""

import os
import unittest

import numpy as np

from interop import test_direct
from lib import judge, protobuf, sound, wait
from lib.observer import CHANNEL_STATE, USER_STATE, ObserverClient
from lib.rig import RigTest
from lib.server import MurmurServer, SusurroServer, client_certificate

PROGRAMS = os.environ.get("SUSURRO_MUMBLE_15")
VERSION_1_5 = 1 << 48 | 5 << 32
PASSWORD = "only-for-this-test"
TONE_HZ, TONE_DBFS, HALF_DB = 443.0, -20.0, -6.02


@unittest.skipUnless(PROGRAMS, "Mumble 1.5 is not here: ./dev test --interop-1.5")
class NewClientsTest(test_direct.DirectTest):
    """Both are 1.5: the same demands as on 1.3.4, by UDP and by tunnel."""

    programs = (True, True)  # which of Ana and Berta are 1.5

    def pair(self, **options):
        ana, berta = (self.client(name, program=f"{PROGRAMS}/mumble" if is_new else None, **options)
                      for name, is_new in zip(("Ana", "Berta"), self.programs))
        self.wait_online()
        return ana, berta


class MixedClientsTest(NewClientsTest):
    """1.5 and 1.3.4 in one channel: the server translates between the two forms of voice."""

    programs = (True, False)


def _echoes(client, field):
    return [fields for kind, fields in list(client.received) if kind == USER_STATE and field in fields]


@unittest.skipUnless(PROGRAMS, "Mumble 1.5 is not here: ./dev test --interop-1.5")
class EarsTest(RigTest):
    """On mumble-server 1.5 Berta registers and listens into Sala at half volume; that database moves.

    Then a real 1.5 client comes as Berta, stays in the root, and hears Sala at half volume.
    """

    servers = ("susurro",)

    @classmethod
    def make_server(cls, directory):
        os.makedirs(directory)
        cls.certificate = client_certificate(directory, "Berta")
        pair = tuple(os.path.join(directory, f"Berta.{end}") for end in ("pem", "key"))
        with MurmurServer(os.path.join(directory, "old"), superuser=PASSWORD,
                          program=f"{PROGRAMS}/mumble-server") as old:
            cls.prepare(old, pair)
        return SusurroServer(os.path.join(directory, "new"), imported=old.database)

    @staticmethod
    def prepare(old, pair):
        with ObserverClient(old.port, name="SuperUser", password=PASSWORD) as admin:
            admin.send(CHANNEL_STATE, {2: 0, 3: "Sala"})
            wait.until(lambda: admin.channel("Sala"), 10, "the channel Sala")
        with ObserverClient(old.port, name="Berta", version_v2=VERSION_1_5, certificate=pair) as berta:
            room = berta.channel("Sala")["channel_id"]
            berta.send(USER_STATE, {1: berta.session, 4: 0})
            wait.until(lambda: berta.user("Berta").get("user_id"), 10, "Berta's registration")
            berta.send(USER_STATE, {1: berta.session, 21: room})
            wait.until(lambda: _echoes(berta, 21), 10, "Berta's ears")
            half = protobuf.encode({1: room, 2: 0.5})
            berta.send(USER_STATE, {1: berta.session, 23: half})
            wait.until(lambda: _echoes(berta, 23), 10, "their volume")

    def test_ears(self):
        ana = self.client("Ana", "Sala")
        berta = self.client("Berta", program=f"{PROGRAMS}/mumble", certificate=self.certificate)
        self.wait_online()
        self.assertGreater(self.observer.user("Berta")["user_id"], 0, "Berta is registered")
        take = self.carry({ana: sound.tone(TONE_HZ, 8, TONE_DBFS)}, [berta])
        level = float(np.median(judge.tone_dbfs(take.heard["Berta"][96000:-96000], TONE_HZ)))
        self.assertAlmostEqual(level, TONE_DBFS + HALF_DB, delta=0.5)


if __name__ == "__main__":
    unittest.main()
