# SPDX-License-Identifier: BSD-3-Clause
"""A database of a real mumble-server 1.3.4, imported: everybody has the rights that they had.

LONG=1: 1,000 people, 200 channels, 20,000 queries; else a tenth. Masked are the bits that 1.3 does not know.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from interop.compare.accepted import NEW_BITS
from interop.compare.large_world import N_TOKENS, LargeWorld
from interop.compare.servers import Ours, Reference
from interop.compare.transcript import Heard
from lib.process import clean_environment, require

IS_LONG = bool(os.environ.get("LONG"))
N_PEOPLE, N_CHANNELS, N_BANS = (1000, 200, 60) if IS_LONG else (100, 40, 20)
N_EACH = 20  # channels that each person asks for
KEYS = {"users": 2000, "channelcountlimit": 0, "imagemessagelength": 131072, "kdfiterations": 1000}
# What the clients of either server say of channels and people, where 1.3 knows it
CHANNEL_FIELDS = ("channel_id", "parent", "name", "position", "max_users", "description",
                  "description_hash", "links")
USER_FIELDS = ("name", "user_id", "suppress", "comment_hash", "texture_hash", "comment",
               "texture", "hash")


def import_database(source, server):
    """susurrod import, into the database of one of ours."""
    done = subprocess.run([os.environ["SUSURROD"], "import", source, "--config", server.ini],
                          capture_output=True, text=True, timeout=120, check=False,
                          env=clean_environment(server.directory))
    assert done.returncode == 0, done.stdout + done.stderr


class PermissionsTest(unittest.TestCase):
    """Both servers, the same world."""

    @classmethod
    def setUpClass(cls):
        require("murmurd", "openssl")
        cls.directory = tempfile.mkdtemp(prefix="permissions-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        began = time.monotonic()
        cls.world = LargeWorld(cls.directory, N_PEOPLE, N_CHANNELS, N_BANS)
        cls.world.make_certificates()
        reference = Reference(os.path.join(cls.directory, "reference"), KEYS)
        with reference.run():
            pass  # it makes its certificate and tables
        reference.set_password()
        with reference.run():
            cls.world.make(reference.port)
        ours = Ours(os.path.join(cls.directory, "ours"), KEYS)
        import_database(reference.database, ours)
        cls.servers = (reference.run(), ours.run())
        for server in cls.servers:
            cls.addClassCleanup(server.stop)
        print(f"{N_PEOPLE} people, {N_CHANNELS} channels, made and imported in "
              f"{time.monotonic() - began:.0f} s", file=sys.stderr)

    def both(self, ask):
        """What ask(server) gives, of each."""
        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(ask, self.servers))

    def admins(self, *asked):
        """The messages that SuperUser gets for these, and the client."""
        def ask(server):
            admin = self.world.join(server.port, "SuperUser")
            admin.collect({})
            for name, fields in asked:
                admin.tell(name, fields)
            admin.settle()
            told = admin.collect({})
            admin.close()
            return admin, [one for one in told if one.name in {name for name, _ in asked}]
        return self.both(ask)

    def test_user_list(self):
        (_, theirs), (_, ours) = self.admins(("UserList", {}))
        self.assertEqual(len(theirs[0].fields["users"]), N_PEOPLE)
        self.assertEqual(by(theirs[0].fields["users"], "user_id"),
                         by(ours[0].fields["users"], "user_id"))

    def test_ban_list(self):
        (_, theirs), (_, ours) = self.admins(("BanList", {"query": True}))
        self.assertEqual(len(theirs[0].fields["bans"]), N_BANS)
        self.assertEqual(by(theirs[0].fields["bans"], "address"), by(ours[0].fields["bans"], "address"))

    def test_channels(self):
        (theirs, _), (ours, _) = self.admins()
        self.assertEqual(len(theirs.channels), N_CHANNELS + 1)
        self.assertEqual(*({channel_id: {name: sorted(it) if name == "links" else it
                                         for name, it in channel.items() if name in CHANNEL_FIELDS}
                            for channel_id, channel in side.channels.items()}
                           for side in (theirs, ours)))

    def test_acls(self):
        asked = [("ACL", {"channel_id": channel, "query": True}) for channel in range(N_CHANNELS + 1)]
        (_, theirs), (_, ours) = self.admins(*asked)
        self.assertEqual(len(theirs), N_CHANNELS + 1)
        self.assertEqual([masked(one) for one in theirs], [masked(one) for one in ours])

    def test_permissions(self):
        """Each person goes somewhere, with some tokens, and asks for channels at random."""
        pick = self.world.random
        channels = range(N_CHANNELS + 1)
        visits = [(name, pick.choice(channels),
                   [f"token{one}" for one in pick.sample(range(N_TOKENS), pick.randint(0, 2))],
                   pick.sample(channels, N_EACH)) for name in self.world.names]
        theirs, ours = self.both(lambda server: [self.visit(server, *one) for one in visits])
        wrong, n_kinds = [], set()
        for visit, one, other in zip(visits, theirs, ours):
            n_kinds |= set(one["permissions"].values())
            if one != other:
                wrong.append(f"{visit}: " + "; ".join(
                    f"{what}: {it}, ours {other[what]}" for what, it in one.items()
                    if it != other[what]))
        n_none = sum(not it & 0x7FFFFFF for one in theirs for it in one["permissions"].values())
        print(f"{N_PEOPLE * N_EACH} queries, {len(n_kinds)} different answers, {n_none} of no right, "
              f"{sum(one['channel'] == visit[1] for visit, one in zip(visits, theirs))} of "
              f"{N_PEOPLE} got in, {len(wrong)} differ", file=sys.stderr)
        self.assertFalse(wrong, "\n".join(wrong[:20]))
        self.assertGreater(len(n_kinds), 50, "a dull world")
        self.assertLess(n_none, N_PEOPLE * N_EACH // 2, "a dull world")

    def visit(self, server, name, channel, tokens, asked):
        """Where they begin, get to, and what they may do where."""
        person = self.world.join(server.port, name, tokens=tokens)
        start = dict(person.users[person.session])
        said = [one.fields for one in person.collect({person.session: name})
                if one.name == "UserState"][0]
        person.tell("UserState", {"session": person.session, "channel_id": channel})
        person.settle()
        for one in (*asked, 0):
            person.tell("PermissionQuery", {"channel_id": one})
        # mumble-server keeps what one who has left was told, and may take it for the rights of whoever comes
        # next, when it decides whether they go back to their channel; but of 20 channels only the last: the root.
        person.settle()
        permissions = {}
        for kind, fields in person.received:
            if kind == 20:  # what was pushed counts: an answer that would repeat it is not given
                if fields.get(3):
                    permissions = {}
                permissions[fields.get(1, [0])[-1]] = fields[2][-1] & ~NEW_BITS
        end = person.users[person.session]
        person.close()
        return {"start": start["channel_id"], "channel": end["channel_id"],
                "suppress": bool(end.get("suppress")),
                "self": {field: it for field, it in said.items() if field in USER_FIELDS},
                "permissions": {one: permissions.get(one) for one in asked}}


def by(rows, field):
    """Rows of a list in one order."""
    return sorted(rows, key=lambda row: (row[field], str(row)))


def masked(one: Heard):
    """An ACL answer in what 1.3 knows."""
    entries = [{**row, "grant": row.get("grant", 0) & ~NEW_BITS, "deny": row.get("deny", 0) & ~NEW_BITS}
               for row in one.fields.get("acls", [])]
    return {**one.fields, "acls": entries}


if __name__ == "__main__":
    unittest.main()
